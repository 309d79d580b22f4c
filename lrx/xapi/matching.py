"""Whom and what a statement speaks of: an agent to a learner, an address to a course or an activity.

An LMS's credential makes those it has not seen before; any other credential only finds, and what it does not find is
parked.
"""

from dataclasses import dataclass

from sqlmodel import Session, select

from lrx import audit
from lrx.access import Act
from lrx.courses import courses
from lrx.models import (
    AccountNames,
    Activity,
    Course,
    Credential,
    CredentialMode,
    Identity,
    Learner,
    ParkedReason,
)
from lrx.people import learners
from lrx.people.identities import subject
from lrx.xapi.actor import Agent
from lrx.xapi.objects import ObjectSeen

__all__ = ["Unmatched", "find_activity", "find_course", "find_learner"]


@dataclass(frozen=True)
class Unmatched(Exception):
    """Nobody knows this person or course yet; the statement is parked under `subject`."""

    reason: ParkedReason
    subject: str


def find_learner(session: Session, act: Act, credential: Credential, agent: Agent | None, origin: str) -> Learner:
    """Return the learner an agent stands for. Raises `Unmatched`."""
    if agent is None:
        raise Unmatched(ParkedReason.UNKNOWN_LEARNER, "none")
    mapped = session.exec(
        select(Learner)
        .join(Identity)
        .where(
            Identity.site_id == act.site_id,
            Identity.kind == agent.kind,
            Identity.home_page == (agent.home_page or ""),
            Identity.value == agent.value,
        )
    ).first()
    if mapped is not None:
        return mapped
    if agent.kind != "account" or agent.home_page is None:
        raise Unmatched(ParkedReason.UNKNOWN_LEARNER, subject(agent.kind, agent.home_page, agent.value))
    names = _account_names(session, act, credential, agent)
    found = (
        learners.by_lms_user(session, act, agent.home_page, agent.value)
        if names is AccountNames.USER_ID
        else learners.by_username(session, act, agent.value)
    )
    if found is None and credential.mode is not CredentialMode.LMS:
        raise Unmatched(ParkedReason.UNKNOWN_LEARNER, subject(agent.kind, agent.home_page, agent.value))
    if found is None:
        fields = {"full_name": agent.name}
        if names is AccountNames.USER_ID:
            fields |= {"home_page": agent.home_page, "lms_user_id": agent.value}
        else:
            fields |= {"username": agent.value}
        return learners.create(session, act, fields, origin=origin)
    if agent.name and not (found.full_name or found.family_name):
        learners.change(session, act, found, {"full_name": agent.name}, origin=origin)
    return found


def _account_names(session: Session, act: Act, credential: Credential, agent: Agent) -> AccountNames:
    """What account names are at this credential; the first one seen tells, and later ones must be alike."""
    seen = AccountNames.USER_ID if agent.value.isascii() and agent.value.isdecimal() else AccountNames.USERNAME
    if credential.account_names is None:
        credential.account_names = seen
        session.add(credential)
        session.flush()
        audit.keep(session, act, "recognise_account_names", "credential", credential.id, account_names=seen.value)
    if credential.account_names is AccountNames.USER_ID and seen is AccountNames.USERNAME:
        raise Unmatched(ParkedReason.ACCOUNT_NAME_KIND, subject(agent.kind, agent.home_page, agent.value))
    return credential.account_names


def find_course(session: Session, act: Act, credential: Credential, seen: ObjectSeen) -> Course:
    """Return the course at an address, by its address first, then by the short name the LMS sends along.

    Raises `Unmatched`.
    """
    found = courses.course_by_iri(session, act, seen.iri)
    if found is None and seen.short_id:
        namesake = courses.course_by_shortname(session, act, seen.short_id)
        if namesake is not None and namesake.iri is None:
            courses.change(session, act, namesake, {"iri": seen.iri})
            found = namesake
    if found is not None:
        _fill_gaps(session, act, found, seen)
        return found
    if credential.mode is not CredentialMode.LMS:
        raise Unmatched(ParkedReason.UNKNOWN_COURSE, seen.iri)
    fields = {"iri": seen.iri, "full_name": seen.name or seen.iri, "idnumber": seen.external_id}
    if seen.short_id and courses.course_by_shortname(session, act, seen.short_id) is None:
        fields["shortname"] = seen.short_id
    return courses.create(session, act, fields)


def find_activity(session: Session, act: Act, credential: Credential, course: Course, seen: ObjectSeen) -> Activity:
    """Return the activity at an address. Raises `Unmatched`."""
    found = courses.activity_by_iri(session, act, seen.iri)
    if found is not None:
        if seen.external_id and found.idnumber is None:
            courses.change_activity(session, act, found, {"idnumber": seen.external_id})
        return found
    if credential.mode is not CredentialMode.LMS:
        raise Unmatched(ParkedReason.UNKNOWN_COURSE, seen.iri)
    fields = {"iri": seen.iri, "full_name": seen.name or seen.iri, "idnumber": seen.external_id}
    return courses.create_activity(session, act, course, fields)


def _fill_gaps(session: Session, act: Act, course: Course, seen: ObjectSeen) -> None:
    """Take over the short name and id number an LMS begins to send; never overwrite what an administrator set."""
    gaps: dict[str, str] = {}
    if seen.external_id and course.idnumber is None:
        gaps["idnumber"] = seen.external_id
    if seen.short_id and course.shortname is None and courses.course_by_shortname(session, act, seen.short_id) is None:
        gaps["shortname"] = seen.short_id
    if gaps:
        courses.change(session, act, course, gaps)
