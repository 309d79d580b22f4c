"""Stage B: whether it happened here, and whether the record is one that counts. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from lrx.clock import local_date
from lrx.delivery.proofs import ActivityRow
from lrx.diagnosis.checks.attempts import ATTEMPTS, without_passing
from lrx.diagnosis.facts import Seen
from lrx.diagnosis.finding import Finding, failed, inapplicable, not_checked, passed, warns
from lrx.diagnosis.judging import Candidate, Case, Mandatory
from lrx.diagnosis.repeats import shown_repeat, unpromoted
from lrx.diagnosis.wording import listed, time_in
from lrx.models import ObservationKind
from lrx.source import SOURCE_TITLES, Source
from lrx.text import Text, text
from lrx.validity import last_day

__all__ = ["activities_done", "in_period", "not_voided", "other_records", "recorded", "source_is_sent", "started"]

ENROLMENTS = frozenset({ObservationKind.ENROLLED, ObservationKind.UNENROLLED})
SHOWN = 10
"""Most observations and records shown as evidence."""


def started(case: Case) -> Finding:
    """B0. Enrolled, and something was begun."""
    seen = sorted(case.learner.seen, key=lambda one: one.happened_at)
    attempts = [one for one in seen if one.kind in ATTEMPTS]
    facts = {"seen": [_shown_seen(one) for one in seen[-SHOWN:]]}
    if case.judged is not None:
        if without_passing(case, case.judged):
            detail = text("The record says complete, and the latest attempt was not passed.")
            return warns("completed_without_passing", detail, **facts)
        return passed(text("There is a course record."), **facts)
    begun = [record for record in case.learner.records if record.activity_id]
    ended_at = _ended_at(seen)
    done = {record.activity_id for record in begun if not case.learner.has_lapsed(record.id)}
    attempts = [one for one in attempts if one.activity_id not in done]
    if begun:
        has_left = ended_at is not None and ended_at > max(record.completed_at for record in begun)
        if not has_left and not (attempts and attempts[-1].kind is ObservationKind.FAILED):
            return passed(text("Begun: there are records of activities."), **facts)
    elif not seen:
        return failed("no_trace", text("Nothing of this learner was ever seen in the course."), **facts)
    if ended_at is not None:
        ended = local_date(ended_at, case.situation.zone)
        detail = text("The enrolment ended on {day}, and the course was not completed.", day=ended)
        return failed("enrolment_ended", detail, **facts)
    last = local_date(seen[-1].happened_at, case.situation.zone)
    if not attempts:
        return failed("not_started", text("Enrolled, and never started. Last seen on {day}.", day=last), **facts)
    if attempts[-1].kind is ObservationKind.FAILED:
        return failed("attempt_failed", _failed_attempt(attempts[-1], case), **facts)
    return failed("attempt_not_completed", text("Started and not completed. Last seen on {day}.", day=last), **facts)


def _ended_at(seen: Sequence[Seen]) -> datetime | None:
    """When the enrolment ended, where the last word on it is that it did."""
    last = next((one for one in reversed(seen) if one.kind in ENROLMENTS), None)
    return last.happened_at if last is not None and last.kind is ObservationKind.UNENROLLED else None


def _failed_attempt(attempt: Seen, case: Case) -> Text:
    day = local_date(attempt.happened_at, case.situation.zone)
    raw, most = attempt.detail.get("raw"), attempt.detail.get("max")
    if raw is None or most is None:
        return text("Attempted on {day} and not passed.", day=day)
    return text("Attempted on {day} and not passed: {raw} of {max}.", day=day, raw=raw, max=most)


def _shown_seen(one: Seen) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "happened_at": one.happened_at.isoformat(),
        "activity_id": str(one.activity_id) if one.activity_id else None,
    }


def recorded(case: Case) -> Finding:
    """B1. There is a course record; without one, it matters whether the activities are all done: the mandatory ones,
    or where none is mandatory, all that are known."""
    if case.judged is not None:
        record, zone = case.judged.record, case.situation.zone
        return passed(
            text(
                "Completed on {time}. {source}.", time=time_in(record.completed_at, zone), source=_source(record.source)
            ),
            **_shown_record(case.judged),
        )
    if any(not one.counts for one in case.mandatory):
        return not_checked("B2")
    if case.mandatory:
        detail = text("Everything mandatory is complete, and there is no course record.")
        return failed("course_record_missing", detail)
    open_ones = _without_record(case)
    if open_ones:
        detail = text(
            "No course record, and no record yet for: {activities}.",
            activities=listed(one.full_name for one in open_ones[:SHOWN]),
        )
        shown = [{"activity_id": str(one.id), "full_name": one.full_name} for one in open_ones[:SHOWN]]
        return failed("activities_open", detail, activities=shown)
    return failed("course_record_missing", text("There are records of all activities, and no course record."))


def _without_record(case: Case) -> list[ActivityRow]:
    """What of the course has no record that stands. Which of it the course asks for, only the LMS knows."""
    learner = case.learner
    done = {one.activity_id for one in learner.records if not learner.has_lapsed(one.id)}
    open_ones = [one for one in case.situation.activities.values() if one.id not in done]
    return sorted(open_ones, key=lambda one: (one.full_name, str(one.id)))


def _source(source: Source) -> Text:
    return SOURCE_TITLES[source]


def _shown_record(candidate: Candidate) -> dict[str, Any]:
    record = candidate.record
    return {
        "record_id": str(record.id),
        "source": record.source.value,
        "completed_at": record.completed_at.isoformat(),
        "recorded_at": record.recorded_at.isoformat(),
        "expires_at": record.expires_at.isoformat() if record.expires_at else None,
        "grade": record.grade,
    }


def activities_done(case: Case) -> Finding:
    """B2. Every mandatory activity has a record that counts now."""
    if not case.mandatory:
        return inapplicable(text("The course has no mandatory activity."))
    facts = {"activities": [_shown_activity(one) for one in case.mandatory]}
    missing = [one.full_name for one in case.mandatory if one.record is None]
    outdated = [one.full_name for one in case.mandatory if one.record is not None and not one.counts]
    if missing:
        return failed(
            "activity_record_missing", text("No record yet for: {activities}.", activities=listed(missing)), **facts
        )
    repeated = [one for one in case.mandatory if one.record is not None and not one.counts and one.repeat is not None]
    if outdated and len(repeated) == len(outdated):
        detail = text("Repeated since, which made no new record: {activities}.", activities=listed(outdated))
        shown = [shown_repeat(one.repeat, case.situation, one.full_name) for one in repeated if one.repeat]
        return failed("repeat_not_counted", detail, **facts, repeats=shown)
    if outdated:
        detail = text("No record that counts now for: {activities}.", activities=listed(outdated))
        return failed("activity_record_outdated", detail, **facts)
    return passed(text("All done: {activities}.", activities=listed(one.full_name for one in case.mandatory)), **facts)


def _shown_activity(one: Mandatory) -> dict[str, Any]:
    return {
        "activity_id": str(one.activity_id),
        "full_name": one.full_name,
        "record_id": str(one.record.id) if one.record else None,
        "completed_at": one.record.completed_at.isoformat() if one.record else None,
        "counts": one.counts,
        "why_not": list(one.why_not),
    }


def in_period(case: Case) -> Finding:
    """B3. Completed in the current reporting period, and not expired."""
    situation, judged = case.situation, case.candidate
    period = situation.period
    facts = {
        "completed_on": judged.proof.completed_on.isoformat(),
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "expires_at": judged.record.expires_at.isoformat() if judged.record.expires_at else None,
    }
    words = {"day": judged.proof.completed_on, "first": period.first, "last": period.last}
    if "expired_by_administrator" in judged.failed:
        expired = case.learner.expired.get(judged.record.id)
        detail = text("An administrator let the record expire.")
        if expired is not None:
            facts |= {"expired_at": expired.at.isoformat(), "by": expired.actor, "why": expired.reason}
            detail = text(
                "Let expire on {day} by an administrator: {reason}",
                day=local_date(expired.at, situation.zone),
                reason=expired.reason,
            )
        return failed("expired_by_administrator", detail, **facts)
    is_past, is_expired = "out_of_period" in judged.failed, "expired" in judged.failed
    if case.repeat is not None and (is_past or is_expired):
        detail = text(
            "Completed on {day}; repeated on {repeated}, which made no new record. Counts from {first} to {last}.",
            **words,
            repeated=local_date(case.repeat.completed_at, situation.zone),
        )
        return failed("repeat_not_counted", detail, **facts, repeats=[shown_repeat(case.repeat, situation)])
    if is_past:
        return failed(
            "out_of_period", text("Completed on {day}; what counts now is {first} to {last}.", **words), **facts
        )
    if is_expired and judged.record.expires_at:
        last = last_day(situation.zone, judged.record.expires_at)
        return failed(
            "expired", text("Completed on {day} and valid until {last}.", day=words["day"], last=last), **facts
        )
    return passed(text("Completed on {day}, between {first} and {last}.", **words), **facts)


def not_voided(case: Case) -> Finding:
    """B4. The record is not voided."""
    voided = case.learner.voided.get(case.candidate.record.id)
    if voided is None:
        return passed(text("Never voided."))
    facts: dict[str, Any] = {"at": voided.at.isoformat(), "by": voided.actor, "why": voided.reason}
    day = local_date(voided.at, case.situation.zone)
    if not voided.holds:
        return passed(text("Voided once, and unvoided on {day}.", day=day), **facts)
    owed = case.owed
    if owed is not None and owed.delivered_at is not None:
        facts["was_delivered_at"] = owed.delivered_at.isoformat()
    kept = unpromoted(case.learner, [case.candidate.record])
    if kept:
        facts["amendments"] = [
            {"amendment_id": str(one.id), "completed_at": one.completed_at.isoformat()} for one in kept[:SHOWN]
        ]
        detail = text(
            "Voided on {day}: {reason}. Kept with it as amendments: completions of {days}.",
            day=day,
            reason=voided.reason.rstrip(". "),
            days=listed(dict.fromkeys(local_date(one.completed_at, case.situation.zone) for one in kept[:SHOWN])),
        )
        return failed("voided", detail, **facts)
    return failed("voided", text("Voided on {day}: {reason}", day=day, reason=voided.reason), **facts)


def source_is_sent(case: Case) -> Finding:
    """B5. The record comes from a source that is sent."""
    source = case.candidate.record.source
    reason = f"source_{source.value}"
    if reason not in case.candidate.failed:
        return passed(_source(source), source=source.value)
    return failed(reason, text("Kept here and not sent: {source}.", source=_source(source)), source=source.value)


def other_records(case: Case) -> Finding:
    """B6. What else there is, and why it was not the one judged."""
    if not case.others:
        return passed(text("No other record of the course."))
    shown = [{**_shown_record(one), "why_not": sorted(one.failed)} for one in case.others[:SHOWN]]
    days = listed(one.proof.completed_on for one in case.others[:SHOWN])
    return warns("other_records", text("Other records, not judged: {days}.", days=days), records=shown)
