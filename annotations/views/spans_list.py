"""The spans of all articles: filtered, searched, sorted, and as a file."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from annotations.domain.permissions import Right
from annotations.queries import access
from annotations.queries.span_list import COLUMNS, known_of, span_rows, span_table
from annotations.tables import SpanFilter, SpanTable
from annotations.views.answers import paged
from annotations.views.spreadsheet import send_list

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
    return send_list(request, member, table, name="spans", columns=COLUMNS, rows_of=span_table)


urlpatterns = [
    path("p/<slug:slug>/spans/", spans, name="spans"),
    path("p/<slug:slug>/spans.csv", spans_csv, name="spans-csv"),
]
