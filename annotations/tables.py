"""The tables of the list pages and their filters."""

import datetime
from typing import Any
from uuid import UUID

import django_filters
import django_tables2 as tables
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from annotations.domain.citations import show_partial_date
from annotations.domain.vocabulary import LabelKind
from annotations.models import Article
from annotations.queries.access import Member
from annotations.queries.article_list import STATES, Progress, in_state, state_of_row

EMPTY = "–"


def bar(parts: list[tuple[str, int]], total: int) -> SafeString:
    """Return counts as stretches of one bar: (class, count) each, of ``total``.

    SVG, because the page's policy lets no style attribute set a width.
    """
    rects, at = [], 0.0
    for name, count in parts:
        width = 100 * count / total if total else 0
        rects.append((name, f"{at:.2f}", f"{width:.2f}"))
        at += width
    return format_html(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">{}</svg>',
        format_html_join(
            "", '<rect class="bar-{}" x="{}" y="0" width="{}" height="8"></rect>', rects
        ),
    )


def share(done: int, total: int, what: str) -> SafeString:
    """Return "3 of 7" above a bar, or a dash where there is nothing to count."""
    if not total:
        return format_html('<span class="quiet" title="{}">{}</span>', f"no {what}", EMPTY)
    return format_html("{} of {}{}", done, total, bar([("done", done)], total))


class ArticleTable(tables.Table):
    """A project's articles; ``progress`` is filled for the page that is shown."""

    title = tables.Column(verbose_name="Article")
    state = tables.Column(empty_values=(), orderable=False)
    kinds = tables.Column(verbose_name="Spans", empty_values=(), orderable=False)
    sourced = tables.Column(verbose_name="Claims with a source", empty_values=(), orderable=False)
    second_read = tables.Column(verbose_name="Second reading", empty_values=(), orderable=False)
    read = tables.Column(verbose_name="Read", empty_values=(), orderable=False)
    signed = tables.Column(verbose_name="Sign-offs")
    published = tables.Column()
    changed = tables.Column(verbose_name="Last change")

    class Meta:
        model = Article
        fields = ()
        sequence = (
            "title",
            "state",
            "kinds",
            "sourced",
            "second_read",
            "read",
            "signed",
            "published",
            "changed",
        )
        attrs = {"class": "table"}
        empty_text = "No article fits these filters."
        template_name = "annotations/_table.html"

    def __init__(self, data: Any, *, member: Member, **options: Any) -> None:
        super().__init__(data, **options)
        self.member = member
        self.sign_offs = member.project.rules.sign_offs
        self.progress: dict[UUID, Progress] = {}

    def _of(self, record: Article) -> Progress:
        return self.progress.get(record.pk) or Progress()

    def render_title(self, record: Article) -> SafeString:
        about = " · ".join(part for part in (record.byline, record.publisher) if part)
        return format_html(
            '<a class="title" href="{}">{}</a>{}',
            reverse("article", args=(self.member.project.slug, record.pk)),
            record.title,
            format_html('<div class="quiet">{}</div>', about) if about else "",
        )

    def render_state(self, record: Article) -> SafeString:
        state = state_of_row(record, self.sign_offs)
        return format_html('<span class="badge" data-state="{}">{}</span>', state, STATES[state])

    def render_kinds(self, record: Article) -> SafeString:
        progress = self._of(record)
        if not progress.spans:
            return format_html('<span class="quiet">{}</span>', EMPTY)
        words = [
            (progress.of(kind), LabelKind(kind).label)
            for kind in LabelKind.values
            if progress.of(kind)
        ]
        own = sum(progress.of(kind, own=True) for kind in LabelKind.values)
        return format_html(
            '{}{}<div class="quiet">{} in the author’s voice</div>',
            format_html_join(", ", "{} {}", words),
            bar(
                [
                    (kind if voice else f"{kind} bar-others", progress.of(kind, own=voice))
                    for voice in (True, False)
                    for kind in LabelKind.values
                ],
                progress.spans,
            ),
            own,
        )

    def render_sourced(self, record: Article) -> SafeString:
        progress = self._of(record)
        return share(progress.claims_sourced, progress.claims, "claims")

    def render_second_read(self, record: Article) -> SafeString:
        progress = self._of(record)
        return share(progress.second_read, progress.spans, "spans")

    def render_read(self, record: Article) -> SafeString:
        progress = self._of(record)
        return share(progress.blocks_read, progress.blocks, "blocks to read")

    def render_signed(self, record: Article, value: int) -> str:
        signers = self._of(record).signers
        asked = self.sign_offs
        return f"{value} of {asked}" + (f": {', '.join(signers)}" if signers else "")

    def render_published(self, value: str) -> str:
        return show_partial_date(value)

    def render_changed(self, value: int) -> SafeString:
        time = datetime.datetime.fromtimestamp(value / 1000, tz=datetime.UTC)
        return format_html(
            '<time datetime="{}">{}</time>', time.isoformat(), f"{time:%-d %b %Y, %H:%M}"
        )


class ArticleFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label="Search", method="search")
    state = django_filters.ChoiceFilter(
        label="State", choices=list(STATES.items()), empty_label="any", method="of_state"
    )

    class Meta:
        model = Article
        fields: list[str] = []

    def __init__(
        self, data: Any, queryset: QuerySet[Article], *, member: Member, request: HttpRequest
    ) -> None:
        super().__init__(data, queryset, request=request)
        self.member = member

    def search(self, rows: QuerySet[Article], _: str, value: str) -> QuerySet[Article]:
        for word in value.split():
            rows = rows.filter(
                Q(title__icontains=word)
                | Q(byline__icontains=word)
                | Q(publisher__icontains=word)
                | Q(site__icontains=word)
            )
        return rows

    def of_state(self, rows: QuerySet[Article], _: str, value: str) -> QuerySet[Article]:
        return in_state(rows, value, self.member.project.rules.sign_offs)
