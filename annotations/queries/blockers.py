"""What stands between an article and its sign-off."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from annotations.domain.mentions import plain
from annotations.domain.vocabulary import LabelKind, Outcome, WorkState
from annotations.models import Article, Block, Citation, Comment, ReadMark, Span
from annotations.queries.articles import agreed_spans
from annotations.queries.reading import standing_decisions


@dataclass(frozen=True)
class Blocker:
    """One thing that the policy asks and the article lacks; ``name`` is stable, for waivers.

    ``anchor`` is the place in the workspace: a span's ``s-…`` or a block's ``b…``.
    """

    kind: str
    name: str
    text: str
    anchor: str = ""


#: How each kind of blocker is headed in a list.
HEADINGS = {
    "second_reader": "Spans without a second reader",
    "returned": "Spans returned or with a proposed change",
    "verdict": "Claims without a verdict",
    "source": "Spans with fewer confirmed sources than asked",
    "carried": "Spans carried over that nobody has settled",
    "read": "Blocks nobody has ticked as read",
    "date": "Publication date missing",
    "comment": "Open comments",
}


def _short(quote: str) -> str:
    line = " ".join(quote.split())
    return line if len(line) <= 80 else line[:79] + "…"


def blockers(article: Article) -> list[Blocker]:
    """Return what the policy of the article's project asks of it in vain, in order of the text.

    Seven queries whatever the size.
    """
    rules = article.project.rules
    spans = list(agreed_spans(article).select_related("label", "assertion"))
    decisions = standing_decisions(spans)
    confirmed = _confirmed_sources(spans)
    found: list[Blocker] = []
    for span in spans:
        found.extend(
            Blocker(
                kind,
                f"{kind}:{span.pk}",
                f"{text}: “{_short(span.quote)}”",
                f"s-{span.pk}",
            )
            for kind, text in _of_span(
                span,
                [decision.outcome for decision in decisions.get(span.pk, [])],
                confirmed.get(span.assertion_id, 0) if span.assertion_id else 0,
                rules.second_readers,
                rules.sources if span.label.kind in rules.sourced_kinds else 0,
                verdicts=rules.verdicts,
            )
        )
    if rules.read:
        found.extend(_unread(article, rules.counted_roles))
    if rules.date and not article.published:
        found.append(Blocker("date", "date", "The publication date is not known.", "details"))
    if rules.comments:
        found.extend(_open_comments(article))
    order = list(HEADINGS)
    return sorted(found, key=lambda blocker: order.index(blocker.kind))


def _of_span(
    span: Span,
    outcomes: list[str],
    confirmed: int,
    readers: int,
    sources: int,
    *,
    verdicts: bool,
) -> list[tuple[str, str]]:
    found = []
    assertion = span.assertion
    waiting = assertion is not None and assertion.work_state == WorkState.NOT_DUE
    if any(outcome != Outcome.ACCEPTED for outcome in outcomes):
        found.append(("returned", "Answer the second reader"))
    elif outcomes.count(Outcome.ACCEPTED) < readers:
        found.append(("second_reader", "Needs a second reader"))
    if not waiting:
        if (
            verdicts
            and span.label.kind == LabelKind.CLAIM
            and not (assertion and assertion.verdict)
        ):
            found.append(("verdict", "Needs a verdict"))
        if confirmed < sources:
            found.append(("source", f"Has {confirmed} of {sources} confirmed sources"))
    if not span.carry_settled:
        found.append(("carried", "Was carried over in doubt"))
    return found


def _confirmed_sources(spans: list[Span]) -> Counter[UUID]:
    """Return how many different sources somebody confirmed, by assertion."""
    pairs = set(
        Citation.objects.filter(
            assertion__in={span.assertion_id for span in spans if span.assertion_id},
            withdrawn_at=None,
            confirmed_by__isnull=False,
        ).values_list("assertion", "source")
    )
    return Counter(assertion for assertion, _ in pairs)


def _unread(article: Article, roles: tuple[str, ...]) -> list[Blocker]:
    blocks = (
        Block.objects.filter(article=article, role__in=roles, duplicate_of=None)
        .annotate(read=Exists(ReadMark.objects.filter(block=OuterRef("pk"))))
        .filter(read=False)
        .order_by("index")
    )
    return [
        Blocker(
            "read",
            f"read:{block.pk}",
            f"Nobody has read “{_short(article.text[block.start : block.end])}”",
            f"b{block.index}",
        )
        for block in blocks
    ]


def _open_comments(article: Article) -> list[Blocker]:
    """Return the open threads, each by what was said first in it and not withdrawn since."""
    comments = Comment.objects.filter(
        Q(parent=None) | Q(parent__resolved_at=None),
        article=article,
        resolved_at=None,
        withdrawn_at=None,
        stream=article.pk,
        # Nobody is asked about a span that is not marked any more.
        span__withdrawn_at=None,
    )
    first: dict[UUID, Comment] = {}
    for comment in comments.order_by("created_at", "uuid"):
        first.setdefault(comment.parent_id or comment.pk, comment)
    return [
        Blocker(
            "comment",
            f"comment:{thread}",
            # Nobody's name: a waiver keeps this sentence, and leaves with the dataset.
            f"Answer “{_short(plain(comment.body, comment.mentions, {}))}”",
            f"s-{comment.span_id}" if comment.span_id else "comments",
        )
        for thread, comment in first.items()
    ]
