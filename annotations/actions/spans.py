"""Spans: marked, changed, withdrawn, restored; and the speakers they quote."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID, uuid4

from annotations.actions.recording import (
    Key,
    Operation,
    check_revision,
    check_seen,
    nothing,
    operation,
    repeatable,
    require,
    require_edit,
    row,
)
from annotations.domain.errors import Refused
from annotations.domain.events import Kind
from annotations.domain.limits import MOST_ALIASES, MOST_SPEAKERS, check_number, check_room
from annotations.domain.permissions import Right
from annotations.domain.portable import text_fault
from annotations.domain.schema import read_payload
from annotations.domain.spans import check_bounds, check_places, check_voice, settled
from annotations.domain.text import fold
from annotations.domain.vocabulary import Mode, Outcome, StreamKind
from annotations.models import (
    Article,
    Decision,
    Event,
    Label,
    Person,
    Project,
    Span,
    Speaker,
    Stream,
)
from annotations.models.rows import column
from annotations.queries.articles import own_layer, touched_blocks

#: What a second reader judges: a change of any of these voids a decision.
SUBSTANCE = frozenset(
    {"start", "end", "label", "label_id", "voice", "speaker", "speaker_id", "chain"}
)
#: What says whose statement a span is: these fields go together (``domain.spans.check_voice``).
VOICED = frozenset({"voice", "speaker", "speaker_id", "chain"})
#: What of a span may be changed.
CHANGEABLE = SUBSTANCE | {
    "note",
    "quote_kind",
    "claim_kind",
    "certainty",
    "check_worthiness",
    "uncertain",
}


@repeatable(row(Span))
def add_span(
    article: Article,
    *,
    start: int,
    end: int,
    label: Label,
    by: Person,
    speaker_name: str = "",
    key: Key | None = None,
    uuid: UUID | None = None,
    **more: Any,
) -> Span:
    """Mark ``article.text[start:end]`` as ``label``.

    ``more`` are further fields of ``CHANGEABLE``; ``speaker_name`` takes the project's speaker of
    that name, or a new one. A request repeated with the same ``key`` returns the span it made.
    """
    uuid = uuid or uuid4()
    streams = [article.pk, *([article.project_id] if speaker_name else [])]
    with operation(article.project, by, *streams, key=key, makes=uuid) as op:
        require(by, Right.ADD_SPAN, article.project_id)
        check_label(label, article.project)
        check_bounds(article.text, start, end)
        if speaker_name:
            more["speaker"] = _speaker(op, speaker_name)
        check_fields(more)
        stream = _layer(op, article)
        span = op.create(_new(op, article, stream, (start, end), label, more, uuid))
        op.record(
            stream,
            Kind.SPAN_ADDED,
            blocks={article.pk: touched_blocks(article, (start, end))},
        )
    return span


def _new(
    op: Operation,
    article: Article,
    stream: UUID,
    place: tuple[int, int],
    label: Label,
    more: dict[str, Any],
    uuid: UUID,
) -> Span:
    span = Span(
        uuid=uuid,
        article=article,
        stream_id=stream,
        start=place[0],
        end=place[1],
        quote=article.text[slice(*place)],
        label=label,
        author=op.by,
        authors=op.by.pk.hex,
        created_at=op.at,
        **more,
    )
    check_voice(span.voice, span.speaker_id is not None, span.chain)
    return span


def _made_together(made: UUID | None) -> list[Span]:
    """Return the spans that were made with one of them."""
    one = row(Span)(made)
    together = Event.objects.filter(
        stream=one.stream_id,
        kind=Kind.SPAN_ADDED,
        time=round(one.created_at.timestamp() * 1000),
        payload__contains=str(made),
    )
    payload = together.values_list("payload", flat=True).get() or ""
    keys = [change["id"] for change in read_payload(payload)["changes"]]
    return list(Span.objects.filter(pk__in=keys).select_related("label").order_by("start", "end"))


@repeatable(_made_together)
def add_spans(
    article: Article,
    *,
    places: Iterable[tuple[int, int]],
    label: Label,
    by: Person,
    speaker_name: str = "",
    key: Key | None = None,
    **more: Any,
) -> list[Span]:
    """Mark several stretches (start, end) alike, in one operation; in the order of the text.

    ``label``, ``speaker_name`` and ``more`` are as ``add_span`` takes them. One stretch that
    cannot be marked refuses all of them.
    """
    wanted = check_places(places)
    keys = [uuid4() for _ in wanted]
    streams = [article.pk, *([article.project_id] if speaker_name else [])]
    with operation(article.project, by, *streams, key=key, makes=keys[0]) as op:
        require(by, Right.ADD_SPAN, article.project_id)
        check_label(label, article.project)
        for start, end in wanted:
            check_bounds(article.text, start, end)
        if speaker_name:
            more["speaker"] = _speaker(op, speaker_name)
        check_fields(more)
        stream = _layer(op, article)
        spans = [
            _new(op, article, stream, place, label, more, uuid)
            for place, uuid in zip(wanted, keys, strict=True)
        ]
        op.create_many(Span, spans)
        op.record(stream, Kind.SPAN_ADDED, blocks={article.pk: touched_blocks(article, *wanted)})
    return spans


def _layer(op: Operation, article: Article) -> UUID:
    """Return the stream of a new span: the article's, or, in independent mode, one's own."""
    if article.project.mode == Mode.SHARED:
        return article.pk
    stream = own_layer(article, op.by)
    if stream is None:
        stream = Stream(project=op.project, kind=StreamKind.LAYER, article=article, person=op.by)
        op.open(stream)
    else:
        op.lock(stream.pk)
    return stream.pk


def check_label(label: Label, project: Project) -> None:
    if label.project_id != project.pk:
        raise Refused("This label belongs to another project.", code="label_foreign")
    if label.retired:
        raise Refused(f"The label “{label.name}” is retired; choose another.", code="label_retired")


def check_fields(values: dict[str, Any]) -> None:
    for name, value in values.items():
        if name not in CHANGEABLE:
            raise Refused(f"{name} of a span cannot be set.", code="field")
        field = column(Span, name)
        if isinstance(value, str) and (fault := text_fault(value, field.max_length)):
            raise Refused(f"The {field.verbose_name} of this span {fault}.", code="too_long")
        choices = [key for key, _ in field.choices or ()]
        if choices and value not in choices and not (value == "" and field.blank):
            raise Refused(
                f"“{value}” is no {field.verbose_name}; choose one of {', '.join(choices)}.",
                code="choice",
            )
    worth = values.get("check_worthiness")
    if worth is not None and worth not in range(4):
        raise Refused(f"Check-worthiness goes from 0 to 3, not {worth}.", code="choice")


def _known_speaker(op: Operation, name: str) -> Speaker | None:
    """Return the project's speaker of this name or alias, folded."""
    wanted = fold(name.strip()).text
    for speaker in Speaker.objects.filter(project=op.project):
        if wanted in {fold(known).text for known in (speaker.name, *speaker.aliases)}:
            return speaker
    return None


