"""Which page an address belongs to that is there for forms alone, and who opens it all the same.

A page that shows a refused form stands at the form's own address: reloaded, bookmarked or fetched
again by a script, that address is asked for with GET.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import Resolver404, ResolverMatch, resolve, reverse
from django.utils.functional import SimpleLazyObject

from annotations.views.answers import see, span_of, wants_json

#: Routes that show a form and take it.
SHOW_AND_TAKE = frozenset(
    ("login", "password", "project-new", "source", "source-new", "span-add", "span-every")
)
#: Routes of forms whose page does not stand above them in the address.
ELSEWHERE = {
    "confirm-here": "second-reading",
    "decide": "second-reading",
    "log-withdraw": "evidence",
    "decline-proposal": "span",
    "take-proposal": "span",
}
#: Pages of an article that show one of its spans when they are asked for it.
_OF_A_SPAN = frozenset(("second-reading", "versions"))
#: What a page is found by.
_KEYS = dict.fromkeys(("evidence", "span"), ("slug", "article", "span"))


def page_of(request: HttpRequest) -> str:
    """Return the address of the page whose form was sent, or that is above an address; or "".

    An address stands below its page: ``…/sign-off/sign`` below ``…/sign-off/``.
    """
    match = request.resolver_match
    if match is None or match.namespaces:
        # The administration keeps its own ways.
        return ""
    if match.url_name in SHOW_AND_TAKE and request.method == "POST":
        return request.get_full_path()
    name = ELSEWHERE.get(match.url_name or "")
    if name:
        keys = _KEYS.get(name, ("slug", "article"))
        page = reverse(name, kwargs={key: match.kwargs[key] for key in keys})
    else:
        above = _above(request.path_info)
        if above is None:
            return ""
        name = above.url_name or ""
        page = reverse(above.view_name, args=above.args, kwargs=above.kwargs)
    span = match.kwargs.get("span") or span_of(request)
    return f"{page}?span={span}" if span and name in _OF_A_SPAN else page


def _above(path: str) -> ResolverMatch | None:
    parts = path.strip("/").split("/")
    for end in range(len(parts) - 1, 0, -1):
        place = "/" + "/".join(parts[:end])
        for address in (place, f"{place}/"):
            try:
                return resolve(address)
            except Resolver404:
                continue
    return None


class Addresses:
    """Tell a form's page where it belongs, and never answer with an empty page.

    ``request.page`` is the page that the address belongs to; where a form was posted,
    ``base.html`` says it as ``data-here``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code != 405 or wants_json(request):
            return response
        return not_this_way(request, allowed=response.get("Allow", ""))

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> None:
        # Only asked for where something was refused, or stands at the address of a form.
        request.page = SimpleLazyObject(lambda: page_of(request))  # type: ignore[attr-defined]


def not_this_way(request: HttpRequest, *, allowed: str) -> HttpResponse:
    """Lead whoever opens a form's address to its page; say of another that it is no page."""
    page = page_of(request)
    if page and request.method in ("GET", "HEAD"):
        return see(page)
    response = render(request, "405.html", {"page": page}, status=405)
    response["Allow"] = allowed
    return response
