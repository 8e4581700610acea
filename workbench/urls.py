"""The addresses of the workbench: all of them are the app's, but the admin's."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path

urlpatterns = [path("admin/", admin.site.urls)]
if find_spec("annotations.urls"):
    urlpatterns += [path("", include("annotations.urls"))]

handler400 = "workbench.trouble.interrupted"
handler500 = "workbench.trouble.broken"
