"""Learners to whom something in a ticket belongs that only one has: OCI IDs, numbers, user names, addresses."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx.access import Act
from lrx.address import normal_mailbox
from lrx.database import pieces
from lrx.delivery.unmatched import near_misses
from lrx.diagnosis.ticket import Found, Ticket
from lrx.models import Identity, Learner, LearnerOciId
from lrx.near_misses import Kind
from lrx.oci_id import OciId
from lrx.people.names import folded_email
from lrx.tables import table

__all__ = ["Reason", "Why", "by_keys", "once"]

Why = Literal[
    "oci_id",
    "username",
    "email",
    "number",
    "idnumber",
    "oci_id_before",
    "name",
    "family_name",
    "near_miss",
    "diagnosis",
]
MOST_KEYS = 200
"""Different things of one kind that are looked up."""
MOST_NEAR = 20
"""OCI IDs that nobody holds for which near misses are looked up."""
MOST_ROWS = 500
SHORTEST_USERNAME = 5
CODED = re.compile(r"(?<![\w@._/-])[A-Za-z0-9]{1,20}(?:[._/-][A-Za-z0-9]{1,20}){0,3}(?![\w@-])")
SHORTEST_CODE, LONGEST_CODE = 4, 40


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody may be meant, and what in the text says so. `near` is the kind of a near miss, `oci_id` what is held
    then."""

    why: Why
    found: Found
    near: Kind | None = None
    oci_id: OciId | None = None


def by_keys(session: Session, act: Act, ticket: Ticket) -> Iterator[tuple[UUID, Reason]]:
    """Yield each learner to whom something in the ticket belongs, and what it is."""
    yield from _by_oci_id(session, act, ticket)
    by_number = {one.normal: one for one in once(ticket.of("number"))}
    held = table(LearnerOciId).c
    is_now = held.held_until.is_(None)
    for learner_id, number in _look_up(session, act, held.learner_id, held.number, by_number, is_now):
        yield learner_id, Reason("number", by_number[number])
    rows = table(Learner).c
    numbered = (*by_number.values(), *_coded_words(ticket), *once(ticket.of("username")))
    by_idnumber = {form: one for one in numbered for form in (one.typed, one.typed.upper(), one.typed.lower())}
    for learner_id, idnumber in _look_up(session, act, rows.id, rows.idnumber, by_idnumber):
        yield learner_id, Reason("idnumber", by_idnumber[idnumber])
    by_username = {one.normal: one for one in (*_plain_words(ticket), *once(ticket.of("username")))}
    for learner_id, username in _look_up(session, act, rows.id, rows.username, by_username):
        yield learner_id, Reason("username", by_username[username])
    by_email = {folded_email(form): one for one in once(ticket.of("email")) for form in (one.typed, one.normal)}
    for learner_id, email in _look_up(session, act, rows.id, rows.email_folded, by_email):
        yield learner_id, Reason("email", by_email[email])
    names = table(Identity).c
    by_mailbox = {normal_mailbox(form or ""): one for form, one in by_email.items()}
    is_mailbox = sa.and_(names.kind == "mbox", names.home_page == "")
    for learner_id, mailbox in _look_up(session, act, names.learner_id, names.value, by_mailbox, is_mailbox):
        yield learner_id, Reason("email", by_mailbox[mailbox])


def _by_oci_id(session: Session, act: Act, ticket: Ticket) -> Iterator[tuple[UUID, Reason]]:
    stated = [one for one in once(ticket.of("oci_id", "unclear_oci_id")) if one.normal]
    by_oci_id = {OciId.parse(one.normal): one for one in stated}
    certain = {oci_id: one for oci_id, one in by_oci_id.items() if one.kind == "oci_id"}
    rows = table(LearnerOciId).c
    holders: defaultdict[OciId, list[tuple[UUID, bool]]] = defaultdict(list)
    for some in pieces(by_oci_id):
        query = sa.select(rows.learner_id, rows.oci_id, rows.held_until.is_(None)).where(
            rows.site_id == act.site_id, rows.oci_id.in_(some)
        )
        for learner_id, oci_id, is_held in session.connection().execute(query):
            holders[oci_id].append((learner_id, bool(is_held)))
    for oci_id, found in holders.items():
        one = by_oci_id[oci_id]
        now = {learner_id for learner_id, is_held in found if is_held}
        for learner_id in dict.fromkeys(learner_id for learner_id, _ in found):
            # What had to be put right to be read is a near miss, whoever holds it.
            why: Why = "oci_id" if learner_id in now else "oci_id_before"
            yield learner_id, Reason(why if oci_id in certain else "near_miss", one, oci_id=oci_id)
    nobodys = [oci_id for oci_id in by_oci_id if not any(is_held for _, is_held in holders.get(oci_id, ()))]
    for oci_id, misses in near_misses(session, act, nobodys[:MOST_NEAR]).items():
        for miss in misses:
            yield miss.learner_id, Reason("near_miss", by_oci_id[oci_id], miss.kind, miss.oci_id)


def _look_up(
    session: Session, act: Act, learner_id: Any, column: Any, keys: Collection[str | None], *conditions: Any
) -> list[tuple[UUID, str]]:
    if not keys:
        return []
    query = sa.select(learner_id, column).where(column.table.c.site_id == act.site_id, *conditions)
    found = session.connection().execute(query.where(column.in_(list(keys))).limit(MOST_ROWS))
    return [(row[0], row[1]) for row in found]


def _plain_words(ticket: Ticket) -> list[Found]:
    """Words typed in small letters that may be user names although nothing says so."""
    words = [
        Found("words", run.start + word.start(), run.start + word.end(), word[0], word[0], role=run.role)
        for run in ticket.of("words")
        for word in re.finditer(r"[a-z][a-z0-9]*", run.typed)
        if len(word[0]) >= SHORTEST_USERNAME
    ]
    return once(words)


def _coded_words(ticket: Ticket) -> list[Found]:
    """Words of letters and digits that may be id numbers although nothing says so: `DEMO-003`."""
    words = []
    for run in ticket.of("words"):
        # A run has few words, and may end inside of a number.
        for word in CODED.finditer(ticket.text, run.start, run.end + LONGEST_CODE):
            if word.start() >= run.end:
                break
            if len(word[0]) >= SHORTEST_CODE and re.search("[a-z].*[0-9]|[0-9].*[a-z]", word[0], re.IGNORECASE):
                words.append(Found("words", *word.span(), word[0], word[0].lower(), role=run.role))
    return once(words)


def once(found: Sequence[Found]) -> list[Found]:
    """Each thing once: where it stands in the body of an e-mail, if it does."""
    first: dict[str, Found] = {}
    for one in found:
        if one.normal not in first or (first[one.normal].aside and not one.aside):
            first[one.normal] = one
    return [*first.values()][:MOST_KEYS]
