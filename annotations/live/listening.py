"""Hearing of changes: of this process, of others, and of management commands."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from django.db import connection

from annotations.actions import wake
from workbench.sqlite.watch import Watch

#: Seconds between two looks at an SQLite database, and before a lost connection is tried again.
LOOK, AGAIN = 0.2, 2.0

log = logging.getLogger(__name__)


async def hear(
    told: Callable[[wake.Signal], None],
    anything: Callable[[], None],
    in_thread: Callable[..., Awaitable[Any]],
) -> None:
    """Call ``told`` with each signal, and ``anything`` where all that is known is that one came.

    Runs until it is cancelled; a database that cannot be reached is tried again.
    """
    loop = asyncio.get_running_loop()
    stop = wake.listen(lambda signal: loop.call_soon_threadsafe(told, signal))
    try:
        while True:
            try:
                if connection.vendor == "postgresql":
                    await _notified(told, anything)
                else:
                    await _looking(anything, in_thread)
            except Exception as error:
                log.warning("Live updates do not hear the database: %s", error)
            await asyncio.sleep(AGAIN)
    finally:
        stop()


async def _looking(anything: Callable[[], None], in_thread: Callable[..., Awaitable[Any]]) -> None:
    watch = await in_thread(Watch, str(connection.settings_dict["NAME"]))
    try:
        anything()
        while True:
            await asyncio.sleep(LOOK)
            if await in_thread(watch.moved):
                anything()
    finally:
        watch.close()


async def _notified(told: Callable[[wake.Signal], None], anything: Callable[[], None]) -> None:
    import psycopg

    wanted: Any = connection.get_connection_params()
    for name in _DJANGOS_OWN:
        wanted.pop(name, None)
    async with await psycopg.AsyncConnection.connect(**wanted, autocommit=True) as held:
        await held.execute(f"LISTEN {wake.CHANNEL}")
        # Whatever was said while nobody listened.
        anything()
        async for notification in held.notifies():
            told(wake.read_signal(notification.payload))


#: What of Django's parameters is for cursors of its own.
_DJANGOS_OWN = ("context", "cursor_factory", "prepare_threshold")
