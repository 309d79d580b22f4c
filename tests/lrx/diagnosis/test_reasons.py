"""Every reason can be given, by the check that names it, and says who helps and how."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel

from lrx.diagnosis.chain import CHECKS, diagnose
from lrx.diagnosis.facts import Amended, Change, Held, Lapse, LearnerFacts, Seen, Situation
from lrx.diagnosis.finding import State
from lrx.diagnosis.reasons import REASONS, Kind, reason_named
from lrx.models import ObservationKind
from lrx.oci_id import OciId
from lrx.recipient import Objection, ProofOfCompletion
from lrx.text import say, text
from tests.casebook import read_casebook
from tests.fakes import FakePush
from tests.lrx.diagnosis.cases import (
    CASES,
    COMPLETED,
    DONE_ELSEWHERE,
    HELD,
    LEARNER,
    LUC,
    MODULE,
    NEARLY,
    NOW,
    RECORD,
    SHARER,
    SITUATION,
    STRANGER,
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


HOUR = timedelta(hours=1)


def _attempt(at: datetime, kind: ObservationKind = ObservationKind.FAILED, of: UUID | None = MODULE) -> Seen:
    return Seen(LUC, kind, of, at, {})


def _seen_of_it(*seen: Seen, module_at: datetime = COMPLETED - 2 * HOUR, **fields: Any) -> LearnerFacts:
    """The module was complete as soon as it was viewed; the course has a record."""
    course, module = LEARNER.records
    return changed(LEARNER, records=(course, module._replace(completed_at=module_at)), seen=seen, **fields)


FAILED = _attempt(COMPLETED - HOUR)


def _twice() -> LearnerFacts:
    first = LEARNER.records[0]
    return changed(LEARNER, records=(*LEARNER.records, first._replace(id=TWIN.id)))


def _moved() -> LearnerFacts:
    """The number held before is another person's now, and asked for."""
    earlier = Held(NEARLY, COMPLETED - 9 * HOUR, COMPLETED)
    return changed(
        LEARNER,
        oci_ids=(*LEARNER.oci_ids, earlier),
        successors={NEARLY: (SHARER,)},
        asked={**LEARNER.asked, NEARLY: NOW - HOUR},
    )


BESIDE: dict[str, tuple[Situation, LearnerFacts]] = {
    "look_alike_account": (SITUATION, changed(LEARNER, look_alikes=(TWIN,))),
    "recipient_unknown_then": (replace(SITUATION, is_enabled=None), LEARNER),
    "completed_without_passing": (SITUATION, _seen_of_it(FAILED)),
    "other_records": (SITUATION, _twice()),
    "oci_moved": (SITUATION, _moved()),
    "oci_unusual": (SITUATION, _held("CA-ON-CPSO-1")),
    "recipient_objects": (replace(SITUATION, recipient=Choosy(), puller=None), LEARNER),
    "expired_by_administrator": (
        SITUATION,
        changed(LEARNER, expired={RECORD: Lapse(RECORD, True, COMPLETED, "x", "new content")}),
    ),
    "tracking_unknown": (SITUATION, LEARNER),
    "completed_elsewhere": DONE_ELSEWHERE,
    "elsewhere_unknown": CASES["no_trace"],
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


def _amended(record: int, at: datetime) -> dict[str, object]:
    return {"amendments": (Amended(LEARNER.records[record].id, UUID(int=5), at, at, None),)}


OPTIONAL = UUID(int=MODULE.int + 50)


@pytest.mark.parametrize(
    "learner",
    [
        pytest.param(_seen_of_it(FAILED, module_at=COMPLETED), id="passed after that, as cmi5 and plain xAPI tell it"),
        pytest.param(_seen_of_it(FAILED, **_amended(1, COMPLETED - HOUR / 2)), id="passed, which made no new record"),
        pytest.param(
            _seen_of_it(FAILED, _attempt(COMPLETED - HOUR / 2, ObservationKind.ATTEMPT_SUBMITTED)), id="handed in again"
        ),
        pytest.param(_seen_of_it(_attempt(COMPLETED + HOUR)), id="practised after the record"),
        pytest.param(_seen_of_it(_attempt(COMPLETED.replace(year=2025))), id="in an earlier year"),
        pytest.param(_seen_of_it(_attempt(COMPLETED - HOUR, of=OPTIONAL)), id="of what is not mandatory"),
        pytest.param(_seen_of_it(_attempt(COMPLETED - HOUR, of=None)), id="of the course, which the record answers"),
    ],
)
def test_a_fail_that_the_record_does_not_stand_on_is_no_reason(learner: LearnerFacts) -> None:
    assert diagnose(SITUATION, learner).findings["B0"].state is State.PASS


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param((FAILED,), id="alone"),
        pytest.param(
            (_attempt(COMPLETED - HOUR / 2, ObservationKind.ATTEMPT_SUBMITTED), _attempt(COMPLETED)), id="twice"
        ),
        pytest.param((FAILED, _attempt(COMPLETED + HOUR, ObservationKind.ATTEMPT_STARTED)), id="opened again"),
    ],
)
def test_a_record_that_stands_on_a_failed_activity_is_told(seen: tuple[Seen, ...]) -> None:
    assert diagnose(SITUATION, _seen_of_it(*seen)).findings["B0"].reason == "completed_without_passing"


