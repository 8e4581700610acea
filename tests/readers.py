"""A reader (``settings.FILE_READER``) with formats that behave badly, each known by its ending."""

import itertools
import os
import re
import time

from annotations.domain.errors import ImportRefused
from annotations.formats import reader
from annotations.formats.registry import IMPORTERS, importer


class Bad:
    media_type = "text/plain"

    def __init__(self, name, act):
        self.name = self.title = name
        self.suffixes = (f".{name}",)
        self.act = act

    def read(self, data, *, name):
        yield from importer("text").read(data, name=name)
        self.act()


def loops():
    """Hold the interpreter for longer than the universe has."""
    re.match(r"(?:a|a)+$", "a" * 60 + "!")


def eats():
    return [bytearray(50_000_000) for _ in itertools.count()]


def raises():
    raise ZeroDivisionError("שלום")


def prints():
    os.write(1, b'{"refused": {"reason": "printed"}}\n')


def refuses():
    raise ImportRefused("refused, not yielded", name="x", line=3, code="odd")


for act in (loops, eats, raises, prints, refuses):
    IMPORTERS[act.__name__] = Bad(act.__name__, act)
IMPORTERS["dies"] = Bad("dies", lambda: os.kill(os.getpid(), 9))
IMPORTERS["slow"] = Bad("slow", lambda: time.sleep(0.5))

if __name__ == "__main__":
    reader.main()
