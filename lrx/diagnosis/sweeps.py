"""Sweeps: the diagnosis of everybody in a course at one instant, counted by what decides.

Learners are read in pieces, each in a transaction of its own. All are judged as of the same instant, so that what
changes meanwhile changes nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, select

from lrx import audit
from lrx.access import Act
from lrx.database import Database
from lrx.diagnosis.chain import STAGES, Diagnosis
from lrx.diagnosis.diagnoses import diagnosed, situation_of
from lrx.diagnosis.situations import At
from lrx.diagnosis.verdict import VerdictState
from lrx.errors import NotFound
from lrx.models import CourseLearner, Sweep
from lrx.recipient import Recipient
from lrx.tables import table
from lrx.text import text

__all__ = [
    "PIECE",
    "Group",
    "UnknownSweep",
    "funnel",
    "group_of",
    "keep_sweep",
    "on_roster",
    "sweep_by_id",
    "sweep_piece",
    "swept",
]

PIECE = 500
"""Learners judged in one transaction."""

_ROSTER = table(CourseLearner).c


class UnknownSweep(NotFound):
    """The site has no such sweep."""

    code = "sweep_unknown"


class Group(NamedTuple):
    """A verdict with what decides it: learners of one group need the same thing."""

    state: str
    chip: str
    check: str | None
    reason: str | None
    turn: str


def group_of(diagnosis: Diagnosis) -> Group:
    """Return the group of a diagnosis."""
    verdict = diagnosis.verdict
    return Group(verdict.state.value, verdict.chip.value, verdict.check, verdict.reason, verdict.turn)


def funnel(groups: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return, for each stage of the chain, how many learners nothing stands in the way of up to its end."""
    stopped = [one for one in groups if one["state"] in (VerdictState.BLOCKED, VerdictState.NOT_SENT_BY_RULE)]
    total = sum(one["learners"] for one in groups)
    return {
        stage: total - sum(one["learners"] for one in stopped if one["check"] and one["check"][0] <= stage)
        for stage in STAGES
    }


def on_roster(session: Session, site_id: UUID, course_id: UUID) -> Sequence[UUID]:
    """Return everybody in the course; nobody for a course that is not the site's."""
    query = sa.select(_ROSTER.learner_id).where(_ROSTER.site_id == site_id, _ROSTER.course_id == course_id)
    return session.connection().execute(query).scalars().all()


def sweep_piece(
    session: Session, at: At, recipient: Recipient, course_id: UUID, learner_ids: Sequence[UUID]
) -> dict[UUID, Group]:
    """Judge these learners of the course; return the group of each. Raises `UnknownCourse`."""
    made = diagnosed(session, at, situation_of(session, at, course_id, recipient), learner_ids)
    return {learner_id: group_of(one) for learner_id, one in made.items()}


async def swept(database: Database, at: At, recipient: Recipient, course_id: UUID) -> dict[UUID, Group]:
    """Judge everybody in the course; return the group of each."""
    everybody = await database.read(partial(on_roster, site_id=at.site_id, course_id=course_id))
    groups: dict[UUID, Group] = {}
    for first in range(0, len(everybody), PIECE):
        some = everybody[first : first + PIECE]
        groups |= await database.read(
            partial(sweep_piece, at=at, recipient=recipient, course_id=course_id, learner_ids=some)
        )
    return groups


def keep_sweep(
    session: Session, act: Act, course_id: UUID, recipient: str, as_of: datetime, groups: Iterable[Group]
) -> Sweep:
    """Keep the counts of a sweep, the largest group first."""
    counted = Counter(groups)
    listed: list[dict[str, Any]] = [
        {**group._asdict(), "learners": learners}
        for group, learners in sorted(counted.items(), key=lambda one: (-one[1], [str(part) for part in one[0]]))
    ]
    sweep = Sweep(
        id=act.new_id(),
        site_id=act.site_id,
        course_id=course_id,
        recipient=recipient,
        as_of=as_of,
        made_at=act.at,
        actor=act.actor,
        learners=sum(counted.values()),
        groups=listed,
    )
    session.add(sweep)
    session.flush()
    audit.keep(session, act, "make", "sweep", sweep.id, course_id=str(course_id), learners=sweep.learners)
    return sweep


def sweep_by_id(session: Session, act: Act, sweep_id: UUID) -> Sweep:
    """Return the sweep. Raises `UnknownSweep`, for one of another site too."""
    found = session.exec(select(Sweep).where(Sweep.site_id == act.site_id, Sweep.id == sweep_id)).first()
    if found is None:
        raise UnknownSweep(
            text("There is no sweep {id} at this site. Check the id, or make a new sweep.", id=str(sweep_id))
        )
    return found
