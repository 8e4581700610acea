"""The list of a project's articles."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from annotations.domain.permissions import Right
from annotations.queries import access
from annotations.queries.article_list import article_rows, progress_of
from annotations.queries.assignments import assigned_to
from annotations.tables import ArticleFilter, ArticleTable
from annotations.views.answers import paged

PER_PAGE = 25


@login_required
@require_safe
def articles(request: HttpRequest, slug: str) -> HttpResponse:
    member = access.member(request.user, slug)
    rows = ArticleFilter(request.GET, article_rows(member), member=member, request=request)
    table = ArticleTable(rows.qs, member=member)
    paged(request, table, PER_PAGE)
    keys = [row.record.pk for row in table.page.object_list]
    table.progress = progress_of(member, keys)
    table.assigned = assigned_to(keys)
    return render(
        request,
        "annotations/articles.html",
        {
            "project": member.project,
            "here": "articles",
            "filter": rows,
            "table": table,
            "filtered": any(request.GET.get(name) for name in ("q", "state", "assigned")),
            "may_import": member.may(Right.IMPORT),
        },
    )


urlpatterns = [path("p/<slug:slug>/", articles, name="articles")]
