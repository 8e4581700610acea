import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from annotations.models import guards
from annotations.models.rows import EXPORTED
from tests.stories import story

pytestmark = pytest.mark.django_db


def export(path: Path, slug: str = "desk", **options: Any) -> bytes:
    file = path / "out.json"
    call_command("export_dataset", project=slug, format="fixture", output=str(file), **options)
    return file.read_bytes()


def empty() -> None:
    """Empty the exported tables, as a database is that was only migrated."""
    with guards.lifted(connection), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        from annotations import models

        for local in ("ReadMark", "Receipt", "ConfidentialDetails", "Membership", "PersonAccount"):
            getattr(models, local).objects.all().delete()
        for model in reversed(EXPORTED):
            model._base_manager.all()._raw_delete(connection.alias)


def load(data: bytes, path: Path) -> None:
    file = path / "in.json"
    file.write_bytes(data)
    call_command("loaddata", str(file), verbosity=0)


def test_a_fixture_comes_back_as_the_same_bytes(tmp_path):
    story()
    before = export(tmp_path, people="names")

    empty()
    load(before, tmp_path)

    assert export(tmp_path, people="names") == before
    assert json.loads(before)
