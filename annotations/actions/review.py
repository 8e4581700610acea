"""Second reading, comments and the sign-off."""

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID, uuid4

from annotations.actions.four_eyes import (
    OWN_PROPOSAL,
    check_four_eyes,
    everybody_who_acts,
)
from annotations.actions.operational import notice_answer, notice_comment, notice_decision
from annotations.actions.recording import (
    Key,
    Operation,
    check_revision,
    nothing,
    operation,
    repeatable,
    require,
    require_edit,
    row,
)
from annotations.actions.spans import check_fields, check_label, write_span
from annotations.domain.errors import NotAllowed, Refused, Stale
from annotations.domain.events import Kind
from annotations.domain.history import digest_of
from annotations.domain.limits import MOST_ANSWERS, check_room
from annotations.domain.mentions import parse
from annotations.domain.permissions import Right
from annotations.domain.signoff import SCHEME, items_digest
from annotations.domain.spans import check_bounds, check_voice, settled
from annotations.domain.text import canonicalise
from annotations.domain.vocabulary import REASON_MOST, Outcome, ReturnReason
from annotations.models import (
    Article,
    Comment,
    Decision,
    Label,
    Person,
    Project,
    SignOff,
    Span,
    Speaker,
    Stream,
)
from annotations.queries.article_versions import newer_version
from annotations.queries.articles import agreed_spans, touched_blocks
from annotations.queries.blockers import blockers
from annotations.queries.comments import editable, readers
from annotations.queries.four_eyes import OWN_SPAN, authors_of
from annotations.queries.proposals import why_not_standing
from annotations.queries.reading import changed_since, shown_parts
from annotations.queries.signing import covered_items, items_by_scheme_of

R = TypeVar("R", Label, Speaker)


@repeatable(row(Decision))
def decide(
    span: Span,
    *,
    outcome: str,
    shown: str,
    by: Person,
    reason_code: str = "",
    reason: str = "",
    proposal: Mapping[str, Any] | None = None,
    key: Key | None = None,
) -> Decision:
    """Accept a span, return it with a reason, or propose a change, as its second reader.

    ``shown`` is the token of what the form showed (``queries.reading``). Raises ``Stale`` naming
    what has changed since, and ``NotAllowed`` for who is one of its authors. A reader's later
    decision takes the place of an earlier one.
    """
    if outcome not in Outcome.values:
        raise Refused(f"“{outcome}” is no decision.", code="choice")
    reason = _reason(reason)
    if outcome == Outcome.RETURNED and reason_code not in ReturnReason.values:
        raise Refused("Say why it is returned: choose a reason.", code="reason_missing")
    article = span.article
    makes = uuid4()
    with operation(article.project, by, span.stream_id, key=key, makes=makes) as op:
        require(by, Right.SECOND_READ, article.project_id)
        span.refresh_from_db()
        if span.withdrawn_at is not None:
            raise Refused("This span was withdrawn.", code="withdrawn")
        check_four_eyes(
            op,
            authors_of(span),
            OWN_SPAN,
        )
        parts = shown_parts([span])[span.pk]
        changed = changed_since(shown, parts)
        if changed:
            raise Stale(
                f"Since you opened this span its {_list(changed)} changed. Look again.",
                changed=changed,
            )
        cleaned = _check_proposal(article, span, proposal) if outcome == Outcome.PROPOSED else None
        for earlier in Decision.objects.filter(span=span, reader=by, voided_at=None):
            if earlier.outcome == outcome == Outcome.ACCEPTED:
                op.made(earlier.pk)
                return earlier
            op.save(earlier, voided_at=op.at)
        decision = op.create(
            Decision(
                uuid=makes,
                span=span,
                reader=by,
                outcome=outcome,
                reason_code=reason_code if outcome == Outcome.RETURNED else "",
                reason=reason,
                proposal=cleaned,
                digest=digest_of(parts),
                made_at=op.at,
            )
        )
        op.record(
            span.stream_id,
            Kind.DECISION_MADE,
            blocks={article.pk: touched_blocks(article, (span.start, span.end))},
        )
        notice_decision(decision)
    return decision


