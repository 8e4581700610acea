"""Logging in and out, and one's own password."""

from django.contrib.auth import views
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.urls import path, reverse_lazy

from annotations.domain.errors import Refused
from annotations.views.answers import problem, wants_json


class LoginRequired(LoginRequiredMiddleware):
    """Send whoever is not logged in to the login page, and programs a 401."""

    def handle_no_permission(self, request: HttpRequest, view_func: object) -> HttpResponseBase:
        if wants_json(request):
            # A redirect would reach the page's own requests as a login page with status 200.
            refusal = Refused(
                "You are logged out. Log in again in another tab; nothing typed here is lost.",
                code="logged_out",
            )
            return problem(refusal, status=401)
        response: HttpResponseBase = super().handle_no_permission(request, view_func)
        return response


urlpatterns = [
    path("login/", views.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", views.LogoutView.as_view(), name="logout"),
    path(
        "password/",
        views.PasswordChangeView.as_view(success_url=reverse_lazy("password-changed")),
        name="password",
    ),
    path("password/changed/", views.PasswordChangeDoneView.as_view(), name="password-changed"),
]
