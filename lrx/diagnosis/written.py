"""A diagnosis as JSON, to be kept and shown again later in either language. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lrx.diagnosis.chain import Diagnosis
from lrx.diagnosis.finding import Finding
from lrx.diagnosis.verdict import Verdict
from lrx.text import Text

__all__ = ["Change", "changes", "read_text", "written", "written_text"]

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """A check that ended differently than the time before; `before` is None for one that was not made then."""

    check: str
    before: str | None
    after: str


def written(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return the diagnosis as JSON; sentences keep their English words and what they speak of."""
    return {
        "verdict": _verdict(diagnosis.verdict),
        "checks": {check: _finding(finding) for check, finding in diagnosis.findings.items()},
        "record_id": str(diagnosis.record_id) if diagnosis.record_id else None,
        "delivered_at": _instant(diagnosis.delivered_at),
    }


def changes(before: Json | None, after: Json) -> Sequence[Change]:
    """Return what changed from one written diagnosis to the next, in the order of the chain."""
    if before is None:
        return ()
    states = {check: one["state"] for check, one in before["checks"].items()}
    return [
        Change(check, states.get(check), one["state"])
        for check, one in sorted(after["checks"].items())
        if states.get(check) != one["state"]
    ]


def read_text(sentence: Json) -> Text:
    """Return a written sentence, to be said."""
    values = {name: read_text(one) if isinstance(one, dict) else one for name, one in sentence["values"].items()}
    return Text(sentence["message"], values)


def written_text(sentence: Text) -> dict[str, Any]:
    """Return a sentence as `read_text` reads it."""
    return {"message": sentence.message, "values": {name: _value(one) for name, one in sentence.values.items()}}


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "state": verdict.state.value,
        "chip": verdict.chip.value,
        "check": verdict.check,
        "reason": verdict.reason,
        "detail": written_text(verdict.detail),
        "turn": verdict.turn,
        "minutes": verdict.minutes,
        "expected_at": _instant(verdict.expected_at),
        "also": list(verdict.also),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "state": finding.state.value,
        "reason": finding.reason,
        "detail": written_text(finding.detail),
        "facts": dict(finding.facts),
        "until": _instant(finding.until),
        "needs": list(finding.needs),
    }


def _value(value: object) -> object:
    if isinstance(value, Text):
        return written_text(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if isinstance(value, str | int | float | None) else str(value)


def _instant(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
