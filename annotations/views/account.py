"""Logging in and out, and one's own password."""

from django.contrib.auth import views
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import path, reverse_lazy

from annotations.domain.errors import Refused
from annotations.views.answers import fields_of, problem, uuid_of, wants_json
from annotations.views.origin import Origin, sent_by

#: What is never shown again: secrets, and what only the page itself knows of.
_UNSHOWN = ("password", "csrfmiddlewaretoken", "key", "revision", "next")
#: As many characters as one would copy out of a page again.
_SHOWN = 1_000_000


class LoginRequired(LoginRequiredMiddleware):
    """Send whoever is not logged in to the login page, programs a 401, forms what they held."""

    def handle_no_permission(self, request: HttpRequest, view_func: object) -> HttpResponseBase:
        if wants_json(request):
            # A redirect would reach the page's own requests as a login page with status 200.
            refusal = Refused(
                "You are logged out. Log in again in another tab; nothing typed here is lost.",
                code="logged_out",
            )
            return problem(refusal, status=401)
        if request.method == "POST":
            # After the login page the form would be empty, and what was typed lost.
            return _not_taken(request, status=401)
        response: HttpResponseBase = super().handle_no_permission(request, view_func)
        return response


def stale_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a change whose token is not this session's: each login makes a new one.

    A page's script gets the token to send again with, and whose session it is: the page may have
    been another person's. No other site can read this answer.
    """
    if not wants_json(request):
        return _not_taken(request, status=403)
    refusal = Refused(
        "This page is older than your last login. Reload it, then try again.",
        code="stale_token",
        token=get_token(request),
        account=request.user.get_username(),
    )
    return problem(refusal, status=403)


def _not_taken(request: HttpRequest, *, status: int) -> HttpResponse:
    """Show what a form held that was not taken, to be sent again as it was or copied.

    What another site sent was not typed here: it is neither shown nor sent on. Where the browser
    does not say who sent it, it is shown to be copied, and no button sends it with the rights of
    whoever looks at it.
    """
    sender = sent_by(request)
    held = [] if sender is Origin.FOREIGN else fields_of(request)
    if sum(len(value) for _, value in held) > _SHOWN:
        held = []
    typed = [
        (name.replace("_", " "), value)
        for name, value in held
        if value.strip() and uuid_of(value) is None and not any(word in name for word in _UNSHOWN)
    ]
    secret = any("password" in name for name, _ in held)
    again = [] if secret or request.FILES or sender is not Origin.OURS else held
    return render(request, "not_taken.html", {"typed": typed, "again": again}, status=status)


class LogOut(views.LogoutView):
    """End the session, and let the browser throw away what it may still have of it."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response: HttpResponseBase = super().post(request, *args, **kwargs)
        # Browsers take it from a secure context alone. Not "storage": what another person who
        # uses this browser has not sent yet is theirs, and leave.js takes out one's own.
        response["Clear-Site-Data"] = '"cache"'
        return response


urlpatterns = [
    path("login/", views.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", LogOut.as_view(), name="logout"),
    path(
        "password/",
        views.PasswordChangeView.as_view(success_url=reverse_lazy("password-changed")),
        name="password",
    ),
    path("password/changed/", views.PasswordChangeDoneView.as_view(), name="password-changed"),
]
