"""What the server does once a day, by itself: ``settings.DAILY`` names it."""

import logging
import threading
from collections.abc import Callable

from django.conf import settings
from django.db import connections
from django.utils.module_loading import import_string

from workbench.trouble import throw_away

#: Seconds after the start, when nobody waits for the first page any more, and between two times.
FIRST, DAY = 300.0, 24 * 3600.0

log = logging.getLogger(__name__)


class Daily:
    """Runs ``work`` in a thread that ends with the process, or with ``end``."""

    def __init__(self, work: Callable[[], None], *, first: float = FIRST, pause: float = DAY):
        self.work = work
        self.first = first
        self.pause = pause
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, name="daily", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def end(self) -> None:
        self.ended.set()

    def _run(self) -> None:
        pause = self.first
        while not self.ended.wait(pause):
            pause = self.pause
            try:
                self.work()
            except Exception:
                # Tomorrow is another day.
                log.exception("What is done once a day broke off.")
                throw_away()
            finally:
                connections.close_all()


def start() -> Daily:
    daily = Daily(import_string(settings.DAILY))
    daily.start()
    return daily
