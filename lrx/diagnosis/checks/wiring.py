"""Stage A: the right person, and a course that is wired to the recipient. Pure."""

from typing import Any

from lrx.clock import local_date
from lrx.diagnosis.facts import LookAlike
from lrx.diagnosis.finding import Finding, failed, passed, unknown, warns
from lrx.diagnosis.judging import Case
from lrx.diagnosis.repeats import shown_repeat
from lrx.diagnosis.wording import listed, time_in
from lrx.text import Text, text

__all__ = ["one_account", "recipient_works", "sends", "sent_since"]


def one_account(case: Case) -> Finding:
    """A1. Fails where another account of the same person has what this one lacks. That two people have one name, or one
    mailbox, makes them look alike and no more."""
    account, others = case.learner.account, case.learner.look_alikes
    known: dict[str, Any] = {
        "learner_id": str(account.id),
        "username": account.username,
        "suspended": account.suspended,
    }
    if not others:
        return passed(text("One account: {name}.", name=account.full_name), **known)
    known["look_alikes"] = [_shown(one) for one in others]
    completing = [one for one in others if _completes(case, one)]
    if completing:
        has_record = _lacks_record(case) and any(_has_what_counts(case, one) for one in completing)
        known["elsewhere"] = _elsewhere(case, [one for one in completing if _is_surely_theirs(one)])
        if any(_has_it_all(case, one) for one in completing):
            detail = text(
                "Another account of {name} has an OCI ID and a course record, and this one has neither.",
                name=account.full_name,
            )
            return failed("other_account", detail, **known)
        detail = (
            _of_record(case)
            if has_record
            else text("Another account of {name} has an OCI ID, and this one has none.", name=account.full_name)
        )
        return failed("two_accounts", detail, **known)
    detail = text(
        "Other accounts look alike: {accounts}.", accounts=listed(one.username or one.full_name for one in others)
    )
    return warns("look_alike_account", detail, **known)


def _completes(case: Case, other: LookAlike) -> bool:
    has_id, has_record = bool(case.learner.held), case.judged is not None
    other_has_id, other_has_record = bool(other.oci_ids), other.has_record
    if _is_surely_theirs(other):
        return (other_has_id and not has_id) or (_lacks_record(case) and _has_what_counts(case, other))
    # A name alone: the record on one and the OCI ID on the other, and no id numbers that tell them apart.
    if "name" not in other.shared or None not in (case.learner.account.idnumber or None, other.idnumber or None):
        return False
    return (has_id, has_record) == (other_has_record, other_has_id) and has_id is not has_record


def _lacks_record(case: Case) -> bool:
    """Whether nothing here counts that the recipient could be given."""
    return not case.has_what_counts or any(not one.counts for one in case.mandatory)


def _has_what_counts(case: Case, other: LookAlike) -> bool:
    """Whether the other account has a record: one that may count now, where this one has one that does not."""
    if case.judged is None:
        return other.has_record
    situation = case.situation
    return other.completed_at is not None and situation.period.contains(local_date(other.completed_at, situation.zone))


def _has_it_all(case: Case, other: LookAlike) -> bool:
    """Whether the other account lacks nothing, and this one has nothing."""
    is_empty = not case.learner.held and case.judged is None
    return is_empty and _is_surely_theirs(other) and bool(other.oci_ids) and other.has_record


def _of_record(case: Case) -> Text:
    name = case.learner.account.full_name
    if case.judged is None:
        return text("Another account of {name} has a course record, and this one has none.", name=name)
    return text("Another account of {name} has a course record of this period, and here none counts.", name=name)


def _is_surely_theirs(other: LookAlike) -> bool:
    """Whether more than a name says that it is the same person's; of a name alone a person has to judge."""
    return "idnumber" in other.shared or {"name", "email"} <= set(other.shared)


def _elsewhere(case: Case, others: list[LookAlike]) -> list[str]:
    """What this account lacks and another of the same person has."""
    has_record = _lacks_record(case) and any(_has_what_counts(case, one) for one in others)
    has_id = any(one.oci_ids for one in others) and not case.learner.held and case.situation.has_field
    return [*(["record"] if has_record else []), *(["oci_id"] if has_id else [])]


def _shown(other: LookAlike) -> dict[str, object]:
    return {
        "learner_id": str(other.id),
        "username": other.username,
        "shared": list(other.shared),
        "oci_ids": [str(oci_id) for oci_id in other.oci_ids],
        "has_record": other.has_record,
    }


