"""A project's settings: what it is, who works in it, its labels and its rules for a sign-off.

Every form stands on one page and posts to an address of its own; one that is refused comes back
on that page with what was typed. Who may not change them reads them there.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from annotations import forms
from annotations.actions import projects as actions
from annotations.domain.permissions import RIGHTS, Right
from annotations.domain.vocabulary import Mode, Preset
from annotations.html import show_note
from annotations.queries import access
from annotations.queries import projects as queries
from annotations.queries.access import Member
from annotations.views import answers
from annotations.views.attempts import attempt

LABEL_FIELDS = ("name", "key", "colour", "definition")


@require_safe
def settings(request: HttpRequest, slug: str) -> HttpResponse:
    return _page(request, access.member(request.user, slug))


def _page(
    request: HttpRequest,
    member: Member,
    *,
    refused: dict[str, Form] | None = None,
    **more: Any,
) -> HttpResponse:
    """Return the whole page; ``refused`` are bound forms, by name, that stand on it as typed."""
    project = member.project
    bound = refused or {}

    def form(name: str, make: Callable[..., Form], **options: Any) -> Form:
        return bound.get(name) or make(auto_id=f"{name}-%s", **options)

    people = [
        {
            "row": row,
            "rename": form(
                f"rename-{row.uuid}",
                forms.RenameForm,
                initial={"name": row.name, "revision": row.revision},
            ),
            "role": form(f"role-{row.uuid}", forms.RoleForm, initial={"role": row.role}),
            "link": form(f"link-{row.uuid}", forms.MemberForm),
            "remove": form(f"remove-{row.uuid}", Form),
        }
        for row in queries.people(member)
    ]
    labels = [
        {
            "row": row,
            "form": form(
                f"label-{row.uuid}",
                forms.LabelForm,
                initial={
                    "revision": row.revision,
                    "retired": row.retired,
                    **{name: getattr(row, name) for name in LABEL_FIELDS},
                },
            ),
            "definition": show_note(row.definition),
        }
        for row in queries.labels(member)
    ]
    context = {
        "here": "settings",
        "member": member,
        "project": project,
        "may_settings": member.may(Right.SETTINGS),
        "may_members": member.may(Right.MEMBERS),
        "may_make": access.may_make(member.account),
        "mode": Mode(project.mode),
        "preset": Preset(project.preset),
        "guidelines": show_note(project.guidelines),
        "details": form(
            "details",
            forms.ProjectForm,
            initial={
                "revision": project.revision,
                "name": project.name,
                "organisation": project.organisation,
                "guidelines": project.guidelines,
            },
        ),
        "policy": form(
            "policy",
            forms.PolicyForm,
            initial=forms.PolicyForm.initial_of(project.rules, project.revision),
        ),
        "rules": _rules_in_words(member),
        "people": people,
        "labels": labels,
        "new_member": form("new-member", forms.MemberForm),
        "new_account": form("new-account", forms.AccountForm),
        "new_person": form("new-person", forms.PersonForm),
        "new_label": form("new-label", forms.NewLabelForm),
        "roles": [
            (role, ", ".join(sorted(right.replace("_", " ") for right in rights)))
            for role, rights in RIGHTS.items()
        ],
        **more,
    }
    return render(request, "annotations/settings.html", context, status=422 if refused else 200)


def _rules_in_words(member: Member) -> list[tuple[str, str]]:
    """Return each rule's question and its answer."""
    found = []
    for name, value in member.project.rules.to_json().items():
        if isinstance(value, bool):
            words = "yes" if value else "no"
        elif isinstance(value, list):
            words = ", ".join(item.replace("_", " ") for item in value) or "none"
        else:
            words = str(value)
        found.append((forms.RULES[name][0], words))
    return found


