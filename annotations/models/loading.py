"""What a fixture may bring: nothing that goes against the history that is here.

``loaddata`` writes rows as they stand, past every action. These checks run before each such row
and name the article; the guards in ``guards.py`` hold the same rules against everything else.
A fixture of the same history changes nothing, a newer one continues it, an older one, or one
whose history went another way, is refused, and with it the whole load.

What was withheld from a fixture never empties what is here, and what is withheld here stays so:
payloads, names of people, what a confidential source is. An article that left without its text
takes it from an article here that has the same SHA-256, in whatever project.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import models

from annotations.domain.errors import HistoryRefused
from annotations.domain.history import GENESIS, digest
from annotations.domain.schema import read_payload
from annotations.domain.vocabulary import Access
from annotations.domain.withholding import WITHHELD_OF_SOURCES, is_pseudonym, known_to_the_desk
from annotations.models.article import Article
from annotations.models.base import Record, a_row_of
from annotations.models.evidence import Source
from annotations.models.history import Event, Stream
from annotations.models.project import Person, Project
from annotations.models.rows import TABLES, fields_of, state_of
from annotations.models.span import Span

#: Accounts, groups, who is logged in, and of our own tables those that are not exported: who
#: wrote a fixture would otherwise give himself a right here.
_LOCAL_APPS = ("auth", "admin", "sessions", "annotations")


def check_loaded_row(
    sender: type[models.Model], instance: Any, raw: bool, using: str, **_: object
) -> None:
    """Receive ``pre_save``: refuse a row of a fixture that does not fit what is here."""
    if not raw:
        return
    if isinstance(instance, Event):
        _check_event(instance, using)
    elif isinstance(instance, Stream):
        _check_stream(instance, using)
    elif isinstance(instance, Record):
        _check_record(instance, using)
    elif sender._meta.app_label in _LOCAL_APPS:
        raise HistoryRefused(
            f"This fixture brings {a_row_of(sender)}, which belongs to one database alone. Nothing was "
            "loaded.",
            code="local_row",
        )


def sort_out(rows: Sequence[Any], using: str) -> tuple[list[Any], list[Any]]:
    """Return which rows of one table need a look each, and which are new and need none.

    Of the latter the guards see to everything that ``check_loaded_row`` would. Rows that are here
    as they are in the fixture stand in neither list. Reads what is here at once.
    """
    model = type(rows[0])
    here = model._default_manager.using(using).in_bulk([row.pk for row in rows])
    looked_at, new = [], []
    for row in rows:
        known = here.get(row.pk)
        if known is None and _is_complete(row):
            new.append(row)
        elif known is None or not _is_the_same(row, known):
            looked_at.append(row)
    return looked_at, new


def _is_complete(row: Any) -> bool:
    if isinstance(row, Article):
        return row.text != "" or row.purged_at is not None
    return not isinstance(row, Span) or row.quote != ""


def _is_the_same(row: Any, known: Any) -> bool:
    if isinstance(row, Event):
        # Whether its payload is withheld, here or there.
        return bool(
            (row.stream_id, row.sequence, row.hash) == (known.stream_id, known.sequence, known.hash)
        )
    return fields_of(row) == fields_of(known)


def _name(stream: Stream | None, using: str) -> str:
    if stream is None:
        return "an unknown stream"
    if stream.article_id:
        article = Article.objects.using(using).filter(pk=stream.article_id).first()
        return f"the article “{article.title if article else stream.article_id}”"
    project = Project.objects.using(using).filter(pk=stream.project_id).first()
    return f"the project “{project.name if project else stream.project_id}”"


def _check_stream(stream: Stream, using: str) -> None:
    here = Stream.objects.using(using).filter(pk=stream.pk).first()
    if here is None:
        return
    name = _name(here, using)
    if stream.sequence < here.sequence:
        raise HistoryRefused(
            f"This fixture is older than what is here: {name} has {here.sequence} events here and "
            f"{stream.sequence} in the fixture. Nothing was loaded.",
            code="history_older",
        )
    if stream.sequence == here.sequence and stream.head_hash != here.head_hash:
        raise _went_another_way(name, here.sequence)


def _went_another_way(name: str, sequence: int) -> HistoryRefused:
    return HistoryRefused(
        f"The history of {name} went another way here: event {sequence} differs. "
        "Nothing was loaded.",
        code="history_diverged",
    )


def _check_event(event: Event, using: str) -> None:
    events = Event.objects.using(using)
    here = events.filter(stream=event.stream_id, sequence=event.sequence).first()
    if here is not None:
        if (here.pk, here.hash) != (event.pk, event.hash):
            raise _went_another_way(_name_of(event, using), event.sequence)
        # A withheld payload empties none that is here, and one erased here does not come back.
        event.payload = here.payload
        return
    if event.payload is not None and digest(event.payload) != event.payload_sha256:
        raise HistoryRefused(
            f"The payload of event {event.sequence} of {_name_of(event, using)} does not fit its "
            "digest. Nothing was loaded.",
            code="payload_digest",
        )
    previous = GENESIS
    if event.sequence > 1:
        before = events.filter(stream=event.stream_id, sequence=event.sequence - 1).first()
        if before is None:
            raise HistoryRefused(
                f"Event {event.sequence} of {_name_of(event, using)} has no event before it. "
                "Nothing was loaded.",
                code="event_parent",
            )
        previous = before.hash
    if event.link.hash(previous) != event.hash:
        raise HistoryRefused(
            f"Event {event.sequence} of {_name_of(event, using)} does not follow from the one "
            "before it: its hash does not fit. Nothing was loaded.",
            code="event_hash",
        )
    check_told([event], using)


def check_told(events: Iterable[Event], using: str) -> None:
    """Hold the rows, which a fixture lists before the events, to what the events say of them.

    Reads all of them at once.
    """
    told: list[tuple[Event, type[Record], UUID, dict[str, Any]]] = []
    keys: dict[type[Record], set[UUID]] = defaultdict(set)
    for event in events:
        for change in read_payload(event.payload)["changes"] if event.payload is not None else ():
            model, after = TABLES.get(change["table"]), change["after"]
            if model is not None and after is not None:
                key = UUID(change["id"])
                keys[model].add(key)
                told.append((event, model, key, after))
    here = {
        model: model._default_manager.using(using).in_bulk(wanted) for model, wanted in keys.items()
    }
    for event, model, key, after in told:
        row = here[model].get(key)
        if row is None or row.revision < after["revision"]:
            raise HistoryRefused(
                f"Event {event.sequence} of {_name_of(event, using)} tells of "
                f"{a_row_of(model)} that the fixture does not bring. Nothing was loaded.",
                code="row_missing",
            )
        if row.revision == after["revision"] and not _purged(row) and state_of(row) != after:
            raise HistoryRefused(
                f"{a_row_of(model).capitalize()} of {_name_of(event, using)} differs from what "
                f"event {event.sequence} says of it. Nothing was loaded.",
                code="row_differs",
            )


def _name_of(event: Event, using: str) -> str:
    return _name(Stream.objects.using(using).filter(pk=event.stream_id).first(), using)


def _purged(row: Record) -> bool:
    return isinstance(row, Article) and row.purged_at is not None


def _check_record(row: Record, using: str) -> None:
    here = type(row)._default_manager.using(using).filter(pk=row.pk).first()
    if here is not None:
        _keep_what_is_withheld(row, here)
    if isinstance(row, Article | Span):
        _complete(row, using)
    if here is not None and here.revision > row.revision:
        raise HistoryRefused(
            f"This fixture is older than what is here: {_owner(here, using)} has "
            f"{a_row_of(type(row))} of revision {here.revision} here and {row.revision} in the "
            "fixture. Nothing was loaded.",
            code="history_older",
        )
    if here is not None and here.revision == row.revision and fields_of(here) != fields_of(row):
        raise HistoryRefused(
            f"The history of {_owner(here, using)} went another way here: "
            f"{a_row_of(type(row))} of the same revision differs. Nothing was loaded.",
            code="history_diverged",
        )
    if isinstance(row, Article) and row.purged_at is None:
        _check_text(row)
    if isinstance(row, Span):
        _check_quote(row, using)


def _keep_what_is_withheld(row: Any, here: Any) -> None:
    """Put what is here in the place of what the fixture withholds or this database does."""
    same = here.revision == row.revision
    if isinstance(row, Person):
        if is_pseudonym(row.name) or (same and is_pseudonym(here.name)):
            row.name = here.name
    elif isinstance(row, Source) and row.access == Access.CONFIDENTIAL:
        withheld = known_to_the_desk(fields_of(row)) == fields_of(row)
        if withheld or (same and known_to_the_desk(fields_of(here)) == fields_of(here)):
            for name in WITHHELD_OF_SOURCES:
                setattr(row, name, getattr(here, name))


def _complete(row: Article | Span, using: str) -> None:
    """Give a row that left without its text the text that is here."""
    articles = Article.objects.using(using)
    if isinstance(row, Span):
        if not row.quote:
            article = articles.filter(pk=row.article_id).first()
            row.quote = article.text[row.start : row.end] if article else ""
    elif not row.text and row.purged_at is None and row.text_sha256 != digest(""):
        known = articles.filter(text_sha256=row.text_sha256, purged_at=None).first()
        if known is None:
            raise HistoryRefused(
                f"The article “{row.title}” left without its text, and no article here has that "
                "text. Import it first, into any project. Nothing was loaded.",
                code="text_missing",
            )
        row.text = known.text


def _owner(row: Record, using: str) -> str:
    article = row if isinstance(row, Article) else None
    if article is None and getattr(row, "article_id", None):
        article = Article.objects.using(using).filter(pk=row.article_id).first()
    if article is None and getattr(row, "span_id", None):
        article = Article.objects.using(using).filter(spans=row.span_id).first()
    if article is None and isinstance(getattr(row, "stream_id", None), type(row.pk)):
        return _name(Stream.objects.using(using).filter(pk=row.stream_id).first(), using)
    if article is not None:
        return f"the article “{article.title}”"
    return "the project"


def _check_text(article: Article) -> None:
    if digest(article.text) != article.text_sha256:
        raise HistoryRefused(
            f"The text of the article “{article.title}” does not fit its SHA-256. "
            "Nothing was loaded.",
            code="text_digest",
        )


def _check_quote(span: Span, using: str) -> None:
    article = Article.objects.using(using).filter(pk=span.article_id).first()
    if article is None:
        raise HistoryRefused(
            f"A span belongs to the article {span.article_id}, which the fixture does not bring. "
            "Nothing was loaded.",
            code="parent_missing",
        )
    text = article.text[span.start : span.end]
    if text != span.quote:
        raise HistoryRefused(
            f"A span of the article “{article.title}” says “{_short(span.quote)}” at "
            f"{span.start}–{span.end}, but the text there reads “{_short(text)}”. "
            "Nothing was loaded.",
            code="quote",
        )


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
