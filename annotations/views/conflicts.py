"""A save that somebody else's came before: both versions side by side, and what can be done.

A script gets the same screen within the problem details, as ``conflict``. Each choice is an
ordinary save: a form that posts to the address of a change, with the newest revision and a key of
its own. Where that has moved on again, the same screen comes back with what is newest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from annotations.actions.review import COMMENT_MOST, add_comment
from annotations.domain.conflicts import Way, join_texts
from annotations.domain.errors import Stale
from annotations.forms import CommentForm
from annotations.queries import access
from annotations.queries.access import Member
from annotations.queries.conflicts import NEW_SPEAKER, Conflict, conflict
from annotations.views.answers import Refusals, checked, fields_of, key_of, problem, wants_json
from annotations.views.workspace import address, answer

#: Characters that a text of a form may have; two texts together may have more.
LONGEST = 20_000

#: What a save without fields asks for, where the row has moved on: what to call doing it now.
_ACTS = {
    "span-withdraw": "Withdraw it all the same",
    "span-restore": "Restore it as it is now",
    "carried-settle": "It stands as it is now",
    "carried-withdraw": "Withdraw it all the same",
    "citation-confirm": "Confirm it as it is now",
    "citation-withdraw": "Withdraw it all the same",
    "citation-restore": "Restore it as it is now",
}
#: Fields that a form posts under another name than the row has.
_POSTED = {"assertion-state": {"work_state": "state"}}
_NOUNS = {"span": "span", "citation": "citation", "assertion": "assertion"}


@dataclass(frozen=True)
class Choice:
    """One of the buttons: what it does, in words, and the save that it is; none for no save."""

    name: str
    words: str
    says: str
    action: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)


class Conflicts(Refusals):
    """Answer a stale save with both versions; whatever else was refused is left to ``Refusals``."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Stale) and "seen" in exception.details:
            return side_by_side(request, exception)
        return None


def side_by_side(request: HttpRequest, refusal: Stale) -> HttpResponse:
    match = request.resolver_match
    assert match is not None  # noqa: S101 - a view was called
    by = access.member(request.user, match.kwargs["slug"])
    span = access.span(by, match.kwargs["span"], of=match.kwargs["article"])
    name = dict(fields_of(request)).get("speaker_name", "").strip()
    if name and "speaker" not in refusal.details["mine"]:
        refusal.details["mine"]["speaker"] = NEW_SPEAKER + name
    found = conflict(by, span.article, refusal.details)
    context = {
        "project": by.project,
        "here": "articles",
        "article": span.article,
        "span": span,
        "place": address(by, span.article_id),
        "conflict": found,
        "noun": _NOUNS[found.table],
        "choices": _choices(by, span, found, request.path, match.url_name or ""),
    }
    if wants_json(request):
        shown = render_to_string("annotations/_conflict.html", context, request)
        did = "withdrew" if found.gone else "changed"
        said = f"{found.who} {did} this {context['noun']} in the meantime. Choose between both."
        return problem(Stale(said, **refusal.details, conflict=shown))
    return render(request, "annotations/conflict.html", context, status=refusal.status)


def _choices(by: Member, span: Any, found: Conflict, here: str, asked: str) -> list[Choice]:
    posted = _POSTED.get(asked, {})

    def change(name: str, words: str, says: str, values: Mapping[str, Any]) -> Choice:
        fields = [(posted.get(one, one), value) for one, value in _typed(values)]
        if found.gone:
            fields.append(("restore", "true"))
        return Choice(name, words, says, here, [*fields, ("revision", str(found.revision))])

    if asked in _ACTS:
        leave = Choice("theirs", "Leave it as it is now", f"What {found.who} made of it stays.")
        if found.gone and not asked.endswith("restore"):
            return [leave]
        act = Choice("mine", _ACTS[asked], "", here, [("revision", str(found.revision))])
        return [leave, act]
    theirs = Choice(
        "theirs",
        "Leave it withdrawn" if found.gone else "Keep theirs",
        f"It stays as {found.who} left it; what you sent is not saved.",
    )
    mine = {name: value for name, value in found.mine.items() if name in found.theirs}
    if not any(one.mine != one.theirs for one in found.differences if one.by_me):
        return [theirs, change("mine", "Restore it", "", mine)]
    taken_back = [
        line.label.lower() for line in found.lines if line.name in _taken_back(found, mine)
    ]
    save = "Restore it and save mine" if found.gone else "Save mine"
    choices = [theirs]
    both = _both(by, span, found, change)
    if taken_back or both is None:
        gives_way = f"{found.who}’s version of {_list(taken_back)} gives way to yours."
        choices.append(change("mine", save, gives_way if taken_back else "", mine))
    if both is not None:
        choices.append(both)
    return choices


