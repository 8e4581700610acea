"""Addresses have one spelling, links open at the quoted words, dates keep their precision."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.domain.citations import (
    DateRefused,
    Precision,
    UrlRefused,
    canonical_url,
    dates_in_numbers,
    earliest_day,
    partial_date,
    precision,
    show_partial_date,
    split_text_fragment,
    text_fragment_url,
)
from annotations.domain.errors import Refused
from annotations.domain.text import canonicalise


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        pytest.param("  HTTPS://Example.ORG  ", "https://example.org/", id="case and blanks"),
        pytest.param("http://example.org:80/a", "http://example.org/a", id="default port"),
        pytest.param("https://example.org:443", "https://example.org/", id="default tls port"),
        pytest.param("https://example.org:8443/", "https://example.org:8443/", id="other port"),
        pytest.param("https://example.org/a/#part", "https://example.org/a/", id="fragment"),
        pytest.param("https://example.org/A/b", "https://example.org/A/b", id="path case stays"),
        pytest.param("https://example.org./a", "https://example.org/a", id="root dot"),
        pytest.param(
            "https://example.org/?b=2&utm_source=x&a=1&FBCLID=y&&a=0&gclid=1",
            "https://example.org/?b=2&a=1&a=0",
            id="tracking goes, order stays",
        ),
        pytest.param("https://example.org/a?utm_medium=m", "https://example.org/a", id="no query"),
        pytest.param("https://bücher.example/ä?ö=%c3%a4", "https://xn--bcher-kva.example/%C3%A4?%C3%B6=%C3%A4", id="IDNA"),
        pytest.param("https://straße.example/", "https://xn--strae-oqa.example/", id="IDNA 2008"),
        pytest.param("https://例え。テスト/", "https://xn--r8jz45g.xn--zckzah/", id="wide stop"),
        pytest.param("https://example.org/100%/%7E", "https://example.org/100%25/%7E", id="percent"),
        pytest.param("http://[2001:DB8::0:1]:80/", "http://[2001:db8::1]/", id="IPv6"),
        pytest.param("http://192.0.2.1/x", "http://192.0.2.1/x", id="IPv4"),
    ],
)  # fmt: skip
def test_an_address_has_one_spelling(url, canonical):
    assert canonical_url(url) == canonical
    assert canonical_url(canonical) == canonical


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        pytest.param("", "There is no address", id="empty"),
        pytest.param("javascript:alert(1)", "must start with http:// or https://", id="script"),
        pytest.param(
            "JavaScript://example.org/%0aalert(1)", "must start with", id="script as host"
        ),
        pytest.param("data:text/html,x", "must start with", id="data"),
        pytest.param("ftp://example.org/", "must start with", id="ftp"),
        pytest.param("//example.org/", "must start with", id="no scheme"),
        pytest.param("example.org/a", "must start with", id="only a host"),
        pytest.param(
            "java\nscript:alert(1)", r"invisible character \(U\+000A\) at 4", id="newline"
        ),
        pytest.param("https://example.org/a b", r"U\+0020", id="blank"),
        pytest.param("https://example.org/\u202ea", r"U\+202E", id="direction mark"),
        pytest.param("https://example.org/\ud800", r"U\+D800", id="lone surrogate"),
        pytest.param("https://ada:pw@example.org/", "name or password", id="credentials"),
        pytest.param("https://example.org\\@other.example/", "backslash", id="backslash"),
        pytest.param("https:///a", "names no host", id="no host"),
        pytest.param("https://-a.example/", "names no host", id="hyphen first"),
        pytest.param("https://ex%61mple.org/", "names no host", id="escaped host"),
        pytest.param("https://ü..example/", "names no host", id="empty label"),
        pytest.param("https://" + "ü" * 70 + ".example/", "is no host", id="label too long"),
        pytest.param("https://" + "a." * 130 + "org/", "names no host", id="name too long"),
        pytest.param("https://example.org:port/", "host or port cannot be read", id="port"),
        pytest.param("https://[::1/", "host or port cannot be read", id="bracket"),
        pytest.param("https://[1:2]/", "is no (host|address)", id="half an IPv6"),
        pytest.param("https://[v1.x]/", '"v1.x" is no host', id="a later IP"),
        pytest.param("https://example.org/" + "a" * 2000, "2020 characters; at most", id="long"),
        pytest.param("https://example.org/" + "é" * 500, "3020 characters once", id="long later"),
    ],
)
def test_what_is_no_web_address_is_refused(url, sentence):
    with pytest.raises(UrlRefused, match=sentence) as refusal:
        canonical_url(url)

    assert isinstance(refusal.value, Refused)


def test_a_long_refused_address_is_not_repeated_whole():
    with pytest.raises(UrlRefused) as refusal:
        canonical_url("mailto:" + "a" * 1500)

    assert len(refusal.value.message) < 200


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=30), st.text(max_size=30))
def test_every_address_is_refused_or_becomes_plain_and_stays_so(path, query):
    try:
        canonical = canonical_url(f"https://Example.org/{path}?{query}")
    except UrlRefused:
        return
    assert canonical.isascii()
    assert urlsplit(canonical).hostname == "example.org"
    assert canonical_url(canonical) == canonical


# --- text fragments ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "address", "quotation"),
    [
        pytest.param("https://x.example/a", "https://x.example/a", "", id="none"),
        pytest.param("https://x.example/a#top", "https://x.example/a#top", "", id="plain fragment"),
        pytest.param("https://x.example/a#:~:text=cafe%CC%81%20noir", "https://x.example/a", "cafe\u0301 noir", id="start"),
        pytest.param("https://x.example/a#top:~:text=one", "https://x.example/a#top", "one", id="both"),
        pytest.param("https://x.example/#:~:text=one,two", "https://x.example/", "one … two", id="range"),
        pytest.param("https://x.example/#:~:text=pre-,one,-post", "https://x.example/", "one", id="context"),
        pytest.param("https://x.example/#:~:text=pre-,one,two,-post", "https://x.example/", "one … two", id="all four"),
        pytest.param("https://x.example/#:~:text=a%2Db%2C%26", "https://x.example/", "a-b,&", id="escapes"),
        pytest.param("https://x.example/#:~:other=1&text=one&text=two", "https://x.example/", "one", id="several"),
        pytest.param("https://x.example/#:~:text=pre-", "https://x.example/", "", id="only context"),
        pytest.param("https://x.example/#:~:text=", "https://x.example/", "", id="empty"),
        pytest.param("https://x.example/#:~:text=%00a%0D%0Ab", "https://x.example/", "a\nb", id="controls"),
    ],
)  # fmt: skip
def test_a_text_fragment_link_gives_address_and_quotation(url, address, quotation):
    assert split_text_fragment(url) == (address, quotation)


@pytest.mark.parametrize(
    ("quotation", "target"),
    [
        pytest.param("one, two-three & four", "one%2C%20two%2Dthree%20%26%20four", id="escapes"),
        pytest.param("  שלום 🌊 \n", "%D7%A9%D7%9C%D7%95%D7%9D%20%F0%9F%8C%8A", id="trimmed"),
        pytest.param("one two … eight nine", "one%20two,eight%20nine", id="ellipsis"),
        pytest.param("one two [...] nine", "one%20two,nine", id="bracketed ellipsis"),
        pytest.param("first line\nlast line", "first%20line,last%20line", id="lines"),
        pytest.param("… and then", "and%20then", id="leading ellipsis"),
        pytest.param(
            " ".join(f"word{n}" for n in range(30)),
            "word0%20word1%20word2%20word3%20word4,word25%20word26%20word27%20word28%20word29",
            id="long",
        ),
        pytest.param(
            " ".join(letter * 50 for letter in "abc"), f"{'a' * 50},{'c' * 50}", id="few long words"
        ),
        pytest.param("a" * 100 + "b" * 100, f"{'a' * 30},{'b' * 30}", id="one long word"),
    ],
)
def test_a_quotation_becomes_a_link_to_its_words(quotation, target):
    link = text_fragment_url("https://x.example/a", quotation)

    assert link == f"https://x.example/a#:~:text={target}"


@pytest.mark.parametrize("quotation", ["", " \n", "…"])
def test_without_words_the_address_stays_as_it_is(quotation):
    assert text_fragment_url("https://x.example/a#b", quotation) == "https://x.example/a#b"


def test_a_fragment_stays_and_an_older_directive_goes():
    link = text_fragment_url("https://x.example/a#b:~:text=old", "new")

    assert link == "https://x.example/a#b:~:text=new"
    assert text_fragment_url("https://x.example/#:~:text=old", "new").count("#") == 1


@settings(max_examples=200, deadline=None)
@given(st.text(min_size=1, max_size=100))
def test_a_short_quotation_comes_back_from_its_link(quotation):
    words = " ".join(canonicalise(quotation).text.split())
    if not words or "…" in words or "..." in words:
        return

    assert split_text_fragment(text_fragment_url("https://x.example/", words)) == (
        "https://x.example/",
        words,
    )


# --- dates ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "how_exact", "words", "first"),
    [
        ("", Precision.UNKNOWN, "", ""),
        ("2021", Precision.YEAR, "2021", "2021-01-01"),
        ("2021-09", Precision.MONTH, "September 2021", "2021-09-01"),
        ("2021-09-04", Precision.DAY, "4 September 2021", "2021-09-04"),
        ("2024-02-29", Precision.DAY, "29 February 2024", "2024-02-29"),
    ],
)
def test_a_date_keeps_its_precision_and_is_shown_in_words(date, how_exact, words, first):
    assert partial_date(f" {date} ") == date
    assert precision(date) == how_exact
    assert show_partial_date(date) == words
    assert earliest_day(date) == first


@pytest.mark.parametrize(
    ("date", "sentence"),
    [
        ("2021-13", "there is no month 13"),
        ("2021-00", "there is no month 0"),
        ("2021-02-29", "February 2021 has no day 29"),
        ("2021-04-00", "April 2021 has no day 0"),
        ("0000", "there is no year 0"),
        ("21", "Write 2021, 2021-09 or 2021-09-14"),
        ("2021-9-1", "is no date"),
        ("14/09/2021", "is no date"),
        ("٢٠٢١", "is no date"),
        ("2021-09-14T10:00", "is no date"),
        ("x" * 500, "is no date"),
    ],
)
def test_impossible_dates_are_refused(date, sentence):
    with pytest.raises(DateRefused, match=sentence) as refusal:
        partial_date(date)

    assert len(refusal.value.message) < 200


@pytest.mark.parametrize(
    ("line", "found"),
    [
        pytest.param("11/04/26", [("11/04/26", ["2026-04-11", "2026-11-04"])], id="two figures"),
        pytest.param("4-5-2024", [("4-5-2024", ["2024-05-04", "2024-04-05"])], id="hyphens"),
        pytest.param("11.04.26", [("11.04.26", ["2026-04-11", "2026-11-04"])], id="points, short"),
        pytest.param("3.5.2021", [("3.5.2021", ["2021-05-03"])], id="points"),
        pytest.param("9.14.2021", [("9.14.2021", ["2021-09-14"])], id="points, the month first"),
        pytest.param("04/04/26", [("04/04/26", ["2026-04-04"])], id="both the same"),
        pytest.param("13/04/98", [("13/04/98", ["1998-04-13"])], id="of the last century"),
        pytest.param(
            "04/13/69", [("04/13/69", ["1969-04-13"])], id="the first year of two figures"
        ),
        pytest.param("29/02/24 30/02/24", [("29/02/24", ["2024-02-29"])], id="no such day"),
        pytest.param(
            "on 1 / 2 / 2003.", [("1 / 2 / 2003", ["2003-02-01", "2003-01-02"])], id="apart"
        ),
        pytest.param("١١/٠٤/٢٦", [("١١/٠٤/٢٦", ["2026-04-11", "2026-11-04"])], id="Arabic digits"),
        pytest.param("11–04–2026", [("11–04–2026", ["2026-04-11", "2026-11-04"])], id="dashes"),
        pytest.param("11/04-26 1/2/3 1/2/345 v1.2.03.4 a1/2/03 192.168.1.10", [], id="no dates"),
        pytest.param("/2026/04/11/ 2026-11-04", [], id="the year first"),
    ],
)
def test_a_date_in_numbers_has_every_day_that_it_may_mean(line, found):
    assert list(dates_in_numbers(line)) == found


@given(st.text("0123456789٤/.- –a🌊", max_size=60))
def test_what_is_read_of_numbers_is_written_there_and_is_a_day(line):
    at = 0
    for words, readings in dates_in_numbers(line):
        at = line.index(words, at) + len(words)
        assert 1 <= len(readings) <= 2
        assert all(partial_date(day) == day and len(day) == 10 for day in readings)
