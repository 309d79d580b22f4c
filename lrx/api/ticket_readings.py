"""`/ticket-readings`: what the text of a ticket means, before anything is judged."""

from functools import partial
from typing import Literal
from uuid import UUID

import anyio.to_thread
from pydantic import Field
from sqlmodel import Session

from lrx.api.idempotency import Reply, once_sealed
from lrx.api.operation import Call, operation
from lrx.api.values import In, Out
from lrx.diagnosis.meant.courses import CourseMeant, WhyCourse
from lrx.diagnosis.meant.keys import Why
from lrx.diagnosis.meant.people import PersonMeant
from lrx.diagnosis.meant.understanding import RecipientMeant, Understanding, WhyRecipient, titles, understand
from lrx.diagnosis.ticket import Found, Kind, Ticket, TicketTooLong, read_ticket
from lrx.near_misses import Kind as NearKind
from lrx.registry import UnknownRecipient, recipient_named
from lrx.text import Text, say

__all__ = ["OPERATIONS"]

TAG = "ticket readings"
MOST_FOUND = 500
"""Things found that are shown."""


class TicketText(In):
    """The text of a ticket, whole: e-mails, tables and error screens as they were pasted."""

    text: str
    """Up to 100,000 characters."""
    recipient: str | None = Field(default=None, max_length=40)
    """The recipient asked about, where it is known."""


class FoundPublic(Out):
    """One thing in the text, from character `start` to before `end`, counted from 0 in Unicode characters."""

    kind: Kind
    start: int
    end: int
    typed: str
    normal: str
    """What it is looked up by: an OCI ID in its written form, a day as 2026-11-18, or --11-18 without a year; several
    days, separated by spaces, where it may be any of them."""
    note: str | None
    """What was put right to read it, or why it cannot be read."""
    aside: bool
    """It stands in the head or the signature of an e-mail, and may only say who wrote."""


class ReasonPublic(Out):
    """Why somebody may be meant, and where the text says so."""

    why: Why
    start: int
    end: int
    near: NearKind | None
    """What must happen to the number in the text to get the one that is held."""
    oci_id: str | None
    """The OCI ID that is or was held."""


class PersonPublic(Out):
    """A learner who may be meant."""

    learner_id: UUID
    full_name: str
    username: str | None
    reasons: list[ReasonPublic]
    remains: bool
    """False where everything that points at this learner points better at another."""


class CoursePublic(Out):
    """A course that may be meant, and where the text says so."""

    course_id: UUID
    shortname: str | None
    full_name: str
    why: WhyCourse
    start: int | None
    end: int | None
    remains: bool
    """False where the same words mean another course better."""


class RecipientMeantPublic(Out):
    """A recipient that may be meant."""

    code: str
    title: str
    why: WhyRecipient


class ChoicePublic(Out):
    """The one question the ticket asks."""

    learner_ids: list[UUID]
    """Several are accounts of one name: the same person twice."""
    course_id: UUID
    recipient: str


class TicketReading(Out):
    """What a ticket means at this site."""

    object: Literal["ticket_reading"] = "ticket_reading"
    found: list[FoundPublic]
    """In the order of the text, the first 500."""
    people: list[PersonPublic]
    """The likeliest first, ten at most."""
    nearest: list[PersonPublic]
    """Where nobody is meant: up to five people of similar names."""
    courses: list[CoursePublic]
    recipients: list[RecipientMeantPublic]
    diagnoses: list[UUID]
    """Diagnoses whose number is quoted in the text, for callers with `diagnoses:read`."""
    codes: list[str]
    """Codes of recipients that are in the text."""
    certain: ChoicePublic | None
    """Where one person, one course and one recipient are left."""
    questions: list[str]
    """What a person must choose before anything can be judged."""
    notes: list[str]


@operation(
    "POST",
    "/ticket-readings",
    permission="learners:read",
    summary="Read a ticket",
    tag=TAG,
    idempotent=True,
    errors=(TicketTooLong, UnknownRecipient),
    examples={
        "a ticket": {"text": "Dr Tremblay CPSO 12345 says WHMIS done, CMaRS red."},
        "un billet": {
            "text": "Bonjour,\nDre Okafor (CPSO 88120) a terminé WHMIS-2026 le 18 novembre.",
            "recipient": "cmars",
        },
    },
)
async def read_the_ticket(call: Call, body: TicketText) -> TicketReading | Reply:
    """Says what was understood, with every person, course and recipient that may be meant and why. Where several are
    left nobody is picked. The text is neither kept nor logged; an answer kept under an Idempotency-Key is sealed."""
    recipients = call.exchange.recipients
    if body.recipient is not None:
        recipient_named(recipients, body.recipient)
    # A long text takes a while, in which others are served.
    ticket = await anyio.to_thread.run_sync(read_ticket, body.text, titles(recipients))
    if call.once is None:
        return await call.read(partial(_reading, call, body, ticket))

    given, vault = call.once, call.exchange.vault

    def read(session: Session) -> Reply:
        return call.reply(_reading(call, body, ticket, session))

    return await call.write(lambda session: once_sealed(session, call.act, given, vault, read))


def _reading(call: Call, body: TicketText, ticket: Ticket, session: Session) -> TicketReading:
    meant = understand(
        session,
        call.act,
        call.exchange.recipients,
        ticket,
        recipient=body.recipient,
        sees_records="records:read" in call.caller.scopes,
        sees_diagnoses="diagnoses:read" in call.caller.scopes,
    )
    return _shown(call, meant)


def _shown(call: Call, meant: Understanding) -> TicketReading:
    certain = meant.certain
    return TicketReading(
        found=[_found(call, one) for one in meant.ticket.found[:MOST_FOUND]],
        people=[_person(one) for one in meant.people],
        nearest=[_person(one) for one in meant.nearest],
        courses=[_course(one) for one in meant.courses],
        recipients=[_recipient(one) for one in meant.recipients],
        diagnoses=list(meant.diagnoses),
        codes=list(meant.codes),
        certain=None
        if certain is None
        else ChoicePublic(
            learner_ids=list(certain.learner_ids), course_id=certain.course_id, recipient=certain.recipient
        ),
        questions=[say(one, call.language) for one in meant.questions],
        notes=[say(one, call.language) for one in meant.notes],
    )


def _found(call: Call, one: Found) -> FoundPublic:
    def said(note: Text | None) -> str | None:
        return None if note is None else say(note, call.language)

    return FoundPublic(
        kind=one.kind,
        start=one.start,
        end=one.end,
        typed=one.typed,
        normal=one.normal,
        note=said(one.note),
        aside=one.aside,
    )


def _person(one: PersonMeant) -> PersonPublic:
    reasons = [
        ReasonPublic(
            why=reason.why,
            start=reason.found.start,
            end=reason.found.end,
            near=reason.near,
            oci_id=None if reason.oci_id is None else str(reason.oci_id),
        )
        for reason in one.reasons
    ]
    return PersonPublic(
        learner_id=one.learner_id,
        full_name=one.full_name,
        username=one.username,
        reasons=reasons,
        remains=one.remains,
    )


def _course(one: CourseMeant) -> CoursePublic:
    return CoursePublic(
        course_id=one.course_id,
        shortname=one.shortname,
        full_name=one.full_name,
        why=one.why,
        start=one.start,
        end=one.end,
        remains=one.remains,
    )


def _recipient(one: RecipientMeant) -> RecipientMeantPublic:
    return RecipientMeantPublic(code=one.code, title=one.title, why=one.why)


OPERATIONS = (read_the_ticket,)