def _speaker(op: Operation, name: str) -> Speaker:
    """Return the project's speaker of this name or alias, folded, or a new one."""
    known = _known_speaker(op, name)
    if known is not None:
        return known
    check_room(
        Speaker.objects.filter(project=op.project).count(),
        MOST_SPEAKERS,
        "Speakers of this project",
        "Choose one of them, or call the voice an unnamed speaker's.",
    )
    speaker = op.create(Speaker(project=op.project, name=name.strip()))
    op.record(op.project.pk, Kind.SPEAKER_ADDED)
    return speaker


def rewrote(
    op: Operation,
    spans: Iterable[Span],
    values: dict[str, Any] | None = None,
    *,
    writers: Iterable[UUID] = (),
) -> None:
    """Write ``values`` to spans whose substance ``op.by`` changes, here or in their evidence.

    Who acts joins the authors, or, where the span stood accepted, is their only one from now on,
    with the ``writers`` of what comes to it; standing decisions are void. Neither is undone by an
    undo.
    """
    come = {op.by.pk.hex, *(writer.hex for writer in writers)}
    spans = list(spans)
    standing: dict[UUID, list[Decision]] = {}
    for decision in Decision.objects.filter(span__in=spans, voided_at=None):
        standing.setdefault(decision.span_id, []).append(decision)
    for span in spans:
        decisions = standing.get(span.pk, [])
        accepted = any(decision.outcome == Outcome.ACCEPTED for decision in decisions)
        authors = come if accepted else {*come, *span.authors.split()}
        op.save(span, **(values or {}), authors=" ".join(sorted(authors)))
        for decision in decisions:
            op.save(decision, voided_at=op.at)


