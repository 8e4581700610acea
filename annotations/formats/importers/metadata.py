"""What a web page or a text says of itself: title, authors, publisher, site, date, address.

A page's own declarations are read first (JSON-LD, Open Graph, ``link rel=canonical``, ``time``);
trafilatura fills what they leave open. Publisher of record and the site that a copy was taken
from are two things: a page's site is its own name or host, its publisher what JSON-LD or a line
"originally published in" says.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import orjson

from annotations.domain.citations import dates_in_numbers
from annotations.domain.errors import Refused
from annotations.domain.records import TWO_DATES
from annotations.domain.text import fold
from annotations.formats.contract import tidy_field

_LARGEST_FOR_TRAFILATURA = 1_000_000
_LD_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known of an article apart from its text; "" where unknown."""

    title: str = ""
    byline: str = ""
    publisher: str = ""
    site: str = ""
    published: str = ""
    url: str = ""
    language: str = ""
    licence: str = ""
    description: str = ""
    #: A date that may mean two days, as it is written.
    undecided: str = ""

    def or_else(self, other: "Metadata") -> "Metadata":
        """Return this with what is unknown taken from ``other``."""
        unknown = [field.name for field in fields(self) if not getattr(self, field.name)]
        return replace(self, **{name: getattr(other, name) for name in unknown})


# --- values -----------------------------------------------------------------------------------

_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T\s].*)?)?)?$")
_NOT_OF_ADDRESSES = re.compile(r"[\s<>\"]")
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(?:[-_][a-zA-Z0-9]{2,8})*$")


def iso_date(value: str) -> str:
    """Return the date of an ISO 8601 value with the precision it has; "" when it is none.

    >>> iso_date("2021-09-14T08:00:00Z"), iso_date("2021-09"), iso_date("soon")
    ('2021-09-14', '2021-09', '')
    """
    match = _ISO.match(value.strip())
    if not match:
        return ""
    parts = [part for part in match.groups() if part]
    try:
        date(*(int(part) for part in [*parts, "01", "01"][:3]))
    except ValueError:
        return ""
    return "-".join(parts)


def web_address(value: str) -> str:
    """Return an absolute http or https URL without blanks, or "" for anything else."""
    value = value.strip()
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or len(value) > 2_000:
        return ""
    return value if value.isprintable() and not _NOT_OF_ADDRESSES.search(value) else ""


def language_tag(value: str) -> str:
    """Return a language tag such as "en" or "pt-BR", or "" for what cannot be one."""
    value = value.strip().replace("_", "-")
    return value if _LANGUAGE.match(value) else ""


_MONTHS = {
    fold(name).text: number
    for number, names in enumerate(
        (
            "january jan januar jänner janvier janv enero ene gennaio gen janeiro januari يناير"
            " января",
            "february feb februar février févr febrero febbraio fevereiro fev februari فبراير февраля",
            "march mar märz mars marzo março maart مارس марта",
            "april apr avril abril abr aprile أبريل ابريل апреля",
            "may mai mayo maggio maio mei مايو мая",
            "june jun juni juin junio giugno junho يونيو июня",
            "july jul juli juillet juillet julio luglio julho يوليو июля",
            "august aug août agosto ago augustus أغسطس августа",
            "september sep sept septembre septiembre settembre setembro سبتمبر сентября",
            "october oct oktober okt octobre octubre ottobre outubro out أكتوبر октября",
            "november nov novembre noviembre novembro نوفمبر ноября",
            "december dec dezember dez décembre diciembre dic dicembre dezembro ديسمبر декабря",
        ),
        start=1,
    )
    for name in names.split()
}
_DAY_MONTH_YEAR = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th|er|\.|º|°)?[ ,]+(?:de |of )?([^\W\d]{3,12})\.?,? (?:de |del )?(\d{4})\b"
)
_MONTH_DAY_YEAR = re.compile(r"\b([^\W\d]{3,12})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b")
_MONTH_YEAR = re.compile(r"\b([^\W\d]{3,12})\.? (?:de )?(\d{4})\b")
_ISO_INSIDE = re.compile(r"\b(\d{4}-\d\d-\d\d)\b")


