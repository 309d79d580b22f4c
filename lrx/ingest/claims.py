"""Claims of other learning management systems: who, what and when, in the caller's own names, made a Completion."""

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlmodel import Session, col, select

from lrx.access import Act
from lrx.address import address_forms
from lrx.courses.courses import UnknownActivity, UnknownCourse
from lrx.errors import Fault, Invalid
from lrx.ingest.completion import Completion
from lrx.models import Activity, Course, Learner, LearnerOciId
from lrx.oci_id import OciId
from lrx.people.learners import UnknownLearner, by_lms_user, by_username
from lrx.source import Source
from lrx.text import text

__all__ = ["Claim", "CompletedInFuture", "completion_of"]

AHEAD = timedelta(minutes=5)
"""How far a caller's clock may run ahead."""

EARLIEST = 1950
"""No completion is older; a year below it is a slip."""


class CompletedInFuture(Invalid):
    """The completion lies ahead of our clock."""

    code = "completed_in_future"


class _Named(BaseModel):
    """Something named in exactly one way."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @model_validator(mode="after")
    def _named_once(self) -> "_Named":
        if sum(value is not None for value in self.model_dump().values()) != 1:
            raise ValueError(text("Name it in exactly one way: {ways}.", ways=", ".join(type(self).model_fields)))
        return self


class LmsUser(BaseModel):
    """The identity an LMS gave."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    home_page: str = Field(min_length=1, max_length=500)
    user_id: str = Field(min_length=1, max_length=100)


class LearnerNamed(_Named):
    """A learner, named in exactly one way."""

    id: UUID | None = None
    username: str | None = None
    oci_id: str | None = None
    lms: LmsUser | None = None


class CourseNamed(_Named):
    """A course, named in exactly one way."""

    id: UUID | None = None
    shortname: str | None = None
    idnumber: str | None = None
    iri: str | None = None


class ActivityNamed(_Named):
    """An activity of the course, named in exactly one way."""

    id: UUID | None = None
    idnumber: str | None = None
    iri: str | None = None


class Claim(BaseModel):
    """A learner completed a course, or one of its activities. The source is always `completion`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    learner: LearnerNamed
    course: CourseNamed
    activity: ActivityNamed | None = None
    """Left out for the course itself."""
    completed_at: datetime
    """When, with the time zone."""
    grade: float | None = Field(default=None, ge=0, le=100)
    """Percent."""
    external_id: str | None = Field(default=None, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
    """Your own name for this completion: sent again it changes nothing."""

    @model_validator(mode="after")
    def _has_zone(self) -> "Claim":
        if self.completed_at.tzinfo is None:
            raise ValueError(text("completed_at needs its time zone, as in 2026-11-18T09:12:00-05:00."))
        return self


def completion_of(session: Session, act: Act, claim: Claim) -> Completion:
    """Find whom and what the claim names. Raises `UnknownLearner`, `UnknownCourse`, `UnknownActivity`,
    `CompletedInFuture`."""
    _check_time(act, claim.completed_at)
    learner_id = _learner(session, act, claim.learner)
    course = _course(session, act, claim.course)
    return Completion(
        learner_id=learner_id,
        course_id=course.id,
        activity_id=_activity(session, act, course, claim.activity) if claim.activity else None,
        source=Source.COMPLETION,
        completed_at=claim.completed_at,
        recorded_at=act.at,
        grade=claim.grade,
        external_id=claim.external_id,
    )


def _check_time(act: Act, completed_at: datetime) -> None:
    if completed_at > act.at + AHEAD:
        detail = text(
            "The completion lies in the future: our clock says {now}. Check the time and its zone.",
            now=act.at.isoformat(),
        )
        raise CompletedInFuture(detail, faults=(Fault("/completed_at", CompletedInFuture.code, detail),))
    if completed_at.year < EARLIEST:
        detail = text("A completion before {year} is a slip. Check the date.", year=EARLIEST)
        raise Invalid(detail, faults=(Fault("/completed_at", "completed_too_early", detail),))


def _learner(session: Session, act: Act, named: LearnerNamed) -> UUID:
    found: list[UUID] = []
    if named.id is not None:
        found = list(session.exec(select(Learner.id).where(Learner.site_id == act.site_id, Learner.id == named.id)))
    elif named.username is not None:
        one = by_username(session, act, named.username)
        found = [one.id] if one else []
    elif named.lms is not None:
        one = by_lms_user(session, act, named.lms.home_page, named.lms.user_id)
        found = [one.id] if one else []
    elif named.oci_id is not None:
        found = _holders(session, act, OciId.parse(named.oci_id))
    if len(found) == 1:
        return found[0]
    detail = (
        text("More than one learner holds this OCI ID. Correct that first.")
        if found
        else text("There is no such learner at this site. Create the learner first.")
    )
    raise UnknownLearner(detail, faults=(Fault("/learner", UnknownLearner.code, detail),))


def _holders(session: Session, act: Act, oci_id: OciId) -> list[UUID]:
    query = select(col(LearnerOciId.learner_id)).where(
        LearnerOciId.site_id == act.site_id, LearnerOciId.oci_id == oci_id, col(LearnerOciId.held_until).is_(None)
    )
    return list(session.exec(query.distinct()))


def _course(session: Session, act: Act, named: CourseNamed) -> Course:
    query = select(Course).where(Course.site_id == act.site_id)
    if named.id is not None:
        query = query.where(Course.id == named.id)
    elif named.shortname is not None:
        query = query.where(Course.shortname == named.shortname)
    elif named.idnumber is not None:
        query = query.where(Course.idnumber == named.idnumber)
    else:
        query = query.where(col(Course.iri).in_(address_forms(named.iri or "")))
    found = session.exec(query.limit(2)).all()
    if len(found) == 1:
        return found[0]
    detail = (
        text("More than one course has this id number. Name the course by its short name.")
        if found
        else text("There is no such course at this site. Create the course first.")
    )
    raise UnknownCourse(detail, faults=(Fault("/course", UnknownCourse.code, detail),))


def _activity(session: Session, act: Act, course: Course, named: ActivityNamed) -> UUID:
    query = select(Activity.id).where(Activity.site_id == act.site_id, Activity.course_id == course.id)
    if named.id is not None:
        query = query.where(Activity.id == named.id)
    elif named.idnumber is not None:
        query = query.where(Activity.idnumber == named.idnumber)
    else:
        query = query.where(col(Activity.iri).in_(address_forms(named.iri or "")))
    found = session.exec(query.limit(2)).all()
    if len(found) == 1:
        return found[0]
    detail = text("The course has no such activity, or more than one. Name it by its id.")
    raise UnknownActivity(detail, faults=(Fault("/activity", UnknownActivity.code, detail),))
