"""Print what the rows of DESIGN 8 cost here: ``python -m tests.benchmarks [ROW …]``.

It makes databases of its own in a temporary folder, starts the server that the README starts,
and prints a table. Close other programs first; a browser and a server share the cores.
"""

import argparse
import http.client
import os
import re
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(tempfile.mkdtemp(prefix="workbench-bench-"))
os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER}/bench.sqlite3"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workbench.settings")

import django  # noqa: E402 - the database is named first

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import (  # noqa: E402
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
)
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client as TestClient  # noqa: E402
from django.test import override_settings  # noqa: E402

from annotations.actions.articles import import_article  # noqa: E402
from annotations.actions.projects import create_project, set_member  # noqa: E402
from annotations.domain.vocabulary import Role  # noqa: E402
from annotations.models import Article, Label, Person, Project  # noqa: E402
from tests.benchmarks import generate  # noqa: E402
from tests.setup_machine import chromium  # noqa: E402

ROWS: dict[str, Callable[[], Iterator[tuple[str, str, str]]]] = {}


def row(name: str) -> Callable[[Any], Any]:
    def register(measure: Any) -> Any:
        ROWS[name] = measure
        return measure

    return register


# --- what the rows stand on --------------------------------------------------------------------


def account() -> User:
    user, made = User.objects.get_or_create(username="bench")
    if made:
        user.set_unusable_password()
        user.save()
    return user


def project(slug: str) -> tuple[Project, Person]:
    return create_project(slug=slug, name=slug, account=account(), person_name="Bench")


#: Seconds that storing the corpus took: its articles, and their spans.
STORED = [0.0, 0.0]


def corpus(articles: int = 1000) -> tuple[Project, Person]:
    """Return the project of so many articles with 50 spans each, made once, or made larger."""
    found = Project.objects.filter(slug="corpus").first()
    if found is None:
        made, person = project("corpus")
    else:
        made, person = found, Person.objects.get(project=found)
    for number in range(Article.objects.filter(project=made).count(), articles):
        draft = generate.draft(number, 4500)
        began = time.perf_counter()
        article = import_article(made, draft, by=person)
        STORED[0] += time.perf_counter() - began
        began = time.perf_counter()
        generate.mark(article, person, 50, seed=number)
        STORED[1] += time.perf_counter() - began
    return made, person


def cookies() -> dict[str, str]:
    user = account()
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return {
        settings.SESSION_COOKIE_NAME: session.session_key,
        settings.CSRF_COOKIE_NAME: secrets.token_hex(16),
    }


@contextmanager
def serving() -> Iterator[tuple[str, int, float, int]]:
    """Run the server; yield host, port, seconds to its first page, and its process."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        found = None
        assert process.stdout is not None
        while found is None:
            line = process.stdout.readline()
            if not line:
                raise SystemExit("The server did not start.")
            found = re.search(r"http://([\d.]+):(\d+)", line)
        host, port = found[1], int(found[2])
        connection = http.client.HTTPConnection(host, port)
        connection.request("GET", "/login/")
        connection.getresponse().read()
        yield host, port, time.perf_counter() - began, process.pid
    finally:
        process.terminate()
        process.wait()


def worked(pid: int) -> float:
    """Return the seconds of processor time that a process has used."""
    values = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


def resident(*pids: int) -> float:
    """Return the resident memory of processes in MB; one that has ended has none."""
    total = 0
    for one in pids:
        with suppress(OSError):
            found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{one}/status").read_text())
            total += int(found[1]) if found else 0
    return total / 1024


def started_by(pid: int) -> list[int]:
    """Return the processes that ``pid`` started, and those started by them: worker and readers."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, path.read_text().split()):
                found += [child, *started_by(child)]
    return found


class Client:
    """One keep-alive connection with a session."""

    def __init__(self, host: str, port: int, jar: dict[str, str]) -> None:
        self.connection = http.client.HTTPConnection(host, port)
        self.headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in jar.items()),
            "X-CSRFToken": jar[settings.CSRF_COOKIE_NAME],
            "Accept": "application/json",
        }

    def get(self, path: str) -> tuple[int, bytes]:
        self.connection.request("GET", path, headers={**self.headers, "Accept": "text/html"})
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def post(self, path: str, data: dict[str, Any]) -> tuple[int, bytes]:
        self.connection.request(
            "POST",
            path,
            urlencode(data),
            {**self.headers, "Content-Type": "application/x-www-form-urlencoded"},
        )
        answer = self.connection.getresponse()
        return answer.status, answer.read()


def milliseconds(seconds: list[float], share: float = 0.5) -> float:
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


