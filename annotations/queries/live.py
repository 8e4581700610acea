"""What open streams ask: who may read on, and which of many articles and projects have moved."""

from collections.abc import Collection
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import Q, Sum
from django.http import HttpRequest
from django.utils.timezone import now

from annotations.domain.vocabulary import Mode, StreamKind
from annotations.models import Stream
from annotations.queries import access
from annotations.queries.access import Member


def account_of(session: str) -> User | None:
    """Return the account that is logged in in a session; None where it ended. Two queries."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session)
    found = get_user(request)
    return found if isinstance(found, User) and found.is_active else None


def ended(followed: Collection[tuple[str, int, str]]) -> set[str]:
    """Return which of these sessions are over, each given with its account's key and password.

    They are over in the database, whatever this process keeps of them. A new password ends the
    sessions that were begun with the one before. Two queries.
    """
    there = set(
        Session.objects.filter(
            session_key__in={session for session, _, _ in followed}, expire_date__gt=now()
        ).values_list("session_key", flat=True)
    )
    passwords = dict(
        User.objects.filter(
            pk__in={account for _, account, _ in followed}, is_active=True
        ).values_list("pk", "password")
    )
    return {
        session
        for session, account, password in followed
        if session not in there or passwords.get(account) != password
    }


@dataclass(frozen=True)
class Door:
    """As whom a stream of an account follows a project or one of its articles.

    Streams of one topic and one ``sight`` are told the same.
    """

    sight: str
    person: UUID
    role: str


def door(account: User, slug: str, article: UUID | None) -> tuple[Door, Member, Any]:
    """Open a project, or an article of it, for a stream; raises ``Missing``."""
    by = access.member(account, slug)
    on = None if article is None else access.article(by, article)
    sight = by.project.mode if by.project.mode == Mode.SHARED else str(by.person.pk)
    return Door(sight, by.person.pk, by.role), by, on


def heads(
    articles: Collection[UUID], projects: Collection[UUID], summed: Collection[UUID]
) -> dict[tuple[str, UUID], int]:
    """Return how many events there are, by what they are of.

    That is each of the articles, each project's own stream and its rights, and each project in
    ``summed`` with all its articles. Two queries.
    """
    found: dict[tuple[str, UUID], int] = {}
    own = Stream.objects.filter(
        Q(article__in=articles)
        | Q(project__in=projects, kind__in=(StreamKind.PROJECT, StreamKind.ACCESS))
    ).values_list("kind", "article", "project", "sequence")
    for kind, article, project, sequence in own:
        what = ("article", article) if article else (str(kind), project)
        found[what] = found.get(what, 0) + sequence
    if summed:
        totals = (
            Stream.objects.filter(project__in=summed)
            .order_by()
            .values("project")
            .values_list("project", Sum("sequence"))
        )
        found |= {("all", project): total for project, total in totals}
    return found
