"""The chain: every check in the order people read it, what it needs, and the diagnosis it makes. Pure.

All checks that can be made are made, so that nobody mends one thing to find the next; what depends on a check that did
not pass says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from lrx.diagnosis.checks import asking, completion, handover, recognition, wiring
from lrx.diagnosis.facts import LearnerFacts, Situation
from lrx.diagnosis.finding import Finding, State, not_checked, unknown
from lrx.diagnosis.judging import Case, case_of
from lrx.diagnosis.verdict import Verdict, verdict
from lrx.logs import log, trace_of
from lrx.text import Text, text

__all__ = ["CHECKS", "STAGES", "Check", "Diagnosis", "diagnose"]

STAGES: Mapping[str, Text] = {
    "A": text("Right person, right wiring"),
    "B": text("Did it happen here?"),
    "C": text("Can the recipient recognise the person?"),
    "D": text("Exchange"),
    "E": text("On the recipient’s side"),
    "F": text("Elsewhere"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its place in the chain, the question it answers, the checks that have to pass before it, and the
    reasons it can give."""

    id: str
    question: Text
    make: Callable[[Case], Finding]
    needs: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


# Each comes after what it needs; they are shown by id.
_IN_ORDER_OF_NEED: tuple[Check, ...] = (
    Check(
        "A1",
        text("Exactly one account?"),
        wiring.one_account,
        (),
        ("two_accounts", "other_account", "look_alike_account"),
    ),
    Check("A2", text("Does the course send to the recipient?"), wiring.sends, (), ("no_course_recipient",)),
    Check(
        "A4",
        text("Is the recipient on, and does it ask?"),
        wiring.recipient_works,
        (),
        ("recipient_off", "recipient_unknown_then", "credential_missing", "never_asked", "recipient_silent"),
    ),
    Check(
        "B0",
        text("Enrolled and begun?"),
        completion.started,
        (),
        (
            "no_trace",
            "not_started",
            "enrolment_ended",
            "attempt_not_completed",
            "attempt_failed",
            "completed_without_passing",
        ),
    ),
    Check(
        "B1",
        text("Is there a course record?"),
        completion.recorded,
        ("B0",),
        ("course_record_missing", "activities_open"),
    ),
    Check(
        "B2",
        text("Is every mandatory activity complete?"),
        completion.activities_done,
        ("B0",),
        ("activity_record_missing", "activity_record_outdated", "repeat_not_counted"),
    ),
    Check(
        "A3",
        text("Did the course send when the record came?"),
        wiring.sent_since,
        ("A2", "B1"),
        ("legacy", "repeat_not_counted"),
    ),
    Check(
        "B3",
        text("In the current reporting period, and not expired?"),
        completion.in_period,
        ("B1",),
        ("out_of_period", "repeat_not_counted", "expired", "expired_by_administrator"),
    ),
    Check("B4", text("Not voided?"), completion.not_voided, ("B1",), ("voided",)),
    Check(
        "B5",
        text("From a source that is sent?"),
        completion.source_is_sent,
        ("B1",),
        ("source_csv_upload", "source_equivalency"),
    ),
    Check("B6", text("Any other records?"), completion.other_records, ("B1",), ("other_records",)),
    Check(
        "C1",
        text("Is there an OCI ID?"),
        recognition.has_oci_id,
        (),
        ("oci_missing", "profile_field_missing", "oci_refused"),
    ),
    Check("C2", text("Is it well formed?"), recognition.well_formed, ("C1",), ("oci_refused", "oci_unusual")),
    Check("C3", text("Does nobody else hold it?"), recognition.is_unique, ("C1", "C2"), ("oci_duplicate",)),
    Check(
        "C4",
        text("Does the recipient serve the college?"),
        recognition.college_served,
        ("C1", "C2"),
        ("college_not_served", "college_mistaken", "oci_overwritten", "recipient_objects"),
    ),
    Check(
        "C5",
        text("Does the recipient ask for this person?"),
        asking.asked_for,
        ("A4", "C1", "C2", "C3", "C4"),
        (
            "asked_for_near_id",
            "asked_for_other_id",
            "oci_duplicate",
            "oci_overwritten",
            "oci_moved",
            "number_in_doubt",
            "not_asked_for",
            "no_longer_asked_for",
            "not_asked_yet",
        ),
    ),
    Check(
        "D1",
        text("Can the recipient get the record?"),
        handover.exposed,
        ("A2", "A3", "A4", "B1", "B2", "B3", "B4", "B5", "C1", "C2", "C3", "C4"),
    ),
    Check(
        "D2",
        text("Has the recipient asked, or been told, since?"),
        handover.asked_since,
        ("C5", "D1"),
        ("awaiting_inquiry", "underway", "retrying", "undecided", "given_up"),
    ),
    Check(
        "D3",
        text("What did we answer?"),
        handover.answered_with_it,
        ("D2",),
        ("asked_for_other_course", "asked_for_other_dates", "answered_without"),
    ),
    Check("E1", text("Has the recipient had a day to show it?"), handover.refreshed, (), ("refreshing", "escalate")),
    Check(
        "E2",
        text("Does the recipient follow this course at all?"),
        handover.tracked,
        ("A2",),
        ("not_tracked", "tracking_unknown"),
    ),
    Check(
        "F2", text("Completed elsewhere?"), handover.done_elsewhere, (), ("completed_elsewhere", "elsewhere_unknown")
    ),
)

CHECKS: tuple[Check, ...] = tuple(sorted(_IN_ORDER_OF_NEED, key=lambda check: check.id))
"""Every check, in the order people read it."""

_STOPS = frozenset({State.FAIL, State.NOT_CHECKED})


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a completion is missing at a recipient, or that it is not: as it stood at `as_of`. `findings` are by check,
    in the order of the chain; `record_id` is the record that was judged, `completed_on` its
    day in the site's zone."""

    learner_id: UUID
    course_id: UUID
    recipient: str
    as_of: datetime
    verdict: Verdict
    findings: Mapping[str, Finding]
    record_id: UUID | None
    completed_on: date | None
    delivered_at: datetime | None


def _made(check: Check, case: Case) -> Finding:
    """The finding; a check that breaks leaves the others standing."""
    try:
        return check.make(case)
    except Exception as error:
        log.error("a check broke", check=check.id, error=type(error).__qualname__, trace=trace_of(error))
        return unknown("not_evaluated", text("It could not be evaluated."))


def diagnose(situation: Situation, learner: LearnerFacts) -> Diagnosis:
    """Return the diagnosis of one learner: the same facts give the same diagnosis."""
    case = case_of(situation, learner)
    found: dict[str, Finding] = {}
    for check in _IN_ORDER_OF_NEED:
        unmet = tuple(need for need in check.needs if found[need].state in _STOPS)
        found[check.id] = not_checked(*unmet) if unmet else _made(check, case)
    in_order = {check.id: found[check.id] for check in CHECKS}
    owed = case.owed
    return Diagnosis(
        learner_id=learner.account.id,
        course_id=situation.course.id,
        recipient=situation.recipient.code,
        as_of=situation.at,
        verdict=verdict(case, in_order),
        findings=in_order,
        record_id=case.judged.record.id if case.judged else None,
        completed_on=case.judged.proof.completed_on if case.judged else None,
        delivered_at=owed.delivered_at if owed else None,
    )
