"""The tables of the list pages and their filters."""

import datetime
from collections.abc import Callable
from typing import Any
from uuid import UUID

import django_filters
import django_tables2 as tables
from django.db.models import Q, QuerySet
from django.forms import HiddenInput, Select
from django.forms.utils import flatatt
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import conditional_escape, escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from annotations.domain.citations import show_partial_date
from annotations.domain.rendering import shorten
from annotations.domain.vocabulary import (
    Access,
    LabelKind,
    SourceKind,
    SourceLevel,
    Stance,
    Verdict,
    Voice,
    WorkState,
)
from annotations.models import Article, Assignment, Source, Span
from annotations.queries import source_list, span_list
from annotations.queries.access import Member
from annotations.queries.article_list import STATES, Progress, in_state, state_of_row
from annotations.queries.assignments import ASSIGNED, with_assignments
from annotations.queries.search import found_by

EMPTY = "–"
#: Characters of a quote that a row shows.
QUOTE = 260


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


def day(time: datetime.datetime) -> SafeString:
    return format_html(
        '<time datetime="{}">{}</time>', time.isoformat(), f"{time:%-d %b %Y, %H:%M}"
    )


def quiet(words: str) -> SafeString:
    return format_html('<div class="quiet">{}</div>', words) if words else SafeString("")


def badge(state: str, words: str) -> SafeString:
    return format_html('<span class="badge" data-state="{}">{}</span>', state, words)


class Listing(tables.Table):
    """A table whose rows are written here: a template takes six times as long for them.

    Each column NAME has a method ``render_NAME(record)``; what it returns is escaped unless safe.
    """

    def body(self) -> SafeString:
        cells: list[tuple[str, Callable[[Any], str]]] = [
            (
                f'<td role="cell" data-label="{escape(column.header)}" '
                f"{column.attrs['td'].as_html()}>",
                getattr(self, f"render_{column.name}"),
            )
            for column in self.columns
        ]
        return mark_safe(  # noqa: S308 - each cell is escaped where it is not safe already
            "\n".join(
                '<tr role="row">'
                + "".join(
                    f"{begin}{conditional_escape(render(row.record))}</td>"
                    for begin, render in cells
                )
                + "</tr>"
                for row in self.paginated_rows
            )
        )


class QuickSelect(Select):
    """A select that writes its options itself: Django renders a template for each."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = {str(each) for each in self.format_value(value)}
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            (
                (key, SafeString(" selected") if str(key) in chosen else "", words)
                for key, words in self.choices
            ),
        )
        return format_html(
            "<select{}>{}</select>",
            flatatt(self.build_attrs(self.attrs, {"name": name, **(attrs or {})})),
            options,
        )


def choose(**options: Any) -> django_filters.ChoiceFilter:
    return django_filters.ChoiceFilter(
        empty_label=options.pop("empty_label", "any"), widget=QuickSelect, **options
    )


class ArticleTable(Listing):
    """A project's articles; ``progress`` is filled for the page that is shown."""

    title = tables.Column(verbose_name="Article")
    state = tables.Column(orderable=False)
    kinds = tables.Column(verbose_name="Spans", orderable=False)
    sourced = tables.Column(verbose_name="Claims with a source", orderable=False)
    second_read = tables.Column(verbose_name="Second reading", orderable=False)
    read = tables.Column(verbose_name="Read", orderable=False)
    signed = tables.Column(verbose_name="Sign-offs")
    published = tables.Column(attrs={"td": {"class": "column-date"}})
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
        attrs = {"class": "table table-cards"}
        empty_text = "No article fits these filters."
        template_name = "annotations/_table.html"

    def __init__(self, data: Any, *, member: Member, **options: Any) -> None:
        super().__init__(data, **options)
        self.member = member
        self.sign_offs = member.project.rules.sign_offs
        self.progress: dict[UUID, Progress] = {}
        self.assigned: dict[UUID, list[Assignment]] = {}

    def _of(self, record: Article) -> Progress:
        return self.progress.get(record.pk) or Progress()

    def render_title(self, record: Article) -> SafeString:
        about = " · ".join(part for part in (record.byline, record.publisher) if part)
        return format_html(
            '<a class="title" href="{}">{}</a>{}',
            reverse("article", args=(self.member.project.slug, record.pk)),
            record.title,
            quiet(about),
        )

    def render_state(self, record: Article) -> SafeString:
        state = state_of_row(record, self.sign_offs)
        asked = ((self._asked(one),) for one in self.assigned.get(record.pk, ()))
        lines = format_html_join("", '<div class="quiet">{}</div>', asked)
        return format_html("{}{}", badge(state, STATES[state]), lines)

    def _asked(self, one: Assignment) -> SafeString:
        """Return who is asked for what; what is asked of the reader in stronger letters."""
        mine = one.person_id == self.member.person.pk
        due = f", due {one.due:%-d %b %Y}" if one.due else ""
        return format_html(
            "<strong>for you: {}{}</strong>" if mine else "{2}: {0}{1}",
            one.get_kind_display(),
            due,
            one.person.name,
        )

    def render_kinds(self, record: Article) -> SafeString:
        progress = self._of(record)
        if not progress.spans:
            return format_html('<span class="quiet">{}</span>', EMPTY)
        words = [
            (progress.of(kind), LabelKind(kind).label + ("s" if progress.of(kind) > 1 else ""))
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

    def render_signed(self, record: Any) -> str:
        signers = self._of(record).signers
        asked = self.sign_offs
        return f"{record.signed} of {asked}" + (f": {', '.join(signers)}" if signers else "")

    def render_published(self, record: Article) -> str:
        return show_partial_date(record.published) or EMPTY

    def render_changed(self, record: Any) -> SafeString | str:
        if record.changed is None:
            return EMPTY
        return day(datetime.datetime.fromtimestamp(record.changed / 1000, tz=datetime.UTC))


class ArticleFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label="Search", method="search")
    state = choose(label="State", choices=list(STATES.items()), method="of_state")
    assigned = choose(label="Assigned", choices=list(ASSIGNED.items()), method="of_assignment")

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

    def of_assignment(self, rows: QuerySet[Article], _: str, value: str) -> QuerySet[Article]:
        return with_assignments(self.member, rows, value)


