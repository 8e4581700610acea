"""The app: puts the guards up after each migration and watches what fixtures bring."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.models.signals import (
    post_delete,
    post_migrate,
    post_save,
    pre_migrate,
    pre_save,
)


class AnnotationsConfig(AppConfig):
    name = "annotations"
    verbose_name = "Annotations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.contrib.auth.models import User
        from django.contrib.sessions.models import Session

        from annotations.actions.wake import tell_ended
        from annotations.models import SignOff, search
        from annotations.models.loading import check_loaded_row
        from annotations.queries.verification import check_loaded_sign_off
        from workbench import logs

        logs.listen()

        pre_migrate.connect(_take_guards_down, sender=self)
        post_migrate.connect(_put_guards_up, sender=self)
        connection_created.connect(search.give_words, dispatch_uid="search_words")
        pre_migrate.connect(search.before_migrating, sender=self)
        post_migrate.connect(search.after_migrating, sender=self)
        pre_save.connect(check_loaded_row, dispatch_uid="check_loaded_row")
        pre_save.connect(
            check_loaded_sign_off, sender=SignOff, dispatch_uid="check_loaded_sign_off"
        )
        for sender, signal in ((Session, post_delete), (User, post_save), (User, post_delete)):
            signal.connect(tell_ended, sender=sender, dispatch_uid=f"tell_ended {sender}")


def _take_guards_down(using: str, plan: list[Any] | None = None, **_: object) -> None:
    # SQLite rebuilds an altered table under another name, and fails where a guard of a second
    # table names it. Should the migration fail, the next one puts the guards up again.
    if plan:
        from annotations.models import guards

        guards.lift(connections[using])


def _put_guards_up(using: str, plan: list[Any] | None = None, **_: object) -> None:
    from annotations.models import guards

    connection = connections[using]
    tables = set(connection.introspection.table_names())
    # A migration to zero, or to before the tables, leaves nothing to guard.
    if {guard.table for guard in guards.due(connection)} <= tables:
        guards.install(connection)
