"""Which spans of an article wait because of the version before: of what was carried over, and not.

Only the shared or agreed layer is carried; of personal layers nothing is.
"""

from uuid import UUID

from django.db.models import Q, QuerySet

from annotations.domain.events import Kind
from annotations.domain.schema import read_payload
from annotations.domain.text import fold
from annotations.domain.vocabulary import CarryState
from annotations.models import Article, Event, Span
from annotations.queries.articles import agreed_spans


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
