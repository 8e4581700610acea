"""What every exporter keeps to.

An exporter draws on a ``Dataset`` and yields bytes. It never touches the database, and it holds
one article or a few thousand rows at a time, so memory stays flat whatever the size.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol


class Row(NamedTuple):
    """One row as a fixture has it: ``model`` is the app's and the table's name, ``pk`` a UUID."""

    model: str
    pk: str
    fields: dict[str, Any]


class Dataset(Protocol):
    """What leaves of one project."""

    def rows(self) -> Iterator[Row]:
        """Yield every row that leaves, parents before children, in the same order everywhere."""
        ...

    def header(self) -> dict[str, Any]:
        """Return what is true of all articles: the project, its labels, the heads of streams."""
        ...

    def articles(self) -> Iterator[dict[str, Any]]:
        """Yield each article with its spans and all that hangs on them."""
        ...


class Exporter(Protocol):
    """One file format in which a dataset leaves."""

    name: str
    #: What people read in a list of formats.
    title: str
    suffix: str
    media_type: str

    def write(self, dataset: Dataset) -> Iterator[bytes]:
        """Yield the file in chunks."""
        ...