# --- rows --------------------------------------------------------------------------------------


@row("open")
def open_articles() -> Iterator[tuple[str, str, str]]:
    """Navigation start to the load event with every mark laid out, headless Chromium."""
    from playwright.sync_api import sync_playwright

    made, person = project("pages")
    sizes = ((100_000, 2_000, "0.4 s"), (1_000_000, 10_000, "0.8 s"))
    articles = []
    for seed, (characters, spans, _) in enumerate(sizes):
        article = import_article(made, generate.draft(seed, characters), by=person)
        generate.mark(article, person, spans, seed=seed)
        articles.append(article)
    # Before Playwright's event loop runs, in which Django refuses to read the database.
    jar = cookies()
    with serving() as (host, port, _, _), sync_playwright() as playwright:
        base = f"http://{host}:{port}"
        browser = playwright.chromium.launch(
            executable_path=chromium(),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies(
            [{"name": name, "value": value, "url": base} for name, value in jar.items()]
        )
        page = context.new_page()
        for article, (characters, spans, budget) in zip(articles, sizes, strict=True):
            url = f"{base}/p/pages/a/{article.pk}/"
            times = []
            for _ in range(6):
                page.goto("about:blank")
                page.goto(url, wait_until="load")
                times.append(
                    page.evaluate(
                        "async () => { await new Promise((done) => requestAnimationFrame(() =>"
                        " setTimeout(done))); document.getElementById('article')"
                        ".getBoundingClientRect(); return performance.now(); }"
                    )
                    / 1000
                )
            yield (
                f"open {characters // 1000} KB with {spans:,} spans, highlighted, Chromium",
                f"{statistics.median(times[1:]):.2f} s",
                budget,
            )
            if spans == 2_000:
                yield from _tag_by_key(page, url)
        browser.close()


def _tag_by_key(page: Any, url: str) -> Iterator[tuple[str, str, str]]:
    """From the press of C on a selection to the painted mark the server has stored."""
    page.goto(url)
    times = []
    for number in range(12):
        page.evaluate(
            """(number) => {
              const block = document.querySelectorAll("#article [data-o]")[2 + number];
              const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
              const text = walker.nextNode();
              getSelection().setBaseAndExtent(text, 0, text, Math.min(12, text.length));
            }""",
            number,
        )
        page.wait_for_timeout(400)
        before = page.evaluate("document.querySelectorAll('#span-list > li').length")
        times.append(
            page.evaluate(
                """async (before) => {
                  const began = performance.now();
                  document.activeElement.dispatchEvent(
                    new KeyboardEvent("keydown", { key: "c", bubbles: true, cancelable: true }));
                  while (document.querySelectorAll("#span-list > li").length === before) {
                    if (performance.now() - began > 5000) return NaN;
                    await new Promise((next) => requestAnimationFrame(next));
                  }
                  await new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
                  return performance.now() - began;
                }""",
                before,
            )
        )
    yield (
        "tag a span, key press to stored and painted mark, 100 KB article",
        f"{statistics.median(times):.0f} ms",
        "100 ms",
    )


@row("save")
def save_spans() -> Iterator[tuple[str, str, str]]:
    made, _ = corpus()
    articles = list(Article.objects.filter(project=made).order_by("title")[:33])
    label = Label.objects.filter(project=made).first()
    paths = [f"/p/corpus/a/{article.pk}/spans/add" for article in articles]
    places = [generate.ranges(77, article.text, 500) for article in articles]
    with serving() as (host, port, _, pid):
        jar = cookies()
        client = Client(host, port, jar)

        def save(client: Client, number: int, place: tuple[int, int]) -> tuple[int, float]:
            start, end = place
            began = time.perf_counter()
            status, _ = client.post(
                paths[number],
                {"start": start, "end": end, "label": label.pk, "voice": "author", "key": uuid4()},
            )
            return status, time.perf_counter() - began

        # The first article of the list gets 50 more spans to begin with: caches, statements.
        for place in places[0][:50]:
            save(client, 0, place)
        before = worked(pid)
        times = []
        for number in range(200):
            at = number % 32 + 1
            times.append(save(client, at, places[at][number])[1])
        yield (
            "one span over HTTP, one client, 50,000 spans stored, p50",
            f"{milliseconds(times):.1f} ms, of it {5 * (worked(pid) - before):.1f} ms processor",
            "4 ms",
        )
        results: list[tuple[int, float]] = []
        lock = threading.Lock()
        stop = time.perf_counter() + 6

        def work(number: int) -> None:
            own = Client(host, port, jar)
            mine = []
            for place in places[number + 1][200:]:
                if time.perf_counter() > stop:
                    break
                mine.append(save(own, number + 1, place))
            with lock:
                results.extend(mine)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(32)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - began
        refused = sum(status != 200 for status, _ in results)
        yield (
            "32 clients at once on 32 articles, SQLite (client on the same cores)",
            f"{len(results) / took:.0f}/s, p99 "
            f"{milliseconds([seconds for _, seconds in results], 0.99):.0f} ms, "
            f"{refused} refused",
            "300/s, p99 150 ms, 0",
        )


@row("lists")
def lists() -> Iterator[tuple[str, str, str]]:
    corpus()
    with serving() as (host, port, _, pid):
        client = Client(host, port, cookies())
        for name, path, budget in (
            ("first page of 1,000 articles with 50,000 spans, 25 rows, p50", "/p/corpus/", "25 ms"),
            ("first page of 50,000 spans, p50", "/p/corpus/spans/", "–"),
            ("text search over them (a page), p50", "/p/corpus/spans/?q=harbour+winter", "15 ms"),
        ):
            times = []
            before = 0.0
            for number in range(25):
                if number == 5:
                    before = worked(pid)
                began = time.perf_counter()
                status, _ = client.get(path)
                times.append(time.perf_counter() - began)
                if status != 200:
                    break
            yield (
                name,
                f"{milliseconds(times[5:]):.0f} ms, of it {50 * (worked(pid) - before):.0f} ms processor"
                if status == 200
                else str(status),
                budget,
            )


def manage(*arguments: str, **environ: str) -> tuple[float, float]:
    """Run a command; return its seconds, and MB above what the process took before it."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import re, time; from django.core.management import execute_from_command_line;"
            "import django; django.setup();"
            # Not ru_maxrss: a child begins with the most that its parent had.
            "most = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]);"
            "base = most(); began = time.perf_counter();"
            f"execute_from_command_line(['manage.py', *{list(arguments)!r}]);"
            "print(time.perf_counter() - began, (most() - base) / 1024)",
        ],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, memory = (float(part) for part in done.stdout.split()[-2:])
    return seconds, memory


def export(form: str) -> tuple[float, float, float]:
    """Return seconds, MB above what the process took before, and the file's MB."""
    target = FOLDER / f"corpus.{'json' if form == 'fixture' else form}"
    seconds, memory = manage(
        *("export_dataset", "--project", "corpus", "--format", form, "--output", str(target))
    )
    return seconds, memory, target.stat().st_size / 1e6


@row("exports")
def exports() -> Iterator[tuple[str, str, str]]:
    corpus()
    for form, budget in (("jsonl", "0.8 s"), ("fixture", "1.2 s")):
        seconds, memory, size = export(form)
        yield (
            f"export 1,000 articles with 50,000 spans as {form} ({size:.0f} MB)",
            f"{seconds:.1f} s, {memory:.0f} MB above the start",
            budget,
        )


@row("load")
def load() -> Iterator[tuple[str, str, str]]:
    corpus()
    target = str(FOLDER / "corpus.json")
    export = ["export_dataset", "--project", "corpus", "--format", "fixture", "--output", target]
    subprocess.run(
        [sys.executable, "manage.py", *export], cwd=ROOT, check=True, capture_output=True
    )
    environ = {**os.environ, "DATABASE_URL": f"sqlite:///{FOLDER}/loaded.sqlite3"}
    began = 0.0
    for command in (["migrate", "-v0"], ["loaddata", "-v0", target]):
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=environ,
            check=True,
            capture_output=True,
        )
    yield (
        "read the fixture back with loaddata",
        f"{time.perf_counter() - began:.0f} s",
        "loaddata works",
    )


