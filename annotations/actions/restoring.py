"""A backup back into an empty database: every row as it was, or none.

The guards stand while the rows come in, so that a file which somebody has changed brings in
nothing that the database would refuse of anybody else; the triggers of the search fill it. No
event is appended: the events are among the rows.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import DatabaseError, connection, transaction
from django.db.models import Model

from annotations.domain.errors import BackupRefused
from annotations.formats.backup import Backup, Table, Told, silent
from annotations.models import guards
from annotations.models.portable import columns, storing
from annotations.queries.backup import (
    OF_MIGRATE,
    UNREADABLE,
    Registry,
    heads,
    refuse_unless_empty,
    rows_at_once,
    tables,
)
from annotations.queries.verification import ONE_ACCOUNT, verify


def restore_backup(
    backup: Backup, *, registry: Registry = apps, faults: bool = False, told: Told = silent
) -> list[str]:
    """Store every row of a backup; return a sentence for each thing that does not fit.

    ``registry`` has the tables as they are in the database: those of an earlier version have no
    guards yet, and what they hold is not looked at here. What the guards or ``verify`` find wrong
    refuses the whole, but with ``faults``: then the guards are down for as long as this
    transaction keeps everybody else from writing, and what is wrong is only returned.
    """
    models = {model._meta.label_lower: model for model in tables(registry)}
    now = registry is apps
    try:
        with transaction.atomic():
            names = [model._meta.db_table for model in models.values()]
            _run(guards.DIALECTS[connection.vendor].hold_off(names))
            refuse_unless_empty()
            if faults:
                guards.lift(connection)
            _store_all(backup, models, told)
            if faults and now:
                guards.install(connection)
            found = _differences(backup)
            if now:
                found += [str(finding) for finding in verify() if finding.code != ONE_ACCOUNT]
            if found and not faults:
                raise BackupRefused(
                    f"{found[0]} Nothing was restored; --with-faults restores it nevertheless.",
                    code="backup_faults",
                    found=found,
                )
    except DatabaseError as error:
        # The first line says what; the others are PostgreSQL's, on where.
        why = str(error).splitlines()[0].rstrip(".")
        raise BackupRefused(
            f"The database refused what {backup.path} brings: {why}. Nothing was restored; "
            "--with-faults takes it past the guards.",
            code="backup_faults",
        ) from error
    except UNREADABLE as error:
        raise BackupRefused(
            f"{backup.path} has values that no workbench wrote ({type(error).__name__}: "
            f"{str(error)[:200]}). Nothing was restored.",
            code="backup_values",
        ) from error
    return found


def _run(statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _store_all(backup: Backup, models: dict[str, type[Model]], told: Told) -> None:
    # Those that are here have other keys than the backup’s, which its rows refer to.
    _run(f"DELETE FROM {models[name]._meta.db_table}" for name in OF_MIGRATE)  # noqa: S608
    for table in backup.tables:
        if table.name not in models:
            raise BackupRefused(
                f"{backup.path} has a table {table.name}, which this version does not know. "
                "Nothing was restored.",
                code="backup_newer",
            )
        _store(backup, table, models[table.name], told)
    # Foreign keys are held at the end. They must be before anything alters a table, too, which
    # PostgreSQL refuses while a check is pending.
    connection.check_constraints()
    _run(connection.ops.sequence_reset_sql(no_style(), list(models.values())))


def _store(backup: Backup, table: Table, model: type[Model], told: Told) -> None:
    quote = connection.ops.quote_name
    known = {field.name: field for field in columns(model)}
    unknown = [name for name in table.columns if name not in known]
    if unknown:
        raise BackupRefused(
            f"{backup.path} has a column {unknown[0]} of {table.name}, which this version does not "
            "know. Nothing was restored.",
            code="backup_newer",
        )
    fields: list[Any] = [known[name] for name in table.columns]
    into = ", ".join(quote(field.column) for field in fields)
    holes = ", ".join(["%s"] * len(fields))
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({into}) VALUES ({holes})"  # noqa: S608
    steps = [(number, storing(field, connection)) for number, field in enumerate(fields)]
    changed = [(number, step) for number, step in steps if step is not None]
    done = 0
    with connection.cursor() as cursor:
        for part in _parts(backup.rows(table), rows_at_once(model)):
            for row in part:
                for number, step in changed:
                    row[number] = step(row[number])
            cursor.executemany(sql, part)
            done += len(part)
            told(table.name, done)


def _parts(rows: Iterator[list[Any]], size: int) -> Iterator[list[list[Any]]]:
    while part := list(islice(rows, size)):
        yield part


def _differences(backup: Backup) -> list[str]:
    if heads() == backup.about["history"]:
        return []
    return ["The heads of the histories are not those that the backup’s manifest names."]