def date_in(line: str) -> str:
    """Return the date that a line names, in ISO form and as precise as it is, else "".

    Month names of the languages that ``furniture.py`` knows. "3.5.2021" is the third of May;
    "3/5/2021" and "3.5.21" are read only where they have one meaning (``undecided_in``).
    """
    # Decimal digits of every script read as numbers; what follows writes them in ASCII again.
    text = fold(line).text
    for pattern, day, month, year in (
        (_DAY_MONTH_YEAR, 1, 2, 3),
        (_MONTH_DAY_YEAR, 2, 1, 3),
    ):
        for match in pattern.finditer(text):
            number = _MONTHS.get(match[month])
            if number:
                return iso_date(f"{int(match[year]):04}-{number:02}-{int(match[day]):02}")
    for match in _ISO_INSIDE.finditer(text):
        return iso_date(match[1])
    for _, readings in dates_in_numbers(text):
        if len(readings) == 1:
            return readings[0]
    for match in _MONTH_YEAR.finditer(text):
        number = _MONTHS.get(match[1])
        if number:
            return iso_date(f"{int(match[2]):04}-{number:02}")
    return ""


def undecided_in(line: str) -> str:
    """Return the date of two meanings that a line names, as it is written; "" where it is clear."""
    if date_in(line):
        return ""
    return next((words for words, days in dates_in_numbers(line) if len(days) > 1), "")


def two_dates(words: str) -> dict[str, Any]:
    """Return how an article's record of changes says that ``words`` may mean two days."""
    [(_, readings)] = dates_in_numbers(words)
    return {"what": TWO_DATES, "from": words, "readings": readings}


# --- a page -----------------------------------------------------------------------------------

_META = {
    "title": ("og:title", "twitter:title", "dc.title", "headline"),
    "byline": (
        "author",
        "article:author",
        "dc.creator",
        "parsely-author",
        "byl",
        "citation_author",
    ),
    "publisher": ("dc.publisher", "publisher", "citation_publisher"),
    "site": ("og:site_name", "application-name"),
    "published": (
        "article:published_time",
        "datepublished",
        "date",
        "dc.date",
        "dc.date.issued",
        "dcterms.created",
        "pubdate",
        "publish-date",
        "parsely-pub-date",
        "citation_publication_date",
        "sailthru.date",
    ),
    "url": ("og:url",),
    "language": ("og:locale", "dc.language", "content-language"),
    "licence": ("dc.rights.license", "dcterms.license"),
    "description": ("description", "og:description", "twitter:description"),
}


def of_page(tree: Any) -> Metadata:
    """Return what the parsed page ``tree`` declares of itself."""
    elements = _of_elements(tree)
    found = _of_json_ld(tree).or_else(elements)
    # The language that a browser takes the page to be in counts before the publisher's records.
    return replace(found, language=elements.language or found.language)


def _of_elements(tree: Any) -> Metadata:
    declared: dict[str, str] = {}
    for element in tree.iter("meta"):
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            key = (element.get(attribute) or "").strip().lower()
            value = tidy_field(element.get("content") or "")
            if key and value:
                declared.setdefault(key, value)
    found = {
        name: next((declared[key] for key in keys if key in declared), "")
        for name, keys in _META.items()
    }
    if web_address(found["byline"]):
        found["byline"] = ""
    said = found["published"]
    found["published"] = iso_date(said) or date_in(said)
    found["undecided"] = undecided_in(said)
    canonical = next(
        (
            address
            for link in tree.iter("link")
            if "canonical" in (link.get("rel") or "").lower().split()
            and (address := web_address(link.get("href") or ""))
        ),
        "",
    )
    found["url"] = canonical or web_address(found["url"])
    if not found["published"]:
        found["published"], undecided = _date_of_elements(tree)
        found["undecided"] = found["undecided"] or undecided
    found["language"] = language_tag(_language(tree) or found["language"])
    licence = next((e.get("href") for e in tree.iter("a", "link") if e.get("rel") == "license"), "")
    found["licence"] = found["licence"] or web_address(licence or "")
    return Metadata(**found)


