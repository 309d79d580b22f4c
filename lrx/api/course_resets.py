"""`/courses/{course_id}/resets`: a course begun anew, with all its records voided or let expire."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import Session, col, select

from lrx import course_resets
from lrx.api.listing import Listing, ListQuery, Sort, each, one_of, within
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.values import CoursePath, In, Instant, Moment, Out, Reason
from lrx.batches.course_resets import reset_course
from lrx.courses import courses
from lrx.models import CourseReset, ResetMode
from lrx.piecework import Circumstances

__all__ = ["OPERATIONS"]

TAG = "courses"


class CourseResetCreate(In):
    """What becomes of the records of the course, and why."""

    mode: ResetMode
    """`void`: they never count. `expire`: they counted until now, and everybody completes the course again."""
    reason: Reason
    completed_before: Moment | None = None
    """Only records of completions before this time; without it all there are."""


class CourseResetPublic(Out):
    """The records of a course were voided or let expire all at once. Each names the reset."""

    object: Literal["course_reset"] = "course_reset"
    id: UUID
    course_id: UUID
    mode: ResetMode
    completed_before: Instant | None
    reason: str
    actor: str
    reset_at: Instant
    records: int
    """How many there were to do, those of activities among them."""
    job_id: UUID | None
    """The job that does them, where they are more than 200; ask it how far it has come."""


class CourseResetPath(In):
    """Which reset of which course."""

    course_id: UUID
    reset_id: UUID


RESETS = Listing[CourseReset](
    "course-resets",
    col(CourseReset.id),
    default="-reset_at",
    sorts={"reset_at": Sort(col(CourseReset.reset_at), datetime)},
    filters=(one_of("mode", col(CourseReset.mode), ResetMode), *within("reset_at", col(CourseReset.reset_at))),
)


@operation(
    "GET",
    "/courses/{course_id}/resets",
    permission="records:read",
    summary="List a course's resets",
    tag=TAG,
    errors=(courses.UnknownCourse,),
    listing=RESETS,
)
def list_course_resets(call: Call, path: CoursePath, query: ListQuery, session: Session) -> Page[CourseResetPublic]:
    """Newest first."""
    course = courses.course_by_id(session, call.act, path.course_id)
    statement = select(CourseReset).where(CourseReset.site_id == call.act.site_id, CourseReset.course_id == course.id)
    return RESETS.page(Page[CourseResetPublic], session, call.act, query, statement, each(_shown))


@operation(
    "GET",
    "/courses/{course_id}/resets/{reset_id}",
    permission="records:read",
    summary="Show a course's reset",
    tag=TAG,
    errors=(course_resets.UnknownReset,),
)
def get_course_reset(call: Call, path: CourseResetPath, session: Session) -> CourseResetPublic:
    """What it did to which record is listed at `/voidings` and `/expirations`."""
    return _shown(course_resets.reset_by_id(session, call.act, path.course_id, path.reset_id))


@operation(
    "POST",
    "/courses/{course_id}/resets",
    permission="records:void",
    summary="Void all records of a course, or let them expire",
    tag=TAG,
    status=201,
    creates=get_course_reset,
    errors=(courses.UnknownCourse,),
    examples={
        "new content": {
            "mode": "expire",
            "reason": "New content: everybody completes it again",
            "completed_before": "2026-01-01T00:00:00-05:00",
        }
    },
)
def create_course_reset(call: Call, path: CoursePath, body: CourseResetCreate, session: Session) -> CourseResetPublic:
    """Records of the course and of its activities, except those already voided and, with `expire`, those an
    administrator has already let expire. Up to 200 are done at once, more by a job. Records that come in later are not
    touched."""
    course = courses.course_by_id(session, call.act, path.course_id)
    made = reset_course(
        session,
        Circumstances(call.act, call.act.at, call.exchange.recipients),
        course,
        mode=body.mode,
        completed_before=body.completed_before,
        reason=body.reason,
        language=call.language,
    )
    if made.job_id is not None:
        call.afterwards.append(call.exchange.wake_job_runner)
    return _shown(made)


def _shown(made: CourseReset) -> CourseResetPublic:
    return CourseResetPublic.model_validate(made.model_dump(exclude={"site_id"}))


OPERATIONS = (list_course_resets, create_course_reset, get_course_reset)