# --- spans ------------------------------------------------------------------------------------

#: The last of each order, so that equal rows do not change places between two pages.
_THEN = ("-created_at", "uuid")


class SpanTable(Listing):
    """Spans of all articles; ``known`` is filled for the page that is shown."""

    quote = tables.Column(verbose_name="Span", orderable=False)
    label = tables.Column(order_by=("label__position", "label__key", *_THEN))
    voice = tables.Column(order_by=("voice", "speaker__name", *_THEN))
    article = tables.Column(
        order_by=("article__title", "article", "start", "uuid"),
        attrs={"td": {"class": "column-article"}},
    )
    verdict = tables.Column(
        verbose_name="Verdict or work",
        order_by=("assertion__verdict", "assertion__work_state", *_THEN),
    )
    sources = tables.Column(orderable=False)
    reading = tables.Column(verbose_name="Second reading", orderable=False)
    author = tables.Column(verbose_name="Marked by", order_by=("author__name", *_THEN))
    created_at = tables.Column(verbose_name="Marked", order_by=("created_at", "uuid"))

    class Meta:
        model = Span
        fields = ()
        sequence = (
            "quote",
            "label",
            "voice",
            "article",
            "verdict",
            "sources",
            "reading",
            "author",
            "created_at",
        )
        attrs = {"class": "table table-cards"}
        empty_text = "No span fits these filters."
        template_name = "annotations/_table.html"
        noun = "span"

    def __init__(self, data: Any, *, member: Member, **options: Any) -> None:
        super().__init__(data, **options)
        self.slug = member.project.slug
        self.known: dict[UUID, span_list.Known] = {}

    def _of(self, record: Span) -> span_list.Known:
        return self.known.get(record.pk) or span_list.Known()

    def render_quote(self, record: Span) -> SafeString:
        assertion = record.assertion
        return format_html(
            '<a class="quote-link" dir="auto" href="{}#s-{}">{}</a>{}{}',
            reverse("article", args=(self.slug, record.article_id)),
            record.pk,
            shorten(record.quote, QUOTE),
            quiet(shorten(assertion.paraphrase, QUOTE)) if assertion else "",
            format_html(
                '<div class="quiet"><span class="visually-hidden">Note: </span>✎ {}</div>',
                shorten(record.note, QUOTE),
            )
            if record.note
            else "",
        )

    def render_label(self, record: Span) -> SafeString:
        label = record.label
        return format_html(
            '<span class="kind" data-kind="{}"><span class="kind-letter" aria-hidden="true">{}'
            "</span> {}</span>{}",
            label.kind,
            label.key.upper(),
            label.name,
            format_html("<div>{}</div>", badge("uncertain", "uncertain"))
            if record.uncertain
            else "",
        )

    def render_voice(self, record: Span) -> SafeString:
        speaker = record.speaker
        if speaker is None:
            return format_html("{}{}", Voice(record.voice).label, quiet(record.chain))
        return format_html("{}{}", speaker.name, quiet(record.chain or speaker.role))

    def render_article(self, record: Span) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>{}',
            reverse("article", args=(self.slug, record.article_id)),
            record.article.title,
            quiet(record.article.publisher),
        )

    def render_verdict(self, record: Span) -> SafeString:
        assertion = record.assertion
        if assertion is not None and assertion.verdict:
            return badge(assertion.verdict, Verdict(assertion.verdict).label)
        state = WorkState(assertion.work_state if assertion else WorkState.TODO)
        if assertion is None and record.label.kind == LabelKind.OPINION:
            return format_html('<span class="quiet">{}</span>', EMPTY)
        due = show_partial_date(assertion.due) if assertion and assertion.due else ""
        return format_html(
            '<span class="quiet">{}{}</span>',
            state.label,
            f" until {due}" if due and state == WorkState.NOT_DUE else "",
        )

    def render_sources(self, record: Span) -> SafeString:
        known = self._of(record)
        there = reverse("evidence", args=(self.slug, record.article_id, record.pk))
        count = len(known.sources)
        if not count:
            return format_html('<a href="{}">none</a>', there)
        return format_html(
            '<a href="{}" title="{}">{} {}</a>{}',
            there,
            "; ".join(known.sources[:5]),
            count,
            "source" if count == 1 else "sources",
            quiet(f"{known.confirmed} confirmed"),
        )

    def render_reading(self, record: Span) -> SafeString:
        known = self._of(record)
        if not known.decisions:
            return format_html('<span class="quiet">{}</span>', "not yet")
        readers = ", ".join(dict.fromkeys(reader for _, reader in known.decisions))
        words = span_list.READING[known.outcome]
        return format_html("{}{}", badge(known.outcome, words), quiet(f"by {readers}"))

    def render_author(self, record: Span) -> str:
        return record.author.name

    def render_created_at(self, record: Span) -> SafeString:
        return day(record.created_at)


