"""Everything the database holds, as a backup has it: exported tables and local ones alike.

Which tables that are, the app registry says, so that one added later is in every backup from
then on. What stands in ``LEFT_OUT`` is not, each with its reason.
"""

import hashlib
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any, Protocol
from uuid import UUID

from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import Model

from annotations.domain.errors import BackupRefused
from annotations.domain.history import GENESIS, Link
from annotations.domain.vocabulary import Role
from annotations.formats.backup import STEP, Backup, Told, silent
from annotations.models import Article, Event, ImportItem, Membership, Stream
from annotations.models.base import now
from annotations.models.portable import columns, spelling
from annotations.models.rows import EXPORTED, show_time
from annotations.queries.plain import ROWS, TEXTS, plain_rows

#: Tables that no backup has, and why.
LEFT_OUT: dict[str, str] = {
    "sessions.session": "who is logged in now; after a restore everybody logs in anew",
    "annotations.lease": "which process does what now; after a restore none does",
    "annotations.searchentry": "an index, filled by triggers as the rows come back",
}
#: Tables that ``migrate`` fills by itself: an empty database has rows of these.
OF_MIGRATE = ("contenttypes.contenttype", "auth.permission")

#: Tables of which one row may hold megabytes: a text, a file, what an import told of each block.
_LONG = {model._meta.label_lower for model in (Article, ImportItem, Event)}
_FIRST = {model._meta.label_lower: number for number, model in enumerate(EXPORTED)}
_EVENTS, _STREAMS = Event._meta.label_lower, Stream._meta.label_lower
#: The migration that makes them.
_WITH_EVENTS = "0001_initial"

Migration = tuple[str, str]

#: What comes of values of another type or shape than any workbench has written.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class Registry(Protocol):
    """The tables as they are, or as they were at an earlier migration."""

    def get_models(self, include_auto_created: bool = False) -> Any:
        """Return the models."""


def tables(registry: Registry = apps) -> list[type[Model]]:
    """Return the tables of a backup, in the order in which they can be stored.

    The guards ask for it: an event follows the one before it, a span its article.
    """
    found = [
        model
        for model in registry.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.label_lower not in LEFT_OUT
    ]
    return sorted(found, key=lambda model: _FIRST.get(model._meta.label_lower, len(_FIRST)))


def rows_at_once(model: type[Model]) -> int:
    return TEXTS if model._meta.label_lower in _LONG else ROWS


def backup_tables() -> Generator[tuple[str, list[str], Iterator[tuple[Any, ...]]], None, None]:
    """Yield name, columns and rows of each table; draw on them inside one ``snapshot``.

    Close it before that ends: PostgreSQL keeps a cursor open for the rows.
    """
    for model in tables(_stored_registry()):
        names = [field.name for field in columns(model)]
        of_events = model._meta.label_lower == _EVENTS
        rows = model._base_manager.order_by(*(("stream_id", "sequence") if of_events else ("pk",)))
        size = rows_at_once(model)
        with closing(plain_rows(rows, *names, size=size, spelling=spelling)) as spelt:
            yield model._meta.label_lower, names, spelt


# --- what a database is, and what a backup asks of it -------------------------------------------


def _applied(loader: MigrationLoader) -> set[Migration]:
    """Return the migrations that the database has; refuses one of a newer version."""
    applied = set(loader.applied_migrations)
    unknown = {
        (app, name)
        for app, name in applied - loader.disk_migrations.keys()
        if app in loader.migrated_apps
    }
    if unknown:
        app, name = min(unknown)
        raise BackupRefused(
            f"This database is of a newer version: its migration {app}.{name} is not known here.",
            code="database_newer",
        )
    return applied & set(loader.graph.nodes)


def _stored_registry() -> Registry:
    """Return the tables as they are stored: before an upgrade's ``migrate``, those of before."""
    loader = MigrationLoader(connection)
    applied = _applied(loader)
    if applied == set(loader.graph.nodes):
        return apps
    registry: Registry = loader.project_state(_last(loader, applied)).apps
    return registry


def about() -> dict[str, Any]:
    """Return what the manifest says of the database; refuses one without tables."""
    migrations = _applied(MigrationLoader(connection))
    if (Event._meta.app_label, _WITH_EVENTS) not in migrations:
        raise BackupRefused(
            "There is nothing to back up: the database has no tables yet.", code="database_empty"
        )
    return {
        "made_at": show_time(now()),
        "database": connection.vendor,
        "migrations": sorted(migrations),
        "history": heads(),
    }


def what_is_here() -> list[str]:
    """Return what the database holds, as words: "2 projects", "3 users"; empty where nothing.

    What ``migrate`` puts there is not counted.
    """
    there = set(connection.introspection.table_names())
    found = []
    for model in tables():
        meta = model._meta
        if meta.label_lower in OF_MIGRATE or meta.db_table not in there:
            continue
        count = model._base_manager.count()
        if count:
            name = meta.verbose_name if count == 1 else meta.verbose_name_plural
            found.append(f"{count:,} {name}")
    return found


def refuse_unless_empty() -> None:
    """Refuse a database with rows in it, naming what they are."""
    here = what_is_here()
    if here:
        more = f" and rows of {len(here) - 4} other tables" if len(here) > 4 else ""
        raise BackupRefused(
            f"This database is not empty: it holds {', '.join(here[:4])}{more}. A backup is "
            "restored into an empty one; name another by DATABASE_URL.",
            code="database_not_empty",
        )


