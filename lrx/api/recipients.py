"""`/recipients` and `/courses/{course_id}/recipients`: which systems may receive, and which courses send to them."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field
from sqlmodel import Session, col, select

from lrx import site_recipients
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.values import CoursePath, In, Instant, Out
from lrx.courses import course_recipients, courses
from lrx.courses.preflight import preflight
from lrx.delivery.outbox import intervals_of, site_settings
from lrx.delivery.released import period_of
from lrx.models import Course, CourseRecipient, SiteRecipient
from lrx.recipient import PullRecipient, Recipient
from lrx.registry import UnknownRecipient, recipient_named
from lrx.reporting_period import ReportingPeriod

__all__ = ["OPERATIONS"]

TAG = "recipients"


class RecipientPublic(Out):
    """A recipient as this site uses it."""

    object: Literal["recipient"] = "recipient"
    code: str
    title: str
    mode: Literal["pull", "push"]
    enabled: bool
    settings: dict[str, Any]
    has_credentials: bool
    """Credentials are written and never read again."""
    settings_schema: dict[str, Any]
    credentials_schema: dict[str, Any]
    course_settings_schema: dict[str, Any]


class RecipientPath(In):
    """Which recipient."""

    recipient: str = Field(max_length=40)


class RecipientUpdate(In):
    """What to change; what is left out stays."""

    enabled: bool | None = None
    settings: dict[str, Any] | None = None
    """Checked by the recipient."""
    credentials: dict[str, Any] | None = None
    """Checked by the recipient, kept encrypted."""


class CourseRecipientPath(In):
    """Which recipient of which course."""

    course_id: UUID
    recipient: str = Field(max_length=40)


class CourseRecipientCreate(In):
    """Send records of the course to a recipient, from now on."""

    recipient: str = Field(max_length=40)
    settings: dict[str, Any] = Field(default_factory=dict)
    reporting_period: ReportingPeriod | None = None
    """Without one: the course's own cycle, else the calendar year."""


class CourseRecipientUpdate(In):
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


@operation("GET", "/recipients", permission="recipients:read", summary="List recipients", tag=TAG)
def list_recipients(call: Call, session: Session) -> Page[RecipientPublic]:
    """All that are installed, in one page."""
    shown = [_recipient(call, session, recipient) for recipient in call.exchange.recipients.values()]
    return Page[RecipientPublic](data=shown, has_more=False, next_cursor=None)


@operation(
    "GET",
    "/recipients/{recipient}",
    permission="recipients:read",
    summary="Show a recipient",
    tag=TAG,
    errors=(UnknownRecipient,),
)
def get_recipient(call: Call, path: RecipientPath, session: Session) -> RecipientPublic:
    """With the shapes of its settings."""
    return _recipient(call, session, recipient_named(call.exchange.recipients, path.recipient))


@operation(
    "PATCH",
    "/recipients/{recipient}",
    permission="recipients:write",
    summary="Switch a recipient on or off, or change its settings",
    tag=TAG,
    errors=(UnknownRecipient,),
    examples={"on": {"enabled": True}},
)
def change_recipient(call: Call, path: RecipientPath, body: RecipientUpdate, session: Session) -> RecipientPublic:
    """New settings are judged at once for everything held."""
    recipient = recipient_named(call.exchange.recipients, path.recipient)
    site_recipients.change(
        session,
        call.act,
        call.exchange.vault,
        call.exchange.recipients,
        recipient,
        enabled=body.enabled,
        settings=body.settings,
        credentials=body.credentials,
    )
    return _recipient(call, session, recipient)


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
    idempotent=True,
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
    link = course_recipients.add(session, call.act, course, recipient, settings=body.settings, reporting_period=period)
    return _course_recipient(call, session, course, link)


@operation(
    "PATCH",
    "/courses/{course_id}/recipients/{recipient}",
    permission="course-recipients:write",
    summary="Change a course's recipient",
    tag=TAG,
    errors=(courses.UnknownCourse, course_recipients.UnknownCourseRecipient),
    examples={"April to March": {"reporting_period": {"start_month": 4, "start_day": 1}}},
)
def change_course_recipient(
    call: Call, path: CourseRecipientPath, body: CourseRecipientUpdate, session: Session
) -> CourseRecipientPublic:
    """The reporting period is judged when the recipient asks, so a new one holds at once."""
    course = courses.course_by_id(session, call.act, path.course_id)
    link = course_recipients.course_recipient(session, call.act, course.id, path.recipient)
    recipient = recipient_named(call.exchange.recipients, path.recipient)
    changes = body.model_dump(mode="json", exclude_unset=True)
    return _course_recipient(
        call, session, course, course_recipients.change(session, call.act, link, recipient, changes)
    )


@operation(
    "DELETE",
    "/courses/{course_id}/recipients/{recipient}",
    permission="course-recipients:write",
    summary="Remove a recipient from a course",
    tag=TAG,
    errors=(courses.UnknownCourse, course_recipients.UnknownCourseRecipient),
)
def remove_course_recipient(call: Call, path: CourseRecipientPath, session: Session) -> None:
    """Nothing of the course is shown to it until it is added again."""
    course = courses.course_by_id(session, call.act, path.course_id)
    link = course_recipients.course_recipient(session, call.act, course.id, path.recipient)
    course_recipients.remove(session, call.act, link)


def _recipient(call: Call, session: Session, recipient: Recipient) -> RecipientPublic:
    stored = session.exec(
        select(SiteRecipient).where(
            SiteRecipient.site_id == call.act.site_id, SiteRecipient.recipient == recipient.code
        )
    ).first()
    return RecipientPublic(
        code=recipient.code,
        title=recipient.title,
        mode="pull" if isinstance(recipient, PullRecipient) else "push",
        enabled=bool(stored and stored.enabled),
        settings=site_settings(session, call.act.site_id, recipient).model_dump(mode="json"),
        has_credentials=bool(stored and stored.credentials),
        settings_schema=recipient.site_settings.model_json_schema(),
        credentials_schema=recipient.site_credentials.model_json_schema(),
        course_settings_schema=recipient.course_settings.model_json_schema(),
    )


def _course_recipient(call: Call, session: Session, course: Course, link: CourseRecipient) -> CourseRecipientPublic:
    span = period_of(link.reporting_period, course.expiry, call.act.zone, call.act.at)
    intervals = intervals_of(session, call.act.site_id, [link.id]).get(link.id, ())
    return CourseRecipientPublic(
        id=link.id,
        course_id=course.id,
        recipient=link.recipient,
        active=link.active,
        settings=link.settings,
        reporting_period=ReportingPeriod.model_validate(link.reporting_period) if link.reporting_period else None,
        current_period=SpanPublic(first=span.first.isoformat(), last=span.last.isoformat()),
        intervals=[IntervalPublic(added_at=one.since, removed_at=one.until) for one in intervals],
    )


OPERATIONS = (
    list_recipients,
    get_recipient,
    change_recipient,
    list_course_recipients,
    get_preflight,
    add_course_recipient,
    change_course_recipient,
    remove_course_recipient,
)
