"""Many follow at once: they are told soon, cost little while nothing happens, and hold up nobody."""

import os
import socket
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from tests.conftest import database_url, watch
from tests.live.line import Line
from tests.load.client import Client, Log, check_histories, check_stored, milliseconds, scene
from tests.load.test_exchange import manage

FOLLOWERS, WRITERS, ARTICLES = 50, 10, 5


def topic(article):
    return f"load/{article.pk}@"


def session(jar):
    return jar[settings.SESSION_COOKIE_NAME]


@pytest.fixture
def follow(servers):
    """``follow(number, jar, *topics)`` opens a stream at one of the servers."""
    opened = []

    def open_line(number, jar, *topics):
        line = Line(servers.urls[number % servers.count](), session(jar), *topics)
        opened.append(line)
        return line

    yield open_line
    for line in opened:
        line.close()


def cost(servers):
    """Return threads, open files of the database and resident MB of the servers, added up."""
    threads = files = memory = 0
    for number in range(servers.count):
        folder = Path(f"/proc/{servers.running[number].process.pid}")
        threads += len(list((folder / "task").iterdir()))
        pages = int((folder / "statm").read_text().split()[1])
        memory += pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024
        for one in (folder / "fd").iterdir():
            try:
                files += str(one.readlink()) == str(connection.settings_dict["NAME"])
            except OSError:
                continue
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid()"
            )
            files = cursor.fetchone()[0]
    return threads, files, memory


def save_steadily(servers, at, log, seconds):
    """Let people save at every second, each at a moment of his own, and wait until it is done."""
    began = time.monotonic() + 0.2

    def write(number):
        client = Client(at.jars[number], servers.urls[number % servers.count], log)
        marking = at.marking(at.articles[number % ARTICLES], number)
        for second in range(seconds):
            time.sleep(max(0, began + second + number / WRITERS - time.monotonic()))
            path, data = next(marking)
            client.save(path, **data)
        client.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 60)


def test_followers_of_five_articles_are_told_of_every_save(servers, soak, figures, follow):
    seconds = soak(5, 60)
    at = scene(FOLLOWERS, ARTICLES)
    lines = [
        follow(number, jar, topic(at.articles[number % ARTICLES]))
        for number, jar in enumerate(at.jars)
    ]
    for line in lines:
        line.event("hello")
    log = Log()
    save_steadily(servers, at, log, seconds)

    late = []
    for write in log.acknowledged():
        span = write.answer["span"]
        for line in lines:
            if write.path.split("/")[4] == line.topics[0].partition("@")[0].partition("/")[2]:
                told = line.wait(lambda one, span=span: span in (one.data or {}).get("cards", ()))
                late.append(told.at - write.began)
    late.sort()
    p95 = 1000 * late[int(0.95 * len(late))]
    figures(
        f"{FOLLOWERS} streams on {ARTICLES} articles, {WRITERS} saves a second for {seconds} s, "
        f"from the request to every other stream",
        f"p50 {1000 * late[len(late) // 2]:.0f} ms, p95 {p95:.0f} ms, most {1000 * late[-1]:.0f} ms"
        f" of {len(late)}; saves: {log.figures(seconds)}",
    )
    assert len(log.acknowledged()) == WRITERS * seconds
    assert soak(True, p95 < 250)
    check_stored(log)
    check_histories()


#: Notes when each card came in, in milliseconds of the clock that the test reads too.
WATCH_CARDS = """() => {
  window.came = {};
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) {
        if (node.dataset?.span) window.came[node.dataset.span] ??= Date.now();
      }
    }
  }).observe(document.getElementById("span-list"), { childList: true });
}"""


@pytest.mark.each_database("each has its own way of telling what changed")
def test_pages_in_browsers_show_every_save_among_fifty_streams(
    servers, soak, figures, follow, browser
):
    seconds = soak(3, 60)
    at = scene(FOLLOWERS, ARTICLES)
    pages = []
    for number, article in enumerate(at.articles):
        url = servers.urls[number % servers.count]()
        context = browser.new_context(base_url=url)
        watch(context, [])
        context.add_cookies(
            [{"name": name, "value": value, "url": url} for name, value in at.jars[number].items()]
        )
        page = context.new_page()
        page.goto(f"/p/load/a/{article.pk}/")
        page.wait_for_function("() => document.documentElement.dataset.live === 'live'")
        page.evaluate(WATCH_CARDS)
        pages.append(page)
    for number, jar in enumerate(at.jars[ARTICLES:]):
        follow(number, jar, topic(at.articles[number % ARTICLES])).event("hello")
    log = Log()
    clock = time.time() - time.monotonic()

    saving = threading.Thread(target=save_steadily, args=(servers, at, log, seconds))
    saving.start()
    while saving.is_alive():
        # Lets the browsers' events through.
        pages[0].wait_for_timeout(100)

    late = []
    for page, article in zip(pages, at.articles, strict=True):
        wanted = {
            write.answer["span"]: write.began + clock
            for write in log.acknowledged()
            if str(article.pk) in write.path
        }
        page.wait_for_function(
            "(spans) => spans.every((span) => span in window.came)", arg=list(wanted)
        )
        came = page.evaluate("() => window.came")
        late += [came[span] / 1000 - began for span, began in wanted.items()]
        page.context.close()
    late.sort()
    p95 = 1000 * late[int(0.95 * len(late))]
    figures(
        f"{len(pages)} pages in browsers among {FOLLOWERS} streams, {WRITERS} saves a second for "
        f"{seconds} s, from the request to the card on the page",
        f"p50 {1000 * late[len(late) // 2]:.0f} ms, p95 {p95:.0f} ms, "
        f"most {1000 * late[-1]:.0f} ms of {len(late)}",
    )
    assert len(late) == WRITERS * seconds
    assert soak(True, p95 < 250)


