"""Which learners of a site a ticket may mean, and why."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx.access import Act
from lrx.address import normal_mailbox
from lrx.database import pieces
from lrx.delivery.unmatched import near_misses
from lrx.diagnosis.meant.courses import CourseMeant
from lrx.diagnosis.meant.names import MOST_NAMES, Person, alike, is_called, name_words, named, people_of, shown
from lrx.diagnosis.ticket import Found, Ticket
from lrx.models import Identity, Learner, LearnerOciId
from lrx.near_misses import Kind
from lrx.oci_id import OciId
from lrx.people.names import folded_email
from lrx.tables import table

__all__ = ["PersonMeant", "Reason", "Why", "are_told_apart", "names_meant", "names_said", "nearest", "people_meant"]

Why = Literal["oci_id", "username", "email", "number", "idnumber", "oci_id_before", "name", "family_name", "near_miss"]
STRENGTH: dict[Why, int] = {
    "oci_id": 9,
    "username": 8,
    "email": 8,
    "idnumber": 7,
    "number": 7,
    "oci_id_before": 6,
    "name": 5,
    "family_name": 3,
    "near_miss": 1,
}
"""Of two people one thing points at, the stronger reason is the better one."""
EXACT: frozenset[Why] = frozenset(("oci_id", "username", "email", "idnumber", "number"))
"""Reasons that name one account."""

MOST_KEYS = 200
"""Different things of one kind that are looked up."""
MOST_NEAR = 20
"""OCI IDs that nobody holds for which near misses are looked up."""
MOST_ROWS = 500
SHORTEST_USERNAME = 5


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody may be meant, and what in the text says so. `near` is the kind of a near miss, `oci_id` what is held
    then."""

    why: Why
    found: Found
    near: Kind | None = None
    oci_id: OciId | None = None


@dataclass(frozen=True, slots=True)
class PersonMeant:
    """A learner who may be meant. `remains` is false where everything that points here points better at another."""

    learner_id: UUID
    full_name: str
    username: str | None
    reasons: tuple[Reason, ...]
    remains: bool


def people_meant(session: Session, act: Act, ticket: Ticket, names: Sequence[Found]) -> list[PersonMeant]:
    """Return everybody at whom something in the ticket, or one of these names, points, the likeliest first."""
    reasons: defaultdict[UUID, list[Reason]] = defaultdict(list)
    for learner_id, reason in _by_keys(session, act, ticket):
        reasons[learner_id].append(reason)
    people = {one.id: one for one in (*people_of(session, act, reasons), *named(session, act, names))}
    for one in people.values():
        reasons[one.id] += [Reason(why, name) for name in names if (why := is_called(one, name)) is not None]
    meant = {learner_id: found for learner_id, found in reasons.items() if found and learner_id in people}
    left = _left(meant)
    ranked = sorted(meant, key=lambda learner_id: (learner_id not in left, *_rank(meant[learner_id]), str(learner_id)))
    return [_meant(people[one], meant[one], remains=one in left) for one in ranked]


def names_said(ticket: Ticket) -> list[Found]:
    """Return the names in the text, each once, those in the body of an e-mail first."""
    return sorted(_unique(ticket.of("name")), key=lambda one: one.aside)


def names_meant(ticket: Ticket, courses: Sequence[CourseMeant]) -> list[Found]:
    """Return up to `MOST_NAMES` of the names in the text, and what may be meant beside them: a name and a course side
    by side look like one long name, and what is left of it without the words of the course is a name too."""
    whole = names_said(ticket)[:MOST_NAMES]
    spans = sorted({(one.start, one.end) for one in courses if one.start is not None and one.end is not None})
    parts = [part for one in whole for part in _without(ticket, one, spans)] if spans else []
    return _unique([*whole, *parts])


def _without(ticket: Ticket, name: Found, spans: Sequence[tuple[int, int]]) -> Iterator[Found]:
    """What stands before and behind the words of a course that reach into the name."""
    reaching = [(start, end) for start, end in spans if start < name.end and name.start < end]
    if not reaching:
        return
    first, last = (bisect_left(ticket.words, place, key=lambda word: word.start) for place in (name.start, name.end))
    for start, end in reaching:
        inside = ticket.words[first:last]
        for words in ([one for one in inside if one.end <= start], [one for one in inside if end <= one.start]):
            if words:
                begins, ends = words[0].start, words[-1].end
                typed = ticket.text[begins:ends]
                yield replace(name, start=begins, end=ends, typed=typed, normal=" ".join(name_words(typed)))


def nearest(session: Session, act: Act, names: Sequence[Found]) -> list[PersonMeant]:
    """Return the five learners whose names are the most like these, the nearest first. Nothing says that one of them
    is meant."""
    like = alike(session, act, names)
    return [PersonMeant(one.id, shown(one), one.username, (), remains=False) for one in like]


