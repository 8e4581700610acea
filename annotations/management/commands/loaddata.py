"""Django's ``loaddata``, many rows at once and with a last look before the commit.

Each row of a fixture is checked, by the guards or by ``models/loading.py``, which names what is
wrong. What only shows when all rows are there (a tail cut off, rows of which no event tells) is
checked here, inside the same transaction.
"""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import loaddata
from django.core.serializers.base import DeserializationError
from django.db import DatabaseError
from django.db.models import Model

from annotations.actions.loading import Loading
from annotations.actions.operational import fill_inboxes, keep_new_digests
from annotations.domain.errors import Refused
from annotations.queries.verification import check_loaded_projects


class Command(loaddata.Command):
    def loaddata(self, fixture_labels: Any) -> None:
        self.projects: set[Any] = set()
        self.loading = Loading(super().save_obj)
        try:
            super().loaddata(fixture_labels)
            check_loaded_projects(self.projects, self.using)
            for project in self.projects:
                fill_inboxes(project)
                keep_new_digests(project)
        except (Refused, DatabaseError, DeserializationError) as error:
            raise CommandError(str(error)) from error

    def load_label(self, fixture_label: str) -> None:
        super().load_label(fixture_label)
        self.loading.flush()

    def save_obj(self, obj: Any) -> bool:
        row: Model = obj.object
        if type(row) in self.excluded_models or row._meta.app_config in self.excluded_apps:
            return False
        if row._meta.label_lower == "annotations.project":
            self.projects.add(row.pk)
        self.models.add(type(row))
        self.loading.add(obj, self.using)
        return True