@repeatable(lambda made: made is not None)
def change_span(
    span: Span,
    *,
    by: Person,
    revision: int | None = None,
    speaker_name: str = "",
    restore: bool = False,
    key: Key | None = None,
    **values: Any,
) -> bool:
    """Change label, boundaries, voice, note…; say whether anything differed.

    ``restore`` puts a withdrawn span back first. Raises ``Stale`` when the span has moved on from
    ``revision``.
    """
    article = span.article
    values = settled(values)
    streams = [span.stream_id, *([article.project_id] if speaker_name else [])]
    with operation(article.project, by, *streams, key=key, makes=span.pk) as op:
        span.refresh_from_db()
        require_edit(by, span, article.project)
        if speaker_name and (known := _known_speaker(op, speaker_name)):
            speaker_name, values["speaker"] = "", known
        values = check_seen(op, span, revision, more=bool(speaker_name), **values)
        if span.withdrawn_at is not None:
            if not restore:
                raise Refused("This span was withdrawn; restore it first.", code="withdrawn")
            op.save(span, withdrawn_at=None)
            op.record(
                span.stream_id,
                Kind.SPAN_RESTORED,
                blocks={article.pk: touched_blocks(article, (span.start, span.end))},
            )
        if speaker_name:
            values["speaker"] = _speaker(op, speaker_name)
        check_fields(values)
        if "label" in values and values["label"].pk != span.label_id:
            check_label(values["label"], article.project)
        old = (span.start, span.end)
        new = (values.get("start", span.start), values.get("end", span.end))
        if new != old:
            check_bounds(article.text, *new)
            values["quote"] = article.text[new[0] : new[1]]
        changed = write_span(op, span, values)
        if not changed:
            op.made(None)
        op.record(
            span.stream_id,
            Kind.SPAN_CHANGED,
            blocks={article.pk: touched_blocks(article, old, new)},
        )
    return changed


def write_span(op: Operation, span: Span, values: dict[str, Any]) -> bool:
    """Write changed fields of a span, with what follows where they are of its substance.

    Every writer of a span that is stored comes through here, so the rule of voices is held here.
    """
    differing = {name: value for name, value in values.items() if getattr(span, name) != value}
    if not differing:
        return False
    if differing.keys() & VOICED:
        speaker = differing.get("speaker", differing.get("speaker_id", span.speaker_id))
        check_voice(
            differing.get("voice", span.voice),
            speaker is not None,
            differing.get("chain", span.chain),
        )
    if differing.keys() & SUBSTANCE:
        rewrote(op, [span], differing)
        return True
    return op.save(span, **differing)


@repeatable(nothing)
def withdraw_span(
    span: Span, *, by: Person, revision: int | None = None, key: Key | None = None
) -> None:
    """Take a span out of the article; it can be restored."""
    _set_withdrawn(span, by, revision, key, withdrawn=True)


@repeatable(nothing)
def restore_span(
    span: Span, *, by: Person, revision: int | None = None, key: Key | None = None
) -> None:
    """Put a withdrawn span back."""
    _set_withdrawn(span, by, revision, key, withdrawn=False)


def _set_withdrawn(
    span: Span, by: Person, revision: int | None, key: Key | None, *, withdrawn: bool
) -> None:
    article = span.article
    with operation(article.project, by, span.stream_id, key=key) as op:
        span.refresh_from_db()
        require_edit(by, span, article.project)
        if (span.withdrawn_at is not None) == withdrawn:
            return
        check_seen(op, span, revision)
        op.save(span, withdrawn_at=op.at if withdrawn else None)
        op.record(
            span.stream_id,
            Kind.SPAN_WITHDRAWN if withdrawn else Kind.SPAN_RESTORED,
            blocks={article.pk: touched_blocks(article, (span.start, span.end))},
        )


def add_speaker(
    project: Project,
    *,
    name: str,
    by: Person,
    aliases: Iterable[str] = (),
    role: str = "",
) -> Speaker:
    """Add somebody who is quoted, or return the one of this name."""
    if not name.strip():
        raise Refused("A speaker needs a name.", code="name_missing")
    with operation(project, by, project.pk) as op:
        require(by, Right.ADD_SPAN, project.pk)
        speaker = _speaker(op, name)
        aliases = sorted({*speaker.aliases, *(alias.strip() for alias in aliases)} - {""})
        _check_aliases(aliases)
        op.save(speaker, aliases=aliases, role=role or speaker.role)
        op.record(project.pk, Kind.SPEAKER_CHANGED)
    return speaker


def _check_aliases(aliases: Collection[str]) -> None:
    check_number(
        len(aliases),
        MOST_ALIASES,
        "Other names of this speaker",
        "Leave out those that only differ in case or accents: they are found anyway.",
    )


def change_speaker(
    speaker: Speaker, *, by: Person, revision: int | None = None, **values: Any
) -> None:
    """Change name, aliases or role of a speaker, wherever he is quoted."""
    with operation(speaker.project, by, speaker.project_id) as op:
        require(by, Right.ADD_SPAN, speaker.project_id)
        speaker.refresh_from_db()
        check_revision(speaker, revision)
        _check_aliases(values.get("aliases", ()))
        op.save(speaker, **values)
        op.record(speaker.project_id, Kind.SPEAKER_CHANGED)
        op.touch(
            Article.objects.filter(spans__speaker=speaker, sign_offs__lapsed_at=None)
            .values_list("pk", flat=True)
            .distinct()
        )
