"""Script modules in a page's head, with everything they import named beside them."""

import re
from functools import lru_cache
from pathlib import Path
from posixpath import dirname, join, normpath

from django import template
from django.conf import settings
from django.contrib.staticfiles.finders import find
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

_IMPORT = re.compile(r"""^(?:import|\}) .*?["'](\.{1,2}/[^"']+)["'];$""", re.MULTILINE)


def imported(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return every module that the named ones import, also at second hand, each once."""
    found: dict[str, None] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        path = find(name)
        if not isinstance(path, str):
            raise LookupError(f"There is no static file “{name}”.")
        for other in _IMPORT.findall(Path(path).read_text("utf-8")):
            module = normpath(join(dirname(name), other))
            if module not in found and module not in names:
                found[module] = None
                waiting.append(module)
    return tuple(found)


_remembered = lru_cache(imported)


@register.simple_tag
def modules(*names: str) -> SafeString:
    """Return the scripts of a page, and links by which their imports are fetched at once.

    A browser learns of an import only when it has read the module that has it: without the links
    the article's page would wait three times, one after the other, for sixteen small files.
    """
    imports = (imported if settings.DEBUG else _remembered)(names)
    return format_html(
        "{}\n{}",
        format_html_join(
            "\n", '<link rel="modulepreload" href="{}">', ((static(one),) for one in imports)
        ),
        format_html_join(
            "\n", '<script type="module" src="{}"></script>', ((static(one),) for one in names)
        ),
    )
