"""What a project asks before an article may be signed off, and the presets it begins from."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from annotations.domain.errors import Refused
from annotations.domain.vocabulary import COUNTED_ROLES, BlockRole, LabelKind, Mode, Preset


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules that block a sign-off; counts are of people or sources, 0 asks for none."""

    sign_offs: int = 1
    second_readers: int = 1
    sources: int = 1
    #: Kinds of label that need ``sources`` confirmed sources.
    sourced_kinds: tuple[str, ...] = (LabelKind.CLAIM.value,)
    #: Whether a claim needs a verdict.
    verdicts: bool = True
    #: Whether each counted block must be ticked as read by somebody.
    read: bool = True
    #: Whether the publication date must be known.
    date: bool = True
    #: Whether open comments block.
    comments: bool = True
    #: Whether the only author of an article's spans may sign it off.
    sole_author: bool = False
    #: How many people annotate an article in independent mode.
    annotators: int = 1
    #: Roles of blocks that are annotated and counted.
    counted_roles: tuple[str, ...] = field(default=tuple(role.value for role in COUNTED_ROLES))

    def to_json(self) -> dict[str, Any]:
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }

    @property
    def blocking(self) -> dict[str, Any]:
        """The rules that block a sign-off, as JSON: how work is handed out is not one of them."""
        return {key: value for key, value in self.to_json().items() if key not in _HANDING_OUT}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Policy":
        """Return the policy stored as ``data``; absent keys take their defaults.

        Raises ``Refused`` for a key or a value that no policy has.
        """
        policy = cls()
        for key, value in data.items():
            if key not in cls.__dataclass_fields__:
                raise Refused(f"A policy has no rule “{key}”.", code="policy")
            default = getattr(policy, key)
            if isinstance(default, bool):
                valid = isinstance(value, bool)
            elif isinstance(default, int):
                valid = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 9
            else:
                allowed = BlockRole.values if key == "counted_roles" else LabelKind.values
                valid = isinstance(value, list | tuple) and all(v in allowed for v in value)
            if not valid:
                raise Refused(f"The rule “{key}” cannot be {value!r}.", code="policy")
            changed: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value}
            policy = replace(policy, **changed)
        return policy


#: Rules that say how work is handed out, and so block nothing.
_HANDING_OUT = frozenset({"annotators"})

PRESETS: dict[Preset, tuple[Mode, Policy]] = {
    Preset.DESK: (Mode.SHARED, Policy()),
    Preset.DATASET: (Mode.INDEPENDENT, Policy(second_readers=0, annotators=2)),
    Preset.SOLO: (Mode.SHARED, Policy(second_readers=0, sources=0, read=False, sole_author=True)),
}

#: Keys that the workspace and the second-reading mode use, which no label can have.
RESERVED_KEYS = "aegmnpqrsuw"

#: Label key, name, kind and definition of the labels a project begins with.
DEFAULT_LABELS: tuple[tuple[str, str, LabelKind, str], ...] = (
    (
        "f",
        "fact",
        LabelKind.FACT,
        "In the article’s own voice, without a hedge: a particular event or state, past or "
        "present, that evidence could settle. A kind of statement, not a finding of truth.",
    ),
    (
        "c",
        "claim",
        LabelKind.CLAIM,
        "Can be checked, and its form asks for corroboration: attributed, counted without a "
        "document, causal, comparative, about a motive or plan, hedged, or a prediction that "
        "a date could settle.",
    ),
    (
        "o",
        "opinion",
        LabelKind.OPINION,
        "An evaluation, a demand, a moral judgement, a rhetorical question or a reading that "
        "no evidence could settle between reasonable people.",
    ),
)
