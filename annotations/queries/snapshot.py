"""One state of the database for as long as a long read takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction


@contextmanager
def snapshot(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Let every query inside see one state, and refuse to write.

    The only transaction that reads: every other one begins as a writer on SQLite and waits in
    the write queue. This one does not, holds up nobody, and is not held up. Inside a transaction
    that is open already it adds nothing but, on SQLite, the refusal to write.
    """
    connection: Any = connections[using]
    nested = connection.in_atomic_block
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        mode, connection.transaction_mode = connection.transaction_mode, "DEFERRED"
        # Past Django, which lets no statement through once one has failed: a connection that
        # stayed read-only would fail whatever it is used for next.
        read_only = connection.connection.execute
        try:
            with transaction.atomic(using=using):
                read_only("PRAGMA query_only = 1").close()
                yield
        finally:
            read_only("PRAGMA query_only = 0").close()
            connection.transaction_mode = mode
    else:
        with transaction.atomic(using=using):
            if not nested:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
