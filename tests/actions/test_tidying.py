"""What is of no use any more goes, in steps, and nothing else."""

import datetime
import logging
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command

from annotations.actions import leases, tidying
from annotations.actions.tidying import tidy, tidy_daily, to_tidy
from annotations.models import ImportBatch, ImportItem, Lease, Receipt
from annotations.models.base import now
from tests import builders

pytestmark = pytest.mark.django_db


def ago(days):
    return now() - datetime.timedelta(days=days)


@pytest.fixture
def desk():
    return builders.desk()


@pytest.fixture
def old_and_new(desk):
    """Of each kind two rows that are of no use any more, and one that is."""
    for number, days in enumerate((91, 200, 89)):
        Receipt.objects.create(
            person=desk.cleo, key=uuid4(), request_sha256="0" * 64, created_at=ago(days)
        )
        batch = ImportBatch.objects.create(
            project=desk.project, person=desk.cleo, state="preview", beat_at=ago(days)
        )
        ImportItem.objects.create(batch=batch, position=0, name="a.txt", content=b"a")
        Session.objects.create(
            session_key=f"session {number}", session_data="", expire_date=ago(days - 90)
        )
        leases.take(f"work {number}", uuid4(), seconds=(90 - days - 0.5) * 24 * 3600)


def left():
    kept = (Receipt, Session, ImportBatch, ImportItem)
    return [model.objects.count() for model in kept] + [
        Lease.objects.filter(name__startswith="work").count()
    ]


def test_what_is_of_no_use_any_more_goes_and_nothing_else(old_and_new):
    gone = {"receipts": 2, "sessions": 2, "imports": 2, "leases": 2}

    assert to_tidy() == gone
    assert left() == [3] * 5
    assert tidy() == gone
    assert left() == [1] * 5
    assert tidy() == dict.fromkeys(gone, 0)
    assert left() == [1] * 5


def test_it_goes_in_steps(old_and_new, monkeypatch):
    monkeypatch.setattr(
        tidying, "_KINDS", {name: (rows, 1) for name, (rows, _) in tidying._KINDS.items()}
    )

    assert tidy() == {"receipts": 2, "sessions": 2, "imports": 2, "leases": 2}
    assert left() == [1] * 5


def test_one_process_at_a_time(old_and_new):
    leases.take("tidy", uuid4())

    assert tidy() is None
    assert left() == [3] * 5
    with pytest.raises(CommandError, match="Another process is tidying"):
        call_command("tidy")
    tidy_daily()
    assert left() == [3] * 5


def test_the_command_tells_what_it_counts_and_what_it_deletes(old_and_new, capsys):
    call_command("tidy", dry_run=True)
    assert capsys.readouterr().out.splitlines() == [
        "receipts: 2 would go",
        "sessions: 2 would go",
        "imports: 2 would go",
        "leases: 2 would go",
    ]
    assert left() == [3] * 5

    call_command("tidy")
    assert capsys.readouterr().out.splitlines()[0] == "receipts: 2 gone"
    call_command("tidy")
    assert capsys.readouterr().out.splitlines()[0] == "receipts: 0 gone"


def test_the_server_says_in_its_log_what_it_deleted(old_and_new, caplog):
    with caplog.at_level(logging.INFO, "annotations.actions.tidying"):
        tidy_daily()
        tidy_daily()

    assert caplog.messages == ["Tidied: 2 receipts, 2 sessions, 2 imports, 2 leases."]
