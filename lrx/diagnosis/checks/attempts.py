"""Attempts beside completions: whether a record says complete of an activity whose last attempt was not passed. Pure.

Observations tell of attempts and fails, never of passes: those are completions, and kept as records of the activity
or, within a cycle, as amendments of one.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from lrx.clock import local_date
from lrx.delivery.released import period_of
from lrx.diagnosis.facts import Seen
from lrx.diagnosis.judging import Candidate, Case
from lrx.models import ObservationKind
from lrx.source import Source

__all__ = ["ATTEMPTS", "without_passing"]

ATTEMPTS = frozenset(
    {
        ObservationKind.ATTEMPT_STARTED,
        ObservationKind.ATTEMPT_SUBMITTED,
        ObservationKind.FAILED,
        ObservationKind.UNCOMPLETED,
    }
)


def without_passing(case: Case, judged: Candidate) -> bool:
    """Whether an activity that the record stands on was failed in the record's cycle, and neither completed nor handed
    in after that.

    What came after the record is practice. A fail of the course itself is answered by the record.
    """
    if judged.record.source is not Source.COMPLETION:
        return False
    needed = {one.activity_id for one in case.mandatory}
    return any(
        one.activity_id is not None
        and (not needed or one.activity_id in needed)
        and not _is_followed(case, one.activity_id, one.happened_at)
        for one in _failed(case, judged)
    )


def _failed(case: Case, judged: Candidate) -> Iterable[Seen]:
    """The fails up to the record, in its cycle."""
    situation = case.situation
    period = situation.release.reporting_period if situation.release else None
    cycle = period_of(period, situation.course.expiry, situation.zone, judged.record.completed_at)
    return (
        one
        for one in case.learner.seen
        if one.kind is ObservationKind.FAILED
        and one.happened_at <= judged.record.completed_at
        and cycle.contains(local_date(one.happened_at, situation.zone))
    )


def _is_followed(case: Case, activity_id: UUID, failed_at: datetime) -> bool:
    """By a completion, or by an attempt handed in, of which only a fail would be told."""
    learner = case.learner
    own = {one.id: one.completed_at for one in learner.records if one.activity_id == activity_id}
    amended = (one.completed_at for one in learner.amendments if one.record_id in own)
    if any(completed_at >= failed_at for completed_at in (*own.values(), *amended)):
        return True
    return any(
        one.happened_at > failed_at
        for one in learner.seen
        if one.activity_id == activity_id and one.kind is ObservationKind.ATTEMPT_SUBMITTED
    )
