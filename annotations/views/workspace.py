"""An article's page, its blocks' roles and ticks, and the answer that every change on it gives."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_POST, require_safe

from annotations.actions.articles import set_roles
from annotations.actions.operational import tick_read
from annotations.actions.recording import Key
from annotations.actions.undo import redo_last, undo_last
from annotations.domain.citations import show_partial_date
from annotations.domain.errors import Missing, Refused
from annotations.domain.permissions import Right
from annotations.domain.rendering import render_article, render_card, render_map
from annotations.domain.vocabulary import BlockRole
from annotations.forms import PastForm, RoleOfBlockForm, TickForm
from annotations.queries import access, patches, undoing
from annotations.queries import workspace as queries
from annotations.queries.access import Member
from annotations.queries.article_versions import newer_version
from annotations.queries.assignments import assignments
from annotations.queries.comments import threads_of_article
from annotations.queries.snapshot import snapshot
from annotations.views.answers import checked, done, form_refusal, key_of, number, wants_json

#: Blocks on one page of roles and ticks.
BLOCKS_PAGE = 100


def address(by: Member, article: UUID) -> str:
    """Return the address of an article's page; every change of it is posted below."""
    return reverse("article", args=[by.project.slug, article])


def open_article(request: HttpRequest, slug: str, article: UUID) -> tuple[Member, Any]:
    by = access.member(request.user, slug)
    return by, access.article(by, article)


