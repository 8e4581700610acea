"""Where a request came from, as the browser says it; what it does not say is never taken for us."""

from enum import Enum
from urllib.parse import urlsplit

from django.http import HttpRequest

_PORTS = {"http": 80, "https": 443}


class Origin(Enum):
    OURS = "ours"
    FOREIGN = "foreign"
    #: The browser says nothing, or nothing that decides.
    UNKNOWN = "unknown"


def sent_by(request: HttpRequest) -> Origin:
    """Say which site's page sent a form.

    ``Origin`` alone decides that it was ours (Fetch, "append a request Origin header": browsers
    send it with every POST). ``Sec-Fetch-Site`` can only say that it was not, because browsers
    send that to HTTPS and to this machine alone, and some never do.
    """
    sent = request.headers.get("Origin", "")
    if sent:
        return Origin.OURS if _is_here(request, sent) else Origin.FOREIGN
    return Origin.UNKNOWN if _site(request) in ("", "same-origin") else Origin.FOREIGN


def asked_by(request: HttpRequest) -> Origin:
    """Say which site's page a link was followed on.

    A GET has no ``Origin``. Where ``Sec-Fetch-Site`` is absent ``Referer`` decides; our pages
    always send it to each other (``SECURE_REFERRER_POLICY``). Somebody who types an address, or
    opens a bookmark, asks for it by themselves.
    """
    site = _site(request)
    if site:
        return Origin.OURS if site in ("same-origin", "none") else Origin.FOREIGN
    came = request.headers.get("Referer", "")
    if not came:
        return Origin.UNKNOWN
    return Origin.OURS if _is_here(request, came) else Origin.FOREIGN


def _site(request: HttpRequest) -> str:
    return request.headers.get("Sec-Fetch-Site", "")


def _is_here(request: HttpRequest, address: str) -> bool:
    """Say whether scheme, host and port of ``address`` are those under which we were asked.

    A proxy's ``X-Forwarded-Proto`` counts where the server trusts it (``FORWARDED_ALLOW_IPS``).
    """
    here = _triple(f"{request.scheme}://{request.get_host()}")
    return here is not None and here == _triple(address)


def _triple(address: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, _PORTS[parts.scheme] if port is None else port
