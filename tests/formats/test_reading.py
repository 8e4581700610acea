"""Files are read in a process of their own: what does not end is ended, and nothing else is."""

import io
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from annotations.domain.records import ArticleDraft
from annotations.formats import contract, reader, reading
from annotations.formats.reading import Reader, ReaderDied
from annotations.formats.registry import importer_for

TEXT = "Zoe\u0301 saw the flood 👩‍👩‍👧\n\nThe river rose, said the mayor שלום of the town.\n"
PAGE = f"<h1>A flood</h1><p>{TEXT}</p><p><b>It</b> rose.</p>"
LINES = '{"text": "A 🌊 text"}\nno json\n{"text": "שלום text"}\n'


@pytest.fixture
def bad(settings):
    """A reader that knows the formats of ``tests.readers``."""
    settings.FILE_READER = "tests.readers"
    settings.FILE_MEGABYTES = 600
    one = Reader()
    yield one
    one.end()


@pytest.fixture
def good():
    one = Reader()
    yield one
    one.end()


def said(found):
    return [
        each if isinstance(each, ArticleDraft) else (each.message, each.code, each.name, each.line)
        for each in found
    ]


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.txt", TEXT), ("שלום.html", PAGE), ("c.jsonl", LINES), ("d.txt", ""), ("e.txt", "\0\1")],
)
def test_a_file_is_read_as_its_importer_reads_it(good, name, content):
    data = content.encode()

    assert said(good.read(data, name=name)) == said(importer_for(name, data).read(data, name=name))


def test_one_process_reads_file_after_file_until_it_has_read_enough(good, monkeypatch):
    monkeypatch.setattr(reading, "ENOUGH", 3 * len(TEXT.encode()) - 1)
    pids = []
    for _ in range(4):
        assert len(list(good.read(TEXT.encode(), name="a.txt"))) == 1
        pids.append(good.pid)

    assert pids[0] == pids[1]
    assert pids[2] is None
    assert pids[3] not in (None, pids[0])
    assert gone(pids[0])


def test_a_file_that_does_not_end_is_stopped_and_refused_in_a_sentence(bad):
    bad.seconds = 2
    began = time.monotonic()
    draft, refusal = bad.read(TEXT.encode(), name="a.loops")

    assert isinstance(draft, ArticleDraft)
    assert refusal.code == "too_slow"
    assert refusal.message == (
        "a.loops: reading it took longer than 2 seconds, so it was stopped. Leave out what is "
        "not part of the article, or split the file, and import it again."
    )
    assert 2 <= time.monotonic() - began < 20
    assert bad.pid is None
    bad.seconds = 60
    assert len(list(bad.read(TEXT.encode(), name="a.txt"))) == 1


def test_a_process_that_does_not_get_ready_is_ended(bad, settings, monkeypatch):
    monkeypatch.setattr(reading, "START", 0.5)
    settings.FILE_READER = "http.server"

    with pytest.raises(ReaderDied):
        list(bad.read(TEXT.encode(), name="a.txt"))

    assert bad.pid is None