def to_migrate(backup: Backup) -> list[Migration]:
    """Return the last migration of each app at which the backup fits; none for those of now.

    Refuses a backup of a newer version, and a database that is neither new nor as the backup
    needs it.
    """
    loader = MigrationLoader(connection)
    known = set(loader.graph.nodes)
    applied = _applied(loader)
    wanted: set[Migration] = {(app, name) for app, name in backup.about["migrations"]}
    if wanted - known:
        app, name = min(wanted - known)
        raise BackupRefused(
            f"{backup.path} is of a newer version, or of another program: this one does not know "
            f"its migration {app}.{name}. Restore it with the version that made it, or a later "
            "one.",
            code="backup_newer",
        )
    if applied - wanted:
        raise BackupRefused(
            f"{backup.path} is of an earlier version than the tables of this database. Name a new "
            "database by DATABASE_URL: it is made as it was then, filled and brought up to date.",
            code="backup_older",
        )
    return [] if wanted == known else _last(loader, wanted)


def _last(loader: MigrationLoader, migrations: set[Migration]) -> list[Migration]:
    """Return those of the migrations that no other of the same app follows."""
    return sorted(
        (app, name)
        for app, name in migrations
        if not any(
            child.key[0] == app and child.key in migrations
            for child in loader.graph.node_map[app, name].children
        )
    )


# --- histories ----------------------------------------------------------------------------------


def heads() -> dict[str, Any]:
    """Return the number of streams and events, and one digest over the head of every stream."""
    streams = plain_rows(Stream.objects.order_by("pk"), "uuid", "sequence", "head_hash")
    return _heads(streams)


def _heads(streams: Any) -> dict[str, Any]:
    sha256 = hashlib.sha256()
    count = events = 0
    for uuid, sequence, head in streams:
        sha256.update(f"{uuid} {sequence} {head}\n".encode())
        count += 1
        events += sequence
    return {"streams": count, "events": events, "heads_sha256": sha256.hexdigest()}


def check(backup: Backup, told: Told = silent) -> list[str]:
    """Read a whole backup, and return a sentence for each history in it that does not hold.

    Refuses a file that is damaged. A chain that is broken was so in the database, which must not
    keep anybody from having a backup of it. Holds the head of each stream, and nothing else.
    """
    try:
        return _check(backup, told)
    except UNREADABLE as error:
        raise BackupRefused(
            f"{backup.path} has values that no workbench wrote ({type(error).__name__}: "
            f"{str(error)[:200]}). Take another copy of it.",
            code="backup_values",
        ) from error


def _check(backup: Backup, told: Told) -> list[str]:
    for table in backup.tables:
        if table.name != _EVENTS:
            for number, _ in enumerate(backup.rows(table)):
                if number % STEP == 0:
                    told(table.name, number)
    streams = {
        row["uuid"]: (row["sequence"], row["head_hash"])
        for row in backup.records(backup.table(_STREAMS))
    }
    found = []
    if _heads((uuid, *head) for uuid, head in streams.items()) != backup.about["history"]:
        found.append("The heads of its histories are not those that its manifest names.")
    for number, (stream, length, head) in enumerate(_chains(backup)):
        if number % STEP == 0:
            told(_EVENTS, number)
        if streams.pop(stream, None) != (length, head):
            found.append(f"The history of stream {stream} does not hold from its first event on.")
    found += [
        f"The history of stream {stream} has lost its {length} events."
        for stream, (length, _) in streams.items()
        if length
    ]
    return found


def who_rules() -> list[str]:
    """Return in a sentence each who may do everything here, and who manages which project.

    No digest of a history covers accounts and roles, so whoever restores a backup looks at them.
    """
    users = User.objects.filter(is_superuser=True).order_by("username")
    names = ", ".join(users.values_list("username", flat=True)) or "nobody"
    found = [f"Superusers: {names}."]
    rows = Membership.objects.filter(role=Role.MANAGER).order_by(
        "project__slug", "account__username"
    )
    managers: dict[str, list[str]] = {}
    for slug, name in rows.values_list("project__slug", "account__username"):
        managers.setdefault(slug, []).append(name)
    return found + [f"Managers of {slug}: {', '.join(names)}." for slug, names in managers.items()]


def _chains(backup: Backup) -> Iterator[tuple[str, int, str]]:
    """Yield key, length and computed head of each stream; of one that breaks, another head."""
    stream, length, previous = "", 0, GENESIS
    for row in backup.records(backup.table(_EVENTS)):
        if row["stream"] != stream:
            if stream:
                yield stream, length, previous
            stream, length, previous = row["stream"], 0, GENESIS
        length += 1
        link = Link(
            stream=UUID(stream),
            sequence=length,
            operation=UUID(row["operation"]),
            actor=UUID(row["actor"]),
            kind=row["kind"],
            time=row["time"],
            payload_sha256=row["payload_sha256"],
        )
        previous = link.hash(previous)
        if (row["sequence"], row["hash"]) != (length, previous):
            previous = "broken"
    if stream:
        yield stream, length, previous
