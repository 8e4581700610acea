"""Projects, people, members and labels."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from annotations.actions.recording import Operation, check_revision, operation, require
from annotations.domain.errors import AlreadyThere, Refused
from annotations.domain.events import Kind
from annotations.domain.permissions import Right
from annotations.domain.policy import DEFAULT_LABELS, PRESETS, Policy
from annotations.domain.vocabulary import LabelKind, Preset, Role, StreamKind
from annotations.models import (
    Article,
    Decision,
    Label,
    Membership,
    Person,
    PersonAccount,
    Project,
    SignOff,
    Span,
    Stream,
)
from annotations.models.base import now


def create_project(
    *,
    slug: str,
    name: str,
    account: AbstractBaseUser,
    person_name: str = "",
    organisation: str = "",
    preset: str = Preset.DESK,
) -> tuple[Project, Person]:
    """Begin a project from a preset, with ``account`` as its manager; return it and the person.

    Raises ``AlreadyThere`` when the slug is taken.
    """
    mode, policy = PRESETS[Preset(preset)]
    project = Project(
        slug=slug,
        name=name,
        organisation=organisation,
        mode=mode,
        preset=preset,
        policy=policy.to_json(),
    )
    person = Person(project=project, name=person_name or account.get_username())
    with operation(project, person) as op:
        if Project.objects.filter(slug=slug).exists():
            raise AlreadyThere(f"There is a project “{slug}” already.", code="slug_taken")
        op.create(project)
        op.open(Stream(uuid=project.pk, project=project, kind=StreamKind.PROJECT))
        op.create(person)
        op.create_many(
            Label,
            [
                Label(
                    project=project,
                    key=key,
                    name=label,
                    kind=kind,
                    definition=definition,
                    position=position,
                )
                for position, (key, label, kind, definition) in enumerate(DEFAULT_LABELS)
            ],
        )
        op.record(project.pk, Kind.PROJECT_CREATED)
        _link(op, person, account)
        _set_role(op, account, person, Role.MANAGER)
    return project, person


def _link(op: Operation, person: Person, account: AbstractBaseUser) -> None:
    PersonAccount.objects.create(person=person, project=op.project, account=account)
    op.record(op.project.pk, Kind.PERSON_LINKED, always=True, person=str(person.pk))


def _set_role(op: Operation, account: AbstractBaseUser, person: Person, role: str) -> None:
    Membership.objects.update_or_create(
        project=op.project, account=account, defaults={"role": role}
    )
    op.record(op.project.pk, Kind.MEMBER_SET, always=True, person=str(person.pk), role=str(role))


def add_person(project: Project, *, name: str, by: Person) -> Person:
    """Add somebody the project knows by name; rights come with a link to an account."""
    with operation(project, by, project.pk) as op:
        require(by, Right.MEMBERS, project.pk)
        person = op.create(Person(project=project, name=name))
        op.record(project.pk, Kind.PERSON_ADDED)
    return person


def rename_person(person: Person, *, name: str, by: Person, revision: int | None = None) -> None:
    with operation(person.project, by, person.project_id) as op:
        require(by, Right.MEMBERS, person.project_id)
        person.refresh_from_db()
        check_revision(person, revision)
        op.save(person, name=name)
        op.record(person.project_id, Kind.PERSON_RENAMED)


def set_member(
    project: Project,
    *,
    account: AbstractBaseUser,
    role: str,
    by: Person,
    person: Person | None = None,
) -> Person:
    """Give an account a role in the project; return the person it acts as.

    An account that has no person here yet is linked to ``person``, or to a new one of its name.
    Raises ``Refused`` for the last manager's own demotion.
    """
    with operation(project, by, project.pk) as op:
        require(by, Right.MEMBERS, project.pk)
        _keep_a_manager(project, account, role)
        linked = Person.objects.filter(
            links__project=project, links__account=account, links__ended_at=None
        ).first()
        if linked is None:
            if person is None:
                linked = op.create(
                    Person(project=project, name=account.get_full_name() or account.get_username())
                )
                op.record(project.pk, Kind.PERSON_ADDED)
            else:
                linked = person
            _check_four_eyes(linked, account)
            _link(op, linked, account)
        before = Membership.objects.filter(project=project, account=account).first()
        if before is None or before.role != role:
            _set_role(op, account, linked, role)
    return linked


def remove_member(project: Project, *, account: AbstractBaseUser, by: Person) -> None:
    """Take the account's role and end its link; what the person did stays."""
    with operation(project, by, project.pk) as op:
        require(by, Right.MEMBERS, project.pk)
        _keep_a_manager(project, account, None)
        link = PersonAccount.objects.filter(project=project, account=account, ended_at=None).first()
        Membership.objects.filter(project=project, account=account).delete()
        if link is not None:
            PersonAccount.objects.filter(pk=link.pk).update(ended_at=now())
            op.record(project.pk, Kind.MEMBER_REMOVED, always=True, person=str(link.person_id))


