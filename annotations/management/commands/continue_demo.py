"""Loads the demo, does the work that has been added to its story since, and exports it.

The demo's history is never rewritten: people have it, and a newer fixture continues theirs. A new
sitting is added at the end of ``_demo_content.SITTINGS``, and this is run on a throwaway database.
Time and UUIDs are those of the story, so the same content always gives the same fixture.
"""

import datetime
import hashlib
import random
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from annotations.actions import articles, assignments, evidence, operational, review, spans
from annotations.actions.accounts import make_account
from annotations.actions.projects import adopt_project, hand_over
from annotations.domain.errors import Refused
from annotations.domain.events import Kind
from annotations.domain.records import TWO_DATES, ArticleDraft, BlockDraft, Markup
from annotations.domain.signoff import items_digest
from annotations.domain.vocabulary import BlockRole, BlockTag, MarkupTag, Outcome
from annotations.management.commands import _demo_content as demo
from annotations.management.commands.demo import FIXTURE, tick_as_told
from annotations.queries.made import last_event_time, rows_made
from annotations.queries.projects import person_named, project_named
from annotations.queries.reading import shown_parts, shown_token
from annotations.queries.signing import covered_items


class Clock:
    """The story's time: it stands still within an operation and goes on between two."""

    def __init__(self, time: datetime.datetime) -> None:
        self.began = self.time = time
        self._paces = random.Random(time.timestamp())  # noqa: S311 - a person's pace, no secret

    def __call__(self) -> datetime.datetime:
        return self.time

    def sit_down(self, time: datetime.datetime) -> None:
        if time <= self.time:
            raise ValueError(f"The sitting of {time} begins before the one before it ends.")
        self.time = time

    def go_on(self) -> None:
        self.time += datetime.timedelta(seconds=self._paces.randint(15, 75))


@contextmanager
def story_time(last: int) -> Iterator[Clock]:
    """Let time and random bytes be those of the story, which has come to ``last`` (milliseconds).

    UUIDs are made of ``os.urandom``; the same bytes each time make a fixture that can be compared.
    """
    clock = Clock(datetime.datetime.fromtimestamp(last / 1000, tz=datetime.UTC))
    bytes_of = random.Random(f"demo {last}").randbytes  # noqa: S311 - names of rows, no secret
    with (
        mock.patch("django.utils.timezone.now", clock),
        mock.patch("os.urandom", bytes_of),
    ):
        yield clock


def time_of(sitting: demo.Sitting) -> datetime.datetime:
    return datetime.datetime.fromisoformat(sitting.at).replace(tzinfo=datetime.UTC)


def draft_of(article: demo.Article) -> ArticleDraft:
    """Return the article as an importer would have read it, its roles already decided."""
    blocks = tuple(
        BlockDraft(
            article.offset(index),
            article.offset(index) + len(block.text),
            BlockTag(block.tag),
            BlockRole(block.role),
            block.repeats,
            None if block.repeats is None else 100,
        )
        for index, block in enumerate(article.blocks)
    )
    markup = []
    for found in article.markup:
        start = article.text.index(found.quote, article.offset(found.block))
        attributes = {"href": found.href} if found.href else {}
        markup.append(Markup(start, start + len(found.quote), MarkupTag(found.tag), attributes))
    changes: tuple[dict[str, Any], ...] = ()
    if article.two_dates is not None:
        words, readings = article.two_dates
        changes = ({"what": TWO_DATES, "from": words, "readings": list(readings)},)
    return ArticleDraft(
        name=article.name,
        text=article.text,
        markup=tuple(sorted(markup, key=lambda one: (one.start, -one.end))),
        blocks=blocks,
        title=article.title,
        byline=article.byline,
        publisher=article.publisher,
        site=article.site,
        published=article.published,
        url=article.url,
        language=article.language,
        licence=article.licence,
        changes=changes,
        source_sha256=hashlib.sha256(article.text.encode()).hexdigest(),
        media_type="text/html" if article.name.endswith(".html") else "text/plain",
    )


