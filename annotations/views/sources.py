"""The sources of a project: listed, searched, as a file; and one source with its citations."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotations.actions.evidence import (
    add_source,
    change_source,
    erase_older_states,
    set_confidential,
)
from annotations.actions.recording import Key
from annotations.domain.permissions import Right
from annotations.domain.vocabulary import Access
from annotations.forms import ChangeSourceForm, EraseForm, NewSourceForm
from annotations.queries import access
from annotations.queries.access import Member
from annotations.queries.evidence import readers
from annotations.queries.exports import events_that_tell, exports_that_name
from annotations.queries.source_list import (
    COLUMNS,
    SourcePage,
    citations_of,
    rows_of,
    source_page,
    source_rows,
    source_table,
    with_spans,
)
from annotations.queries.unseen import SIZE, unseen_rows
from annotations.tables import SourceFilter, SourceTable
from annotations.views.answers import done, key_of, paged
from annotations.views.attempts import attempt
from annotations.views.spreadsheet import send_list

PER_PAGE = 25
CITATIONS_PER_PAGE = 50


@login_required
@require_safe
def sources(request: HttpRequest, slug: str) -> HttpResponse:
    member = access.member(request.user, slug)
    rows = SourceFilter(request.GET, source_rows(member), member=member, request=request)
    table = SourceTable(rows.qs, member=member)
    paged(request, table, PER_PAGE)
    table.known = rows_of(member, [row.record for row in table.page.object_list])
    return render(
        request,
        "annotations/sources.html",
        {
            "project": member.project,
            "here": "sources",
            "filter": rows,
            "table": table,
            "filtered": any(request.GET.get(name) for name in rows.form.fields),
            "more": any(request.GET.get(name) for name in rows.form.fields if name != "q"),
            "sort": request.GET.get("sort", ""),
            "may_add": member.may(Right.ADD_EVIDENCE),
        },
    )


@login_required
@require_safe
def sources_csv(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Answer with what the page shows, all of it, in its order."""
    member = access.member(request.user, slug)
    member.must(Right.EXPORT)
    rows = SourceFilter(request.GET, source_rows(member), member=member, request=request)
    table = SourceTable(rows.qs, member=member)
    return send_list(request, member, table, name="sources", columns=COLUMNS, rows_of=source_table)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_source(request: HttpRequest, slug: str) -> HttpResponse:
    member = access.member(request.user, slug)
    member.must(Right.ADD_EVIDENCE)
    form = NewSourceForm(request.POST or None, readers=_readers(member))
    key = key_of(request)
    if form.is_valid():
        made: list[Any] = []
        if attempt(
            form,
            lambda: made.append(
                add_source(
                    member.project,
                    by=member.person,
                    confidential=form.cleaned_data["details"],
                    readers=_chosen(member, form),
                    key=key,
                    **form.values(),
                )
            ),
        ):
            return done(request, "The source is added.", _there(slug, made[0].pk))
    return render(
        request,
        "annotations/source_new.html",
        {"project": member.project, "here": "sources", "form": form},
        status=422 if form.errors else 200,
    )


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def source(request: HttpRequest, slug: str, source: UUID) -> HttpResponse:
    """Show a source with its citations; a POST changes it."""
    member = access.member(request.user, slug)
    found = access.source(member, source)
    if request.method != "POST":
        return _page(request, member, source_page(member, found))
    member.must(Right.ADD_EVIDENCE)
    page = source_page(member, found)
    if not page.may_change:
        return _page(request, member, page)
    form = ChangeSourceForm(request.POST, readers=_readers(member), of_article=found.article_id)
    key = key_of(request)
    if form.is_valid() and attempt(form, lambda: _change(member, found, form, key)):
        return done(request, "The source is changed.", _there(slug, source))
    return _page(request, member, source_page(member, found), form=form, status=422)


@login_required
@never_cache
@require_POST
def erase(request: HttpRequest, slug: str, source: UUID) -> HttpResponse:
    """Erase from the history what a confidential source was while it was open."""
    member = access.member(request.user, slug)
    found = access.source(member, source)
    member.must(Right.ERASE)
    form = EraseForm(request.POST, auto_id="erase-%s")
    key = key_of(request)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        erase_older_states(found, reason=reason, by=member.person, key=key)
        return done(request, "Erased from the history.", _there(slug, source))
    return _page(request, member, source_page(member, found), erase=form, status=422)


def _change(member: Member, source: Any, form: ChangeSourceForm, key: Key | None) -> None:
    revision = form.cleaned_data["revision"]
    change_source(source, by=member.person, revision=revision, key=key, **form.values())
    if source.access == Access.CONFIDENTIAL:
        set_confidential(
            source,
            details=form.cleaned_data["details"],
            readers=_chosen(member, form),
            by=member.person,
            key=key and key.part("details"),
        )


def _readers(member: Member) -> list[tuple[str, str]]:
    return [(str(person.pk), person.name) for person in readers(member)]


def _chosen(member: Member, form: Any) -> list[Any]:
    wanted = set(form.cleaned_data["readers"])
    return [person for person in readers(member) if str(person.pk) in wanted]


def _there(slug: str, source: UUID) -> str:
    return reverse("source", args=(slug, source))


def _page(
    request: HttpRequest,
    member: Member,
    page: SourcePage,
    *,
    form: ChangeSourceForm | None = None,
    erase: EraseForm | None = None,
    status: int = 200,
) -> HttpResponse:
    citations = Paginator(citations_of(member, page.source), CITATIONS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    keeper = member.may(Right.ERASE)
    hidden = page.view.confidential and (keeper or page.may_change)
    if form is None and page.may_change:
        form = ChangeSourceForm(
            initial=ChangeSourceForm.initial_of(page.source, page.view.details, page.readers),
            readers=_readers(member),
            of_article=page.source.article_id,
        )
    return render(
        request,
        "annotations/source.html",
        {
            "project": member.project,
            "here": "sources",
            "page": page,
            "source": page.source,
            "view": page.view,
            "citations": citations,
            "cited": with_spans(member, page.view, list(citations.object_list)),
            "form": form if page.may_change else None,
            "exports": exports_that_name(member, page.source) if hidden else [],
            "telling": len(events_that_tell(page.source)) if hidden else 0,
            "erase": (erase or EraseForm(auto_id="erase-%s")) if hidden and keeper else None,
        },
        status=status,
    )


@login_required
@require_safe
def unseen(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the evidence that no span shows, and the spans that can take it up again."""
    member = access.member(request.user, slug)
    rows, total = unseen_rows(member, 1)
    pages = Paginator(range(total), SIZE)
    page = pages.get_page(request.GET.get("page"))
    if page.number > 1:
        rows, _ = unseen_rows(member, page.number)
    context = {"project": member.project, "here": "sources", "rows": rows, "page": page}
    return render(request, "annotations/unseen.html", context)


urlpatterns = [
    path("p/<slug:slug>/sources/", sources, name="sources"),
    path("p/<slug:slug>/sources.csv", sources_csv, name="sources-csv"),
    path("p/<slug:slug>/sources/unseen/", unseen, name="unseen"),
    path("p/<slug:slug>/sources/new/", new_source, name="source-new"),
    path("p/<slug:slug>/sources/<uuid:source>/", source, name="source"),
    path("p/<slug:slug>/sources/<uuid:source>/erase", erase, name="source-erase"),
]
