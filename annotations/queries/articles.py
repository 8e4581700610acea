"""Finding an article that is here already."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import F, Q, QuerySet

from annotations.domain.errors import Missing
from annotations.domain.events import Kind
from annotations.domain.schema import read_payload
from annotations.domain.versions import INHERITED, said_by_file
from annotations.domain.vocabulary import StreamKind
from annotations.models import Article, Block, Event, Person, Project, Span, Stream
from annotations.models.prepared import Prepared


@dataclass(frozen=True)
class Known:
    """What the project has of a text: the same article, or the version it would follow."""

    same: Article | None = None
    earlier: Article | None = None


def known(project: Project, *, text_sha256: str, url: str) -> Known:
    """Say whether a text, or another text at its URL, is in the project already.

    Only this project is looked at. ``earlier`` is the last version at the URL.
    """
    articles = Article.objects.filter(project=project, purged_at=None).defer("text", "markup")
    same = articles.filter(text_sha256=text_sha256).first()
    if same is not None:
        return Known(same=same)
    if url:
        return Known(earlier=articles.filter(url=url, next=None).first())
    return Known()


def metadata_of(article: Article) -> dict[str, str]:
    """Return what is known of a version and goes on to the next (``domain.versions``)."""
    return {name: getattr(article, name) for name in INHERITED}


def said_by_the_file_of(article: Article) -> dict[str, str]:
    """Return what the file of a version said of it, as its import is told and as it recorded.

    Where the history withholds that, it is what is known now.
    """
    events = Event.objects.filter(stream=article.pk, kind=Kind.ARTICLE_IMPORTED)
    payload = events.values_list("payload", flat=True).first()
    stored: dict[str, Any] = metadata_of(article)
    for change in read_payload(payload)["changes"] if payload else ():
        if change["id"] == str(article.pk):
            stored = change["after"]
    return said_by_file(stored, article.changes)


_TOUCHED = Prepared(
    lambda article, start, end: Block.objects.filter(
        article=article, start__lt=end, end__gt=start
    ).values_list("index", flat=True),
    UUID,
    int,
    int,
)


#: More ranges than this are compared with all blocks of the article, read at once.
_FEW = 8


def article_titled(project: Project, title: str) -> Article:
    """Return the last version of the article of this title; ``Missing`` where there is none."""
    found = Article.objects.filter(project=project, title=title, next=None).first()
    if found is None:
        raise Missing(f"“{project.name}” has no article “{title}”.")
    found.project = project
    return found


def touched_blocks(article: Article, *ranges: tuple[int, int]) -> list[int]:
    """Return the indexes of the blocks that any of the (start, end) ranges reaches into."""
    if len(ranges) > _FEW:
        return _touched_by_many(article, ranges)
    found: set[int] = set()
    for start, end in ranges:
        found.update(_TOUCHED(article.pk, start, end))
    return sorted(found)


def _touched_by_many(article: Article, ranges: Sequence[tuple[int, int]]) -> list[int]:
    blocks = Block.objects.filter(article=article).order_by("start")
    places = list(blocks.values_list("start", "end", "index"))
    ends = [end for _, end, _ in places]
    found: set[int] = set()
    for start, end in ranges:
        for begins, _, index in places[bisect_right(ends, start) :]:
            if begins >= end:
                break
            found.add(index)
    return sorted(found)


def own_layer(article: Article, person: Person) -> Stream | None:
    """Return the person's own stream of the article in independent mode, if it is open yet."""
    return Stream.objects.filter(article=article, person=person, kind=StreamKind.LAYER).first()


def superseded(*projects: UUID) -> QuerySet[Article, Any]:
    """Return the keys of the articles of which a later version is here.

    A list of keys, because SQLite with statistics answers the outer join by reading every
    article for each article.
    """
    later = Article.objects.filter(project__in=projects, previous__isnull=False, purged_at=None)
    return later.order_by().values("previous")


def newest(project: UUID) -> QuerySet[Article]:
    """Return the newest version of each article: what lists show and exports hold unless asked."""
    return Article.objects.filter(project=project).exclude(pk__in=superseded(project))


def live_in(articles: QuerySet[Article] | Iterable[UUID]) -> QuerySet[Span]:
    """Return the live spans of the articles, of every layer: what lists and exports begin from."""
    among: Any = articles.order_by().values("pk") if isinstance(articles, QuerySet) else articles
    return Span.objects.filter(article__in=among, withdrawn_at=None)


#: What makes a live span one of its article: it is no layer's.
_AGREED = Q(stream=F("article"), withdrawn_at=None)


def agreed_spans(article: Article | UUID, using: str = DEFAULT_DB_ALIAS) -> QuerySet[Span]:
    """Return the spans of an article: the live ones of its shared or agreed layer, in order.

    What people mark in layers of their own is theirs until it is adjudicated: it blocks no
    sign-off, is covered by none, and makes nobody an author of the article.
    """
    spans = Span.objects.using(using).filter(_AGREED, article=article)
    return spans.order_by("start", "end", "uuid")


def agreed_in(project: Project) -> QuerySet[Span]:
    """Return the same of all articles of a project, in no order."""
    return Span.objects.filter(_AGREED, article__project=project).order_by()


def are_listed(project: Project) -> bool:
    """Say whether the project's history lists its articles yet. One query, the newest first."""
    listed = Event.objects.filter(stream=project.pk, kind=Kind.ARTICLES_LISTED)
    return bool(listed.order_by("-sequence").values_list("pk")[:1])
