"""Many write at once: none of them is refused, loses a span, or stores one twice."""

import time

import pytest

from tests.load.client import Log, Writers, check_histories, check_stored, scene

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
