"""Text keeps its offsets: decoding, the canonical form, UTF-16, graphemes, folding, sentences."""

import time

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.domain.errors import TextRefused
from annotations.domain.text import (
    OffsetRefused,
    Utf16,
    canonicalise,
    decode,
    find_all,
    fold,
    from_utf16,
    grapheme_at,
    is_blank,
    is_boundary,
    looks_binary,
    sentences,
    sha256,
    tidy,
    to_utf16,
)

#: What has broken offsets elsewhere, and pieces that meet each other badly.
NASTY = [
    "👩\u200d👩\u200d👧",
    "👍🏽",
    "🇫🇷",
    "\U0001f1e6",
    "1\ufe0f\u20e3",
    "☺\ufe0e",
    "❤\ufe0f",
    "e\u0301\u0323",
    "\u1112\u1161\u11ab",
    "한",
    "क्ष",
    "नमस्ते",
    "\u0628\u0650\u0633\u0652\u0645",
    "שלום",
    "\u2067",
    "\u2069",
    "\u0600",
    "\xa0",
    "\xad",
    "\u200b",
    "\u200c",
    "\u200d",
    "<&>\"'",
    "</p>",
    "&amp;",
    "\r\n",
    "\r",
    "\n",
    "\x0b",
    "\x0c",
    "\x85",
    "\u2028",
    "\u2029",
    "\x00",
    "\x1b",
    "\x9f",
    "\t",
    "\ufeff",
    "\ufffe",
    "\U0010ffff",
    "\u2018",
    "\u2019",
    "\u201c",
    "\u2014",
    "--",
    "ﬁ",
    "ß",
    "İ",
    "½",
    "\xa8",
    " ",
    "a",
    "B",
    "e",
    ".",
    "。",
]
nasty_texts = st.lists(
    st.sampled_from(NASTY) | st.characters(exclude_categories=["Cs"]), max_size=30
).map("".join)
canonical_texts = nasty_texts.map(lambda raw: canonicalise(raw).text)
modest = settings(max_examples=200, deadline=None)


# --- decoding ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        pytest.param("né 🌊".encode(), None, "né 🌊", id="utf-8"),
        pytest.param("né".encode("utf-8-sig"), None, "né", id="one mark is dropped"),
        pytest.param("\ufeff\ufeffné".encode(), None, "\ufeffné", id="a second mark is text"),
        pytest.param("né".encode("utf-8-sig"), "utf-8-sig", "né", id="declared with mark"),
        pytest.param("né 🌊".encode("utf-16"), None, "né 🌊", id="utf-16 by its mark"),
        pytest.param("né 🌊".encode("utf-32"), None, "né 🌊", id="utf-32 by its mark"),
        pytest.param("\ufeffné".encode("utf-16-be"), "utf-16-be", "né", id="utf-16 declared"),
        pytest.param(b"\x93n\xe9\x94", "ISO-8859-1", "\u201cné\u201d", id="latin-1 is 1252"),
        pytest.param("שלום".encode("cp1255"), " windows-1255 ", "שלום", id="right to left"),
        pytest.param(b"", None, "", id="nothing"),
    ],
)
def test_bytes_become_text_by_their_charset_without_the_byte_order_mark(data, charset, text):
    assert decode(data, charset) == text


@pytest.mark.parametrize(
    ("data", "charset", "sentence"),
    [
        pytest.param(b"caf\xe9 cr\xe8me", None, r"not utf-8: byte 3 \(0xE9\)", id="latin-1 bytes"),
        pytest.param(b"\xed\xa0\x80", None, "byte 0", id="a surrogate in utf-8"),
        pytest.param(b"\x81", "latin-1", r"byte 0 \(0x81\)", id="unused in windows-1252"),
        pytest.param(b"a", "utf-99", 'Unknown charset "utf-99"', id="unknown"),
        pytest.param(b"61", "hex", 'Unknown charset "hex"', id="no charset but a transform"),
        pytest.param(b"a", "a\0b", "Unknown charset", id="a NUL in the name"),
        pytest.param(b"\xff\xfea", None, "not utf-16", id="half a unit"),
    ],
)
def test_bytes_that_the_charset_does_not_have_are_refused(data, charset, sentence):
    with pytest.raises(TextRefused, match=sentence):
        decode(data, charset)


