"""Rosters: who has to do with which course, kept in the transaction that makes the record or the observation.

Only what is new is written: whoever enters somebody knows that the pair had no record before. A name is copied under
the lock of the learner, so that it cannot change in between.
"""

from collections.abc import Mapping
from functools import cache
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from lrx.delivery.outbox import lock_learner
from lrx.models import CourseLearner, Learner, LearningRecord, Observation
from lrx.tables import table

__all__ = ["enter", "forget_unseen", "rename", "see"]

_ROSTER = table(CourseLearner)
_KEY = ("site_id", "learner_id", "course_id")


def enter(session: Session, site_id: UUID, pairs: Mapping[tuple[UUID, UUID], bool]) -> None:
    """Put each pair of a learner and a course on the roster; its value is whether a record of the course itself was
    made. Who is there stays, and keeps a course record once there is one. The learners are locked."""
    if not pairs:
        return
    connection = session.connection()
    session.flush()
    rows = [
        {"site": site_id, "learner": learner_id, "course": course_id, "counts": counts}
        for (learner_id, course_id), counts in sorted(pairs.items(), key=_by_ids)
    ]
    connection.execute(_enter(connection.dialect.name), rows)


def _by_ids(entry: tuple[tuple[UUID, UUID], bool]) -> tuple[int, int]:
    """One order for all, so that no two transactions take the rows crosswise."""
    (learner_id, course_id), _ = entry
    return learner_id.int, course_id.int


def see(session: Session, site_id: UUID, learner_id: UUID, course_id: UUID) -> None:
    """Put a learner on the roster of a course in which something other than a record was seen."""
    there = sa.select(_ROSTER.c.seq).where(
        _ROSTER.c.site_id == site_id, _ROSTER.c.learner_id == learner_id, _ROSTER.c.course_id == course_id
    )
    if session.connection().execute(there).first() is None:
        lock_learner(session, learner_id)
        enter(session, site_id, {(learner_id, course_id): False})


def rename(session: Session, learner: Learner) -> None:
    """Let the rosters the learner is on follow the new name."""
    session.flush()
    session.connection().execute(
        sa.update(_ROSTER)
        .where(_ROSTER.c.site_id == learner.site_id, _ROSTER.c.learner_id == learner.id)
        .values(sort_name=learner.sort_name)
    )


def forget_unseen(session: Session) -> None:
    """Take everybody off the rosters, at any site, of whom there is neither a record nor an observation any more."""
    session.flush()
    of_pair = [
        sa.exists().where(*(table(model).c[name] == _ROSTER.c[name] for name in _KEY))
        for model in (LearningRecord, Observation)
    ]
    session.connection().execute(sa.delete(_ROSTER).where(*(~one for one in of_pair)))


@cache
def _enter(dialect: str) -> sa.Executable:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    people = table(Learner).c
    counts = sa.bindparam("counts", type_=sa.Boolean)
    names = sa.select(people.site_id, people.id, sa.bindparam("course", type_=sa.Uuid), people.sort_name, counts).where(
        people.site_id == sa.bindparam("site", type_=sa.Uuid), people.id == sa.bindparam("learner", type_=sa.Uuid)
    )
    made = insert(_ROSTER).from_select(["site_id", "learner_id", "course_id", "sort_name", "has_course_record"], names)
    return made.on_conflict_do_update(
        index_elements=_KEY,
        set_={"has_course_record": sa.true()},
        where=sa.and_(made.excluded.has_course_record, ~_ROSTER.c.has_course_record),
    )
