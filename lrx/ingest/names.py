"""Whom and what claims name, looked up for many at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from lrx.address import address_forms
from lrx.courses.courses import UnknownActivity, UnknownCourse
from lrx.database import pieces
from lrx.errors import Fault
from lrx.ingest.named import ActivityNamed, CourseNamed, LearnerNamed
from lrx.lower_case import lower_case
from lrx.models import Activity, Course, Learner, LearnerOciId
from lrx.oci_id import InvalidOciId, OciId
from lrx.people.learners import SeveralLearners, UnknownLearner
from lrx.tables import among, same, table
from lrx.text import text

__all__ = ["Names", "course_named"]

Name = tuple[object, ...]
"""A way of naming and what is named by it: `("username", "aokafor")`."""


class _Claim(Protocol):
    @property
    def learner(self) -> LearnerNamed: ...
    @property
    def course(self) -> CourseNamed: ...
    @property
    def activity(self) -> ActivityNamed | None: ...


@dataclass
class Names:
    """What the names of some claims stand for at one site."""

    learners: dict[Name, set[UUID]] = field(default_factory=dict)
    courses: dict[Name, set[UUID]] = field(default_factory=dict)
    activities: dict[Name, set[UUID]] = field(default_factory=dict)
    """By course as well."""

    @classmethod
    def read(cls, session: Session, site_id: UUID, claims: Sequence[_Claim]) -> "Names":
        """Look up all that the claims name."""
        session.flush()
        names = cls()
        learners = {name for claim in claims for name in _learner_names(claim.learner)}
        names.learners = _find(session, site_id, Learner, learners, ("id", "username"))
        _add_lms_users(session, site_id, names.learners, learners)
        _add_holders(session, site_id, names.learners, learners)
        courses = {name for claim in claims for name in _names(claim.course)}
        names.courses = _find(session, site_id, Course, courses, ("id", "shortname", "idnumber", "iri"))
        activities = {name for claim in claims if claim.activity for name in _names(claim.activity)}
        names.activities = _find(session, site_id, Activity, activities, ("id", "idnumber", "iri"), within="course_id")
        return names

    def learner(self, named: LearnerNamed) -> UUID:
        """Return the one who is named. Raises `UnknownLearner`, `SeveralLearners` and `InvalidOciId`."""
        if named.oci_id is not None:
            OciId.parse(named.oci_id)
        found = _among(self.learners, _learner_names(named))
        if len(found) == 1:
            return found.pop()
        if found:
            detail = text("More than one learner holds this OCI ID. Correct that first.")
            raise SeveralLearners(detail, faults=(Fault("/learner", SeveralLearners.code, detail),))
        detail = text("There is no such learner at this site. Check the name given, or create the learner first.")
        raise UnknownLearner(detail, faults=(Fault("/learner", UnknownLearner.code, detail),))

    def course(self, named: CourseNamed) -> UUID:
        """Return the one that is named. Raises `UnknownCourse`."""
        found = _among(self.courses, _names(named))
        if len(found) == 1:
            return found.pop()
        detail = (
            text("More than one course has this id number. Name the course by its short name.")
            if found
            else text("There is no such course at this site. Check the name given, or create the course first.")
        )
        raise UnknownCourse(detail, faults=(Fault("/course", UnknownCourse.code, detail),))

    def activity(self, course_id: UUID, named: ActivityNamed) -> UUID:
        """Return the one of the course that is named. Raises `UnknownActivity`."""
        found = _among(self.activities, [(course_id, *name) for name in _names(named)])
        if len(found) == 1:
            return found.pop()
        detail = text("The course has no such activity, or more than one. Name it by its id.")
        raise UnknownActivity(detail, faults=(Fault("/activity", UnknownActivity.code, detail),))


def course_named(session: Session, site_id: UUID, named: CourseNamed) -> UUID:
    """Return the course of the site that is named. Raises `UnknownCourse`."""
    wanted = _names(named)
    names = Names(courses=_find(session, site_id, Course, wanted, ("id", "shortname", "idnumber", "iri")))
    return names.course(named)


def _names(named: CourseNamed | ActivityNamed) -> list[Name]:
    if named.iri is not None:
        return [("iri", form) for form in address_forms(named.iri)]
    return [next(one for one in vars(named).items() if one[1] is not None)]


def _learner_names(named: LearnerNamed) -> list[Name]:
    if named.lms is not None:
        return [("lms", form, named.lms.user_id) for form in address_forms(named.lms.home_page)]
    if named.username is not None:
        return [("username", lower_case(named.username.strip()))]
    if named.oci_id is None:
        return [("id", named.id)]
    try:
        return [("oci_id", OciId.parse(named.oci_id))]
    except InvalidOciId:
        return []


def _among(known: dict[Name, set[UUID]], names: Collection[Name]) -> set[UUID]:
    return {one for name in names for one in known.get(name, ())}


def _find(
    session: Session,
    site_id: UUID,
    model: type[SQLModel],
    names: Collection[Name],
    ways: Sequence[str],
    within: str | None = None,
) -> dict[Name, set[UUID]]:
    """Look up names by the column each way is called after."""
    found: dict[Name, set[UUID]] = {}
    for way in ways:
        for some in pieces([name[1] for name in names if name[0] == way]):
            given = {"site_id": site_id, "some": some}
            for one, value, *place in session.connection().execute(_named(model, way, within), given):
                found.setdefault((*place, way, value), set()).add(one)
    return found


@cache
def _named(model: type[SQLModel], way: str, within: str | None) -> sa.Select[Any]:
    columns = table(model).c
    wanted = [columns.id, columns[way], *([columns[within]] if within else [])]
    return sa.select(*wanted).where(same(columns.site_id), among(columns[way]))


def _add_lms_users(session: Session, site_id: UUID, found: dict[Name, set[UUID]], names: Collection[Name]) -> None:
    learners = table(Learner).c
    users = [name[1:] for name in names if name[0] == "lms"]
    query = sa.select(learners.id, learners.home_page, learners.lms_user_id)
    for home_page in {home_page for home_page, _ in users}:
        at_home = query.where(learners.site_id == site_id, learners.home_page == home_page)
        for some in pieces([user_id for home, user_id in users if home == home_page]):
            for one, _, user_id in session.connection().execute(at_home.where(learners.lms_user_id.in_(some))):
                found.setdefault(("lms", home_page, user_id), set()).add(one)


def _add_holders(session: Session, site_id: UUID, found: dict[Name, set[UUID]], names: Collection[Name]) -> None:
    held = table(LearnerOciId).c
    for some in pieces([name[1] for name in names if name[0] == "oci_id"]):
        query = sa.select(held.learner_id, held.oci_id).where(
            held.site_id == site_id, held.oci_id.in_(some), held.held_until.is_(None)
        )
        for one, oci_id in session.connection().execute(query):
            found.setdefault(("oci_id", oci_id), set()).add(one)
