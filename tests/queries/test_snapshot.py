import threading

import pytest
from django.db import DatabaseError, connection, transaction

from annotations.models import Project
from annotations.queries.snapshot import snapshot

pytestmark = pytest.mark.django_db(transaction=True)


def elsewhere(work):
    """Do ``work`` on a connection of its own, and return when it is done."""

    def run():
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    assert not thread.is_alive(), "It waited for the snapshot."


def add(slug):
    def work():
        with transaction.atomic():
            Project.objects.create(slug=slug, name=slug)

    return work


def test_one_state_is_seen_while_others_write_and_are_not_held_up():
    add("first")()
    with snapshot():
        before = Project.objects.count()
        elsewhere(add("second"))
        during = Project.objects.count()

    assert (before, during, Project.objects.count()) == (1, 1, 2)


def test_nothing_is_written_inside():
    with pytest.raises(DatabaseError, match=r"read-?only"), snapshot():
        Project.objects.bulk_create([Project(slug="inside", name="Inside")])

    add("after")()
    assert [project.slug for project in Project.objects.all()] == ["after"]


def test_an_error_inside_leaves_the_connection_able_to_write():
    with pytest.raises(DatabaseError), snapshot():
        Project.objects.extra(where=["no such column"]).count()

    add("after")()
    assert Project.objects.count() == 1


def test_inside_a_transaction_it_adds_nothing():
    with transaction.atomic():
        Project.objects.create(slug="before", name="Before")
        with snapshot():
            assert Project.objects.count() == 1
        Project.objects.create(slug="after", name="After")

    assert Project.objects.count() == 2
