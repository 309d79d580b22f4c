"""What the options of a command name: a learner, a course, a recipient, an instant of a site. Nobody is picked where
several are left."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from lrx.access import Act
from lrx.cli.ending import AMBIGUOUS, NOT_FOUND, Ended
from lrx.diagnosis.meant.choosing import (
    MOST,
    Meant,
    account_of,
    courses_called,
    courses_typed,
    instant_typed,
    learners_alike,
    learners_called,
    learners_typed,
    recipients_used,
)
from lrx.diagnosis.meant.courses import CourseMeant
from lrx.diagnosis.meant.people import PersonMeant
from lrx.diagnosis.meant.understanding import understand
from lrx.diagnosis.ticket import Ticket
from lrx.recipient import Recipient
from lrx.registry import recipient_named
from lrx.text import Text, text

__all__ = ["Subject", "as_of_meant", "course_meant", "listed", "recipient_meant", "subject_named", "subject_said"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a diagnosis is asked about; `as_of` is None for now."""

    learner: Meant
    course: Meant
    recipient: Recipient
    as_of: datetime | None


def subject_named(
    session: Session,
    act: Act,
    recipients: Mapping[str, Recipient],
    *,
    learner: str,
    course: str,
    recipient: str | None,
    as_of: str | None,
) -> Subject:
    """Return what the options name. Raises `Ended` where that is nobody, or more than one."""
    return Subject(
        _learner_meant(session, act, learner),
        course_meant(session, act, course),
        recipient_meant(session, act, recipients, recipient),
        as_of_meant(act, as_of),
    )


def subject_said(
    session: Session,
    act: Act,
    recipients: Mapping[str, Recipient],
    ticket: Ticket,
    *,
    recipient: str | None,
    as_of: str | None,
) -> tuple[Subject, Sequence[Text]]:
    """Return what a ticket asks, and what is to be said before it is looked at. Raises `Ended` where more than one
    thing may be asked, with what may be meant."""
    if recipient is not None:
        recipient_named(recipients, recipient)
    meant = understand(session, act, recipients, ticket, recipient=recipient)
    if meant.certain is None:
        people = [*(one for one in meant.people if one.remains), *meant.nearest]
        courses = [one for one in meant.courses if one.remains]
        lines = listed([*map(_of_person, people if len(people) > 1 or not meant.people else ())])
        lines = [*lines, *listed([*map(_of_course, courses if len(courses) > 1 else ())])]
        raise Ended(AMBIGUOUS if meant.people else NOT_FOUND, *meant.questions, *lines)
    choice = meant.certain
    learner_id = account_of(session, act, choice.learner_ids, choice.course_id)
    subject = Subject(
        next(_of_person(one) for one in meant.people if one.learner_id == learner_id),
        next(_of_course(one) for one in meant.courses if one.course_id == choice.course_id),
        recipients[choice.recipient],
        as_of_meant(act, as_of),
    )
    understood = text(
        "Understood: {learner}, {course}, {recipient}.",
        learner=str(subject.learner),
        course=str(subject.course),
        recipient=subject.recipient.title,
    )
    return subject, [understood, *meant.notes]


def _of_person(one: PersonMeant) -> Meant:
    return Meant(one.learner_id, one.full_name, one.username)


def _of_course(one: CourseMeant) -> Meant:
    return Meant(one.course_id, one.full_name, one.shortname)


def _learner_meant(session: Session, act: Act, typed: str) -> Meant:
    none = text(
        "There is no learner {typed} at this site: it is no user name, no id, and no OCI ID that is held now.",
        typed=typed,
    )
    many = text("Several learners are meant by {typed}. Give the id of one:", typed=typed)
    like = text("Learners of such a name. Give the user name of one:")
    return _one(
        learners_typed(session, act, typed),
        lambda: learners_called(session, act, typed) or learners_alike(session, act, typed),
        (none, many, like),
    )


def course_meant(session: Session, act: Act, typed: str) -> Meant:
    """Return the course. Raises `Ended`."""
    none = text("There is no course {typed} at this site: it is no short name, no id number and no id.", typed=typed)
    many = text("Several courses are meant by {typed}. Give the id of one:", typed=typed)
    like = text("Courses of such a name. Give the short name of one:")
    return _one(
        courses_typed(session, act, typed),
        lambda: courses_called(session, act, typed),
        (none, many, like),
    )


def _one(found: Sequence[Meant], called: Callable[[], Sequence[Meant]], said: tuple[Text, Text, Text]) -> Meant:
    none, many, like = said
    if len(found) == 1:
        return found[0]
    if found:
        raise Ended(AMBIGUOUS, many, *listed(found))
    alike = called()
    hints: Sequence[Text | str] = (like, *listed(alike)) if alike else ()
    raise Ended(NOT_FOUND, none, *hints)


def listed(found: Sequence[Meant]) -> Sequence[str]:
    """One line for each of the first candidates, and dots where there are more."""
    lines = [f"  {one} · {one.id}" for one in found[:MOST]]
    return [*lines, "  …"] if len(found) > MOST else lines


def recipient_meant(session: Session, act: Act, recipients: Mapping[str, Recipient], code: str | None) -> Recipient:
    """Return the recipient of this code, or the only one the site uses. Raises `Ended`, and `UnknownRecipient`."""
    if code is not None:
        return recipient_named(recipients, code)
    used = recipients_used(session, act, recipients)
    if len(used) != 1:
        codes = ", ".join(one.code for one in used)
        raise Ended(AMBIGUOUS, text("Name the recipient with --recipient: {codes}.", codes=codes))
    return used[0]


def as_of_meant(act: Act, typed: str | None) -> datetime | None:
    """Return the instant that is typed; without a zone it is in the site's. Raises `Ended`."""
    if typed is None:
        return None
    instant = instant_typed(typed, act.zone)
    if instant is None:
        raise Ended(AMBIGUOUS, text("{typed} is no date with a time. Write it like 2026-03-31T23:59.", typed=typed))
    return instant
