"""A written diagnosis said in a language: what the API, the command line and the pages show alike. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lrx.diagnosis.chain import CHECKS, STAGES
from lrx.diagnosis.reasons import reason_named
from lrx.diagnosis.verdict import HEADLINES, VerdictState
from lrx.diagnosis.written import read_text
from lrx.text import Language, say

__all__ = ["CheckTold", "Told", "VerdictTold", "told"]

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class VerdictTold:
    """The verdict in words."""

    state: str
    chip: str
    check: str | None
    reason: str | None
    headline: str
    detail: str
    remedy: str | None
    turn: str
    minutes: int | None
    expected_at: datetime | None
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckTold:
    """One check in words, with its evidence."""

    id: str
    stage: str
    question: str
    state: str
    reason: str | None
    detail: str
    remedy: str | None
    fix: str | None
    turn: str | None
    facts: Json
    until: datetime | None
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A diagnosis in words: the verdict, and the checks in the order of the chain."""

    verdict: VerdictTold
    checks: tuple[CheckTold, ...]
    stages: Mapping[str, str]

    def of_stage(self, stage: str) -> Sequence[CheckTold]:
        """The checks of one stage."""
        return [check for check in self.checks if check.stage == stage]


def told(content: Json, language: Language) -> Told:
    """Say a diagnosis as `lrx.diagnosis.written` wrote it."""
    return Told(
        _verdict(content["verdict"], language),
        tuple(
            _check(check.id, say(check.question, language), content["checks"][check.id], language)
            for check in CHECKS
            if check.id in content["checks"]
        ),
        {stage: say(title, language) for stage, title in STAGES.items()},
    )


def _verdict(verdict: Json, language: Language) -> VerdictTold:
    reason = reason_named(verdict["reason"]) if verdict["reason"] else None
    return VerdictTold(
        state=verdict["state"],
        chip=verdict["chip"],
        check=verdict["check"],
        reason=verdict["reason"],
        headline=say(HEADLINES[VerdictState(verdict["state"])], language),
        detail=say(read_text(verdict["detail"]), language),
        remedy=say(reason.remedy, language) if reason else None,
        turn=verdict["turn"],
        minutes=verdict["minutes"],
        expected_at=_instant(verdict["expected_at"]),
        also=tuple(verdict["also"]),
    )


def _check(check_id: str, question: str, finding: Json, language: Language) -> CheckTold:
    reason = reason_named(finding["reason"]) if finding["reason"] else None
    return CheckTold(
        id=check_id,
        stage=check_id[0],
        question=question,
        state=finding["state"],
        reason=finding["reason"],
        detail=say(read_text(finding["detail"]), language),
        remedy=say(reason.remedy, language) if reason else None,
        fix=reason.fix if reason else None,
        turn=reason.turn if reason else None,
        facts=finding["facts"],
        until=_instant(finding["until"]),
        needs=tuple(finding["needs"]),
    )


def _instant(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
