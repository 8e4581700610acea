"""Bringing articles in: files or a pasted text, what was read of them, their later corrections."""

import time
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from annotations import forms
from annotations.actions import articles
from annotations.actions import imports as actions
from annotations.actions.imports import Upload
from annotations.domain.permissions import Right
from annotations.domain.vocabulary import BlockRole
from annotations.queries import access
from annotations.queries import imports as queries
from annotations.queries.access import Member
from annotations.queries.leases import worker_runs
from annotations.queries.snapshot import snapshot
from annotations.views import answers
from annotations.views.assignments import context_of as assignments_of
from annotations.views.attempts import attempt

#: Seconds that an answer waits for the work it began: most files are read by then.
PATIENCE = 0.8
#: Seconds between two looks whether it is done.
LOOK = 0.02


def wait_for(batch: UUID) -> None:
    """Return when a worker is done with the batch, or after ``PATIENCE``: no page waits longer."""
    until = time.monotonic() + (PATIENCE if worker_runs() else 0)
    while time.monotonic() < until and queries.waits_for_a_worker(batch):
        time.sleep(LOOK)


def _importer(request: HttpRequest, slug: str) -> Member:
    member = access.member(request.user, slug)
    member.must(Right.IMPORT)
    return member


# --- bringing in ------------------------------------------------------------------------------


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    return _page(request, _importer(request, slug))


def _page(
    request: HttpRequest,
    member: Member,
    upload: forms.UploadForm | None = None,
    paste: forms.PasteForm | None = None,
) -> HttpResponse:
    return render(
        request,
        "annotations/import.html",
        {
            "here": "import",
            "project": member.project,
            "upload": upload or forms.UploadForm(auto_id="upload-%s"),
            "paste": paste or forms.PasteForm(auto_id="paste-%s"),
            "pasting": paste is not None,
            "batches": list(queries.batches(member)),
            "worker": worker_runs(),
        },
        status=422 if upload or paste else 200,
    )


@require_POST
def upload(request: HttpRequest, slug: str) -> HttpResponse:
    member = _importer(request, slug)
    form = forms.UploadForm(request.POST, auto_id="upload-%s")
    if form.is_valid():
        about = forms.values_of(form, ("licence", "redistributable"))
        uploads = [
            Upload(file.name or "", file.read(), **about)
            for file in request.FILES.getlist("files")
            if isinstance(file, UploadedFile)
        ]
        answer = _begin(request, member, form, uploads)
        if answer is not None:
            return answer
    return _page(request, member, upload=form)


@require_POST
def paste(request: HttpRequest, slug: str) -> HttpResponse:
    member = _importer(request, slug)
    form = forms.PasteForm(request.POST, auto_id="paste-%s")
    if form.is_valid():
        said = forms.values_of(form, forms.ARTICLE_FIELDS)
        pasted = Upload(
            f"pasted.{form.cleaned_data['kind']}",
            form.cleaned_data["text"].encode(),
            given={name: value for name, value in said.items() if value and isinstance(value, str)},
            redistributable=said["redistributable"],
        )
        answer = _begin(request, member, form, [pasted])
        if answer is not None:
            return answer
    return _page(request, member, paste=form)


def _begin(
    request: HttpRequest, member: Member, form: Form, uploads: list[Upload]
) -> HttpResponse | None:
    """Begin to read what came and go to its page; None where it was refused."""
    made: list[Any] = []

    def act() -> None:
        made.append(actions.create_batch(member.project, uploads, by=member.person))

    if not attempt(form, act):
        return None
    [batch] = made
    wait_for(batch.pk)
    return answers.see(_address(member, batch.pk))


# --- a batch ----------------------------------------------------------------------------------


def _address(member: Member, batch: UUID, **query: int | None) -> str:
    place = reverse("import-batch", args=[member.project.slug, batch])
    said = urlencode({name: value for name, value in query.items() if value is not None})
    return f"{place}?{said}" if said else place


@never_cache
@require_safe
def batch(request: HttpRequest, slug: str, batch: UUID) -> HttpResponse:
    """Show how far a batch is, what was read, or what became of it."""
    member = _importer(request, slug)
    held = access.import_batch(member, batch)
    progress = queries.progress(held)
    if answers.wants_json(request):
        return JsonResponse(
            {
                "state": progress.state,
                "done": progress.done,
                "total": progress.total,
                "articles": progress.articles,
                "worker": worker_runs(),
            }
        )
    return _batch(request, member, held, progress)


