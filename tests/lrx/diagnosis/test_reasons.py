"""Every reason can be given, by the check that names it, and says who helps and how."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from pydantic import BaseModel

from lrx.diagnosis.chain import CHECKS, diagnose
from lrx.diagnosis.facts import LearnerFacts, Situation, Voided
from lrx.diagnosis.finding import State
from lrx.diagnosis.reasons import REASONS, Kind, reason_named
from lrx.models import ObservationKind
from lrx.oci_id import OciId
from lrx.recipient import Objection, ProofOfCompletion
from lrx.text import text
from tests.casebook import read_casebook
from tests.fakes import FakePush
from tests.lrx.diagnosis.cases import (
    CASES,
    COMPLETED,
    DONE_ELSEWHERE,
    LEARNER,
    RECORD,
    SITUATION,
    TWIN,
    changed,
)


@dataclass
class Choosy(FakePush):
    """A recipient that takes nothing."""

    def objections(self, proof: ProofOfCompletion, settings: BaseModel) -> Sequence[Objection]:
        return [Objection("recipient_objects", text("Not like this."))]


def _held(written: str) -> LearnerFacts:
    oci_id = OciId.parse(written)
    return changed(
        LEARNER, oci_ids=tuple(one._replace(oci_id=oci_id) for one in LEARNER.oci_ids), asked={oci_id: COMPLETED}
    )


def _failed_since() -> LearnerFacts:
    _, learner = CASES["attempt_failed"]
    return changed(LEARNER, seen=learner.seen)


def _twice() -> LearnerFacts:
    first = LEARNER.records[0]
    return changed(LEARNER, records=(*LEARNER.records, first._replace(id=TWIN.id)))


BESIDE: dict[str, tuple[Situation, LearnerFacts]] = {
    "look_alike_account": (SITUATION, changed(LEARNER, look_alikes=(TWIN,))),
    "recipient_unknown_then": (replace(SITUATION, is_enabled=None), LEARNER),
    "completed_without_passing": (SITUATION, _failed_since()),
    "other_records": (SITUATION, _twice()),
    "oci_unusual": (SITUATION, _held("CA-ON-CPSO-1")),
    "recipient_objects": (replace(SITUATION, recipient=Choosy(), puller=None), LEARNER),
    "expired_by_administrator": (
        SITUATION,
        changed(LEARNER, expired={RECORD: Voided(RECORD, True, COMPLETED, "x", "new content")}),
    ),
    "tracking_unknown": (SITUATION, LEARNER),
    "completed_elsewhere": DONE_ELSEWHERE,
}
"""Reasons that are given beside the one that decides, or that cases for letters leave out."""

GIVEN = {**CASES, **BESIDE}
NAMED = {reason: check.id for check in CHECKS for reason in check.reasons}


def _found(reason: str) -> dict[str, Any]:
    return {check: finding.reason for check, finding in diagnose(*GIVEN[reason]).findings.items() if finding.reason}


@pytest.mark.parametrize("reason", GIVEN)
def test_a_reason_is_given_by_a_check_that_names_it(reason: str) -> None:
    found = _found(reason)
    assert reason in found.values()
    of_check = {check.id: check.reasons for check in CHECKS}
    assert {check: given for check, given in found.items() if given not in of_check[check]} == {}


def test_every_reason_can_be_given() -> None:
    """One that is left out here is a word without a meaning: `not_evaluated` is given by a check that breaks."""
    assert set(REASONS) - set(GIVEN) == {"not_evaluated"}


def test_every_reason_is_named_by_a_check() -> None:
    assert set(REASONS) - set(NAMED) == {"not_evaluated"}


def test_the_casebook_gives_whatever_has_to_be_mended_for_a_recipient_that_asks() -> None:
    """The three left are met where nothing is wrong, or in facts that nobody can bring about over HTTP."""
    book = {case.then["because"].split()[1] for case in read_casebook() if "because" in case.then}
    beside = {reason for case in read_casebook() for reason in case.then.get("also", ())}
    deciding = {reason for reason, one in REASONS.items() if one.kind is not Kind.TOLD}
    of_push = {"underway", "retrying", "undecided", "given_up", "recipient_objects"}
    assert deciding - book - beside - of_push == {"not_asked_yet", "refreshing", "answered_without"}


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_says_who_helps_and_how(reason: str) -> None:
    one = REASONS[reason]
    assert str(one.title)
    assert str(one.remedy).endswith(".")
    assert (one.turn == "nobody") <= (one.kind is Kind.TOLD)


def test_an_objection_of_another_recipient_is_told_as_one() -> None:
    assert reason_named("licence_missing") is REASONS["recipient_objects"]


def test_an_attempt_handed_in_after_a_failed_one_is_no_reason() -> None:
    _, learner = CASES["attempt_failed"]
    later = learner.seen[-1]._replace(kind=ObservationKind.ATTEMPT_SUBMITTED, happened_at=COMPLETED.replace(hour=23))
    found = diagnose(SITUATION, changed(LEARNER, seen=(*learner.seen, later)))
    assert found.findings["B0"].state is State.PASS
