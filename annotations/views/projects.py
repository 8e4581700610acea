"""The first page: one's projects, and a new one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from annotations.actions.accounts import require_maker
from annotations.actions.projects import begin_project
from annotations.forms import NewProjectForm, values_of
from annotations.queries import access
from annotations.queries.inbox import followed
from annotations.queries.projects import project_rows
from annotations.views.answers import done
from annotations.views.attempts import attempt


@require_safe
def projects(request: HttpRequest) -> HttpResponse:
    context = {
        "projects": project_rows(request.user),
        "followed": followed(request.user),
        "may_make": access.may_make(request.user),
    }
    return render(request, "annotations/projects.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new_project(request: HttpRequest) -> HttpResponse:
    require_maker(request.user)
    form = NewProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = values_of(form, ("slug", "name", "organisation", "preset"))
        if attempt(form, lambda: begin_project(account=request.user, **values)):
            return done(
                request,
                f"“{values['name']}” is there, and you manage it. Next: people, labels and rules "
                "below, then import an article.",
                reverse("settings", args=[values["slug"]]),
            )
    return render(
        request,
        "annotations/project_new.html",
        {"form": form},
        status=422 if form.is_bound else 200,
    )


urlpatterns = [
    path("", projects, name="projects"),
    path("projects/new/", new_project, name="project-new"),
]