@row("backup")
def backup() -> Iterator[tuple[str, str, str]]:
    corpus()
    yield from back_up_and_restore("50,000")


def back_up_and_restore(spans: str) -> Iterator[tuple[str, str, str]]:
    target = FOLDER / "corpus.backup"
    seconds, memory = manage("backup", "--overwrite", str(target))
    size = target.stat().st_size / 1e6
    yield (
        f"back up {spans} spans, read back ({size:.0f} MB)",
        f"{seconds:.1f} s, {memory:.0f} MB above the start",
        "–",
    )
    into = FOLDER / "restored.sqlite3"
    into.unlink(missing_ok=True)
    environ = {"DATABASE_URL": f"sqlite:///{into}"}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"],
        cwd=ROOT,
        env={**os.environ, **environ},
        check=True,
    )
    seconds, memory = manage("restore", str(target), **environ)
    yield (
        f"restore {spans} spans into SQLite, the guards held, and verify",
        f"{seconds:.0f} s, {memory:.0f} MB above the start",
        "–",
    )


@row("bulk")
def bulk() -> Iterator[tuple[str, str, str]]:
    """Articles and spans stored with their history, the guards held: no budget is asked yet."""
    corpus()
    yield "store 1,000 articles, one transaction each", f"{STORED[0]:.1f} s", "–"
    yield "store their 50,000 spans, one transaction an article", f"{STORED[1]:.1f} s", "–"
    made, person = project("guard")
    for size in (4_500, 100_000, 1_000_000):
        article = import_article(made, generate.draft(size, size), by=person)
        began = time.process_time()
        generate.mark(article, person, 1_000)
        took = time.process_time() - began
        yield f"one of 1,000 spans written at once, text of {size:,}", f"{took:.2f} ms", "–"


