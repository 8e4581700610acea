"""The documents say what is there."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent.parent


def test_every_variable_that_is_read_is_documented():
    read = set(re.findall(r'"(WORKBENCH_\w+)"', (PROJECT / "workbench/settings.py").read_text()))
    read |= set(
        re.findall(
            r'"(WORKBENCH_\w+|DATABASE_URL)"', (PROJECT / "workbench/environment.py").read_text()
        )
    )
    documented = set(
        re.findall(
            r"^\| `(WORKBENCH_\w+|DATABASE_URL)`",
            (PROJECT / "docs/settings.md").read_text(),
            re.MULTILINE,
        )
    )

    assert read == documented


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_and_has_its_reason(name):
    lines = [
        line
        for line in (PROJECT / name).read_text().splitlines()
        if line and not line.startswith(("#", "-r"))
    ]
    reasons = (PROJECT / "docs/dependencies.md").read_text().lower()

    for line in lines:
        package, pinned, version = line.partition("==")
        assert pinned, line
        assert re.fullmatch(r"[\d.]+", version), line
        assert package.partition("[")[0].lower() in reasons, line
