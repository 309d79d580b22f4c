"""Whom and what a statement speaks of: an agent to a learner, an address to a course or an activity.

An LMS's credential makes those it has not seen before; any other credential only finds, and what it does not find is
parked.
"""

from dataclasses import dataclass

from sqlmodel import Session

from lrx import audit
from lrx.access import Act
from lrx.address import address_forms
from lrx.courses import courses
from lrx.lower_case import lower_case
from lrx.models import (
    AccountNames,
    Activity,
    Course,
    Credential,
    CredentialMode,
    Learner,
    ParkedReason,
)
from lrx.people import identities, learners
from lrx.xapi.actor import Agent
from lrx.xapi.objects import ObjectSeen
from lrx.xapi.subjects import agent_subject, object_subject

__all__ = ["Unmatched", "find_activity", "find_course", "find_learner"]

# What the tables hold; SQLite would take more, and then the two engines would differ.
LONGEST_NAME = 100
LONGEST_HOME_PAGE = 300
LONGEST_FULL_NAME = 300
LONGEST_SHORT_NAME = 255
LONGEST_TITLE = 1000
LONGEST_IRI = 500


@dataclass(frozen=True)
class Unmatched(Exception):
    """Nobody knows this person or course yet; the statement is parked under `subject`, and under `username` where an
    account's name may be one."""

    reason: ParkedReason
    subject: str
    username: str | None = None


def find_learner(session: Session, act: Act, credential: Credential, agent: Agent | None, origin: str) -> Learner:
    """Return the learner an agent stands for. Raises `Unmatched`."""
    if agent is None:
        raise Unmatched(ParkedReason.UNKNOWN_LEARNER, "none")
    mapped = identities.learner_known_as(session, act, agent.kind, agent.home_page, agent.value)
    if mapped is not None:
        return mapped
    if agent.kind != "account" or agent.home_page is None:
        raise _unmatched(agent, ParkedReason.UNKNOWN_LEARNER)
    if len(agent.value) > LONGEST_NAME or len(agent.home_page) > LONGEST_HOME_PAGE:
        raise _unmatched(agent, ParkedReason.IDENTIFIER_TOO_LONG)
    names = _account_names(session, act, credential, agent)
    found = (
        learners.by_lms_user(session, act, agent.home_page, agent.value)
        if names is AccountNames.USER_ID
        else learners.by_username(session, act, agent.value)
    )
    if found is None and credential.mode is not CredentialMode.LMS:
        raise _unmatched(agent, ParkedReason.UNKNOWN_LEARNER)
    name = agent.name[:LONGEST_FULL_NAME] if agent.name else None
    if found is None:
        fields = {"full_name": name}
        if names is AccountNames.USER_ID:
            fields |= {"home_page": agent.home_page, "lms_user_id": agent.value}
        else:
            fields |= {"username": agent.value}
        return learners.create(session, act, fields, origin=origin)
    if name and not (found.full_name or found.family_name):
        learners.change(session, act, found, {"full_name": name}, origin=origin)
    return found


def _unmatched(agent: Agent, reason: ParkedReason) -> Unmatched:
    is_name = agent.kind == "account" and len(agent.value) <= LONGEST_NAME
    username = lower_case(agent.value.strip()) if is_name else None
    return Unmatched(reason, agent_subject(agent.kind, agent.home_page, agent.value), username)


def _account_names(session: Session, act: Act, credential: Credential, agent: Agent) -> AccountNames:
    """What account names are at this credential: as an administrator said, else as the first one was.

    Then later ones must be alike, and user names come from one home page: `jsmith` elsewhere is somebody else.
    """
    seen = AccountNames.USER_ID if agent.value.isascii() and agent.value.isdecimal() else AccountNames.USERNAME
    names = credential.account_names or seen
    if names is AccountNames.USER_ID and seen is AccountNames.USERNAME:
        raise _unmatched(agent, ParkedReason.ACCOUNT_NAME_KIND)
    if names is AccountNames.USERNAME and seen is AccountNames.USER_ID and not credential.account_names_given:
        raise _unmatched(agent, ParkedReason.ACCOUNT_NAME_KIND)
    home_page = credential.home_page or agent.home_page
    if names is AccountNames.USERNAME and home_page not in address_forms(agent.home_page or ""):
        raise _unmatched(agent, ParkedReason.HOME_PAGE)
    if (credential.account_names, credential.home_page) != (names, home_page):
        credential.account_names, credential.home_page = names, home_page
        session.add(credential)
        session.flush()
        audit.keep(session, act, "recognise_accounts", "credential", credential.id, account_names=names.value)
    return names


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
        raise Unmatched(ParkedReason.UNKNOWN_COURSE, object_subject(seen.iri))
    fields = _described(seen)
    if _is_free(session, act, seen.short_id):
        fields["shortname"] = seen.short_id
    return courses.create(session, act, fields)


def find_activity(session: Session, act: Act, credential: Credential, course: Course, seen: ObjectSeen) -> Activity:
    """Return the activity at an address. Raises `Unmatched`."""
    found = courses.activity_by_iri(session, act, seen.iri)
    if found is not None:
        if seen.external_id and found.idnumber is None and len(seen.external_id) <= LONGEST_NAME:
            courses.change_activity(session, act, found, {"idnumber": seen.external_id})
        return found
    if credential.mode is not CredentialMode.LMS:
        raise Unmatched(ParkedReason.UNKNOWN_COURSE, object_subject(seen.iri))
    return courses.create_activity(session, act, course, _described(seen))


def _described(seen: ObjectSeen) -> dict[str, str | None]:
    """What a statement tells of a course or an activity. Names are cut; an id number too long to be one is left out."""
    if len(seen.iri) > LONGEST_IRI:
        raise Unmatched(ParkedReason.IDENTIFIER_TOO_LONG, object_subject(seen.iri))
    idnumber = seen.external_id if seen.external_id and len(seen.external_id) <= LONGEST_NAME else None
    return {"iri": seen.iri, "full_name": (seen.name or seen.iri)[:LONGEST_TITLE], "idnumber": idnumber}


def _fill_gaps(session: Session, act: Act, course: Course, seen: ObjectSeen) -> None:
    """Take over the short name and id number an LMS begins to send; never overwrite what an administrator set."""
    gaps: dict[str, str] = {}
    if seen.external_id and course.idnumber is None and len(seen.external_id) <= LONGEST_NAME:
        gaps["idnumber"] = seen.external_id
    if seen.short_id and course.shortname is None and _is_free(session, act, seen.short_id):
        gaps["shortname"] = seen.short_id
    if gaps:
        courses.change(session, act, course, gaps)


def _is_free(session: Session, act: Act, shortname: str | None) -> bool:
    if not shortname or len(shortname) > LONGEST_SHORT_NAME:
        return False
    return courses.course_by_shortname(session, act, shortname) is None