@pytest.mark.parametrize(
    ("data", "binary"),
    [
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", True, id="picture"),
        pytest.param(b"%PDF-1.7\n%", True, id="pdf"),
        pytest.param(bytes(range(256)), True, id="all bytes"),
        pytest.param(b"\0" * 20, True, id="only NULs"),
        pytest.param("Né 🌊 שלום\ttab\r\n".encode() * 9, False, id="text"),
        pytest.param(b"one stray \0 here", False, id="one NUL"),
        pytest.param("plain".encode("utf-16"), False, id="utf-16 with its mark"),
        pytest.param(b"", False, id="nothing"),
    ],
)
def test_binary_files_are_told_from_text(data, binary):
    assert looks_binary(data) is binary


# --- the canonical text -----------------------------------------------------------------------


def test_every_newline_becomes_lf_and_controls_go_with_a_record_of_both():
    canonical = canonicalise("a\r\nb\rc\vd\fe\x85f\u2028g\u2029h\0i\x1bj\tk\x7f\r\n")

    assert canonical.text == "a\nb\nc\nd\ne\nf\ng\nhij\tk\n"
    assert canonical.changes == [
        {"what": "newline", "from": "CRLF", "count": 2},
        {"what": "newline", "from": "CR", "count": 1},
        {"what": "newline", "from": "VT", "count": 1},
        {"what": "newline", "from": "FF", "count": 1},
        {"what": "newline", "from": "NEL", "count": 1},
        {"what": "newline", "from": "LS", "count": 1},
        {"what": "newline", "from": "PS", "count": 1},
        {"what": "removed", "from": "U+0000", "count": 1},
        {"what": "removed", "from": "U+001B", "count": 1},
        {"what": "removed", "from": "U+007F", "count": 1},
    ]


def test_blanks_accents_and_invisible_characters_stay_as_they_are():
    text = "  e\u0301  é\xa0\xad\u200d\ufeff שלום 🌊 \n\n "

    assert canonicalise(text).text == text
    assert canonicalise(text).changes == []


@pytest.mark.parametrize("raw", ["ab\ud83d", "ab\udf0a c", "ab\udf0a\ud83d"])
def test_a_lone_surrogate_is_refused(raw):
    with pytest.raises(TextRefused, match="Character 2 is half of a surrogate pair"):
        canonicalise(raw)


def test_an_offset_within_crlf_stands_before_the_newline():
    canonical = canonicalise("ab\r\ncd")

    assert [canonical.map_offset(n) for n in range(7)] == [0, 1, 2, 2, 3, 4, 5]


@pytest.mark.parametrize("n", [-1, 4])
def test_an_offset_outside_the_raw_text_is_refused(n):
    with pytest.raises(OffsetRefused, match=f"Offset {n} does not fit a text of 3 characters"):
        canonicalise("a\r\n").map_offset(n)


@modest
@given(nasty_texts)
def test_the_canonical_form_of_a_canonical_text_is_the_same_text(raw):
    text = canonicalise(raw).text

    again = canonicalise(text)

    assert again.text == text
    assert again.changes == []
    assert not set(text) & set("\r\0\v\f\x85\u2028\u2029\x1b\x9f")


@modest
@given(nasty_texts, st.data())
def test_offsets_follow_the_changes_and_their_words_stay_the_same(raw, data):
    canonical = canonicalise(raw)
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, len(raw)))

    mapped = [canonical.map_offset(n) for n in range(len(raw) + 1)]

    assert mapped == sorted(mapped)
    assert mapped[0] == 0
    assert mapped[-1] == len(canonical.text)
    within_crlf = any(raw[n - 1 : n + 1] == "\r\n" for n in (start, end) if n)
    if not within_crlf:
        assert canonical.text[mapped[start] : mapped[end]] == canonicalise(raw[start:end]).text


def test_the_digest_is_of_the_utf_8_bytes():
    assert sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert sha256("é") != sha256("e\u0301")


