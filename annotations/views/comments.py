"""Comments of an article and its spans: their page, their people, and what is done to them.

Threads also stand below the article, and in the card of a span; there the forms are sent by a
script, which is answered as every change of the article is.
"""

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from annotations.actions import review
from annotations.domain.mentions import handles
from annotations.domain.permissions import Right
from annotations.forms import CommentForm
from annotations.queries import access
from annotations.queries import comments as queries
from annotations.queries.access import Member
from annotations.queries.snapshot import snapshot
from annotations.views.answers import checked, done, key_of, safe_next, uuid_of, wants_json
from annotations.views.workspace import address, answer

#: What the page can be narrowed to: its words, and whether the threads are resolved.
SHOWN: dict[str, tuple[str, bool | None]] = {
    "all": ("All", None),
    "open": ("Open", False),
    "resolved": ("Resolved", True),
}


def context_of(by: Member, on: Any, threads: list[queries.Thread], back: str) -> dict[str, Any]:
    """Return what ``_comments.html`` shows threads with; its forms go ``back`` to an address."""
    return {
        "threads": threads,
        "place": address(by, on.pk),
        "may_comment": by.may(Right.COMMENT),
        "back": back,
    }


@require_safe
def comments(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    """Show every thread; with ``about`` only those of a span or of the article, for a script."""
    with snapshot():
        by = access.member(request.user, slug)
        on = access.article(by, article)
        about = request.GET.get("about")
        if about is not None:
            return _fragment(request, by, on, about)
        show = request.GET.get("show", "all")
        show = show if show in SHOWN else "all"
        counts = queries.counts(by, on)
        total = getattr(counts, show)
        pages = Paginator(range(total), queries.THREADS_PAGE)
        wanted = request.GET.get("page", "1")
        if named := uuid_of(request.GET.get("comment")):
            wanted = str(queries.page_with(by, on, named))
        page = pages.get_page(wanted)
        threads = queries.all_threads(by, on, resolved=SHOWN[show][1], page=page.number)
    return render(
        request,
        "annotations/comments.html",
        {
            "project": by.project,
            "here": "articles",
            "article": on,
            "counts": counts,
            "shown": [
                {"key": key, "words": words, "count": getattr(counts, key)}
                for key, (words, _) in SHOWN.items()
            ],
            "show": show,
            "page": page,
            **context_of(by, on, threads, request.get_full_path()),
        },
    )


def _fragment(request: HttpRequest, by: Member, on: Any, about: str) -> HttpResponse:
    back = f"{address(by, on.pk)}#comments"
    if about == "article":
        context = context_of(by, on, queries.threads_of_article(by, on), back)
        return render(request, "annotations/_article_comments.html", {"article": on, **context})
    span = access.span(by, uuid_of(about) or UUID(int=0), of=on.pk)
    back = reverse("span", args=[by.project.slug, on.pk, span.pk])
    context = context_of(by, on, queries.threads_of_span(by, span), back)
    return render(request, "annotations/_span_comments.html", {"span": span, **context})


@require_safe
def people(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    """Answer who may be mentioned in a comment on the article, or on the ``span`` asked for."""
    by = access.member(request.user, slug)
    on = access.article(by, article)
    by.must(Right.COMMENT)
    span = uuid_of(request.GET.get("span"))
    stream = on.pk if span is None else access.span(by, span, of=on.pk).stream_id
    known = queries.readers(by.project, stream)
    named = handles(known)
    return JsonResponse(
        {"people": [{"uuid": key, "name": named[key]} for key in known if key in named]}
    )


@require_POST
def add(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    by = access.member(request.user, slug)
    on = access.article(by, article)
    said = checked(CommentForm(request.POST))
    span = parent = None
    if said["parent"]:
        parent = access.comment(by, said["parent"], of=on.pk)
    elif said["span"]:
        span = access.span(by, said["span"], of=on.pk)
    made = review.add_comment(
        on,
        body=said["body"],
        by=by.person,
        span=span,
        parent=parent,
        key=key_of(request),
    )
    return _done(request, by, on, made, "Answered." if parent else "Commented.")


@require_POST
def change(request: HttpRequest, slug: str, article: UUID, comment: UUID) -> HttpResponse:
    by, found = _open(request, slug, article, comment)
    said = checked(CommentForm(request.POST))
    review.change_comment(
        found,
        body=said["body"],
        by=by.person,
        revision=said["revision"],
        key=key_of(request),
    )
    return _done(request, by, found.article, found, "Changed.")


@require_POST
def withdraw(request: HttpRequest, slug: str, article: UUID, comment: UUID) -> HttpResponse:
    by, found = _open(request, slug, article, comment)
    review.withdraw_comment(found, by=by.person, key=key_of(request))
    return _done(request, by, found.article, found, "Withdrawn.")


@require_POST
def resolve(request: HttpRequest, slug: str, article: UUID, comment: UUID) -> HttpResponse:
    by, found = _open(request, slug, article, comment)
    review.resolve_comment(found, by=by.person, key=key_of(request))
    return _done(request, by, found.article, found, "Resolved.")


@require_POST
def reopen(request: HttpRequest, slug: str, article: UUID, comment: UUID) -> HttpResponse:
    by, found = _open(request, slug, article, comment)
    review.resolve_comment(found, by=by.person, resolved=False, key=key_of(request))
    return _done(request, by, found.article, found, "Open again.")


def _open(request: HttpRequest, slug: str, article: UUID, comment: UUID) -> tuple[Member, Any]:
    by = access.member(request.user, slug)
    return by, access.comment(by, comment, of=article)


def _done(request: HttpRequest, by: Member, on: Any, comment: Any, message: str) -> HttpResponse:
    """Answer a change: to a script the card of the span that it is about."""
    if wants_json(request):
        spans = [comment.span_id] if comment.span_id else []
        return answer(request, by, on, message, span=comment.span_id, spans=spans)
    there = reverse("comments", args=[by.project.slug, on.pk])
    to = safe_next(request, there).partition("#")[0]
    return done(request, message, f"{to}#c-{comment.pk}")


_ARTICLE = "p/<slug:slug>/a/<uuid:article>/comments/"

urlpatterns = [
    path(_ARTICLE, comments, name="comments"),
    path(f"{_ARTICLE}people", people, name="comment-people"),
    path(f"{_ARTICLE}add", add, name="comment-add"),
    path(f"{_ARTICLE}<uuid:comment>/change", change, name="comment-change"),
    path(f"{_ARTICLE}<uuid:comment>/withdraw", withdraw, name="comment-withdraw"),
    path(f"{_ARTICLE}<uuid:comment>/resolve", resolve, name="comment-resolve"),
    path(f"{_ARTICLE}<uuid:comment>/reopen", reopen, name="comment-reopen"),
]
