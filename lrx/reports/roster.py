"""The roster of a course, read: by name, piece by piece, and counted as far as people want to know."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx.access import Act
from lrx.models import CourseLearner, Learner
from lrx.people.names import full_name
from lrx.people.search import Sought
from lrx.tables import table

__all__ = ["MOST_COUNTED", "Person", "Place", "Tally", "piece", "tally"]

MOST_COUNTED = 10_000
"""As far as rows are counted exactly."""

Place: TypeAlias = tuple[str, UUID]
"""Where somebody stands on a roster: the folded name, and the id among namesakes."""

_ROSTER, _PEOPLE = table(CourseLearner).c, table(Learner).c


class Person(NamedTuple):
    """One learner of a roster, with the parts a name is made of."""

    sort_name: str
    id: UUID
    family_name: str | None
    given_name: str | None
    full_name: str | None
    username: str | None

    @property
    def shown(self) -> str:
        """The name people are shown."""
        return full_name(self)

    @property
    def place(self) -> Place:
        """Where the learner stands."""
        return (self.sort_name, self.id)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many learners a course has, and how many of them have a course record, voided or not. One more than
    `MOST_COUNTED` stands for any number above it."""

    learners: int
    with_record: int


def piece(
    session: Session,
    act: Act,
    course_id: UUID,
    *,
    after: Place | None,
    size: int,
    has_course_record: bool | None = None,
    who: Sought | None = None,
) -> Sequence[Person]:
    """Return the next `size` learners behind `after`, by name: all, those with or without a course record, or those
    who are `who`."""
    query = (
        sa.select(
            _ROSTER.sort_name,
            _ROSTER.learner_id,
            _PEOPLE.family_name,
            _PEOPLE.given_name,
            _PEOPLE.full_name,
            _PEOPLE.username,
        )
        .join_from(table(CourseLearner), table(Learner), _PEOPLE.id == _ROSTER.learner_id)
        .where(_ROSTER.site_id == act.site_id, _ROSTER.course_id == course_id)
    )
    if has_course_record is not None:
        query = query.where(_ROSTER.has_course_record == has_course_record)
    if who is not None:
        query = query.where(who.among(_ROSTER.learner_id))
    if after is not None:
        bound = sa.tuple_(sa.literal(after[0], _ROSTER.sort_name.type), sa.literal(after[1], sa.Uuid()))
        query = query.where(sa.tuple_(_ROSTER.sort_name, _ROSTER.learner_id) > bound)
    found = session.connection().execute(query.order_by(_ROSTER.sort_name, _ROSTER.learner_id).limit(size))
    return [Person(*row) for row in found]


def tally(session: Session, act: Act, course_id: UUID) -> Tally:
    """Count the course, along the index."""
    here = sa.select(sa.literal(1)).where(_ROSTER.site_id == act.site_id, _ROSTER.course_id == course_id)
    return Tally(_counted(session, here), _counted(session, here.where(_ROSTER.has_course_record)))


def _counted(session: Session, query: "sa.Select[Any]") -> int:
    some = query.limit(MOST_COUNTED + 1).subquery()
    return int(session.connection().execute(sa.select(sa.func.count()).select_from(some)).scalar_one())
