"""Who is asked to do what on an article: forms on its details page."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from annotations.actions import assignments as actions
from annotations.domain.permissions import Right
from annotations.forms import AssignForm
from annotations.queries import access
from annotations.queries.access import Member
from annotations.queries.assignments import assignable, assignments
from annotations.views.answers import done, form_refusal, key_of, safe_next


def context_of(by: Member, on: Any) -> dict[str, Any]:
    """Return what ``_assignments.html`` shows."""
    may_assign = by.may(Right.ASSIGN)
    return {
        "assignments": assignments(on),
        "me": by.person.pk,
        "may_assign": may_assign,
        "assign_form": AssignForm(people=assignable(by)) if may_assign else None,
    }


@require_POST
def assign(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    by = access.member(request.user, slug)
    on = access.article(by, article)
    by.must(Right.ASSIGN)
    form = AssignForm(request.POST, people=assignable(by))
    if not form.is_valid():
        raise form_refusal(form)
    values = form.cleaned_data
    person = access.person(by, UUID(values["person"]))
    made = actions.assign(
        on,
        person=person,
        kind=values["kind"],
        due=values["due"],
        by=by.person,
        key=key_of(request),
    )
    words = f"Assigned to {made.person.name}: {made.get_kind_display()}."
    return done(request, words, _back(request, by, on.pk))


@require_POST
def withdraw(request: HttpRequest, slug: str, article: UUID, assignment: UUID) -> HttpResponse:
    by = access.member(request.user, slug)
    found = access.assignment(by, assignment, of=article)
    actions.withdraw_assignment(found, by=by.person, key=key_of(request))
    return done(request, "Withdrawn.", _back(request, by, article))


@require_POST
def finish(request: HttpRequest, slug: str, article: UUID, assignment: UUID) -> HttpResponse:
    by = access.member(request.user, slug)
    found = access.assignment(by, assignment, of=article)
    actions.finish_assignment(found, by=by.person, key=key_of(request))
    return done(request, "Done.", _back(request, by, article))


def _back(request: HttpRequest, by: Member, article: UUID) -> str:
    details = reverse("article-details", args=[by.project.slug, article])
    return safe_next(request, f"{details}#assignments")


_ARTICLE = "p/<slug:slug>/a/<uuid:article>/assignments/"

urlpatterns = [
    path(f"{_ARTICLE}add", assign, name="assign"),
    path(f"{_ARTICLE}<uuid:assignment>/withdraw", withdraw, name="assignment-withdraw"),
    path(f"{_ARTICLE}<uuid:assignment>/done", finish, name="assignment-done"),
]
