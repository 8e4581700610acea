"""Articles: imported, corrected, followed by a new version, purged."""

import dataclasses
from collections.abc import Container, Mapping
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Q

from annotations.actions.carrying import carry_spans
from annotations.actions.recording import (
    Key,
    Operation,
    check_revision,
    operation,
    repeatable,
    require,
)
from annotations.domain.citations import canonical_url, partial_date
from annotations.domain.errors import AlreadyThere, Refused
from annotations.domain.events import Kind
from annotations.domain.permissions import Right
from annotations.domain.records import ArticleDraft
from annotations.domain.schema import read_payload
from annotations.domain.text import sha256
from annotations.domain.versions import corrected, inherit
from annotations.domain.vocabulary import BlockRole, StreamKind
from annotations.models import (
    Article,
    Assertion,
    AssertionRelation,
    Assignment,
    Block,
    Citation,
    Comment,
    Decision,
    Event,
    ImportItem,
    Person,
    Project,
    ReadMark,
    SignOff,
    Span,
    Stream,
    WorkLogEntry,
)
from annotations.models.rows import column
from annotations.queries.articles import are_listed, known, metadata_of, said_by_the_file_of

#: What of an article may be corrected after its import.
METADATA = (
    "title",
    "byline",
    "publisher",
    "site",
    "url",
    "published",
    "language",
    "licence",
    "redistributable",
)


#: How many characters the columns of words found in a file hold.
_LONGEST = {
    name: column(Article, name).max_length or 0
    for name in ("title", "byline", "publisher", "site", "language", "licence", "name")
}


def import_article(
    project: Project,
    draft: ArticleDraft,
    *,
    by: Person,
    as_version: bool = True,
    redistributable: bool | None = None,
    decided: Container[int] = (),
) -> Article:
    """Store ``draft``; a changed text at a known URL becomes the next version of its article.

    Spans of the version before are carried over, and so is what is known of it where the draft
    does not say otherwise (``domain.versions``); its history says that it is not the newest any
    more. ``redistributable`` None is as the version before it, where the licence is the same. ``decided`` are the indexes of the blocks whose role a person chose; metadata too
    long for its column is cut. Raises ``AlreadyThere`` (with ``article``) for a text that is
    here, and for a changed text at a known URL when ``as_version`` is false.
    """
    with operation(project, by, project.pk) as op:
        require(by, Right.IMPORT, project.pk)
        url = canonical_url(draft.url) if draft.url else ""
        found = known(project, text_sha256=sha256(draft.text), url=url)
        if found.same is not None:
            raise AlreadyThere(
                f"This text is here already, as “{found.same.title}”.",
                code="text_known",
                article=str(found.same.pk),
            )
        if found.earlier is not None and not as_version:
            raise AlreadyThere(
                f"Another text of this address is here, as “{found.earlier.title}”; "
                "it can be imported as its next version.",
                code="url_known",
                article=str(found.earlier.pk),
            )
        if found.earlier is not None:
            # Whoever marks there now waits, and is told; what he marks is not lost between the two.
            op.lock(found.earlier.pk)
            found.earlier.refresh_from_db(fields=[*METADATA, "changes"])
        draft = inheriting(draft, found.earlier)
        if redistributable is None:
            redistributable = may_be_passed_on(draft, found.earlier)
        article = _store(op, draft, url, found.earlier, redistributable, decided)
        if found.earlier is not None:
            carry_spans(op, found.earlier, article)
            op.record(found.earlier.pk, Kind.ARTICLE_SUPERSEDED, always=True, next=str(article.pk))
        _list(op, article)
    return article


def _list(op: Operation, article: Article) -> None:
    """Say in the project's history that the article is there, so that it would be missed.

    The first time with every article that was there before.
    """
    listed = {str(article.pk): article.text_sha256}
    if not are_listed(op.project):
        before = Article.objects.filter(project=op.project)
        listed |= {str(key): digest for key, digest in before.values_list("pk", "text_sha256")}
    op.record(op.project.pk, Kind.ARTICLES_LISTED, always=True, articles=listed)


def inheriting(draft: ArticleDraft, earlier: Article | None) -> ArticleDraft:
    """Return the draft with what goes on from ``earlier``, the version that it would follow."""
    if earlier is None:
        return inherit(draft, None, {})
    return inherit(draft, metadata_of(earlier), said_by_the_file_of(earlier))


