"""The inbox of an account, over all of its projects, and how many of it are unread."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from annotations.actions.operational import mark_read
from annotations.domain.errors import Missing
from annotations.forms import InboxForm
from annotations.queries import inbox as queries
from annotations.queries.snapshot import snapshot
from annotations.views.answers import checked, done, number, safe_next, wants_json
from annotations.views.origin import Origin, asked_by


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    show = request.GET.get("show", "")
    show = show if show in queries.SHOWN else ""
    page = max(number(request.GET, "page", default=1, most=99_999), 1)
    with snapshot():
        items, older = queries.inbox(request.user, shown=show, page=page)
        followed = queries.followed(request.user)
    return render(
        request,
        "annotations/inbox.html",
        {
            "here": "inbox",
            "items": items,
            "followed": followed,
            "shown": queries.SHOWN.items(),
            "show": show,
            "page": page,
            "older": older,
        },
    )


@require_safe
def count(request: HttpRequest) -> HttpResponse:
    """Return the header's link with its number, for pages that stay open."""
    if wants_json(request):
        return JsonResponse({"unread": queries.unread(request.user)})
    return render(request, "annotations/_inbox_link.html")


@require_safe
def open_item(request: HttpRequest) -> HttpResponse:
    """Mark an item as read, and go to its place.

    A plain link, so that it opens in another tab and without a script; what a browser fetches
    ahead, or what was not asked for on one of our pages, marks nothing.
    """
    form = InboxForm(request.GET)
    named = form.cleaned_data["item"] if form.is_valid() else None
    item = None if named is None else queries.item_of(request.user, named)
    if item is None:
        raise Missing("This is not in your inbox any more.")
    ahead = "prefetch" in request.headers.get("Sec-Purpose", "")
    if not ahead and asked_by(request) is Origin.OURS:
        mark_read(request.user, item=item.pk)
    return HttpResponseRedirect(_place(item))


def _place(item: queries.Item) -> str:
    article = reverse("article", args=[item.slug, item.article])
    if item.comment is not None and (item.span is None or item.gone):
        there = reverse("comments", args=[item.slug, item.article])
        return f"{there}?comment={item.comment}#c-{item.comment}"
    if item.comment is not None:
        return f"{article}?comment={item.comment}#s-{item.span}"
    return f"{article}#s-{item.span}" if item.span else article


@require_POST
def mark(request: HttpRequest) -> HttpResponse:
    """Mark one item as read, or with ``read=off`` as unread; without one, all as read."""
    form = InboxForm(request.POST)
    if "item" in form.errors:
        raise Missing("This is not in your inbox any more.")
    item, read = checked(form)["item"], form.is_read
    if item is None and not read:
        raise Missing("This is not in your inbox any more.")
    marked = mark_read(request.user, item=item, read=read)
    if wants_json(request):
        return JsonResponse({"unread": queries.unread(request.user)})
    words = "Marked as read." if read else "Marked as unread."
    return done(
        request, words if marked else "Nothing was left to mark.", safe_next(request, "/inbox/")
    )


urlpatterns = [
    path("inbox/", inbox, name="inbox"),
    path("inbox/count", count, name="inbox-count"),
    path("inbox/open", open_item, name="inbox-open"),
    path("inbox/mark", mark, name="inbox-mark"),
]
