"""Learning Records (Course Level): everybody in a course, what they completed, and where it stands at each recipient.

A page costs the same few queries however large the course is. Who stands how is known only when judged, so a filter
goes through the roster in pieces and stops after so many learners, with what was found and the place to go on from.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from uuid import UUID

from sqlmodel import Session, col, select

from lrx.access import Act
from lrx.courses.courses import UnknownActivity, course_by_id
from lrx.delivery.released import period_of
from lrx.diagnosis.chain import diagnose
from lrx.diagnosis.diagnoses import situation_of
from lrx.diagnosis.facts import Situation
from lrx.diagnosis.reading.learners import read_learners, read_records
from lrx.diagnosis.reading.situations import At
from lrx.models import Activity, Course, CourseRecipient
from lrx.people.search import sought
from lrx.recipient import Recipient
from lrx.reporting_period import Span
from lrx.reports.filter import Filter
from lrx.reports.roster import Person, Place, piece
from lrx.reports.rows import Row, row_of
from lrx.reports.standing import standing_of
from lrx.text import text

__all__ = ["Column", "Report", "learning_records", "situations_of"]

PAGE = 50

PIECE = 500
"""Learners looked at together where not everybody is shown."""

MOST_LOOKED_AT = 5_000
"""Learners looked at for one page."""


@dataclass(frozen=True, slots=True)
class Column:
    """A recipient of the course, and the reporting period it is in; both days are included. One that was asked for has
    a column too where the course does not send to it now: `is_active` is false then."""

    recipient: str
    title: str
    period: Span
    is_active: bool


@dataclass(frozen=True, slots=True)
class Report:
    """One page. `next_after` asks for what comes after it; where `is_cut_short`, that is because enough learners were
    looked at, `looked_at` of them, and more may match. `activities` are those of the course, by id."""

    course: Course
    columns: tuple[Column, ...]
    activities: tuple[Activity, ...]
    rows: tuple[Row, ...]
    next_after: Place | None
    looked_at: int
    is_cut_short: bool
    as_of: datetime


def learning_records(
    session: Session,
    act: Act,
    recipients: Mapping[str, Recipient],
    course_id: UUID,
    wanted: Filter,
    *,
    after: Place | None = None,
    size: int = PAGE,
) -> Report:
    """Return up to `size` learners of the course who match `wanted`, by name, from the one behind `after` on.

    In the course is who has a record, an enrolment or another observation there. Raises `UnknownCourse`, and
    `UnknownActivity` where the filter asks for one of another course: everybody would seem to miss it.
    """
    course = course_by_id(session, act, course_id)
    activities = session.exec(
        select(Activity)
        .where(Activity.site_id == act.site_id, Activity.course_id == course.id)
        .order_by(col(Activity.id))
    ).all()
    if wanted.activity_id is not None and wanted.activity_id not in {one.id for one in activities}:
        raise UnknownActivity(text("The course has no such activity. Choose one of its own."))
    situations = situations_of(session, act, recipients, course.id, wanted.recipient)
    search = _Search(session, act, course, tuple(activities), situations, wanted, after)
    found = list(islice(search.rows(size + 1), size + 1))
    has_more, is_cut_short = len(found) > size, len(found) <= size and not search.is_over
    last = search.places[found[size - 1].learner_id] if has_more else search.place
    return Report(
        course=course,
        columns=tuple(
            Column(one.recipient.code, one.recipient.title, one.period, _is_active(one)) for one in situations
        ),
        activities=tuple(activities),
        rows=tuple(found[:size]),
        next_after=last if has_more or is_cut_short else None,
        looked_at=search.looked_at,
        is_cut_short=is_cut_short,
        as_of=act.at,
    )


@dataclass
class _Search:
    """Goes through the roster from `place` on; afterwards tells how far it came."""

    session: Session
    act: Act
    course: Course
    activities: tuple[Activity, ...]
    situations: Sequence[Situation]
    wanted: Filter
    place: Place | None
    looked_at: int = 0
    is_over: bool = False
    places: dict[UUID, Place] = field(default_factory=dict)

    def rows(self, enough: int) -> Iterator[Row]:
        """Give the rows that match, by name; ends with the roster, or when so many were looked at."""
        size = max(enough, PIECE) if self.wanted.is_judged else enough
        who = sought(self.session, self.act.site_id, self.wanted.words)
        while not self.is_over and self.looked_at < MOST_LOOKED_AT:
            people = piece(
                self.session,
                self.act,
                self.course.id,
                after=self.place,
                size=size,
                has_course_record=self.wanted.record_needed,
                who=who,
            )
            self.looked_at += len(people)
            self.is_over = len(people) < size
            yield from filter(self.wanted.keeps, self._rows(people))
            self.place = people[-1].place if people else self.place

    def _rows(self, people: Sequence[Person]) -> Iterator[Row]:
        if not people:
            return
        ids = [one.id for one in people]
        at = At(self.act.site_id, self.act.zone, self.act.at)
        known = [read_learners(self.session, at, situation, ids) for situation in self.situations]
        facts = known[0] if known else read_records(self.session, at, self.course.id, ids)
        periods = [one.period for one in self.situations if _is_active(one)] or [self._own_cycle()]
        mandatory = [one for one in self.activities if one.mandatory]
        for one in people:
            if one.id not in facts:  # came in a moment after the instant that is reported on
                continue
            self.places[one.id] = one.place
            standings = [
                standing_of(diagnose(situation, found[one.id]))
                for situation, found in zip(self.situations, known, strict=True)
            ]
            shown = (self.act.zone, mandatory, len(self.activities), periods)
            yield row_of(*shown, one, facts[one.id], standings)

    def _own_cycle(self) -> Span:
        return period_of(None, self.course.expiry, self.act.zone, self.act.at)


def situations_of(
    session: Session, act: Act, recipients: Mapping[str, Recipient], course_id: UUID, asked_for: str | None = None
) -> Sequence[Situation]:
    """Return the situation of the course at each recipient it sends to now, and at the one asked for: that it does not
    send there is an answer too."""
    active = session.exec(
        select(CourseRecipient.recipient)
        .where(CourseRecipient.site_id == act.site_id, CourseRecipient.course_id == course_id, CourseRecipient.active)
        .order_by(col(CourseRecipient.recipient))
    ).all()
    at = At(act.site_id, act.zone, act.at)
    codes = sorted({*active, *([asked_for] if asked_for else [])})
    return [situation_of(session, at, course_id, recipients[code]) for code in codes if code in recipients]


def _is_active(situation: Situation) -> bool:
    return situation.release is not None and situation.release.is_active
