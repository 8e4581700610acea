"""The guide: what each label means, the hard cases, and sentences worked through."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from annotations.domain.guide import CHAPTERS, RULES, Example
from annotations.domain.rendering import BlockView, render_block
from annotations.domain.vocabulary import Voice
from annotations.html import show_note
from annotations.queries import access
from annotations.queries.workspace import labels
from annotations.views.workspace import safe


@require_safe
def guide(request: HttpRequest, slug: str) -> HttpResponse:
    by = access.member(request.user, slug)
    known = labels(by)
    chapters = [
        {
            "kind": chapter.kind,
            "chapter": chapter,
            "labels": [label for label in known if label.kind == chapter.kind],
            "examples": [_shown(example) for example in chapter.examples],
        }
        for chapter in CHAPTERS
    ]
    return render(
        request,
        "annotations/guide.html",
        {
            "project": by.project,
            "rules": RULES,
            "chapters": chapters,
            "others": [label for label in known if label.kind == "other"],
            "guidelines": show_note(by.project.guidelines),
        },
    )


def _shown(example: Example) -> dict[str, Any]:
    block = BlockView(0, 0, len(example.text))
    html = render_block(example.text, block, (), example.views())
    # Many examples stand on one page: what is inside the block, without its identifier.
    inner = html[html.index(">") + 1 : html.rindex("<")]
    return {
        "html": safe(inner.replace(' id="s-g', ' data-g="')),
        "marks": [(mark, Voice(mark.voice)) for mark in example.marks],
    }


urlpatterns = [path("p/<slug:slug>/guide/", guide, name="guide")]
