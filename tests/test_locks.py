"""Nothing outside ``actions/`` and the migrations writes to the database.

The scan reads source, so it judges by names: a call of a writing method on a manager, a queryset
or something that looks like a row, and SQL that changes data. What it takes for a write and is
none stands in ``ALLOWED`` with the reason.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
WRITERS = ("annotations/actions/", "annotations/migrations/")

#: Methods that only managers, querysets, rows and their forms have.
ALWAYS = {
    "abulk_create",
    "abulk_update",
    "acreate",
    "adelete",
    "aget_or_create",
    "asave",
    "aupdate",
    "aupdate_or_create",
    "bulk_create",
    "bulk_update",
    "create_superuser",
    "create_user",
    "get_or_create",
    "save",
    "save_base",
    "save_m2m",
    "select_for_update",
    "update_or_create",
}
#: Methods that dictionaries, sets and hashes have too: a write where the chain they end shows a
#: manager or a queryset, or where a row is deleted (``row.delete()``, which no dictionary has).
IN_A_QUERY = {"add", "clear", "create", "delete", "remove", "set", "update"}
QUERY = {
    "all",
    "annotate",
    "exclude",
    "filter",
    "objects",
    "order_by",
    "_base_manager",
    "_default_manager",
}
SQL = re.compile(
    r"\A\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM|REPLACE\s+INTO"
    r"|TRUNCATE\b|COPY\s+\S+.*\bFROM\b|MERGE\s+INTO"
    r"|WITH\b.*\b(?:INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM)\b)",
    re.IGNORECASE | re.DOTALL,
)

#: (file, what was found) -> why it is no write, or why it stands where it does.
ALLOWED: dict[tuple[str, str], str] = {
    ("annotations/models/search.py", what): "an index derived from the rows, filled by triggers"
    for what in ("DELETE FROM", "DELETE FROM x", "INSERT INTO", "INSERT INTO x", "UPDATE x SET")
}


def chain(node: ast.expr) -> Iterator[str]:
    """Yield the names of ``a.b(c).d`` from the end: d, b, a."""
    while True:
        if isinstance(node, ast.Attribute):
            yield node.attr
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Subscript):
            node = node.value
        else:
            if isinstance(node, ast.Name):
                yield node.id
            return


def text(node: ast.expr) -> str | None:
    """Return a literal string, its holes filled with ``x``; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            part.value if isinstance(part, ast.Constant) else "x" for part in node.values
        )
    return None


def writes(source: str) -> list[tuple[int, str]]:
    """Return line and wording of every database write in Python ``source``."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.expr) and (sql := text(node)) is not None and SQL.match(sql):
            found.append((node.lineno, " ".join(sql.split()[:3])))
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        method = node.func.attr
        owners = list(chain(node.func.value))
        if (
            method in ALWAYS
            or (method in IN_A_QUERY and QUERY & set(owners))
            or (method == "delete" and not node.args and not node.keywords)
        ):
            found.append((node.lineno, ".".join([*reversed(owners), method])))
    return found


def test_only_actions_take_the_prepared_writes():
    guilty = [
        f"{path.relative_to(PROJECT)}:{node.lineno}"
        for path in sorted((PROJECT / "annotations").rglob("*.py"))
        if not path.relative_to(PROJECT).as_posix().startswith(WRITERS)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").endswith("prepared")
        and {name.name for name in node.names} - {"Prepared", "PreparedIn"}
    ]

    assert guilty == [], "insert and update belong in annotations/actions/."


def test_only_actions_write():
    guilty, seen = [], set()
    for path in sorted((PROJECT / "annotations").rglob("*.py")):
        name = path.relative_to(PROJECT).as_posix()
        if name.startswith(WRITERS):
            continue
        for line, what in writes(path.read_text()):
            seen.add((name, what))
            if (name, what) not in ALLOWED:
                guilty.append(f"{name}:{line} {what}")

    assert guilty == [], "These belong in annotations/actions/."
    assert set(ALLOWED) - seen == set(), "These exceptions are not needed any more."


@pytest.mark.parametrize(
    "source",
    [
        "span.save()",
        "form.save()",
        "span.delete()",
        "Span.objects.create(note='🌊')",
        "Span.objects.filter(pk=1).update(note='')",
        "article.spans.all().delete()",
        "Span.objects.bulk_create([])",
        "project.people.get_or_create(name='é')",
        "reader.articles.all()[0].readers.add(dan)",
        "cursor.execute('  insert into span values (1)')",
        "cursor.execute(f'UPDATE {table} SET note = %s', [note])",
        "cursor.execute('WITH old AS (SELECT 1) DELETE FROM span')",
        "cursor.copy('COPY annotations_span (uuid) FROM STDIN')",
        "cursor.execute('''\n  REPLACE INTO span VALUES (1)''')",
    ],
)
def test_the_scan_sees_a_write(source):
    assert writes(source)


@pytest.mark.parametrize(
    "source",
    [
        "seen.add(span)",
        "counts.update(spans)",
        "digest.update(b'x')",
        "payload.clear()",
        "queue.remove(turn)",
        "Span.objects.filter(pk=1).values_list('pk')",
        "message = 'Update the span, delete the note.'",
        "cursor.execute('SELECT * FROM span')",
        "cursor.execute('CREATE TRIGGER t BEFORE DELETE ON span BEGIN SELECT 1; END')",
    ],
)
def test_the_scan_sees_no_write_where_there_is_none(source):
    assert writes(source) == []
