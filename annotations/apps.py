"""The app: puts the guards up after each migration and watches what fixtures bring."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_save


class AnnotationsConfig(AppConfig):
    name = "annotations"
    verbose_name = "Annotations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from annotations.models import SignOff
        from annotations.models.loading import check_loaded_row
        from annotations.queries.verification import check_loaded_sign_off

        post_migrate.connect(_put_guards_up, sender=self)
        pre_save.connect(check_loaded_row, dispatch_uid="check_loaded_row")
        pre_save.connect(
            check_loaded_sign_off, sender=SignOff, dispatch_uid="check_loaded_sign_off"
        )


def _put_guards_up(using: str, plan: list[Any] | None = None, **_: object) -> None:
    from annotations.models import guards

    connection = connections[using]
    tables = set(connection.introspection.table_names())
    # A migration to zero, or to before the tables, leaves nothing to guard.
    if {guard.table for guard in guards.GUARDS} <= tables:
        guards.install(connection)