def _taken_back(found: Conflict, mine: Mapping[str, Any]) -> set[str]:
    """Return the fields of theirs that saving mine as it was sent would change."""
    names = {
        one.name
        for one in found.differences
        if one.by_them and one.name in mine and one.mine != one.theirs
    }
    return names | {"quote"} if names & {"start", "end"} else names


def _both(by: Member, span: Any, found: Conflict, change: Any) -> Choice | None:
    """Return the save that keeps both versions; None where the two together are too long."""
    if found.both.way == Way.APART:
        return _apart(by, span, found)
    if found.both.way == Way.COMMENT:
        told = "\n".join(f"{label}: {value}" for label, value in found.told)
        body = f"When {found.who} saved, I had:\n\n{told}"
        if len(body) > COMMENT_MOST:
            return None
        return Choice(
            "both",
            "Keep both: mine as a comment",
            f"What {found.who} saved stands; yours is kept as an open comment on this span.",
            reverse("span-keep", args=[by.project.slug, span.article_id, span.pk]),
            [("body", body)],
        )
    merged = dict(found.both.values)
    if found.told:
        note = merged.get("note", found.theirs["note"])
        told = "; ".join(f"{label.lower()}: {value}" for label, value in found.told)
        merged["note"] = join_texts(note, f"{by.person.name} had {told}.")
    if any(isinstance(value, str) and len(value) > LONGEST for value in merged.values()):
        return None
    kept = {name: found.theirs[name] for name in found.mine if name in found.theirs}
    words = "Restore it and keep both" if found.gone else "Keep both"
    return change("both", words, _merged_says(found), kept | merged)


def _merged_says(found: Conflict) -> str:
    told = [label.lower() for label, _ in found.told]
    joined = [
        line.label.lower()
        for line in found.lines
        if line.by == "both" and line.label.lower() not in told
    ]
    says = ["What only one of you changed is taken from each."]
    if joined:
        says.append(f"Of {_list(joined)} both texts stay, {found.who}’s first.")
    if told:
        says.append(
            f"Of {_list(told)} what {found.who} saved stands; yours is written into the note."
        )
    return " ".join(says)


def _apart(by: Member, span: Any, found: Conflict) -> Choice:
    whole = {**found.theirs, **found.seen, **found.mine}
    args = [by.project.slug, span.article_id]
    if found.table == "span":
        values = {name: whole[name] for name in _OF_SPAN}
        return Choice(
            "both",
            "Keep both: mine as a span of its own",
            f"{found.who}’s stays as it is; yours is marked beside it, so far without evidence.",
            reverse("span-add", args=args),
            _typed(values),
        )
    return Choice(
        "both",
        "Keep both: mine as a citation of its own",
        f"{found.who}’s stays as it is; yours is added beside it, of the same source.",
        reverse("cite", args=[*args, span.pk]),
        [("chosen", f"source:{found.theirs['source']}"), *_typed(found.mine)],
    )


_OF_SPAN = (
    *("start", "end", "label", "voice", "speaker", "chain", "note", "quote_kind"),
    *("claim_kind", "certainty", "check_worthiness", "uncertain"),
)


def _typed(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return values of a row as a form posts them."""
    fields = []
    for name, value in values.items():
        if isinstance(value, bool):
            fields.append((name, "true" if value else "false"))
        elif name == "speaker" and str(value or "").startswith(NEW_SPEAKER):
            fields.append(("speaker_name", str(value).removeprefix(NEW_SPEAKER)))
        else:
            fields.append((name, "" if value is None else str(value)))
    return fields


def _list(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


@require_POST
def keep(request: HttpRequest, slug: str, article: Any, span: Any) -> HttpResponse:
    """Keep as a comment what could not be saved beside what somebody else had saved."""
    by = access.member(request.user, slug)
    one = access.span(by, span, of=article)
    body = checked(CommentForm(request.POST))["body"]
    add_comment(one.article, span=one, body=body, by=by.person, key=key_of(request))
    return answer(request, by, one.article, "Kept as a comment.", span=one.pk, spans=[one.pk])


urlpatterns = [
    path("p/<slug:slug>/a/<uuid:article>/spans/<uuid:span>/keep", keep, name="span-keep"),
]
