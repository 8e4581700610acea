"""The spans of all articles: filtered, searched, sorted, and as a file."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe
from django_tables2 import RequestConfig

from annotations.actions.operational import note_export
from annotations.domain.permissions import Right
from annotations.formats.spreadsheet import CONTENT_TYPE, as_csv
from annotations.formats.tally import Tally
from annotations.queries import access
from annotations.queries.exports import head_of
from annotations.queries.span_list import COLUMNS, known_of, span_rows, span_table
from annotations.tables import SpanFilter, SpanTable
from annotations.views.answers import paged
from workbench.downloads import download

PER_PAGE = 25


@login_required
@require_safe
def spans(request: HttpRequest, slug: str) -> HttpResponse:
    member = access.member(request.user, slug)
    rows = SpanFilter(request.GET, span_rows(member), member=member, request=request)
    table = SpanTable(rows.qs, member=member)
    paged(request, table, PER_PAGE)
    table.known = known_of(member, [row.record for row in table.page.object_list])
    return render(
        request,
        "annotations/spans.html",
        {
            "project": member.project,
            "here": "spans",
            "filter": rows,
            "table": table,
            "filtered": any(request.GET.get(name) for name in rows.form.fields),
            "more": any(request.GET.get(name) for name in rows.form.fields if name != "q"),
            "sort": request.GET.get("sort", ""),
            "may_mark": member.may(Right.ADD_SPAN),
        },
    )


@login_required
@require_safe
def spans_csv(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Answer with what the page shows, all of it, in its order."""
    member = access.member(request.user, slug)
    member.must(Right.EXPORT)
    rows = SpanFilter(request.GET, span_rows(member), member=member, request=request)
    table = SpanTable(rows.qs, member=member)
    RequestConfig(request, paginate=False).configure(table)
    named: set[UUID] = set()
    file = Tally(as_csv(COLUMNS, span_table(member, table.data.data, named)))
    filename, head = f"{slug}-spans.csv", head_of(member.project)
    answer = download(request, file, filename=filename, content_type=CONTENT_TYPE)
    if request.method == "GET":
        note_export(
            member.project,
            by=member.person,
            format="spans as CSV",
            selection={name: value for name, value in request.GET.items() if value},
            articles=None,
            file_name=filename,
            size=file.size,
            sha256=file.sha256,
            head=head,
            sources=named,
        )
    return answer


urlpatterns = [
    path("p/<slug:slug>/spans/", spans, name="spans"),
    path("p/<slug:slug>/spans.csv", spans_csv, name="spans-csv"),
]
