"""The list of a project's articles and how far each is."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from annotations.domain.vocabulary import LabelKind, Outcome, Voice
from annotations.models import (
    Article,
    Block,
    Citation,
    Decision,
    Event,
    ReadMark,
    SignOff,
    Span,
)
from annotations.queries.access import Member
from annotations.queries.articles import newest

#: The states of an article, as the list filters and shows them.
STATES = {
    "new": "nothing marked yet",
    "work": "in work",
    "signed": "signed off",
    "lapsed": "sign-off lapsed",
}


def article_rows(by: Member) -> QuerySet[Article]:
    """Return the last version of each article, the one changed last first.

    Each comes with ``signed`` (standing sign-offs), ``lapsed``, ``marked`` (by a span that the
    member may read) and ``changed``: when the article's own stream last grew, in milliseconds
    since 1970.
    """
    readable = Span.objects.filter(by.readable(), article=OuterRef("pk"), withdrawn_at=None)
    standing = SignOff.objects.filter(article=OuterRef("pk"), lapsed_at=None).order_by()
    return (
        newest(by.project.pk)
        .defer("text", "markup", "changes")
        .annotate(
            signed=Coalesce(
                Subquery(
                    standing.values("article").annotate(n=Count("pk")).values("n"),
                    output_field=IntegerField(),
                ),
                Value(0),
            ),
            lapsed=Exists(SignOff.objects.filter(article=OuterRef("pk"), lapsed_at__isnull=False)),
            marked=Exists(readable),
            changed=Subquery(
                Event.objects.filter(stream=OuterRef("pk")).order_by("-sequence").values("time")[:1]
            ),
        )
        .order_by(F("changed").desc(nulls_last=True), "uuid")
    )


def in_state(rows: QuerySet[Article], state: str, sign_offs: int) -> QuerySet[Article]:
    """Keep the articles of one of ``STATES``, with ``sign_offs`` asked for."""
    signed = Q(signed__gte=max(sign_offs, 1))
    wanted = {
        "signed": signed,
        "lapsed": ~signed & Q(lapsed=True),
        "work": ~signed & Q(lapsed=False, marked=True),
        "new": ~signed & Q(lapsed=False, marked=False),
    }
    return rows.filter(wanted[state])


def state_of_row(row: Any, sign_offs: int) -> str:
    """Return the state of a row of ``article_rows``."""
    if row.signed >= max(sign_offs, 1):
        return "signed"
    if row.lapsed:
        return "lapsed"
    return "work" if row.marked else "new"


@dataclass
class Progress:
    """How far an article is; every count is of live spans or of counted blocks."""

    #: Spans by (kind, whether in the author's own voice).
    kinds: Counter[tuple[str, bool]] = field(default_factory=Counter)
    claims_sourced: int = 0
    second_read: int = 0
    blocks: int = 0
    blocks_read: int = 0
    signers: list[str] = field(default_factory=list)

    @property
    def spans(self) -> int:
        return self.kinds.total()

    @property
    def claims(self) -> int:
        return self.of(LabelKind.CLAIM)

    def of(self, kind: str, *, own: bool | None = None) -> int:
        """Return how many spans are of a kind; ``own``: only the author's voice, or only others'."""
        voices = (True, False) if own is None else (own,)
        return sum(self.kinds[kind, voice] for voice in voices)


def progress_of(by: Member, articles: list[UUID]) -> dict[UUID, Progress]:
    """Return how far each of the articles is. Five queries, however many articles and spans."""
    found: dict[UUID, Progress] = defaultdict(Progress)
    spans = Span.objects.filter(by.readable(), article__in=articles, withdrawn_at=None).order_by()
    cited = Citation.objects.filter(assertion=OuterRef("assertion"), withdrawn_at=None)
    accepted = Decision.objects.filter(
        span=OuterRef("pk"), outcome=Outcome.ACCEPTED, voided_at=None
    )
    counts = (
        spans.annotate(cited=Exists(cited), accepted=Exists(accepted))
        .values_list("article", "label__kind", "voice", "cited", "accepted")
        .annotate(n=Count("pk"))
    )
    for article, kind, voice, has_source, has_reader, count in counts:
        progress = found[article]
        progress.kinds[kind, voice == Voice.AUTHOR] += count
        if kind == LabelKind.CLAIM and has_source:
            progress.claims_sourced += count
        if has_reader:
            progress.second_read += count
    blocks = (
        Block.objects.filter(
            article__in=articles, role__in=by.project.rules.counted_roles, duplicate_of=None
        )
        .order_by()
        .annotate(read=Exists(ReadMark.objects.filter(block=OuterRef("pk"))))
        .values_list("article", "read")
        .annotate(n=Count("pk"))
    )
    for article, read, count in blocks:
        found[article].blocks += count
        found[article].blocks_read += count if read else 0
    for article, signer in SignOff.objects.filter(article__in=articles, lapsed_at=None).values_list(
        "article", "signer__name"
    ):
        found[article].signers.append(signer)
    return found
