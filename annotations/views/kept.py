"""One page with many forms: what is typed in one of them stays while another is saved.

Without a script a browser sends the form whose button was pressed, and the next page shows what is
stored. So the page is one form: each part of it has a prefix, and beside its fields the digest of
what they said when they were shown. A part that says something else by now was typed in; it comes
back as it is, without errors, since nobody asked for it to be saved.
"""

from collections.abc import Iterable
from typing import Any

from django.forms import Form
from django.forms.utils import ErrorDict
from django.http import HttpRequest, QueryDict

from annotations.domain.history import digest_of

#: What the page sends beside its parts, so that they are known by their prefixes.
PAGE = "parts"
#: Fields that say which button was pressed, not what was typed.
_PRESSED = frozenset({"chosen", "then", "revision", "restore"})


def as_one_page(request: HttpRequest) -> bool:
    return PAGE in request.POST


def sent(request: HttpRequest, prefix: str) -> QueryDict:
    """Return what was sent with the names that a part of the page has; a script sends one part."""
    if not prefix or as_one_page(request):
        return request.POST
    data = QueryDict(mutable=True)
    for name, values in request.POST.lists():
        data.setlist(f"{prefix}-{name}", values)
    return data


def pressed(request: HttpRequest, name: str) -> str | None:
    """Return the value of the button of this name; None where another was pressed."""
    return request.POST.get(name)


def says(form: Form) -> str:
    """Return the digest of what the fields of a form say, typed or as they are shown first."""
    said = {name: _plain(form[name].value()) for name in form.fields if name not in _PRESSED}
    return digest_of(said)[:16]


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return sorted(map(str, value)) or ""
    return "" if value is None or value is False else str(value)


def was(request: HttpRequest, name: str) -> str | None:
    """Return the digest of what a part said when the page was made; None: it was not there."""
    return request.POST.get(f"{name}-was") if as_one_page(request) else None


def typed(request: HttpRequest, parts: Iterable[tuple[str, Form]], seen: int) -> dict[str, Form]:
    """Return the parts, bound to what was sent, in which somebody typed something.

    ``seen`` is the revision that their row has before this request changes anything.
    """
    found = {}
    for name, form in parts:
        before = was(request, name)
        if before is not None and says(form) != before:
            form._errors = ErrorDict()  # type: ignore[attr-defined]
            form.cleaned_data = {}
            form.kept, form.seen = True, seen  # type: ignore[attr-defined]
            found[name] = form
    return found


def renew(form: Form, now: int) -> None:
    """Let a part go on from revision ``now``, where only its own writer has made that since.

    One request makes one revision of a row that is there: where there are more, somebody else's
    came between, and saving the part puts both beside each other.
    """
    seen: int = form.seen  # type: ignore[attr-defined]
    name = form.add_prefix("revision")
    if "revision" not in form.fields or form.data.get(name, "") != str(seen or ""):
        return
    if not seen or now == seen + 1:
        form.data = form.data.copy()
        form.data[name] = str(now or "")