def _batch(
    request: HttpRequest,
    member: Member,
    held: Any,
    progress: queries.Progress,
    refused: tuple[int, forms.ItemForm] | None = None,
) -> HttpResponse:
    preview = None
    form = None if refused is None else refused[1]
    if not progress.working:
        key = answers.number(request.GET, "item") or None if refused is None else refused[0]
        wanted = {
            name: max(answers.number(request.GET, name, least=-1), 0) for name in ("page", "from")
        }
        with snapshot():
            preview = queries.preview(
                member,
                held,
                key if held.state == "preview" else None,
                wanted["page"],
                wanted["from"],
                opens=held.state == "preview",
            )
        chosen = preview.chosen
        if form is None and chosen is not None and chosen.draft is not None:
            form = forms.ItemForm(initial=_initial(chosen), auto_id="item-%s")
    return render(
        request,
        "annotations/import_batch.html",
        {
            "here": "import",
            "project": member.project,
            "batch": held,
            "progress": progress,
            "worker": not progress.working or worker_runs(),
            "preview": preview,
            "form": form,
            "roles": BlockRole.choices,
        },
        status=422 if refused else 200,
    )


def _initial(chosen: queries.Chosen) -> dict[str, Any]:
    """Return what the form of an article shows at first: what would be stored as it stands."""
    fields = forms.ItemForm.base_fields
    said = {name: getattr(chosen.draft, name, "") for name in forms.ARTICLE_FIELDS}
    said["title"] = said["title"] or chosen.item.name
    return {
        **{name: value[: fields[name].max_length] for name, value in said.items() if value},
        "redistributable": chosen.item.redistributable,
    }


@require_POST
def item(request: HttpRequest, slug: str, batch: UUID, item: int) -> HttpResponse:
    """Save the corrections of one article, then go where the pressed button leads.

    A script sends each field when it is left, and gets JSON.
    """
    member = _importer(request, slug)
    changed = access.import_item(member, batch, item)
    onward = forms.OnwardForm(request.POST)
    to = onward.cleaned_data if onward.is_valid() else {}
    form = forms.ItemForm(request.POST, auto_id="item-%s")
    roles = forms.roles_changed(request.POST)
    saved = form.is_valid() and _correct(member, changed, form, roles, to.get("choose", ""))
    if answers.wants_json(request):
        if form.errors:
            return answers.problem(answers.form_refusal(form), status=422)
        return JsonResponse({"saved": sorted(form.changes())})
    if form.errors:
        held = access.import_batch(member, batch)
        return _batch(request, member, held, queries.progress(held), refused=(item, form))
    if to.get("out"):
        out = to["out"] == "on"
        actions.leave_out(changed, by=member.person, out=out)
        message = f"{changed.name} is left out." if out else f"{changed.name} is taken in again."
        return answers.done(request, message, _address(member, batch, item=item))
    then, _, number = to.get("then", "").partition("-")
    if then == "store":
        return store(request, slug, batch)
    if saved or then in ("", "save"):
        messages.success(request, "Saved; not stored yet.")
    query = {"item": item, "page": to.get("page")}
    if then == "page":
        query = {"item": None}
    if then in query or then == "from":
        query[then] = int(number)
    return answers.see(_address(member, batch, **query))


def _correct(
    member: Member, item: Any, form: forms.ItemForm, roles: dict[int, str], choose: str
) -> bool:
    """Save what was changed on a form; say whether anything was, and leave refusals on it."""
    values = form.changes()
    if choose:
        field, _, side = choose.partition("-")
        values[field] = queries.side_of(item, field, side)
    return bool(values or roles) and attempt(
        form, lambda: actions.correct_item(item, by=member.person, roles=roles, **values)
    )


@require_POST
def store(request: HttpRequest, slug: str, batch: UUID) -> HttpResponse:
    """Store what is to be stored of a batch; the second of two clicks follows the first."""
    member = _importer(request, slug)
    held = access.import_batch(member, batch)
    if actions.store_batch(held, by=member.person):
        wait_for(batch)
    return answers.see(_address(member, batch))


@require_POST
def drop(request: HttpRequest, slug: str, batch: UUID) -> HttpResponse:
    member = _importer(request, slug)
    actions.drop_batch(access.import_batch(member, batch), by=member.person)
    return answers.done(
        request, "Discarded; articles stored from it stay.", reverse("import", args=[slug])
    )


