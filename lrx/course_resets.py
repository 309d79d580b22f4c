"""Courses begun anew: every record of a course voided or let expire, as one recorded act that each of them names.

Before it comes an administrator's decision; the batch of that name does it at once, or as a job where it is long.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, select

from lrx import audit
from lrx.access import Act
from lrx.delivery.expirations import expired_among, expired_now
from lrx.delivery.outbox import lock_learners, reconsider_pairs
from lrx.delivery.voidings import voided_among, voided_now
from lrx.errors import NotFound
from lrx.models import Course, CourseReset, Expiration, LearningRecord, ResetMode, Voiding
from lrx.recipient import Recipient
from lrx.tables import Rows, among, same, table
from lrx.text import text

__all__ = ["UnknownReset", "apply", "begin", "reset_by_id", "to_reset"]


class UnknownReset(NotFound):
    """The course has no such reset."""

    code = "course_reset_unknown"


class _Way(NamedTuple):
    """How a mode is done to a record: the facts it leaves, their column that says so and the one that says when, the
    word of the audit log, and which records it was done to already."""

    facts: type[SQLModel]
    done: str
    at: str
    action: str
    among: Callable[[Session, UUID, Collection[UUID]], Collection[UUID]]


_WAYS: Mapping[ResetMode, _Way] = {
    ResetMode.VOID: _Way(Voiding, "voided", "voided_at", "void", voided_among),
    ResetMode.EXPIRE: _Way(Expiration, "expired", "expired_at", "expire", expired_among),
}


class _Record(NamedTuple):
    id: UUID
    learner_id: UUID
    course_id: UUID


_RECORDS = Rows(_Record, LearningRecord, lambda of: (same(of.site_id), among(of.id)))


def to_reset(
    session: Session, act: Act, course: Course, mode: ResetMode, completed_before: datetime | None
) -> Sequence[UUID]:
    """Return the records that a reset has to do: those of the course and of its activities that are not voided, and of
    which, to let them expire, none expired in this way before."""
    records = table(LearningRecord).c
    query = sa.select(records.id).where(records.site_id == act.site_id, records.course_id == course.id, ~voided_now())
    if mode is ResetMode.EXPIRE:
        query = query.where(~expired_now())
    if completed_before is not None:
        query = query.where(records.completed_at < completed_before)
    return session.connection().execute(query.order_by(records.recorded_at, records.id)).scalars().all()


def begin(
    session: Session,
    act: Act,
    course: Course,
    *,
    reset_id: UUID,
    mode: ResetMode,
    completed_before: datetime | None,
    reason: str,
    records: int,
    job_id: UUID | None,
) -> CourseReset:
    """Keep that the course is reset; `apply` does it to the records, here or in the job."""
    reset = CourseReset(
        id=reset_id,
        site_id=act.site_id,
        course_id=course.id,
        mode=mode,
        completed_before=completed_before,
        reason=reason,
        actor=act.actor,
        reset_at=act.at,
        records=records,
        job_id=job_id,
    )
    session.add(reset)
    session.flush()
    audit.keep(session, act, "reset", "course", course.id, reset_id=str(reset.id), mode=mode.value, records=records)
    return reset


def apply(
    session: Session, act: Act, recipients: Mapping[str, Recipient], reset: CourseReset, record_ids: Collection[UUID]
) -> frozenset[UUID]:
    """Void these records of the reset's course, or let them expire; returns those it was not done to before."""
    way = _WAYS[reset.mode]
    records = [
        one
        for one in _RECORDS.read_pieces(session, record_ids, site_id=reset.site_id)
        if one.course_id == reset.course_id
    ]
    lock_learners(session, {one.learner_id for one in records})
    already = way.among(session, reset.site_id, [one.id for one in records])
    left = sorted(one for one in records if one.id not in already)
    if left:
        facts = [_fact(act, reset, way, one.id) for one in left]
        session.connection().execute(sa.insert(table(way.facts)), facts)
        entries = [audit.entry(act, way.action, "learning_record", one.id, reset_id=str(reset.id)) for one in left]
        audit.keep_all(session, entries)
        reconsider_pairs(session, act, recipients, {(one.learner_id, one.course_id) for one in left})
    return frozenset(one.id for one in left)


def reset_by_id(session: Session, act: Act, course_id: UUID, reset_id: UUID) -> CourseReset:
    """Return the reset of the course. Raises `UnknownReset`, for one of another site too."""
    reset = session.exec(
        select(CourseReset).where(
            CourseReset.site_id == act.site_id, CourseReset.course_id == course_id, CourseReset.id == reset_id
        )
    ).first()
    if reset is None:
        raise UnknownReset(text("The course has no reset {id}. List its resets first.", id=str(reset_id)))
    return reset


def _fact(act: Act, reset: CourseReset, way: _Way, record_id: UUID) -> dict[str, Any]:
    return {
        "site_id": reset.site_id,
        "record_id": record_id,
        way.done: True,
        "actor": act.actor,
        "reason": reset.reason,
        way.at: act.at,
        "reset_id": reset.id,
    }
