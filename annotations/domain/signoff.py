"""A sign-off's digest and what changed since: pure comparisons of named item digests.

What the items are made of is a numbered *scheme*, which stands on each sign-off. A signature is
checked by its own scheme, so a better one lapses nothing.

1. every row whole, of the layers of single people, too; the versions of policy and guidelines, so
   that new guidelines lapse it
2. the spans of the shared or agreed layer alone, with what hangs on them; of a label its name, kind and definition; of the policy the rules that block a sign-off; the
   guidelines are recorded by their version and lapse nothing
"""

from dataclasses import dataclass

from annotations.domain.history import digest_of

#: The scheme of new sign-offs; every one before it is still checked.
SCHEME = 2


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One covered item that differs; ``what`` is added, changed or removed."""

    name: str
    what: str

    def to_json(self) -> dict[str, str]:
        return {"item": self.name, "what": self.what}


def items_digest(items: dict[str, str]) -> str:
    """Return the digest that a sign-off carries: of the items by name in canonical JSON."""
    return digest_of(items)


def difference(before: dict[str, str], after: dict[str, str]) -> list[ItemChange]:
    """Return what differs between two sets of items, ordered by name.

    >>> difference({"a": "1", "b": "1"}, {"b": "2"})
    [ItemChange(name='a', what='removed'), ItemChange(name='b', what='changed')]
    """
    changes = []
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            changes.append(ItemChange(name, "removed"))
        elif name not in before:
            changes.append(ItemChange(name, "added"))
        elif before[name] != after[name]:
            changes.append(ItemChange(name, "changed"))
    return changes
