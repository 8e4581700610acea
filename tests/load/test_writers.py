"""Many write at once: none of them is refused, loses a span, or stores one twice."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from annotations.domain.vocabulary import Role
from annotations.models import Event
from tests import builders
from tests.load.client import Client, Log, Writers, check_histories, check_stored, scene

WRITERS = 32


@pytest.mark.parametrize("articles", [1, WRITERS], ids=["one article", "many articles"])
def test_writers_at_once_lose_nothing_and_nobody_is_refused(servers, soak, figures, articles):
    seconds = soak(5, 60)
    at = scene(WRITERS, articles)
    log = Log()

    with Writers(at, servers.urls, log).at_work():
        time.sleep(seconds)

    figures(
        f"{WRITERS} writers for {seconds} s on {articles} article{'s' * (articles > 1)}, "
        f"{servers.count} server{'s' * (servers.count > 1)}",
        log.figures(seconds),
    )
    assert log.refused() == []
    assert len(log.acknowledged()) == len(log.all()) > WRITERS
    check_stored(log)
    check_histories()


def test_of_many_who_change_one_span_nobody_overwrites_another(servers, soak, figures):
    people, changes = 16, soak(3, 40)
    at = scene(people, 1, role=Role.REVIEWER)
    span = builders.mark(at.desk, at.articles[0], at.articles[0].text[:5])
    path = f"/p/{at.project.slug}/a/{at.articles[0].pk}/spans/{span.pk}/change"
    log = Log()
    met = []

    def change(number):
        client = Client(at.jars[number], servers.urls[number % servers.count], log)
        revision = 1
        for _ in range(changes):
            while True:
                write = client.save(path, revision=revision, note=f"é 🌊 {uuid4()}")
                if write.status == 200:
                    break
                # Somebody was first: both versions are told, and the person chooses anew.
                assert write.status == 409
                met.append(write)
                revision = write.answer["current"]["revision"]
            revision += 1
        client.close()

    with ThreadPoolExecutor(people) as pool:
        list(pool.map(change, range(people)))

    span.refresh_from_db()
    told = [
        row["after"]["note"]
        for event in Event.objects.filter(kind="span.changed").order_by("sequence")
        for row in json.loads(event.payload)["changes"]
        if row["table"] == "span"
    ]
    kept = [write.data["note"] for write in log.acknowledged()]
    figures(
        f"{people} people change one span {changes} times each",
        f"{len(kept)} changes, each in the history; {len(met)} told that somebody was first",
    )
    assert span.revision == 1 + people * changes
    assert sorted(told) == sorted(kept)
    assert met
    check_histories()
