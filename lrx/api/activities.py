"""`/activities` and `/courses/{course_id}/activities`: the parts of courses."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field
from sqlmodel import Session, col, select

from lrx.address import address_forms
from lrx.api.courses import TAG, Address, ByIri, given_fields, replay_object
from lrx.api.listing import Filter, Listing, ListQuery, Sort, equal, one_of, within
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.values import CoursePath, In, Instant, Line, Out, Words
from lrx.courses import courses
from lrx.models import Activity

__all__ = ["OPERATIONS"]


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


def _filters() -> tuple[Filter, ...]:
    return (
        one_of("id", col(Activity.id), UUID),
        equal("idnumber", col(Activity.idnumber)),
        Filter("iri", str, lambda _act, value: col(Activity.iri).in_(address_forms(value))),
        equal("mandatory", col(Activity.mandatory), bool),
        *within("updated_at", col(Activity.updated_at)),
    )


SORTS = {
    "created_at": Sort(col(Activity.id), UUID),
    "updated_at": Sort(col(Activity.updated_at), datetime),
    "full_name": Sort(col(Activity.full_name), str),
}
ACTIVITIES = Listing[Activity](
    "activities",
    col(Activity.id),
    default="created_at",
    sorts=SORTS,
    filters=(one_of("course_id", col(Activity.course_id), UUID), *_filters()),
    synced="updated_at",
)
ACTIVITIES_OF_COURSE = Listing[Activity](
    "activities-of-course", col(Activity.id), default="created_at", sorts=SORTS, filters=_filters(), synced="updated_at"
)


@operation("GET", "/activities", permission="courses:read", summary="List activities", tag=TAG, listing=ACTIVITIES)
def list_all_activities(call: Call, query: ListQuery, session: Session) -> Page[ActivityPublic]:
    """Of all courses, oldest first."""
    statement = select(Activity).where(Activity.site_id == call.act.site_id)
    return ACTIVITIES.page(Page[ActivityPublic], session, call.act, query, statement, _activities)


@operation(
    "GET",
    "/courses/{course_id}/activities",
    permission="courses:read",
    summary="List a course's activities",
    tag=TAG,
    errors=(courses.UnknownCourse,),
    listing=ACTIVITIES_OF_COURSE,
)
def list_activities(call: Call, path: CoursePath, query: ListQuery, session: Session) -> Page[ActivityPublic]:
    """Oldest first."""
    courses.course_by_id(session, call.act, path.course_id)
    statement = select(Activity).where(Activity.site_id == call.act.site_id, Activity.course_id == path.course_id)
    return ACTIVITIES_OF_COURSE.page(Page[ActivityPublic], session, call.act, query, statement, _activities)


@operation(
    "GET",
    "/activities/{activity_id}",
    permission="courses:read",
    summary="Show an activity",
    tag=TAG,
    errors=(courses.UnknownActivity,),
    rows=lambda act, path: select(Activity.id).where(Activity.site_id == act.site_id, Activity.id == path.activity_id),
)
def get_activity(call: Call, path: ActivityPath, session: Session) -> ActivityPublic:
    """With whether it is mandatory now."""
    return _activity(courses.activity_by_id(session, call.act, path.activity_id))


@operation(
    "GET",
    "/activities/by/iri/{iri}",
    permission="courses:read",
    summary="Show the activity with an address",
    tag=TAG,
    errors=(courses.UnknownActivity,),
)
def get_activity_by_iri(call: Call, path: ByIri, session: Session) -> ActivityPublic:
    """The address statements call it by; http and https are the same. Percent-encode it."""
    return _activity(courses.activity_at(session, call.act, path.iri))


@operation(
    "POST",
    "/courses/{course_id}/activities",
    permission="courses:write",
    summary="Create an activity",
    tag=TAG,
    status=201,
    creates=get_activity,
    errors=(courses.UnknownCourse, courses.ActivityTaken),
    examples={"a module": {"full_name": "WHMIS module", "mandatory": True}},
)
def create_activity(call: Call, path: CoursePath, body: ActivityCreate, session: Session) -> ActivityPublic:
    """Statements parked because nobody knew this address are projected again."""
    course = courses.course_by_id(session, call.act, path.course_id)
    activity = courses.create_activity(session, call.act, course, body.model_dump(mode="json"))
    replay_object(call, session, activity.iri)
    return _activity(activity)


@operation(
    "PATCH",
    "/activities/{activity_id}",
    permission="courses:write",
    summary="Change an activity",
    tag=TAG,
    guards=get_activity,
    errors=(courses.UnknownActivity, courses.ActivityTaken),
    examples={"mandatory": {"mandatory": True}},
)
def change_activity(call: Call, path: ActivityPath, body: ActivityUpdate, session: Session) -> ActivityPublic:
    """Make it mandatory or not, for records to come."""
    activity = courses.activity_by_id(session, call.act, path.activity_id)
    if courses.change_activity(session, call.act, activity, given_fields(body, keep_null=("idnumber", "iri"))):
        replay_object(call, session, activity.iri)
    return _activity(activity)


def _activity(activity: Activity) -> ActivityPublic:
    return ActivityPublic.model_validate(activity.model_dump(exclude={"site_id"}))


def _activities(rows: Sequence[Activity]) -> list[ActivityPublic]:
    return [_activity(row) for row in rows]


OPERATIONS = (
    list_all_activities,
    list_activities,
    create_activity,
    get_activity,
    get_activity_by_iri,
    change_activity,
)
