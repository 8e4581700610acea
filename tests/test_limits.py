"""``docs/limits.md`` names every limit of number, with the value that the code has."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from tests.patterns import ROOT

ROWS = re.findall(
    r"^\| (.+?) \| ([\d,]+) \| `([\w.]+)` \|",
    (ROOT / "docs" / "limits.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)
#: Constants of this name are limits, wherever they are.
_LIMIT = re.compile(r"(?:MOST|MAX)(?:_\w+)?|[A-Z]\w*_MOST")
#: Those that are none of a person's concern, and what they are.
INTERNAL = {
    "annotations.actions.wake.MOST_ARTICLES": "topics of one wake-up; more wake everybody",
    "annotations.domain.portable.MOST_NUMBER": "the largest number that a database column holds",
    "annotations.domain.spans.MOST_CHECK_WORTHY": "the top of a scale",
    "workbench.intake.MOST_BELIEVED": "sessions that are remembered for half a minute",
    "annotations.live.hub.MOST_WAITING": "a slow stream is told to load again",
    "annotations.live.stream.MOST_ARRIVING": "streams that are looked up at the same moment",
}


def value_of(constant: str) -> object:
    module, _, name = constant.rpartition(".")
    return getattr(importlib.import_module(module), name)


def names(path: Path) -> set[str]:
    """Return what a file assigns at module level."""
    targets = [
        target
        for line in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(line, (ast.Assign, ast.AnnAssign))
        for target in (line.targets if isinstance(line, ast.Assign) else [line.target])
    ]
    return {one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)}


@pytest.mark.parametrize(("what", "most", "constant"), ROWS)
def test_a_limit_has_the_value_that_the_list_says(what: str, most: str, constant: str) -> None:
    assert f"{value_of(constant):,}" == most, what


def test_no_limit_is_missing_from_the_list() -> None:
    listed = {constant for _, _, constant in ROWS} | INTERNAL.keys()
    found = set()
    for path in (*(ROOT / "annotations").rglob("*.py"), *(ROOT / "workbench").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found |= {f"{module}.{name}" for name in names(path) if _LIMIT.fullmatch(name)}

    assert found - listed == set()
    assert INTERNAL.keys() <= found
