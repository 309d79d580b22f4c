"""What a check found: its state, the deciding fact in a sentence, and the evidence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from lrx.text import Text, text

__all__ = ["Finding", "State", "failed", "inapplicable", "not_checked", "passed", "unknown", "waits", "warns"]


class State(StrEnum):
    """How a check ended."""

    PASS = "pass"  # noqa: S105 - the word, no password
    FAIL = "fail"
    WARN = "warn"
    WAIT = "wait"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `reason` names why it did not simply pass (`lrx.diagnosis.reasons`), `until` when a wait
    is expected to end, `needs` the checks that have to pass first; `facts` is the evidence, as JSON."""

    state: State
    detail: Text
    reason: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    until: datetime | None = None
    needs: tuple[str, ...] = ()


def passed(detail: Text, /, **facts: Any) -> Finding:
    """The check passed."""
    return Finding(State.PASS, detail, facts=facts)


def failed(reason: str, detail: Text, /, **facts: Any) -> Finding:
    """The check stands in the way."""
    return Finding(State.FAIL, detail, reason, facts)


def warns(reason: str, detail: Text, /, **facts: Any) -> Finding:
    """Nothing stands in the way, and somebody should know."""
    return Finding(State.WARN, detail, reason, facts)


def waits(reason: str, detail: Text, until: datetime | None, /, **facts: Any) -> Finding:
    """Nothing is wrong; time has to pass."""
    return Finding(State.WAIT, detail, reason, facts, until)


def unknown(reason: str, detail: Text, /, **facts: Any) -> Finding:
    """It cannot be known from here."""
    return Finding(State.UNKNOWN, detail, reason, facts)


def inapplicable(detail: Text) -> Finding:
    """The check does not concern this case."""
    return Finding(State.NOT_APPLICABLE, detail)


def not_checked(*needs: str) -> Finding:
    """The check makes no sense before others pass."""
    return Finding(State.NOT_CHECKED, text("Not checked: needs {checks}.", checks=", ".join(needs)), needs=needs)
