"""Which record is judged, and which of its activities count. From values alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from lrx.delivery.proofs import KeptRow
from lrx.diagnosis.chain import diagnose
from lrx.diagnosis.facts import Amended, Lapse, Owed
from lrx.diagnosis.judging import case_of
from lrx.eligibility import Interval
from lrx.models import DeliveryStatus
from lrx.source import Source
from tests.lrx.diagnosis.cases import (
    CASES,
    COMPLETED,
    COURSE,
    LEARNER,
    LUC,
    MODULE,
    NOW,
    QUIZ,
    RECORD,
    SITUATION,
    THIS_MORNING,
    changed,
)

BEFORE, LATER = COMPLETED - timedelta(days=30), COMPLETED + timedelta(days=1)
LAST_YEAR = COMPLETED.replace(year=2025)
MODULE_RECORD = UUID(int=999)


def _record(number: int, completed_at: datetime = COMPLETED, source: Source = Source.COMPLETION) -> KeptRow:
    return KeptRow(
        id=UUID(int=number),
        learner_id=LUC,
        course_id=COURSE,
        activity_id=None,
        source=source,
        completed_at=completed_at,
        recorded_at=completed_at,
        stored_at=completed_at,
        expires_at=None,
        grade=None,
        mandatory=[{"id": str(MODULE), "full_name": "WHMIS module"}],
    )


def _module(completed_at: datetime = COMPLETED) -> KeptRow:
    return _record(MODULE_RECORD.int, completed_at)._replace(activity_id=MODULE, mandatory=[])


def _gone(number: int) -> dict[UUID, Lapse]:
    return {UUID(int=number): Lapse(UUID(int=number), True, LATER, "x", "a mistake")}


UPLOADED, EQUIVALENT = Source.CSV_UPLOAD, Source.EQUIVALENCY
DELIVERED = {UUID(int=1): Owed(UUID(int=1), DeliveryStatus.DELIVERED, 0, None, THIS_MORNING)}


@pytest.mark.parametrize(
    ("records", "facts", "judged"),
    [
        pytest.param([_record(1), _record(2, LATER)], {}, 2, id="the newest"),
        pytest.param([_record(1), _record(2, LATER, UPLOADED)], {}, 1, id="a stray upload hides no completion"),
        pytest.param([_record(1), _record(2, LATER, EQUIVALENT)], {}, 1, id="nor does an equivalency"),
        pytest.param([_record(1, LAST_YEAR), _record(2, BEFORE)], {}, 2, id="that of the reporting period"),
        pytest.param([_record(1), _record(2, LATER)], {"voided": _gone(2)}, 1, id="one that is not voided"),
        pytest.param([_record(1), _record(2, LATER)], {"expired": _gone(2)}, 1, id="one nobody let expire"),
        pytest.param([_record(1), _record(2, LATER)], {"deliveries": DELIVERED}, 1, id="one the recipient has"),
        pytest.param(
            [_record(1), _record(2, LATER)],
            {"deliveries": DELIVERED, "voided": _gone(1)},
            2,
            id="one the recipient has, unless it was taken back",
        ),
        pytest.param(
            [_record(1, BEFORE, UPLOADED), _record(2, LATER)],
            {"voided": _gone(2)},
            2,
            id="where none counts, one that would but for an act",
        ),
        pytest.param(
            [_record(1, LAST_YEAR), _record(2, BEFORE, UPLOADED)],
            {"voided": _gone(2)},
            1,
            id="where none would, one that is not voided",
        ),
        pytest.param([_record(1, LAST_YEAR), _record(2, BEFORE, UPLOADED)], {}, 2, id="where none counts, the newest"),
    ],
)
def test_the_best_record_is_judged(records: list[KeptRow], facts: dict[str, object], judged: int) -> None:
    case = case_of(SITUATION, changed(LEARNER, records=(*records, _module()), **facts))
    assert case.judged is not None
    assert case.judged.record.id == UUID(int=judged)
    assert {one.record.id for one in case.others} == {record.id for record in records} - {UUID(int=judged)}


def test_the_others_are_told_with_what_is_against_them() -> None:
    found = diagnose(SITUATION, changed(LEARNER, records=(_record(1), _record(2, LATER, UPLOADED), _module())))
    other = found.findings["B6"]
    assert (other.state, [one["why_not"] for one in other.facts["records"]]) == ("warn", [["source_csv_upload"]])


def test_nothing_is_judged_where_there_is_no_record() -> None:
    case = case_of(SITUATION, changed(LEARNER, records=(_module(),)))
    assert case.judged is None
    with pytest.raises(LookupError):
        _ = case.candidate


def test_activities_are_those_that_were_mandatory_when_the_record_was_kept() -> None:
    without = _record(1)._replace(mandatory=[])
    case = case_of(SITUATION, changed(LEARNER, records=(without,)))
    assert case.mandatory == ()


def test_without_a_record_activities_are_those_that_are_mandatory_now() -> None:
    case = case_of(SITUATION, changed(LEARNER, records=()))
    assert [(one.activity_id, one.counts) for one in case.mandatory] == [(MODULE, False)]


@pytest.mark.parametrize(
    ("course", "module", "why_not"),
    [
        pytest.param(COMPLETED, COMPLETED, (), id="both count"),
        pytest.param(COMPLETED, LAST_YEAR, ("out_of_period",), id="the activity is of last year"),
        pytest.param(LAST_YEAR, LAST_YEAR, (), id="both are of last year: told of the course alone"),
        pytest.param(LAST_YEAR, COMPLETED, (), id="the course is of last year"),
    ],
)
def test_what_an_activity_fails_by_with_its_course_is_told_once(
    course: datetime, module: datetime, why_not: tuple[str, ...]
) -> None:
    release = SITUATION.release
    assert release is not None
    always = replace(release, intervals=(Interval(datetime(2024, 1, 1, tzinfo=UTC), None),))
    case = case_of(replace(SITUATION, release=always), changed(LEARNER, records=(_record(1, course), _module(module))))
    assert [one.why_not for one in case.mandatory] == [why_not]


def test_completions_kept_with_a_voided_record_are_told() -> None:
    situation, learner = CASES["voided"]
    claim = Amended(RECORD, UUID(int=77), COMPLETED + timedelta(days=1), COMPLETED + timedelta(days=1), None)
    promoted = claim._replace(id=UUID(int=78), promoted_record_id=RECORD)  # one of those there
    found = diagnose(situation, changed(learner, amendments=(claim, promoted))).findings["B4"]
    assert found.facts["amendments"] == [
        {"amendment_id": str(claim.id), "completed_at": claim.completed_at.isoformat()}
    ]
    assert str(found.detail) == (
        "Voided on 2026-11-19: Wrong person: A. Roy. Kept with it as amendments: completions of 2026-11-19."
    )
    assert "amendments" not in diagnose(situation, learner).findings["B4"].facts


def test_an_activity_voided_with_its_course_is_told_beside_it() -> None:
    """Unvoiding the one does not unvoid the other."""
    both = _gone(1) | {MODULE_RECORD: Lapse(MODULE_RECORD, True, LATER, "x", "a mistake")}
    found = diagnose(SITUATION, changed(LEARNER, records=(_record(1), _module()), voided=both))
    assert (found.verdict.reason, found.verdict.also) == ("voided", ("activity_record_outdated",))


def test_an_activity_of_a_course_that_does_not_send_is_not_told_to_be_repeated() -> None:
    found = diagnose(replace(SITUATION, release=None), changed(LEARNER, records=(_module(),)))
    assert found.verdict.also == ("course_record_missing",)


OPTIONAL = {activity.id: activity._replace(mandatory=False) for activity in (*SITUATION.activities.values(), QUIZ)}


@pytest.mark.parametrize(
    ("done", "voided", "reason"),
    [
        pytest.param([MODULE], {}, "activities_open", id="one of two"),
        pytest.param([MODULE, QUIZ.id], {}, "course_record_missing", id="both"),
        pytest.param([MODULE, QUIZ.id], _gone(QUIZ.id.int), "activities_open", id="both, and one of them voided"),
    ],
)
def test_where_nothing_is_mandatory_all_that_is_known_has_to_be_done(
    done: list[UUID], voided: dict[UUID, Lapse], reason: str
) -> None:
    records = [_record(one.int)._replace(activity_id=one, mandatory=[]) for one in done]
    found = diagnose(replace(SITUATION, activities=OPTIONAL), changed(LEARNER, records=records, voided=voided))
    assert (found.verdict.check, found.verdict.reason) == ("B1", reason)


EARLY, EARLIER = NOW - timedelta(hours=1), NOW - timedelta(hours=2)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"records": (_record(1)._replace(stored_at=EARLY), _module())}, id="the record was kept"),
        pytest.param({"records": (_record(1), _module()._replace(stored_at=EARLY))}, id="the activity was kept"),
        pytest.param({"voided": {UUID(int=1): Lapse(UUID(int=1), False, EARLY, "x", "right")}}, id="unvoided"),
        pytest.param(
            {"voided": {MODULE_RECORD: Lapse(MODULE_RECORD, False, EARLY, "x", "right")}}, id="the activity unvoided"
        ),
        pytest.param({"expired": {UUID(int=1): Lapse(UUID(int=1), False, EARLY, "x", "right")}}, id="unexpired"),
    ],
)
def test_a_question_before_the_last_thing_that_had_to_happen_is_no_answer_without_it(
    changes: dict[str, object],
) -> None:
    situation, learner = CASES["answered_without"]
    found = diagnose(situation, changed(learner, **{"records": (_record(1), _module()), **changes}))
    assert (found.verdict.state, found.verdict.reason) == ("waiting", "awaiting_inquiry")


def test_a_question_before_the_reporting_period_was_changed_is_none_either() -> None:
    situation, learner = CASES["answered_without"]
    assert situation.release is not None
    changed_since = replace(situation, release=replace(situation.release, period_since=EARLY))
    assert diagnose(situation, learner).verdict.reason == "answered_without"
    assert diagnose(changed_since, learner).verdict.reason == "awaiting_inquiry"
