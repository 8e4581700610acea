"""Django's SQLite backend, set up for many writers.

WAL lets readers and a writer pass each other; ``synchronous=FULL`` makes a commit outlive a
power cut; IMMEDIATE takes the write lock at the beginning, where waiting is possible, and not
in the middle, where SQLite can only fail. The queue decides who takes it.

Every write belongs in ``transaction.atomic()``. A statement that writes outside one (some of
Django's own do) queues for itself. A transaction that only reads sets ``transaction_mode`` to
DEFERRED on its connection before it begins, and does not queue.

``temp_store`` stays as it is: a sort larger than the cache goes to a file, so that an export of
any size holds no more than a small one.
"""

import re
from typing import Any

from django.db.backends.sqlite3 import base
from django.utils.asyncio import async_unsafe

from workbench.sqlite import files
from workbench.sqlite.claim import check_claim
from workbench.sqlite.queue import PATIENCE, WriteQueue, patience_left, queue_for

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA cache_size=-20000",
    "PRAGMA journal_size_limit=67108864",
)
WRITES = re.compile(
    r"\s*(?:INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER|VACUUM|REINDEX|ANALYZE|WITH\b.*\b"
    r"(?:INSERT|UPDATE|DELETE|REPLACE)\b)",
    re.IGNORECASE | re.DOTALL,
)


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._queue: WriteQueue | None = None
        self._queue_name = ""
        #: The queue that this connection has entered and not left.
        self._entered: WriteQueue | None = None
        #: The files that the connection opened; None in memory.
        self._files: files.Files | None = None

    @property
    def queue(self) -> WriteQueue | None:
        """The write queue of this database; None in memory, which no other process sees."""
        if self.is_in_memory_db():
            return None
        name = str(self.settings_dict["NAME"])
        if self._queue is None or self._queue_name != name:
            self._queue, self._queue_name = queue_for(name), name
        return self._queue

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        params.setdefault("timeout", 30)
        if self.transaction_mode is None:
            self.transaction_mode = "IMMEDIATE"
        return params

    @async_unsafe
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        named = not self.is_in_memory_db()
        name = str(self.settings_dict["NAME"])
        if named:
            files.check_before_opening(name)
        connection = super().get_new_connection(conn_params)
        try:
            for pragma in PRAGMAS:
                connection.execute(pragma).close()
            self._files = files.Files.of(name) if named else None
            if named:
                files.note_opened(name)
        except BaseException:
            connection.close()
            raise
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        if self._files is not None:
            self._files.check_now_and_then()
        cursor = self.connection.cursor(factory=QueueingCursor)
        cursor.wrapper = self
        return cursor

    def enter_queue(self) -> None:
        queue = self.queue
        if queue is not None and self._entered is None:
            self.check_files()
            check_claim(str(self.settings_dict["NAME"]))
            queue.enter()
            self._entered = queue

    def check_files(self) -> None:
        """Raise ``FileSwapped`` where what is written now would be written to another file."""
        if self._files is not None:
            self._files.check()

    def leave_queue(self) -> None:
        queue, self._entered = self._entered, None
        if queue is not None:
            queue.leave()

    def _start_transaction_under_autocommit(self) -> None:
        if self.transaction_mode != "DEFERRED":
            self.enter_queue()
        try:
            self._begin()
        except BaseException:
            self.leave_queue()
            raise

    def _begin(self) -> None:
        left = patience_left(PATIENCE)
        if left > PATIENCE - 1:
            super()._start_transaction_under_autocommit()
            return
        # A program that knows no queue may hold the lock: what this request has waited already,
        # it does not wait once more.
        usual = int(self.settings_dict["OPTIONS"].get("timeout", PATIENCE) * 1000)
        self._wait_at_most(int(left * 1000))
        try:
            super()._start_transaction_under_autocommit()
        finally:
            self._wait_at_most(usual)

    def _wait_at_most(self, milliseconds: int) -> None:
        self.connection.execute(f"PRAGMA busy_timeout = {milliseconds}").close()

    def _commit(self) -> None:
        # Where the commit fails the transaction is still open; the rollback leaves the queue.
        wrote = self._entered is not None
        if wrote:
            self.check_files()
        super()._commit()
        self.leave_queue()
        # What was swapped between the two looks may hold nothing of this: it is not acknowledged.
        if wrote:
            self.check_files()

    def _rollback(self) -> None:
        try:
            super()._rollback()
        finally:
            self.leave_queue()

    def _close(self) -> None:
        try:
            super()._close()
        finally:
            self.leave_queue()


class QueueingCursor(base.SQLiteCursorWrapper):
    """Queues for a statement that writes on its own, outside a transaction."""

    wrapper: DatabaseWrapper

    def _alone(self, query: Any) -> bool:
        wrapper = self.wrapper
        return (
            not wrapper.in_atomic_block
            and wrapper._entered is None
            and not self.connection.in_transaction
            and WRITES.match(str(query)) is not None
        )

    def execute(self, query: Any, params: Any = None) -> Any:
        if not self._alone(query):
            return super().execute(query, params)
        self.wrapper.enter_queue()
        try:
            done = super().execute(query, params)
        finally:
            self.wrapper.leave_queue()
        self.wrapper.check_files()
        return done

    def executemany(self, query: Any, param_list: Any) -> Any:
        if not self._alone(query):
            return super().executemany(query, param_list)
        self.wrapper.enter_queue()
        try:
            done = super().executemany(query, param_list)
        finally:
            self.wrapper.leave_queue()
        self.wrapper.check_files()
        return done
