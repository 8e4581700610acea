"""A desk's work with every kind of row in it, for tests of what leaves and comes back."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from annotations.actions import assignments, evidence, imports, review
from annotations.actions.operational import tick_read
from annotations.actions.projects import rename_person
from annotations.actions.spans import add_span, change_span, withdraw_span
from annotations.domain.signoff import items_digest
from annotations.models import ApiToken, Article, Block, Event, Source, Span
from annotations.queries.backup import OF_MIGRATE, tables
from annotations.queries.blockers import blockers
from annotations.queries.reading import shown_parts, shown_token
from annotations.queries.signing import covered_items
from tests import builders
from tests.builders import Desk

SECOND_TEXT = (
    "The dam שלום again 👩‍👩‍👧\n\n"
    "The mayor repeats that the river rose two metres. Cafe\u0301 owners disagree."
)


@dataclass
class Story:
    desk: Desk
    #: Signed off by ben; its spans are cleo's and ada's.
    flood: Article
    #: Not signed off; shares an assertion with the flood.
    dam: Article
    claim: Span
    opinion: Span
    shared: Span
    report: Source
    secret: Source


def token(span: Span) -> str:
    span = Span.objects.select_related("assertion").get(pk=span.pk)
    return shown_token(shown_parts([span])[span.pk])


def accept(span: Span, by: object) -> None:
    review.decide(span, outcome="accepted", shown=token(span), by=by)


def sign(article: Article, by: object) -> None:
    digest = items_digest(covered_items(article.pk))
    waivers = {blocker.name: "It can wait." for blocker in blockers(article)}
    review.sign_off(article, by=by, seen=digest, waivers=waivers)


def story(slug: str = "desk", *, prefix: str = "") -> Story:
    at = builders.desk(slug, prefix=prefix)
    rename_person(at.cleo, name="Cleo Lindqvist", by=at.ada)
    flood = builders.article(at, licence="all rights reserved")
    dam = builders.article(at, SECOND_TEXT, name="dam.txt", title="The dam")
    claim = builders.mark(
        at, flood, "The river rose two metres in 2021.", speaker_name="The mayor", voice="named"
    )
    opinion = builders.mark(at, flood, "a colossal blunder", "o", by=at.ada, note="Harsh.")
    gone = builders.mark(at, flood, "Nobody was hurt.", "f")
    withdraw_span(gone, by=at.cleo)
    shared = builders.mark(at, dam, "the river rose two metres", "c")
    report = evidence.add_source(
        at.project,
        by=at.cleo,
        kind="official",
        title="Gauge report",
        url="https://example.org/g",
        authors=["The agency"],
        published="2021-08",
    )
    secret = evidence.add_source(
        at.project,
        by=at.cleo,
        kind="interview",
        title="Talk with a keeper of the dam",
        access="confidential",
        confidential="Her name is in the safe.",
    )
    cited = evidence.cite(claim, report, by=at.cleo, quotation="two metres", stance="supports")
    evidence.cite(claim, secret, by=at.cleo, stance="context")
    evidence.confirm_citation(cited, by=at.ben)
    evidence.describe_assertion(claim, by=at.cleo, paraphrase="The river rose by two metres.")
    evidence.log_work(claim, kind="search", by=at.cleo, where="archive", what="gauge 2021")
    evidence.give_verdict(claim, verdict="supported", reason="The gauge says so.", by=at.cleo)
    claim.refresh_from_db()
    evidence.join_assertion(shared, claim.assertion, by=at.cleo)
    evidence.describe_assertion(opinion, by=at.ada, paraphrase="The dam was a mistake.")
    opinion.refresh_from_db()
    evidence.relate_assertions(opinion.assertion, claim.assertion, kind="depends", by=at.ada)
    review.decide(
        opinion, outcome="returned", reason_code="boundary", shown=token(opinion), by=at.ben
    )
    change_span(opinion, note="Very harsh.", by=at.ada)
    change_span(opinion, start=opinion.start + 2, end=opinion.end, by=at.ada)
    accept(claim, at.ben)
    accept(opinion, at.ben)
    review.add_comment(flood, body="Look at the gauge again.", by=at.cleo, span=claim)
    assignments.assign(dam, person=at.ben, kind="second_read", by=at.ada)
    for block in Block.objects.filter(article=flood):
        tick_read(block, by=at.ben)
    sign(flood, at.ben)
    return Story(
        at,
        flood,
        dam,
        *(Span.objects.get(pk=s.pk) for s in (claim, opinion, shared)),
        report,
        secret,
    )


def everything() -> Story:
    """Tell the story, and fill every table that a backup has, but for what comes with fixtures."""
    at = story()
    ada = at.desk.account(at.desk.ada)
    group = Group.objects.create(name="Réviseurs 🌊 שלום")
    # A test that emptied the tables may have left none.
    ContentType.objects.clear_cache()
    create_permissions(apps.get_app_config("auth"), verbosity=0)
    group.permissions.add(*Permission.objects.all()[:2])
    ada.groups.add(group)
    ada.user_permissions.add(Permission.objects.last())
    ada.last_login = datetime(2026, 11, 22, 9, 0, 0, 123456, tzinfo=UTC)
    ada.save()
    ApiToken.objects.create(account=ada, name="é", sha256="a" * 64)
    asked = builders.key("Mark it.")
    label, cleo = at.desk.label("f"), at.desk.cleo
    add_span(at.dam, start=0, end=3, label=label, by=cleo, key=asked)
    files = [imports.Upload("a.txt", bytes(range(256)))]
    imports.create_batch(at.desk.project, files, by=at.desk.ada)
    return at


#: The story that was told in this process, and for each table the statement and rows it left.
_kept: list[tuple[Story, list[tuple[str, list[Any]]]]] = []


def told() -> Story:
    """Return a story in the empty tables, as if told just now: the guards let it pass once more."""
    if not _kept:
        first = story()
        _kept.append((deepcopy(first), list(_statements())))
        return first
    [(known, statements)] = _kept
    with connection.cursor() as cursor:
        for statement, rows in statements:
            cursor.executemany(statement, rows)
    return deepcopy(known)


def _statements() -> Any:
    quote = connection.ops.quote_name
    for model in tables():
        if model._meta.label_lower in OF_MIGRATE:
            continue
        table = quote(model._meta.db_table)
        key = "stream_id, sequence" if model is Event else quote(model._meta.pk.column)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table} ORDER BY {key}")
            rows = [[_storing(value) for value in row] for row in cursor.fetchall()]
            names = [quote(column[0]) for column in cursor.description]
        if rows:
            into, holes = ", ".join(names), ", ".join(["%s"] * len(names))
            yield f"INSERT INTO {table} ({into}) VALUES ({holes})", rows


def _storing(value: Any) -> Any:
    """Return a value of a row as PostgreSQL's driver takes it, which gives JSON as objects."""
    return connection.ops.adapt_json_value(value, None) if isinstance(value, dict | list) else value
