"""Where words that a person quotes are meant, when a span is near which they are looked for."""

from annotations.domain.errors import Refused
from annotations.domain.text import find_all

#: Places of which a person may choose one; of more the first are shown.
MOST_PLACES = 20

#: Places of some words that are counted, and of which a person may choose one; the words for a
#: mark are seldom a single letter, which stands four hundred thousand times in a long text.
MOST_FOUND, MOST_SHOWN = 10_000, 50
#: Characters on either side of a span in which its words are looked for before they are elsewhere.
NEAR = 20_000

Place = tuple[int, int]


def found(text: str, quote: str) -> list[Place]:
    """Return where words stand, folded; of more than ``MOST_FOUND`` places one more than those."""
    return find_all(text, quote, MOST_FOUND + 1)


def times(places: list[Place]) -> str:
    """Return how often words stand in a text, in words.

    >>> times([(0, 1), (4, 5)])
    '2 times'
    """
    if len(places) > MOST_FOUND:
        return f"more than {MOST_FOUND:,} times"
    return f"{len(places):,} times"


def nearest_found(text: str, quote: str, start: int, end: int) -> Place | None:
    """Return the place of some words, folded, that is nearest to a span; None where there is none."""
    first = max(0, start - NEAR)
    near = find_all(text[first : end + NEAR], quote)
    places = [(begin + first, until + first) for begin, until in near] or found(text, quote)
    return nearest(places, start, end)[0] if places else None


def nearest(places: list[Place], start: int, end: int) -> list[Place]:
    """Return the places that can be meant by who has ``start`` to ``end`` before them.

    Those that share characters with it before all others, else the nearest. More than one comes
    back where nothing decides between them.

    >>> nearest([(0, 3), (12, 15)], 8, 20)
    [(12, 15)]
    """
    over = [(first, last) for first, last in places if first < end and start < last]
    if over or not places:
        return over
    apart = {place: max(place[0] - end, start - place[1]) for place in places}
    least = min(apart.values())
    return [place for place in places if apart[place] == least]


def place_of(text: str, quote: str, near: Place, within: Place) -> Place:
    """Return where ``quote`` is meant in ``text[slice(*within)]``, compared folded.

    Raises ``Refused`` where it does not appear there, and, with the ``places`` to choose from,
    where nothing tells which of several is meant.
    """
    first = within[0]
    there = found(text[slice(*within)], quote)
    meant = nearest([(start + first, end + first) for start, end in there], *near)
    if not meant:
        raise Refused(
            "These words do not stand in the paragraph; copy them from it."
            if quote.strip()
            else "Give the words that shall be marked.",
            code="quote_not_found",
        )
    if len(meant) > 1:
        raise Refused(
            f"These words appear {len(meant)} times where the span is. Choose which are meant, or "
            "quote a few more.",
            code="quote_ambiguous",
            places=[list(place) for place in meant[:MOST_PLACES]],
        )
    return meant[0]
