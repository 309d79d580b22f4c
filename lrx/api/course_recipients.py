"""`/courses/{course_id}/recipients`: which recipients a course sends to, since when, and what adding one would mean."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import Field
from sqlmodel import Session, col, select

from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.values import CoursePath, In, Instant, Line, Out, Words
from lrx.courses import course_recipients, courses
from lrx.courses.preflight import preflight
from lrx.delivery.holdings import intervals_of
from lrx.delivery.released import period_of
from lrx.models import Course, CourseRecipient
from lrx.registry import UnknownRecipient, recipient_named
from lrx.reporting_period import ReportingPeriod
from lrx.written_instant import WrittenDay

__all__ = ["OPERATIONS"]

TAG = "recipients of a course"


class CourseRecipientPath(In):
    """Which recipient of which course."""

    course_id: UUID
    recipient: str = Field(max_length=40)


class Tracking(In):
    """Whether the recipient follows the course, as somebody there confirmed. It decides nothing."""

    tracked: bool | None = None
    """Null where nobody has asked them. True or false needs `tracked_confirmed_by` and `tracked_confirmed_on`."""
    tracked_confirmed_by: Line | None = None
    """Who told you."""
    tracked_confirmed_on: WrittenDay | None = None
    """On which day."""
    tracked_note: Words | None = None

    def tracking(self) -> dict[str, Any]:
        """What was given of it."""
        return self.model_dump(exclude_unset=True, include=set(Tracking.model_fields))


class CourseRecipientCreate(Tracking):
    """Send records of the course to a recipient, from now on."""

    recipient: str = Field(max_length=40)
    settings: dict[str, Any] = Field(default_factory=dict)
    reporting_period: ReportingPeriod | None = None
    """Without one: the course's own cycle, else the calendar year."""


class CourseRecipientUpdate(Tracking):
    """What to change; what is left out stays."""

    settings: dict[str, Any] | None = None
    reporting_period: ReportingPeriod | None = None


class IntervalPublic(Out):
    """A span in which the course sent to the recipient."""

    added_at: Instant
    removed_at: Instant | None


class SpanPublic(Out):
    """First and last day, in the site's time zone."""

    first: str
    last: str


class CourseRecipientPublic(Out):
    """Records of this course go to that recipient."""

    object: Literal["course_recipient"] = "course_recipient"
    id: UUID
    course_id: UUID
    recipient: str
    active: bool
    settings: dict[str, Any]
    reporting_period: ReportingPeriod | None
    current_period: SpanPublic
    """The span of completion days that counts today."""
    intervals: list[IntervalPublic]
    tracked: bool | None
    """Whether the recipient follows the course, as somebody there confirmed; null where nobody has asked."""
    tracked_confirmed_by: str | None
    tracked_confirmed_on: date | None
    tracked_note: str | None


class PreflightPublic(Out):
    """What adding the recipient would mean now."""

    object: Literal["preflight"] = "preflight"
    course_id: UUID
    recipient: str
    learners: int
    """People with records or an enrolment in the course."""
    legacy_records: int
    """Stored before the course sends to the recipient: they never flow."""
    released_records: int
    """Stored in an earlier span: they flow again at once."""
    without_oci_id: int
    learners_without_oci_id: list[UUID]
    """The first 200."""
    college_not_served: int
    learners_college_not_served: list[UUID]
    """The first 200."""


@operation(
    "GET",
    "/courses/{course_id}/recipients",
    permission="courses:read",
    summary="List a course's recipients",
    tag=TAG,
    errors=(courses.UnknownCourse,),
)
def list_course_recipients(call: Call, path: CoursePath, session: Session) -> Page[CourseRecipientPublic]:
    """Those removed too, with the spans in which they were in effect."""
    course = courses.course_by_id(session, call.act, path.course_id)
    links = session.exec(
        select(CourseRecipient)
        .where(CourseRecipient.site_id == call.act.site_id, CourseRecipient.course_id == course.id)
        .order_by(col(CourseRecipient.recipient))
    ).all()
    shown = [_course_recipient(call, session, course, link) for link in links]
    return Page[CourseRecipientPublic](data=shown, has_more=False, next_cursor=None)


@operation(
    "GET",
    "/courses/{course_id}/recipients/{recipient}",
    permission="courses:read",
    summary="Show a course's recipient",
    tag=TAG,
    errors=(courses.UnknownCourse, course_recipients.UnknownCourseRecipient),
    rows=lambda act, path: select(CourseRecipient.id).where(
        CourseRecipient.site_id == act.site_id,
        CourseRecipient.course_id == path.course_id,
        CourseRecipient.recipient == path.recipient,
    ),
)
def get_course_recipient(call: Call, path: CourseRecipientPath, session: Session) -> CourseRecipientPublic:
    """A removed one too, with the spans in which it was in effect."""
    course = courses.course_by_id(session, call.act, path.course_id)
    link = course_recipients.course_recipient(session, call.act, course.id, path.recipient)
    return _course_recipient(call, session, course, link)


