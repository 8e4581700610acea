"""What is done once a day is done again the next day, whatever became of it."""

import threading

import pytest
from django.conf import settings
from django.db import OperationalError
from django.utils.module_loading import import_string

from workbench.daily import Daily


@pytest.mark.parametrize("fails", [None, OperationalError("gone"), ValueError("ours")])
def test_it_is_done_again_and_again_until_it_is_ended(fails):
    done = []
    often = threading.Event()

    def work():
        done.append(None)
        if len(done) == 3:
            often.set()
        if fails is not None:
            raise fails

    daily = Daily(work, first=0, pause=0.001)
    daily.start()

    assert often.wait(10)
    daily.end()
    daily.thread.join(10)
    assert not daily.thread.is_alive()


def test_it_is_not_done_before_its_time():
    done = []
    daily = Daily(lambda: done.append(None), first=60)
    daily.start()
    daily.end()
    daily.thread.join(10)

    assert done == []


def test_what_the_server_does_is_there():
    assert callable(import_string(settings.DAILY))
