"""Stages D, E and F: the exchange itself, the recipient's side, and what may have happened elsewhere. Pure."""

from datetime import date, datetime, timedelta

from lrx.diagnosis.facts import Asked
from lrx.diagnosis.finding import Finding, failed, inapplicable, not_checked, passed, unknown, waits, warns
from lrx.diagnosis.judging import Case
from lrx.diagnosis.wording import listed, time_in
from lrx.models import DeliveryStatus
from lrx.recipient import Outcome
from lrx.text import Text, text

__all__ = ["answered_with_it", "asked_since", "done_elsewhere", "exposed", "refreshed", "tracked"]

REFRESH = timedelta(hours=24)
"""Recipients refresh what they show about once a day."""


def exposed(case: Case) -> Finding:
    """D1. The record is there for the recipient to get."""
    since = exposed_at(case)
    return passed(
        text("There for the recipient since {time}.", time=time_in(since, case.situation.zone)), since=since.isoformat()
    )


def exposed_at(case: Case) -> datetime:
    """The instant from which nothing stood in the way: the latest of all that had to happen first."""
    learner, release = case.learner, case.situation.release
    records = [case.candidate.record, *(one.record for one in case.mandatory if one.record is not None)]
    acts = [acts.get(record.id) for record in records for acts in (learner.voided, learner.expired)]
    current = [one.held_from for one in learner.oci_ids if one.held_until is None]
    moments = [
        *(record.stored_at for record in records),
        *(act.at for act in acts if act is not None),
        min(current, default=None),
        release.intervals[-1].since if release and release.intervals else None,
        release.period_since if release else None,
    ]
    return max(moment for moment in moments if moment is not None)


def asked_since(case: Case) -> Finding:
    """D2. A recipient that asks has asked since; one that is told has been told."""
    situation = case.situation
    if situation.puller is None:
        return _told(case)
    title, since = situation.recipient.title, exposed_at(case)
    asked = [one for one in case.learner.inquiries if one.asked_at >= since]
    if case.is_delivered or asked:
        when = asked[-1].asked_at if asked else case.owed and case.owed.delivered_at
        return passed(
            text("{recipient} has asked since.", recipient=title), asked_at=when.isoformat() if when else None
        )
    expected = situation.rhythm.expected_after(situation.at)
    if expected is None:
        return waits("awaiting_inquiry", text("{recipient} has not asked since then.", recipient=title), None)
    detail = text(
        "{recipient} has not asked since then. It usually asks at {usual}: on {asked} of the last {looked} days.",
        recipient=title,
        usual=f"{situation.rhythm.usual:%H:%M}",
        asked=situation.rhythm.asked_days,
        looked=situation.rhythm.looked_days,
    )
    return waits("awaiting_inquiry", detail, expected)


def _told(case: Case) -> Finding:
    owed, title = case.owed, case.situation.recipient.title
    status = owed.status if owed else DeliveryStatus.PENDING
    if status is DeliveryStatus.DELIVERED:
        return passed(text("{recipient} took it.", recipient=title))
    if status is DeliveryStatus.DEAD:
        detail = text("{recipient} did not take it, and it is not tried again by itself.", recipient=title)
        return failed("given_up", detail, attempts=owed.attempts if owed else 0)
    if status is DeliveryStatus.SUBMITTED:
        return waits("undecided", text("{recipient} has been told and has not decided yet.", recipient=title), None)
    if owed is not None and owed.attempts:
        detail = text("Tried {times} times; tried again by itself.", times=owed.attempts)
        return waits("retrying", detail, owed.due_at, attempts=owed.attempts)
    return waits("underway", text("On its way to {recipient}.", recipient=title), None)


def answered_with_it(case: Case) -> Finding:
    """D3. What the recipient was answered contained the record."""
    situation, owed = case.situation, case.owed
    title = situation.recipient.title
    if situation.puller is None:
        return inapplicable(text("{recipient} is told; it does not ask.", recipient=title))
    if case.is_delivered:
        times = [one for one in case.learner.inquiries if str(case.candidate.record.id) in one.record_ids]
        first = owed.delivered_at if owed else None
        detail = text(
            "{recipient} was given it on {time}.", recipient=title, time=time_in(first or situation.at, situation.zone)
        )
        return passed(
            detail,
            first_given_at=first.isoformat() if first else None,
            inquiries=[{"inquiry_id": str(one.id), "asked_at": one.asked_at.isoformat()} for one in times],
        )
    asked = [one for one in case.learner.inquiries if one.asked_at >= exposed_at(case)]
    return _without(case, asked[0]) if asked else not_checked("D2")