@require_safe
def workspace(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    with snapshot():
        by, on = open_article(request, slug, article)
        page = queries.workspace(by, on)
        threads, asked = threads_of_article(by, on), assignments(on)
        named = _comment_named(request, by, on)
    place = address(by, on.pk)
    unread = frozenset(page.unread)
    return render(
        request,
        "annotations/workspace.html",
        {
            "project": by.project,
            "here": "articles",
            "by": by,
            "page": page,
            **_about(by, on, page.sign_offs, headed=page.headed),
            "body": safe(render_article(on.text, page.blocks, page.markup, page.marked.views)),
            "map": safe(
                render_map(
                    page.marked.views,
                    (block for block in page.blocks if block.index in unread),
                    len(on.text),
                )
            ),
            "cards": safe("".join(render_card(card, place) for card in page.marked.cards)),
            "may_add": by.may(Right.ADD_SPAN),
            "may_roles": by.may(Right.SET_ROLES),
            "data": _data(by, page, place),
            "threads": threads,
            "may_comment": by.may(Right.COMMENT),
            "back": f"{place}#comments",
            "assignments": asked,
            "named": named,
        },
    )


def _comment_named(request: HttpRequest, by: Member, on: Any) -> Any:
    """Return the comment that the address names, if there is one that may be read here."""
    try:
        return access.comment(by, UUID(request.GET.get("comment", "")), of=on.pk)
    except (ValueError, Missing):
        return None


@require_safe
def about(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    """Return the head of an article's page, for a page that shows an older one."""
    with snapshot():
        by, on = open_article(request, slug, article)
        context = _about(by, on, queries.sign_offs_of(on), headed=queries.is_headed(on))
        return render(request, "annotations/_about.html", context)


def _about(by: Member, on: Any, sign_offs: Any, *, headed: bool) -> dict[str, Any]:
    return {
        "project": by.project,
        "article": on,
        "place": address(by, on.pk),
        "published": show_partial_date(on.published),
        "sign_offs": sign_offs,
        "newer": newer_version(on),
        "headed": headed,
    }


@require_safe
def cards(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    """Return the cards that a long list did not bring with the page."""
    with snapshot():
        by, on = open_article(request, slug, article)
        more = queries.more_cards(by, on, request.GET.get("after", ""))
    place = address(by, on.pk)
    html = "".join(render_card(card, place) for card in more.cards)
    if wants_json(request):
        return JsonResponse({"cards": html, "after": more.after})
    return render(
        request,
        "annotations/cards.html",
        {
            "project": by.project,
            "here": "articles",
            "article": on,
            "place": place,
            "cards": safe(html),
            "after": more.after,
        },
    )


def safe(html: str) -> SafeString:
    """Return what ``domain.rendering`` made, which escapes all it is given."""
    return mark_safe(html)  # noqa: S308


def _data(by: Member, page: queries.Workspace, place: str) -> dict[str, Any]:
    """Return what the page's scripts have to know."""
    return {
        **patches.words(page.labels, page.speakers),
        "rights": {
            "add": by.may(Right.ADD_SPAN),
            "edit_others": by.may(Right.EDIT_OTHERS),
            "second_read": by.may(Right.SECOND_READ),
            "tick_read": by.may(Right.TICK_READ),
        },
        "me": str(by.person.pk),
        "read": page.read,
        "unread": page.unread,
        "length": len(page.article.text),
        "urls": {"article": place, "guide": reverse("guide", args=[by.project.slug])},
    }


def answer(
    request: HttpRequest,
    by: Member,
    on: Any,
    message: str,
    *,
    span: UUID | None = None,
    spans: Iterable[UUID] = (),
    ranges: Iterable[tuple[int, int]] = (),
    indexes: Iterable[int] = (),
    key: Key | None = None,
    made: UUID | None = None,
) -> HttpResponse:
    """Answer a change: to a script the blocks and cards to put in, else 303 to the article.

    ``span`` is where the page goes on; ``spans``, ``ranges`` and ``indexes`` are what changed
    (``queries.workspace.changed``). Where what the request of ``key`` changed cannot be seen any
    more, because it was done before, its history says it. ``made`` is a row that it made, to be
    shown.
    """
    place = address(by, on.pk)
    if not wants_json(request):
        return done(request, message, f"{place}#s-{span}" if span else place)
    if key is not None and key.repeats is not None:
        touched = patches.touched_by(by, on, key.repeats)
        spans, indexes = touched.spans.union(spans), touched.indexes.union(indexes)
    change = patches.changed(by, on, spans=spans, ranges=ranges, indexes=indexes)
    patch = patches.patch(on, change, place)
    shown = {"made": str(made)} if made else {}
    return JsonResponse({**patch, "span": str(span) if span else None, "message": message, **shown})


@require_POST
def undo(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    by, on = open_article(request, slug, article)
    return _turned(request, by, on, "Undone", take_back(request, by, on))


def take_back(request: HttpRequest, by: Member, on: Any) -> UUID:
    """Undo the last step of ``by`` in the article; return which operation that was.

    ``past`` of the request names operations to pass over, for which one before it was refused.
    """
    past = checked(PastForm(request.POST))["past"]
    undone = undo_last(on, by=by.person, past=past, key=key_of(request))
    if undone is None:
        raise Refused(undoing.nothing_to_undo(on, by.person), code="nothing_to_undo")
    return undone


@require_POST
def redo(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    by, on = open_article(request, slug, article)
    redone = redo_last(on, by=by.person, key=key_of(request))
    if redone is None:
        raise Refused(undoing.NOTHING_TO_REDO, code="nothing_to_redo")
    return _turned(request, by, on, "Redone", redone)


def _turned(request: HttpRequest, by: Member, on: Any, word: str, operation: UUID) -> HttpResponse:
    message = f"{word}: {undoing.said(operation)}."
    touched = patches.touched_by(by, on, operation)
    return answer(request, by, on, message, spans=touched.spans, indexes=touched.indexes)


# Blocks


@require_safe
def blocks(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    with snapshot():
        by, on = open_article(request, slug, article)
        rows = queries.block_rows(by, on)
    first = min(number(request.GET, "from"), max(len(rows) - 1, 0))
    first -= first % BLOCKS_PAGE
    return render(
        request,
        "annotations/blocks.html",
        {
            "project": by.project,
            "here": "articles",
            "article": on,
            "place": address(by, on.pk),
            "rows": rows[first : first + BLOCKS_PAGE],
            "pages": range(0, len(rows), BLOCKS_PAGE) if len(rows) > BLOCKS_PAGE else (),
            "first": first,
            "roles": BlockRole.choices,
            "may_roles": by.may(Right.SET_ROLES),
            "may_tick": by.may(Right.TICK_READ),
        },
    )


@require_POST
def set_role(request: HttpRequest, slug: str, article: UUID, index: int) -> HttpResponse:
    by, on = open_article(request, slug, article)
    form = RoleOfBlockForm(request.POST)
    if not form.is_valid():
        raise form_refusal(form)
    role = BlockRole(form.cleaned_data["role"])
    set_roles(on, {index: role}, by=by.person, key=key_of(request))
    message = f"Paragraph {index} is {role.label} now."
    if not wants_json(request):
        return done(request, message, _block_on_its_page(by, on, index))
    return answer(request, by, on, message, indexes=[index])


@require_POST
def tick(request: HttpRequest, slug: str, article: UUID, index: int) -> HttpResponse:
    """Note that the reader has read a block, or with ``read=off`` that he has not."""
    by = access.member(request.user, slug)
    block = access.block(by, article, index)
    form = TickForm(request.POST)
    checked(form)
    read = form.is_read
    tick_read(block, by=by.person, read=read, key=key_of(request))
    message = "Ticked as read." if read else "No longer ticked as read."
    if not wants_json(request):
        return done(request, message, _block_on_its_page(by, block.article, index))
    return JsonResponse(
        {
            "span": None,
            "blocks": {},
            "cards": {},
            "message": message,
            "ticks": {str(index): read},
        }
    )


def _block_on_its_page(by: Member, on: Any, index: int) -> str:
    first = index - index % BLOCKS_PAGE
    return f"{reverse('blocks', args=[by.project.slug, on.pk])}?from={first}#block-{index}"


_ARTICLE = "p/<slug:slug>/a/<uuid:article>/"

urlpatterns = [
    path(_ARTICLE, workspace, name="article"),
    path(f"{_ARTICLE}about", about, name="article-about"),
    path(f"{_ARTICLE}cards", cards, name="cards"),
    path(f"{_ARTICLE}undo", undo, name="undo"),
    path(f"{_ARTICLE}redo", redo, name="redo"),
    path(f"{_ARTICLE}blocks/", blocks, name="blocks"),
    path(f"{_ARTICLE}blocks/<int:index>/role", set_role, name="block-role"),
    path(f"{_ARTICLE}blocks/<int:index>/read", tick, name="block-read"),
]