def _language(tree: Any) -> str:
    return tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or ""


def _date_of_elements(tree: Any) -> tuple[str, str]:
    """Return the date of the first ``time`` that says one, and the first of two meanings."""
    undecided = ""
    for element in tree.iter("time"):
        declared, words = element.get("datetime") or "", "".join(element.itertext())
        found = iso_date(declared) or date_in(words)
        if found:
            return found, undecided
        undecided = undecided or undecided_in(declared) or undecided_in(words)
    return "", undecided


def _of_json_ld(tree: Any) -> Metadata:
    found = Metadata()
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        try:
            loaded = orjson.loads((script.text or "").strip())
        except (orjson.JSONDecodeError, UnicodeEncodeError):
            continue
        things = [thing for thing in _things(loaded) if _is_article(thing)]
        for thing in things:
            found = found.or_else(_of_thing(thing))
    return found


def _things(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > _LD_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _things(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        for key in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _things(value.get(key), depth + 1)


def _is_article(thing: dict[str, Any]) -> bool:
    kinds = thing.get("@type")
    names = kinds if isinstance(kinds, list) else [kinds]
    return any(
        isinstance(name, str) and name.endswith(("Article", "Posting", "Report")) for name in names
    )


def _of_thing(thing: dict[str, Any]) -> Metadata:
    page = thing.get("mainEntityOfPage")
    address = page.get("@id") if isinstance(page, dict) else page
    when = _name(thing.get("datePublished"))
    return Metadata(
        title=_name(thing.get("headline")),
        byline=", ".join(dict.fromkeys(_names(thing.get("author")))),
        publisher=_name(thing.get("publisher")),
        published=iso_date(when),
        undecided=undecided_in(when),
        url=web_address(_name(address)) or web_address(_name(thing.get("url"))),
        language=language_tag(_name(thing.get("inLanguage"))),
        licence=web_address(_name(thing.get("license"))),
        description=_name(thing.get("description")),
    )


def _name(value: Any) -> str:
    return next(iter(_names(value)), "")


def _names(value: Any) -> Iterable[str]:
    for item in value if isinstance(value, list) else [value]:
        name = item.get("name") if isinstance(item, dict) else item
        if isinstance(name, str) and (tidied := tidy_field(name)):
            yield tidied


def host_of(url: str) -> str:
    """Return the host of a URL as a site's name, without "www."."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def guessed(html: str) -> Metadata:
    """Return what trafilatura guesses of a page; nothing where it fails."""
    if len(html) > _LARGEST_FOR_TRAFILATURA:
        return Metadata()
    try:
        # Half a second and 40 MB at the first call: loaded by imports alone.
        from trafilatura.metadata import extract_metadata

        # Not extensive: that takes any date among the words for the date of publication.
        found = extract_metadata(html, extensive=False)
    except Exception:
        # It guesses from pages of every kind; where it fails the page is only less well known.
        return Metadata()
    if found is None:
        return Metadata()

    def value(name: str) -> str:
        text = getattr(found, name, None)
        return tidy_field(text) if isinstance(text, str) else ""

    published = iso_date(value("date"))
    return Metadata(
        title=value("title"),
        byline=value("author").replace("; ", ", "),
        site=value("sitename"),
        published="" if (words := _misread(html, published)) else published,
        undecided=words,
        url=web_address(value("url")),
        language=language_tag(value("language")),
        description=value("description"),
    )


def _misread(html: str, published: str) -> str:
    """Return the words of two meanings that a guess took for one of their days, or "".

    Where the page names the day otherwise, too, the guess may have come from there.
    """
    if not published or any(published.replace("-", mark) in html for mark in ("-", "/", "")):
        return ""
    found = dates_in_numbers(html)
    return next((words for words, days in found if len(days) > 1 and published in days), "")


# --- the words of a text ----------------------------------------------------------------------

_COMMON = {
    "en": frozenset(
        [
            "the",
            "of",
            "and",
            "to",
            "in",
            "is",
            "that",
            "for",
            "it",
            "was",
            "with",
            "as",
            "on",
            "be",
            "at",
            "by",
            "this",
        ]
    ),
    "de": frozenset(
        [
            "der",
            "die",
            "und",
            "das",
            "ist",
            "nicht",
            "den",
            "von",
            "zu",
            "mit",
            "sich",
            "des",
            "auf",
            "für",
            "im",
            "dem",
            "ein",
            "eine",
        ]
    ),
    "fr": frozenset(
        [
            "le",
            "la",
            "les",
            "des",
            "et",
            "est",
            "une",
            "dans",
            "que",
            "pour",
            "qui",
            "sur",
            "pas",
            "au",
            "avec",
            "du",
        ]
    ),
    "es": frozenset(
        [
            "el",
            "los",
            "las",
            "y",
            "que",
            "en",
            "una",
            "por",
            "con",
            "para",
            "es",
            "del",
            "se",
            "como",
            "más",
            "su",
        ]
    ),
    "it": frozenset(
        [
            "il",
            "che",
            "di",
            "è",
            "per",
            "una",
            "con",
            "non",
            "sono",
            "della",
            "gli",
            "del",
            "più",
            "nel",
            "alla",
        ]
    ),
    "pt": frozenset(
        [
            "o",
            "que",
            "não",
            "uma",
            "com",
            "os",
            "para",
            "do",
            "da",
            "em",
            "mais",
            "dos",
            "ao",
            "foi",
            "são",
        ]
    ),
    "nl": frozenset(
        [
            "het",
            "een",
            "van",
            "en",
            "dat",
            "niet",
            "zijn",
            "op",
            "te",
            "voor",
            "met",
            "aan",
            "ook",
            "er",
            "maar",
        ]
    ),
    "sv": frozenset(
        ["och", "att", "det", "som", "är", "på", "för", "med", "inte", "den", "till", "av", "en"]
    ),
    "pl": frozenset(["i", "w", "nie", "na", "się", "że", "do", "jest", "to", "z", "jak", "po"]),
    "tr": frozenset(["ve", "bir", "bu", "için", "ile", "da", "de", "çok", "daha", "ama", "olarak"]),
}
_LETTERS = re.compile(r"[^\W\d_]+")
_SCRIPTS = (
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("ko", re.compile(r"[\uac00-\ud7a3]")),
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
)


def language_of(text: str) -> str:
    """Return the language of ``text`` by its script or its commonest words; "" in doubt."""
    sample = text[:20_000]
    letters = sum(char.isalpha() for char in sample)
    for language, script in _SCRIPTS:
        if len(script.findall(sample)) * 2 > letters:
            return language
    found = _LETTERS.findall(sample.lower())
    counts = sorted(
        ((sum(word in common for word in found), language) for language, common in _COMMON.items()),
        reverse=True,
    )
    best, second = counts[0], counts[1]
    if best[0] >= 3 and best[0] * 12 >= len(found) and best[0] * 4 > second[0] * 5:
        return best[1]
    return ""


def given(values: dict[str, Any]) -> tuple[Metadata, list[dict[str, Any]]]:
    """Return the metadata that a record gives, and what of it was not understood.

    Raises ``Refused`` for a value that is no string; null counts as absent.
    """
    known = {field.name for field in fields(Metadata)} - {"description", "undecided"}
    checks = {"published": iso_date, "url": web_address, "language": language_tag}
    found: dict[str, str] = {}
    odd: list[dict[str, Any]] = []
    for key, value in values.items():
        if key not in known:
            odd.append({"what": "unknown key", "from": tidy_field(str(key))})
            continue
        if value is None:
            continue
        if not isinstance(value, str):
            raise Refused(f'"{key}" must be text, not {_kind(value)}.')
        found[key] = checks.get(key, tidy_field)(value)
        if key == "published" and not found[key] and (words := undecided_in(value)):
            found["undecided"] = words
        elif value.strip() and not found[key]:
            odd.append({"what": f"{key} not understood", "from": tidy_field(value)})
    return Metadata(**found), odd


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    return {int: "a number", float: "a number", list: "a list"}.get(type(value), "an object")
