"""Light or dark, as the reader says; kept in a cookie, so the first paint is right."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from annotations.forms import ThemeForm
from annotations.views.answers import safe_next, see

COOKIE = "workbench_theme"


@login_not_required
@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme for a year; anything but light or dark follows the system again."""
    response = see(safe_next(request))
    form = ThemeForm(request.POST)
    theme = form.cleaned_data["theme"] if form.is_valid() else ""
    if theme:
        response.set_cookie(
            COOKIE,
            theme,
            max_age=365 * 24 * 3600,
            samesite="Lax",
            secure=request.is_secure(),
            httponly=True,
        )
    else:
        response.delete_cookie(COOKIE)
    return response


urlpatterns = [path("theme/", choose_theme, name="theme")]
