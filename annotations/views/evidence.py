"""The evidence of a span: a page of its own, which also opens beside the article as a fragment.

Every form stands on that page and posts to an address below it; one that is refused comes back
there with what was typed, or as problem details to a script.
"""

from collections.abc import Callable, Container, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from annotations import forms
from annotations.actions import evidence as actions
from annotations.domain.errors import Missing, NotAllowed, Refused
from annotations.domain.permissions import Right
from annotations.domain.rendering import shorten
from annotations.domain.vocabulary import Access, SourceKind, WorkState
from annotations.queries import access
from annotations.queries import evidence as queries
from annotations.queries.access import Member
from annotations.queries.joining import joining
from annotations.queries.snapshot import snapshot
from annotations.views import kept as parts
from annotations.views.answers import done, form_refusal, key_of, revision_of, wants_json
from annotations.views.attempts import attempt
from annotations.views.workspace import address, answer


def here(by: Member, span: Any) -> str:
    return reverse("evidence", args=[by.project.slug, span.article_id, span.pk])


@require_safe
def evidence(request: HttpRequest, slug: str, article: UUID, span: UUID) -> HttpResponse:
    with snapshot():
        by = access.member(request.user, slug)
        return _page(request, by, access.span(by, span, of=article))


def _page(
    request: HttpRequest,
    by: Member,
    span: Any,
    *,
    refused: dict[str, Form] | None = None,
    kept: dict[str, Form] | None = None,
    look: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return the whole panel; ``refused`` are bound forms, by name, that stand on it as typed.

    ``kept`` are others in which something was typed. ``look`` is what other assertions are looked
    for by, and which one is to be joined.
    """
    if kept is None:
        kept = _typed(request, by, span, besides=refused or {})
    bound = kept | (refused or {})
    look = request.GET if look is None else look
    panel = queries.panel(by, span)
    may_add = by.may(Right.ADD_EVIDENCE) and span.withdrawn_at is None
    assertion = panel.assertion
    context: dict[str, Any] = {
        "project": by.project,
        "here": "articles",
        "article": span.article,
        "span": span,
        "quote": shorten(span.quote),
        "place": address(by, span.article_id),
        "url": here(by, span),
        "panel": panel,
        "assertion": assertion,
        "may_add": may_add,
        "may_confirm": by.may(Right.CONFIRM),
        "refused": set(bound),
        "withdrawn": [
            {"view": view, "may_change": may_add and _may_change(by, view)}
            for view in panel.withdrawn
        ],
        "citations": [
            {
                "view": view,
                "may_change": may_add and _may_change(by, view),
                "name": f"citation-{view.row.pk}",
                "form": bound.get(f"citation-{view.row.pk}") or _citation_form(view.row, None),
            }
            for view in panel.citations
        ],
        "relations": panel.relations,
        "log_entries": [
            {"row": row, "may_withdraw": may_add and _may_withdraw(by, row)} for row in panel.log
        ],
    }
    if may_add:
        people = queries.readers(by)
        context |= {
            "cite": bound.get("cite") or _cite_form(by, None, people),
            "last": queries.last_source(by),
            "choices": queries.proposed_sources(by, span.article_id),
            "describe": bound.get("describe") or _assertion_form(by, span, assertion, None),
            "state": bound.get("state") or _state_form(assertion, None),
            "log": bound.get("log") or _log_form(None),
            "verdict": bound.get("verdict") or _verdict_form(assertion, None),
            "relate": bound.get("relate"),
        }
    find = forms.FindAssertionForm(look if "find" in look else None, auto_id="ev-find-%s")
    if may_add and find.is_bound and find.is_valid():
        context["similar"] = [
            {
                "row": one,
                "relate": forms.RelateForm(
                    auto_id=f"ev-relate-{one.uuid}-%s",
                    initial={"assertion": one.uuid},
                    prefix=None if "fragment" in request.GET else f"relate-{one.uuid}",
                ),
            }
            for one in queries.similar_assertions(by, span, find.cleaned_data["find"])
        ]
    context["find"] = find
    join = bound.get("join") or forms.JoinForm({"assertion": look.get("join")})
    asked = "join" in bound or "join" in look
    if may_add and asked and join.is_valid() | ("assertion" in join.cleaned_data):
        other = access.assertion(by, join.cleaned_data["assertion"])
        if other.pk != span.assertion_id:
            both = joining(by, span, other)
            context |= {
                "joining": both,
                "join": join,
                "sides": [("own", both.own), ("theirs", both.theirs)],
            }
    fragment = "fragment" in request.GET
    context["fragment"] = fragment
    if may_add and not fragment:
        for name, form in (
            *((name, context[name]) for name in _PARTS),
            *((one["name"], one["form"]) for one in context["citations"]),
        ):
            form.prefix = _prefix(name)
            form.was = parts.was(request, name) if name in bound else parts.says(form)
    return render(
        request,
        f"annotations/{'_evidence' if fragment else 'evidence'}.html",
        context,
        status=422 if refused else 200,
    )


def _may_change(by: Member, view: queries.CitationView) -> bool:
    return by.may(Right.EDIT_OWN if view.own else Right.EDIT_OTHERS)


def _may_withdraw(by: Member, entry: Any) -> bool:
    return by.may(Right.EDIT_OWN if entry.author_id == by.person.pk else Right.EDIT_OTHERS)


# The forms as they stand unsent, or bound to ``data``

#: Forms of the page in which somebody may have typed while another one is saved.
_PARTS = ("cite", "verdict", "describe", "state", "log")


def _prefix(name: str) -> str | None:
    """Return what stands before the names of a form's fields on the page."""
    return None if name == "cite" else name


def _typed(
    request: HttpRequest, by: Member, span: Any, *, besides: Container[str]
) -> dict[str, Form]:
    """Return the forms in which something was typed that this request does not save."""
    if not parts.as_one_page(request):
        return {}
    data = parts.sent(request, "")
    found: list[tuple[str, Form]] = [
        ("cite", _cite_form(by, data, queries.readers(by))),
        ("verdict", _verdict_form(span.assertion, data)),
        ("describe", _assertion_form(by, span, span.assertion, data)),
        ("state", _state_form(span.assertion, data)),
        ("log", _log_form(data)),
    ]
    rows = queries.citation_views(by, span.assertion_id) if span.assertion_id else []
    found += [(f"citation-{view.row.pk}", _citation_form(view.row, data)) for view in rows]
    seen = span.assertion.revision if span.assertion_id else 0
    return parts.typed(request, [one for one in found if one[0] not in besides], seen)


def _sent(request: HttpRequest, name: str) -> Any:
    return parts.sent(request, _prefix(name) or "")


def _state_form(assertion: Any, data: Any) -> forms.WorkStateForm:
    return forms.WorkStateForm(
        data,
        prefix=_prefix("state") if data is not None else None,
        auto_id="ev-state-%s",
        initial={
            "revision": assertion.revision if assertion else None,
            "state": assertion.work_state if assertion else WorkState.TODO.value,
            "due": assertion.due if assertion else "",
        },
    )


def _cite_form(by: Member, data: Any, people: list[Any]) -> forms.CiteForm:
    return forms.CiteForm(
        data,
        auto_id="ev-cite-%s",
        initial={"accessed_on": timezone.localdate()},
        readers=[(str(person.pk), person.name) for person in people],
    )


def _citation_form(row: Any, data: Any) -> forms.ChangeCitationForm:
    return forms.ChangeCitationForm(
        data,
        prefix=f"citation-{row.pk}" if data is not None else None,
        auto_id=f"ev-{row.pk}-%s",
        initial={
            "revision": row.revision,
            **{name: getattr(row, name) for name in forms.CITATION_FIELDS},
        },
    )


def _assertion_form(by: Member, span: Any, assertion: Any, data: Any) -> forms.AssertionForm:
    known = [(str(speaker.pk), speaker.name) for speaker in queries.speakers(by)]
    initial = (
        {
            "revision": assertion.revision,
            "paraphrase": assertion.paraphrase,
            "speaker": str(assertion.speaker_id or ""),
            "said_on": assertion.said_on,
            "due": assertion.due,
        }
        if assertion
        else {"speaker": str(span.speaker_id or "")}
    )
    return forms.AssertionForm(
        data,
        prefix=_prefix("describe") if data is not None else None,
        auto_id="ev-about-%s",
        initial=initial,
        speakers=known,
    )


def _log_form(data: Any) -> forms.WorkLogForm:
    return forms.WorkLogForm(
        data,
        prefix=_prefix("log") if data is not None else None,
        auto_id="ev-log-%s",
        initial={"on": timezone.localdate()},
    )


def _verdict_form(assertion: Any, data: Any) -> forms.VerdictForm:
    initial = (
        {
            "revision": assertion.revision,
            "verdict": assertion.verdict,
            "verdict_reason": assertion.verdict_reason,
            "verdict_as_of": assertion.verdict_as_of,
        }
        if assertion
        else {}
    )
    return forms.VerdictForm(
        data,
        prefix=_prefix("verdict") if data is not None else None,
        auto_id="ev-verdict-%s",
        initial=initial,
    )


# What every change shares


def _change(
    request: HttpRequest,
    by: Member,
    span: Any,
    name: str,
    form: Form,
    act: Callable[[], object],
    message: str,
) -> HttpResponse:
    """Call ``act`` where the form is valid; show what it refuses on the form, by its ``name``."""
    kept = _typed(request, by, span, besides={name})
    if form.is_valid():
        if wants_json(request):
            act()
            return _done(request, by, span, message)
        if attempt(form, act):
            return _done(request, by, span, message, kept=kept)
    if wants_json(request):
        raise form_refusal(form)
    return _page(request, by, access.span(by, span.pk), refused={name: form}, kept=kept)


def _done(
    request: HttpRequest,
    by: Member,
    span: Any,
    message: str,
    *,
    to: UUID | None = None,
    made: UUID | None = None,
    kept: dict[str, Form] | None = None,
) -> HttpResponse:
    """Answer a change: to a script the cards and blocks it touched in this article.

    ``to`` is the span to go on with, where it is another one; ``made`` is the citation to show.
    ``kept`` are forms of the page in which something else was typed: the page stays with them.
    """
    if wants_json(request):
        shown = queries.spans_of(by, span)
        return answer(
            request, by, span.article, message, span=to or span.pk, spans=shown, made=made
        )
    if kept:
        messages.success(request, f"{message} What else you typed is still here, not saved.")
        fresh = access.span(by, span.pk)
        for form in kept.values():
            parts.renew(form, fresh.assertion.revision if fresh.assertion_id else 0)
        return _page(request, by, fresh, kept=kept)
    if to is None:
        return done(request, message, here(by, span) + (f"#citation-{made}" if made else ""))
    # Without a fragment of its own the next page would open at the form that was sent.
    return done(request, message, f"{here(by, access.span(by, to, of=span.article_id))}#main")


def _open(request: HttpRequest, slug: str, article: UUID, span: UUID) -> tuple[Member, Any]:
    """Return who changes evidence and the span; a form is not looked at without the right."""
    by = access.member(request.user, slug)
    found = access.span(by, span, of=article)
    by.must(Right.ADD_EVIDENCE)
    return by, found


# Citations


@require_POST
def cite(request: HttpRequest, slug: str, article: UUID, span: UUID) -> HttpResponse:
    """Cite a source; the page stays with the span, or goes on to the next that lacks one."""
    by, one = _open(request, slug, article, span)
    form = _cite_form(by, request.POST, queries.readers(by))
    kept = _typed(request, by, one, besides={"cite"})
    if form.is_valid():
        try:
            source = _source(by, form, article)
            if source is not None:
                values = forms.values_of(form, forms.CITATION_FIELDS)
                made = actions.cite(one, source, by=by.person, key=key_of(request), **values)
                onwards = form.cleaned_data["then"] == "next"
                to = queries.next_without_source(by, one) if onwards else None
                said = _cited(by, made, onwards, None if kept else to)
                return _done(request, by, one, said, to=to, made=made.pk, kept=kept)
        except (NotAllowed, Missing):
            raise
        except Refused as refusal:
            if wants_json(request):
                raise
            form.add_error(None, refusal.message)
    if wants_json(request):
        raise form_refusal(form)
    return _page(request, by, one, refused={"cite": form}, kept=kept)


def _cited(by: Member, made: Any, onwards: bool, to: UUID | None) -> str:
    if to is not None:
        return "Cited. This span has no source yet."
    title = queries.source_views(by, [made.source])[0].title
    here = f"Cited: {title}."
    return f"{here} No other span of this article lacks a source." if onwards else here


def _source(by: Member, form: forms.CiteForm, article: UUID) -> Any:
    """Return the source that the form means, as ``actions.cite`` takes it; None: the form says why.

    A link to words of a page also fills in the quotation.
    """
    data = form.cleaned_data
    if data["chosen"]:
        return _chosen(by, data["chosen"])
    if not data["source"].strip():
        if data["title"] or data["access"] == Access.CONFIDENTIAL:
            return _new_source(by, form, "")
        form.add_error("source", "Say which source, or describe a new one below.")
        return None
    found = queries.look_up(by, data["source"], article)
    data["quotation"] = data["quotation"] or found.quotation
    if found.error:
        form.add_error("source", found.error)
    elif len(found.choices) == 1:
        return _chosen(by, found.choices[0].value)
    elif found.choices:
        form.found = found.choices
        form.add_error("source", "Several sources have these words; choose one.")
    elif found.url and data["title"]:
        return _new_source(by, form, found.url)
    elif found.url:
        form.add_error("title", "No source has this address yet. Give it a title, and cite again.")
    else:
        form.add_error(
            "source",
            "No source or article has these words. Paste its address, or describe it below.",
        )
    return None


def _chosen(by: Member, value: str) -> Any:
    kind, _, key = value.partition(":")
    try:
        uuid = UUID(key)
    except ValueError:
        raise Missing("There is no such source in this project.") from None
    return access.article(by, uuid) if kind == "article" else access.source(by, uuid)


def _new_source(by: Member, form: forms.CiteForm, url: str) -> actions.NewSource:
    data = form.cleaned_data
    values = form.new_source()
    if values["access"] == Access.CONFIDENTIAL:
        values["title"] = values["title"] or "A confidential source"
        if values["kind"] == SourceKind.WEB:
            values["kind"] = SourceKind.INTERVIEW.value
    return actions.NewSource(
        {**values, "url": url},
        confidential=data["details"],
        readers=tuple(access.person(by, UUID(key)) for key in data["readers"]),
    )


@require_safe
def find_source(request: HttpRequest, slug: str, article: UUID) -> JsonResponse:
    """Return what a few letters or an address stand for, to a script that fills the form."""
    by = access.member(request.user, slug)
    access.article(by, article)
    by.must(Right.ADD_EVIDENCE)
    found = queries.look_up(by, request.GET.get("words", "")[:4000], article)
    return JsonResponse(
        {
            "choices": [{"value": one.value, "label": one.label} for one in found.choices],
            "url": found.url,
            "quotation": found.quotation,
            "error": found.error,
        }
    )


def _of(by: Member, span: Any, key: UUID) -> Any:
    """Return a citation of the span's assertion, or raise ``Missing``."""
    citation = access.citation(by, key)
    if citation.assertion_id != span.assertion_id:
        raise Missing("There is no such citation of this span.")
    return citation


@require_POST
def change_citation(
    request: HttpRequest, slug: str, article: UUID, span: UUID, citation: UUID
) -> HttpResponse:
    by, one = _open(request, slug, article, span)
    row = _of(by, one, citation)
    form = _citation_form(row, _sent(request, f"citation-{row.pk}"))
    return _change(
        request,
        by,
        one,
        f"citation-{row.pk}",
        form,
        lambda: actions.change_citation(
            row,
            by=by.person,
            revision=form.cleaned_data["revision"],
            restore=form.cleaned_data["restore"],
            key=key_of(request),
            **forms.values_of(form, forms.CITATION_FIELDS),
        ),
        "The citation is changed.",
    )


def _act_on_citation(action: Callable[..., None], message: str) -> Callable[..., HttpResponse]:
    @require_POST
    def view(
        request: HttpRequest, slug: str, article: UUID, span: UUID, citation: UUID
    ) -> HttpResponse:
        by, one = _open(request, slug, article, span)
        row = _of(by, one, citation)
        kept = _typed(request, by, one, besides=())
        action(row, by=by.person, revision=revision_of(request), key=key_of(request))
        return _done(request, by, one, message, kept=kept)

    return view


confirm = _act_on_citation(actions.confirm_citation, "Confirmed: the source says this.")
withdraw = _act_on_citation(actions.withdraw_citation, "The citation is withdrawn.")
restore = _act_on_citation(actions.restore_citation, "The citation is restored.")


# The assertion


@require_POST
def describe(request: HttpRequest, slug: str, article: UUID, span: UUID) -> HttpResponse:
    by, one = _open(request, slug, article, span)
    form = _assertion_form(by, one, one.assertion, _sent(request, "describe"))

    def act() -> None:
        data = form.cleaned_data
        actions.describe_assertion(
            one,
            by=by.person,
            revision=_seen(form),
            key=key_of(request),
            paraphrase=data["paraphrase"],
            speaker=access.speaker(by, UUID(data["speaker"])) if data["speaker"] else None,
            said_on=data["said_on"],
            due=data["due"],
        )

    return _change(request, by, one, "describe", form, act, "Saved what is asserted.")


def _seen(form: Form) -> int:
    """Return the revision that the form showed: 0 where nobody had made the assertion."""
    revision: int | None = form.cleaned_data["revision"]
    return revision or 0


@require_POST
def state(request: HttpRequest, slug: str, article: UUID, span: UUID) -> HttpResponse:
    by, one = _open(request, slug, article, span)
    form = _state_form(one.assertion, _sent(request, "state"))
    return _change(
        request,
        by,
        one,
        "state",
        form,
        lambda: actions.set_work_state(
            one,
            state=form.cleaned_data["state"],
            due=form.cleaned_data["due"],
            by=by.person,
            revision=_seen(form),
            key=key_of(request),
        ),
        "Saved how far the search is.",
    )


@require_POST
def log(request: HttpRequest, slug: str, article: UUID, span: UUID) -> HttpResponse:
    by, one = _open(request, slug, article, span)
    form = _log_form(_sent(request, "log"))
    return _change(
        request,
        by,
        one,
        "log",
        form,
        lambda: actions.log_work(one, by=by.person, key=key_of(request), **form.cleaned_data),
        "Logged.",
    )


@require_POST
def withdraw_log(
    request: HttpRequest, slug: str, article: UUID, span: UUID, entry: UUID
) -> HttpResponse:
    by, one = _open(request, slug, article, span)
    row = access.log_entry(by, entry, of=one.assertion_id)
    kept = _typed(request, by, one, besides=())
    actions.withdraw_log(row, by=by.person, revision=revision_of(request), key=key_of(request))
    return _done(request, by, one, "The log entry is withdrawn.", kept=kept)


@require_POST
def verdict(request: HttpRequest, slug: str, article: UUID, span: UUID) -> HttpResponse:
    by, one = _open(request, slug, article, span)
    form = _verdict_form(one.assertion, _sent(request, "verdict"))

    def act() -> None:
        data = form.cleaned_data
        actions.give_verdict(
            one,
            by=by.person,
            verdict=data["verdict"],
            reason=data["verdict_reason"],
            as_of=data["verdict_as_of"],
            revision=_seen(form),
            key=key_of(request),
        )

    return _change(request, by, one, "verdict", form, act, "Saved the verdict.")


@require_POST
def join(request: HttpRequest, slug: str, article: UUID, span: UUID) -> HttpResponse:
    by, one = _open(request, slug, article, span)
    form = forms.JoinForm(_sent(request, "join"), prefix="join")
    if not form.is_valid() and "assertion" not in form.cleaned_data:
        raise form_refusal(form)
    other = access.assertion(by, form.cleaned_data["assertion"])

    def act() -> None:
        said = {name: form.cleaned_data[name] for name in ("wording", "verdict")}
        actions.join_assertion(one, other, by=by.person, key=key_of(request), **said)

    words = "Joined: both show one evidence now."
    return _change(request, by, one, "join", form, act, words)


@require_POST
def split(request: HttpRequest, slug: str, article: UUID, span: UUID) -> HttpResponse:
    by, one = _open(request, slug, article, span)
    kept = _typed(request, by, one, besides=())
    actions.split_assertion(one, by=by.person, key=key_of(request))
    return _done(request, by, one, "Split off: this span stands for itself again.", kept=kept)


@require_POST
def relate(request: HttpRequest, slug: str, article: UUID, span: UUID) -> HttpResponse:
    by, one = _open(request, slug, article, span)
    # Each candidate has a form of its own on the page; the button says whose was pressed.
    whose = parts.pressed(request, "relate")
    prefix = "relate" if whose is None else f"relate-{whose}"
    form = forms.RelateForm(parts.sent(request, prefix), prefix=prefix, auto_id="ev-relate-%s")

    def act() -> None:
        data = form.cleaned_data
        other = access.assertion(by, data["assertion"])
        said = {"kind": data["kind"], "note": data["note"]}
        actions.relate_span(one, other, **said, by=by.person, key=key_of(request))

    return _change(request, by, one, "relate", form, act, "Related.")


@require_POST
def look(request: HttpRequest, slug: str, article: UUID, span: UUID) -> HttpResponse:
    """Look for other assertions, or at both sides of a join; what is typed elsewhere stays."""
    by, one = _open(request, slug, article, span)
    return _page(request, by, one, look=request.POST)


@require_POST
def save(request: HttpRequest, slug: str, article: UUID, span: UUID) -> HttpResponse:
    """Save the one form of the page that was typed in, as Enter asks; of several, ask which."""
    by, one = _open(request, slug, article, span)
    found = _typed(request, by, one, besides=())
    if len(found) == 1 and (name := next(iter(found))) in _SAVES:
        return _SAVES[name](request, slug, article, span)
    if not found:
        return done(request, "Nothing was typed.", here(by, one))
    messages.warning(request, "You typed in several places: press the button of what to save.")
    return _page(request, by, one, kept=found)


_SAVES: dict[str, Callable[..., HttpResponse]] = {
    "cite": cite,
    "verdict": verdict,
    "describe": describe,
    "state": state,
    "log": log,
}


@require_POST
def unrelate(
    request: HttpRequest, slug: str, article: UUID, span: UUID, relation: UUID
) -> HttpResponse:
    by, one = _open(request, slug, article, span)
    row = queries.relation(by, relation, one.assertion_id)
    if row is None:
        raise Missing("There is no such relation of this assertion.")
    kept = _typed(request, by, one, besides=())
    actions.withdraw_relation(row, by=by.person, key=key_of(request))
    return _done(request, by, one, "The relation is taken back.", kept=kept)


_ARTICLE = "p/<slug:slug>/a/<uuid:article>/"
_HERE = f"{_ARTICLE}spans/<uuid:span>/evidence"
_CITATION = f"{_HERE}/citations/<uuid:citation>"

urlpatterns = [
    path(_HERE, evidence, name="evidence"),
    path(f"{_HERE}/save", save, name="evidence-save"),
    path(f"{_HERE}/look", look, name="evidence-look"),
    path(f"{_HERE}/cite", cite, name="cite"),
    path(f"{_HERE}/describe", describe, name="assertion-describe"),
    path(f"{_HERE}/state", state, name="assertion-state"),
    path(f"{_HERE}/log", log, name="assertion-log"),
    path(f"{_HERE}/log/<uuid:entry>/withdraw", withdraw_log, name="log-withdraw"),
    path(f"{_HERE}/verdict", verdict, name="assertion-verdict"),
    path(f"{_HERE}/join", join, name="assertion-join"),
    path(f"{_HERE}/split", split, name="assertion-split"),
    path(f"{_HERE}/relate", relate, name="assertion-relate"),
    path(f"{_HERE}/relations/<uuid:relation>/withdraw", unrelate, name="relation-withdraw"),
    path(f"{_CITATION}/change", change_citation, name="citation-change"),
    path(f"{_CITATION}/confirm", confirm, name="citation-confirm"),
    path(f"{_CITATION}/withdraw", withdraw, name="citation-withdraw"),
    path(f"{_CITATION}/restore", restore, name="citation-restore"),
    path(f"{_ARTICLE}sources/find", find_source, name="source-find"),
]