def may_be_passed_on(draft: ArticleDraft, earlier: Article | None) -> bool:
    """Say whether the text may be passed on because the version before it, so licensed, may."""
    return earlier is not None and earlier.redistributable and draft.licence == earlier.licence


def _store(
    op: Operation,
    draft: ArticleDraft,
    url: str,
    previous: Article | None,
    redistributable: bool,
    decided: Container[int],
) -> Article:
    words, cut = _fitting(draft)
    article = op.create(
        Article(
            project=op.project,
            **words,
            url=url,
            published=partial_date(draft.published),
            redistributable=redistributable,
            media_type=draft.media_type,
            source_sha256=draft.source_sha256,
            text=draft.text,
            text_sha256=sha256(draft.text),
            markup=[[m.start, m.end, str(m.tag), dict(m.attributes)] for m in draft.markup],
            changes=[*(dict(change) for change in draft.changes), *cut],
            previous=previous,
            imported_by=op.by,
            imported_at=op.at,
        )
    )
    op.open(Stream(uuid=article.pk, project=op.project, kind=StreamKind.ARTICLE, article=article))
    keys = [uuid4() for _ in draft.blocks]
    blocks = [
        Block(
            uuid=key,
            article=article,
            index=index,
            start=block.start,
            end=block.end,
            tag=block.tag,
            role=block.role,
            confirmed=index in decided,
            duplicate_of_id=None if block.duplicate_of is None else keys[block.duplicate_of],
            score=block.score,
        )
        for index, (key, block) in enumerate(zip(keys, draft.blocks, strict=True))
    ]
    op.create_many(Block, blocks)
    op.record(article.pk, Kind.ARTICLE_IMPORTED)
    return article


