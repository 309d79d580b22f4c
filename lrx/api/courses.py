"""`/courses`: what is completed."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field
from sqlmodel import Session, col, select

from lrx.address import address_forms
from lrx.api.listing import Filter, Listing, ListQuery, Sort, each, equal, one_of, within
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.replaying import replay_awaited
from lrx.api.search import Search, each_word_in
from lrx.api.values import CoursePath, In, Instant, Line, Out, Words
from lrx.courses import courses
from lrx.models import Course
from lrx.validity import ExpiryRule, NeverExpires, RecertificationWindow, Repeats
from lrx.xapi.subjects import Awaited, object_subjects

__all__ = ["OPERATIONS", "TAG", "Address", "ByIri", "given_fields", "replay_object"]

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


class ByShortname(In):
    """Which short name, percent-encoded."""

    shortname: str = Field(max_length=255)


class ByIri(In):
    """Which address statements use, percent-encoded."""

    iri: str = Field(max_length=500)


COURSES = Listing[Course](
    "courses",
    col(Course.id),
    default="created_at",
    sorts={
        "created_at": Sort(col(Course.id), UUID),  # ids are given out in the order of time
        "updated_at": Sort(col(Course.updated_at), datetime),
        "full_name": Sort(col(Course.full_name), str),
        "shortname": Sort(col(Course.shortname), str, nullable=True),
    },
    filters=(
        Filter(
            "q",
            Search,
            lambda _act, typed: each_word_in(
                typed, [col(Course.full_name), col(Course.shortname), col(Course.idnumber)]
            ),
            "Words of the name, the short name or the id number.",
        ),
        one_of("id", col(Course.id), UUID),
        equal("shortname", col(Course.shortname)),
        equal("idnumber", col(Course.idnumber)),
        Filter("iri", str, lambda _act, value: col(Course.iri).in_(address_forms(value))),
        *within("created_at", col(Course.created_at)),
        *within("updated_at", col(Course.updated_at)),
    ),
    synced="updated_at",
)


@operation("GET", "/courses", permission="courses:read", summary="List courses", tag=TAG, listing=COURSES)
def list_courses(call: Call, query: ListQuery, session: Session) -> Page[CoursePublic]:
    """Oldest first."""

    statement = select(Course).where(Course.site_id == call.act.site_id)
    return COURSES.page(Page[CoursePublic], session, call.act, query, statement, each(_course))


@operation(
    "GET",
    "/courses/{course_id}",
    permission="courses:read",
    summary="Show a course",
    tag=TAG,
    errors=(courses.UnknownCourse,),
    rows=lambda act, path: select(Course.id).where(Course.site_id == act.site_id, Course.id == path.course_id),
)
def get_course(call: Call, path: CoursePath, session: Session) -> CoursePublic:
    """With its rule of expiry."""
    return _course(courses.course_by_id(session, call.act, path.course_id))


@operation(
    "GET",
    "/courses/by/shortname/{shortname}",
    permission="courses:read",
    summary="Show the course with a short name",
    tag=TAG,
    errors=(courses.UnknownCourse,),
)
def get_course_by_shortname(call: Call, path: ByShortname, session: Session) -> CoursePublic:
    """As it is written. Percent-encode it, a slash in it too."""
    return _course(courses.course_named(session, call.act, path.shortname))


@operation(
    "GET",
    "/courses/by/iri/{iri}",
    permission="courses:read",
    summary="Show the course with an address",
    tag=TAG,
    errors=(courses.UnknownCourse,),
)
def get_course_by_iri(call: Call, path: ByIri, session: Session) -> CoursePublic:
    """The address statements call it by; http and https are the same. Percent-encode it."""
    return _course(courses.course_at(session, call.act, path.iri))


@operation(
    "POST",
    "/courses",
    permission="courses:write",
    summary="Create a course",
    tag=TAG,
    status=201,
    creates=get_course,
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
    replay_object(call, session, course.iri)
    return _course(course)


@operation(
    "PATCH",
    "/courses/{course_id}",
    permission="courses:write",
    summary="Change a course",
    tag=TAG,
    guards=get_course,
    errors=(courses.UnknownCourse, courses.CourseTaken),
    examples={"yearly": {"expiry": {"rule": "on", "month": 12, "day": 31}}},
)
def change_course(call: Call, path: CoursePath, body: CourseUpdate, session: Session) -> CoursePublic:
    """A new rule of expiry holds for records to come; those there keep their date."""
    course = courses.course_by_id(session, call.act, path.course_id)
    if courses.change(
        session,
        call.act,
        course,
        given_fields(body, keep_null=("recertification_window", "idnumber", "shortname", "iri")),
    ):
        replay_object(call, session, course.iri)
    return _course(course)


def given_fields(body: In, *, keep_null: tuple[str, ...]) -> dict[str, Any]:
    """What the caller gave; null only where nothing is a value."""
    given = body.model_dump(mode="json", exclude_unset=True)
    return {name: value for name, value in given.items() if value is not None or name in keep_null}


def replay_object(call: Call, session: Session, iri: str | None) -> None:
    """Project again what was parked for this address."""
    if iri:
        replay_awaited(call, session, Awaited(subjects=object_subjects(iri)))


def _course(course: Course) -> CoursePublic:
    return CoursePublic.model_validate(course.model_dump(exclude={"site_id"}))


OPERATIONS = (
    list_courses,
    create_course,
    get_course,
    get_course_by_shortname,
    get_course_by_iri,
    change_course,
)
