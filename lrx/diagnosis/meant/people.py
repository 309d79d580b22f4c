"""Which learners of a site a ticket may mean, and why."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx.access import Act
from lrx.diagnosis.meant.courses import CourseMeant
from lrx.diagnosis.meant.keys import Reason, Why, by_keys, once
from lrx.diagnosis.meant.names import MOST_NAMES, NEAREST, Person, alike, is_called, name_words, named, people_of, shown
from lrx.diagnosis.meant.quoted import Quoted
from lrx.diagnosis.ticket import Found, Role, Ticket
from lrx.models import Learner, LearnerOciId
from lrx.tables import table

__all__ = [
    "BY_NAME",
    "EXACT",
    "MOST",
    "PersonMeant",
    "are_told_apart",
    "listed",
    "names_meant",
    "names_said",
    "nearest",
    "people_meant",
]

MOST = 10
"""Candidates of one sort that are shown."""

STRENGTH: dict[Why, int] = {
    "diagnosis": 10,
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
SAYS_WHO: frozenset[Why] = frozenset(("oci_id", "diagnosis"))
"""Reasons that speak of whom the text is about, in its head too."""
EXACT: frozenset[Why] = frozenset(("oci_id", "username", "email", "idnumber", "number"))
"""Reasons that name one account."""
BY_NAME: frozenset[Why] = frozenset(("name", "family_name"))


@dataclass(frozen=True, slots=True)
class PersonMeant:
    """A learner who may be meant. `remains` is false where everything that points here points better at another."""

    learner_id: UUID
    full_name: str
    username: str | None
    reasons: tuple[Reason, ...]
    remains: bool


def people_meant(
    session: Session, act: Act, ticket: Ticket, names: Sequence[Found], diagnoses: Sequence[Quoted]
) -> list[PersonMeant]:
    """Return everybody at whom something in the ticket, one of these names or a quoted diagnosis points, the likeliest
    first."""
    reasons: defaultdict[UUID, list[Reason]] = defaultdict(list)
    for diagnosis in diagnoses:
        reasons[diagnosis.learner_id].append(Reason("diagnosis", diagnosis.found))
    for learner_id, reason in by_keys(session, act, ticket):
        reasons[learner_id].append(reason)
    people = {one.id: one for one in (*people_of(session, act, reasons), *named(session, act, names))}
    for one in people.values():
        reasons[one.id] += [Reason(why, name) for name in names if (why := is_called(one, name)) is not None]
    meant = {learner_id: found for learner_id, found in reasons.items() if found and learner_id in people}
    left = _left(meant, ticket.speaks_of)
    ranked = sorted(meant, key=lambda learner_id: (learner_id not in left, *_rank(meant[learner_id]), str(learner_id)))
    return [_meant(people[one], meant[one], remains=one in left) for one in ranked]


def names_said(ticket: Ticket) -> list[Found]:
    """Return the names in the text, each once, those in the body of an e-mail first."""
    return sorted(once(ticket.of("name")), key=lambda one: one.aside)


def names_meant(ticket: Ticket, courses: Sequence[CourseMeant]) -> list[Found]:
    """Return up to `MOST_NAMES` of the names in the text, and what may be meant beside them: a name and a course side
    by side look like one long name, and what is left of it without the words of the course is a name too."""
    whole = names_said(ticket)[:MOST_NAMES]
    spans = sorted({(one.start, one.end) for one in courses if one.start is not None and one.end is not None})
    parts = [part for one in whole for part in _without(ticket, one, spans)] if spans else []
    return once([*whole, *parts])


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


def nearest(session: Session, act: Act, names: Sequence[Found], families: Sequence[Person] = ()) -> list[PersonMeant]:
    """Return five learners: those whose family name may be in the text, and those whose names are the most like these,
    the nearest first. Nothing says that one of them is meant."""
    like = dict.fromkeys((*families, *alike(session, act, names)))
    return [PersonMeant(one.id, shown(one), one.username, (), remains=False) for one in [*like][:NEAREST]]


def _left(meant: dict[UUID, list[Reason]], speaks_of: Collection[Role]) -> frozenset[UUID]:
    """Who is left when everybody goes at whom nothing points that does not point at somebody else as well or better."""
    evidence = {one: _evidence(reasons) for one, reasons in meant.items()}
    distinct = {frozenset(has.items()): has for has in evidence.values()}
    best = [key for key, has in distinct.items() if not any(_beats(other, has) for other in distinct.values())]
    left = {one for one, has in evidence.items() if frozenset(has.items()) in best}
    is_identified = any(
        reason.why == "diagnosis" or (reason.why in EXACT and not reason.found.aside)
        for one in left
        for reason in meant[one]
    )
    is_named = any(reason.why in BY_NAME and not reason.found.aside for one in left for reason in meant[one])
    if not is_identified and not is_named:
        return frozenset(left)
    # The text itself names an account: who only stands in the head or the signature is the one who wrote. Where it has
    # no more than a name, that may be somebody of whom the one who signs tells.
    stays: set[Role | None] = {None} if is_identified else {None, "signs", *speaks_of}
    return frozenset(
        one for one in left if any(reason.why in SAYS_WHO or reason.found.role in stays for reason in meant[one])
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


def listed(people: Sequence[PersonMeant]) -> str:
    """The first of these people, as a sentence names them."""
    return "; ".join(f"{one.full_name} ({one.username})" if one.username else one.full_name for one in people[:MOST])
