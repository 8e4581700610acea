"""Every compiled pattern of the app, and lines that are made to slow one down.

A pattern is slow where two of its repeats can match the same characters. So each repeat of each
pattern is pumped: what leads to it, then its own characters over and over, blanks of every kind
and its neighbours' among them, then something that it does not take.
"""

import ast
import importlib
import pkgutil
import re
import re._parser as parser  # type: ignore[import-not-found]
import types
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import regex

ROOT = Path(__file__).parents[1]
PACKAGES = ("annotations", "workbench")
#: Blanks that HTML leaves alone, that ``\s`` takes and that it does not.
BLANKS = (" ", "\t", "\n", "\r", "\x0b", "\x85", "\xa0", "\u2003", "\u2028", "\u3000", "\ufeff")
#: What no pattern expects at the end: a stop, a control, a letter of no alphabet named.
MISSES = ("", ".", "!", "\x01", "x", "\n.", " U.S. news")
#: Lines of one pattern at most; those of a long alternation are thinned out evenly.
MOST_LINES = 400

Pattern = re.Pattern[Any] | regex.Pattern[Any]


def modules() -> Iterator[types.ModuleType]:
    for name in PACKAGES:
        package = importlib.import_module(name)
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            if ".migrations" not in found.name:
                yield importlib.import_module(found.name)


def patterns() -> dict[str, Pattern]:
    """Return each pattern of a module or a class of it, by where it is."""
    found: dict[int, tuple[str, Pattern]] = {}
    for module in modules():
        for where, value in _values(vars(module), module.__name__, module.__name__):
            if isinstance(value, (re.Pattern, regex.Pattern)):
                found.setdefault(id(value), (where, value))
    return dict(found.values())


