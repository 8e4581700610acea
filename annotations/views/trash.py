"""What was withdrawn in an article, and the way back for one of them or for all."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from annotations.actions.evidence import restore_citation
from annotations.actions.spans import restore_span
from annotations.actions.trash import restore_all
from annotations.domain.errors import Refused
from annotations.forms import RestoreForm
from annotations.queries import access, undoing
from annotations.queries.snapshot import snapshot
from annotations.queries.trash import SIZE, trash
from annotations.views.answers import checked, done, key_of, number
from annotations.views.workspace import open_article


@require_safe
def show(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    page = max(number(request.GET, "page", default=1, most=99_999), 1)
    with snapshot():
        by, on = open_article(request, slug, article)
        found = trash(by, on, page)
    return render(
        request,
        "annotations/trash.html",
        {
            "project": by.project,
            "here": "articles",
            "by": by,
            "article": on,
            "found": found,
            "page": Paginator(range(found.total), SIZE).get_page(page),
        },
    )


@require_POST
def restore(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    """Restore the ``span`` or the ``citation`` that the form names, or everything."""
    by, on = open_article(request, slug, article)
    # The fragment gives the focus a place: the form that had it is gone.
    back = f"{reverse('trash', args=[slug, on.pk])}#trash"
    key = key_of(request)
    named = checked(RestoreForm(request.POST))
    if named["span"]:
        restore_span(access.span(by, named["span"], of=on.pk), by=by.person, key=key)
        return done(request, "The span is restored.", back)
    if named["citation"]:
        restore_citation(access.citation(by, named["citation"]), by=by.person, key=key)
        return done(request, "The citation is restored.", back)
    operation = restore_all(on, by=by.person, key=key)
    if operation is None:
        raise Refused("Nothing here can be restored by you.", code="nothing_to_restore")
    left = trash(by, on, 1).total
    words = undoing.said(operation)
    stay = f" {left} stay{'s' if left == 1 else ''}; below it says why." if left else ""
    return done(request, f"{words[0].upper()}{words[1:]}.{stay}", back)


_ARTICLE = "p/<slug:slug>/a/<uuid:article>/trash"

urlpatterns = [
    path(_ARTICLE, show, name="trash"),
    path(f"{_ARTICLE}/restore", restore, name="trash-restore"),
]
