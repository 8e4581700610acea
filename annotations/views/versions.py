"""The versions of an article, and the screen on which spans carried over are settled."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from annotations.actions import carrying
from annotations.actions.spans import withdraw_span
from annotations.domain.errors import Missing, NotAllowed, Refused, Stale
from annotations.domain.permissions import Right
from annotations.domain.places import found, times
from annotations.domain.rendering import shorten
from annotations.domain.selectors import Found
from annotations.domain.text import tidy
from annotations.forms import PlacedForm
from annotations.queries import access, patches, undoing
from annotations.queries import article_versions as queries
from annotations.queries.access import Member
from annotations.queries.snapshot import snapshot
from annotations.views.answers import (
    checked,
    done,
    key_of,
    number,
    revision_of,
    uuid_of,
    wants_json,
)
from annotations.views.workspace import address, open_article, take_back

#: Places that words quoted by a person are looked for; of more the first are shown.
MOST_PLACES = 20


@require_safe
def versions(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    with snapshot():
        by, on = open_article(request, slug, article)
        return _page(request, by, on, span=uuid_of(request.GET.get("span")))


def _page(
    request: HttpRequest,
    by: Member,
    on: Any,
    *,
    span: UUID | None = None,
    refusal: Refused | None = None,
    places: list[tuple[int, int]] | None = None,
) -> HttpResponse:
    """Show the versions of an article, and of the newest what waits there.

    ``places`` are those of words that stand more than once, for the person to choose from.
    """
    found = queries.versions_of(on)
    newest = next((one for one in reversed(found) if one.purged_at is None), on)
    settles = newest.pk == on.pk and on.previous_id is not None
    page = number(request.GET, "page", default=-1, most=999_999)
    shown = queries.settling(by, on, key=span, page=None if page < 0 else page) if settles else None
    card = shown.card if shown else None
    total, waiting = (shown.total, shown.waiting) if shown else (0, 0)
    if not settles and newest.previous_id is not None:
        total, waiting = queries.progress(newest)
    return render(
        request,
        "annotations/versions.html",
        {
            "project": by.project,
            "here": "articles",
            "article": on,
            "place": address(by, on.pk),
            "versions": found,
            "newest": newest,
            "settling": shown,
            "card": card,
            "origin_version": _number(found, card.origin) if card and card.origin else None,
            "total": total,
            "waiting": waiting,
            "settled": total - waiting,
            "may_edit": by.may(Right.EDIT_OWN),
            "may_reopen": by.may(Right.REOPEN),
            "refusal": refusal,
            "typed": request.POST,
            "places": [
                queries.proposal(on, Found(*place, 100)) for place in (places or ())[:MOST_PLACES]
            ],
            "stands": len(places or ()),
        },
        status=refusal.status if refusal else 200,
    )


def _number(versions: list[Any], span: Any) -> int | None:
    """Return of which version a span is, counted from 1."""
    keys = [version.pk for version in versions]
    return keys.index(span.article_id) + 1 if span.article_id in keys else None


# --- what is done with a span -----------------------------------------------------------------


def _act(
    request: HttpRequest,
    slug: str,
    article: UUID,
    span: UUID,
    act: Callable[[Member, Any], str],
) -> HttpResponse:
    """Do something with a span, and go on to the next; where it is refused, say why there."""
    by, on = open_article(request, slug, article)
    after = queries.next_waiting(by, on, span)
    try:
        message = act(by, on)
    except (Missing, NotAllowed):
        raise
    except Refused as refusal:
        # Both versions of a row have a page of their own (views.conflicts).
        if wants_json(request) or (isinstance(refusal, Stale) and "seen" in refusal.details):
            raise
        places = refusal.details.get("places")
        return _page(request, by, on, span=span, refusal=refusal, places=places)
    return _answer(request, by, on, message, after)


def _answer(
    request: HttpRequest, by: Member, on: Any, message: str, span: UUID | None
) -> HttpResponse:
    there = reverse("versions", args=[by.project.slug, on.pk])
    to = f"{there}?span={span}#settling" if span else f"{there}#settling"
    if not wants_json(request):
        return done(request, message, to)
    total, waiting = queries.progress(on)
    return JsonResponse(
        {
            "message": message,
            "next": str(span) if span else None,
            "url": to,
            "settled": total - waiting,
            "total": total,
        }
    )


def _sent_place(request: HttpRequest, text: str) -> dict[str, int]:
    """Return where a span shall stand: by offsets, or where the words that were quoted do."""
    said = checked(PlacedForm(request.POST))
    first, last, quote = said["start"], said["end"], said["quote"]
    if first is not None and last is not None:
        if first <= last <= len(text):
            first, last = tidy(text, first, last)
        return {"start": first, "end": last}
    places = found(text, quote)
    if not places:
        raise Refused(
            f"“{shorten(quote, 60)}” does not stand in this version; copy the words from it."
            if quote.strip()
            else "Give the words that shall be marked.",
            code="quote_not_found",
        )
    if len(places) > 1:
        raise Refused(
            f"“{shorten(quote, 60)}” stands {times(places)} in this version; choose one.",
            code="quote_ambiguous",
            places=[list(place) for place in places[:MOST_PLACES]],
        )
    [(first, last)] = places
    return {"start": first, "end": last}


@require_POST
def settle(request: HttpRequest, slug: str, article: UUID, span: UUID) -> HttpResponse:
    def act(by: Member, on: Any) -> str:
        one = access.span(by, span, of=on.pk)
        carrying.settle_carried(
            one, by=by.person, revision=revision_of(request), key=key_of(request)
        )
        return "Settled: it stands."

    return _act(request, slug, article, span, act)


@require_POST
def move(request: HttpRequest, slug: str, article: UUID, span: UUID) -> HttpResponse:
    def act(by: Member, on: Any) -> str:
        one = access.span(by, span, of=on.pk)
        carrying.move_carried(
            one,
            **_sent_place(request, on.text),
            by=by.person,
            revision=revision_of(request),
            key=key_of(request),
        )
        return f"Moved to “{shorten(one.quote, 60)}”."

    return _act(request, slug, article, span, act)


@require_POST
def withdraw(request: HttpRequest, slug: str, article: UUID, span: UUID) -> HttpResponse:
    def act(by: Member, on: Any) -> str:
        one = access.span(by, span, of=on.pk)
        withdraw_span(one, by=by.person, revision=revision_of(request), key=key_of(request))
        return "Withdrawn."

    return _act(request, slug, article, span, act)


@require_POST
def put(request: HttpRequest, slug: str, article: UUID, span: UUID) -> HttpResponse:
    """Place a span of the older version that has no place in this one."""

    def act(by: Member, on: Any) -> str:
        one = access.span(by, span)
        made = carrying.place_carried(
            one,
            on,
            **_sent_place(request, on.text),
            by=by.person,
            revision=revision_of(request),
            key=key_of(request),
        )
        return f"Placed at “{shorten(made.quote, 60)}”."

    return _act(request, slug, article, span, act)


@require_POST
def leave(request: HttpRequest, slug: str, article: UUID, span: UUID) -> HttpResponse:
    def act(by: Member, on: Any) -> str:
        one = access.span(by, span)
        carrying.leave_span(
            one, on, by=by.person, revision=revision_of(request), key=key_of(request)
        )
        return "Left with the older version."

    return _act(request, slug, article, span, act)


@require_POST
def alike(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    by, on = open_article(request, slug, article)
    carrying.settle_alike(on, by=by.person, key=key_of(request))
    message = "Settled: all whose words are the same but for case, accents and signs."
    return _answer(request, by, on, message, queries.next_waiting(by, on, None))


@require_POST
def read_again(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    """Ask for a second reading of what counts as accepted because an earlier version was read."""
    by, on = open_article(request, slug, article)
    carrying.ask_again(on, by=by.person, key=key_of(request))
    message = "Asked for: what was accepted in an earlier version waits for a second reader."
    return done(request, message, reverse("versions", args=[slug, article]))


@require_POST
def undo(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    """Take back one's last step in the article, and open the span that it was about."""
    by, on = open_article(request, slug, article)
    undone = take_back(request, by, on)
    touched = sorted(patches.touched_by(by, on, undone).spans)
    span = touched[0] if len(touched) == 1 else None
    return _answer(request, by, on, f"Undone: {undoing.said(undone)}.", span)


_ARTICLE = "p/<slug:slug>/a/<uuid:article>/versions"
_SPAN = f"{_ARTICLE}/<uuid:span>"

urlpatterns = [
    path(_ARTICLE, versions, name="versions"),
    path(f"{_ARTICLE}/alike", alike, name="carried-alike"),
    path(f"{_ARTICLE}/read-again", read_again, name="read-again"),
    path(f"{_ARTICLE}/undo", undo, name="versions-undo"),
    path(f"{_SPAN}/settle", settle, name="carried-settle"),
    path(f"{_SPAN}/move", move, name="carried-move"),
    path(f"{_SPAN}/withdraw", withdraw, name="carried-withdraw"),
    path(f"{_SPAN}/place", put, name="carried-place"),
    path(f"{_SPAN}/leave", leave, name="carried-leave"),
]