class SpanFilter(django_filters.FilterSet):
    """Filters of the spans page; ``article`` is a UUID (from a link) or words of a title."""

    q = django_filters.CharFilter(label="Search", method="search")
    label = choose()
    voice = choose(choices=Voice.choices)
    speaker = choose(method="of_speaker")
    author = choose(label="Marked by", empty_label="anybody")
    article = django_filters.CharFilter(label="Article", method="of_article")
    verdict = choose(
        label="Verdict",
        choices=[(span_list.NONE, "without verdict"), *Verdict.choices],
        method="of_verdict",
    )
    work = choose(label="State of work", choices=WorkState.choices, method="of_work")
    sources = choose(
        label="Sources",
        choices=list(span_list.SOURCES.items()),
        method="of_sources",
    )
    reading = choose(
        label="Second reading",
        choices=list(span_list.READING.items()),
        method="of_reading",
    )

    class Meta:
        model = Span
        fields: list[str] = []

    def __init__(
        self, data: Any, queryset: QuerySet[Span], *, member: Member, request: HttpRequest
    ) -> None:
        super().__init__(data, queryset, request=request)
        offered = span_list.choices(member)
        fields = self.form.fields
        fields["label"].choices = [("", "any"), *offered.labels]
        fields["speaker"].choices = [
            ("", "any"),
            (span_list.NONE, "nobody named"),
            *offered.speakers,
        ]
        fields["author"].choices = [("", "anybody"), *offered.people]
        fields["q"].widget.attrs |= {
            "type": "search",
            "placeholder": "words of a quote, note or paraphrase",
        }
        fields["article"].widget.attrs["placeholder"] = "words of its title"
        #: The title of the one article that a link asked for.
        self.of_one: str | None = None
        self.article = _uuid(self.data.get("article", ""))
        if self.article is not None:
            self.of_one = span_list.title_of(member, self.article)
            fields["article"].widget = HiddenInput()

    def search(self, rows: QuerySet[Span], _: str, value: str) -> QuerySet[Span]:
        return found_by(rows, value)

    def of_speaker(self, rows: QuerySet[Span], _: str, value: str) -> QuerySet[Span]:
        return span_list.of_speaker(rows, value)

    def of_article(self, rows: QuerySet[Span], _: str, value: str) -> QuerySet[Span]:
        if self.article is not None:
            return rows.filter(article=self.article)
        return span_list.of_title(rows, value)

    def of_verdict(self, rows: QuerySet[Span], _: str, value: str) -> QuerySet[Span]:
        return span_list.with_verdict(rows, value)

    def of_work(self, rows: QuerySet[Span], _: str, value: str) -> QuerySet[Span]:
        return span_list.in_work_state(rows, value)

    def of_sources(self, rows: QuerySet[Span], _: str, value: str) -> QuerySet[Span]:
        return span_list.with_sources(rows, value)

    def of_reading(self, rows: QuerySet[Span], _: str, value: str) -> QuerySet[Span]:
        return span_list.in_reading(rows, value)


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