def _values(names: Any, where: str, module: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    items = names.items() if hasattr(names, "items") else enumerate(names)
    for name, value in list(items):
        at = f"{where}.{name}"
        if isinstance(value, type) and value.__module__ == module and depth < 3:
            yield from _values(vars(value), at, module, depth + 1)
        elif isinstance(value, (dict, list, tuple, set, frozenset)) and depth < 3:
            if str(name).startswith("__"):
                continue
            yield from _values(value, at, module, depth + 1)
        else:
            yield at, value


def hidden_calls() -> list[str]:
    """Return where a function of the app uses a pattern that the walk cannot see."""
    found = []
    for path in chain.from_iterable((ROOT / name).rglob("*.py") for name in PACKAGES):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = [
            node
            for node in ast.walk(tree)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        ]
        lines = {
            (node.lineno, ast.unparse(node))
            for function in functions
            for node in ast.walk(function)
            if isinstance(node, ast.Call) and _is_of_patterns(node.func)
        }
        found += [f"{path.relative_to(ROOT)}: {call}" for _, call in sorted(lines)]
    return found


def _is_of_patterns(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("re", "regex")
        and node.attr != "escape"
    )


def lines(pattern: Pattern, size: int) -> list[str]:
    """Return lines of ``size`` characters that pump each repeat of ``pattern``."""
    source = pattern.pattern
    text = source.decode("latin-1") if isinstance(source, bytes) else source
    characters = _characters(text)
    made: dict[str, None] = {}
    for character in characters:
        for pump in (
            character,
            f"a{character}",
            f" {character}",
            f"{character}\xa0",
            f"{character}\n",
        ):
            for miss in MISSES[:4]:
                made[_line("", pump, miss, size)] = None
            made[_line("x", pump, "x", size)] = None
    pumped = list(made)
    if isinstance(pattern, re.Pattern):
        structured: dict[str, None] = {}
        tree = parser.parse(source, pattern.flags & ~re.DEBUG)
        for before, bodies in _repeats(list(tree), ""):
            for body in bodies:
                for pump in _pumps(body, characters):
                    for miss in MISSES:
                        structured[_line(before, pump, miss, size)] = None
        pumped += list(structured)
    if len(pumped) > MOST_LINES:
        pumped = [pumped[at * len(pumped) // MOST_LINES] for at in range(MOST_LINES)]
    return pumped


def _line(before: str, pump: str, miss: str, size: int) -> str:
    times = max(1, (size - len(before) - len(miss)) // len(pump))
    return (before + pump * times + miss)[:size]


def _characters(source: str) -> list[str]:
    """Return the signs that a pattern names, letters and digits of several scripts, and blanks."""
    named = [char for char in source if not char.isalnum() or ord(char) > 0x7F]
    return list(dict.fromkeys([*named, "a", "A", "1", "é", "ب", "\u0301", *BLANKS]))[:60]


def _pumps(body: str, characters: list[str]) -> Iterator[str]:
    """Return a repeat's own sample, alone and with each sign in the place of each of its own."""
    if not body:
        return
    yield body
    yield body + " "
    for sign in characters[:20]:
        yield body[:-1] + sign if len(body) > 1 else body + sign
        yield sign + body


def _repeats(nodes: list[Any], before: str) -> Iterator[tuple[str, list[str]]]:
    """Yield for each repeat what leads to it, and samples of what it repeats."""
    for op, given in nodes:
        name = str(op)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            _, most, body = given
            if most > 10:
                yield before, list(_samples(list(body)))[:6]
            yield from _repeats(list(body), before)
        elif name in ("SUBPATTERN", "ATOMIC_GROUP", "ASSERT", "ASSERT_NOT"):
            yield from _repeats(list(_inner(name, given)), before)
        elif name == "BRANCH":
            for branch in given[1]:
                yield from _repeats(list(branch), before)
        before += next(_samples([(op, given)]), "")


def _inner(name: str, given: Any) -> Any:
    if name == "SUBPATTERN":
        return given[3]
    return given if name == "ATOMIC_GROUP" else given[1]


def _samples(nodes: list[Any]) -> Iterator[str]:
    """Yield short texts that ``nodes`` match, one for each alternative."""
    if not nodes:
        yield ""
        return
    (op, given), rest = nodes[0], nodes[1:]
    for first in _sample(str(op), given):
        for last in _samples(rest):
            yield first + last
            break


def _sample(name: str, given: Any) -> Iterator[str]:
    if name == "LITERAL":
        yield chr(given)
    elif name == "NOT_LITERAL":
        yield "a" if given != ord("a") else "b"
    elif name == "ANY":
        yield "a"
    elif name == "IN":
        yield from _members(given)
    elif name == "BRANCH":
        for branch in given[1]:
            yield next(_samples(list(branch)), "")
    elif name == "SUBPATTERN":
        yield from _samples(list(given[3]))
    elif name == "ATOMIC_GROUP":
        yield from _samples(list(given))
    elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, most, body = given
        one = next(_samples(list(body)), "")
        yield one * max(least, 1 if most and least else 0)
        if most and not least:
            yield one
    else:
        yield ""


_CATEGORIES = {
    "CATEGORY_DIGIT": ("1",),
    "CATEGORY_NOT_DIGIT": ("a",),
    "CATEGORY_SPACE": (" ", "\xa0", "\n"),
    "CATEGORY_NOT_SPACE": ("a", "."),
    "CATEGORY_WORD": ("a",),
    "CATEGORY_NOT_WORD": ("-", " "),
}


def _members(given: Any) -> Iterator[str]:
    refused = any(str(op) == "NEGATE" for op, _ in given)
    found: list[str] = []
    for op, value in given:
        name = str(op)
        if name == "LITERAL":
            found.append(chr(value))
        elif name == "RANGE":
            found.append(chr(value[0]))
        elif name == "CATEGORY":
            found += _CATEGORIES[str(value)]
    if refused:
        yield from (char for char in ("a", " ", "-", "·", "/", "1", "\xa0") if char not in found)
    else:
        yield from found
