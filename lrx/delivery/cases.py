"""What is known of a learner in a course, read for many at once: the records kept, their voidings and expirations,
the course."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx.delivery.expirations import expired_among
from lrx.delivery.proofs import ActivityRow, CourseRow, RecordRow
from lrx.delivery.voidings import LatestVoiding, voidings_of
from lrx.eligibility import Interval
from lrx.given import given_pairs, listed_pairs
from lrx.models import Activity, Course, LearningRecord
from lrx.source import SENT_SOURCES
from lrx.tables import Rows, among, interned, table

__all__ = ["Case", "Pair", "activities_named", "cases_of"]

_RECORDS = table(LearningRecord).c
_COURSES = Rows(CourseRow, Course, lambda of: (among(of.id),))
_ACTIVITIES = Rows(ActivityRow, Activity, lambda of: (among(of.id),))

Pair = tuple[UUID, UUID]
"""A learner and a course, by their ids."""


@dataclass(slots=True)
class Case:
    """One learner in one course: every record of any source, oldest first, the last word on each that was ever voided,
    and since when those are expired that an administrator has let expire."""

    learner_id: UUID
    course: CourseRow
    records: list[RecordRow]
    voidings: dict[UUID, LatestVoiding]
    expired: dict[UUID, datetime] = field(default_factory=dict)

    def is_voided(self, record_id: UUID) -> bool:
        """Whether the record is voided now."""
        voiding = self.voidings.get(record_id)
        return voiding is not None and voiding.voided

    def expired_since(self, record_id: UUID) -> datetime | None:
        """When an administrator let the record expire; None where nobody did, or it was taken back."""
        return self.expired.get(record_id)

    def missing(self, record: RecordRow, intervals: Sequence[Interval]) -> tuple[str, ...]:
        """Names of the activities that were mandatory when the record was kept and of which the recipient gets none."""
        if not record.mandatory:
            return ()
        done = {
            str(one.activity_id)
            for one in self.records
            if one.source in SENT_SOURCES
            and not self.is_voided(one.id)
            and self.expired_since(one.id) is None
            and any(interval.contains(one.recorded_at) for interval in intervals)
        }
        return tuple(activity["full_name"] for activity in record.mandatory if activity["id"] not in done)


def cases_of(session: Session, site_id: UUID, pairs: Collection[Pair]) -> dict[Pair, Case]:
    """Return the case of each pair. The courses must be the site's."""
    courses = {course.id: course for course in _COURSES.read_pieces(session, {course_id for _, course_id in pairs})}
    cases = {pair: Case(pair[0], courses[pair[1]], [], {}) for pair in pairs}
    for record in _records(session, site_id, pairs):
        cases[record.learner_id, record.course_id].records.append(record)
    kept = {record.id: case for case in cases.values() for record in case.records}
    if kept:
        for record_id, voiding in voidings_of(session, site_id, kept.keys()).items():
            kept[record_id].voidings[record_id] = voiding
        for record_id, since in expired_among(session, site_id, kept.keys()).items():
            kept[record_id].expired[record_id] = since
    return cases


def _records(session: Session, site_id: UUID, pairs: Collection[Pair]) -> list[RecordRow]:
    """The records of each pair, oldest first."""
    session.flush()
    connection = session.connection()
    dialect = connection.dialect.name
    rows = connection.execute(_records_of_pairs(dialect), listed_pairs(dialect, site_id, pairs)).all()
    found = map(RecordRow._make, rows)
    return sorted(found, key=lambda record: (record.recorded_at, record.id))


@cache
def _records_of_pairs(dialect: str) -> sa.Select[Any]:
    pairs = given_pairs(dialect)
    kept = (_RECORDS.site_id, _RECORDS.learner_id, _RECORDS.course_id)
    of_pair = (column == given for column, given in zip(kept, (pairs.site, pairs.first, pairs.second), strict=True))
    query = sa.select(*(interned(_RECORDS[name]) for name in RecordRow._fields))
    return query.select_from(pairs.table).join(table(LearningRecord), sa.and_(*of_pair))


def activities_named(session: Session, activity_ids: Collection[UUID]) -> dict[UUID, ActivityRow]:
    """Return the activities by id."""
    return {activity.id: activity for activity in _ACTIVITIES.read_pieces(session, activity_ids)}
