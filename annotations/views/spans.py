"""Spans marked, changed, withdrawn and restored: by a script or by a plain form."""

from bisect import bisect_right
from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotations.actions import spans as actions
from annotations.domain.errors import Refused
from annotations.domain.permissions import Right
from annotations.domain.places import MOST_SHOWN, found, nearest_found, times
from annotations.domain.rendering import SpanView, render_asked, render_block, shorten
from annotations.domain.text import tidy
from annotations.domain.vocabulary import Mode, Outcome, Voice
from annotations.forms import AddSpanForm, ChangeSpanForm, PlaceForm
from annotations.queries import access
from annotations.queries import workspace as queries
from annotations.queries.access import Member
from annotations.queries.comments import threads_of_span
from annotations.queries.proposals import asked_of, own_proposals
from annotations.views.answers import fields_of, form_refusal, key_of, revision_of, wants_json
from annotations.views.attempts import attempt
from annotations.views.workspace import address, answer, open_article, safe

T = TypeVar("T")

#: Characters shown on either side of an occurrence that is to be chosen.
CONTEXT = 80


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    by, on = open_article(request, slug, article)
    labels = queries.labels(by)
    form = AddSpanForm(
        data=request.POST if request.method == "POST" else None,
        initial={"block": request.GET.get("block"), "voice": Voice.AUTHOR},
        shown=not (request.method == "POST" and wants_json(request)),
        **choices_of(by, labels),
    )
    if form.is_bound and form.is_valid():
        places = _places(on.text, form)
        if len(places) > 1:
            return _choose(request, by, on, form, places)
        if not places:
            form.add_error("quote", "These words do not stand in the article.")
        else:
            start, end = places[0]
            values = values_of(by, form, labels)
            key = key_of(request)
            span = tried(
                request,
                form,
                lambda: actions.add_span(on, start=start, end=end, by=by.person, key=key, **values),
            )
            if span is not None:
                return answer(
                    request,
                    by,
                    on,
                    f"Marked as {span.label.name}.",
                    span=span.pk,
                    spans=[span.pk],
                    ranges=[(span.start, span.end)],
                )
    if form.is_bound and wants_json(request):
        raise form_refusal(form)
    return render(
        request,
        "annotations/span_add.html",
        {
            "project": by.project,
            "here": "articles",
            "article": on,
            "place": address(by, on.pk),
            "form": form,
        },
        status=422 if form.is_bound else 200,
    )


