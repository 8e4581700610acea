"""Response headers that tell the browser what a page may do."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

#: Scripts, styles and fonts are files of ours; no page may be framed, and no form may post
#: elsewhere. ``style-src-attr`` is for ``style="contain-intrinsic-size: …"`` on the chunks of
#: an article, whose height only the server knows; an attribute cannot carry a selector or
#: ``@import``, and ``img-src`` keeps ``url()`` in one from calling home.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def headers(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return middleware
