"""Repeats: later completions in the cycle of a record, kept with it as amendments, of which a record would count now.
Pure."""

from collections.abc import Collection, Sequence

from lrx.clock import local_date
from lrx.delivery.proofs import KeptRow
from lrx.delivery.released import has_expired
from lrx.diagnosis.facts import Amended, LearnerFacts, Situation
from lrx.validity import expires_at, stored_rule

__all__ = ["repeat_of", "shown_repeat", "unpromoted"]


def repeat_of(situation: Situation, learner: LearnerFacts, records: Collection[KeptRow]) -> Amended | None:
    """The newest repeat kept with one of these records of which a record would count now. What is kept with a voided
    one comes back with it."""
    standing = [one for one in records if not learner.is_voided(one.id)]
    found = [one for one in unpromoted(learner, standing) if _would_count(situation, one)]
    return max(found, key=lambda one: one.completed_at, default=None)


def unpromoted(learner: LearnerFacts, records: Collection[KeptRow]) -> Sequence[Amended]:
    """The amendments of these records of which no record was made: as of a past instant, none yet."""
    own, known = {one.id for one in records}, {one.id for one in learner.records}
    return [one for one in learner.amendments if one.record_id in own and one.promoted_record_id not in known]


def shown_repeat(repeat: Amended, situation: Situation, activity: str | None = None) -> dict[str, str | None]:
    """The repeat as evidence; `activity` is the name of the one repeated, None for the course."""
    return {
        "record_id": str(repeat.record_id),
        "amendment_id": str(repeat.id),
        "repeated_on": local_date(repeat.completed_at, situation.zone).isoformat(),
        "activity": activity,
    }


def _would_count(situation: Situation, repeat: Amended) -> bool:
    expiry, release = situation.course.expiry, situation.release
    ends = expires_at(stored_rule(expiry), repeat.completed_at, situation.zone)
    if has_expired(ends, release.reporting_period if release else None, expiry, situation.at):
        return False
    if release is not None and not any(span.contains(repeat.recorded_at) for span in release.intervals):
        return False
    return situation.period.contains(local_date(repeat.completed_at, situation.zone))
