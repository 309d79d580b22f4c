"""`/courses` and `/activities`: what is completed."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field
from sqlmodel import Session, col, select

from lrx.address import address_forms
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page, PageQuery, after, decode_cursor
from lrx.api.values import CoursePath, In, Instant, Line, Out, Words
from lrx.courses import courses
from lrx.models import Activity, Course
from lrx.validity import ExpiryRule, NeverExpires, RecertificationWindow, Repeats
from lrx.xapi.projector import replay_subjects
from lrx.xapi.subjects import object_subjects

__all__ = ["OPERATIONS"]

TAG = "courses"

Address = Field(default=None, max_length=500, pattern=r"^[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f]+$")


class CourseCreate(In):
    """A course as the LMS knows it."""

    full_name: Words
    shortname: Line | None = None
    idnumber: Line | None = Field(default=None, max_length=100)
    iri: str | None = Address
    """The address statements call it by, such as https://lms.example.org/course/view.php?id=2."""
    expiry: ExpiryRule = Field(default_factory=NeverExpires)
    """How long records of the course hold; records to come only."""
    recertification_window: RecertificationWindow | None = None
    """How long before it is due a repeat makes a new record."""
    repeats: Repeats = "one_per_cycle"


class CourseUpdate(In):
    """What to change; what is left out stays."""

    full_name: Words | None = None
    shortname: Line | None = None
    idnumber: Line | None = Field(default=None, max_length=100)
    iri: str | None = Address
    expiry: ExpiryRule | None = None
    recertification_window: RecertificationWindow | None = None
    repeats: Repeats | None = None


class CoursePublic(Out):
    """What is completed and reported."""

    object: Literal["course"] = "course"
    id: UUID
    full_name: str
    shortname: str | None
    idnumber: str | None
    iri: str | None
    expiry: ExpiryRule
    recertification_window: RecertificationWindow | None
    repeats: str
    created_at: Instant
    updated_at: Instant


class ActivityCreate(In):
    """A part of a course."""

    full_name: Words
    idnumber: Line | None = Field(default=None, max_length=100)
    iri: str | None = Address
    mandatory: bool = False


class ActivityUpdate(In):
    """What to change; what is left out stays."""

    full_name: Words | None = None
    idnumber: Line | None = Field(default=None, max_length=100)
    iri: str | None = Address
    mandatory: bool | None = None
    """For records to come: each keeps the list of mandatory activities of its own day."""


class ActivityPublic(Out):
    """A part of a course."""

    object: Literal["activity"] = "activity"
    id: UUID
    course_id: UUID
    full_name: str
    idnumber: str | None
    iri: str | None
    mandatory: bool
    created_at: Instant
    updated_at: Instant


class ActivityPath(In):
    """Which activity."""

    activity_id: UUID


class CourseQuery(PageQuery):
    """Filters of courses; each given one must hold."""

    shortname: str | None = None
    idnumber: str | None = None
    iri: str | None = None


@operation("GET", "/courses", permission="courses:read", summary="List courses", tag=TAG)
def list_courses(call: Call, query: CourseQuery, session: Session) -> Page[CoursePublic]:
    """Oldest first."""
    statement = select(Course).where(Course.site_id == call.act.site_id)
    if query.shortname is not None:
        statement = statement.where(Course.shortname == query.shortname)
    if query.idnumber is not None:
        statement = statement.where(Course.idnumber == query.idnumber)
    if query.iri is not None:
        statement = statement.where(col(Course.iri).in_(address_forms(query.iri)))
    place = decode_cursor("courses", query.cursor, (UUID,))
    rows = session.exec(after(statement, [col(Course.id)], place, descending=False).limit(query.limit + 1)).all()
    return Page[CoursePublic].cut("courses", rows, query.limit, key=lambda row: [row.id], show=_course)


@operation(
    "POST",
    "/courses",
    permission="courses:write",
    summary="Create a course",
    tag=TAG,
    status=201,
    idempotent=True,
    errors=(courses.CourseTaken,),
    examples={
        "yearly": {
            "full_name": "WHMIS 2026",
            "shortname": "WHMIS-2026",
            "expiry": {"rule": "on", "month": 12, "day": 31},
        }
    },
)
def create_course(call: Call, body: CourseCreate, session: Session) -> CoursePublic:
    """Statements parked because nobody knew this address are projected again."""
    course = courses.create(session, call.act, body.model_dump(mode="json"))
    _replay(call, session, course.iri)
    return _course(course)


