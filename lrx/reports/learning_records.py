"""Learning Records (Course Level): everybody in a course, what they completed, and where it stands at each recipient.

A page costs the same few queries however many rows it shows; looking for a chip costs a few more for every 500 learners
gone through, since who stands how is known only when judged.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from uuid import UUID

from sqlmodel import Session, col, func, select

from lrx.access import Act
from lrx.clock import local_date
from lrx.courses.courses import course_by_id
from lrx.delivery.holdings import intervals_of
from lrx.delivery.released import period_of
from lrx.models import (
    Activity,
    Chip,
    Course,
    CourseRecipient,
    DeliveryStatus,
    LearningRecord,
    SiteRecipient,
)
from lrx.oci_id import OciId
from lrx.recipient import PullRecipient, Recipient
from lrx.reporting_period import Span
from lrx.reports.cases import held, known
from lrx.reports.roster import Person, behind, matching, roster
from lrx.reports.standing import CourseCase, LearnerCase, Link, Standing, mandatory_of, standing
from lrx.source import Source

__all__ = ["Activities", "Column", "Filter", "RecordShown", "Report", "Row", "learning_records"]

PAGE = 50

BATCH = 500
"""Learners judged at a time while looking for a chip."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which learners: `words` are looked for in names, user name and OCI IDs, whatever the case and the accents; `chip`
    keeps who stands so at one recipient or more."""

    words: str = ""
    chip: Chip | None = None

    @property
    def is_empty(self) -> bool:
        """Whether everybody is shown."""
        return not self.words.strip() and self.chip is None


@dataclass(frozen=True, slots=True)
class Column:
    """A recipient of the course, and the reporting period it is in. Both days are included."""

    recipient: str
    title: str
    period: Span


@dataclass(frozen=True, slots=True)
class RecordShown:
    """A course record. Days are in the site's zone; `valid_until` is the last day it holds."""

    record_id: UUID
    completed_on: date
    source: Source
    valid_until: date | None
    is_voided: bool


@dataclass(frozen=True, slots=True)
class Activities:
    """How many mandatory activities there are, and the names of those without a record that is sent."""

    mandatory: int
    missing: tuple[str, ...]

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
    record: RecordShown | None
    activities: Activities
    standings: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """One page. `next_after` asks for the page after it; `learners` and `with_record` count the course, unfiltered."""

    course: Course
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    next_after: UUID | None
    learners: int
    with_record: int
    as_of: datetime


def learning_records(
    session: Session,
    act: Act,
    recipients: Mapping[str, Recipient],
    course_id: UUID,
    wanted: Filter,
    *,
    after: UUID | None = None,
    size: int = PAGE,
) -> Report:
    """Return up to `size` learners of the course who match `wanted`, by name, from the one behind `after` on.

    In the course is who has a record, an enrolment or another observation there. Raises `UnknownCourse`.
    """
    course = course_by_id(session, act, course_id)
    activities = session.exec(
        select(Activity)
        .where(Activity.site_id == act.site_id, Activity.course_id == course.id)
        .order_by(col(Activity.id))
    ).all()
    case = CourseCase(course, {one.id: one for one in activities}, act.zone, act.at)
    links = _links(session, act, recipients, course)
    everybody = roster(session, course)
    oci_ids = held(session, course, None) if wanted.words.strip() else {}
    candidates = behind(matching(everybody, oci_ids, wanted.words), after)
    rows = _rows(session, case, links, candidates, size + 1 if wanted.chip is None else BATCH)
    found = list(islice((row for row in rows if _stands(row, wanted.chip)), size + 1))
    return Report(
        course=course,
        columns=tuple(Column(link.recipient.code, link.recipient.title, link.period) for link in links),
        rows=tuple(found[:size]),
        next_after=found[size - 1].learner_id if len(found) > size else None,
        learners=len(everybody),
        with_record=_with_record(session, course),
        as_of=act.at,
    )


def _links(session: Session, act: Act, recipients: Mapping[str, Recipient], course: Course) -> list[Link]:
    active = session.exec(
        select(CourseRecipient)
        .where(CourseRecipient.site_id == act.site_id, CourseRecipient.course_id == course.id, CourseRecipient.active)
        .order_by(col(CourseRecipient.recipient))
    ).all()
    active = [one for one in active if one.recipient in recipients]
    intervals = intervals_of(session, act.site_id, [one.id for one in active])
    used = session.exec(select(SiteRecipient).where(SiteRecipient.site_id == act.site_id))
    at_site = {one.recipient: one for one in used}
    links = []
    for one in active:
        recipient, site = recipients[one.recipient], at_site.get(one.recipient)
        settings = recipient.site_settings.model_validate(site.settings if site else {})
        period = period_of(one.reporting_period, course.expiry, act.zone, act.at)
        open_status = DeliveryStatus.OFFERED if isinstance(recipient, PullRecipient) else DeliveryStatus.PENDING
        is_enabled = site is not None and site.enabled
        spans = intervals.get(one.id, ())
        links.append(Link(recipient, settings, is_enabled, spans, one.reporting_period, period, open_status))
    return links


def _rows(
    session: Session, case: CourseCase, links: Sequence[Link], people: Sequence[Person], batch: int
) -> Iterator[Row]:
    for start in range(0, len(people), batch):
        together = people[start : start + batch]
        case_of = known(session, case.course, [one.id for one in together])
        yield from (_row(case, links, one, case_of(one.id)) for one in together)


def _row(case: CourseCase, links: Sequence[Link], person: Person, learner: LearnerCase) -> Row:
    record = learner.course_records[0] if learner.course_records else None
    now_mandatory = [(one.id, one.full_name) for one in case.activities.values() if one.mandatory]
    mandatory = mandatory_of(record) if record else now_mandatory
    return Row(
        learner_id=person.id,
        full_name=person.full_name,
        username=person.username,
        oci_ids=learner.oci_ids,
        record=_shown(case, learner, record) if record else None,
        activities=Activities(len(mandatory), learner.missing(mandatory)),
        standings=tuple(standing(case, link, learner) for link in links),
    )


def _shown(case: CourseCase, learner: LearnerCase, record: LearningRecord) -> RecordShown:
    # The end is the first instant at which it no longer holds, so the day before it is the last.
    ends = min((end for end in (record.expires_at, learner.expired.get(record.id)) if end is not None), default=None)
    last = local_date(ends - timedelta(microseconds=1), case.zone) if ends else None
    return RecordShown(
        record_id=record.id,
        completed_on=local_date(record.completed_at, case.zone),
        source=record.source,
        valid_until=last,
        is_voided=record.id in learner.voided,
    )


def _stands(row: Row, chip: Chip | None) -> bool:
    return chip is None or any(one.verdict.chip is chip for one in row.standings)


def _with_record(session: Session, course: Course) -> int:
    """How many learners have a record of the course, voided or not."""
    return session.exec(
        select(func.count(func.distinct(LearningRecord.learner_id))).where(
            LearningRecord.site_id == course.site_id,
            LearningRecord.course_id == course.id,
            col(LearningRecord.activity_id).is_(None),
        )
    ).one()
