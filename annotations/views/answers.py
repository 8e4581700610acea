"""How a view answers: JSON or a page, and a refusal in words that fit either.

A client that accepts ``application/json`` gets JSON, and a refusal as ``application/problem+json``
(RFC 9457); everybody else gets pages, redirects and messages. ``Refused`` is turned into an
answer here, where no form of its own shows it.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
    QueryDict,
)
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django_tables2 import RequestConfig

from annotations.actions.recording import Key
from annotations.domain.errors import Missing, NotAllowed, Refused
from annotations.domain.history import digest_of
from annotations.domain.portable import MOST_NUMBER
from annotations.forms import SeenForm
from workbench import logs

PROBLEM = "application/problem+json"

#: Fields that take words, of forms whose refusal no form of their own shows.
WRITTEN = frozenset(("body", "locator", "note", "quotation", "quote", "reason", "speaker_name"))

#: Requests that one may be said to come after.
MOST_AFTER = 50
#: What of a request says who sends it and where the page goes on, not what it asks for.
_SENDER = ("key", "after", "csrfmiddlewaretoken", "then")


def key_of(request: HttpRequest) -> Key | None:
    """Return the key that a request brought, for the action that it asks for; None without one.

    Raises ``Refused`` for what is no UUID.
    """
    sent = request.POST.get("key", "")
    if not sent:
        return None
    try:
        key = UUID(sent)
    except ValueError:
        raise Refused(f"“{sent[:40]}” is no key; a key is a UUID.", code="key") from None
    asked = [(name, values) for name, values in request.POST.lists() if name not in _SENDER]
    return Key(key, digest_of([request.path, sorted(asked)]), _after(request))


def _after(request: HttpRequest) -> tuple[UUID, ...]:
    try:
        return tuple(UUID(one) for one in request.POST.getlist("after")[-MOST_AFTER:])
    except ValueError:
        raise Refused("What a request comes after is named by UUIDs.", code="key") from None


def uuid_of(sent: str | None) -> UUID | None:
    """Return the UUID that a request names; None for none, or for what is none."""
    try:
        return UUID(sent) if sent else None
    except ValueError:
        return None


def span_of(request: HttpRequest) -> UUID | None:
    """Return the span that a form is about, whichever form it is."""
    return uuid_of(request.POST.get("span"))


def fields_of(request: HttpRequest, *without: str) -> list[tuple[str, str]]:
    """Return what a form sent, field by field, to be shown and sent again."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in ("csrfmiddlewaretoken", *without)
    ]


def number(
    asked: QueryDict, name: str, *, default: int = 0, least: int = 0, most: int = MOST_NUMBER
) -> int:
    """Return a whole number that an address asks for; ``default`` for what is no number.

    Raises ``Refused`` for a number below ``least`` or above ``most``.
    """
    sent = asked.get(name, "")
    sign, digits = sent[:1] == "-", sent.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        return default
    # A number of thousands of digits is not even read.
    digits = digits.lstrip("0") or "0"
    found = None if len(digits) > len(str(most)) else int(digits) * (-1 if sign else 1)
    if found is None or not least <= found <= most:
        raise Refused(
            f"“{name}” is {'-' if sign else ''}{_digits(digits)} in this address; use a number "
            f"from {least:,} to {most:,}.",
            code="number",
        )
    return found


def _digits(digits: str) -> str:
    return digits if len(digits) <= 12 else f"a number of {len(digits):,} digits"


#: The most rows of a table that an address may ask for.
MOST_ROWS = 200


def paged(request: HttpRequest, table: Any, size: int) -> None:
    """Sort a table as the address asks, and cut it to the page asked for."""
    rows = number(request.GET, "per_page", default=size, least=1, most=MOST_ROWS)
    page = number(request.GET, "page", default=1)
    RequestConfig(request, paginate=False).configure(table)
    table.paginate(page=1, per_page=rows)
    table.page = table.paginator.get_page(page)


def checked(form: Form) -> dict[str, Any]:
    """Return what a form holds; raise ``Refused`` for what does not fit, where no page shows it."""
    if not form.is_valid():
        raise form_refusal(form)
    return form.cleaned_data


def revision_of(request: HttpRequest) -> int | None:
    """Return the revision on which a form without other fields is based; None where it says none."""
    revision: int | None = checked(SeenForm(request.POST))["revision"]
    return revision


def wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


class Refusals:
    """Answer what an action or ``access`` refused and no form could show."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refused(request, exception) if isinstance(exception, Refused) else None


def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """Answer a refusal that no form can show: as JSON, or as a page of its own."""
    if wants_json(request):
        return problem(refusal)
    if isinstance(refusal, Missing):
        return render(request, "404.html", {"detail": refusal.message}, status=404)
    if isinstance(refusal, NotAllowed):
        return render(request, "403.html", {"detail": refusal.message}, status=403)
    context = {"refusal": refusal, "back": _back(request), "typed": _is_typed(request)}
    return render(request, "annotations/refused.html", context, status=refusal.status)


def _back(request: HttpRequest) -> str:
    """Return the page that a form was on: where it was sent from, else where it belongs, or ""."""
    came = request.headers.get("Referer", "")
    page = str(getattr(request, "page", ""))
    # At the address of a form itself there is no page to go back to.
    if not _is_ours(request, came) or urlsplit(came).path == request.path:
        return page
    return came


def _is_typed(request: HttpRequest) -> bool:
    """Say whether a form held words that somebody wrote, and not only what was chosen."""
    return any(
        value.strip() and (name in WRITTEN or name.startswith("waive"))
        for name, values in request.POST.lists()
        for value in values
    )


def _is_ours(request: HttpRequest, address: str) -> bool:
    return url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )


def problem(refusal: Refused, *, status: int | None = None) -> JsonResponse:
    """Return a refusal as problem details: code, title, detail, and what the refusal holds."""
    status = status or refusal.status
    return JsonResponse(
        {
            **{name: plain(value) for name, value in refusal.details.items()},
            "code": refusal.code,
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": refusal.message,
            "request": logs.number(),
        },
        status=status,
        content_type=PROBLEM,
    )


def plain(value: Any) -> Any:
    """Return a detail of a refusal as JSON can hold it."""
    return str(value) if isinstance(value, UUID) else value


def form_refusal(form: Any) -> Refused:
    """Return what is wrong with a bound form as one refusal, its fields by name."""
    said = [
        f"{form[name].label}: {error}" if name in form.fields else str(error)
        for name, errors in form.errors.items()
        for error in errors
    ]
    return Refused(" ".join(said), code="form", fields=form.errors.get_json_data())


def done(request: HttpRequest, message: str, to: str) -> HttpResponseRedirect:
    """Answer a change made through a plain form: a message, and 303 to where it shows."""
    messages.success(request, message)
    return see(to)


def see(to: str) -> HttpResponseRedirect:
    # 303: a browser fetches the page instead of posting to it again (RFC 9110, 15.4.4).
    response = HttpResponseRedirect(to)
    response.status_code = 303
    return response


def safe_next(request: HttpRequest, default: str = "/") -> str:
    """Return the address that the form asks to go on to, if it is one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or default
    return wanted if _is_ours(request, wanted) else default
