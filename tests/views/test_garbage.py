"""Garbage in every field of every form, as every role: an answer in words, never a broken page."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from annotations import forms as ours
from annotations.domain.vocabulary import Role
from annotations.models import Membership
from tests.views.test_access import ROUTES, World, address, browser, form

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
#: What nobody types, by name. Bytes that are no UTF-8 come as they are.
GARBAGE: dict[str, bytes] = {
    "nothing": b"",
    "long digits": b"9" * 5_000,
    "below all": b"-99999999999999999999",
    "NUL": b"a\0b",
    "half of a character": b"a\xed\xa0\x80b",
    "no UTF-8": b"\xff\xfe",
    "a key of nobody": b"00000000-0000-4000-8000-000000000000",
    "almost a key": b"{urn:uuid:0000}",
    "roman": "ⅻ".encode(),
    "JSON": b'{"a": [1e999, null]}',
    "markup": b"<script>&quot;'\r\n\x0b\x1b",
}
HUGE = b"x" * 1_000_000
#: What is put into all fields of a form together.
TOGETHER = ("long digits", "half of a character", "a key of nobody")


def every_field() -> list[str]:
    """Return the names of all fields of all our forms, and what requests may bring besides."""
    named = {
        name
        for one in vars(ours).values()
        if isinstance(one, type) and issubclass(one, forms.Form)
        for name in one.base_fields
    }
    more = ("key", "after", "next", "past", "waive:date", "waive-all:read", "role-1", "was-1")
    return sorted(named | set(more) | set(ours.RULES))


@pytest.fixture
def world(told: Any) -> World:
    return World(told)


def posting() -> list[str]:
    return sorted(name for name, route in ROUTES.items() if route.writes is not None)


def send(client: Client, url: str, fields: Any, **headers: str) -> int:
    """Return the status of one post, whose changes are taken back."""
    before = transaction.savepoint()
    try:
        body = urlencode(fields, doseq=True)
        return client.generic("POST", url, body, content_type=FORM, headers=headers).status_code
    finally:
        transaction.savepoint_rollback(before)


@pytest.mark.parametrize("role", list(Role))
def test_all_fields_at_once(world: World, role: Role) -> None:
    at = world.story.desk
    addresses = {route: address(world, route) for route in posting()}
    Membership.objects.filter(account=at.account(at.cleo)).update(role=role)
    client = browser(at.account(at.cleo))
    names = every_field()
    wrong = []
    for route, url in addresses.items():
        for what in TOGETHER:
            status = send(client, url, dict.fromkeys(names, GARBAGE[what]))
            if status >= 500:
                wrong.append((route, what, status))
    assert wrong == []


def fields_of(client: Client, url: str, good: Any, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return the names of the fields of the forms that a route binds."""
    found: set[str] = set()
    made = forms.Form.__init__

    def note(self: forms.Form, *args: Any, **kwargs: Any) -> None:
        made(self, *args, **kwargs)
        if self.is_bound:
            found.update(self.fields)

    with monkeypatch.context() as patch:
        patch.setattr(forms.Form, "__init__", note)
        send(client, url, good)
    return found | set(good)


#: What is put into each field by itself, the others being good.
ALONE = ("long digits", "NUL")


@pytest.mark.parametrize("route", posting())
def test_each_field_by_itself(world: World, route: str, monkeypatch: pytest.MonkeyPatch) -> None:
    at = world.story.desk
    client = browser(at.account(at.ada))
    url, good = address(world, route), form(world, route)
    names = fields_of(client, url, good, monkeypatch) | {"key", "after"}
    forms_sent: list[tuple[str, Any]] = [
        (f"{what} in {name}", {**good, name: GARBAGE[what]})
        for name in sorted(names)
        for what in ALONE
    ]
    forms_sent += [(what, {**good, **dict.fromkeys(names, GARBAGE[what])}) for what in GARBAGE]
    forms_sent.append(("huge", {**good, **dict.fromkeys(sorted(names)[:3], HUGE)}))
    forms_sent.append(("repeated", {name: [good.get(name, "x"), b"\xff", "9"] for name in names}))
    wrong = [what for what, fields in forms_sent if send(client, url, fields) >= 500]
    before = transaction.savepoint()
    files = {
        name: SimpleUploadedFile("\u202e" + "é" * 400 + ".txt", b"\0\xff" * 50) for name in names
    }
    if client.post(url, files).status_code >= 500:
        wrong.append("files")
    transaction.savepoint_rollback(before)

    assert wrong == []