@operation(
    "GET",
    "/courses/{course_id}",
    permission="courses:read",
    summary="Show a course",
    tag=TAG,
    errors=(courses.UnknownCourse,),
)
def get_course(call: Call, path: CoursePath, session: Session) -> CoursePublic:
    """With its rule of expiry."""
    return _course(courses.course_by_id(session, call.act, path.course_id))


@operation(
    "PATCH",
    "/courses/{course_id}",
    permission="courses:write",
    summary="Change a course",
    tag=TAG,
    errors=(courses.UnknownCourse, courses.CourseTaken),
    examples={"yearly": {"expiry": {"rule": "on", "month": 12, "day": 31}}},
)
def change_course(call: Call, path: CoursePath, body: CourseUpdate, session: Session) -> CoursePublic:
    """A new rule of expiry holds for records to come; those there keep their date."""
    course = courses.course_by_id(session, call.act, path.course_id)
    if courses.change(
        session, call.act, course, _given(body, keep_null=("recertification_window", "idnumber", "shortname", "iri"))
    ):
        _replay(call, session, course.iri)
    return _course(course)


@operation(
    "GET",
    "/courses/{course_id}/activities",
    permission="courses:read",
    summary="List a course's activities",
    tag=TAG,
    errors=(courses.UnknownCourse,),
)
def list_activities(call: Call, path: CoursePath, query: PageQuery, session: Session) -> Page[ActivityPublic]:
    """Oldest first."""
    courses.course_by_id(session, call.act, path.course_id)
    statement = select(Activity).where(Activity.site_id == call.act.site_id, Activity.course_id == path.course_id)
    place = decode_cursor("activities", query.cursor, (UUID,))
    rows = session.exec(after(statement, [col(Activity.id)], place, descending=False).limit(query.limit + 1)).all()
    return Page[ActivityPublic].cut("activities", rows, query.limit, key=lambda row: [row.id], show=_activity)


@operation(
    "POST",
    "/courses/{course_id}/activities",
    permission="courses:write",
    summary="Create an activity",
    tag=TAG,
    status=201,
    idempotent=True,
    errors=(courses.UnknownCourse, courses.ActivityTaken),
    examples={"a module": {"full_name": "WHMIS module", "mandatory": True}},
)
def create_activity(call: Call, path: CoursePath, body: ActivityCreate, session: Session) -> ActivityPublic:
    """Statements parked because nobody knew this address are projected again."""
    course = courses.course_by_id(session, call.act, path.course_id)
    activity = courses.create_activity(session, call.act, course, body.model_dump(mode="json"))
    _replay(call, session, activity.iri)
    return _activity(activity)


@operation(
    "PATCH",
    "/activities/{activity_id}",
    permission="courses:write",
    summary="Change an activity",
    tag=TAG,
    errors=(courses.UnknownActivity, courses.ActivityTaken),
    examples={"mandatory": {"mandatory": True}},
)
def change_activity(call: Call, path: ActivityPath, body: ActivityUpdate, session: Session) -> ActivityPublic:
    """Make it mandatory or not, for records to come."""
    activity = courses.activity_by_id(session, call.act, path.activity_id)
    if courses.change_activity(session, call.act, activity, _given(body, keep_null=("idnumber", "iri"))):
        _replay(call, session, activity.iri)
    return _activity(activity)


def _given(body: In, *, keep_null: tuple[str, ...]) -> dict[str, Any]:
    given = body.model_dump(mode="json", exclude_unset=True)
    return {name: value for name, value in given.items() if value is not None or name in keep_null}


def _replay(call: Call, session: Session, iri: str | None) -> None:
    if iri:
        replay_subjects(session, call.act, call.exchange.recipients, object_subjects(iri))


def _course(course: Course) -> CoursePublic:
    return CoursePublic.model_validate(course.model_dump(exclude={"site_id"}))


def _activity(activity: Activity) -> ActivityPublic:
    return ActivityPublic.model_validate(activity.model_dump(exclude={"site_id"}))


OPERATIONS = (
    list_courses,
    create_course,
    get_course,
    change_course,
    list_activities,
    create_activity,
    change_activity,
)
