"""What ``verify`` finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Something that does not fit; ``code`` says which check found it."""

    code: str
    text: str

    def __str__(self) -> str:
        return self.text