@row("server")
def server() -> Iterator[tuple[str, str, str]]:
    times, memory, worker = [], 0.0, 0.0
    for _ in range(3):
        with serving() as (_, _, seconds, pid):
            times.append(seconds)
            time.sleep(4)
            memory, worker = resident(pid), resident(*started_by(pid))
    yield "start to first page", f"{statistics.median(times):.2f} s", "1.5 s"
    yield "memory of the server process, idle", f"{memory:.0f} MB", "90 MB"
    yield "memory of the worker process, idle", f"{worker:.0f} MB", "100 MB"
    with serving() as (host, port, _, pid):
        client = Client(host, port, cookies())
        for count in (200, 1000):
            before = worked(pid)
            for _ in range(count):
                client.post("/nowhere/", {"a": "b"})
        each = (worked(pid) - before) / 1000
    yield "a request that is answered 404, processor", f"{1000 * each:.1f} ms", "–"


@row("imports")
def imports() -> Iterator[tuple[str, str, str]]:
    """Files as large as a page upload takes, read, looked at and stored, one batch after another.

    The server answers nobody else meanwhile; what it holds is read a quarter of a minute
    after each.
    """
    made, _ = project("imports")
    rounds = 6
    held, beside, took = [], [], 0.0
    with serving() as (host, port, _, pid):
        jar = cookies()
        client = Client(host, port, jar)
        client.get(f"/p/{made.slug}/")
        time.sleep(4)
        held.append(resident(pid))
        beside.append(resident(*started_by(pid)))
        for number in range(rounds):
            began = time.perf_counter()
            upload(client, made.slug, generate.files(number))
            took += time.perf_counter() - began
            time.sleep(15)
            held.append(resident(pid))
            beside.append(resident(*started_by(pid)))
        pages = [
            f"/p/{made.slug}/a/{key}/"
            for key in Article.objects.filter(project=made, name__startswith="small").values_list(
                "pk", flat=True
            )
        ]

        def look(number: int) -> None:
            own = Client(host, port, jar)
            for at in (number, number + 1):
                own.get(pages[at % len(pages)])

        readers = [threading.Thread(target=look, args=(number,)) for number in range(12)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        time.sleep(30)
        read = resident(pid)
        peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    size = sum(len(content) for _, content in generate.files(0)) / 1e6
    yield f"read and store a batch of 4 files, {size:.0f} MB", f"{took / rounds:.1f} s", "–"
    yield (
        f"memory of the server before, and after each of {rounds} such batches",
        " → ".join(f"{one:.0f}" for one in held) + " MB",
        "–",
    )
    yield (
        "memory of the worker and its readers, at the same times",
        " → ".join(f"{one:.0f}" for one in beside) + " MB",
        "–",
    )
    yield "the server when 12 at once have read pages of 1 MB", f"{read:.0f} MB", "–"
    assert peak is not None
    yield "the most it held meanwhile", f"{int(peak[1]) / 1024:.0f} MB", "–"


@row("paste")
def paste() -> Iterator[tuple[str, str, str]]:
    """A text and a page that are pasted: from the request to the answer that leads to them."""
    made, _ = project("paste")
    words = iter(generate.paragraphs(7, 100_000_000))
    with serving() as (host, port, _, _):
        client = Client(host, port, cookies())
        time.sleep(4)
        for kind, count in (("txt", 6), ("html", 200)):
            times, read = [], 0
            for _ in range(21):
                parts = [next(words) for _ in range(count)]
                text = "\n\n".join(parts)
                if kind == "html":
                    text = "<h1>A page</h1>" + "".join(f"<p>{part}</p>" for part in parts)
                began = time.perf_counter()
                client.connection.request(
                    "POST",
                    f"/p/{made.slug}/import/paste",
                    urlencode({"text": text, "kind": kind}),
                    {
                        **client.headers,
                        "Accept": "text/html",
                        "Content-Type": "application/x-www-form-urlencoded",
                    },
                )
                answer = client.connection.getresponse()
                answer.read()
                times.append(time.perf_counter() - began)
                page = answer.headers["Location"]
                read += b"data-progress" not in client.get(page)[1]
                wait(client, page)
            yield (
                f"paste {len(text) // 1000} KB of {kind}: the first; p50 of 20 more; read by then",
                f"{1000 * times[0]:.0f} ms; {milliseconds(times[1:]):.0f} ms; {read} of 21",
                "–",
            )


def upload(client: Client, slug: str, files: list[tuple[str, bytes]]) -> None:
    """Send files as the page does, wait until they are read, and have them stored."""
    border = secrets.token_hex(16)
    parts = [
        f'--{border}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        f"Content-Type: application/octet-stream\r\n\r\n".encode()
        + content
        + b"\r\n"
        for name, content in files
    ]
    # What stood idle is closed by the server; the next request opens another.
    client.connection.close()
    client.connection.request(
        "POST",
        f"/p/{slug}/import/upload",
        b"".join(parts) + f"--{border}--\r\n".encode(),
        {
            **client.headers,
            "Accept": "text/html",
            "Content-Type": f"multipart/form-data; boundary={border}",
        },
    )
    answer = client.connection.getresponse()
    answer.read()
    page = answer.headers["Location"]
    wait(client, page)
    client.post(page.rstrip("/") + "/store", {})
    wait(client, page)


def wait(client: Client, page: str) -> None:
    """Look at a batch as its page does, until nothing is under way."""
    while b"data-progress" in client.get(page)[1]:
        time.sleep(0.5)


@row("size")
def installed_size() -> Iterator[tuple[str, str, str]]:
    """A fresh environment of requirements.txt, without pip's own files."""
    environment = FOLDER / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    subprocess.run(
        [str(environment / "bin/pip"), "install", "-q", "-r", str(ROOT / "requirements.txt")],
        check=True,
        capture_output=True,
    )
    total = sum(
        path.stat().st_size
        for path in (environment / "lib").rglob("*")
        if path.is_file() and not path.is_symlink()
    )
    yield "installed size of requirements.txt", f"{total / 1e6:.0f} MB", "150 MB"


@row("crowded")
def crowded() -> Iterator[tuple[str, str, str]]:
    """What one article of 20,000 spans costs a second reader, in CPU time of this process."""
    made, person = project("crowded")
    article = import_article(made, generate.draft(1, 1_000_000), by=person)
    generate.mark(article, person, 20_000)
    reader = User.objects.create_user("reader")
    set_member(made, account=reader, role=Role.REVIEWER, by=person)
    client = TestClient()
    client.force_login(reader)
    base = f"/p/{made.slug}/a/{article.pk}/"
    # The pages alone: nothing is collected here, and nobody asks for a style sheet.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    there = {"STORAGES": {**settings.STORAGES, "staticfiles": plain}, "ALLOWED_HOSTS": ["*"]}
    for name in ("", "second-reading/", "sign-off/", "history/", "changes", "trash", "comments/"):
        seconds, size = [], 0
        for _ in range(3):
            began = time.process_time()
            with override_settings(**there):
                answer = client.get(base + name)
            size = len(b"".join(answer.streaming_content) if answer.streaming else answer.content)
            seconds.append(time.process_time() - began)
        asked = name.strip("/") or "the article"
        yield f"20,000 spans: {asked}", f"{min(seconds):.2f} s, {size / 1e6:.2f} MB", "in parts"


@row("large")
def large() -> Iterator[tuple[str, str, str]]:
    """Ten times the corpus: what it takes more memory to export and back up. Minutes."""
    corpus()
    before = {form: export(form)[1] for form in ("jsonl", "fixture")}
    corpus(10_000)
    for form, base in before.items():
        seconds, memory, size = export(form)
        yield (
            f"export 10,000 articles with 500,000 spans as {form} ({size:.0f} MB)",
            f"{seconds:.0f} s, peak {memory - base:+.0f} MB against 50,000 spans",
            "+30 MB",
        )
    yield from back_up_and_restore("500,000")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", choices=[*ROWS, []], help="; ".join(ROWS))
    wanted = parser.parse_args().rows or list(ROWS)
    call_command("migrate", verbosity=0)
    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, load before: {load}\n")
    print("| work | here | budget |\n|---|---|---|", flush=True)
    try:
        for name in wanted:
            for work, here, budget in ROWS[name]():
                print(f"| {work} | {here} | {budget} |", flush=True)
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)


if __name__ == "__main__":
    main()