# --- UTF-16 -----------------------------------------------------------------------------------


@modest
@given(nasty_texts, st.data())
def test_utf_16_offsets_agree_with_the_encoded_bytes_both_ways(text, data):
    n = data.draw(st.integers(0, len(text)))
    units = len(text[:n].encode("utf-16-le")) // 2

    assert to_utf16(text, n) == units
    assert from_utf16(text, units) == n


@modest
@given(nasty_texts, st.data())
def test_every_utf_16_offset_is_a_code_point_or_is_refused(text, data):
    encoded = text.encode("utf-16-le")
    units = data.draw(st.integers(0, len(encoded) // 2))
    try:
        before = encoded[: 2 * units].decode("utf-16-le")
    except UnicodeDecodeError:
        with pytest.raises(ValueError, match="falls inside a surrogate pair"):
            from_utf16(text, units)
    else:
        assert from_utf16(text, units) == len(before)


def test_utf_16_offsets_outside_the_text_are_refused():
    both = Utf16("a🌊b")

    with pytest.raises(ValueError, match="5 does not fit a text of 4 UTF-16 units"):
        both.to_code_points(5)
    with pytest.raises(OffsetRefused, match="-1 does not fit"):
        both.to_code_points(-1)
    with pytest.raises(ValueError, match="4 does not fit a text of 3 characters"):
        both.to_units(4)


# --- graphemes --------------------------------------------------------------------------------


def borders(text):
    return {0, *(match.end() for match in regex.finditer(r"\X", text))}


@modest
@given(nasty_texts)
def test_borders_told_from_the_neighbourhood_are_those_of_the_whole_text(text):
    wanted = borders(text)

    assert {n for n in range(-1, len(text) + 2) if is_boundary(text, n)} == wanted
    for n in range(len(text) + 1):
        start, end = grapheme_at(text, n)
        assert start == max(b for b in wanted if b <= n)
        assert end == min(b for b in wanted if b >= n)


@pytest.mark.parametrize(
    ("text", "chosen", "tidied"),
    [
        pytest.param("ab  word \n c", (2, 10), "word", id="blanks at both ends"),
        pytest.param("cafe\u0301 noir", (0, 4), "cafe\u0301", id="the accent is taken in"),
        pytest.param("cafe\u0301 noir", (4, 10), "e\u0301 noir", id="its letter is taken in"),
        pytest.param("a👩\u200d👧b", (2, 3), "👩\u200d👧", id="half a family"),
        pytest.param("\xa0שלום\u2003", (0, 6), "שלום", id="wide and no-break blanks"),
        pytest.param("\ufeff\n word", (0, 7), "word", id="a mark at the start"),
        pytest.param("a  \u0301b ", (1, 6), " \u0301b", id="an accent on a blank stays whole"),
        pytest.param("a \n\t b", (1, 5), "", id="nothing but blanks"),
        pytest.param("ab", (1, 1), "", id="empty"),
    ],
)
def test_a_selection_is_trimmed_and_snapped_to_whole_characters(text, chosen, tidied):
    start, end = tidy(text, *chosen)

    assert text[start:end] == tidied


@pytest.mark.parametrize("pair", [(3, 1), (-1, 2), (0, 9)])
def test_tidying_leaves_what_will_be_refused_with_its_numbers(pair):
    assert tidy("abcd", *pair) == pair


@modest
@given(nasty_texts, st.data())
def test_a_tidied_selection_is_tidy(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))

    tidied = tidy(text, start, end)

    assert tidy(text, *tidied) == tidied
    if tidied[0] < tidied[1]:
        assert set(tidied) <= borders(text)
        assert not is_blank(text[tidied[0] : tidied[1]])


# --- folding ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("“Don’t”", "'don't'", id="quotation marks"),
        pytest.param("bay‘a bayʿa bay`a", "bay'a bay’a bayʾa", id="ayn and its look-alikes"),
        pytest.param("2019–2021 — no", "2019-2021 -- no", id="dashes"),
        pytest.param("a\xa0b \n c", "a b c", id="blanks"),
        pytest.param("STRASSE", "Straße", id="case"),
        pytest.param("é İstanbul", "e\u0301 istanbul", id="accents"),
        pytest.param("Moham\xadmed\u200b\u200e\ufeff", "Mohammed", id="invisible"),
        pytest.param("ﬁnd 1…", "find 1...", id="compatibility forms"),
        pytest.param("بِسْم", "بسم", id="harakat"),
        pytest.param("שָׁלוֹם", "שלום", id="points"),
        pytest.param("❤\ufe0f", "❤", id="variation selector"),
        pytest.param("﹘﹣－", "-", id="compatibility dashes"),
        pytest.param("＂x＇", "'x'", id="wide quotation marks"),
    ],
)
def test_equal_words_fold_to_the_same(one, other):
    assert fold(one).text == fold(other).text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("≠", "=", id="a stroke makes another sign"),
        pytest.param("が", "か", id="a voicing mark makes another syllable"),
        pytest.param("क़", "क", id="a nukta makes another letter"),
        pytest.param("a\xa8b", "a b", id="a spacing accent is no blank"),
        pytest.param("\u0600", "", id="a number sign is seen"),
    ],
)
def test_different_words_stay_different(one, other):
    assert fold(one).text != fold(other).text


