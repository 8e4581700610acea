"""Who is asked to do what on which article, and has not done it yet."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet

from annotations.domain.vocabulary import Role
from annotations.models import Article, Assignment, Membership
from annotations.queries.access import Member

#: By whom a list of articles can be narrowed.
ASSIGNED = {"me": "to me", "somebody": "to somebody", "nobody": "to nobody"}


def with_assignments(by: Member, rows: QuerySet[Article], whose: str) -> QuerySet[Article]:
    """Keep the articles that somebody is asked to work on: one of ``ASSIGNED``."""
    live = Assignment.objects.filter(article=OuterRef("pk"), done_at=None, withdrawn_at=None)
    if whose == "me":
        return rows.filter(Exists(live.filter(person=by.person)))
    return rows.filter(Exists(live) if whose == "somebody" else ~Exists(live))


def assignments(article: Article) -> list[Assignment]:
    """Return the live assignments of an article, the soonest due first. One query."""
    return list(
        Assignment.objects.filter(article=article, done_at=None, withdrawn_at=None)
        .select_related("person")
        .order_by(F("due").asc(nulls_last=True), "created_at", "uuid")
    )


def assignable(by: Member) -> list[tuple[str, str]]:
    """Return the members who may be asked for something: everybody but those who only read."""
    found = (
        Membership.objects.filter(
            project=by.project,
            account__is_active=True,
            account__people__project=by.project,
            account__people__ended_at=None,
        )
        .exclude(role=Role.VIEWER)
        .order_by("account__people__person")
        .values_list("account__people__person", "account__people__person__name")
    )
    return [(str(key), name) for key, name in sorted(found, key=lambda one: one[1].casefold())]


def assigned_to(articles: Iterable[UUID]) -> dict[UUID, list[Assignment]]:
    """Return the live assignments of each of the articles, by article. One query."""
    found: dict[UUID, list[Assignment]] = {}
    rows = Assignment.objects.filter(article__in=articles, done_at=None, withdrawn_at=None)
    for row in rows.select_related("person").order_by(F("due").asc(nulls_last=True), "created_at"):
        found.setdefault(row.article_id, []).append(row)
    return found