def _fitting(draft: ArticleDraft) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Return the metadata cut to what its columns hold, and a record of what was cut."""
    words = {name: getattr(draft, name) for name in _LONGEST}
    words["title"] = draft.title or draft.name or "Untitled"
    cut = [
        {"what": "cut", "from": name, "count": _LONGEST[name]}
        for name, value in words.items()
        if len(value) > _LONGEST[name]
    ]
    return {name: value[: _LONGEST[name]] for name, value in words.items()}, cut


def correct_article(
    article: Article, *, by: Person, revision: int | None = None, **values: Any
) -> None:
    """Correct the metadata of an article; ``values`` are some of ``METADATA``."""
    with operation(article.project, by, article.pk) as op:
        require(by, Right.IMPORT, article.project_id)
        article.refresh_from_db()
        check_revision(article, revision)
        unknown = values.keys() - set(METADATA)
        if unknown:
            raise Refused(f"{min(unknown)} of an article cannot be corrected.")
        if "published" in values:
            values["published"] = partial_date(values["published"])
        if values.get("url"):
            values["url"] = canonical_url(values["url"])
        if "title" in values and not values["title"].strip():
            raise Refused("An article needs a title.", code="title_missing")
        check_address(article, values.get("url", ""))
        op.save(article, **values)
        op.record(article.pk, Kind.ARTICLE_CHANGED)


def check_address(article: Article, url: str) -> None:
    """Refuse an address that another article of the project has."""
    if not url or article.previous_id is not None:
        return
    others = Article.objects.filter(project=article.project_id, url=url, previous=None)
    other = others.exclude(pk=article.pk).first()
    if other is not None:
        raise AlreadyThere(
            f"This address belongs to “{other.title}”.",
            code="url_known",
            article=str(other.pk),
        )


def _none_now(made: UUID | None) -> list[int]:
    return []


@repeatable(_none_now)
def set_roles(
    article: Article, roles: Mapping[int, str], *, by: Person, key: Key | None = None
) -> list[int]:
    """Decide the roles of blocks by index; return the indexes that change now.

    A block that is given a role is decided by a person from then on. One that becomes body is
    no repeat any more unless it still is one of another block's words.
    """
    with operation(article.project, by, article.pk, key=key) as op:
        require(by, Right.SET_ROLES, article.project_id)
        changed = []
        blocks = {block.index: block for block in Block.objects.filter(article=article)}
        for index, role in sorted(roles.items()):
            if index not in blocks:
                raise Refused(f"This article has no block {index}; it has {len(blocks)}.")
            if role not in BlockRole.values:
                raise Refused(f"There is no role “{role}”.", code="role_unknown")
            if op.save(blocks[index], role=role, confirmed=True):
                changed.append(index)
        op.record(article.pk, Kind.ROLES_SET, blocks={article.pk: changed})
    return changed


def purge_article(article: Article, *, reason: str, by: Person) -> None:
    """Remove text, spans, evidence of this article alone, and payloads; keep the bare chain.

    The one place that deletes: the guards let rows of a purged article go and no others.
    """
    if not reason.strip():
        raise Refused("A purge needs a reason.", code="reason_missing")
    streams = list(Stream.objects.filter(article=article).values_list("pk", flat=True))
    with operation(article.project, by, article.project_id, *streams) as op:
        require(by, Right.ERASE, article.project_id)
        article.refresh_from_db()
        if article.purged_at is not None:
            raise Refused(f"“{article.title}” was purged already.", code="purged")
        if Article.objects.filter(previous=article, purged_at=None).exists():
            raise Refused(
                "A later version of this article was made from it; purge that one first.",
                code="has_next",
            )
        op.save(
            article,
            text="",
            markup=[],
            title="(purged)",
            byline="",
            publisher="",
            site="",
            url="",
            name="",
            changes=[],
            purged_at=op.at,
            purge_reason=reason,
        )
        for sign_off in SignOff.objects.filter(article=article):
            # A waiver quotes what it waives.
            op.save(sign_off, waivers=[])
        op.record(article.pk, Kind.ARTICLE_PURGED, reason=reason)
        # Now, not at the end: only payloads before the erasing event may be erased.
        op.lapse_sign_offs()
        shared = _shared_events(article, streams)
        for stream in (*streams, *([article.project_id] if shared else [])):
            op.record(stream, Kind.PAYLOAD_ERASED, always=True, reason=reason)
        # The events of this operation must stand before the guards let payloads and rows go.
        op.finish()
        erasing = [event.pk for event in op.events if event.kind == Kind.PAYLOAD_ERASED]
        op.events.clear()
        _delete_rows(article, streams)
        Event.objects.filter(stream__in=streams).exclude(pk__in=erasing).update(payload=None)
        Event.objects.filter(pk__in=shared).update(payload=None)


def _shared_events(article: Article, streams: list[UUID]) -> list[UUID]:
    """Return the events of the project's own stream that tell of rows a purge removes."""
    own = Assertion.objects.filter(stream__in=streams)
    relations = AssertionRelation.objects.filter(Q(subject__in=own) | Q(object__in=own))
    spans = Span.objects.filter(article=article)
    going = {
        str(key)
        for rows in (own, relations, spans, Decision.objects.filter(span__in=spans))
        for key in rows.values_list("pk", flat=True)
    }
    events = Event.objects.filter(stream=article.project_id, payload__isnull=False)
    return [
        key
        for key, payload in events.values_list("pk", "payload").iterator(chunk_size=500)
        if payload and any(change["id"] in going for change in read_payload(payload)["changes"])
    ]


def _delete_rows(article: Article, streams: list[UUID]) -> None:
    own = Assertion.objects.filter(stream__in=streams)
    Span.objects.filter(carried_from__article=article).update(carried_from=None)
    for rows in (
        ReadMark.objects.filter(block__article=article),
        ImportItem.objects.filter(article=article),
        Comment.objects.filter(article=article, parent__isnull=False),
        Comment.objects.filter(article=article),
        Decision.objects.filter(span__article=article),
        Assignment.objects.filter(article=article),
        Span.objects.filter(article=article),
        Citation.objects.filter(assertion__in=own),
        WorkLogEntry.objects.filter(assertion__in=own),
        AssertionRelation.objects.filter(subject__in=own),
        AssertionRelation.objects.filter(object__in=own),
        own,
    ):
        rows.delete()
    Block.objects.filter(article=article, duplicate_of__isnull=False).delete()
    Block.objects.filter(article=article).delete()


def with_corrections(draft: ArticleDraft, **values: Any) -> ArticleDraft:
    """Return the draft with metadata and roles (``roles``: index → role) as a person decided."""
    roles: Mapping[int, str] = values.pop("roles", {})
    blocks = tuple(
        dataclasses.replace(block, role=BlockRole(roles.get(index, block.role)))
        for index, block in enumerate(draft.blocks)
    )
    return corrected(dataclasses.replace(draft, blocks=blocks), **values)