def _change(
    request: HttpRequest,
    member: Member,
    name: str,
    form: Form,
    act: Callable[[], object],
    done: str,
    *,
    anchor: str,
) -> HttpResponse:
    """Run ``act`` where the form is good; come back to the page either way."""
    if form.is_valid() and attempt(form, act):
        address = reverse("settings", args=[member.project.slug])
        return answers.done(request, done, f"{address}#{anchor}")
    # What else stands on the page is what is stored now, not what was read before the attempt.
    return _page(request, access.member(request.user, member.project.slug), refused={name: form})


# --- the project ------------------------------------------------------------------------------


@require_POST
def change_details(request: HttpRequest, slug: str) -> HttpResponse:
    member = access.member(request.user, slug)
    member.must(Right.SETTINGS)
    form = forms.ProjectForm(request.POST, auto_id="details-%s")
    return _change(
        request,
        member,
        "details",
        form,
        lambda: actions.change_project(
            member.project,
            by=member.person,
            **forms.values_of(form, ("revision", "name", "organisation", "guidelines")),
        ),
        "Saved.",
        anchor="project",
    )


@require_POST
def change_policy(request: HttpRequest, slug: str) -> HttpResponse:
    member = access.member(request.user, slug)
    member.must(Right.SETTINGS)
    form = forms.PolicyForm(request.POST, auto_id="policy-%s")
    return _change(
        request,
        member,
        "policy",
        form,
        lambda: actions.change_project(
            member.project,
            by=member.person,
            revision=form.cleaned_data["revision"],
            policy=form.rules,
        ),
        "The rules are saved.",
        anchor="policy",
    )


# --- people -----------------------------------------------------------------------------------


@require_POST
def add_member(request: HttpRequest, slug: str) -> HttpResponse:
    member = access.member(request.user, slug)
    member.must(Right.MEMBERS)
    form = forms.MemberForm(request.POST, auto_id="new-member-%s")

    def act() -> None:
        account = access.account_to_add(member, form.cleaned_data["username"])
        actions.set_member(
            member.project, account=account, role=form.cleaned_data["role"], by=member.person
        )

    name = form.data.get("username", "")
    return _change(
        request, member, "new-member", form, act, f"{name} is a member now.", anchor="people"
    )


@require_POST
@never_cache
def add_account(request: HttpRequest, slug: str) -> HttpResponse:
    """Make an account and show its password, this once: in the answer, not in a message."""
    member = access.member(request.user, slug)
    member.must(Right.MEMBERS)
    form = forms.AccountForm(request.POST, auto_id="new-account-%s")
    if form.is_valid():
        made: list[tuple[Any, str]] = []

        def act() -> None:
            person, password = actions.add_account(
                member.project,
                by=member.person,
                **forms.values_of(form, ("username", "name", "role")),
            )
            made.append((person, password))

        if attempt(form, act):
            [(person, password)] = made
            return _page(
                request,
                member,
                made={
                    "name": person.name,
                    "username": queries.account_of(member, person).get_username(),
                    "password": password,
                },
            )
    return _page(request, member, refused={"new-account": form})


@require_POST
def add_person(request: HttpRequest, slug: str) -> HttpResponse:
    member = access.member(request.user, slug)
    member.must(Right.MEMBERS)
    form = forms.PersonForm(request.POST, auto_id="new-person-%s")
    return _change(
        request,
        member,
        "new-person",
        form,
        lambda: actions.add_person(
            member.project, name=form.cleaned_data["name"], by=member.person
        ),
        "Added. Rights come with a link to an account.",
        anchor="people",
    )


@require_POST
def rename_person(request: HttpRequest, slug: str, person: UUID) -> HttpResponse:
    member = access.member(request.user, slug)
    member.must(Right.MEMBERS)
    named = access.person(member, person)
    form = forms.RenameForm(request.POST, auto_id=f"rename-{person}-%s")
    return _change(
        request,
        member,
        f"rename-{person}",
        form,
        lambda: actions.rename_person(
            named, by=member.person, **forms.values_of(form, ("name", "revision"))
        ),
        "Renamed.",
        anchor=f"person-{person}",
    )


