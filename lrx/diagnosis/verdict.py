"""The verdict of a diagnosis: one state, the check that decides, whose turn it is, and by when it may be seen. Pure."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lrx.diagnosis.finding import Finding, State
from lrx.diagnosis.judging import Case
from lrx.diagnosis.reasons import Kind, reason_named
from lrx.errors import Turn
from lrx.models import Chip
from lrx.text import Text, text

__all__ = ["CHIP_OF", "HEADLINES", "Verdict", "VerdictState", "verdict"]


class VerdictState(StrEnum):
    """Where a completion stands at a recipient; the first that fits holds, `delivered` before all others unless the
    recipient was answered without it since."""

    DELIVERED = "delivered"
    NOT_APPLICABLE = "not_applicable"
    NOT_SENT_BY_RULE = "not_sent_by_rule"
    BLOCKED = "blocked"
    WAITING = "waiting"
    UNKNOWN = "unknown"


CHIP_OF: Mapping[VerdictState, Chip] = {
    VerdictState.DELIVERED: Chip.DELIVERED,
    VerdictState.NOT_APPLICABLE: Chip.NOT_SENT,
    VerdictState.NOT_SENT_BY_RULE: Chip.NOT_SENT,
    VerdictState.BLOCKED: Chip.NEEDS_ACTION,
    VerdictState.WAITING: Chip.WAITING,
    VerdictState.UNKNOWN: Chip.WAITING,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What people are told first. `check` and `reason` are those that decide, `also` the reasons of whatever else has
    to be mended, without what is mended by the way; `minutes` is the effort of whose `turn` it is; `expected_at` is
    when the recipient is expected to have it: where something is to be mended, after that, and only if no more than
    that is needed."""

    state: VerdictState
    chip: Chip
    check: str | None
    reason: str | None
    detail: Text
    remedy: Text | None
    turn: Turn
    minutes: int | None
    expected_at: datetime | None
    also: tuple[str, ...] = ()


HEADLINES: Mapping[VerdictState, Text] = {
    VerdictState.DELIVERED: text("Reached the recipient"),
    VerdictState.NOT_APPLICABLE: text("Does not concern the recipient"),
    VerdictState.NOT_SENT_BY_RULE: text("Not sent, by rule"),
    VerdictState.BLOCKED: text("Not reaching the recipient"),
    VerdictState.WAITING: text("On its way"),
    VerdictState.UNKNOWN: text("Nothing in the way here; what the recipient shows is not known here"),
}
"""The verdict in a few words; which recipient is said beside it."""

CHECKS_OF: Mapping[str, frozenset[str]] = {
    "record": frozenset(("A3", "B0", "B1", "B2", "B3", "B4", "B5")),
    "oci_id": frozenset(("C1", "C2")),
}
"""The checks that are about what another account of the same person has, and this one has not."""


def verdict(case: Case, found: Mapping[str, Finding]) -> Verdict:
    """Return the verdict on the findings, given in the order of the chain."""
    follows = _follows(found)
    failures = [
        (check, finding)
        for check, finding in found.items()
        if finding.state is State.FAIL and not (check in follows and _kind(finding) is Kind.RULE)
    ]
    ruled_out = [one for one in failures if _kind(one[1]) is Kind.RULE]
    fixable = [one for one in failures if _kind(one[1]) is Kind.FIXABLE]
    # What it was given once it may have dropped again: it has asked since, and something kept the record here.
    is_missing = bool(failures) or found["D2"].state is State.WAIT
    if case.is_delivered and not (case.was_left_out_since and is_missing):
        return _delivered(case, found, fixable)
    if ruled_out or fixable:
        state = VerdictState.NOT_SENT_BY_RULE if ruled_out else VerdictState.BLOCKED
        deciding, *others = [*ruled_out, *fixable]
        return _of(case, state, deciding, others, follows)
    broken = [(check, finding) for check, finding in found.items() if finding.reason == "not_evaluated"]
    if broken:
        return _of(case, VerdictState.UNKNOWN, broken[0])
    waiting = [(check, finding) for check, finding in found.items() if finding.state is State.WAIT]
    if waiting:
        return _of(case, VerdictState.WAITING, waiting[0])
    return _of(case, VerdictState.UNKNOWN, list(found.items())[-1])


def _follows(found: Mapping[str, Finding]) -> frozenset[str]:
    """The checks that say nothing more, because what they miss is with another account of the same person."""
    elsewhere = found["A1"].facts.get("elsewhere", ()) if "A1" in found else ()
    return frozenset().union(*(CHECKS_OF[one] for one in elsewhere))


def _kind(finding: Finding) -> Kind:
    return reason_named(finding.reason or "").kind


def _of(
    case: Case,
    state: VerdictState,
    deciding: tuple[str, Finding],
    others: Sequence[tuple[str, Finding]] = (),
    follows: Container[str] = (),
) -> Verdict:
    check, finding = deciding
    reason = reason_named(finding.reason) if finding.reason else None
    is_retrying = finding.reason == "retrying"
    return Verdict(
        state=state,
        chip=Chip.RETRYING if is_retrying else CHIP_OF[state],
        check=check,
        reason=finding.reason,
        detail=finding.detail,
        remedy=reason.remedy if reason else None,
        turn=reason.turn if reason else "nobody",
        minutes=reason.minutes if reason else None,
        expected_at=_expected(case, state, finding, [other for _, other in others]),
        also=tuple(other.reason for name, other in others if other.reason and name not in follows),
    )


def _expected(case: Case, state: VerdictState, finding: Finding, others: Sequence[Finding]) -> datetime | None:
    if state is VerdictState.WAITING:
        return finding.until
    if state is not VerdictState.BLOCKED:
        return None
    is_enough = all(reason_named(one.reason or "").then_shown for one in (finding, *others))
    return case.situation.rhythm.expected_after(case.situation.at) if is_enough else None


def _delivered(case: Case, found: Mapping[str, Finding], fixable: Sequence[tuple[str, Finding]]) -> Verdict:
    """The recipient has it: nobody's turn for a day, then theirs. What would keep it from the next answer is told."""
    has_it = text("{recipient} has it.", recipient=case.situation.recipient.title)
    deciding = next((check for check in ("E2", "E1") if found[check].state is State.FAIL), "E1")
    finding = found[deciding]
    refreshing = finding.state is State.WAIT
    reason = reason_named(finding.reason) if finding.reason else None
    return Verdict(
        state=VerdictState.DELIVERED,
        chip=Chip.DELIVERED,
        check=deciding,
        reason=finding.reason,
        detail=has_it if refreshing or reason is None else finding.detail,
        remedy=reason.remedy if reason else None,
        turn="nobody" if refreshing or reason is None else reason.turn,
        minutes=reason.minutes if reason else None,
        expected_at=finding.until,
        also=tuple(other.reason for check, other in fixable if other.reason and check != deciding),
    )