def test_a_save_is_answered_while_twenty_never_read_their_stream(servers, soak, figures, follow):
    at = scene(people=4, articles=1)
    [article] = at.articles
    reader = follow(0, at.jars[1], topic(article))
    reader.event("hello")
    stuck = []
    for number in range(20):
        address = urlsplit(servers.urls[number % servers.count]())
        held = socket.socket()
        held.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        held.connect((address.hostname, address.port))
        held.sendall(
            f"GET /live/?t={topic(article)} HTTP/1.1\r\nHost: {address.netloc}\r\n"
            f"Cookie: {settings.SESSION_COOKIE_NAME}={session(at.jars[0])}\r\n\r\n".encode()
        )
        stuck.append(held)
    log = Log()
    client = Client(at.jars[0], servers.urls[0], log)
    try:
        for _, (path, data) in zip(range(soak(60, 400)), at.marking(article, 0), strict=False):
            client.save(path, **data)
        last = log.acknowledged()[-1].answer["span"]
        reader.wait(lambda told: last in (told.data or {}).get("cards", ()))
    finally:
        client.close()
        for held in stuck:
            held.close()
    saves = log.acknowledged()
    figures(
        "a save while 20 clients do not read their stream",
        f"p50 {milliseconds(saves, 0.5):.0f} ms, most {milliseconds(saves, 1):.0f} ms"
        f" of {len(saves)}",
    )
    assert len(saves) == len(log.all())
    assert soak(True, milliseconds(saves, 1) < 200)
    check_stored(log)


def test_idle_streams_hold_neither_threads_nor_connections(mortal, soak, figures):
    # Servers of its own: one that has sent large files has threads that read them.
    count = soak(40, 500)
    at = scene(people=max(4, count // 20), articles=4)
    client = Client(at.jars[0], mortal.urls[0], Log())
    client.request("GET", "/p/load/")
    before = cost(mortal)
    lines = [
        Line(
            mortal.urls[number % mortal.count](),
            session(at.jars[number % len(at.jars)]),
            topic(at.articles[number % 4]),
            "load@",
        )
        for number in range(count)
    ]
    try:
        for line in lines:
            line.event("hello")
        time.sleep(1)
        threads, files, memory = cost(mortal)
    finally:
        client.close()
        for line in lines:
            line.close()

    figures(
        f"{count} idle streams, {mortal.count} server{'s' * (mortal.count > 1)}",
        f"{threads} threads, {files} connections to the database, "
        f"{memory:.0f} MB ({memory - before[2]:+.1f})",
    )
    assert threads / mortal.count < 15
    assert files / mortal.count < 15
    # Each may cost what it waits with, and no stack of a thread of its own.
    assert memory - before[2] < 20 + count * 0.2


def test_a_client_that_comes_again_and_again_leaves_nothing_behind(servers, soak, figures, follow):
    at = scene(people=2, articles=1)
    wanted = topic(at.articles[0])
    for number in range(20):
        follow(number, at.jars[0], wanted)
    before = cost(servers)

    for number in range(soak(100, 3000)):
        line = Line(servers.urls[number % servers.count](), session(at.jars[0]), wanted)
        assert line.status == 200
        line.close()
    time.sleep(1)

    threads, files, memory = cost(servers)
    figures(
        f"a client that comes again {soak(100, 3000)} times beside 20 streams",
        f"{threads - before[0]:+d} threads, {files - before[1]:+d} connections, "
        f"{memory - before[2]:+.1f} MB",
    )
    assert threads <= before[0] + servers.count * 2
    assert files <= before[1] + servers.count * 3
    assert memory < before[2] + 30


def test_a_management_command_reaches_an_open_stream(servers, follow, tmp_path):
    at = scene(people=1, articles=1)
    line = follow(0, at.jars[0], "load@")
    line.event("hello")
    file = tmp_path / "late.txt"
    file.write_text("A late one 🌊.\n\nIt has two paragraphs, שלום.")

    manage("import_articles", "--project", "load", file, url=database_url())

    assert line.event("changed").data["topic"] == "load"
