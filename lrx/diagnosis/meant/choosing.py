"""Whom and what people mean by what they type: a learner, a course, a recipient, an instant.

Everybody and everything that may be meant is returned; where several are left, a person chooses. Reads only.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError
from sqlmodel import Session

from lrx.access import Act
from lrx.diagnosis.meant.names import alike, shown
from lrx.diagnosis.ticket import Found
from lrx.lower_case import lower_case
from lrx.models import Course, CourseLearner, Learner, LearnerOciId, SiteRecipient
from lrx.oci_id import InvalidOciId, OciId
from lrx.people.names import folded, full_name
from lrx.people.search import said_like
from lrx.recipient import Recipient
from lrx.tables import table
from lrx.written_instant import WrittenInstant

__all__ = [
    "MOST",
    "Meant",
    "account_of",
    "course_by_id",
    "courses_called",
    "courses_offered",
    "courses_typed",
    "instant_typed",
    "learner_by_id",
    "learners_alike",
    "learners_called",
    "learners_typed",
    "recipients_used",
]

MOST = 10
"""Candidates of one sort that are returned; one more says that there are more."""
MOST_WORDS = 8
MOST_OFFERED = 200
"""Courses that are offered to choose from."""

_PEOPLE, _HELD, _COURSES = table(Learner).c, table(LearnerOciId).c, table(Course).c
_BY_NAME = (_COURSES.full_name, _COURSES.id)
_INSTANT: TypeAdapter[datetime] = TypeAdapter(WrittenInstant)


class Meant(NamedTuple):
    """A learner or a course that may be meant. `name` is the user name, or the short name."""

    id: UUID
    full_name: str
    name: str | None

    def __str__(self) -> str:
        return f"{self.full_name} ({self.name})" if self.name else self.full_name


def learners_typed(session: Session, act: Act, typed: str) -> Sequence[Meant]:
    """Return the learners of the site with this id, this user name, or this OCI ID now."""
    typed = _clean(typed)
    ways = [_PEOPLE.username == lower_case(typed)]
    if (learner_id := _id(typed)) is not None:
        ways.append(_PEOPLE.id == learner_id)
    if (oci_id := _oci_id(typed)) is not None:
        holders = sa.select(_HELD.learner_id).where(
            _HELD.site_id == act.site_id, _HELD.oci_id == oci_id, _HELD.held_until.is_(None)
        )
        ways.append(_PEOPLE.id.in_(holders))
    return _learners(session, sa.and_(_PEOPLE.site_id == act.site_id, sa.or_(*ways)))


def learner_by_id(session: Session, act: Act, learner_id: UUID) -> Meant | None:
    """Return the learner of the site with this id, if there is one."""
    found = _learners(session, sa.and_(_PEOPLE.site_id == act.site_id, _PEOPLE.id == learner_id))
    return found[0] if found else None


def learners_called(session: Session, act: Act, words: str) -> Sequence[Meant]:
    """Return the learners of the site whose names, user names or OCI IDs have each of the words in them, whatever the
    case and the accents."""
    typed = _clean(words)
    if not typed:
        return ()
    return _learners(session, sa.and_(_PEOPLE.site_id == act.site_id, _PEOPLE.id.in_(said_like(act.site_id, typed))))


def learners_alike(session: Session, act: Act, words: str) -> Sequence[Meant]:
    """Return a few learners of the site whose names are similar to the words. Nothing says that one is meant."""
    typed = _clean(words)
    name = Found("name", 0, len(typed), typed, folded(typed))
    return [Meant(one.id, shown(one), one.username) for one in alike(session, act, [name])]


def account_of(session: Session, act: Act, learner_ids: Sequence[UUID], course_id: UUID) -> UUID:
    """Return which of several accounts of one person is judged: the first with a record of the course, else the
    first."""
    rows = table(CourseLearner).c
    query = sa.select(rows.learner_id).where(
        rows.site_id == act.site_id,
        rows.course_id == course_id,
        rows.learner_id.in_(learner_ids),
        rows.has_course_record,
    )
    recorded = set(session.connection().execute(query).scalars())
    return next((one for one in learner_ids if one in recorded), learner_ids[0])


def courses_typed(session: Session, act: Act, typed: str) -> Sequence[Meant]:
    """Return the courses of the site with this id, this short name or this id number."""
    typed = _clean(typed)
    ways = [_COURSES.shortname == typed, _COURSES.idnumber == typed]
    if (course_id := _id(typed)) is not None:
        ways.append(_COURSES.id == course_id)
    return _some_courses(session, sa.and_(_COURSES.site_id == act.site_id, sa.or_(*ways)), MOST + 1)


def course_by_id(session: Session, act: Act, course_id: UUID) -> Meant | None:
    """Return the course of the site with this id, if there is one."""
    found = _some_courses(session, sa.and_(_COURSES.site_id == act.site_id, _COURSES.id == course_id), 1)
    return found[0] if found else None


def courses_called(session: Session, act: Act, words: str) -> Sequence[Meant]:
    """Return the courses of the site whose name, short name or id number has each of the words in it, whatever the
    case and the accents."""
    parts = folded(_clean(words)).split()[:MOST_WORDS]
    if not parts:
        return ()
    query = sa.select(_COURSES.id, _COURSES.full_name, _COURSES.shortname, _COURSES.idnumber)
    named = [
        Meant(*row[:3])
        for row in session.connection().execute(query.where(_COURSES.site_id == act.site_id).order_by(*_BY_NAME))
        if _has_all(parts, row[1:])
    ]
    return named[: MOST + 1]


def courses_offered(session: Session, act: Act) -> Sequence[Meant]:
    """Return the first courses of the site by name, to choose from."""
    return _some_courses(session, _COURSES.site_id == act.site_id, MOST_OFFERED)


def recipients_used(session: Session, act: Act, recipients: Mapping[str, Recipient]) -> Sequence[Recipient]:
    """Return the recipients that are switched on for the site; where none is, all that are installed."""
    rows = table(SiteRecipient).c
    query = sa.select(rows.recipient).where(rows.site_id == act.site_id, rows.enabled).order_by(rows.recipient)
    used = [recipients[code] for code in session.connection().execute(query).scalars() if code in recipients]
    return used or [recipients[code] for code in sorted(recipients)]


def instant_typed(typed: str, zone: ZoneInfo) -> datetime | None:
    """Return the instant that is typed, in UTC; one without a zone is in `zone`. None for what is no instant."""
    try:
        instant = _INSTANT.validate_python(typed.strip())
        return (instant if instant.tzinfo else instant.replace(tzinfo=zone)).astimezone(UTC)
    except (ValidationError, OverflowError):
        return None


def _clean(typed: str) -> str:
    """What no database takes, such as NUL or bytes that are no text, is in no name."""
    return typed.replace("\0", "").encode("utf-8", "replace").decode("utf-8").strip()


def _has_all(parts: Sequence[str], names: Iterable[str | None]) -> bool:
    searched = folded("\n".join(name for name in names if name))
    return all(part in searched for part in parts)


def _id(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None


def _oci_id(typed: str) -> OciId | None:
    try:
        return OciId.parse(typed)
    except InvalidOciId:
        return None


def _learners(session: Session, condition: "sa.ColumnElement[bool]") -> Sequence[Meant]:
    wanted = (_PEOPLE.id, _PEOPLE.family_name, _PEOPLE.given_name, _PEOPLE.full_name, _PEOPLE.username)
    query = sa.select(*wanted).where(condition).order_by(_PEOPLE.sort_name, _PEOPLE.id).limit(MOST + 1)
    return [Meant(row.id, full_name(row), row.username) for row in session.connection().execute(query)]


def _some_courses(session: Session, condition: "sa.ColumnElement[bool]", most: int) -> Sequence[Meant]:
    query = (
        sa.select(_COURSES.id, _COURSES.full_name, _COURSES.shortname).where(condition).order_by(*_BY_NAME).limit(most)
    )
    return [Meant(*row) for row in session.connection().execute(query)]
