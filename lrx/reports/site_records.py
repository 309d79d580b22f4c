"""Learning Records (System Level): every learning record of the site, the newest first.

A page reads along the index by the time of recording. What the filter asks for is looked for among so many records
behind the place it begins at, and no further: then it has what was found, and the place to go on from.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx.access import Act
from lrx.clock import day_begins, local_date
from lrx.delivery.expirations import expired_among
from lrx.delivery.voidings import voided_among, voided_now
from lrx.models import Activity, Course, Learner, LearningRecord
from lrx.people.search import sought
from lrx.reports.roster import Person
from lrx.source import Source
from lrx.tables import table
from lrx.validity import last_day

__all__ = ["SiteFilter", "SitePlace", "SiteRecord", "SiteReport", "site_records"]

PAGE = 50

MOST_LOOKED_AT = 20_000
"""Records looked at for one page."""

FEW_PEOPLE = 200
"""Up to so many people, all their records are looked at."""

SitePlace: TypeAlias = tuple[datetime, UUID]
"""Where a record stands: when it was recorded, and its id."""

_RECORDS, _PEOPLE, _COURSES, _ACTIVITIES = (table(model).c for model in (LearningRecord, Learner, Course, Activity))
_NAMES = tuple(_PEOPLE[name] for name in Person._fields)
_ORDER = (_RECORDS.recorded_at, _RECORDS.id)


@dataclass(frozen=True, slots=True)
class SiteFilter:
    """Which records; a field that is None lets all through. Days are days of completion in the site's zone, both
    included; `is_of_activity` picks records of activities (true) or of whole courses."""

    words: str = ""
    course_id: UUID | None = None
    source: Source | None = None
    is_of_activity: bool | None = None
    completed_from: date | None = None
    completed_to: date | None = None
    voided: bool | None = None

    @property
    def is_empty(self) -> bool:
        """Whether every record is shown."""
        return replace(self, words=self.words.strip()) == SiteFilter()


@dataclass(frozen=True, slots=True)
class SiteRecord:
    """One learning record. `completed_on` and `valid_until`, the last day it holds, are days in the site's zone;
    instants are in UTC. `activity` is its name, for a record of one."""

    record_id: UUID
    learner_id: UUID
    learner: str
    username: str | None
    course_id: UUID
    course: str
    shortname: str | None
    activity: str | None
    completed_on: date
    completed_at: datetime
    recorded_at: datetime
    expires_at: datetime | None
    valid_until: date | None
    grade: float | None
    source: Source
    is_voided: bool


@dataclass(frozen=True, slots=True)
class SiteReport:
    """One page. `next_after` asks for what comes after it; where `is_cut_short`, enough records were looked at and more
    may match."""

    rows: tuple[SiteRecord, ...]
    next_after: SitePlace | None
    is_cut_short: bool
    as_of: datetime


def site_records(
    session: Session, act: Act, wanted: SiteFilter, *, after: SitePlace | None = None, size: int = PAGE
) -> SiteReport:
    """Return up to `size` records that match `wanted`, the newest first, from the one behind `after` on."""
    who = sought(session, act.site_id, wanted.words)
    within = [_RECORDS.site_id == act.site_id]
    if wanted.course_id is not None:
        within.append(_RECORDS.course_id == wanted.course_id)
    if after is not None:
        within.append(sa.tuple_(*_ORDER) < _bound(after))
    conditions = _conditions(act, wanted)
    if who is not None:
        conditions.append(who.among(_RECORDS.learner_id))
    edge: SitePlace | None = None
    if who is not None and who.ids is not None and len(who.ids) <= FEW_PEOPLE:
        places = _of_people(session, [*within, *conditions])[: size + 1]
    else:
        edge = _edge(session, within) if conditions else None
        places = _places(session, [*within, *conditions], edge, size + 1)
    shown, has_more = places[:size], len(places) > size
    return SiteReport(
        rows=tuple(_rows(session, act, [record_id for _, record_id in shown])),
        next_after=shown[-1] if has_more else edge,
        is_cut_short=not has_more and edge is not None,
        as_of=act.at,
    )


def _conditions(act: Act, wanted: SiteFilter) -> list["sa.ColumnElement[bool]"]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.source is not None:
        found.append(_RECORDS.source == wanted.source)
    if wanted.is_of_activity is not None:
        activity = _RECORDS.activity_id
        found.append(activity.is_not(None) if wanted.is_of_activity else activity.is_(None))
    if wanted.completed_from is not None:
        found.append(_RECORDS.completed_at >= day_begins(wanted.completed_from, act.zone))
    if wanted.completed_to is not None:
        found.append(_RECORDS.completed_at < day_begins(wanted.completed_to + timedelta(days=1), act.zone))
    if wanted.voided is not None:
        found.append(voided_now() == (sa.true() if wanted.voided else sa.false()))
    return found


def _bound(place: SitePlace) -> "sa.ColumnElement[Any]":
    return sa.tuple_(*(sa.literal(value, column.type) for value, column in zip(place, _ORDER, strict=True)))


def _edge(session: Session, within: Sequence["sa.ColumnElement[bool]"]) -> SitePlace | None:
    """The last record to look at; None where no more than that many are left."""
    query = sa.select(*_ORDER).where(*within).order_by(*(column.desc() for column in _ORDER))
    found = session.connection().execute(query.offset(MOST_LOOKED_AT - 1).limit(2)).all()
    return (found[0][0], found[0][1]) if len(found) > 1 else None


def _places(
    session: Session, where: Sequence["sa.ColumnElement[bool]"], edge: SitePlace | None, size: int
) -> list[SitePlace]:
    """The first records down to `edge`, in order."""
    query = sa.select(*_ORDER).where(*where).order_by(*(column.desc() for column in _ORDER)).limit(size)
    if edge is not None:
        query = query.where(sa.tuple_(*_ORDER) >= _bound(edge))
    return [(row[0], row[1]) for row in session.connection().execute(query)]


def _of_people(session: Session, where: Sequence["sa.ColumnElement[bool]"]) -> list[SitePlace]:
    """All records of a few people, in order. The database finds them by the people, and they are put in order here:
    left to choose, it goes through the records of everybody."""
    found = session.connection().execute(sa.select(*_ORDER).where(*where))
    return sorted(((row[0], row[1]) for row in found), reverse=True)


def _rows(session: Session, act: Act, record_ids: Sequence[UUID]) -> Iterator[SiteRecord]:
    """The records, in the order of their ids here."""
    voided = voided_among(session, act.site_id, record_ids)
    expired = expired_among(session, act.site_id, record_ids)
    query = (
        sa.select(table(LearningRecord), *_NAMES, _COURSES.full_name, _COURSES.shortname, _ACTIVITIES.full_name)
        .join_from(table(LearningRecord), table(Learner), _PEOPLE.id == _RECORDS.learner_id)
        .join(table(Course), _COURSES.id == _RECORDS.course_id)
        .outerjoin(table(Activity), _ACTIVITIES.id == _RECORDS.activity_id)
        .where(_RECORDS.id.in_(record_ids))
    )
    found = {row[_RECORDS.id]: row for row in session.connection().execute(query).mappings()}
    for record_id in record_ids:
        row = found[record_id]
        person = Person(*(row[column] for column in _NAMES))
        yield SiteRecord(
            record_id=record_id,
            learner_id=person.id,
            learner=person.shown,
            username=person.username,
            course_id=row[_RECORDS.course_id],
            course=row[_COURSES.full_name],
            shortname=row[_COURSES.shortname],
            activity=row[_ACTIVITIES.full_name],
            completed_on=local_date(row[_RECORDS.completed_at], act.zone),
            completed_at=row[_RECORDS.completed_at],
            recorded_at=row[_RECORDS.recorded_at],
            expires_at=row[_RECORDS.expires_at],
            valid_until=last_day(act.zone, row[_RECORDS.expires_at], expired.get(record_id)),
            grade=row[_RECORDS.grade],
            source=row[_RECORDS.source],
            is_voided=record_id in voided,
        )
