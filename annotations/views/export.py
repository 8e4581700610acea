"""The export page: what matches, why the rest does not, and the file."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotations.actions.operational import note_export
from annotations.domain import permissions
from annotations.domain.errors import NotAllowed
from annotations.domain.permissions import Right
from annotations.domain.vocabulary import Mode
from annotations.formats.registry import exporter
from annotations.formats.tally import Tally
from annotations.forms import ExportForm
from annotations.queries import access
from annotations.queries.access import Member
from annotations.queries.dataset import ProjectDataset
from annotations.queries.exports import SIZE, exports, head_of
from annotations.queries.snapshot import snapshot
from workbench.downloads import download as send_download


def _member(request: HttpRequest, slug: str) -> Member:
    member = access.member(request.user, slug)
    permissions.check(member.role, Right.EXPORT)
    if member.project.mode == Mode.INDEPENDENT and not member.may(Right.SETTINGS):
        # An export holds everybody's layer, and nobody learns another's until both are done.
        raise NotAllowed(
            "In independent mode a manager exports, because the file holds everybody’s layer.",
            right=str(Right.EXPORT),
        )
    return member


@never_cache
@require_safe
def export(request: HttpRequest, slug: str) -> HttpResponse:
    return _page(request, _member(request, slug), ExportForm())


def _page(request: HttpRequest, member: Member, form: ExportForm) -> HttpResponse:
    with snapshot():
        # Who took what is for those who answer for it.
        pages = Paginator(exports(member), SIZE) if member.may(Right.SETTINGS) else None
        every = ProjectDataset(member.project)
        signed = ProjectDataset(member.project, signed_off=True)
        articles, spans = every.counts()
        signed_articles, signed_spans = signed.counts()
        context = {
            "here": "export",
            "member": member,
            "project": member.project,
            "form": form,
            "articles": articles,
            "spans": spans,
            "signed_articles": signed_articles,
            "signed_spans": signed_spans,
            "older": every.along,
            "left_out": every.why_not,
            "along": signed.along,
            "why_not": signed.why_not,
            "exports": pages.get_page(request.GET.get("page")) if pages else None,
            "not_redistributable": len(every.not_redistributable.intersection(every.matching)),
        }
    return render(request, "annotations/export.html", context, status=422 if form.errors else 200)


@never_cache
@require_safe
def download(request: HttpRequest, slug: str) -> HttpResponseBase:
    member = _member(request, slug)
    form = ExportForm(request.GET)
    if not form.is_valid():
        return _page(request, member, form)
    chosen = exporter(form.cleaned_data["format"])
    with snapshot():
        dataset = ProjectDataset(
            member.project,
            people=form.cleaned_data["people"],
            signed_off=form.cleaned_data["articles"] == "signed_off",
            standoff=form.cleaned_data["standoff"],
            older_versions=form.cleaned_data["older_versions"],
        )
        day = timezone.now().date().isoformat()
        name = f"{member.project.slug}-{day}{chosen.suffix}"
        file, head = Tally(chosen.write(dataset)), head_of(member.project)
        answer = send_download(request, file, filename=name, content_type=chosen.media_type)
        articles = len(dataset.matching)
    if request.method == "GET":
        note_export(
            member.project,
            by=member.person,
            format=chosen.name,
            selection=form.cleaned_data,
            articles=articles,
            file_name=name,
            size=file.size,
            sha256=file.sha256,
            head=head,
            sources=dataset.named,
        )
    return answer


urlpatterns = [
    path("p/<slug:slug>/export/", export, name="export"),
    path("p/<slug:slug>/export/file/", download, name="export-file"),
]