def _places(text: str, form: AddSpanForm) -> list[tuple[int, int]]:
    """Return where the words to mark stand: once by offsets, or wherever they are found."""
    data = form.cleaned_data
    if data["start"] is not None and data["end"] is not None:
        return [_trimmed(text, data["start"], data["end"])]
    return found(text, data["quote"])


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a selection without blanks at its ends; what cannot be one is left to be refused."""
    return tidy(text, start, end) if 0 <= start <= end <= len(text) else (start, end)


def _choose(
    request: HttpRequest,
    by: Member,
    on: Any,
    form: AddSpanForm,
    places: list[tuple[int, int]],
) -> HttpResponse:
    """Ask which occurrence was meant, keeping everything that was typed."""
    quote = form.cleaned_data["quote"]
    if wants_json(request):
        raise Refused(
            f"“{shorten(quote, 60)}” stands {times(places)} in this article; choose one.",
            code="quote_ambiguous",
            places=[list(place) for place in places[:MOST_SHOWN]],
        )
    typed = fields_of(request, "key", "quote", "start", "end")
    repeats = sorted(queries.repeats_of(on), key=attrgetter("start"))

    def repeat_of(start: int) -> int | None:
        at = bisect_right(repeats, start, key=attrgetter("start")) - 1
        return repeats[at].repeat_of if at >= 0 and start < repeats[at].end else None

    # What is marked in a repeat is seldom meant there.
    shown = sorted(places, key=lambda place: repeat_of(place[0]) is not None)[:MOST_SHOWN]
    occurrences = [
        {
            "repeat_of": repeat_of(start),
            "start": start,
            "end": end,
            "before": on.text[max(start - CONTEXT, 0) : start],
            "words": on.text[start:end],
            "after": on.text[end : end + CONTEXT],
        }
        for start, end in shown
    ]
    return render(
        request,
        "annotations/span_choose.html",
        {
            "project": by.project,
            "here": "articles",
            "article": on,
            "place": address(by, on.pk),
            "occurrences": occurrences,
            "times": times(places),
            "more": len(places) > len(shown),
            "typed": typed,
        },
    )


@require_safe
def original(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    """Answer where words of a repeat stand in its original, for a script that asks before a mark."""
    _, on = open_article(request, slug, article)
    form = PlaceForm(request.GET)
    if not form.is_valid():
        raise form_refusal(form)
    found = queries.in_original(on, **form.cleaned_data)
    if found is None:
        return JsonResponse({"place": None})
    block, start, end = found
    return JsonResponse({"place": {"block": block, "start": start, "end": end}})


@require_safe
def span(request: HttpRequest, slug: str, article: UUID, span: UUID) -> HttpResponse:
    """Show one span with its forms: as a page, or to a script as the panel of its card."""
    by = access.member(request.user, slug)
    one = access.span(by, span, of=article)
    form = _change_form(by, one, None)
    if wants_json(request):
        context = _about(by, one, form)
        return JsonResponse(
            {
                "panel": render_to_string("annotations/_span_panel.html", context, request),
                "answer": render_to_string(
                    "annotations/_span_answer.html", {**context, "keys": True}, request
                ),
            }
        )
    return _span_page(request, by, one, form)


def _span_page(
    request: HttpRequest, by: Member, one: Any, form: ChangeSpanForm, *, status: int = 200
) -> HttpResponse:
    context = _about(by, one, form)
    text = one.article.text
    view = SpanView(str(one.pk), one.start, one.end, one.label.kind, one.voice)
    shown = [] if one.withdrawn_at else [view]
    context["excerpt"] = safe(
        "".join(
            render_block(text, block, (), shown)
            for block in queries.blocks_at(one.article, one.start, one.end)
        )
    )
    return render(request, "annotations/span.html", context, status=status)


def _about(by: Member, one: Any, form: ChangeSpanForm) -> dict[str, Any]:
    own = one.author_id == by.person.pk
    others = by.project.mode == Mode.SHARED and by.may(Right.EDIT_OTHERS)
    return {
        "project": by.project,
        "here": "articles",
        "by": by,
        "article": one.article,
        "place": address(by, one.article_id),
        "span": one,
        "quote": shorten(one.quote),
        "form": form,
        "about": one,
        **_comments_of(by, one),
        "may_edit": by.may(Right.EDIT_OWN) if own else others,
        **asked_context(by, one, may_edit=by.may(Right.EDIT_OWN) if own else others),
    }


def asked_context(by: Member, one: Any, *, may_edit: bool) -> dict[str, Any]:
    """Return what second readers ask of the author of a span, and whether the member answers."""
    found = [] if one.withdrawn_at else asked_of([one.pk]).get(str(one.pk), [])
    readers = own_proposals(by, [UUID(each.uuid) for each in found])
    return {
        "asked": [
            {
                "decision": each.uuid,
                "who": each.who,
                "html": safe(render_asked(each)),
                "answers": may_edit
                and each.outcome == Outcome.PROPOSED
                and UUID(each.uuid) not in readers,
            }
            for each in found
        ]
    }


def _comments_of(by: Member, one: Any) -> dict[str, Any]:
    """Return the threads of a span for its panel."""
    return {
        "threads": threads_of_span(by, one),
        "may_comment": by.may(Right.COMMENT),
        "back": reverse("span", args=[by.project.slug, one.article_id, one.pk]),
    }


def _change_form(by: Member, one: Any, data: Any) -> ChangeSpanForm:
    labels = queries.labels(by)
    if one.label not in labels:
        labels.append(one.label)
    return ChangeSpanForm(
        data,
        auto_id=f"s-{one.pk}-%s",
        initial={
            "revision": one.revision,
            "quote": one.quote,
            "label": str(one.label_id),
            "voice": one.voice,
            "speaker": str(one.speaker_id or ""),
            "chain": one.chain,
            "note": one.note,
            "quote_kind": one.quote_kind,
            "claim_kind": one.claim_kind,
            "certainty": one.certainty,
            "check_worthiness": "" if one.check_worthiness is None else one.check_worthiness,
            "uncertain": one.uncertain,
        },
        **choices_of(by, labels),
    )


@require_POST
def change(request: HttpRequest, slug: str, article: UUID, span: UUID) -> HttpResponse:
    by = access.member(request.user, slug)
    one = access.span(by, span, of=article)
    form = _change_form(by, one, request.POST)
    before = (one.start, one.end)
    if form.is_valid() and _find_ends(one, form):
        values = values_of(by, form, [*queries.labels(by), one.label])
        revision = form.cleaned_data["revision"]
        ends = {
            name: form.cleaned_data[name]
            for name in ("start", "end")
            if form.cleaned_data[name] is not None
        }
        key = key_of(request)
        changed = tried(
            request,
            form,
            lambda: actions.change_span(
                one,
                by=by.person,
                revision=revision,
                restore=form.cleaned_data["restore"],
                key=key,
                **ends,
                **values,
            ),
        )
        if changed is not None:
            return answer(
                request,
                by,
                one.article,
                "Changed." if changed else "Nothing was different.",
                span=one.pk,
                spans=[one.pk],
                ranges=[before, (one.start, one.end)],
                key=key,
            )
    if wants_json(request):
        raise form_refusal(form)
    return _span_page(request, by, access.span(by, span, of=article), form, status=422)


def _find_ends(one: Any, form: ChangeSpanForm) -> bool:
    """Put the new ends into the form's cleaned data; say whether the words were found.

    Words typed anew are looked for folded, and taken where they stand nearest.
    """
    data = form.cleaned_data
    text = one.article.text
    if data["start"] is not None or data["end"] is not None:
        start = one.start if data["start"] is None else data["start"]
        end = one.end if data["end"] is None else data["end"]
        data["start"], data["end"] = _trimmed(text, start, end)
    elif data["quote"] and data["quote"] != one.quote:
        place = nearest_found(text, data["quote"], one.start, one.end)
        if place is None:
            form.add_error("quote", "These words do not stand in the article.")
            return False
        data["start"], data["end"] = place
    return True


@require_POST
def withdraw(request: HttpRequest, slug: str, article: UUID, span: UUID) -> HttpResponse:
    return _set_aside(request, slug, article, span, actions.withdraw_span, "Withdrawn.")


@require_POST
def restore(request: HttpRequest, slug: str, article: UUID, span: UUID) -> HttpResponse:
    return _set_aside(request, slug, article, span, actions.restore_span, "Restored.")


def _set_aside(
    request: HttpRequest,
    slug: str,
    article: UUID,
    span: UUID,
    action: Callable[..., None],
    message: str,
) -> HttpResponse:
    by = access.member(request.user, slug)
    one = access.span(by, span, of=article)
    action(one, by=by.person, revision=revision_of(request), key=key_of(request))
    return answer(
        request,
        by,
        one.article,
        message,
        span=None if one.withdrawn_at else one.pk,
        spans=[one.pk],
        ranges=[(one.start, one.end)],
    )


# What the forms share


def choices_of(by: Member, labels: list[Any]) -> dict[str, Any]:
    return {
        "labels": [(str(label.pk), label.name) for label in labels],
        "speakers": lambda: [(str(one.pk), one.name) for one in queries.speakers(by)],
    }


def values_of(by: Member, form: Any, labels: list[Any]) -> dict[str, Any]:
    """Return what was said of a span as actions take it: rows for keys, no empty label."""
    values: dict[str, Any] = form.said()
    if wanted := values.pop("label", ""):
        values["label"] = next(label for label in labels if str(label.pk) == wanted)
    speaker = values.get("speaker")
    if speaker:
        values["speaker"] = access.speaker(by, UUID(speaker))
    elif "speaker" in values:
        values["speaker"] = None
    if values.get("speaker_name"):
        values.pop("speaker", None)
    for name in ("voice", "quote_kind", "certainty"):
        if values.get(name) == "":
            del values[name]
    return values


def tried(request: HttpRequest, form: Any, act: Callable[[], T]) -> T | None:
    """Return what ``act`` does; None where it was refused and the page's form says why.

    A script gets the refusal itself.
    """
    if wants_json(request):
        return act()
    results: list[T] = []
    return results[0] if attempt(form, lambda: results.append(act())) else None


_ARTICLE = "p/<slug:slug>/a/<uuid:article>/spans/"

urlpatterns = [
    path(f"{_ARTICLE}add", add, name="span-add"),
    path(f"{_ARTICLE}original", original, name="span-original"),
    path(f"{_ARTICLE}<uuid:span>/", span, name="span"),
    path(f"{_ARTICLE}<uuid:span>/change", change, name="span-change"),
    path(f"{_ARTICLE}<uuid:span>/withdraw", withdraw, name="span-withdraw"),
    path(f"{_ARTICLE}<uuid:span>/restore", restore, name="span-restore"),
]
