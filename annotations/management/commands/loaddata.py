"""Django's ``loaddata`` with a last look before the commit.

Row by row a fixture is checked by ``models/loading.py`` also where Django's own command loads
it. What only shows when all rows are there (a tail cut off, rows of which no event tells) is
checked here, inside the same transaction.
"""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import loaddata
from django.core.serializers.base import DeserializationError
from django.db import DatabaseError
from django.db.models import Model

from annotations.actions.operational import fill_inboxes
from annotations.domain.errors import Refused
from annotations.queries.verification import check_loaded_projects


class Command(loaddata.Command):
    def loaddata(self, fixture_labels: Any) -> None:
        self.projects: set[Any] = set()
        try:
            super().loaddata(fixture_labels)
            check_loaded_projects(self.projects, self.using)
            for project in self.projects:
                fill_inboxes(project)
        except (Refused, DatabaseError, DeserializationError) as error:
            raise CommandError(str(error)) from error

    def save_obj(self, obj: Any) -> bool:
        row: Model = obj.object
        if row._meta.label_lower == "annotations.project":
            self.projects.add(row.pk)
        saved: bool = super().save_obj(obj)
        return saved
