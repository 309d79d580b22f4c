"""Sweeps: the diagnosis of everybody in a course at one instant, counted by what decides.

Learners are read in pieces, each in a transaction of its own. All are judged as of the same instant, so that what
changes meanwhile changes nothing.
"""

from collections import Counter, defaultdict
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
from lrx.diagnosis.finding import State
from lrx.diagnosis.reading.situations import At
from lrx.diagnosis.reasons import Kind, reason_named
from lrx.diagnosis.verdict import VerdictState
from lrx.errors import Invalid, NotFound
from lrx.models import CourseLearner, Sweep
from lrx.recipient import Recipient
from lrx.tables import table
from lrx.text import text

__all__ = [
    "PIECE",
    "CourseTooLarge",
    "Group",
    "Judged",
    "UnknownSweep",
    "delivered",
    "funnel",
    "judged",
    "keep_sweep",
    "on_roster",
    "sweep_by_id",
    "sweep_piece",
    "swept",
]

PIECE = 500
"""Learners judged in one transaction."""

_ROSTER = table(CourseLearner).c
_STOPPED = frozenset({VerdictState.BLOCKED, VerdictState.NOT_SENT_BY_RULE})
_IN_THE_WAY = frozenset({Kind.RULE, Kind.FIXABLE})


class UnknownSweep(NotFound):
    """The site has no such sweep."""

    code = "sweep_unknown"


class CourseTooLarge(Invalid):
    """The course has more learners than are judged at once."""

    code = "course_too_large"


class Group(NamedTuple):
    """A verdict with what decides it: learners of one group need the same thing."""

    state: str
    chip: str
    check: str | None
    reason: str | None
    turn: str


class Judged(NamedTuple):
    """What a sweep keeps of a diagnosis: its group, and the stage of the first check that stands in the way; None where
    nothing does, or the recipient has it all the same.

    The check that decides may be a later one: a rule is told before what can be mended, wherever it stands.
    """

    group: Group
    stopped_at: str | None


def judged(diagnosis: Diagnosis) -> Judged:
    """Return what a sweep keeps of a diagnosis."""
    verdict = diagnosis.verdict
    group = Group(verdict.state.value, verdict.chip.value, verdict.check, verdict.reason, verdict.turn)
    if verdict.state not in _STOPPED:
        return Judged(group, None)
    in_the_way = (
        check
        for check, finding in diagnosis.findings.items()
        if finding.state is State.FAIL and reason_named(finding.reason or "").kind in _IN_THE_WAY
    )
    return Judged(group, next(in_the_way)[0])


def funnel(groups: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return, for each stage of the chain, how many learners come through it: those for whom no check up to its end
    stands in the way, and those whose completion the recipient has."""
    stopped: Counter[str] = Counter()
    for one in groups:
        stopped.update(one["stopped_at"])
    total = sum(one["learners"] for one in groups)
    return {stage: total - sum(stopped[before] for before in STAGES if before <= stage) for stage in STAGES}


def delivered(groups: Sequence[Mapping[str, Any]]) -> int:
    """Return the end of the funnel: how many learners' completions the recipient has."""
    return sum(one["learners"] for one in groups if one["state"] == VerdictState.DELIVERED)


def on_roster(session: Session, site_id: UUID, course_id: UUID, most: int | None = None) -> Sequence[UUID]:
    """Return everybody in the course, or `most` of them; nobody for a course that is not the site's."""
    query = sa.select(_ROSTER.learner_id).where(_ROSTER.site_id == site_id, _ROSTER.course_id == course_id)
    return session.connection().execute(query.limit(most)).scalars().all()


def sweep_piece(
    session: Session, at: At, recipient: Recipient, course_id: UUID, learner_ids: Sequence[UUID]
) -> dict[UUID, Judged]:
    """Judge these learners of the course; return what is kept of each. Raises `UnknownCourse`."""
    made = diagnosed(session, at, situation_of(session, at, course_id, recipient), learner_ids)
    return {learner_id: judged(one) for learner_id, one in made.items()}


async def swept(
    database: Database, at: At, recipient: Recipient, course_id: UUID, *, most: int | None = None
) -> dict[UUID, Judged]:
    """Judge everybody in the course; return what is kept of each. Raises `CourseTooLarge`, before anybody is judged,
    where there are more than `most`."""
    behind = None if most is None else most + 1
    everybody = await database.read(partial(on_roster, site_id=at.site_id, course_id=course_id, most=behind))
    if most is not None and len(everybody) > most:
        raise CourseTooLarge(
            text(
                "The course has more than {most} learners, too many for one request. Whoever runs this exchange counts "
                "it with the command lrx sweep; with the id it tells, the sweep is read here.",
                most=most,
            )
        )
    found: dict[UUID, Judged] = {}
    for first in range(0, len(everybody), PIECE):
        some = everybody[first : first + PIECE]
        found |= await database.read(
            partial(sweep_piece, at=at, recipient=recipient, course_id=course_id, learner_ids=some)
        )
    return found


def keep_sweep(
    session: Session, act: Act, course_id: UUID, recipient: str, as_of: datetime, found: Iterable[Judged]
) -> Sweep:
    """Keep the counts of a sweep, the largest group first."""
    counted: defaultdict[Group, Counter[str | None]] = defaultdict(Counter)
    for group, stopped_at in found:
        counted[group][stopped_at] += 1
    listed: list[dict[str, Any]] = [
        {
            **group._asdict(),
            "learners": stages.total(),
            "stopped_at": {stage: stages[stage] for stage in STAGES if stages[stage]},
        }
        for group, stages in sorted(counted.items(), key=lambda one: (-one[1].total(), [str(part) for part in one[0]]))
    ]
    sweep = Sweep(
        id=act.new_id(),
        site_id=act.site_id,
        course_id=course_id,
        recipient=recipient,
        as_of=as_of,
        made_at=act.at,
        actor=act.actor,
        learners=sum(one["learners"] for one in listed),
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
