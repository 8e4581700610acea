"""Addresses, quotations and dates of sources, true without a database.

Text fragments follow the WICG Scroll To Text Fragment draft: ``#:~:text=[prefix-,]start[,end]
[,-suffix]``, each part percent-encoded. Dates with precision are ISO 8601 prefixes.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum
from ipaddress import IPv6Address
from unicodedata import normalize
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from annotations.domain.errors import Refused
from annotations.domain.text import canonicalise, grapheme_at, is_blank


class UrlRefused(Refused):
    """An address that is not opened from here, or none at all."""

    code = "url"


class DateRefused(Refused):
    """A date that no calendar has, or not in one of the three forms."""

    code = "date"


# --- addresses --------------------------------------------------------------------------------

#: More would not fit the addresses that browsers and servers take.
LONGEST_URL = 2000

_TRACKING_NAMES = (
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid twclid ttclid igshid igsh mc_cid mc_eid"
    " _ga _gl _hsenc _hsmi mkt_tok oly_anon_id oly_enc_id vero_id wickedid li_fat_id s_cid"
    " ref_src ref_url cmpid ns_campaign ns_mchannel ns_source at_medium at_campaign"
)
_TRACKING = frozenset(_TRACKING_NAMES.split())
_DEFAULT_PORTS = {"http": 80, "https": 443}
_UNSAFE = re.compile(
    "[\x00-\x20\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ud800-\udfff]"
)
_LABEL = re.compile("[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_DOTS = re.compile("[.\u3002]")
_LONE_PERCENT = re.compile("%(?![0-9a-fA-F]{2})")
_ESCAPE = re.compile("%[0-9a-fA-F]{2}")
#: What stays as typed in paths and queries: RFC 3986 reserved characters and the percent sign.
_KEPT = "!$&'()*+,;=:@/?%~-._[]|"


def canonical_url(url: str) -> str:
    """Return the one spelling under which a source's address is kept and compared.

    Scheme and host in lower case, the host in its ASCII form (IDNA), the default port and the
    fragment dropped, tracking parameters (``utm_…``, ``fbclid``, ``gclid`` …) dropped, the other
    parameters kept as they are and in order. An empty path is ``/``; any other path keeps its
    last slash or its lack of one, because servers tell the two apart. Canonical addresses come
    back as they are.

    Raises ``UrlRefused`` for every scheme but http and https, for control characters and blanks
    within, for a name or password in the address, and for a host or port that cannot be.
    """
    url = url.strip()
    if not url:
        raise UrlRefused("There is no address. Paste one that starts with https://.")
    if len(url) > LONGEST_URL:
        raise UrlRefused(f"This address has {len(url)} characters; at most {LONGEST_URL} are kept.")
    unsafe = _UNSAFE.search(url)
    if unsafe:
        raise UrlRefused(
            f"This address has a blank or an invisible character (U+{ord(unsafe[0]):04X}) at"
            f" {unsafe.start()}. Remove it, or write a blank as %20."
        )
    if "\\" in url:
        # Browsers read it as a slash and urllib does not: the two would see different hosts.
        raise UrlRefused("This address has a backslash. Write / or %5C.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UrlRefused(
            f'"{_short(url)}" is no address: its host or port cannot be read.'
        ) from error
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS:
        raise UrlRefused(
            f'"{_short(url)}" is not a web address. It must start with http:// or https://.'
        )
    if "@" in parts.netloc:
        raise UrlRefused("This address holds a name or password. Leave out all up to the @.")
    host = _ascii_host(parts.netloc, parts.hostname or "", url)
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        host = f"{host}:{port}"
    query = "&".join(
        part for part in parts.query.split("&") if part and not _is_tracking(part.split("=")[0])
    )
    canonical = urlunsplit((scheme, host, _escaped(parts.path) or "/", _escaped(query), ""))
    if len(canonical) > LONGEST_URL:
        raise UrlRefused(
            f"This address has {len(canonical)} characters once it is written in ASCII;"
            f" at most {LONGEST_URL} are kept."
        )
    return canonical


def _is_tracking(name: str) -> bool:
    name = unquote(name).lower()
    return name.startswith("utm_") or name in _TRACKING


def _ascii_host(netloc: str, host: str, url: str) -> str:
    try:
        if "[" in netloc:
            return f"[{IPv6Address(host).compressed}]"
        labels = [_ascii_label(label) for label in _DOTS.split(host.rstrip(".\u3002"))]
    except ValueError as error:
        raise UrlRefused(f'"{_short(host)}" is no host.') from error
    name = ".".join(labels)
    if len(name) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise UrlRefused(f'"{_short(url)}" names no host that can be reached.')
    return name


def _ascii_label(label: str) -> str:
    if label.isascii():
        return label
    if "ß" in label or "ς" in label:
        # Python's codec follows IDNA 2003, which makes "ss" of it; browsers go to another host.
        return "xn--" + normalize("NFC", label).encode("punycode").decode("ascii")
    return label.encode("idna").decode("ascii").lower()


def _escaped(part: str) -> str:
    """Percent-encode what is not ASCII; write existing escapes in upper case (RFC 3986 6.2.2)."""
    part = _LONE_PERCENT.sub("%25", part)
    return _ESCAPE.sub(lambda escape: escape[0].upper(), quote(part, safe=_KEPT))


def _short(words: str, most: int = 80) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


# --- text fragments ---------------------------------------------------------------------------

_DIRECTIVE = ":~:"
#: A longer quotation is linked by its first and last words: the address stays short, and an
#: ellipsis or footnote within it does no harm.
_LONGEST_WHOLE = 120
_WORDS_AT_AN_END = 5
#: Without the blanks round it: a pattern that takes them reads a long row of them from each one.
_OMISSION = re.compile(r"\[…\]|\[\.\.\.\]|…|\.\.\.|\n")


def split_text_fragment(url: str) -> tuple[str, str]:
    """Return the address without its fragment directive, and the quotation that it points to.

    Of ``start,end`` the quotation is ``start … end``: the link does not hold what stands
    between. Prefix and suffix are context, not quotation. Without a directive the quotation is
    empty; of several the first counts. The rest of the fragment stays.
    """
    address, found, directives = url.partition(_DIRECTIVE)
    if not found:
        return url, ""
    address = address.removesuffix("#")
    for directive in directives.split("&"):
        name, _, value = directive.partition("=")
        if name != "text":
            continue
        parts = [part for part in value.split(",") if part]
        if parts and parts[0].endswith("-"):
            parts = parts[1:]
        if parts and parts[-1].startswith("-"):
            parts = parts[:-1]
        words = [canonicalise(unquote(part)).text.strip() for part in parts[:2]]
        quotation = " … ".join(word for word in words if word)
        if quotation:
            return address, quotation
    return address, ""


def text_fragment_url(url: str, quotation: str) -> str:
    """Return a link that opens ``url`` at ``quotation``; without one, ``url`` as it is.

    A long quotation, one of several lines and one with an ellipsis are given by their first and
    last words.
    """
    if is_blank(quotation):
        return url
    pieces = [piece.split() for piece in _OMISSION.split(quotation)]
    pieces = [piece for piece in pieces if piece]
    if not pieces:  # only an ellipsis
        return url
    whole = " ".join(pieces[0])
    if len(pieces) == 1 and len(whole) <= _LONGEST_WHOLE:
        target = _fragment_part(whole)
    else:
        # Of one piece, the first and the last words must not overlap, or nothing is found.
        most = _WORDS_AT_AN_END
        if len(pieces) == 1:
            most = min(most, max(1, len(pieces[0]) // 2))
        first, last = " ".join(pieces[0][:most]), " ".join(pieces[-1][-most:])
        target = f"{_fragment_part(_head(first))},{_fragment_part(_tail(last))}"
    address = url.partition(_DIRECTIVE)[0].removesuffix("#")
    mark = "" if "#" in address else "#"
    return f"{address}{mark}{_DIRECTIVE}text={target}"


# Scripts without blanks make one long word of a sentence.
def _head(words: str) -> str:
    return words if len(words) <= _LONGEST_WHOLE else words[: grapheme_at(words, 30)[1]]


def _tail(words: str) -> str:
    return (
        words if len(words) <= _LONGEST_WHOLE else words[grapheme_at(words, len(words) - 30)[0] :]
    )


def _fragment_part(words: str) -> str:
    # A hyphen, comma or ampersand would be read as the directive's own.
    return quote(words, safe="").replace("-", "%2D")


# --- dates ------------------------------------------------------------------------------------


class Precision(StrEnum):
    UNKNOWN = "unknown"
    YEAR = "year"
    MONTH = "month"
    DAY = "day"


# Not calendar.month_name, which changes with the process's locale.
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


def partial_date(value: str) -> str:
    """Return ``value`` without outer blanks if it is a year, a month, a day or nothing.

    The forms are ``2021``, ``2021-09``, ``2021-09-14`` and ``""`` for unknown. Raises
    ``DateRefused`` for any other form, the year 0 and days that do not exist.
    """
    value = value.strip()
    if not value:
        return ""
    match = _DATE.fullmatch(value)
    if not match:
        raise DateRefused(
            f'"{_short(value)}" is no date. Write 2021, 2021-09 or 2021-09-14.', value=value
        )
    year, month, day = (int(part) if part else None for part in match.groups())
    if not year:
        raise DateRefused(f'"{value}" is no date: there is no year 0.', value=value)
    if month is not None and not 1 <= month <= 12:
        raise DateRefused(f'"{value}" is no date: there is no month {month}.', value=value)
    if day is not None and month is not None and not 1 <= day <= monthrange(year, month)[1]:
        raise DateRefused(
            f'"{value}" is no date: {_MONTHS[month - 1]} {year} has no day {day}.', value=value
        )
    return value


#: A day in numbers alone: a figure, its separator twice, a year of four figures or of two.
_IN_NUMBERS = re.compile(
    r"(?<![\w./-])([0-9]{1,2}) ?([./-]) ?([0-9]{1,2}) ?\2 ?([0-9]{4}|[0-9]{2})(?![\w/-]|\.[0-9])"
)
#: Dashes and slashes of other kinds, one for one.
_SEPARATORS = str.maketrans("‐‑‒–−⁄∕", "-----//")


def dates_in_numbers(line: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each date that ``line`` writes in numbers alone, with the days it may mean.

    The day first, then the month first; one where they agree or only one is a day. Only of
    "3.5.2021" it is known that the day comes first. A year of two figures is one of 1969 to 2068.

    >>> list(dates_in_numbers("posted on 11/04/26, after 25/04/2026"))
    [('11/04/26', ['2026-04-11', '2026-11-04']), ('25/04/2026', ['2026-04-25'])]
    """
    # The digits of every script, each in its place: what is yielded is as it is written.
    plain = "".join(str(int(char)) if char.isdecimal() else char for char in line)
    for match in _IN_NUMBERS.finditer(plain.translate(_SEPARATORS)):
        year = int(match[4])
        short = len(match[4]) == 2
        if short:
            year += 1900 if year >= 69 else 2000
        numbers = int(match[1]), int(match[3])
        readings = []
        for day, month in (numbers, numbers[::-1]):
            with suppress(DateRefused):
                readings.append(partial_date(f"{year:04}-{month:02}-{day:02}"))
        if match[2] == "." and not short:
            del readings[1:]
        if readings:
            yield line[match.start() : match.end()], list(dict.fromkeys(readings))


def precision(date: str) -> Precision:
    """Return how exact a ``partial_date`` is."""
    return {
        0: Precision.UNKNOWN,
        4: Precision.YEAR,
        7: Precision.MONTH,
        10: Precision.DAY,
    }[len(date)]


def show_partial_date(date: str) -> str:
    """Return a ``partial_date`` in words, ``""`` for an unknown one.

    >>> show_partial_date("2021-09")
    'September 2021'
    """
    parts = [str(int(part)) for part in date.split("-") if part]
    if len(parts) > 1:
        parts[1] = _MONTHS[int(parts[1]) - 1]
    return " ".join(reversed(parts))


def earliest_day(date: str) -> str:
    """Return the first day that a ``partial_date`` may mean, for sorting; ``""`` if unknown."""
    return date + "-01-01"[len(date) - 4 :] if date else ""
