"""The addresses of the pages: each module of ``views`` lists its own, and all of them are here."""

from importlib import import_module
from pkgutil import iter_modules

from annotations import views

urlpatterns = [
    pattern
    for found in iter_modules(views.__path__)
    for pattern in getattr(import_module(f"{views.__name__}.{found.name}"), "urlpatterns", [])
]