def link_person(person: Person, *, account: AbstractBaseUser, by: Person) -> None:
    """Let ``account`` act as ``person`` from now on; its former person keeps what it did.

    Raises ``Refused`` where one account would become both author and second reader of a span.
    """
    project = person.project
    with operation(project, by, project.pk) as op:
        require(by, Right.MEMBERS, project.pk)
        links = PersonAccount.objects.filter(project=project, ended_at=None)
        if links.filter(person=person, account=account).exists():
            return
        if links.filter(person=person).exists():
            raise AlreadyThere(f"{person.name} is linked to another account already.")
        _check_four_eyes(person, account)
        links.filter(account=account).update(ended_at=now())
        _link(op, person, account)


def _check_four_eyes(person: Person, account: AbstractBaseUser) -> None:
    links = PersonAccount.objects.filter(project=person.project_id)
    if links.filter(person=person, ended_at=None).exclude(account=account).exists():
        raise AlreadyThere(f"{person.name} is linked to another account already.")
    mine = {person.pk, *links.filter(account=account).values_list("person", flat=True)}
    read = Decision.objects.filter(reader__in=mine, span__article__project=person.project_id)
    for authors, reader, author in read.values_list("span__authors", "reader", "span__author"):
        wrote = {key for key in mine if key.hex in authors.split()} | ({author} & mine)
        if wrote - {reader}:
            raise Refused(
                "This account would then be both author and second reader of the same span. "
                "Link another account.",
                code="four_eyes",
            )


def _keep_a_manager(project: Project, account: AbstractBaseUser, role: str | None) -> None:
    managers = Membership.objects.filter(project=project, role=Role.MANAGER)
    others = managers.exclude(account=account).exists()
    if role != Role.MANAGER and not others and managers.filter(account=account).exists():
        raise Refused(
            "A project needs a manager: make somebody else one first.", code="last_manager"
        )


def change_project(
    project: Project, *, by: Person, revision: int | None = None, **values: Any
) -> None:
    """Change name, organisation, guidelines, policy or mode.

    A change of the guidelines or the policy raises its version, and so every sign-off made
    under the version before lapses. Mode changes only while nothing is marked.
    """
    with operation(project, by, project.pk) as op:
        require(by, Right.SETTINGS, project.pk)
        project.refresh_from_db()
        check_revision(project, revision)
        if "policy" in values:
            values["policy"] = Policy.from_json(values["policy"]).to_json()
            if values["policy"] != project.policy:
                values["policy_version"] = project.policy_version + 1
        if values.get("guidelines", project.guidelines) != project.guidelines:
            values["guideline_version"] = project.guideline_version + 1
        mode_changes = values.get("mode", project.mode) != project.mode
        if mode_changes and Span.objects.filter(article__project=project).exists():
            raise Refused(
                "The mode cannot change once spans are marked: their layers would mix.",
                code="mode_in_use",
            )
        op.save(project, **values)
        op.record(project.pk, Kind.PROJECT_CHANGED)
        op.touch(
            SignOff.objects.filter(article__project=project, lapsed_at=None).values_list(
                "article", flat=True
            )
        )


def add_label(
    project: Project,
    *,
    key: str,
    name: str,
    kind: str,
    by: Person,
    definition: str = "",
    colour: str = "",
) -> Label:
    with operation(project, by, project.pk) as op:
        require(by, Right.SETTINGS, project.pk)
        _check_key(project, key, None)
        label = op.create(
            Label(
                project=project,
                key=key.lower(),
                name=name,
                kind=LabelKind(kind),
                definition=definition,
                colour=colour,
                position=Label.objects.filter(project=project).count(),
            )
        )
        op.record(project.pk, Kind.LABEL_ADDED)
    return label


def change_label(label: Label, *, by: Person, revision: int | None = None, **values: Any) -> None:
    """Change a label's key, name, colour, definition, place, or retire it; its kind is fixed."""
    project = label.project
    with operation(project, by, project.pk) as op:
        require(by, Right.SETTINGS, project.pk)
        label.refresh_from_db()
        check_revision(label, revision)
        if values.get("kind", label.kind) != label.kind:
            raise Refused("The kind of a label is fixed; add another label.", code="label_kind")
        if "key" in values:
            values["key"] = values["key"].lower()
            _check_key(project, values["key"], label)
        op.save(label, **values)
        op.record(project.pk, Kind.LABEL_CHANGED)
        op.touch(
            Article.objects.filter(spans__label=label, sign_offs__lapsed_at=None)
            .values_list("pk", flat=True)
            .distinct()
        )


def _check_key(project: Project, key: str, label: Label | None) -> None:
    taken = Label.objects.filter(project=project, key=key.lower())
    if label is not None:
        taken = taken.exclude(pk=label.pk)
    if taken.exists():
        raise AlreadyThere(f"The key “{key}” belongs to another label.", code="label_key_taken")
