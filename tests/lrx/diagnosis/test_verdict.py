"""The verdict: which state holds where several things are found, and which of them decides."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from lrx.diagnosis import chain
from lrx.diagnosis.chain import CHECKS, diagnose
from lrx.diagnosis.facts import Held, LearnerFacts, Situation
from lrx.diagnosis.finding import State
from lrx.diagnosis.rhythm import DAYS, Rhythm
from lrx.diagnosis.verdict import CHIP_OF, HEADLINES, VerdictState
from lrx.eligibility import Interval
from lrx.models import Chip
from tests.fakes import FakePull
from tests.lrx.diagnosis.cases import (
    CASES,
    GIVEN,
    HELD,
    LEARNER,
    NOW,
    NURSE,
    RECORD,
    SHARER,
    SITUATION,
    STRANGER,
    THIS_MORNING,
    TORONTO,
    changed,
)

BARE = {
    "two_accounts": {"oci_ids", "look_alikes"},
    "oci_missing": {"oci_ids"},
    "oci_duplicate": {"sharers"},
    "voided": {"voided"},
    "source_csv_upload": {"records"},
    "activity_record_missing": {"records"},
    "college_not_served": {"oci_ids"},
    "awaiting_inquiry": {"records"},
    "refreshing": {"deliveries", "inquiries"},
}
"""What each case has that the usual learner has not."""

OF_SITUATION = {"legacy": "release", "recipient_off": "is_enabled", "no_course_recipient": "release"}


def _both(one: str, other: str) -> tuple[Situation, LearnerFacts]:
    """The facts of two cases together."""
    situation, learner = SITUATION, LEARNER
    for reason in (one, other):
        theirs, known = CASES[reason]
        if reason in OF_SITUATION:
            name = OF_SITUATION[reason]
            situation = replace(situation, **{name: getattr(theirs, name)})
        learner = changed(learner, **{name: getattr(known, name) for name in BARE.get(reason, ())})
    return situation, learner


@pytest.mark.parametrize(
    ("one", "other", "state", "leads", "also"),
    [
        ("voided", "oci_missing", "not_sent_by_rule", "voided", ["oci_missing"]),
        ("recipient_off", "voided", "not_sent_by_rule", "voided", ["recipient_off"]),
        ("legacy", "voided", "not_sent_by_rule", "legacy", ["voided"]),
        ("source_csv_upload", "no_course_recipient", "not_sent_by_rule", "source_csv_upload", ["no_course_recipient"]),
        ("college_not_served", "activity_record_missing", "not_sent_by_rule", "college_not_served",
         ["activity_record_missing"]),
        ("recipient_off", "oci_missing", "blocked", "recipient_off", ["oci_missing"]),
        ("activity_record_missing", "oci_duplicate", "blocked", "activity_record_missing", ["oci_duplicate"]),
        ("oci_duplicate", "awaiting_inquiry", "blocked", "oci_duplicate", []),
        ("refreshing", "recipient_off", "delivered", "refreshing", ["recipient_off"]),
        ("refreshing", "oci_missing", "delivered", "refreshing", ["oci_missing"]),
        ("refreshing", "voided", "not_sent_by_rule", "voided", []),
    ],
)  # fmt: skip
def test_rules_come_before_what_can_be_mended_and_that_before_waiting(
    one: str, other: str, state: str, leads: str, also: list[str]
) -> None:
    verdict = diagnose(*_both(one, other)).verdict
    assert (verdict.state, verdict.reason, list(verdict.also)) == (state, leads, also)


def _broken(_case: Any) -> None:
    raise ZeroDivisionError


def _diagnosed_with_broken(monkeypatch: pytest.MonkeyPatch, check: str, facts: tuple[Situation, LearnerFacts]) -> Any:
    broken = tuple(replace(one, make=_broken) if one.id == check else one for one in chain._IN_ORDER_OF_NEED)
    monkeypatch.setattr(chain, "_IN_ORDER_OF_NEED", broken)
    return diagnose(*facts)


def test_a_check_that_breaks_leaves_the_others_standing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _diagnosed_with_broken(monkeypatch, "E2", CASES["voided"])
    assert (found.findings["E2"].state, found.findings["E2"].reason) == (State.UNKNOWN, "not_evaluated")
    assert found.verdict.reason == "voided"


def test_where_nothing_else_is_found_a_check_that_broke_decides_before_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _diagnosed_with_broken(monkeypatch, "B6", CASES["awaiting_inquiry"])
    assert (found.verdict.state, found.verdict.check, found.verdict.turn) == ("unknown", "B6", "lrx")


@pytest.mark.parametrize("reason", ["awaiting_inquiry", "escalate", "oci_missing", "underway", "never_asked"])
def test_a_switch_that_is_not_known_leaves_the_verdict_to_the_other_checks(reason: str) -> None:
    situation, learner = CASES[reason]
    verdict = diagnose(replace(situation, is_enabled=None), learner).verdict
    assert (verdict.reason, verdict.state) == (reason, diagnose(situation, learner).verdict.state)


def _taken(asked_at: datetime) -> LearnerFacts:
    """The learner whose completion was given this morning, whose OCI ID was then taken, and asked for at some time."""
    lost = Held(HELD, datetime(2026, 1, 5, tzinfo=UTC), THIS_MORNING + timedelta(minutes=30))
    kept = Held(STRANGER, THIS_MORNING + timedelta(minutes=30), None)
    return changed(GIVEN, oci_ids=(kept, lost), asked={HELD: asked_at})


def test_what_was_given_counts_as_there_until_the_recipient_has_asked_in_vain() -> None:
    before = diagnose(SITUATION, _taken(THIS_MORNING)).verdict
    after = diagnose(SITUATION, _taken(THIS_MORNING + timedelta(hours=1))).verdict
    assert (before.state, before.chip) == ("delivered", Chip.DELIVERED)
    assert (after.state, after.reason, after.turn) == ("blocked", "oci_overwritten", "site_admin")


@pytest.mark.parametrize(("course", "state"), [(None, "blocked"), ("FIRE", "delivered")])
def test_an_answer_without_it_counts_only_where_it_was_asked_for(course: str | None, state: str) -> None:
    asked = GIVEN.inquiries[0]._replace(asked_at=NOW, record_ids=(), course=course, id=UUID(int=901))
    learner = changed(GIVEN, inquiries=(asked, *GIVEN.inquiries), asked={HELD: NOW})
    assert SITUATION.release is not None
    stopped = (Interval(datetime(2026, 1, 4, tzinfo=UTC), THIS_MORNING + timedelta(minutes=30)),)
    situation = replace(SITUATION, release=replace(SITUATION.release, is_active=False, intervals=stopped))
    assert diagnose(situation, learner).verdict.state == state


def test_a_question_from_before_those_that_are_looked_at_was_not_in_vain() -> None:
    """It collected the completion for weeks, the last time before the days looked at, and asks nothing any more."""
    long_ago = NOW - timedelta(days=DAYS + 1)
    owed = GIVEN.deliveries[RECORD]._replace(delivered_at=long_ago - timedelta(days=20))
    learner = changed(GIVEN, deliveries={RECORD: owed}, inquiries=(), asked={HELD: long_ago})
    found = diagnose(replace(SITUATION, rhythm=Rhythm(TORONTO, None, 0, 0, long_ago)), learner).verdict
    assert (found.state, found.also[:1]) == ("delivered", ("recipient_silent",))


def test_what_would_keep_it_from_the_next_answer_is_told_beside_what_was_given() -> None:
    verdict = diagnose(SITUATION, changed(GIVEN, oci_ids=(), asked={})).verdict
    assert (verdict.state, verdict.also) == ("delivered", ("oci_missing",))


def test_of_several_oci_ids_one_that_nobody_else_holds_is_enough() -> None:
    second = Held(STRANGER, datetime(2026, 1, 5, tzinfo=UTC), None)
    both = changed(GIVEN, oci_ids=(*LEARNER.oci_ids, second), sharers={HELD: (SHARER,)})
    found = diagnose(SITUATION, both)
    assert (found.findings["C3"].state, found.verdict.state) == (State.WARN, "delivered")
    nurse = changed(both, oci_ids=(*LEARNER.oci_ids, Held(NURSE, second.held_from, None)))
    assert diagnose(SITUATION, nurse).findings["C3"].state is State.FAIL


def test_every_state_has_a_chip_and_a_headline() -> None:
    assert set(CHIP_OF) == set(HEADLINES) == set(VerdictState)


@pytest.mark.parametrize("reason", CASES)
def test_the_verdict_is_that_of_its_check(reason: str) -> None:
    found = diagnose(*CASES[reason])
    finding = found.findings[found.verdict.check or ""]
    assert finding.reason == found.verdict.reason == reason
    assert found.verdict.chip == (Chip.RETRYING if reason == "retrying" else CHIP_OF[found.verdict.state])


DAY, HOUR = timedelta(days=1), timedelta(hours=1)
THEIRS, OTHER, LATE = {}, {"course": "FIRE-2026"}, {"course": "WHMIS-2026", "completed_from": NOW.date()}


@pytest.mark.parametrize(
    ("kept", "asked", "reason"),
    [
        pytest.param(4 * HOUR, [(HOUR, OTHER), (2 * HOUR, OTHER)], "awaiting_inquiry", id="of this course, not yet"),
        pytest.param(3 * DAY, [(HOUR, OTHER)], "awaiting_inquiry", id="a round that is under way"),
        pytest.param(3 * DAY, [(2 * HOUR, OTHER), (DAY, OTHER)], "asked_for_other_course", id="in a whole round"),
        pytest.param(3 * DAY, [(2 * HOUR, OTHER), (DAY, LATE)], "asked_for_other_dates", id="of this course, in vain"),
        pytest.param(3 * DAY, [(2 * HOUR, OTHER), (DAY, THEIRS)], "answered_without", id="of everything, in vain"),
        pytest.param(DAY, [(2 * HOUR, OTHER), (2 * DAY, THEIRS)], "asked_for_other_course", id="before it was there"),
    ],
)
def test_questions_that_leave_the_record_out_count_once_a_round_of_them_is_over(
    kept: timedelta, asked: list[tuple[timedelta, dict[str, Any]]], reason: str
) -> None:
    situation, learner = CASES["answered_without"]
    (question,) = learner.inquiries
    known = changed(
        learner,
        records=[one._replace(stored_at=NOW - kept) for one in learner.records],
        inquiries=[question._replace(asked_at=NOW - ago, **narrowed) for ago, narrowed in asked],
    )
    assert diagnose(situation, known).verdict.reason == reason


def test_where_no_rhythm_is_known_all_of_the_questions_since_decide() -> None:
    situation, learner = CASES["asked_for_other_course"]
    (question,) = learner.inquiries
    known = changed(
        learner,
        records=[one._replace(stored_at=NOW - 4 * HOUR) for one in learner.records],
        inquiries=[question._replace(asked_at=NOW - HOUR)],
    )
    assert diagnose(situation, known).verdict.reason == "awaiting_inquiry"
    unknown = replace(situation, rhythm=replace(situation.rhythm, usual=None))
    assert diagnose(unknown, known).verdict.reason == "asked_for_other_course"


def test_after_a_fix_the_record_is_expected_with_the_next_questions() -> None:
    """It usually asks at six, and asked today."""
    verdict = diagnose(*CASES["oci_missing"]).verdict
    assert verdict.expected_at is not None
    assert (verdict.minutes, verdict.expected_at.isoformat()) == (1, "2026-11-22T06:00:00-05:00")


@pytest.mark.parametrize(
    "reason",
    [
        "legacy",
        "attempt_failed",
        "college_not_served",
        "no_course_recipient",
        "recipient_silent",
        "never_asked",
        "not_asked_for",
    ],
)
def test_nothing_is_expected_where_more_than_a_fix_is_needed(reason: str) -> None:
    assert diagnose(*CASES[reason]).verdict.expected_at is None


def test_nothing_is_expected_while_somebody_else_has_to_do_something_too() -> None:
    verdict = diagnose(*_both("oci_missing", "activity_record_missing")).verdict
    assert {verdict.reason, *verdict.also} == {"oci_missing", "activity_record_missing"}
    assert verdict.expected_at is None


def test_a_wait_tells_until_when() -> None:
    situation, learner = CASES["retrying"]
    assert diagnose(situation, learner).verdict.expected_at == NOW + timedelta(minutes=5)


def test_nothing_is_said_twice_of_a_recipient_that_has_it() -> None:
    verdict = diagnose(*CASES["refreshing"]).verdict
    assert (str(verdict.detail), verdict.turn, verdict.also) == ("CMaRS has it.", "nobody", ())


def test_dependents_tell_what_they_need() -> None:
    found = diagnose(*CASES["oci_missing"]).findings
    assert found["C4"].state is State.NOT_CHECKED
    assert found["C4"].needs == ("C1", "C2")
    not_made = {check.id for check in CHECKS if found[check.id].state is State.NOT_CHECKED}
    assert not_made == {"C2", "C3", "C4", "C5", "D1", "D2", "D3", "E1"}


def test_what_another_recipient_objects_to_is_told_in_its_words() -> None:
    pull = FakePull()
    situation = replace(SITUATION, recipient=pull, puller=pull, settings=pull.site_settings())
    held = tuple(one._replace(oci_id=replace(one.oci_id, number="666")) for one in LEARNER.oci_ids)
    verdict = diagnose(situation, changed(LEARNER, oci_ids=held)).verdict
    assert (verdict.state, verdict.reason) == ("not_sent_by_rule", "college_not_served")
