"""Where words that a person quotes are meant, when a span is near which they are looked for."""

from annotations.domain.errors import Refused
from annotations.domain.text import find_all

#: Places of which a person may choose one; of more the first are shown.
MOST_PLACES = 20

Place = tuple[int, int]


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
    found = [(start + first, end + first) for start, end in find_all(text[slice(*within)], quote)]
    meant = nearest(found, *near)
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
