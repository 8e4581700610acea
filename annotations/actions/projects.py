"""Projects, people, members and labels."""

import re
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from annotations.actions.accounts import free_username, make_account_and_password, require_maker
from annotations.actions.operational import fill_inboxes, salt
from annotations.actions.recording import Operation, check_revision, operation, require
from annotations.domain.errors import AlreadyThere, Refused
from annotations.domain.events import Kind
from annotations.domain.history import account_digest
from annotations.domain.limits import MOST_PEOPLE, check_room
from annotations.domain.permissions import Right
from annotations.domain.policy import DEFAULT_LABELS, PRESETS, RESERVED_KEYS, Policy
from annotations.domain.vocabulary import LabelKind, Preset, Role, StreamKind
from annotations.html import check_note
from annotations.models import (
    Article,
    Citation,
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
from annotations.queries.four_eyes import has_acted

#: What of a project ``change_project`` may change; its slug stands in addresses and stays.
CHANGEABLE = frozenset({"name", "organisation", "guidelines", "policy", "mode"})
#: What of a label ``change_label`` may change.
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
_COLOUR = re.compile(r"(?:#[0-9a-f]{6})?")
_KEY = re.compile(r"[a-z0-9]")
LABEL_CHANGEABLE = frozenset({"key", "name", "kind", "colour", "definition", "position", "retired"})


def _name(name: str, what: str, longest: int) -> str:
    """Return a name with its blanks made single; refuse an empty or too long one."""
    name = " ".join(name.split())
    if not name:
        raise Refused(f"A {what} needs a name.", code="name_missing")
    if len(name) > longest:
        raise Refused(
            f"The name of a {what} may have {longest} characters; this one has {len(name)}.",
            code="name_length",
        )
    return name


def add_account(
    project: Project, *, username: str, role: str, by: Person, name: str = ""
) -> tuple[Person, str]:
    """Make an account for somebody new and give it a role here; return person and password.

    Only for whom ``require_maker`` lets. Where that is not staff the user name gets an end that
    nobody can foresee, because a name that is refused would tell that somebody has it.
    """
    with transaction.atomic():
        require(by, Right.MEMBERS, project.pk)
        maker = User.objects.get(people__person=by, people__ended_at=None)
        require_maker(maker)
        if not maker.is_staff:
            username = free_username(username)
        account, password = make_account_and_password(username, name=name)
        return set_member(project, account=account, role=role, by=by), password


def begin_project(*, account: User, **values: Any) -> tuple[Project, Person]:
    """Begin a project as ``create_project`` does, for an account that may."""
    require_maker(account)
    return create_project(account=account, **values)


def create_project(
    *,
    slug: str,
    name: str,
    account: User,
    person_name: str = "",
    organisation: str = "",
    preset: str = Preset.DESK,
) -> tuple[Project, Person]:
    """Begin a project from a preset, with ``account`` as its manager; return it and the person.

    For whoever runs this machine; ``begin_project`` is for everybody else.
    Raises ``AlreadyThere`` when the slug is taken.
    """
    if not _SLUG.fullmatch(slug):
        raise Refused(
            f"“{slug}” cannot stand in an address: use up to 60 small letters, digits and "
            "hyphens, for example city-desk.",
            code="slug",
        )
    if preset not in Preset.values:
        raise Refused(
            f"There is no preset “{preset}”. Presets: {', '.join(Preset.values)}.", code="preset"
        )
    name = _name(name, "project", 200)
    mode, policy = PRESETS[Preset(preset)]
    project = Project(
        slug=slug,
        name=name,
        organisation=organisation,
        mode=mode,
        preset=preset,
        policy=policy.to_json(),
    )
    person = Person(project=project, name=person_name or _display_name(account))
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


def adopt_project(project: Project, *, account: User, person: Person) -> None:
    """Make ``account`` the first manager of a project that came without any, as ``person``.

    A fixture brings no rights, so whoever loaded it says who begins. Only while the project has
    no member: after that its managers decide.
    """
    with operation(project, person, project.pk) as op:
        if person.project_id != project.pk:
            raise Refused(f"{person.name} belongs to another project.", code="other_project")
        if Membership.objects.filter(project=project).exists():
            raise AlreadyThere(
                f"“{project.name}” has members already; its managers add others.",
                code="has_members",
            )
        _check_four_eyes(person, account)
        if not PersonAccount.objects.filter(person=person, ended_at=None).exists():
            _link(op, person, account)
        _set_role(op, account, person, Role.MANAGER)


def _display_name(account: User) -> str:
    return account.get_full_name() or account.get_username()


def _access(op: Operation) -> UUID:
    """Return the stream of the project's links and roles, opened at the first of them here.

    It is apart from the project's own stream, because who may log in differs from database to
    database while the project's history is one (docs/decisions/0005-access-stream.md). Whoever
    calls holds the project's stream, so nobody opens it twice.
    """
    found = Stream.objects.filter(project=op.project, kind=StreamKind.ACCESS).first()
    if found is None:
        found = Stream(project=op.project, kind=StreamKind.ACCESS)
        op.open(found)
    elif not op.holds(found.pk):
        op.lock(found.pk)
    return found.pk


def _link(op: Operation, person: Person, account: User) -> None:
    links = PersonAccount.objects.filter(project=op.project, account=account, ended_at=None)
    links.update(ended_at=op.at)
    PersonAccount.objects.create(person=person, project=op.project, account=account, since=op.at)
    _tell(op, Kind.PERSON_LINKED, person.pk, account)
    fill_inboxes(op.project.pk, person)


def _set_role(op: Operation, account: User, person: Person, role: str) -> None:
    Membership.objects.update_or_create(
        project=op.project, account=account, defaults={"role": role}
    )
    _tell(op, Kind.MEMBER_SET, person.pk, account, role=str(role))


def _tell(op: Operation, kind: Kind, person: UUID, account: User, **more: Any) -> None:
    """Record who acts as whom, in which role; the account by a digest that only we can make."""
    hidden = account_digest(salt(), account.pk)
    op.record(_access(op), kind, always=True, person=str(person), account=hidden, **more)


def _check_people(project: Project) -> None:
    check_room(
        Person.objects.filter(project=project).count(),
        MOST_PEOPLE,
        "People of this project",
        "Give one of them to another account, or begin another project.",
    )


def add_person(project: Project, *, name: str, by: Person) -> Person:
    """Add somebody the project knows by name; rights come with a link to an account."""
    with operation(project, by, project.pk) as op:
        require(by, Right.MEMBERS, project.pk)
        _check_people(project)
        person = op.create(Person(project=project, name=_name(name, "person", 150)))
        op.record(project.pk, Kind.PERSON_ADDED)
    return person


def rename_person(person: Person, *, name: str, by: Person, revision: int | None = None) -> None:
    with operation(person.project, by, person.project_id) as op:
        require(by, Right.MEMBERS, person.project_id)
        person.refresh_from_db()
        check_revision(person, revision)
        op.save(person, name=_name(name, "person", 150))
        op.record(person.project_id, Kind.PERSON_RENAMED)


def set_member(
    project: Project,
    *,
    account: User,
    role: str,
    by: Person,
    person: Person | None = None,
) -> Person:
    """Give an account a role in the project; return the person it acts as.

    An account that has no person here yet is linked to ``person``, or to a new one of its name;
    ``link_person`` moves one that has. Raises ``Refused`` for the last manager's demotion.
    """
    with operation(project, by, project.pk) as op:
        require(by, Right.MEMBERS, project.pk)
        linked = Person.objects.filter(
            links__project=project, links__account=account, links__ended_at=None
        ).first()
        if linked is None:
            if person is None:
                _check_people(project)
                linked = op.create(Person(project=project, name=_display_name(account)))
                op.record(project.pk, Kind.PERSON_ADDED)
            else:
                linked = person
                if linked.project_id != project.pk:
                    raise Refused(
                        f"{linked.name} belongs to another project.", code="other_project"
                    )
                _refuse_another_account(linked, account)
            _check_four_eyes(linked, account)
            _link(op, linked, account)
        _give(op, account, linked, role)
    return linked


def _give(op: Operation, account: User, person: Person, role: str) -> None:
    """Give the account its role, where it has another or none."""
    if role not in Role.values:
        raise Refused(f"There is no role “{role}”. Roles: {', '.join(Role.values)}.", code="role")
    _keep_a_manager(op.project, account, role)
    before = Membership.objects.filter(project=op.project, account=account).first()
    if before is None or before.role != role:
        _set_role(op, account, person, role)


def remove_member(project: Project, *, account: User, by: Person) -> None:
    """Take the account's role and end its link; what the person did stays."""
    with operation(project, by, project.pk) as op:
        require(by, Right.MEMBERS, project.pk)
        _keep_a_manager(project, account, None)
        link = PersonAccount.objects.filter(project=project, account=account, ended_at=None).first()
        Membership.objects.filter(project=project, account=account).delete()
        if link is not None:
            PersonAccount.objects.filter(pk=link.pk).update(ended_at=op.at)
            _tell(op, Kind.MEMBER_REMOVED, link.person_id, account)


def link_person(person: Person, *, account: User, by: Person, role: str | None = None) -> None:
    """Let ``account`` act as ``person`` from now on; its former person keeps what it did.

    ``role`` is given to the account where it has none here or another. Raises ``Refused`` where
    the person has acted and the account was never theirs, and where one account would become both
    author and second reader of a span.
    """
    project = person.project
    with operation(project, by, project.pk) as op:
        require(by, Right.MEMBERS, project.pk)
        _refuse_another_account(person, account)
        _move(op, person, account, role)


def hand_over(person: Person, *, account: User, role: str | None = None) -> None:
    """Let ``account`` act as somebody who has acted before, perhaps by another account.

    No right of a project allows it: only whoever runs the machine can know who is who. History
    and certificate say "through another account" from then on.
    """
    project = person.project
    with operation(project, person, project.pk) as op:
        _move(op, person, account, role)


def _move(op: Operation, person: Person, account: User, role: str | None) -> None:
    links = PersonAccount.objects.filter(project=op.project, ended_at=None)
    if not links.filter(person=person, account=account).exists():
        _check_four_eyes(person, account)
        _link(op, person, account)
    if role is not None:
        _give(op, account, person, role)


def _refuse_another_account(person: Person, account: User) -> None:
    """Refuse that a manager chooses who acts in the name of somebody who has acted already."""
    known = PersonAccount.objects.filter(person=person, account=account).exists()
    if not known and has_acted(person):
        raise Refused(
            f"{person.name} has worked in this project, so only whoever runs this machine links "
            f"them to another account, by manage.py link_person.",
            code="person_acted",
        )


def _check_four_eyes(person: Person, account: User) -> None:
    links = PersonAccount.objects.filter(project=person.project_id)
    if links.filter(person=person, ended_at=None).exclude(account=account).exists():
        raise AlreadyThere(
            f"{person.name} is linked to another account already.", code="person_linked"
        )
    mine = {person.pk, *links.filter(account=account).values_list("person", flat=True)}
    confirmed = Citation.objects.filter(confirmed_by__in=mine, added_by__in=mine)
    if confirmed.exclude(confirmed_by=F("added_by")).exists():
        raise Refused(
            "This account would then have confirmed a citation that it added. Link another "
            "account.",
            code="four_eyes",
        )
    read = Decision.objects.filter(reader__in=mine, span__article__project=person.project_id)
    for authors, reader, author in read.values_list("span__authors", "reader", "span__author"):
        wrote = {key for key in mine if key.hex in authors.split()} | ({author} & mine)
        if wrote - {reader}:
            raise Refused(
                "This account would then be both author and second reader of the same span. "
                "Link another account.",
                code="four_eyes",
            )


def _keep_a_manager(project: Project, account: User, role: str | None) -> None:
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
        unknown = values.keys() - CHANGEABLE
        if unknown:
            raise Refused(f"The {min(unknown)} of a project cannot be changed.", code="fixed")
        if "name" in values:
            values["name"] = _name(values["name"], "project", 200)
        if "guidelines" in values:
            check_note(values["guidelines"])
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
        if kind not in LabelKind.values:
            raise Refused(
                f"There is no kind “{kind}”. Kinds: {', '.join(LabelKind.values)}.",
                code="label_kind",
            )
        values = _check_label(
            project,
            None,
            {"key": key, "name": name, "colour": colour, "definition": definition},
        )
        label = op.create(
            Label(
                **values,
                project=project,
                kind=kind,
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
        unknown = values.keys() - LABEL_CHANGEABLE
        if unknown:
            raise Refused(f"The {min(unknown)} of a label cannot be changed.", code="fixed")
        values = _check_label(project, label, values)
        op.save(label, **values)
        op.record(project.pk, Kind.LABEL_CHANGED)
        op.touch(
            Article.objects.filter(spans__label=label, sign_offs__lapsed_at=None)
            .values_list("pk", flat=True)
            .distinct()
        )


def _check_label(project: Project, label: Label | None, values: dict[str, Any]) -> dict[str, Any]:
    """Return what was given of a label as it is stored, or refuse it."""
    values = dict(values)
    if "name" in values:
        values["name"] = _name(values["name"], "label", 40)
    if "definition" in values:
        check_note(values["definition"])
    if "colour" in values:
        values["colour"] = values["colour"].lower()
        if not _COLOUR.fullmatch(values["colour"]):
            raise Refused(
                f"“{values['colour']}” is no colour; give six hex digits after #, for example "
                "#1763a6, or nothing for the colour of its kind.",
                code="colour",
            )
    if "key" in values:
        values["key"] = values["key"].lower()
        _check_key(project, values["key"], label)
    return values


def _check_key(project: Project, key: str, label: Label | None) -> None:
    if not _KEY.fullmatch(key):
        raise Refused(
            f"The key of a label is one letter from a to z or one digit, not “{key}”.",
            code="label_key",
        )
    if key in RESERVED_KEYS:
        raise Refused(
            f"The key “{key}” does something else in the workspace; choose another than "
            f"{', '.join(RESERVED_KEYS)}.",
            code="label_key",
        )
    taken = Label.objects.filter(project=project, key=key)
    if label is not None:
        taken = taken.exclude(pk=label.pk)
    if taken.exists():
        raise AlreadyThere(f"The key “{key}” belongs to another label.", code="label_key_taken")
