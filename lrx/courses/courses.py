"""Courses and activities: found, created, changed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from lrx import audit, settings_history
from lrx.access import Act
from lrx.address import address_forms, normal_address
from lrx.errors import Conflict, Fault, NotFound
from lrx.models import Activity, Course
from lrx.tables import lock_row
from lrx.text import text

__all__ = [
    "ActivityTaken",
    "CourseTaken",
    "UnknownActivity",
    "UnknownCourse",
    "activity_at",
    "activity_by_id",
    "activity_by_iri",
    "change",
    "change_activity",
    "course_at",
    "course_by_id",
    "course_by_iri",
    "course_named",
    "create",
    "create_activity",
]


class UnknownCourse(NotFound):
    """The site has no such course."""

    code = "course_unknown"


class UnknownActivity(NotFound):
    """The course has no such activity."""

    code = "activity_unknown"


class CourseTaken(Conflict):
    """Another course of the site already has this short name or address."""

    code = "course_taken"


class ActivityTaken(Conflict):
    """Another activity of the site already has this address."""

    code = "activity_taken"


def course_by_id(session: Session, act: Act, course_id: UUID) -> Course:
    """Return the course. Raises `UnknownCourse`, for one of another site too."""
    course = session.exec(select(Course).where(Course.site_id == act.site_id, Course.id == course_id)).first()
    if course is None:
        raise UnknownCourse(text("There is no course {id} at this site.", id=str(course_id)))
    return course


def course_by_shortname(session: Session, act: Act, shortname: str) -> Course | None:
    """Return the course with this short name, as written."""
    return session.exec(select(Course).where(Course.site_id == act.site_id, Course.shortname == shortname)).first()


def course_by_iri(session: Session, act: Act, iri: str) -> Course | None:
    """Return the course statements call by this address; http and https are the same."""
    return session.exec(
        select(Course).where(Course.site_id == act.site_id, col(Course.iri).in_(address_forms(iri)))
    ).first()


def course_named(session: Session, act: Act, shortname: str) -> Course:
    """Return the course with this short name, as written. Raises `UnknownCourse`."""
    course = course_by_shortname(session, act, shortname)
    if course is None:
        raise UnknownCourse(
            text("There is no course with the short name {shortname} at this site. Check it.", shortname=shortname)
        )
    return course


def course_at(session: Session, act: Act, iri: str) -> Course:
    """Return the course statements call by this address. Raises `UnknownCourse`."""
    course = course_by_iri(session, act, iri)
    if course is None:
        raise UnknownCourse(text("There is no course with the address {iri} at this site. Check it.", iri=iri))
    return course


def activity_by_id(session: Session, act: Act, activity_id: UUID) -> Activity:
    """Return the activity. Raises `UnknownActivity`, for one of another site too."""
    activity = session.exec(select(Activity).where(Activity.site_id == act.site_id, Activity.id == activity_id)).first()
    if activity is None:
        raise UnknownActivity(text("There is no activity {id} at this site.", id=str(activity_id)))
    return activity


def activity_by_iri(session: Session, act: Act, iri: str) -> Activity | None:
    """Return the activity statements call by this address; http and https are the same."""
    return session.exec(
        select(Activity).where(Activity.site_id == act.site_id, col(Activity.iri).in_(address_forms(iri)))
    ).first()


def activity_at(session: Session, act: Act, iri: str) -> Activity:
    """Return the activity statements call by this address. Raises `UnknownActivity`."""
    activity = activity_by_iri(session, act, iri)
    if activity is None:
        raise UnknownActivity(text("There is no activity with the address {iri} at this site. Check it.", iri=iri))
    return activity


def create(session: Session, act: Act, fields: Mapping[str, Any]) -> Course:
    """Create a course of these fields (columns of `Course`). Raises `CourseTaken`."""
    values = _normal(fields)
    _refuse_course_taken(session, act, values, None)
    course = Course(id=act.new_id(), site_id=act.site_id, created_at=act.at, updated_at=act.at, **values)
    session.add(course)
    session.flush()
    settings_history.keep(session, act, course)
    audit.keep(session, act, "create", "course", course.id)
    return course


def change(session: Session, act: Act, course: Course, fields: Mapping[str, Any]) -> bool:
    """Change the course; a new expiry rule holds for records to come. Returns whether anything changed. Raises
    `CourseTaken`."""
    if not _different(course, fields):
        return False
    lock_row(session, course)
    values = _different(course, fields)
    if not values:
        return False
    _refuse_course_taken(session, act, values, course.id)
    _apply(session, act, course, values)
    settings_history.keep(session, act, course)
    audit.keep(session, act, "change", "course", course.id, fields=sorted(values))
    return True


def create_activity(session: Session, act: Act, course: Course, fields: Mapping[str, Any]) -> Activity:
    """Create an activity of the course. Raises `ActivityTaken`."""
    values = _normal(fields)
    _refuse_activity_taken(session, act, values, None)
    activity = Activity(
        id=act.new_id(), site_id=act.site_id, course_id=course.id, created_at=act.at, updated_at=act.at, **values
    )
    session.add(activity)
    session.flush()
    audit.keep(session, act, "create", "activity", activity.id)
    return activity


def change_activity(session: Session, act: Act, activity: Activity, fields: Mapping[str, Any]) -> bool:
    """Change the activity. Whether it is mandatory is judged for records to come: each keeps the list of its own day.

    Returns whether anything changed. Raises `ActivityTaken`.
    """
    if not _different(activity, fields):
        return False
    lock_row(session, activity)
    values = _different(activity, fields)
    if not values:
        return False
    _refuse_activity_taken(session, act, values, activity.id)
    _apply(session, act, activity, values)
    audit.keep(session, act, "change", "activity", activity.id, fields=sorted(values))
    return True


def _different(thing: Course | Activity, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in _normal(fields).items() if getattr(thing, name) != value}


def _apply(session: Session, act: Act, thing: Course | Activity, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(thing, name, value)
    thing.updated_at = act.at
    session.add(thing)
    session.flush()


def _normal(fields: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(fields)
    if values.get("iri"):
        values["iri"] = normal_address(values["iri"])
    return values


def _refuse_course_taken(session: Session, act: Act, values: Mapping[str, Any], course_id: UUID | None) -> None:
    iri, shortname = values.get("iri"), values.get("shortname")
    by_iri = course_by_iri(session, act, iri) if iri else None
    by_shortname = course_by_shortname(session, act, shortname) if shortname else None
    for field, holder in (("iri", by_iri), ("shortname", by_shortname)):
        if holder is not None and holder.id != course_id:
            detail = text(
                "The course {id} already has this {field}. Change that course instead.", id=str(holder.id), field=field
            )
            raise CourseTaken(detail, faults=(Fault(f"/{field}", f"{field}_taken", detail),))


def _refuse_activity_taken(session: Session, act: Act, values: Mapping[str, Any], activity_id: UUID | None) -> None:
    holder = activity_by_iri(session, act, values["iri"]) if values.get("iri") else None
    if holder is not None and holder.id != activity_id:
        detail = text("The activity {id} already has this address. Change that activity instead.", id=str(holder.id))
        raise ActivityTaken(detail, faults=(Fault("/iri", "iri_taken", detail),))
