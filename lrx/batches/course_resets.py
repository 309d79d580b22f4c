"""Resets of courses: few records are done at once, many become a job of the records' ids."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlmodel import Session, col, select

from lrx import course_resets, jobs
from lrx.learning_records import UnknownRecord
from lrx.models import Course, CourseReset, ResetMode
from lrx.piecework import AT_ONCE, Circumstances, Kind, Outcome, Result
from lrx.text import Language, text

__all__ = ["KIND", "reset_course"]

WORDS: Mapping[ResetMode, str] = {ResetMode.VOID: "voided", ResetMode.EXPIRE: "expired"}


class ResetItem(BaseModel):
    """A record, and the reset that it is part of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    record_id: UUID
    reset_id: UUID


def reset_course(
    session: Session,
    circumstances: Circumstances,
    course: Course,
    *,
    mode: ResetMode,
    completed_before: datetime | None,
    reason: str,
    language: Language,
) -> CourseReset:
    """Void every record of the course and of its activities, or let them expire: all there are now, or those completed
    before an instant. Where a job does it, the reset names the job, and the caller wakes the job runner."""
    act = circumstances.act
    found = course_resets.to_reset(session, act, course, mode, completed_before)
    reset_id, job = act.new_id(), None
    if len(found) > AT_ONCE:
        items = [ResetItem(record_id=one, reset_id=reset_id).model_dump_json().encode() for one in found]
        job = jobs.ask(session, act, KIND, items, language=language)
    reset = course_resets.begin(
        session,
        act,
        course,
        reset_id=reset_id,
        mode=mode,
        completed_before=completed_before,
        reason=reason,
        records=len(found),
        job_id=job.id if job else None,
    )
    if job is None:
        course_resets.apply(session, act, circumstances.recipients, reset, found)
    return reset


def _work(session: Session, circumstances: Circumstances, items: Sequence[ResetItem]) -> Sequence[Result]:
    act = circumstances.act
    wanted = {item.reset_id for item in items}
    resets = session.exec(
        select(CourseReset).where(CourseReset.site_id == act.site_id, col(CourseReset.id).in_(wanted))
    ).all()
    done: dict[UUID, str] = {}
    for reset in resets:
        ids = {item.record_id for item in items if item.reset_id == reset.id}
        changed = course_resets.apply(session, act, circumstances.recipients, reset, ids)
        done |= {one: WORDS[reset.mode] if one in changed else "unchanged" for one in ids}
    return [_result(item, done) for item in items]


def _result(item: ResetItem, done: dict[UUID, str]) -> Result:
    if item.record_id not in done:
        return UnknownRecord(text("There is no learning record {id} at this site.", id=str(item.record_id)))
    return Outcome(done[item.record_id], item.record_id, {"reset_id": str(item.reset_id)})


KIND = Kind(
    name="course_resets",
    permission="records:void",
    pointer="",
    item=ResetItem,
    work=_work,
    piece=100,
)
