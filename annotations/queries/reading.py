"""What a second reader is shown of a span, and so decides on."""

from uuid import UUID

from annotations.domain.history import digest_of
from annotations.models import Citation, Decision, Span

#: The parts of a span that a decision is about, as people call them.
PARTS = ("boundaries", "label", "voice", "citations", "verdict")


def shown_parts(spans: list[Span]) -> dict[UUID, dict[str, str]]:
    """Return, for each span, the digest of each of its ``PARTS``. One query beyond the spans.

    The spans must come with their assertions.
    """
    cited: dict[UUID, list[list[str]]] = {}
    for citation in Citation.objects.filter(
        assertion__in={span.assertion_id for span in spans if span.assertion_id},
        withdrawn_at=None,
    ).order_by("uuid"):
        cited.setdefault(citation.assertion_id, []).append(
            [
                str(citation.pk),
                str(citation.source_id),
                citation.stance,
                citation.quotation,
                citation.locator,
            ]
        )
    parts = {}
    for span in spans:
        assertion = span.assertion
        verdict = (
            [assertion.verdict, assertion.verdict_reason, assertion.verdict_as_of]
            if assertion
            else []
        )
        values = (
            [span.start, span.end],
            str(span.label_id),
            [span.voice, str(span.speaker_id or ""), span.chain],
            cited.get(span.assertion_id, []) if span.assertion_id else [],
            verdict,
        )
        parts[span.pk] = {
            name: digest_of(value)[:16] for name, value in zip(PARTS, values, strict=True)
        }
    return parts


def shown_token(parts: dict[str, str]) -> str:
    """Return the parts in the form that a hidden field carries: digests joined by dots."""
    return ".".join(parts[name] for name in PARTS)


def changed_since(token: str, parts: dict[str, str]) -> list[str]:
    """Return the names of the parts that differ from those the token was made of."""
    known = token.split(".")
    if len(known) != len(PARTS):
        return list(PARTS)
    return [name for name, value in zip(PARTS, known, strict=True) if parts[name] != value]


def standing_decisions(spans: list[Span]) -> dict[UUID, list[Decision]]:
    """Return the decisions that still count, by span, oldest first.

    A proposal that was declined asks nothing of anybody any more: its reader decides anew.
    """
    found: dict[UUID, list[Decision]] = {}
    for decision in (
        Decision.objects.filter(span__in=spans, voided_at=None, declined_at=None)
        .select_related("reader")
        .order_by("made_at", "uuid")
    ):
        found.setdefault(decision.span_id, []).append(decision)
    return found
