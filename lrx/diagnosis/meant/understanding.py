"""What a ticket means at one site: which learner, course and recipient, and what is still to be chosen by a person.

Nothing is picked where several are left, and everything that was considered is shown with the reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlmodel import Session, col, select

from lrx.access import Act
from lrx.diagnosis.meant.courses import CourseMeant, courses_meant, courses_with_records
from lrx.diagnosis.meant.doubts import Doubts, doubts, unknown_names
from lrx.diagnosis.meant.names import MOST_NAMES
from lrx.diagnosis.meant.people import (
    MOST,
    PersonMeant,
    are_told_apart,
    listed,
    names_meant,
    names_said,
    nearest,
    people_meant,
)
from lrx.diagnosis.meant.plain_names import PlainNames, plain_names
from lrx.diagnosis.meant.quoted import quoted
from lrx.diagnosis.ticket import Found, Ticket
from lrx.models import SiteRecipient
from lrx.people.names import folded
from lrx.recipient import PullRecipient, Recipient
from lrx.text import Text, text

__all__ = ["Choice", "RecipientMeant", "Understanding", "titles", "understand"]

WhyRecipient = Literal["given", "diagnosis", "named", "code", "only_one", "used"]


@dataclass(frozen=True, slots=True)
class RecipientMeant:
    """A recipient that may be meant: given by the caller, that of a quoted diagnosis, named, known by its code, or used
    by the site."""

    code: str
    title: str
    why: WhyRecipient


@dataclass(frozen=True, slots=True)
class Choice:
    """The one question the ticket asks. Several learners are several accounts of one name, of which the text
    names none by what only one of them has."""

    learner_ids: tuple[UUID, ...]
    course_id: UUID
    recipient: str


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a ticket means. `certain` is the one choice left; otherwise `questions` say what a person must choose.

    `nearest` are people of similar names, where nobody is meant or the text may be about another. A ticket names no
    moment to judge at; days in the text are among what was found. `diagnoses` are those the text quotes. `is_doubtful`
    where one person is left, but something in the text speaks against this person.
    """

    ticket: Ticket
    people: tuple[PersonMeant, ...]
    nearest: tuple[PersonMeant, ...]
    courses: tuple[CourseMeant, ...]
    recipients: tuple[RecipientMeant, ...]
    codes: tuple[str, ...]
    diagnoses: tuple[UUID, ...]
    certain: Choice | None
    questions: tuple[Text, ...]
    notes: tuple[Text, ...]
    is_doubtful: bool


def titles(recipients: Mapping[str, Recipient]) -> Mapping[str, str]:
    """Return what recipients are called by, for `read_ticket`."""
    return {code: recipient.title for code, recipient in recipients.items()}


def understand(
    session: Session,
    act: Act,
    recipients: Mapping[str, Recipient],
    ticket: Ticket,
    *,
    recipient: str | None = None,
    sees_records: bool = True,
    sees_diagnoses: bool = True,
) -> Understanding:
    """Return what the ticket means at the act's site. `recipient` is the code of the one asked about, where the caller
    knows it; in which courses somebody has records, and what a quoted diagnosis was about, is told to callers only who
    may see them. Reads only."""
    diagnoses = quoted(session, act, ticket) if sees_diagnoses else ()
    courses = courses_meant(session, act, ticket, {one.course_id for one in diagnoses})
    names = names_meant(ticket, courses)
    plain = plain_names(session, act, ticket, courses)
    people = people_meant(session, act, ticket, [*names, *plain.whole], diagnoses)
    accounts = _one_person(session, act, people)
    unknown = unknown_names(ticket, names, people, courses)
    against = doubts(session, act, ticket, people, accounts, unknown, plain.families)
    left = [one for one in people if one.remains]
    if left and not courses and sees_records:
        courses = courses_with_records(session, act, [one.learner_id for one in left[:MOST]], MOST + 1)
    course = _one_course(courses)
    about = [one.recipient for one in diagnoses if one.recipient in recipients]
    asked = _recipients(session, act, recipients, ticket, recipient, about)
    like = _like(session, act, people, names, plain, against)
    questions = [
        *([against.question] if against.question else [] if accounts else [_who(left, like)]),
        *([] if course else [_which_course(courses)]),
        *([] if len(asked) == 1 else [_which_recipient(asked)]),
    ]
    certain = None
    if accounts and not against.question and course and len(asked) == 1:
        certain = Choice(tuple(one.learner_id for one in left), course.course_id, asked[0].code)
    return Understanding(
        ticket=ticket,
        people=tuple(people[:MOST]),
        nearest=tuple(like),
        courses=tuple(courses[:MOST]),
        recipients=tuple(asked[:MOST]),
        diagnoses=tuple(one.id for one in diagnoses),
        codes=tuple(dict.fromkeys(one.normal for one in ticket.of("ws_code", "pars_code"))),
        certain=certain,
        questions=tuple(questions),
        notes=(*_passed_over(ticket), *([_twice(accounts)] if len(accounts) > 1 else []), *against.notes),
        is_doubtful=against.question is not None,
    )