# --- sources ----------------------------------------------------------------------------------

#: How a stance is said of a number of citations, one and several.
_STANCES = {
    Stance.SUPPORTS: ("supports", "support"),
    Stance.PARTLY: ("partly supports", "partly support"),
    Stance.REFUTES: ("refutes", "refute"),
    Stance.CONTEXT: ("gives context", "give context"),
}


class SourceTable(Listing):
    """A project's sources; ``known`` is filled for the page that is shown."""

    title = tables.Column(verbose_name="Source", order_by=("shown_title", "uuid"))
    kind = tables.Column(order_by=("kind", "shown_title", "uuid"))
    publisher = tables.Column(
        verbose_name="Publisher",
        order_by=("shown_publisher", "shown_title", "uuid"),
    )
    published = tables.Column(
        order_by=("shown_published", "shown_title", "uuid"),
        attrs={"td": {"class": "column-date"}},
    )
    access = tables.Column(order_by=("access", "shown_title", "uuid"))
    cited = tables.Column(verbose_name="Citations", order_by=("cited", "shown_title", "uuid"))
    added_by = tables.Column(
        verbose_name="Added by", order_by=("added_by__name", "shown_title", "uuid")
    )

    class Meta:
        model = Source
        fields = ()
        sequence = ("title", "kind", "publisher", "published", "access", "cited", "added_by")
        attrs = {"class": "table table-cards"}
        empty_text = "No source fits these filters."
        template_name = "annotations/_table.html"
        noun = "source"

    def __init__(self, data: Any, *, member: Member, **options: Any) -> None:
        super().__init__(data, **options)
        self.slug = member.project.slug
        self.known: dict[UUID, source_list.Row] = {}

    def render_title(self, record: Source) -> SafeString:
        view = self.known[record.pk].view
        return format_html(
            '<a class="title" dir="auto" href="{}">{}</a>{}',
            reverse("source", args=(self.slug, record.pk)),
            view.title,
            format_html('<div class="quiet address">{}</div>', shorten(view.url, 80))
            if view.url
            else "",
        )

    def render_kind(self, record: Source) -> SafeString:
        view = self.known[record.pk].view
        return format_html("{}{}", view.kind, quiet(view.level))

    def render_publisher(self, record: Source) -> SafeString:
        view = self.known[record.pk].view
        return format_html("{}{}", view.publisher or EMPTY, quiet(view.authors))

    def render_published(self, record: Source) -> str:
        return self.known[record.pk].view.published or EMPTY

    def render_access(self, record: Source) -> SafeString | str:
        if record.access == Access.CONFIDENTIAL:
            return badge("care", "confidential")
        return Access(record.access).label

    def render_cited(self, record: Source) -> SafeString:
        use = self.known[record.pk].use
        if not use.citations:
            return format_html('<span class="quiet">{}</span>', "not cited")
        stances = ", ".join(
            f"{count} {_STANCES[stance][count > 1]}"
            for stance in Stance
            if (count := use.stances[stance])
        )
        articles = "1 article" if use.articles == 1 else f"{use.articles} articles"
        return format_html("{}{}", stances, quiet(f"{use.confirmed} confirmed; in {articles}"))

    def render_added_by(self, record: Source) -> str:
        return record.added_by.name


class SourceFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label="Search", method="search")
    kind = choose(choices=SourceKind.choices)
    level = choose(choices=SourceLevel.choices)
    access = choose(choices=Access.choices)
    use = choose(label="Use", choices=list(source_list.USES.items()), method="in_use")
    added_by = choose(label="Added by", empty_label="anybody")

    class Meta:
        model = Source
        fields: list[str] = []

    def __init__(
        self, data: Any, queryset: QuerySet[Source], *, member: Member, request: HttpRequest
    ) -> None:
        super().__init__(data, queryset, request=request)
        self.member = member
        self.form.fields["added_by"].choices = [("", "anybody"), *source_list.people(member)]
        self.form.fields["q"].widget.attrs |= {
            "type": "search",
            "placeholder": "words of a title, publisher, author, address or note",
        }

    def search(self, rows: QuerySet[Source], _: str, value: str) -> QuerySet[Source]:
        return found_by(rows, value)

    def in_use(self, rows: QuerySet[Source], _: str, value: str) -> QuerySet[Source]:
        return source_list.in_use(rows, self.member, value)