class Replay:
    """The demo's project as it grows; what the content calls by key stands in the dictionaries."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.project: Any = project_named(demo.PROJECT.slug)
        self.people = {
            member.key: person_named(self.project, member.name) for member in demo.PEOPLE
        }
        kinds = {label.kind: label for label in self.project.labels.all()}
        self.labels = {label.key: kinds[label.kind] for label in demo.LABELS}
        speakers = {speaker.name: speaker for speaker in self.project.speakers.all()}
        self.speakers = {speaker.key: speakers[speaker.name] for speaker in demo.SPEAKERS}
        self.articles = self.known(demo.Import, "article", Kind.ARTICLE_IMPORTED, "article")
        self.spans = self.known(demo.Mark, "key", Kind.SPAN_ADDED, "span")
        self.sources = self.known(demo.AddSource, "source", Kind.SOURCE_ADDED, "source")
        self.citations = self.known(demo.Cite, "key", Kind.CITATION_ADDED, "citation")
        self.comments = self.known(demo.Say, "key", Kind.COMMENT_ADDED, "comment")
        self.proposals = self.known(
            demo.Propose, "span", Kind.DECISION_MADE, "decision", outcome=Outcome.PROPOSED
        )
        #: A span that carries the assertion, by the assertion's key: evidence is given through it.
        self.carriers = {
            step.key: self.spans[step.span] for step in self.done() if isinstance(step, demo.Assert)
        }
        self.waivers: dict[str, dict[str, str]] = {}
        tick_as_told(self.project, filter(self.is_done, demo.SITTINGS))

    def done(self) -> list[Any]:
        return [
            step for sitting in demo.SITTINGS if self.is_done(sitting) for step in sitting.steps
        ]

    def is_done(self, sitting: demo.Sitting) -> bool:
        return time_of(sitting) <= self.clock.began

    def known(
        self, kind_of_step: type[Any], key: str, kind: Kind, table: str, **with_values: Any
    ) -> dict[str, Any]:
        """Return the rows that steps made, by the key that the step gives: the nth step, the nth row."""
        steps = [step for step in self.done() if isinstance(step, kind_of_step)]
        rows = rows_made(self.project, kind, table, **with_values)
        return {getattr(step, key): row for step, row in zip(steps, rows, strict=True)}

    def go_on(self) -> int:
        """Do what is new in the story; return the number of sittings."""
        new = [sitting for sitting in demo.SITTINGS if not self.is_done(sitting)]
        for sitting in new:
            self.clock.sit_down(time_of(sitting))
            for step in sitting.steps:
                self.clock.go_on()
                self.do(step, self.people[sitting.by])
        return len(new)

    def do(self, step: demo.Step, by: Any) -> None:
        match step:
            case demo.Import(key):
                content = next(article for article in demo.ARTICLES if article.key == key)
                self.articles[key] = articles.import_article(
                    self.project, draft_of(content), by=by, redistributable=True
                )
            case demo.Mark():
                self.mark(step, by)
            case demo.Change(key, fields):
                spans.change_span(self.spans[key], by=by, **self.values(key, fields))
            case demo.Withdraw(key):
                spans.withdraw_span(self.spans[key], by=by)
            case demo.AddSource(key):
                self.add_source(key, by)
            case demo.Assert():
                self.carriers[step.key] = self.spans[step.span]
                evidence.describe_assertion(
                    self.spans[step.span],
                    by=by,
                    paraphrase=step.says,
                    speaker=self.speakers.get(step.speaker),
                    said_on=step.said_on,
                    due=step.due,
                )
            case demo.Join(key, assertion):
                evidence.join_assertion(self.spans[key], self.assertion(assertion), by=by)
            case demo.Relate(one, relation, other):
                evidence.relate_assertions(
                    self.assertion(one), self.assertion(other), kind=relation, by=by
                )
            case demo.Cite():
                self.cite(step, by)
            case demo.Confirm(keys):
                for key in keys:
                    evidence.confirm_citation(self.citations[key], by=by)
                    self.clock.go_on()
            case demo.Work(key, state, due):
                evidence.set_work_state(self.carriers[key], state=state, due=due or None, by=by)
            case demo.Log(key, kind, where, what, answer):
                evidence.log_work(
                    self.carriers[key], kind=kind, where=where, what=what, answer=answer, by=by
                )
            case demo.Judge(key, verdict, reason, as_of):
                evidence.give_verdict(
                    self.carriers[key], verdict=verdict, reason=reason, as_of=as_of, by=by
                )
            case demo.Accept(keys):
                for key in keys:
                    self.decide(key, Outcome.ACCEPTED, by)
                    self.clock.go_on()
            case demo.Return(key, reason, text):
                self.decide(key, Outcome.RETURNED, by, reason_code=reason, reason=text)
            case demo.Propose(key, fields, text):
                proposal = {
                    name: str(value.pk) if name in ("label", "speaker") else value
                    for name, value in self.values(key, fields).items()
                }
                self.proposals[key] = self.decide(
                    key, Outcome.PROPOSED, by, reason=text, proposal=proposal
                )
            case demo.Take(key):
                review.take_proposal(self.proposals[key], by=by)
            case demo.Decline(key, answer):
                review.decline_proposal(self.proposals[key], answer=answer, by=by)
            case demo.Say(key, span, text, answers):
                marked = self.spans[span]
                self.comments[key] = review.add_comment(
                    marked.article,
                    span=marked,
                    body=text,
                    parent=self.comments.get(answers),
                    by=by,
                )
            case demo.Ask(key, person, kind, due):
                assignments.assign(
                    self.articles[key],
                    person=self.people[person],
                    kind=kind,
                    due=datetime.date.fromisoformat(due),
                    by=by,
                )
            case demo.Settle(key):
                review.resolve_comment(self.comments[key], by=by)
            case demo.Read(key, indexes):
                self.read(key, indexes, by)
            case demo.Waive(article, blocker, span, reason):
                name = f"{blocker}:{self.spans[span].pk}"
                self.waivers.setdefault(article, {})[name] = reason
            case demo.SignOff(key):
                article = self.articles[key]
                review.sign_off(
                    article,
                    by=by,
                    seen=items_digest(covered_items(article.pk)),
                    waivers=self.waivers.get(key),
                )

    def mark(self, step: demo.Mark, by: Any) -> None:
        article = self.articles[step.article]
        start, end = stretch(article.text, step.quote, step.nth)
        self.spans[step.key] = spans.add_span(
            article,
            start=start,
            end=end,
            label=self.labels[step.label],
            by=by,
            voice=step.voice,
            speaker=self.speakers.get(step.speaker),
            chain=step.chain,
            quote_kind=step.quote_kind,
            claim_kind=step.claim_kind,
            certainty=step.certainty,
            check_worthiness=step.check_worthiness,
            uncertain=step.uncertain,
            note=step.note,
        )

    def values(self, key: str, fields: dict[str, object]) -> dict[str, Any]:
        """Return the fields of a change as the actions take them."""
        values: dict[str, Any] = dict(fields)
        if "quote" in values:
            text = self.spans[key].article.text
            start, end = stretch(text, values.pop("quote"), values.pop("nth", 1))
            values |= {"start": start, "end": end}
        if "label" in values:
            values["label"] = self.labels[values["label"]]
        if "speaker" in values:
            values["speaker"] = self.speakers[values["speaker"]]
        return values

    def assertion(self, key: str) -> Any:
        carrier = self.carriers[key]
        carrier.refresh_from_db()
        return carrier.assertion

    def add_source(self, key: str, by: Any) -> None:
        source = next(source for source in demo.SOURCES if source.key == key)
        self.sources[key] = evidence.add_source(
            self.project,
            by=by,
            confidential=source.details,
            kind=source.kind,
            title=source.title,
            publisher=source.publisher,
            authors=list(source.authors),
            published=source.published,
            level=source.level,
            url=source.url,
            access=source.access,
            note=source.note,
        )

    def cite(self, step: demo.Cite, by: Any) -> None:
        looked_up = (
            {"accessed_on": datetime.date.fromisoformat(step.accessed_on)}
            if step.accessed_on
            else {}
        )
        self.citations[step.key] = evidence.cite(
            self.carriers[step.assertion],
            self.sources[step.source],
            by=by,
            stance=step.stance,
            quotation=step.quotation,
            locator=step.locator,
            original_quotation=step.original,
            original_language=step.language,
            note=step.note,
            **looked_up,
        )

    def decide(self, key: str, outcome: Outcome, by: Any, **more: Any) -> Any:
        span = self.spans[key]
        span.refresh_from_db()
        shown = shown_token(shown_parts([span])[span.pk])
        return review.decide(span, outcome=outcome, shown=shown, by=by, **more)

    def read(self, key: str, indexes: tuple[int, ...], by: Any) -> None:
        """Tick the blocks of these indexes, or, without any, every block that is counted."""
        for _ in range(operational.tick_counted(self.articles[key], by=by, indexes=indexes)):
            self.clock.go_on()


def stretch(text: str, quote: str, nth: int) -> tuple[int, int]:
    """Return (start, end) of the ``nth`` occurrence of ``quote``, in code points."""
    start = -1
    for _ in range(nth):
        start = text.index(quote, start + 1)
    return start, start + len(quote)


class Command(BaseCommand):
    help = "Loads the demo into an empty database, continues its story, and exports it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--output", help="the fixture to write, for example fixtures/demo.json")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            call_command("loaddata", FIXTURE, verbosity=0)
            # Before the accounts are linked, which is not of the story.
            last = last_event_time(project_named(demo.PROJECT.slug))
            self.give_accounts()
            with story_time(last) as clock:
                sittings = Replay(clock).go_on()
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{sittings} new sitting{'s' if sittings != 1 else ''}.")
        if options["output"]:
            call_command(
                "export_dataset",
                project=demo.PROJECT.slug,
                format="fixture",
                people="names",
                output=options["output"],
            )

    def give_accounts(self) -> None:
        """Let the demo's people act: whoever has no account has no right."""
        project = project_named(demo.PROJECT.slug)
        first, *others = demo.PEOPLE
        manager = person_named(project, first.name)
        adopt_project(project, account=make_account(first.key), person=manager)
        for member in others:
            person = person_named(project, member.name)
            hand_over(person, account=make_account(member.key), role=member.role)
