"""Stages D, E and F: the exchange itself, the recipient's side, and what may have happened elsewhere. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from lrx.delivery.wanted import is_course_wanted, is_wanted
from lrx.diagnosis.facts import Asked, Situation
from lrx.diagnosis.finding import Finding, failed, inapplicable, not_checked, passed, unknown, waits, warns
from lrx.diagnosis.judging import Case
from lrx.diagnosis.wording import listed, time_in
from lrx.models import DeliveryStatus
from lrx.text import Text, text

__all__ = ["answered_with_it", "asked_since", "done_elsewhere", "exposed", "refreshed", "tracked"]

REFRESH = timedelta(hours=24)
"""Recipients refresh what they show about once a day."""
SHOWN = 5
"""Most other courses asked for that are named."""


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
    title, asked = situation.recipient.title, _questions(case)
    if asked.for_it or (case.is_delivered and not case.was_left_out_since):
        when = asked.for_it[-1].asked_at if asked.for_it else case.owed and case.owed.delivered_at
        return passed(
            text("{recipient} has asked since.", recipient=title), asked_at=when.isoformat() if when else None
        )
    if asked.is_for_others_only:
        when = asked.for_others[-1].asked_at
        detail = text("{recipient} has asked since, and not for this completion.", recipient=title)
        return passed(detail, asked_at=when.isoformat())
    return waits("awaiting_inquiry", _not_yet(situation), situation.rhythm.expected_after(situation.at))


class _Questions(NamedTuple):
    """What the recipient asked about the person since the record was there for it, the latest first: what would have
    been answered with the record, and what is about other courses or other dates. `is_for_others_only` where nothing
    would have been, in a full round of its questions."""

    for_it: Sequence[Asked]
    for_others: Sequence[Asked]
    is_for_others_only: bool


def _questions(case: Case) -> _Questions:
    situation, shown, since = case.situation, case.candidate.proof, exposed_at(case)
    asked = [one for one in case.learner.inquiries if one.asked_at >= since]
    if not case.is_delivered:  # what was answered with it lies before it was withdrawn, in the same instant maybe
        asked = [one for one in asked if str(case.candidate.record.id) not in one.record_ids]
    for_it = [one for one in asked if is_wanted(shown, one)]
    for_others = [one for one in asked if not is_wanted(shown, one)]
    only = not for_it and bool(for_others)
    has_gone_round = only and situation.rhythm.has_gone_round(since, for_others[-1].asked_at, situation.at)
    return _Questions(for_it, for_others, has_gone_round)


def _not_yet(situation: Situation) -> Text:
    title, rhythm = situation.recipient.title, situation.rhythm
    if rhythm.usual is None:
        return text("{recipient} has not asked for it since then.", recipient=title)
    return text(
        "{recipient} has not asked for it since then. It usually asks at {usual}: on {asked} of the last {looked} "
        "days.",
        recipient=title,
        usual=f"{rhythm.usual:%H:%M}",
        asked=rhythm.asked_days,
        looked=rhythm.looked_days,
    )


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
    asked = _questions(case)
    if asked.for_it:
        return _without(situation, asked.for_it[0])
    return _for_others(case, asked.for_others) if asked.is_for_others_only else not_checked("D2")


def _without(situation: Situation, asked: Asked) -> Finding:
    """The latest answer should have contained the record, and did not."""
    detail = text(
        "{recipient} asked on {time} and was not given it.",
        recipient=situation.recipient.title,
        time=time_in(asked.asked_at, situation.zone),
    )
    return failed("answered_without", detail, **_shown(asked))


def _for_others(case: Case, asked: Sequence[Asked]) -> Finding:
    """Where it asks for the course, its dates leave the record out; else it does not ask for the course."""
    situation, shown = case.situation, case.candidate.proof
    title, course = situation.recipient.title, situation.course
    of_course = [one for one in asked if is_course_wanted(shown, one)]
    if of_course:
        latest = of_course[0]
        first, last = latest.completed_from, latest.completed_to
        detail = text(
            "{recipient} asks for completions {span}; this one is of {day}.",
            recipient=title,
            span=_span(first, last),
            day=shown.completed_on,
        )
        return failed("asked_for_other_dates", detail, **_shown(latest))
    latest = asked[0]
    detail = text(
        "{recipient} asks for the course “{asked}”; this one is “{own}”.",
        recipient=title,
        asked=listed([*dict.fromkeys(one.course for one in asked)][:SHOWN]),
        own=course.shortname or course.full_name,
    )
    return failed("asked_for_other_course", detail, asked_course=latest.course, **_shown(latest))


def _shown(asked: Asked) -> dict[str, str | None]:
    return {
        "inquiry_id": str(asked.id),
        "asked_at": asked.asked_at.isoformat(),
        "outcome": asked.outcome.value,
        "code": asked.code,
    }


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
    collected = case.given_again_at or owed.delivered_at
    if situation.at < collected + REFRESH:
        detail = text("Collected on {time}; allow a day.", time=time_in(collected, situation.zone))
        return waits("refreshing", detail, collected + REFRESH)
    last = max(case.given_at, default=owed.delivered_at)
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
    """F2. Another site of the network holds a record that counts, where both sites tell such things. With a number in
    doubt it would be somebody else's; where a record here counts, the number does not matter."""
    learner, sites = case.learner, case.learner.elsewhere
    if case.has_what_counts:
        return inapplicable(text("There is a record here."))
    if not set(learner.held) - learner.sharers.keys():
        return not_checked("C3")
    if not sites:
        return unknown("elsewhere_unknown", text("Completed at another hospital? That is not known here."))
    detail = text("Completed at {sites}.", sites=listed(sites))
    return warns("completed_elsewhere", detail, sites=list(sites))
