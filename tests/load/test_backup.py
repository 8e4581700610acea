"""A backup that is taken while people save is one state of what they saved."""

import time

from django.db import connection

from annotations.formats.backup import Backup
from annotations.models import Event
from annotations.queries.backup import check
from tests.conftest import database_url
from tests.load.client import Log, Writers, check_histories, check_stored, scene
from tests.load.test_exchange import manage

PEOPLE = 8


def rows(backup, table):
    return list(backup.records(backup.table(f"annotations.{table}")))


def test_a_backup_under_load_is_restored_as_a_prefix_of_the_history(
    servers, soak, figures, tmp_path
):
    at = scene(PEOPLE, PEOPLE // 2)
    log = Log()
    taken = []

    with Writers(at, servers.urls, log, pause=0.05).at_work():
        for number in range(soak(2, 10)):
            log.wait_for(PEOPLE)
            before = log.acknowledged()
            path = tmp_path / f"{number}.backup"
            began = time.monotonic()
            manage("backup", path, url=database_url())
            taken.append((path, {write.data["note"] for write in before}))
            took = time.monotonic() - began

    figures(
        f"a backup of {len(log.acknowledged()):,} spans while {PEOPLE} save",
        f"{took:.1f} s; saves: {log.figures(took * len(taken))}",
    )
    check_stored(log)
    check_histories()
    asked = {write.data["note"] for write in log.all()}
    for path, before in taken:
        backup = Backup(path)
        assert check(backup) == []
        notes = [row["note"] for row in rows(backup, "span")]
        # All that was acknowledged when it began, once, and nothing that nobody asked for.
        assert before <= set(notes) <= asked
        assert len(notes) == len(set(notes))
        for stream in rows(backup, "stream"):
            then = Event.objects.get(stream=stream["uuid"], sequence=stream["sequence"])
            assert then.hash == stream["head_hash"]
    assert len(log.acknowledged()) > len(notes)

    path, _ = taken[-1]
    other = f"sqlite:///{tmp_path}/restored.sqlite3"
    assert manage("restore", path, url=other).count("Everything fits.\n") == 1
    manage("backup", tmp_path / "again", url=other)
    assert Backup(tmp_path / "again").tables == Backup(path).tables
    assert connection.vendor == Backup(path).about["database"]