@operation(
    "GET",
    "/courses/{course_id}/recipients/{recipient}/preflight",
    permission="courses:read",
    summary="See what adding a recipient would mean",
    tag=TAG,
    errors=(courses.UnknownCourse, UnknownRecipient),
)
def get_preflight(call: Call, path: CourseRecipientPath, session: Session) -> PreflightPublic:
    """Changes nothing."""
    course = courses.course_by_id(session, call.act, path.course_id)
    recipient = recipient_named(call.exchange.recipients, path.recipient)
    found = preflight(session, call.act, course, recipient)
    return PreflightPublic(
        course_id=course.id,
        recipient=recipient.code,
        learners=found.learners,
        legacy_records=found.legacy_records,
        released_records=found.released_records,
        without_oci_id=found.without_oci_id,
        learners_without_oci_id=list(found.learners_without_oci_id),
        college_not_served=found.college_not_served,
        learners_college_not_served=list(found.learners_college_not_served),
    )


@operation(
    "POST",
    "/courses/{course_id}/recipients",
    permission="course-recipients:write",
    summary="Add a recipient to a course",
    tag=TAG,
    status=201,
    creates=get_course_recipient,
    errors=(
        courses.UnknownCourse,
        UnknownRecipient,
        course_recipients.RecipientOff,
        course_recipients.CourseRecipientPresent,
    ),
    examples={"CMaRS": {"recipient": "cmars"}},
)
def add_course_recipient(
    call: Call, path: CoursePath, body: CourseRecipientCreate, session: Session
) -> CourseRecipientPublic:
    """From this point forward. Records stored before are legacy; those of an earlier span flow again."""
    course = courses.course_by_id(session, call.act, path.course_id)
    recipient = recipient_named(call.exchange.recipients, body.recipient)
    period = body.reporting_period.model_dump(mode="json") if body.reporting_period else None
    link = course_recipients.add(
        session,
        call.act,
        call.exchange.recipients,
        course,
        recipient,
        settings=body.settings,
        reporting_period=period,
        tracking=body.tracking(),
    )
    return _course_recipient(call, session, course, link)


@operation(
    "PATCH",
    "/courses/{course_id}/recipients/{recipient}",
    permission="course-recipients:write",
    summary="Change a course's recipient",
    tag=TAG,
    guards=get_course_recipient,
    errors=(courses.UnknownCourse, course_recipients.UnknownCourseRecipient),
    examples={
        "April to March": {"reporting_period": {"start_month": 4, "start_day": 1}},
        "followed": {
            "tracked": True,
            "tracked_confirmed_by": "the representative of CMaRS",
            "tracked_confirmed_on": "2026-11-20",
        },
    },
)
def change_course_recipient(
    call: Call, path: CourseRecipientPath, body: CourseRecipientUpdate, session: Session
) -> CourseRecipientPublic:
    """The reporting period is judged when the recipient asks, so a new one holds at once. `tracked` set to null forgets
    who confirmed it."""
    course = courses.course_by_id(session, call.act, path.course_id)
    link = course_recipients.course_recipient(session, call.act, course.id, path.recipient)
    recipient = recipient_named(call.exchange.recipients, path.recipient)
    changes = body.model_dump(mode="json", exclude_unset=True) | body.tracking()
    return _course_recipient(
        call, session, course, course_recipients.change(session, call.act, link, recipient, changes)
    )


@operation(
    "DELETE",
    "/courses/{course_id}/recipients/{recipient}",
    permission="course-recipients:write",
    summary="Remove a recipient from a course",
    tag=TAG,
    guards=get_course_recipient,
    errors=(courses.UnknownCourse, course_recipients.UnknownCourseRecipient),
)
def remove_course_recipient(call: Call, path: CourseRecipientPath, session: Session) -> None:
    """Nothing of the course is shown to it until it is added again."""
    course = courses.course_by_id(session, call.act, path.course_id)
    link = course_recipients.course_recipient(session, call.act, course.id, path.recipient)
    course_recipients.remove(session, call.act, link)


def _course_recipient(call: Call, session: Session, course: Course, link: CourseRecipient) -> CourseRecipientPublic:
    span = period_of(link.reporting_period, course.expiry, call.act.zone, call.act.at)
    intervals = intervals_of(session, call.act.site_id, [course.id]).get(course.id, {}).get(link.recipient, ())
    return CourseRecipientPublic(
        id=link.id,
        course_id=course.id,
        recipient=link.recipient,
        active=link.active,
        settings=link.settings,
        reporting_period=ReportingPeriod.model_validate(link.reporting_period) if link.reporting_period else None,
        current_period=SpanPublic(first=span.first.isoformat(), last=span.last.isoformat()),
        intervals=[IntervalPublic(added_at=one.since, removed_at=one.until) for one in intervals],
        tracked=link.tracked,
        tracked_confirmed_by=link.tracked_confirmed_by,
        tracked_confirmed_on=link.tracked_confirmed_on,
        tracked_note=link.tracked_note,
    )


OPERATIONS = (
    list_course_recipients,
    get_course_recipient,
    get_preflight,
    add_course_recipient,
    change_course_recipient,
    remove_course_recipient,
)