def _like(
    session: Session,
    act: Act,
    people: Sequence[PersonMeant],
    names: Sequence[Found],
    plain: PlainNames,
    against: Doubts,
) -> list[PersonMeant]:
    """People of similar names, where nobody is meant or somebody may be who is not among those the text leads to."""
    if people and not against.question:
        return []
    meant = {one.learner_id for one in people}
    like = nearest(session, act, against.unknown if people else names, [person for person, _ in plain.families])
    return [one for one in like if one.learner_id not in meant]


def _one_person(session: Session, act: Act, people: Sequence[PersonMeant]) -> tuple[PersonMeant, ...]:
    """The accounts of the one name that is left; nobody whose number is only nearly the one in the text, and none of
    several people who share the name."""
    left = [one for one in people if one.remains]
    names = {folded(one.full_name) for one in left}
    if len(names) != 1 or all(reason.why == "near_miss" for one in left for reason in one.reasons):
        return ()
    if are_told_apart(session, act, [one.learner_id for one in left]):
        return ()
    # Another account of the name may be the same person, although less points at it.
    return tuple(one for one in people if folded(one.full_name) in names)


def _one_course(courses: Sequence[CourseMeant]) -> CourseMeant | None:
    """The one course that the text names; that somebody has records in one only does not say that it is meant."""
    left = [one for one in courses if one.remains]
    return left[0] if len(left) == 1 and left[0].why != "records" else None


def _recipients(
    session: Session,
    act: Act,
    recipients: Mapping[str, Recipient],
    ticket: Ticket,
    given: str | None,
    about: Sequence[str],
) -> list[RecipientMeant]:
    def meant(code: str, why: WhyRecipient) -> RecipientMeant:
        return RecipientMeant(code, recipients[code].title, why)

    if given is not None:
        return [meant(given, "given")]
    if about:
        return [meant(code, "diagnosis") for code in dict.fromkeys(about)]
    said = dict.fromkeys(one.normal for one in ticket.of("recipient") if one.normal in recipients)
    answered = {one.normal for one in ticket.of("ws_code")}
    by_code = [
        code
        for code, one in recipients.items()
        if code not in said and isinstance(one, PullRecipient) and not answered.isdisjoint(one.codes.values())
    ]
    if said or by_code:
        return [*(meant(code, "named") for code in said), *(meant(code, "code") for code in by_code)]
    enabled = select(SiteRecipient.recipient).where(
        SiteRecipient.site_id == act.site_id, col(SiteRecipient.enabled).is_(True)
    )
    used = sorted(code for code in session.exec(enabled) if code in recipients)
    return [meant(code, "only_one" if len(used) == 1 else "used") for code in used]


def _who(left: Sequence[PersonMeant], like: Sequence[PersonMeant]) -> Text:
    if len(left) > 1:
        return text("Several people may be meant: {people}. Choose one.", people=listed(left))
    if left:
        return text(
            "Only a number is nearly the one in the text: that of {person}. Make sure who is meant.",
            person=listed(left),
        )
    if like:
        return text("Nobody here is meant for certain. The nearest names: {people}. Choose one.", people=listed(like))
    return text("Nobody here is found by this text. Add a name, a user name or an OCI ID.")


def _which_course(courses: Sequence[CourseMeant]) -> Text:
    if not courses:
        return text("No course is named in this text. Choose one.")
    left = [one for one in courses if one.remains][:MOST]
    names = "; ".join(one.shortname or one.full_name for one in left)
    if all(one.why == "records" for one in left):
        return text("No course here is named in this text. There are records in: {courses}. Choose one.", courses=names)
    return text("Several courses may be meant: {courses}. Choose one.", courses=names)


def _which_recipient(asked: Sequence[RecipientMeant]) -> Text:
    if not asked:
        return text("This site uses no recipient. A site administrator switches one on first.")
    return text(
        "Several recipients may be meant: {recipients}. Choose one.", recipients=", ".join(one.title for one in asked)
    )


def _passed_over(ticket: Ticket) -> Sequence[Text]:
    if len(names_said(ticket)) <= MOST_NAMES:
        return ()
    return (
        text("Of the names in the text only {most} were looked for. Paste the part about one person.", most=MOST_NAMES),
    )


def _twice(accounts: Sequence[PersonMeant]) -> Text:
    names = ", ".join(one.username or str(one.learner_id) for one in accounts[:MOST])
    return text(
        "{count} accounts here are called {person}: {accounts}. Compare them before you go on.",
        person=accounts[0].full_name,
        count=len(accounts),
        accounts=names,
    )