# --- an article that is stored ----------------------------------------------------------------


@require_safe
def details(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    member = access.member(request.user, slug)
    return _details(request, member, access.article(member, article))


def _details(request: HttpRequest, member: Member, on: Any, **more: Any) -> HttpResponse:
    first = more.get("first", answers.number(request.GET, "from"))
    with snapshot():
        shown = queries.details(member, on, first)
    form = more.pop("form", None) or forms.DetailsForm(
        initial={name: getattr(on, name) for name in (*forms.ARTICLE_FIELDS, "revision")},
        auto_id="details-%s",
    )
    return render(
        request,
        "annotations/article_details.html",
        {
            "here": "articles",
            "project": member.project,
            "article": on,
            "shown": shown,
            "form": form,
            "roles": BlockRole.choices,
            "may_correct": member.may(Right.IMPORT) and on.purged_at is None,
            "may_roles": member.may(Right.SET_ROLES) and on.purged_at is None,
            **assignments_of(member, on),
            **more,
        },
        status=422 if form.is_bound else 200,
    )


def _details_address(member: Member, article: UUID, anchor: str = "", first: int = 0) -> str:
    place = reverse("article-details", args=[member.project.slug, article])
    return f"{place}{f'?from={first}' if first else ''}{anchor}"


@require_POST
def correct(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    member = _importer(request, slug)
    on = access.article(member, article)
    form = forms.DetailsForm(request.POST, auto_id="details-%s")
    if form.is_valid() and attempt(
        form,
        lambda: articles.correct_article(
            on, by=member.person, **forms.values_of(form, (*forms.ARTICLE_FIELDS, "revision"))
        ),
    ):
        return answers.done(request, "Saved.", _details_address(member, article))
    return _details(request, member, access.article(member, article), form=form)


@require_POST
def roles(request: HttpRequest, slug: str, article: UUID) -> HttpResponse:
    """Set roles of blocks: where spans stand in them, first show which.

    A form posts each block's role and the one it showed (``was-12``); only what differs is meant.
    """
    member = access.member(request.user, slug)
    member.must(Right.SET_ROLES)
    on = access.article(member, article)
    wanted, was = forms.roles_in(request.POST), forms.roles_in(request.POST, "was")
    meant = {index: role for index, role in wanted.items() if was.get(index) != role}
    now = queries.roles_of(on, meant)
    meant = {index: role for index, role in meant.items() if now.get(index) != role}
    overtaken = [index for index in meant if index in was and now.get(index) != was[index]]
    said = answers.checked(forms.RolesForm(request.POST))
    first = said["from"] or 0
    back = _details_address(member, article, "#roles", first)
    if not meant:
        return answers.done(request, "No role was changed.", back)
    affected = queries.spans_in(member, on, meant)
    asks = any(affected.values()) and not said["sure"]
    if asks or overtaken:
        changes = [
            {
                "index": index,
                "was": BlockRole(now[index]),
                "role": BlockRole(role),
                "spans": affected.get(index, []),
                "overtaken": index in overtaken,
            }
            for index, role in sorted(meant.items())
            if index in now
        ]
        return _details(request, member, on, confirm=changes, first=first)
    changed = articles.set_roles(on, meant, by=member.person)
    count = len(changed)
    return answers.done(
        request,
        f"The role{'s' if count > 1 else ''} of {count} paragraph"
        f"{'s' if count > 1 else ''} {'are' if count > 1 else 'is'} set.",
        back,
    )


_BATCH = "p/<slug:slug>/import/<uuid:batch>/"
_ARTICLE = "p/<slug:slug>/a/<uuid:article>/details"

urlpatterns = [
    path("p/<slug:slug>/import/", page, name="import"),
    path("p/<slug:slug>/import/upload", upload, name="import-upload"),
    path("p/<slug:slug>/import/paste", paste, name="import-paste"),
    path(_BATCH, batch, name="import-batch"),
    path(f"{_BATCH}items/<int:item>", item, name="import-item"),
    path(f"{_BATCH}store", store, name="import-store"),
    path(f"{_BATCH}drop", drop, name="import-drop"),
    path(_ARTICLE, details, name="article-details"),
    path(f"{_ARTICLE}/metadata", correct, name="article-correct"),
    path(f"{_ARTICLE}/roles", roles, name="article-roles"),
]
