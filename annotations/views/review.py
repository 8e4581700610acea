"""Second reading, sign-off, certificate and history of an article."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from annotations.actions import review
from annotations.actions.evidence import confirm_citation
from annotations.domain.errors import Missing, Refused
from annotations.domain.permissions import Right
from annotations.domain.places import place_of
from annotations.domain.vocabulary import Outcome, ReturnReason, Voice
from annotations.forms import AboutSpanForm, AnswerForm, DecideForm, SignForm
from annotations.queries import access
from annotations.queries.article_versions import newer_version
from annotations.queries.certificate import certificate, sign_off_of, signing
from annotations.queries.history import operations
from annotations.queries.second_reading import paragraph_of, reading
from annotations.views.answers import (
    checked,
    done,
    key_of,
    number,
    safe_next,
    uuid_of,
    wants_json,
)
from annotations.views.workspace import answer

PER_PAGE = 50
#: Characters shown on either side of a place that is to be chosen.
CONTEXT = 80

#: The key of each reason for returning a span, as the second-reading page names them.
REASON_KEYS = {
    ReturnReason.BOUNDARY: "b",
    ReturnReason.LABEL: "l",
    ReturnReason.VOICE: "v",
    ReturnReason.SOURCE: "s",
    ReturnReason.CONTEXT: "c",
    ReturnReason.OTHER: "o",
}


#: How many blockers of a kind are listed: a form of more than 5,000 fields would be refused whole.
LISTED = 200


@login_required
@require_safe
def second_reading(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    return _reading_page(request, slug, article, key=uuid_of(request.GET.get("span")))


def _reading_page(
    request: HttpRequest,
    slug: str,
    article: UUID,
    *,
    key: UUID | None,
    refusal: Refused | None = None,
) -> HttpResponse:
    member = access.member(request.user, slug)
    found = access.article(member, article)
    shown = reading(member, found, key)
    places = refusal.details.get("places", ()) if refusal else ()
    return render(
        request,
        "annotations/second_reading.html",
        {
            "project": member.project,
            "here": "articles",
            "article": found,
            "reading": shown,
            "reasons": [(reason.value, reason.label, key) for reason, key in REASON_KEYS.items()],
            "voices": Voice.choices,
            "me": member.person,
            "may_confirm": member.may(Right.CONFIRM),
            "refusal": refusal,
            "typed": request.POST,
            "places": [_in_context(found.text, *place) for place in places],
        },
        status=refusal.status if refusal else 200,
    )


def _in_context(text: str, start: int, end: int) -> dict[str, str]:
    """Return a place of some words with what stands around it, to be chosen from."""
    return {
        "place": f"{start}-{end}",
        "before": text[max(start - CONTEXT, 0) : start],
        "words": text[start:end],
        "after": text[end : end + CONTEXT],
    }


@login_required
@require_POST
def decide(request: HttpRequest, slug: str, article: UUID, span: UUID) -> HttpResponse:
    member = access.member(request.user, slug)
    found = access.span(member, span, of=article)
    form = DecideForm(request.POST)
    shown = reading(member, access.article(member, article), span)
    try:
        said = checked(form)
        outcome = said["outcome"]
        review.decide(
            found,
            outcome=outcome,
            shown=said["shown"],
            reason_code=said["reason_code"],
            reason=said["reason"],
            proposal=_proposal(member, found, form) if outcome == Outcome.PROPOSED else None,
            by=member.person,
            key=key_of(request),
        )
    except Missing:
        raise
    except Refused as refusal:
        if wants_json(request):
            raise
        return _reading_page(request, slug, article, key=span, refusal=refusal)
    words = {
        Outcome.ACCEPTED: "Accepted.",
        Outcome.RETURNED: "Returned to its author.",
        Outcome.PROPOSED: "Your change is proposed to its author.",
    }
    after = shown.next if shown else None
    there = reverse("second-reading", args=(slug, article))
    return done(request, words[Outcome(outcome)], f"{there}?span={after}" if after else there)


def _proposal(member: access.Member, span: Any, form: DecideForm) -> dict[str, Any]:
    """Return the proposed fields; boundaries come as the words to begin and end with."""
    said = form.cleaned_data
    proposal = form.said()
    if said["label"]:
        proposal["label"] = str(access.label(member, said["label"]).pk)
    if "speaker" in form.data:
        speaker = said["speaker"] and access.speaker(member, said["speaker"])
        proposal["speaker"] = str(speaker.pk) if speaker else None
    if form.place_chosen:
        start, end = form.place_chosen
    elif said["quote"] and said["quote"] != span.quote:
        near = (span.start, span.end)
        start, end = place_of(span.article.text, said["quote"], near, paragraph_of(span))
    else:
        return proposal
    return {**proposal, "start": start, "end": end}


@login_required
@require_POST
def take_proposal(
    request: HttpRequest, slug: str, article: UUID, span: UUID, decision: UUID
) -> HttpResponse:
    member = access.member(request.user, slug)
    before = access.span(member, span, of=article)
    proposed = access.decision(member, decision, of=span)
    review.take_proposal(proposed, by=member.person, key=key_of(request))
    found = access.span(member, span, of=article)
    places = [(before.start, before.end)]
    return _answered(request, member, found, "Changed as proposed.", places)


@login_required
@require_POST
def decline_proposal(
    request: HttpRequest, slug: str, article: UUID, span: UUID, decision: UUID
) -> HttpResponse:
    member = access.member(request.user, slug)
    found = access.span(member, span, of=article)
    proposed = access.decision(member, decision, of=span)
    answer = checked(AnswerForm(request.POST))["answer"]
    review.decline_proposal(proposed, answer=answer, by=member.person, key=key_of(request))
    return _answered(request, member, found, "Kept as it is; its second reader is told why.")


def _answered(
    request: HttpRequest,
    member: access.Member,
    span: Any,
    message: str,
    ranges: Iterable[tuple[int, int]] = (),
) -> HttpResponse:
    """Answer to a script with what changed, else go back to where the form was."""
    if wants_json(request):
        places = [(span.start, span.end), *ranges]
        return answer(
            request, member, span.article, message, span=span.pk, spans=[span.pk], ranges=places
        )
    to = reverse("article", args=(member.project.slug, span.article_id)) + f"#s-{span.pk}"
    return done(request, message, safe_next(request, to))


@login_required
@require_POST
def confirm(request: HttpRequest, slug: str, article: UUID, citation: UUID) -> HttpResponse:
    """Confirm from the second-reading page, and stay at the span."""
    member = access.member(request.user, slug)
    access.article(member, article)
    found = access.citation(member, citation)
    confirm_citation(found, by=member.person, key=key_of(request))
    there = reverse("second-reading", args=(slug, article))
    span = checked(AboutSpanForm(request.POST))["span"]
    return done(request, "Confirmed.", f"{there}?span={span}" if span else there)


@login_required
@require_safe
def sign_off(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    return _sign_page(request, slug, article)


def _sign_page(
    request: HttpRequest, slug: str, article: UUID, *, refusal: Refused | None = None
) -> HttpResponse:
    member = access.member(request.user, slug)
    found = access.article(member, article)
    shown = signing(member, found)
    return render(
        request,
        "annotations/sign_off.html",
        {
            "project": member.project,
            "here": "articles",
            "article": found,
            "signing": shown,
            "newer": newer_version(found),
            "rules": member.project.rules,
            "may_sign": member.may(Right.SIGN_OFF),
            "refusal": refusal,
            "typed": request.POST,
            "homeless": _homeless(SignForm(request.POST), shown),
            "listed": LISTED,
        },
        status=refusal.status if refusal else 200,
    )


@login_required
@require_POST
def sign(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    member = access.member(request.user, slug)
    found = access.article(member, article)
    form = SignForm(request.POST)
    try:
        said = checked(form)
        signed = review.sign_off(
            found,
            seen=said["seen"],
            waivers=_waivers(member, found, said),
            by=member.person,
            key=key_of(request),
        )
    except Missing:
        raise
    except Refused as refusal:
        return _sign_page(request, slug, article, refusal=refusal)
    there = reverse("certificate", args=(slug, article, signed.pk))
    return done(request, "You have signed this article off.", there)


def _homeless(form: SignForm, shown: Any) -> list[str]:
    """Return the reasons typed for what does not stand in the way any more."""
    kinds = {kind for kind, _, found in shown.groups if len(found) > 1}
    names = {one.name for _, _, found in shown.groups for one in found[:LISTED]}
    alone, grouped = form.reasons("waive:"), form.reasons("waive-all:")
    return [reason for name, reason in alone.items() if name not in names] + [
        reason for kind, reason in grouped.items() if kind not in kinds
    ]


def _waivers(member: access.Member, article: Any, said: dict[str, Any]) -> dict[str, str]:
    """Return a reason for each blocker that is waived, alone or with its whole group."""
    waived: dict[str, str] = {}
    if said["grouped"]:
        shown = signing(member, article)
        for kind, reason in said["grouped"].items():
            waived.update({blocker.name: reason for blocker in shown.blockers_of(kind)})
    return waived | said["alone"]


@login_required
@require_safe
def show_certificate(request: HttpRequest, slug: str, article: UUID, signed: UUID) -> HttpResponse:
    member = access.member(request.user, slug)
    found = sign_off_of(member, article, signed)
    if found is None:
        raise Missing("There is no such sign-off of this article.")
    found.article.project = member.project
    return render(
        request,
        "annotations/certificate.html",
        {
            "project": member.project,
            "here": "articles",
            "article": found.article,
            "certificate": certificate(member, found),
        },
    )


@login_required
@require_safe
def history(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    member = access.member(request.user, slug)
    found = access.article(member, article)
    page = max(number(request.GET, "page", default=1, most=99_999), 1)
    steps, total = operations(member, found, page=page, size=PER_PAGE)
    return render(
        request,
        "annotations/history.html",
        {
            "project": member.project,
            "here": "articles",
            "article": found,
            "steps": steps,
            "total": total,
            "page": Paginator(range(total), PER_PAGE).get_page(page),
        },
    )


_ARTICLE = "p/<slug:slug>/a/<uuid:article>/"

urlpatterns = [
    path(f"{_ARTICLE}second-reading/", second_reading, name="second-reading"),
    path(f"{_ARTICLE}spans/<uuid:span>/decide", decide, name="decide"),
    path(
        f"{_ARTICLE}spans/<uuid:span>/decisions/<uuid:decision>/take",
        take_proposal,
        name="take-proposal",
    ),
    path(
        f"{_ARTICLE}spans/<uuid:span>/decisions/<uuid:decision>/decline",
        decline_proposal,
        name="decline-proposal",
    ),
    path(f"{_ARTICLE}citations/<uuid:citation>/confirm-here", confirm, name="confirm-here"),
    path(f"{_ARTICLE}sign-off/", sign_off, name="sign-off"),
    path(f"{_ARTICLE}sign-off/sign", sign, name="sign"),
    path(f"{_ARTICLE}certificates/<uuid:signed>/", show_certificate, name="certificate"),
    path(f"{_ARTICLE}history/", history, name="history"),
]
