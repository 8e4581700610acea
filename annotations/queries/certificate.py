"""The sign-off page and the certificate: what blocks, what changed, what was signed."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count

from annotations.domain.signoff import ItemChange, difference, items_digest
from annotations.domain.vocabulary import Access, LabelKind
from annotations.domain.withholding import KNOWN_TO_THE_DESK
from annotations.models import (
    Article,
    Assertion,
    Block,
    Citation,
    Decision,
    Label,
    ReadMark,
    SignOff,
    Source,
    Span,
    Speaker,
    WorkLogEntry,
)
from annotations.queries.access import Member
from annotations.queries.articles import agreed_spans
from annotations.queries.blockers import HEADINGS, Blocker, blockers
from annotations.queries.carrying import numbers_of
from annotations.queries.four_eyes import THROUGH, one_with, through_another_account
from annotations.queries.signing import covered_items, items_by_scheme_of


@dataclass
class Signing:
    """All that the sign-off page shows."""

    article: Article
    groups: list[tuple[str, str, list[Blocker]]]
    digest: str
    items: dict[str, str]
    mine: SignOff | None
    standing: list[SignOff]
    lapsed: list[SignOff]
    #: What differs from one's own last signature, standing or lapsed.
    since: list["Named"] = field(default_factory=list)
    sole_author: bool = False

    @property
    def blocked(self) -> int:
        return sum(len(found) for _, _, found in self.groups)

    def blockers_of(self, kind: str) -> list[Blocker]:
        return [blocker for name, _, found in self.groups if name == kind for blocker in found]

    @property
    def signed_by_me(self) -> bool:
        return self.mine is not None and self.mine.lapsed_at is None


@dataclass(frozen=True)
class Named:
    """A covered item that changed, in words, with its place in the workspace."""

    what: str
    words: str
    anchor: str = ""


def signing(by: Member, article: Article) -> Signing:
    """Return what stands between the article and the member's signature."""
    found = blockers(article)
    groups = [
        (kind, heading, [blocker for blocker in found if blocker.kind == kind])
        for kind, heading in HEADINGS.items()
    ]
    signed = list(
        SignOff.objects.filter(article=article).select_related("signer").order_by("-signed_at")
    )
    mine = next((one for one in signed if one.signer_id == by.person.pk), None)
    items = covered_items(article.pk)
    authors = set(agreed_spans(article).values_list("author", flat=True))
    return Signing(
        article=article,
        groups=[group for group in groups if group[2]],
        digest=items_digest(items),
        items=items,
        mine=mine,
        standing=[one for one in signed if one.lapsed_at is None],
        lapsed=[one for one in signed if one.lapsed_at is not None],
        since=named(difference(mine.items, items_by_scheme_of(mine, items))) if mine else [],
        sole_author=bool(authors) and authors <= one_with(by.person.pk),
    )


_WHAT = {
    "article": "the article’s details",
    "policy": "the project’s policy",
    "guidelines": "the project’s guidelines",
}
_TABLES: dict[str, tuple[Any, str, str]] = {
    "span": (Span, "quote", "span"),
    "assertion": (Assertion, "paraphrase", "assertion"),
    "citation": (Citation, "source__title", "citation of"),
    "decision": (Decision, "span__quote", "decision on"),
    "source": (Source, "title", "source"),
    "speaker": (Speaker, "name", "speaker"),
    "label": (Label, "name", "label"),
    "block": (Block, "role", "role of a block:"),
}


#: The path to a source's access from the tables whose words are a source's title.
_OF_SOURCES = {"source": "access", "citation": "source__access"}


def named(changes: list[ItemChange]) -> list[Named]:
    """Return the changes in words; one query for each table that has any."""
    keys: dict[str, list[str]] = {}
    for change in changes:
        table, _, key = change.name.partition(":")
        if key:
            keys.setdefault(table, []).append(key)
    words: dict[str, str] = {}
    for table, wanted in keys.items():
        model, column, _ = _TABLES[table]
        words.update(
            (str(key), value)
            for key, value in model._default_manager.filter(pk__in=wanted).values_list("pk", column)
        )
        if table in _OF_SOURCES:
            hidden = model._default_manager.filter(
                pk__in=wanted, **{_OF_SOURCES[table]: Access.CONFIDENTIAL}
            )
            found = map(str, hidden.values_list("pk", flat=True))
            words.update(dict.fromkeys(found, KNOWN_TO_THE_DESK))
    told = []
    for change in changes:
        table, _, key = change.name.partition(":")
        if not key:
            told.append(Named(change.what, _WHAT[table]))
            continue
        quote = " ".join(words.get(key, "").split())
        short = quote if len(quote) <= 90 else quote[:89] + "…"
        anchor = f"s-{key}" if table == "span" and change.what != "removed" else ""
        told.append(Named(change.what, f"{_TABLES[table][2]} “{short}”", anchor))
    return told