def test_folded_offsets_lead_back_to_the_original():
    original = "x \n “e\u0301a” ﬁ"
    folded = fold(original)

    assert folded.text == "x 'ea' fi"
    assert [folded.to_original(i) for i in range(10)] == [0, 1, 4, 5, 7, 8, 9, 10, 10, 11]
    assert folded.span(1, 4) == (1, 6)
    with pytest.raises(OffsetRefused, match="10 does not fit a folded text of 9"):
        folded.to_original(10)


@modest
@given(nasty_texts)
def test_folded_offsets_rise_and_stay_within_the_text(text):
    folded = fold(text)

    origins = [folded.to_original(i) for i in range(len(folded.text) + 1)]

    assert origins == sorted(origins)
    assert origins[-1] == len(text)
    for i in range(len(folded.text)):
        start, end = folded.span(i, i + 1)
        assert 0 <= start < end <= len(text)


@pytest.mark.parametrize(
    ("text", "needle", "found"),
    [
        pytest.param("He said: “Don’t\xa0go”.", "'don't go'", ["“Don’t\xa0go”"], id="typed"),
        pytest.param("Cafe\u0301, café, CAFE", "café", ["Cafe\u0301", "café", "CAFE"], id="accent"),
        pytest.param("mid\xadway mid\xad", "midway", ["mid\xadway"], id="soft hyphen"),
        pytest.param("mid\xad, mid", "mid", ["mid", "mid"], id="not the hyphen behind it"),
        pytest.param("a\n\nb a b", "  a b ", ["a\n\nb", "a b"], id="across lines"),
        pytest.param("ﬁx five", "f", ["f"], id="not half a ligature"),
        pytest.param("각 가", "가", ["가"], id="not half a syllable"),
        pytest.param("👩\u200d👧 👩", "👩", ["👩"], id="not half a family"),
        pytest.param("aaaa", "aa", ["aa", "aa"], id="without overlaps"),
        pytest.param("بِسْم الله", "بسم", ["بِسْم"], id="right to left"),
        pytest.param("abc", "", [], id="nothing"),
        pytest.param("a b", " \n\u200b", [], id="only blanks"),
        pytest.param("abc", "abd", [], id="not there"),
    ],
)
def test_words_are_found_as_people_type_them(text, needle, found):
    assert [text[start:end] for start, end in find_all(text, needle)] == found