def test_a_reader_whose_parent_was_killed_ends_by_itself(tmp_path):
    script = (
        "import django, sys\n"
        "from django.conf import settings\n"
        "settings.configure(FILE_READER='tests.readers', FILE_SECONDS=2, FILE_MEGABYTES=600)\n"
        "from annotations.formats.reading import Reader\n"
        "reader = Reader()\n"
        "found = reader.read(b'A text', name='a.loops')\n"
        "next(found)\n"
        "print(reader.pid, flush=True)\n"
        "next(found)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        pid = int(parent.stdout.readline())
        parent.kill()

    deadline = time.monotonic() + 20
    while not gone(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert gone(pid)


def test_a_file_that_wants_too_much_memory_is_refused_in_a_sentence(bad):
    _, refusal = bad.read(TEXT.encode(), name="a.eats")

    assert refusal.code == "memory"
    assert refusal.message.startswith("a.eats: reading it took more than 600 MB of memory")
    assert bad.pid is None
    assert len(list(bad.read(TEXT.encode(), name="a.txt"))) == 1


def test_what_an_importer_raises_refuses_its_file_and_stands_in_the_log(bad, caplog):
    _, refusal = bad.read(TEXT.encode(), name="a.raises")

    assert (
        refusal.message
        == "a.raises: it could not be read; what went wrong stands in the server’s log."
    )
    assert "Reading a.raises broke off." in caplog.text
    assert "ZeroDivisionError: שלום" in caplog.text
    assert [type(each) for each in bad.read(TEXT.encode(), name="a.txt")] == [ArticleDraft]


@pytest.mark.parametrize(
    ("ending", "code"), [("loops", "too_slow"), ("eats", "memory"), ("raises", "broke_off")]
)
def test_of_a_file_that_was_stopped_nothing_is_given_but_the_refusal(bad, ending, code):
    bad.seconds = 2 if ending == "loops" else 60
    [refusal] = bad.read_whole(TEXT.encode(), name=f"a.{ending}")

    assert (refusal.code, refusal.name) == (code, f"a.{ending}")


def test_a_file_that_is_read_whole_is_what_it_is_when_read_bit_by_bit(good):
    for name, content in (("a.html", PAGE), ("c.jsonl", LINES), ("d.jsonl", LINES[:23])):
        data = content.encode()
        found = list(good.read_whole(data, name=name))
        assert found
        assert said(found) == said(importer_for(name, data).read(data, name=name))


def test_what_a_library_prints_is_no_answer(bad):
    assert [type(each) for each in bad.read(TEXT.encode(), name="a.prints")] == [ArticleDraft]


def test_a_process_that_ended_is_told_of_and_the_next_file_has_another(bad):
    with pytest.raises(ReaderDied):
        list(bad.read(TEXT.encode(), name="a.dies"))
    bad.start()
    os.kill(bad.pid, signal.SIGKILL)
    with pytest.raises(ReaderDied):
        list(bad.read(TEXT.encode(), name="a.txt"))
    assert len(list(bad.read(TEXT.encode(), name="a.txt"))) == 1
    os.kill(bad.pid, signal.SIGKILL)
    time.sleep(0.1)
    with pytest.raises(ReaderDied):
        list(bad.read(b"x" * 1_000_000, name="a.txt"))

    assert len(list(bad.read(TEXT.encode(), name="a.txt"))) == 1


def test_a_reading_that_is_given_up_leaves_no_process(bad):
    found = bad.read(TEXT.encode(), name="a.loops")
    next(found)
    pid = bad.pid

    found.close()

    assert gone(pid)
    bad.end()


def test_a_reader_that_waits_is_ended_at_once():
    one = Reader()
    one.start()
    pid = one.pid
    one.start()
    assert one.pid == pid

    one.end()

    assert one.pid is None
    assert gone(pid)


def test_a_reader_that_is_closed_reads_nothing_more():
    one = Reader()
    one.start()
    pid = one.pid

    one.close()

    assert gone(pid)
    with pytest.raises(ReaderDied):
        list(one.read(b"A text", name="a.txt"))
    assert one.pid is None


def test_a_reader_knows_no_database_and_no_secret(monkeypatch, good):
    monkeypatch.setenv("WORKBENCH_SECRET_KEY", "s" * 50)
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:password@host/name")
    list(good.read(TEXT.encode(), name="a.txt"))

    with open(f"/proc/{good.pid}/environ", "rb") as file:
        environ = file.read()

    assert b"PATH=" in environ
    assert b"WORKBENCH_" not in environ
    assert b"DATABASE_" not in environ


def test_a_file_of_many_articles_has_the_time_of_as_many():
    assert reading.limit(0, 60) == 60
    assert reading.limit(contract.MAX_BYTES, 60) == 60
    assert reading.limit(5_242_880, 60) == 60, "what a page takes has the time of one article"
    assert reading.limit(contract.MAX_FILE_BYTES, 60) == 2400


# --- the process itself, looked at from inside ------------------------------------------------


def serve(*files, megabytes=600):
    """Let the process's loop read files in this process; return its answers."""
    sent = b"".join(
        json.dumps({"name": name, "size": len(data), "seconds": 60}).encode() + b"\n" + data
        for name, data in files
    )
    answers = io.BytesIO()
    reader.serve(io.BytesIO(sent), answers, megabytes)
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    return [json.loads(line) if line else None for line in answers.getvalue().split(b"\n")[:-1]]


class Raises:
    def __init__(self, error):
        self.error = error

    def read(self, data, *, name):
        raise self.error
        yield


def test_the_answers_to_a_file_end_with_an_empty_line():
    first, end, second, last = serve(("a.txt", TEXT.encode()), ("b.txt", b""))

    assert first["draft"]["text"] == TEXT
    assert second["refused"]["name"] == "b.txt"
    assert end is last is None


def test_a_process_that_ran_out_of_memory_reads_nothing_more(monkeypatch):
    monkeypatch.setattr(reader, "importer_for", lambda *_: Raises(MemoryError()))

    [answer] = serve(("a.txt", b"A"), ("b.txt", b"B"))

    assert answer["refused"]["code"] == "memory"
    assert answer["last"]


def test_an_importer_that_raises_is_told_of_with_its_traceback(monkeypatch):
    monkeypatch.setattr(reader, "importer_for", lambda *_: Raises(ZeroDivisionError("here")))

    answer, end = serve(("a.txt", b"A"))

    assert answer["broke"].endswith("ZeroDivisionError: here\n")
    assert end is None


def test_a_system_without_such_limits_is_left_alone(monkeypatch):
    asked = []

    def none(*about):
        asked.append(about)
        raise ImportError if about == (600,) else OSError

    monkeypatch.delattr(reader.os, "nice")
    monkeypatch.setattr(reader.Path, "write_text", none)

    reader.step_back(600, limit=none)

    assert [len(about) for about in asked] == [2, 1]


def test_the_memory_is_bounded_in_bytes(monkeypatch):
    import resource

    asked = []
    monkeypatch.setattr(resource, "setrlimit", lambda *about: asked.append(about))

    reader.limit_memory(700)

    assert asked == [(resource.RLIMIT_AS, (700 * 2**20, 700 * 2**20))]


def test_the_limits_are_set_where_the_system_has_them():
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, resource; from annotations.formats import reader; reader.step_back(700);"
            "print(os.nice(0), resource.getrlimit(resource.RLIMIT_AS)[0] // 2**20,"
            "open('/proc/self/oom_score_adj').read())",
        ],
        capture_output=True,
        text=True,
        check=True,
    )

    nice, megabytes, first = map(int, done.stdout.split())
    assert nice >= reader.NICE
    assert (megabytes, first) == (700, 1000)