@require_POST
def set_role(request: HttpRequest, slug: str, person: UUID) -> HttpResponse:
    member = access.member(request.user, slug)
    member.must(Right.MEMBERS)
    whom = access.person(member, person)
    form = forms.RoleForm(request.POST, auto_id=f"role-{person}-%s")
    return _change(
        request,
        member,
        f"role-{person}",
        form,
        lambda: actions.set_member(
            member.project,
            account=queries.account_of(member, whom),
            role=form.cleaned_data["role"],
            by=member.person,
        ),
        f"The role of {whom.name} is set.",
        anchor=f"person-{person}",
    )


@require_POST
def remove_member(request: HttpRequest, slug: str, person: UUID) -> HttpResponse:
    member = access.member(request.user, slug)
    member.must(Right.MEMBERS)
    whom = access.person(member, person)
    return _change(
        request,
        member,
        f"remove-{person}",
        Form(request.POST),
        lambda: actions.remove_member(
            member.project, account=queries.account_of(member, whom), by=member.person
        ),
        f"{whom.name} is no member any more; what they did stays.",
        anchor="people",
    )


@require_POST
def link_person(request: HttpRequest, slug: str, person: UUID) -> HttpResponse:
    member = access.member(request.user, slug)
    member.must(Right.MEMBERS)
    whom = access.person(member, person)
    form = forms.MemberForm(request.POST, auto_id=f"link-{person}-%s")
    return _change(
        request,
        member,
        f"link-{person}",
        form,
        lambda: actions.link_person(
            whom,
            account=access.account_to_add(member, form.cleaned_data["username"]),
            role=form.cleaned_data["role"],
            by=member.person,
        ),
        f"{whom.name} is linked.",
        anchor=f"person-{person}",
    )


# --- labels -----------------------------------------------------------------------------------


@require_POST
def add_label(request: HttpRequest, slug: str) -> HttpResponse:
    member = access.member(request.user, slug)
    member.must(Right.SETTINGS)
    form = forms.NewLabelForm(request.POST, auto_id="new-label-%s")
    return _change(
        request,
        member,
        "new-label",
        form,
        lambda: actions.add_label(
            member.project, by=member.person, **forms.values_of(form, (*LABEL_FIELDS, "kind"))
        ),
        "The label is added.",
        anchor="labels",
    )


@require_POST
def change_label(request: HttpRequest, slug: str, label: UUID) -> HttpResponse:
    member = access.member(request.user, slug)
    member.must(Right.SETTINGS)
    changed = access.label(member, label)
    form = forms.LabelForm(request.POST, auto_id=f"label-{label}-%s")
    return _change(
        request,
        member,
        f"label-{label}",
        form,
        lambda: actions.change_label(
            changed,
            by=member.person,
            **forms.values_of(form, (*LABEL_FIELDS, "retired", "revision")),
        ),
        "The label is changed.",
        anchor=f"label-{label}",
    )


_PEOPLE = "p/<slug:slug>/settings/people/<uuid:person>/"
urlpatterns = [
    path("p/<slug:slug>/settings/", settings, name="settings"),
    path("p/<slug:slug>/settings/project/", change_details, name="project-change"),
    path("p/<slug:slug>/settings/policy/", change_policy, name="policy-change"),
    path("p/<slug:slug>/settings/members/add/", add_member, name="member-add"),
    path("p/<slug:slug>/settings/accounts/add/", add_account, name="account-add"),
    path("p/<slug:slug>/settings/people/add/", add_person, name="person-add"),
    path(f"{_PEOPLE}rename/", rename_person, name="person-rename"),
    path(f"{_PEOPLE}role/", set_role, name="member-role"),
    path(f"{_PEOPLE}remove/", remove_member, name="member-remove"),
    path(f"{_PEOPLE}link/", link_person, name="person-link"),
    path("p/<slug:slug>/settings/labels/add/", add_label, name="label-add"),
    path("p/<slug:slug>/settings/labels/<uuid:label>/", change_label, name="label-change"),
]
