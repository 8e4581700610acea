"""What a sign-off of an article covers, item by item."""

from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS

from annotations.domain.history import digest_of
from annotations.domain.schema import without_absent
from annotations.domain.signoff import SCHEME
from annotations.domain.withholding import known_to_the_desk
from annotations.models import (
    Article,
    Assertion,
    Block,
    Citation,
    Decision,
    Label,
    Record,
    SignOff,
    Source,
    Span,
    Speaker,
)
from annotations.models.rows import state_of
from annotations.queries.articles import agreed_spans

#: Fields of a row that do not change what the exported record says.
_BOOKKEEPING = {"revision", "authors", "created_at", "imported_at", "carry_settled", "stream"}
_SOURCE_NOTES = {"note", "added_by"}
#: What the exported record says of a label, by scheme 2.
_OF_LABELS = ("name", "kind", "definition")


def _item(row: Record, *leave_out: str) -> str:
    state: dict[str, Any] = without_absent(row._meta.model_name or "", state_of(row))
    if isinstance(row, Source):
        # As it may leave, so that the digest can be checked wherever the record goes.
        state = known_to_the_desk(state)
    for name in (*_BOOKKEEPING, *leave_out):
        state.pop(name, None)
    return digest_of(state)


def items_by_scheme_of(sign_off: SignOff, items: dict[str, str]) -> dict[str, str]:
    """Return what is covered now by the scheme of a sign-off; ``items`` are those of today's."""
    if sign_off.scheme == SCHEME:
        return items
    return covered_items(sign_off.article_id, scheme=sign_off.scheme)


def _label(row: Record) -> str:
    state = state_of(row)
    return digest_of({name: state[name] for name in _OF_LABELS})


def covered_items(
    article_id: UUID, using: str = DEFAULT_DB_ALIAS, *, scheme: int = SCHEME
) -> dict[str, str]:
    """Return the digest of everything that a sign-off of the article covers, by name.

    Names are ``article``, ``policy``, ``guidelines`` (scheme 1) and ``table:uuid``;
    ``domain.signoff`` says how the schemes differ. Comments and withdrawn rows are not covered.
    Ten queries whatever the article's size.
    """
    article = Article.objects.using(using).select_related("project").get(pk=article_id)
    covered = agreed_spans(article_id, using)
    if scheme == 1:
        covered = Span.objects.using(using).filter(article=article_id, withdrawn_at=None)
    spans = list(covered)
    said = covered.order_by().values("assertion")
    assertions = list(Assertion.objects.using(using).filter(pk__in=said))
    citations = list(
        Citation.objects.using(using).filter(
            assertion__in=[assertion.pk for assertion in assertions], withdrawn_at=None
        )
    )
    quoted = [row.speaker_id for row in spans] + [row.speaker_id for row in assertions]
    speakers = {key for key in quoted if key is not None}
    rows: list[Record] = [
        *Block.objects.using(using).filter(article=article_id),
        *spans,
        *assertions,
        *citations,
        *Decision.objects.using(using).filter(
            span__in=covered.order_by().values("pk"), voided_at=None
        ),
        *Label.objects.using(using).filter(pk__in={span.label_id for span in spans}),
        *Speaker.objects.using(using).filter(pk__in=speakers),
    ]
    project = article.project
    items = {"article": _item(article)}
    if scheme == 1:
        items["policy"] = digest_of(project.policy_version)
        items["guidelines"] = digest_of(project.guideline_version)
    else:
        items["policy"] = digest_of(project.rules.blocking)
    for row in rows:
        short = scheme > 1 and isinstance(row, Label)
        items[f"{row._meta.model_name}:{row.pk}"] = _label(row) if short else _item(row)
    for source in Source.objects.using(using).filter(
        pk__in={citation.source_id for citation in citations}
    ):
        items[f"source:{source.pk}"] = _item(source, *_SOURCE_NOTES)
    return items
