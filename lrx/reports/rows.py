"""One learner in the report of a course: the record shown, the activities, and where it stands at each recipient."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from lrx.clock import local_date
from lrx.delivery.proofs import KeptRow
from lrx.diagnosis.facts import LearnerFacts
from lrx.models import Activity
from lrx.oci_id import OciId
from lrx.reporting_period import Span
from lrx.reports.oci_status import OciStatus, status_of
from lrx.reports.roster import Person
from lrx.reports.standing import Standing
from lrx.source import SENT_SOURCES, Source
from lrx.validity import last_day

__all__ = ["Activities", "ActivityShown", "Period", "RecordShown", "Row", "row_of"]


class Period(StrEnum):
    """Whether a day of completion counts in the reporting period of now, at one recipient of the course or more; in a
    course without any, in its own cycle."""

    CURRENT = "current"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class RecordShown:
    """A course record. `completed_on` and `valid_until`, the last day it holds, are days in the site's zone; instants
    are in UTC."""

    record_id: UUID
    completed_on: date
    completed_at: datetime
    expires_at: datetime | None
    valid_until: date | None
    grade: float | None
    source: Source
    period: Period
    is_voided: bool


@dataclass(frozen=True, slots=True)
class ActivityShown:
    """A mandatory activity, and the day of the newest record of it that is sent; None where there is none."""

    activity_id: UUID
    full_name: str
    completed_on: date | None


@dataclass(frozen=True, slots=True)
class Activities:
    """The mandatory activities, the ids of all activities with a record that is sent, and how many the course has."""

    each: tuple[ActivityShown, ...]
    recorded: frozenset[UUID]
    in_course: int

    @property
    def mandatory(self) -> int:
        """How many there are."""
        return len(self.each)

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of those without a record."""
        return tuple(one.full_name for one in self.each if one.completed_on is None)

    @property
    def done(self) -> int:
        """How many have a record."""
        return self.mandatory - len(self.missing)


@dataclass(frozen=True, slots=True)
class Row:
    """One learner. `record` is the newest by completion that is neither voided nor expired by an administrator, else
    the newest; `standings` has one entry for each column of the report."""

    learner_id: UUID
    full_name: str
    username: str | None
    oci_ids: tuple[OciId, ...]
    oci_status: OciStatus
    record: RecordShown | None
    activities: Activities
    standings: tuple[Standing, ...]


def row_of(
    zone: ZoneInfo,
    mandatory_now: Sequence[Activity],
    in_course: int,
    periods: Sequence[Span],
    person: Person,
    learner: LearnerFacts,
    standings: Sequence[Standing],
) -> Row:
    """Return the row of a learner, of whom `learner` is known; `periods` are those that count now, `mandatory_now` the
    activities a learner without a record would need."""
    record = max(
        (one for one in learner.records if one.activity_id is None),
        key=lambda one: (not learner.has_lapsed(one.id), one.completed_at, str(one.id)),
        default=None,
    )
    named = [(one.id, one.full_name) for one in mandatory_now]
    if record is not None:
        named = [(UUID(one["id"]), str(one["full_name"])) for one in record.mandatory]
    days = _days(learner, zone)
    each = tuple(ActivityShown(activity_id, name, days.get(activity_id)) for activity_id, name in named)
    return Row(
        learner_id=person.id,
        full_name=person.shown,
        username=person.username,
        oci_ids=learner.held,
        oci_status=status_of(learner),
        record=_shown(zone, periods, learner, record) if record else None,
        activities=Activities(each, frozenset(days), in_course),
        standings=tuple(standings),
    )


def _days(learner: LearnerFacts, zone: ZoneInfo) -> dict[UUID, date]:
    """The day of the newest record of each activity that is sent and holds."""
    days: dict[UUID, date] = {}
    for one in sorted(learner.records, key=lambda one: one.completed_at):
        if one.activity_id and one.source in SENT_SOURCES and not learner.has_lapsed(one.id):
            days[one.activity_id] = local_date(one.completed_at, zone)
    return days


def _shown(zone: ZoneInfo, periods: Sequence[Span], learner: LearnerFacts, record: KeptRow) -> RecordShown:
    lapsed = learner.expired.get(record.id)
    completed_on = local_date(record.completed_at, zone)
    return RecordShown(
        record_id=record.id,
        completed_on=completed_on,
        completed_at=record.completed_at,
        expires_at=record.expires_at,
        valid_until=last_day(zone, record.expires_at, lapsed.at if lapsed and lapsed.holds else None),
        grade=record.grade,
        source=record.source,
        period=Period.CURRENT if any(one.contains(completed_on) for one in periods) else Period.PAST,
        is_voided=learner.is_voided(record.id),
    )
