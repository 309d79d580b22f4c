"""The roster of a course: who has anything to do with it, by name, and found again by what people type.

Names are folded and ordered here and not by the database, so that both engines find Hélène for `helene` and put her
between Hector and Henri.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from lrx.models import Course, Learner, LearningRecord, Observation
from lrx.oci_id import OciId
from lrx.people.names import full_name
from lrx.tables import table

__all__ = ["Person", "behind", "matching", "roster"]


class Person(NamedTuple):
    """One learner of a roster: the name shown, and all names and the user name folded, to be searched."""

    folded_name: str
    id: UUID
    full_name: str
    username: str | None
    searched: str


def roster(session: Session, course: Course) -> list[Person]:
    """Return everybody who has a record, an enrolment or another observation in the course, by name."""
    people = table(Learner).c
    # Both are answered by an index that begins with site, learner and course.
    has_record = sa.exists().where(
        col(LearningRecord.site_id) == course.site_id,
        col(LearningRecord.learner_id) == people.id,
        col(LearningRecord.course_id) == course.id,
    )
    was_seen = sa.exists().where(
        col(Observation.site_id) == course.site_id,
        col(Observation.learner_id) == people.id,
        col(Observation.course_id) == course.id,
    )
    # Plain rows: a large course has thousands, and every page goes through all of them.
    found = session.connection().execute(
        sa.select(people.id, people.family_name, people.given_name, people.full_name, people.username).where(
            people.site_id == course.site_id, sa.or_(has_record, was_seen)
        )
    )
    return sorted(_person(row) for row in found)


def matching(people: Sequence[Person], oci_ids: Mapping[UUID, Sequence[OciId]], words: str) -> Sequence[Person]:
    """Return those with every one of the words in their names, user name or OCI IDs, whatever the case and accents."""
    parts = _folded(words).split()
    return [one for one in people if _has(parts, one, oci_ids.get(one.id, ()))] if parts else people


def behind(people: Sequence[Person], after: UUID | None) -> Sequence[Person]:
    """Return those who come after this one; all of them when the one is not there."""
    place = next((index for index, one in enumerate(people) if one.id == after), -1)
    return people[place + 1 :]


def _person(row: sa.Row[UUID, str | None, str | None, str | None, str | None]) -> Person:
    shown = full_name(cast("Learner", row))  # it has the columns that a name is made of
    names = _folded("\n".join(name for name in row[1:] if name))
    return Person(_folded(shown), row[0], shown, row[4], names)


def _has(parts: Sequence[str], person: Person, oci_ids: Sequence[OciId]) -> bool:
    searched = "\n".join([person.searched, *(str(one).casefold() for one in oci_ids)])
    return all(part in searched for part in parts)


def _folded(words: str) -> str:
    if words.isascii():
        return words.casefold()
    letters = unicodedata.normalize("NFKD", words.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