def test_where_nothing_is_mandatory_any_activity_may_be_the_one() -> None:
    course, _ = LEARNER.records
    learner = changed(LEARNER, records=(course._replace(mandatory=[]),), seen=(FAILED,))
    assert diagnose(SITUATION, learner).findings["B0"].reason == "completed_without_passing"


def test_an_attempt_handed_in_after_a_failed_one_is_no_reason() -> None:
    _, learner = CASES["attempt_failed"]
    later = learner.seen[-1]._replace(kind=ObservationKind.ATTEMPT_SUBMITTED, happened_at=COMPLETED.replace(hour=23))
    found = diagnose(SITUATION, changed(LEARNER, seen=(*learner.seen, later)))
    assert found.findings["B0"].state is State.PASS


# The recipient asks for what was taken from the profile


@pytest.mark.parametrize(
    ("actor", "origin", "said"),
    [
        ("api:7", "upload:hr-nightly.csv", " It was changed by the upload hr-nightly.csv."),
        ("api:7", "request:8f2c", " It was changed by an API key."),
        ("administrator:7", "request:8f2c", " It was changed by an administrator."),
        ("system:demo", "request:8f2c", ""),
    ],
)
def test_who_overwrote_an_oci_id_is_said_without_any_id(actor: str, origin: str, said: str) -> None:
    situation, learner = CASES["oci_overwritten"]
    change = Change(LUC, str(HELD), str(STRANGER), COMPLETED, actor, origin)
    found = diagnose(situation, changed(learner, changes=(change,))).findings["C5"]
    assert say(found.detail, "en").endswith(f"which this profile held until 2026-10-31 20:00.{said}")
    assert found.facts["origin"] == origin


def test_where_nobody_is_known_to_have_overwritten_it_no_origin_is_shown() -> None:
    found = diagnose(*CASES["oci_overwritten"]).findings["C5"]
    assert "origin" not in found.facts
    assert "changed by" not in say(found.detail, "en")


# Asked for once, and no longer


def test_what_was_asked_for_lately_is_not_said_never_to_be_asked_for() -> None:
    found = diagnose(*CASES["no_longer_asked_for"]).findings["C5"]
    assert say(found.detail, "en") == (
        "CMaRS last asked for it on 2026-11-16 14:30; since then it has asked for others only."
    )


def test_a_recipient_of_unknown_rhythm_has_not_stopped_asking() -> None:
    situation, learner = CASES["no_longer_asked_for"]
    irregular = replace(situation, rhythm=replace(situation.rhythm, usual=None))
    assert diagnose(irregular, learner).findings["C5"].state is State.PASS
    since = changed(learner, oci_ids=(Held(HELD, NOW - timedelta(days=4), None),))
    assert diagnose(irregular, since).findings["C5"].reason == "not_asked_yet"


def test_an_oci_id_that_was_asked_for_before_it_was_entered_again_may_yet_be_asked_for() -> None:
    situation, learner = CASES["no_longer_asked_for"]
    again = changed(learner, oci_ids=(Held(HELD, NOW - timedelta(hours=3), None),))
    assert diagnose(situation, again).findings["C5"].reason == "not_asked_yet"


def test_a_number_that_is_nearly_the_same_says_more_than_when_one_was_last_asked_for() -> None:
    _, learner = CASES["no_longer_asked_for"]
    situation, _ = CASES["asked_for_near_id"]
    assert learner.held != (NEARLY,)
    assert diagnose(situation, learner).findings["C5"].reason == "asked_for_near_id"


# Enrolled, and no longer


def test_who_was_enrolled_again_is_enrolled() -> None:
    _, learner = CASES["enrolment_ended"]
    again = learner.seen[0]._replace(happened_at=NOW)
    found = diagnose(SITUATION, changed(learner, seen=(*learner.seen, again))).findings["B0"]
    assert found.reason == "not_started"


def test_an_enrolment_that_ended_comes_before_an_attempt_that_was_not_finished() -> None:
    _, learner = CASES["enrolment_ended"]
    begun = learner.seen[0]._replace(kind=ObservationKind.ATTEMPT_STARTED)
    found = diagnose(SITUATION, changed(learner, seen=(*learner.seen, begun))).findings["B0"]
    assert found.reason == "enrolment_ended"


# The days asked for


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2026, 11, 20), None, "from 2026-11-20 on"),
        (None, date(2026, 11, 1), "up to 2026-11-01"),
        (date(2026, 12, 1), date(2026, 12, 31), "from 2026-12-01 to 2026-12-31"),
    ],
)
def test_the_days_asked_for_are_said_in_words(first: date | None, last: date | None, said: str) -> None:
    situation, learner = CASES["asked_for_other_dates"]
    asked = learner.inquiries[0]._replace(completed_from=first, completed_to=last)
    found = diagnose(situation, changed(learner, inquiries=(asked,))).findings["D3"]
    assert f"asks for completions {said}; this one is of 2026-11-18." in say(found.detail, "en")
