"""Which spans of an article wait because of the version before: of what was carried over, and not.

Only the shared or agreed layer is carried; of personal layers nothing is.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from annotations.domain.events import Kind
from annotations.domain.history import digest_of
from annotations.domain.schema import read_payload
from annotations.domain.text import fold
from annotations.domain.vocabulary import CarryState, Outcome
from annotations.models import Article, Decision, Event, Span
from annotations.queries.articles import agreed_spans
from annotations.queries.reading import shown_parts, standing_decisions


def doubtful_spans(article: Article) -> QuerySet[Span]:
    """Return the spans that were carried over in doubt and that nobody has settled."""
    return agreed_spans(article).filter(carry_settled=False)


def unplaced_spans(article: Article) -> QuerySet[Span]:
    """Return the spans of the version before that have no place in this one.

    What was not found again, and what somebody has marked there since. One that a person had
    placed and withdrew waits again; one that was found by its words and withdrawn does not.
    """
    # A list of keys: asked of each span whether one was carried from it, SQLite reads every span
    # of the article for each.
    there = (
        Span.objects.filter(article=article, carried_from__isnull=False)
        .exclude(carry_state=CarryState.GONE, withdrawn_at__isnull=False)
        .order_by()
        .values("carried_from")
    )
    if article.previous_id is None:
        return Span.objects.none()
    return agreed_spans(article.previous_id).exclude(pk__in=there)


def left_spans(article: Article) -> set[UUID]:
    """Return the spans of the version before that people left there, as the history says."""
    events = Event.objects.filter(
        Q(kind=Kind.SPAN_LEFT)
        | Q(kind__in=(Kind.UNDONE, Kind.REDONE), payload__contains='"left":'),
        stream=article.pk,
        payload__isnull=False,
    )
    left: set[UUID] = set()
    for kind, payload in events.order_by("sequence").values_list("kind", "payload"):
        spans = {UUID(key) for key in read_payload(payload or "")["left"]}
        left = left - spans if kind == Kind.UNDONE else left | spans
    return left


def carried_acceptances(article: Article) -> QuerySet[Decision]:
    """Return the acceptances that stand in this version because somebody read an earlier one."""
    spans = agreed_spans(article).order_by().values("pk")
    return Decision.objects.filter(span__in=spans, carried_from__isnull=False, voided_at=None)


def acceptances_to_carry(spans: Collection[Span]) -> dict[UUID, list[Decision]]:
    """Return the standing acceptances of spans, by span, that say of them what they now are.

    None of a span that another reader returned or proposed to change, and none whose digest is
    that of something else. The spans come with their assertions. Two queries.
    """
    parts = shown_parts(list(spans))
    found: dict[UUID, list[Decision]] = {}
    for span, decisions in standing_decisions(list(spans)).items():
        if all(decision.outcome == Outcome.ACCEPTED for decision in decisions):
            digest = digest_of(parts[span])
            found[span] = [one for one in decisions if one.digest == digest]
    return found


def number_of(version: UUID) -> int:
    """Return which version of its article this is, from 1. One query a version."""
    number = 1
    versions = Article.objects.order_by().values_list("previous", flat=True)
    while (before := versions.get(pk=version)) is not None:
        number, version = number + 1, before
    return number


def numbers_of(versions: Iterable[UUID | None]) -> dict[UUID, int]:
    """Return the number of each version; no query where there is none."""
    return {version: number_of(version) for version in set(versions) if version is not None}


def say_where_read(decisions: Collection[Decision]) -> None:
    """Set ``read_in`` of those of a span's decisions that were carried over."""
    origins = {one.carried_from_id for one in decisions if one.carried_from_id is not None}
    if origins:
        rows = Decision.objects.filter(pk__in=origins).values_list("pk", "span__article")
        read = dict(rows)
        numbers = numbers_of(read.values())
        for one in decisions:
            if one.carried_from_id is not None:
                one.read_in = numbers[read[one.carried_from_id]]


def alike_spans(article: Article) -> dict[UUID, UUID]:
    """Return the doubtful spans of whose words only case, accents, signs or blanks are others.

    By key, the author of each. One query.
    """
    # Of others the doubt is older than the words they came with.
    found = doubtful_spans(article).filter(carried_from__carry_settled=True)
    return {
        key: author
        for key, author, words, before in found.values_list(
            "pk", "author", "quote", "carried_from__quote"
        )
        if fold(words).text == fold(before).text
    }