@modest
@given(canonical_texts, st.data())
def test_what_is_found_folds_to_what_was_sought_and_splits_no_character(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    needle = text[start:end]

    found = find_all(text, needle)

    wanted = fold(needle).text.strip(" ")
    last = 0
    for first, until in found:
        assert fold(text[first:until]).text == wanted
        assert {first, until} <= borders(text)
        assert last <= first < until
        last = until


@modest
@given(canonical_texts, st.data())
def test_a_tidy_stretch_is_found_by_its_own_words(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    start, end = tidy(text, start, end)
    wanted = fold(text[start:end]).text

    found = find_all(text, text[start:end])

    if wanted.strip(" ") == wanted != "":
        assert found


def test_a_megabyte_is_folded_searched_and_cut_quickly():
    line = "The “quick” brown fox – said e\u0301 🌊 ‘no’ in the U.S. Army, שלום.\r\n"
    raw = line * (1_000_000 // len(line))

    begun = time.perf_counter()
    text = canonicalise(raw).text
    found = find_all(text, '"QUICK" brown')
    tiles = sentences(text)
    spent = time.perf_counter() - begun

    assert len(found) == len(tiles) == raw.count("\r\n")
    assert spent < 5  # about 0.5 s on a quiet machine; a quadratic step would take minutes


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("👩\u200d" * 50_000, id="one endless family"),
        pytest.param("🇫🇷" * 50_000, id="flags"),
        pytest.param("e" + "\u0301" * 50_000, id="accents"),
        pytest.param("\u1112\u1161\u11ab" * 30_000, id="jamo"),
    ],
)
def test_texts_without_a_plain_border_are_searched_in_bounded_time(text):
    begun = time.perf_counter()
    found = find_all(text, text[-2:])
    spent = time.perf_counter() - begun

    assert all(is_boundary(text, end) for _, end in found[:3])
    assert spent < 10  # under 1 s on a quiet machine


# --- sentences --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tiles",
    [
        pytest.param(["One.", "Two!", "Three?", "Four"], id="plain"),
        pytest.param(["Mr. Smith of the U.S. Army came on Aug. 15.", "He left."], id="short forms"),
        pytest.param(["He left the U.S.", "The army stayed."], id="a short form at the end"),
        pytest.param(["It ended in Aug.", "Nobody knew."], id="a month at the end"),
        pytest.param(["By J. R. Tolkien, e.g. Rings etc. and so on."], id="initials"),
        pytest.param(["“Really?” he asked.", "“No.”", "‘Oh!’", "(Yes.)"], id="quoted"),
        pytest.param(["He waited… and went.", "Then…", "Gone."], id="ellipsis"),
        pytest.param(["He waited . . . and went.", "Then . . .", "Gone."], id="spaced ellipsis"),
        pytest.param(["It rose 3.5 per cent.[12]", "See www.example.org now."], id="numbers"),
        pytest.param(["1. First.", "2. Second."], id="a list"),
        pytest.param(["Am 14. August kam er.", "In 2001.", "Er blieb."], id="ordinals"),
        pytest.param(["هل هذا صحيح؟", "نعم."], id="Arabic"),
        pytest.param(["यह सच है।", "नहीं।"], id="Hindi"),
        pytest.param(["A wave 🌊.", "Cafe\u0301.", "“E\u0301!”"], id="emoji and accents"),
        pytest.param(["Dr."], id="a title and nothing more"),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(tiles):
    text = " ".join(tiles)

    assert [text[start:end] for start, end in sentences(text)] == tiles


@pytest.mark.parametrize(
    ("text", "tiles"),
    [
        pytest.param(
            "你好。再见！「好。」我走了", ["你好。", "再见！", "「好。」", "我走了"], id="no blanks"
        ),
        pytest.param(
            "Headline\nText here.\n\nnext", ["Headline", "Text here.", "next"], id="lines"
        ),
        pytest.param("a line that\ngoes on", ["a line that\ngoes on"], id="a wrapped line"),
        pytest.param(" \n ... \n ", ["..."], id="only dots"),
        pytest.param(" \n\t", [], id="blank"),
        pytest.param("", [], id="empty"),
    ],
)
def test_lines_and_scripts_without_blanks_are_cut(text, tiles):
    assert [text[start:end] for start, end in sentences(text)] == tiles


@modest
@given(canonical_texts)
def test_sentences_tile_the_text_with_only_blanks_between_them(text):
    last = 0
    for start, end in sentences(text):
        assert is_blank(text[last:start])
        assert last <= start < end
        assert tidy(text, start, end) == (start, end)
        last = end
    assert is_blank(text[last:])