def _reason(typed: str) -> str:
    """Return a reason as it is stored; refuse one that is too long."""
    reason = canonicalise(typed).text.strip()
    if len(reason) > REASON_MOST:
        raise Refused(
            f"This reason has {len(reason):,} characters; it may have {REASON_MOST:,}.",
            code="reason_size",
        )
    return reason


def _list(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def _check_proposal(
    article: Article, span: Span, proposal: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the fields a proposal changes, as JSON values that name rows by UUID."""
    allowed = {
        *("start", "end", "label", "voice", "speaker", "chain"),
        *("quote_kind", "claim_kind", "certainty"),
    }
    changes = {
        name: value
        for name, value in settled(proposal or {}).items()
        if _as_stored(span, name) != value
    }
    if not changes:
        raise Refused("This proposal changes nothing.", code="proposal_empty")
    unknown = changes.keys() - allowed
    if unknown:
        raise Refused(f"{min(unknown)} of a span cannot be proposed.", code="field")
    _fields_of(article, span, changes)
    return changes


def _as_stored(span: Span, name: str) -> Any:
    value = getattr(span, f"{name}_id" if name in ("label", "speaker") else name, None)
    return str(value) if isinstance(value, UUID) else value


def _fields_of(article: Article, span: Span, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a proposal's fields as the span's row takes them; refuse what does not fit."""
    values = settled(changes)
    if "label" in values:
        values["label"] = _proposed(Label, "label", values["label"], article.project_id)
    if values.get("speaker"):
        values["speaker"] = _proposed(Speaker, "speaker", values["speaker"], article.project_id)
    check_fields(values)
    if "label" in values and values["label"].pk != span.label_id:
        check_label(values["label"], article.project)
    start, end = values.get("start", span.start), values.get("end", span.end)
    if "start" in values or "end" in values:
        check_bounds(article.text, start, end)
        values |= {"start": start, "end": end, "quote": article.text[start:end]}
    speaker = values.get("speaker", span.speaker_id)
    check_voice(
        values.get("voice", span.voice), speaker is not None, values.get("chain", span.chain)
    )
    return values


def _proposed(table: type[R], noun: str, key: str, project: UUID) -> R:
    """Return the row that a proposal names; refuse a key that names none of the project."""
    try:
        return table._default_manager.get(project=project, pk=UUID(str(key)))
    except (ValueError, table.DoesNotExist):
        raise Refused(f"There is no such {noun} in this project.", code=f"{noun}_unknown") from None


@repeatable(row(Span))
def take_proposal(decision: Decision, *, by: Person, key: Key | None = None) -> Span:
    """Change the span as its second reader proposed; who takes it is its author."""
    span = decision.span
    article = span.article
    with operation(article.project, by, span.stream_id, key=key, makes=span.pk) as op:
        _check_answer(op, decision)
        if (newer := newer_version(article)) is not None:
            raise Refused(
                f"This article has a newer version, “{newer.title}”: change the span there.",
                code="superseded",
            )
        old = (span.start, span.end)
        op.save(decision, taken_at=op.at, answered_by=by)
        write_span(op, span, _fields_of(article, span, decision.proposal or {}))
        decision.refresh_from_db()
        if decision.voided_at is None:
            # What changed is nothing that a second reader judges; the proposal is done all the same.
            op.save(decision, voided_at=op.at)
        op.record(
            span.stream_id,
            Kind.PROPOSAL_TAKEN,
            blocks={article.pk: touched_blocks(article, old, (span.start, span.end))},
        )
        notice_answer(decision, at=op.at)
    return span


@repeatable(row(Decision))
def decline_proposal(
    decision: Decision, *, answer: str, by: Person, key: Key | None = None
) -> Decision:
    """Keep the span as it is, and say to its second reader why; the reader decides anew."""
    answer = _reason(answer)
    if not answer:
        raise Refused("Say in a line why you keep yours.", code="answer_missing")
    span = decision.span
    article = span.article
    with operation(article.project, by, span.stream_id, key=key, makes=decision.pk) as op:
        _check_answer(op, decision)
        op.save(decision, declined_at=op.at, answered_by=by, answer=answer)
        op.record(
            span.stream_id,
            Kind.PROPOSAL_DECLINED,
            blocks={article.pk: touched_blocks(article, (span.start, span.end))},
        )
        notice_answer(decision, at=op.at)
    return decision


def _check_answer(op: Operation, decision: Decision) -> None:
    """Refuse to answer a proposal that is not one's to answer, or does not stand any more."""
    span = decision.span
    span.refresh_from_db()
    decision.refresh_from_db()
    require_edit(op.by, span, op.project)
    if span.withdrawn_at is not None:
        raise Refused("This span was withdrawn; restore it first.", code="withdrawn")
    if gone := why_not_standing(decision):
        raise Refused(f"This proposal does not stand any more: {gone}", code="proposal_void")
    check_four_eyes(op, [decision.reader_id], OWN_PROPOSAL)


# Comments

#: The most characters that a comment may hold.
COMMENT_MOST = 20 * 1024


@repeatable(row(Comment))
def add_comment(
    article: Article,
    *,
    body: str,
    by: Person,
    span: Span | None = None,
    parent: Comment | None = None,
    key: Key | None = None,
) -> Comment:
    """Say something about an article or a span, or answer a comment.

    An answer to an answer belongs to the thread's first comment. ``@Name`` mentions a member who
    may read it (``domain.mentions``).
    """
    body = _checked(body)
    if parent is not None:
        parent = parent.parent or parent
        if parent.article_id != article.pk or (span is not None and parent.span_id != span.pk):
            raise Refused("This answers a comment on something else.", code="other_thread")
        span = parent.span
    stream = span.stream_id if span else article.pk
    makes = uuid4()
    # Read before the transaction, so that nobody waits for it; again only where members changed.
    people = readers(article.project, stream)
    stored, mentioned = parse(body, people)
    with operation(article.project, by, stream, key=key, makes=makes) as op:
        require(by, Right.COMMENT, article.project_id)
        if (now := readers(article.project, stream)) != people:
            stored, mentioned = parse(body, now)
        if parent is not None:
            check_room(
                Comment.objects.filter(parent=parent).count(),
                MOST_ANSWERS,
                "Answers in this thread",
                "Begin another thread.",
            )
        comment = op.create(
            Comment(
                uuid=makes,
                article=article,
                stream_id=stream,
                span=span,
                parent=parent,
                author=by,
                body=stored,
                mentions=mentioned,
                created_at=op.at,
            )
        )
        op.record(stream, Kind.COMMENT_ADDED)
        notice_comment(comment, at=op.at)
    return comment


def _checked(body: str) -> str:
    """Return what was typed as it is stored; refuse nothing at all, and too much."""
    body = canonicalise(body).text.strip()
    if not body:
        raise Refused("Write something first.", code="comment_empty")
    size = len(body)
    if size > COMMENT_MOST:
        raise Refused(
            f"This comment has {size} characters; it may have {COMMENT_MOST}.", code="comment_size"
        )
    return body


@repeatable(nothing)
def change_comment(
    comment: Comment,
    *,
    body: str,
    by: Person,
    revision: int | None = None,
    key: Key | None = None,
) -> None:
    """Say it otherwise: one's own comment; whom it mentions now is told."""
    body = _checked(body)
    project = comment.article.project
    people = editable(comment, readers(project, comment.stream_id))
    stored, mentioned = parse(body, people)
    with operation(project, by, comment.stream_id, key=key) as op:
        _own(comment, by, project)
        check_revision(comment, revision, op)
        if (now := editable(comment, readers(project, comment.stream_id))) != people:
            stored, mentioned = parse(body, now)
        if op.save(comment, body=stored, mentions=mentioned):
            op.record(comment.stream_id, Kind.COMMENT_CHANGED)
            notice_comment(comment, at=op.at)


@repeatable(nothing)
def withdraw_comment(comment: Comment, *, by: Person, key: Key | None = None) -> None:
    """Take one's own comment back; the answers to it stay."""
    project = comment.article.project
    with operation(project, by, comment.stream_id, key=key) as op:
        _own(comment, by, project)
        op.save(comment, withdrawn_at=op.at)
        op.record(comment.stream_id, Kind.COMMENT_WITHDRAWN)


def _own(comment: Comment, by: Person, project: Project) -> None:
    """Refuse to change somebody else's comment, or one that was withdrawn."""
    require(by, Right.COMMENT, project.pk)
    comment.refresh_from_db(fields=("body", "mentions", "withdrawn_at", "revision", "author"))
    if comment.author_id != by.pk:
        raise NotAllowed("Only who wrote a comment changes or withdraws it.", code="not_yours")
    if comment.withdrawn_at is not None:
        raise Refused("This comment was withdrawn.", code="withdrawn")


@repeatable(nothing)
def resolve_comment(
    comment: Comment, *, by: Person, resolved: bool = True, key: Key | None = None
) -> None:
    """Close the thread of a comment, or open it again."""
    comment = comment.parent or comment
    with operation(comment.article.project, by, comment.stream_id, key=key) as op:
        require(by, Right.COMMENT, comment.article.project_id)
        comment.refresh_from_db()
        if (comment.resolved_at is not None) != resolved:
            op.save(
                comment,
                resolved_at=op.at if resolved else None,
                resolved_by=by if resolved else None,
            )
            op.record(
                comment.stream_id, Kind.COMMENT_RESOLVED if resolved else Kind.COMMENT_REOPENED
            )


# Sign-off


@repeatable(row(SignOff))
def sign_off(
    article: Article,
    *,
    by: Person,
    seen: str,
    waivers: Mapping[str, str] | None = None,
    key: Key | None = None,
) -> SignOff:
    """Sign the article, as it stands, in one's own name.

    ``seen`` is the digest of what the page showed; ``waivers`` gives a reason for each blocker,
    by name, that shall not block. Raises ``Stale`` when the article has moved on, ``NotAllowed``
    for its only author where the policy does not let him, ``Refused`` (with ``blockers``) while
    anything blocks. Signing what one has signed changes nothing.
    """
    said = {name: _reason(reason) for name, reason in (waivers or {}).items()}
    given = {name: reason for name, reason in said.items() if reason}
    makes = uuid4()
    streams = (article.project_id, article.pk)
    with operation(article.project, by, *streams, key=key, makes=makes) as op:
        require(by, Right.SIGN_OFF, article.project_id)
        article.refresh_from_db()
        if article.purged_at is not None:
            raise Refused("The text of this article was removed.", code="purged")
        items = covered_items(article.pk)
        digest = items_digest(items)
        mine = SignOff.objects.filter(article=article, signer=by, lapsed_at=None).first()
        if mine is not None and mine.digest == items_digest(items_by_scheme_of(mine, items)):
            op.made(mine.pk)
            return mine
        if seen != digest:
            raise Stale(
                "The article has changed since you opened this page. Look at what is new, "
                "then sign.",
                code="stale",
            )
        authors = set(agreed_spans(article).values_list("author", flat=True))
        sole = bool(authors) and authors <= everybody_who_acts(op)
        if sole and not article.project.rules.sole_author:
            raise NotAllowed(
                "You marked every span of this article; somebody else signs it.",
                code="sole_author",
            )
        blocking = blockers(article)
        left = [blocker for blocker in blocking if blocker.name not in given]
        if left:
            more = f" and {len(left) - 1} more" if len(left) > 1 else ""
            raise Refused(
                f"This article cannot be signed off yet: {left[0].text}{more}.",
                code="blocked",
                blockers=[blocker.name for blocker in left],
            )
        stream = Stream.objects.get(pk=article.pk)
        signed = op.create(
            SignOff(
                uuid=makes,
                article=article,
                signer=by,
                signed_at=op.at,
                scheme=SCHEME,
                digest=digest,
                items=items,
                waivers=[
                    {
                        "blocker": blocker.name,
                        "what": blocker.text,
                        "reason": given[blocker.name],
                    }
                    for blocker in blocking
                ],
                sole_author=sole,
                policy_version=article.project.policy_version,
                guideline_version=article.project.guideline_version,
                head_sequence=stream.sequence,
                head_hash=stream.head_hash,
            )
        )
        op.record(article.pk, Kind.SIGNED_OFF)
    return signed
