"""The README tells the truth about formats, commands and settings."""

import re
from pathlib import Path

from django.core.management import get_commands

from annotations.formats.registry import EXPORTERS, IMPORTERS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


def test_the_table_of_formats_is_the_registry():
    rows = re.findall(r"^\| `(\w+)` \| (yes)? ?\| (yes)? ?\|", README, re.MULTILINE)

    assert {name for name, read, _ in rows if read} == set(IMPORTERS)
    assert {name for name, _, written in rows if written} == set(EXPORTERS)


def test_every_command_of_the_app_that_people_run_is_named():
    ours = {name for name, app in get_commands().items() if app == "annotations"}
    # The demo's builder and the careful loaddata are for those who read their help.
    named = set(re.findall(r"^\| `manage\.py (\w+)", README, re.MULTILINE))

    assert named == ours - {"continue_demo", "loaddata"}


def test_what_the_readme_points_at_is_there():
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_first_command_is_one_line():
    [first, second] = re.findall(r"```sh\n(.*?)\n```", README, re.DOTALL)

    assert "\n" not in first
    assert "manage.py demo" in first
    assert second == "tests/run"
