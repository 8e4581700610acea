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
from annotations.domain.errors import Missing, Refused
from annotations.queries import access, undoing
from annotations.queries.snapshot import snapshot
from annotations.queries.trash import SIZE, trash
from annotations.views.answers import done, key_of
from annotations.views.workspace import open_article


@require_safe
def show(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    typed = request.GET.get("page", "")
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1
    with snapshot():
        by, on = open_article(request, slug, article)
        found = trash(by, on, max(number, 1))
    return render(
        request,
        "annotations/trash.html",
        {
            "project": by.project,
            "here": "articles",
            "by": by,
            "article": on,
            "found": found,
            "page": Paginator(range(found.total), SIZE).get_page(number),
        },
    )


@require_POST
def restore(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    """Restore the ``span`` or the ``citation`` that the form names, or everything."""
    by, on = open_article(request, slug, article)
    # The fragment gives the focus a place: the form that had it is gone.
    back = f"{reverse('trash', args=[slug, on.pk])}#trash"
    key = key_of(request)
    if named := request.POST.get("span"):
        restore_span(access.span(by, _key(named), of=on.pk), by=by.person, key=key)
        return done(request, "The span is restored.", back)
    if named := request.POST.get("citation"):
        restore_citation(access.citation(by, _key(named)), by=by.person, key=key)
        return done(request, "The citation is restored.", back)
    operation = restore_all(on, by=by.person, key=key)
    if operation is None:
        raise Refused("Nothing here can be restored by you.", code="nothing_to_restore")
    left = trash(by, on, 1).total
    words = undoing.said(operation)
    stay = f" {left} stay{'s' if left == 1 else ''}; below it says why." if left else ""
    return done(request, f"{words[0].upper()}{words[1:]}.{stay}", back)


def _key(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError:
        raise Missing("There is no such row in this article.") from None


_ARTICLE = "p/<slug:slug>/a/<uuid:article>/trash"

urlpatterns = [
    path(_ARTICLE, show, name="trash"),
    path(f"{_ARTICLE}/restore", restore, name="trash-restore"),
]
