"""Projects, people, members and labels as their screens show them."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Count, Exists, F, Max, OuterRef, Q

from annotations.domain.errors import Missing, Refused
from annotations.domain.vocabulary import LabelKind, Role, StreamKind
from annotations.models import (
    Article,
    Event,
    Label,
    Membership,
    Person,
    PersonAccount,
    Project,
)
from annotations.queries import access
from annotations.queries.access import Member
from annotations.queries.articles import superseded


@dataclass(frozen=True)
class ProjectRow:
    slug: str
    name: str
    organisation: str
    role: Role
    articles: int
    #: When anything that every member may read last changed.
    changed_at: datetime.datetime


def project_rows(account: User) -> list[ProjectRow]:
    """Return the account's projects by name. Four queries, however many projects."""
    projects = list(access.projects(account).defer("guidelines", "policy"))
    keys = [project.pk for project in projects]
    roles = dict(
        Membership.objects.filter(account=account, project__in=keys).values_list("project", "role")
    )
    articles = dict(
        Article.objects.filter(project__in=keys, purged_at=None)
        .exclude(pk__in=superseded(*keys))
        .order_by()
        .values("project")
        .values_list("project", Count("pk"))
    )
    # Layers are left out: their events are for one person's eyes.
    changed = dict(
        Event.objects.filter(
            sequence=F("stream__sequence"),
            stream__project__in=keys,
            stream__kind__in=(StreamKind.PROJECT, StreamKind.ARTICLE),
        )
        .order_by()
        .values("stream__project")
        .values_list("stream__project", Max("time"))
    )
    return [
        ProjectRow(
            slug=project.slug,
            name=project.name,
            organisation=project.organisation,
            role=Role(roles[project.pk]),
            articles=articles.get(project.pk, 0),
            changed_at=datetime.datetime.fromtimestamp(changed[project.pk] / 1000, tz=datetime.UTC),
        )
        for project in projects
    ]


@dataclass(frozen=True)
class PersonRow:
    uuid: UUID
    name: str
    revision: int
    #: The user name of the account that acts as the person, or "".
    account: str
    role: Role | None
    #: Whether that account may log in.
    active: bool
    #: Whether the person has done anything here, so that they are not linked on a page.
    acted: bool


def people(by: Member) -> list[PersonRow]:
    """Return everybody the project knows: members first, then by name. Three queries."""
    links = {
        link.person_id: link.account
        for link in PersonAccount.objects.filter(project=by.project, ended_at=None).select_related(
            "account"
        )
    }
    roles = dict(Membership.objects.filter(project=by.project).values_list("account", "role"))
    rows = []
    acted = Exists(Event.objects.filter(actor=OuterRef("pk")))
    for person in Person.objects.filter(project=by.project).annotate(acted=acted):
        account = links.get(person.pk)
        role = roles.get(account.pk) if account is not None else None
        rows.append(
            PersonRow(
                uuid=person.pk,
                name=person.name,
                revision=person.revision,
                account=account.get_username() if account is not None else "",
                role=None if role is None else Role(role),
                active=account is not None and account.is_active,
                acted=person.acted,
            )
        )
    return sorted(rows, key=lambda row: (row.role is None, row.name.casefold(), row.uuid))


@dataclass(frozen=True)
class LabelRow:
    uuid: UUID
    key: str
    name: str
    kind: LabelKind
    colour: str
    definition: str
    position: int
    retired: bool
    revision: int
    #: How many live spans carry it, of those that every member may read.
    spans: int


def labels(by: Member) -> list[LabelRow]:
    """Return every label of the project, retired ones too, in their order. One query."""
    rows = Label.objects.filter(project=by.project).annotate(
        marked=Count(
            "spans",
            filter=by.readable("spans__stream__") & Q(spans__withdrawn_at=None),
        )
    )
    return [
        LabelRow(
            uuid=row.pk,
            key=row.key,
            name=row.name,
            kind=LabelKind(row.kind),
            colour=row.colour,
            definition=row.definition,
            position=row.position,
            retired=row.retired,
            revision=row.revision,
            spans=row.marked,
        )
        for row in rows
    ]


def account_named(username: str) -> User:
    """Return the account of this user name; only whoever manages a project may ask.

    Raises ``Refused`` where there is none.
    """
    found = User.objects.filter(username=username).first()
    if found is None:
        raise Refused(f"There is no account “{username}”.", code="account_unknown")
    return found


def account_of(by: Member, person: Person) -> User:
    """Return the account that acts as ``person`` now.

    Raises ``Refused`` where none does.
    """
    link = (
        PersonAccount.objects.filter(project=by.project, person=person, ended_at=None)
        .select_related("account")
        .first()
    )
    if link is None:
        raise Refused(f"{person.name} is linked to no account.", code="not_linked")
    return link.account


def project_named(slug: str) -> Project:
    """Return a project for a command of whoever runs this machine: no membership is asked."""
    found = Project.objects.filter(slug=slug).first()
    if found is None:
        known = ", ".join(Project.objects.order_by("slug").values_list("slug", flat=True)[:20])
        raise Missing(f"There is no project “{slug}”. Projects: {known or 'none yet'}.")
    return found


def person_named(project: Project, name: str) -> Person:
    """Return the one person of the project with exactly this name, for a command.

    Raises ``Missing`` where nobody or more than one has it.
    """
    people = list(Person.objects.filter(project=project).order_by("name", "uuid"))
    found = [person for person in people if person.name == name]
    if len(found) != 1:
        known = ", ".join(person.name for person in people)
        raise Missing(
            f"{len(found) or 'Nobody'} of the project’s people {'are' if found else 'is'} called "
            f"“{name}”. People: {known}."
        )
    return found[0]


def has_members(project: Project) -> bool:
    return Membership.objects.filter(project=project).exists()


def has_history(heads: Sequence[tuple[UUID, int, str]]) -> bool:
    """Say whether every history of (stream, sequence, hash) is here, be it longer by now."""
    return bool(heads) and all(
        Event.objects.filter(stream=stream, sequence=sequence, hash=found).exists()
        for stream, sequence, found in heads
    )
