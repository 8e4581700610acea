"""What of a text is searched: its words, folded; and how a search is read.

A word is a run of letters, digits and the marks on them. Folding (``text.fold``) has levelled
case, accents, quotation marks and invisible characters before, so “Zoë’s” gives ``zoe`` and ``s``.
Scripts that set no blanks between words give one long word a run, which is found by its beginning.
"""

from dataclasses import dataclass

import regex

from annotations.domain.text import fold

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_TERM = regex.compile(r'["“”„«»]([^"“”„«»]+)["“”„«»]|(\S+)')
#: A shorter word is found whole only: as a beginning it would find half of everything.
SHORTEST_BEGINNING = 3
#: What more a search may hold is not looked at; nobody types so much, and each term costs time.
MOST_TERMS = 20


@dataclass(frozen=True)
class Term:
    """Words that stand together; with ``beginning`` the last one may go on."""

    words: tuple[str, ...]
    beginning: bool


def words(text: str) -> list[str]:
    """Return the folded words of ``text`` in order.

    >>> words("The dam’s “colossal” Café-Bar, 1974")
    ['the', 'dam', 's', 'colossal', 'cafe', 'bar', '1974']
    """
    return _WORD.findall(fold(text).text)


def searched(text: str) -> str:
    """Return what an index keeps of ``text``: its words with one blank between them."""
    return " ".join(words(text))


def terms(search: str) -> list[Term]:
    """Read a search: each word begins a word of what is found; quoted words stand together.

    >>> terms('river "two metres" of')
    [Term(words=('river',), beginning=True), Term(words=('two', 'metres'), beginning=False), Term(words=('of',), beginning=False)]
    """
    found = []
    for match in _TERM.finditer(search):
        quoted, plain = match.groups()
        parts = tuple(words(quoted or plain))
        if parts:
            beginning = plain is not None and len("".join(parts)) >= SHORTEST_BEGINNING
            found.append(Term(parts, beginning))
            if len(found) == MOST_TERMS:
                break
    return found
