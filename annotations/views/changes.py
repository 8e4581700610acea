"""What a page lacks, for a browser whose line to the live stream is down, and who is here."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from annotations.actions import presence
from annotations.domain.cursor import parse_cursor
from annotations.forms import PresenceForm
from annotations.queries import access, patches
from annotations.views.answers import checked
from annotations.views.workspace import address, open_article


@never_cache
@require_safe
def of_article(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    """Return what the live stream would tell since a cursor, or, without one, everything."""
    by, on = open_article(request, slug, article)
    sent = request.GET.get("since", "")
    seen = parse_cursor(sent) if sent else None
    found = patches.since(by, on, seen, address(by, on.pk)) or {"cursor": sent}
    here = [place.to_json() for place in presence.who_is_here(on)]
    return JsonResponse({**found, "here": here})


@never_cache
@require_safe
def of_project(request: HttpRequest, slug: str) -> HttpResponse:
    by = access.member(request.user, slug)
    return JsonResponse({"cursor": str(patches.project_cursor(by))})


@require_POST
def here(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    """Take a page's word on where its reader is, or, with ``gone``, that it was closed."""
    by, on = open_article(request, slug, article)
    said = checked(PresenceForm(request.POST))
    if said["gone"]:
        presence.leave(on, by=by.person, tab=said["tab"])
    else:
        presence.be_here(on, by=by.person, tab=said["tab"], block=said["block"], span=said["span"])
    return JsonResponse({})


urlpatterns = [
    path("p/<slug:slug>/changes", of_project, name="project-changes"),
    path("p/<slug:slug>/a/<uuid:article>/changes", of_article, name="changes"),
    path("p/<slug:slug>/a/<uuid:article>/here", here, name="here"),
]