@dataclass
class Certificate:
    """What a certificate prints of one sign-off."""

    sign_off: SignOff
    article: Article
    #: The spans by label, in words: "4 facts".
    counts: list[str]
    readers: list[str]
    #: Whether the signer signed through another account than their first.
    through: bool
    decisions: int
    #: Of these, how many were made on an earlier version, by its number.
    carried: list[tuple[int, int]]
    verdicts: list[tuple[str, int]]
    citations: int
    confirmed: int
    #: How many of these were confirmed through another account.
    confirmed_through: int
    log: list[WorkLogEntry]
    read_blocks: int
    blocks: int
    lapse: list[Named]
    head: tuple[int, str]


def certificate(by: Member, sign_off: SignOff) -> Certificate:
    """Return the certificate of a sign-off, from the rows it covered as they are now."""
    article = sign_off.article
    covered = [name.partition(":")[2] for name in sign_off.items if name.startswith("span:")]
    spans = Span.objects.filter(pk__in=covered)
    assertions = [
        name.partition(":")[2] for name in sign_off.items if name.startswith("assertion:")
    ]
    decided = Decision.objects.filter(
        pk__in=[name.partition(":")[2] for name in sign_off.items if name.startswith("decision:")]
    )
    cited = Citation.objects.filter(
        pk__in=[name.partition(":")[2] for name in sign_off.items if name.startswith("citation:")]
    )
    counted = Block.objects.filter(
        article=article, role__in=by.project.rules.counted_roles, duplicate_of=None
    )
    read = list(
        decided.values_list("reader", "reader__name", "made_at", "carried_from__span__article")
    )
    decisions = [row[:3] for row in read]
    versions = Counter(version for *_, version in read if version is not None)
    numbers = numbers_of(versions)
    confirmed = list(
        cited.filter(confirmed_by__isnull=False).values_list("confirmed_by", "confirmed_at")
    )
    acted = {sign_off.signer_id, *(one[0] for one in decisions), *(one[0] for one in confirmed)}
    through = through_another_account(acted, by.project.pk)
    borrowed = {reader for reader, _, at in decisions if through(reader, at)}
    return Certificate(
        sign_off=sign_off,
        article=article,
        counts=[
            _counted(*row)
            for row in spans.order_by("label__position")
            .values_list("label__name")
            .annotate(n=Count("pk"))
        ],
        readers=sorted(
            {f"{name} ({THROUGH})" if reader in borrowed else name for reader, name, _ in decisions}
        ),
        through=through(sign_off.signer_id, sign_off.signed_at),
        decisions=len(decisions),
        carried=sorted((numbers[version], n) for version, n in versions.items()),
        verdicts=[
            (Assertion(verdict=verdict).get_verdict_display(), n)
            for verdict, n in Assertion.objects.filter(pk__in=assertions)
            .exclude(verdict="")
            .order_by("verdict")
            .values_list("verdict")
            .annotate(n=Count("pk"))
        ],
        citations=cited.count(),
        confirmed=len(confirmed),
        confirmed_through=sum(
            through(person, at or sign_off.signed_at) for person, at in confirmed
        ),
        log=list(
            WorkLogEntry.objects.filter(assertion__in=assertions, withdrawn_at=None)
            .select_related("assertion", "author")
            .order_by("on", "uuid")
        ),
        read_blocks=ReadMark.objects.filter(block__in=counted).values("block").distinct().count(),
        blocks=counted.count(),
        lapse=named([ItemChange(one["item"], one["what"]) for one in sign_off.lapse]),
        head=(sign_off.head_sequence, sign_off.head_hash),
    )


def _counted(label: str, count: int) -> str:
    # Only of these three words the plural is known; a project names its labels as it likes.
    if label in (LabelKind.FACT.label, LabelKind.CLAIM.label, LabelKind.OPINION.label):
        return f"{count} {label}{'s' if count != 1 else ''}"
    return f"{count} × {label}"


def sign_off_of(by: Member, article: UUID, key: UUID) -> SignOff | None:
    """Return a sign-off of an article of the member's project."""
    return (
        SignOff.objects.filter(pk=key, article=article, article__project=by.project)
        .select_related("article", "signer")
        .first()
    )
