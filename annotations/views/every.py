"""Marking every occurrence of some words: chosen in their context, marked in one operation."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import path
from django.views.decorators.http import require_http_methods

from annotations.actions.spans import add_spans
from annotations.domain.errors import Refused
from annotations.domain.rendering import shorten
from annotations.domain.text import tidy
from annotations.domain.vocabulary import Voice
from annotations.forms import MarkEveryForm, PlaceForm
from annotations.queries import access
from annotations.queries import workspace as queries
from annotations.queries.access import Member
from annotations.queries.articles import touched_blocks
from annotations.queries.occurrences import occurrences
from annotations.views.answers import form_refusal, key_of, wants_json
from annotations.views.spans import choices_of, tried, values_of
from annotations.views.workspace import address, answer, open_article


@require_http_methods(["GET", "HEAD", "POST"])
def every(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    """Show where some words stand, and mark the chosen places.

    Asked for by a script, the form comes as a part of a page.
    """
    by, on = open_article(request, slug, article)
    if request.method == "POST":
        return _mark(request, by, on)
    asked = _asked(by, on, request.GET)
    form = MarkEveryForm(initial=asked, **choices_of(by, queries.labels(by)))
    return _show(request, by, on, form, asked)


def _asked(by: Member, on: Any, asked: QueryDict) -> dict[str, str]:
    """Return what to begin with: the words of a selection or of a span, or those typed."""
    said = {name: asked[name] for name in MarkEveryForm.base_fields if asked.get(name)}
    if asked.get("span"):
        one = access.span(by, _key(asked["span"]), of=on.pk)
        said |= {"quote": one.quote, "label": str(one.label_id), "voice": one.voice}
        said["speaker"] = str(one.speaker_id or "")
    elif "start" in asked:
        place = PlaceForm(asked)
        if not place.is_valid():
            raise form_refusal(place)
        start, end = place.cleaned_data["start"], place.cleaned_data["end"]
        if start <= end <= len(on.text):
            said["quote"] = on.text[slice(*tidy(on.text, start, end))]
    return {"voice": Voice.AUTHOR.value, **said}


def _key(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError:
        raise Refused(f"“{shorten(typed, 40)}” is no span.", code="span") from None


def _mark(request: HttpRequest, by: Member, on: Any) -> HttpResponse:
    labels = queries.labels(by)
    form = MarkEveryForm(request.POST, **choices_of(by, labels))
    if form.is_valid():
        values = values_of(by, form, labels)
        places, key = form.cleaned_data["place"], key_of(request)
        made = tried(
            request,
            form,
            lambda: add_spans(on, places=places, by=by.person, key=key, **values),
        )
        if made is not None:
            name = made[0].label.name
            many = f"{len(made)} places" if len(made) > 1 else "One place"
            return answer(
                request,
                by,
                on,
                f"{many} marked as {name}.",
                span=None if wants_json(request) else made[0].pk,
                spans=[span.pk for span in made],
                indexes=touched_blocks(on, *((span.start, span.end) for span in made)),
            )
    if wants_json(request):
        raise form_refusal(form)
    return _show(request, by, on, form, {"quote": form.data.get("quote", "")}, status=422)


def _show(
    request: HttpRequest,
    by: Member,
    on: Any,
    form: MarkEveryForm,
    asked: dict[str, str],
    *,
    status: int = 200,
) -> HttpResponse:
    words = asked.get("quote", "").strip()
    found, refusal = None, ""
    try:
        found = occurrences(by, on, words) if words else None
    except Refused as refused:
        if wants_json(request):
            raise
        refusal, status = refused.message, refused.status
    context = {
        "project": by.project,
        "here": "articles",
        "article": on,
        "place": address(by, on.pk),
        "form": form,
        "words": words,
        "quote": shorten(words),
        "refusal": refusal,
        "found": found,
        "rows": _rows(found, form, asked) if found else [],
    }
    if wants_json(request):
        html = render_to_string("annotations/_every.html", context, request)
        return JsonResponse({"html": html})
    return render(request, "annotations/every.html", context, status=status)


def _rows(found: Any, form: MarkEveryForm, asked: dict[str, str]) -> list[dict[str, Any]]:
    label = UUID(asked["label"]) if _is_choice(form, asked.get("label", "")) else None
    chosen = set(form.data.getlist("place")) if form.is_bound else None
    return [
        {
            "one": one,
            "checked": one.place in chosen if chosen is not None else one.sensible(label),
        }
        for one in found.found
    ]


def _is_choice(form: MarkEveryForm, label: str) -> bool:
    return label in dict(form.fields["label"].choices)  # type: ignore[attr-defined]


urlpatterns = [path("p/<slug:slug>/a/<uuid:article>/spans/every", every, name="span-every")]