def _without(case: Case, asked: Asked) -> Finding:
    """Why the latest answer did not contain the record."""
    situation, shown = case.situation, case.candidate.proof
    title, course = situation.recipient.title, situation.course
    facts = {
        "inquiry_id": str(asked.id),
        "asked_at": asked.asked_at.isoformat(),
        "outcome": asked.outcome.value,
        "code": asked.code,
    }
    if asked.outcome is Outcome.ANSWERED:
        if asked.course is not None and asked.course not in (shown.course_shortname, shown.course_idnumber):
            detail = text(
                "{recipient} asks for the course “{asked}”; this one is “{own}”.",
                recipient=title,
                asked=asked.course,
                own=course.shortname or course.full_name,
            )
            return failed("asked_for_other_course", detail, asked_course=asked.course, **facts)
        first, last, day = asked.completed_from, asked.completed_to, shown.completed_on
        if (first and day < first) or (last and day > last):
            detail = text(
                "{recipient} asks for completions {span}; this one is of {day}.",
                recipient=title,
                span=_span(first, last),
                day=day,
            )
            return failed("asked_for_other_dates", detail, **facts)
    detail = text(
        "{recipient} asked on {time} and was not given it.",
        recipient=title,
        time=time_in(asked.asked_at, situation.zone),
    )
    return failed("answered_without", detail, **facts)


def _span(first: date | None, last: date | None) -> Text:
    if first and last:
        return text("from {first} to {last}", first=first, last=last)
    return text("from {first} on", first=first) if first else text("up to {last}", last=last)


def refreshed(case: Case) -> Finding:
    """E1. The recipient has had a day to show what it collected."""
    situation, owed = case.situation, case.owed
    title = situation.recipient.title
    if owed is None or owed.delivered_at is None or not case.is_delivered:
        return not_checked("D3")
    until = owed.delivered_at + REFRESH
    if situation.at < until:
        detail = text("Collected on {time}; allow a day.", time=time_in(owed.delivered_at, situation.zone))
        return waits("refreshing", detail, until)
    given = [one.asked_at for one in case.learner.inquiries if str(case.candidate.record.id) in one.record_ids]
    last = max(given, default=owed.delivered_at)
    detail = text(
        "{recipient} was given it first on {first}, and last on {last}.",
        recipient=title,
        first=time_in(owed.delivered_at, situation.zone),
        last=time_in(last, situation.zone),
    )
    return warns("escalate", detail, first_given_at=owed.delivered_at.isoformat(), last_given_at=last.isoformat())


def tracked(case: Case) -> Finding:
    """E2. The recipient follows this course at all: only its representative can say."""
    release, title = case.situation.release, case.situation.recipient.title
    tracking = release.tracking if release else None
    if tracking is None or tracking.tracked is None:
        detail = text("Nobody has noted whether {recipient} follows this course.", recipient=title)
        return unknown("tracking_unknown", detail)
    facts = {
        "confirmed_by": tracking.confirmed_by,
        "confirmed_on": tracking.confirmed_on.isoformat() if tracking.confirmed_on else None,
        "note": tracking.note,
    }
    words = {"recipient": title, "person": tracking.confirmed_by, "day": tracking.confirmed_on}
    if tracking.tracked:
        return passed(text("Followed by {recipient}: confirmed by {person} on {day}.", **words), **facts)
    return failed("not_tracked", text("Not followed by {recipient}, said {person} on {day}.", **words), **facts)


def done_elsewhere(case: Case) -> Finding:
    """F2. Another site of the network holds a record that counts, where both sites tell such things."""
    sites = case.learner.elsewhere
    if case.judged is not None:
        return inapplicable(text("There is a record here."))
    if not sites:
        return unknown("completed_elsewhere", text("Completed at another hospital? That is not known here."))
    detail = text("Completed at {sites}.", sites=listed(sites))
    return warns("completed_elsewhere", detail, sites=list(sites))
