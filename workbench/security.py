"""Response headers that tell the browser what a page may do."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

#: Scripts, styles and fonts are files of ours; no page may be framed, and no form may post
#: elsewhere. No element carries a ``style`` attribute: what only the server knows, as the height
#: of a chunk, is data that a script reads, and a script may set a style.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
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
        # What was shown to somebody must not be shown by Back once they are logged out, nor lie on
        # the disk (docs/decisions/0011-kept-by-no-browser.md). Static files have no user.
        if hasattr(request, "user"):
            response.setdefault("Cache-Control", "no-store")
        response.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return middleware
