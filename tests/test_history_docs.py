"""docs/history.md lists every kind of event with its payload, as the actions make it."""

import json
import re
from pathlib import Path

import pytest

from annotations.actions.articles import purge_article
from annotations.actions.undo import _RIGHTS
from annotations.domain.events import TELLS_OF, WORDS, Kind
from annotations.formats.registry import EXPORTERS
from annotations.models import Event
from annotations.models.rows import TABLES
from tests.stories import story

DOCS = Path(__file__).parent.parent / "docs"
ROW = re.compile(r"^\| `([a-z_.]+)` \| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$", re.MULTILINE)


def documented() -> dict[str, tuple[str, str, str, str]]:
    return {kind: rest for kind, *rest in ROW.findall((DOCS / "history.md").read_text())}


def test_every_kind_of_event_is_listed_with_its_words():
    listed = documented()

    assert list(listed) == [kind.value for kind in Kind]
    assert {kind: row[0] for kind, row in listed.items()} == {
        kind.value: words for kind, words in WORDS.items()
    }


def test_what_a_withheld_payload_could_have_told_of_is_what_the_list_says():
    for kind, (_, _, rows, _) in documented().items():
        told = TELLS_OF.get(Kind(kind), frozenset())
        if rows.startswith("none"):
            assert not told, kind
        elif rows == "the rows put back":
            assert told == set(_RIGHTS), kind
        else:
            assert told == set(rows.partition(":")[0].split(", ")), kind
            assert told <= set(TABLES), kind


@pytest.mark.django_db
def test_payloads_hold_what_the_list_says():
    at = story()
    seen = set()
    purge = at.dam
    events = list(Event.objects.all())
    purge_article(purge, reason="Asked for.", by=at.desk.ada)
    events += Event.objects.filter(kind=Kind.PAYLOAD_ERASED)

    for event in events:
        _, _, tables, keys = documented()[event.kind]
        payload = json.loads(event.payload)
        extra = set(payload) - {"v", "changes", "blocks"}
        assert extra == set(re.findall(r"`([a-z]+)`", keys)), event.kind
        told = {change["table"] for change in payload["changes"]}
        assert told <= set(re.split(r"[,:]? ", tables)), event.kind
        seen.add(event.kind)
    assert len(seen) >= 20


def test_every_exporter_is_described():
    text = (DOCS / "formats.md").read_text()

    for name in EXPORTERS:
        assert f"| `{name}` |" in text
        assert f"### `{name}`" in text