def sends(case: Case) -> Finding:
    """A2. The course sends its records to the recipient now."""
    situation, release = case.situation, case.situation.release
    title = situation.recipient.title
    if release is not None and release.is_active:
        since = release.intervals[-1].since
        return passed(
            text("Sends to {recipient} since {day}.", recipient=title, day=local_date(since, situation.zone)),
            since=since.isoformat(),
            added_by=release.added_by,
        )
    if release is not None and release.intervals and (until := release.intervals[-1].until):
        detail = text(
            "The course stopped sending to {recipient} on {day}.",
            recipient=title,
            day=local_date(until, situation.zone),
        )
        return failed("no_course_recipient", detail, removed_at=until.isoformat())
    if situation.namesakes:
        detail = text(
            "The course does not send to {recipient}; another course of this name does: {courses}.",
            recipient=title,
            courses=listed(situation.namesakes),
        )
        return failed("no_course_recipient", detail, namesakes=list(situation.namesakes))
    return failed("no_course_recipient", text("The course does not send to {recipient}.", recipient=title))


def sent_since(case: Case) -> Finding:
    """A3. The record was stored while the course sent to the recipient."""
    situation, recorded_at = case.situation, case.candidate.record.recorded_at
    spans = situation.release.intervals if situation.release else ()
    facts = {
        "recorded_at": recorded_at.isoformat(),
        "intervals": [
            {"since": span.since.isoformat(), "until": span.until.isoformat() if span.until else None} for span in spans
        ],
    }
    if "legacy" not in case.candidate.failed:
        return passed(text("Recorded on {day}, after that.", day=local_date(recorded_at, situation.zone)), **facts)
    if case.repeat is not None:
        detail = text(
            "Recorded on {day}, while the course did not send to {recipient}; repeated on {repeated}, which made no "
            "new record.",
            day=local_date(recorded_at, situation.zone),
            recipient=situation.recipient.title,
            repeated=local_date(case.repeat.completed_at, situation.zone),
        )
        return failed("repeat_not_counted", detail, **facts, repeats=[shown_repeat(case.repeat, situation)])
    later = next((span.since for span in spans if span.since > recorded_at), None)
    if later is None:
        detail = text(
            "Recorded on {day}, while the course did not send to {recipient}.",
            day=local_date(recorded_at, situation.zone),
            recipient=situation.recipient.title,
        )
    else:
        detail = text(
            "Recorded on {day}, before {recipient} was added on {added}.",
            day=local_date(recorded_at, situation.zone),
            recipient=situation.recipient.title,
            added=local_date(later, situation.zone),
        )
    return failed("legacy", detail, **facts)


def recipient_works(case: Case) -> Finding:
    """A4. The site uses the recipient, it has a way in, and it still asks."""
    situation, rhythm = case.situation, case.situation.rhythm
    title = situation.recipient.title
    if situation.is_enabled is False:
        return failed("recipient_off", text("{recipient} is not switched on for this site.", recipient=title))
    if situation.puller is None and situation.is_enabled is None:
        detail = text("Whether {recipient} was switched on for this site then is not known.", recipient=title)
        return unknown("recipient_unknown_then", detail)
    if situation.puller is None:
        return passed(text("{recipient} is switched on.", recipient=title))
    if not situation.has_account:
        return failed(
            "credential_missing", text("{recipient} has no credential here that is not revoked.", recipient=title)
        )
    if rhythm.last_asked_at is None:
        return failed("never_asked", text("{recipient} has never asked this site anything.", recipient=title))
    facts = {
        "last_asked_at": rhythm.last_asked_at.isoformat(),
        "asked_days": rhythm.asked_days,
        "looked_days": rhythm.looked_days,
        "asks_every_day": rhythm.is_daily,
    }
    asked = time_in(rhythm.last_asked_at, situation.zone)
    if rhythm.is_silent(situation.at):
        detail = text("{recipient} last asked this site anything on {time}.", recipient=title, time=asked)
        return failed("recipient_silent", detail, **facts)
    if situation.is_enabled is None:
        detail = text(
            "Whether {recipient} was switched on for this site then is not known; it last asked on {time}.",
            recipient=title,
            time=asked,
        )
        return unknown("recipient_unknown_then", detail, **facts)
    return passed(
        text("Switched on; {recipient} last asked on {time}.", recipient=title, time=asked),
        **facts,
    )