def _by_keys(session: Session, act: Act, ticket: Ticket) -> Iterator[tuple[UUID, Reason]]:
    yield from _by_oci_id(session, act, ticket)
    by_number = {one.normal: one for one in _unique(ticket.of("number"))}
    held = table(LearnerOciId).c
    is_now = held.held_until.is_(None)
    for learner_id, number in _look_up(session, act, held.learner_id, held.number, by_number, is_now):
        yield learner_id, Reason("number", by_number[number])
    rows = table(Learner).c
    by_idnumber = {form: one for one in by_number.values() for form in (one.typed, one.normal)}
    for learner_id, idnumber in _look_up(session, act, rows.id, rows.idnumber, by_idnumber):
        yield learner_id, Reason("idnumber", by_idnumber[idnumber])
    by_username = {one.normal: one for one in (*_plain_words(ticket), *_unique(ticket.of("username")))}
    for learner_id, username in _look_up(session, act, rows.id, rows.username, by_username):
        yield learner_id, Reason("username", by_username[username])
    by_email = {folded_email(form): one for one in _unique(ticket.of("email")) for form in (one.typed, one.normal)}
    for learner_id, email in _look_up(session, act, rows.id, rows.email_folded, by_email):
        yield learner_id, Reason("email", by_email[email])
    names = table(Identity).c
    by_mailbox = {normal_mailbox(form or ""): one for form, one in by_email.items()}
    is_mailbox = sa.and_(names.kind == "mbox", names.home_page == "")
    for learner_id, mailbox in _look_up(session, act, names.learner_id, names.value, by_mailbox, is_mailbox):
        yield learner_id, Reason("email", by_mailbox[mailbox])


def _by_oci_id(session: Session, act: Act, ticket: Ticket) -> Iterator[tuple[UUID, Reason]]:
    stated = [one for one in _unique(ticket.of("oci_id", "unclear_oci_id")) if one.normal]
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
        Found("words", run.start + word.start(), run.start + word.end(), word[0], word[0], aside=run.aside)
        for run in ticket.of("words")
        for word in re.finditer(r"[a-z][a-z0-9]*", run.typed)
        if len(word[0]) >= SHORTEST_USERNAME
    ]
    return _unique(words)


def _unique(found: Sequence[Found]) -> list[Found]:
    """Each thing once: where it stands in the body of an e-mail, if it does."""
    first: dict[str, Found] = {}
    for one in found:
        if one.normal not in first or (first[one.normal].aside and not one.aside):
            first[one.normal] = one
    return [*first.values()][:MOST_KEYS]


def _left(meant: dict[UUID, list[Reason]]) -> frozenset[UUID]:
    """Who is left when everybody goes at whom nothing points that does not point at somebody else as well or better."""
    evidence = {one: _evidence(reasons) for one, reasons in meant.items()}
    distinct = {frozenset(has.items()): has for has in evidence.values()}
    best = [key for key, has in distinct.items() if not any(_beats(other, has) for other in distinct.values())]
    left = {one for one, has in evidence.items() if frozenset(has.items()) in best}
    is_identified = any(reason.why in EXACT and not reason.found.aside for one in left for reason in meant[one])
    if not is_identified:
        return frozenset(left)
    # The text itself names an account: who only stands in the head or the signature is the one who wrote.
    return frozenset(
        one for one in left if any(reason.why == "oci_id" or not reason.found.aside for reason in meant[one])
    )


def _evidence(reasons: Sequence[Reason]) -> dict[tuple[str, str], int]:
    strongest: dict[tuple[str, str], int] = {}
    for reason in reasons:
        thing = (reason.found.kind, reason.found.normal)
        strongest[thing] = max(strongest.get(thing, 0), STRENGTH[reason.why])
    return strongest


def _beats(one: dict[tuple[str, str], int], other: dict[tuple[str, str], int]) -> bool:
    return one != other and all(one.get(thing, 0) >= strength for thing, strength in other.items())


def _rank(reasons: Sequence[Reason]) -> tuple[int, int]:
    strengths = _evidence(reasons).values()
    return -max(strengths), -sum(strengths)


def _meant(person: Person, reasons: Sequence[Reason], *, remains: bool) -> PersonMeant:
    strongest_first = sorted(reasons, key=lambda reason: (-STRENGTH[reason.why], reason.found.start))
    return PersonMeant(person.id, shown(person), person.username, tuple(strongest_first), remains)


def are_told_apart(session: Session, act: Act, learner_ids: Sequence[UUID]) -> bool:
    """Whether these accounts are several people's: their id numbers differ, or more than one holds an OCI ID."""
    if len(learner_ids) < 2:
        return False
    people, held = table(Learner).c, table(LearnerOciId).c
    numbers = sa.select(people.idnumber).where(people.site_id == act.site_id, people.id.in_(learner_ids))
    holders = sa.select(held.learner_id).where(
        held.site_id == act.site_id, held.learner_id.in_(learner_ids), held.held_until.is_(None)
    )
    connection = session.connection()
    return any(len(set(filter(None, connection.execute(one).scalars()))) > 1 for one in (numbers, holders))
