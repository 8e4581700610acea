"""How many of a thing are kept, where the number is not another module's own concern.

``docs/limits.md`` lists every limit. These are generous: who meets one has a script that went
astray, and the sentence says what to do.
"""

from annotations.domain.errors import Refused

#: People and speakers of a project: every page of an article offers them.
MOST_PEOPLE, MOST_SPEAKERS = 2_000, 10_000
#: Other names of a speaker, and authors of a source.
MOST_ALIASES, MOST_AUTHORS = 50, 100
#: Citations and log entries of an assertion: they are shown together.
MOST_CITATIONS, MOST_ENTRIES = 200, 500
#: Answers in one thread of comments: they are shown together.
MOST_ANSWERS = 500


def check_room(there: int, most: int, what: str, instead: str) -> None:
    """Raise ``Refused`` unless beside those that are ``there`` one more may be kept."""
    if there >= most:
        raise Refused(f"{what}: {there:,} already, at most {most:,}. {instead}", code="too_many")


def check_number(given: int, most: int, what: str, instead: str) -> None:
    """Raise ``Refused`` for more than ``most``."""
    if given > most:
        raise Refused(f"{what}: {given:,}, at most {most:,}. {instead}", code="too_many")
