"""What speaks against the one person who is left: names nobody here has, and keys that are nobody's.

A name or a number that is nobody's may be that of somebody who has no account here, and the text be about that person.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx.access import Act
from lrx.diagnosis.meant.courses import CourseMeant
from lrx.diagnosis.meant.keys import Reason, Why, once
from lrx.diagnosis.meant.names import MOST_NAMES, Person, name_words, shown
from lrx.diagnosis.meant.people import BY_NAME, EXACT, PersonMeant, listed, names_said
from lrx.diagnosis.ticket import Found, Kind, Ticket
from lrx.diagnosis.ticket.vocabulary import words
from lrx.models import LearnerOciId
from lrx.tables import table
from lrx.text import Text, text

__all__ = ["Doubts", "doubts", "unknown_names"]

ASIDE, PLAIN, MARKED, BY_KEY, QUOTED = range(5)
"""How clearly the text speaks of somebody: only as one who writes or is written to, by a name, by a name that is surely
one, by what only one person has, or by a diagnosis about this person."""
HOLDS: frozenset[Why] = frozenset((*EXACT, "oci_id_before"))
NOBODYS: Mapping[Kind, Text] = {
    "email": text("Nobody here has the e-mail address {typed}."),
    "username": text("Nobody here has the user name {typed}."),
    "number": text("Nobody here has the number {typed}."),
}
OCI_IDS: frozenset[Kind] = frozenset(("oci_id", "unclear_oci_id"))
MOST_NOTES = 5
LONGEST_NAME = 3
"""Words that may be a person's name although nothing else shows it."""


@dataclass(frozen=True, slots=True)
class Doubts:
    """Why the person who is left may be the wrong one (`question`), what is to be said of it (`notes`), and the names
    in the text that nobody here has."""

    question: Text | None
    notes: Sequence[Text]
    unknown: Sequence[Found]


def doubts(
    session: Session,
    act: Act,
    ticket: Ticket,
    people: Sequence[PersonMeant],
    accounts: Sequence[PersonMeant],
    unknown: Sequence[Found],
    families: Sequence[tuple[Person, Found]],
) -> Doubts:
    """Return what speaks against these accounts of one person, of the people the text leads to. `unknown` are the names
    nobody has, and `families` people whose family name is a word of the text."""
    keys = _nobodys_keys(ticket, people)
    if not accounts:
        marked = [one for one in unknown if one.mark and not one.aside]
        return Doubts(None, _told(marked)[:MOST_NOTES] if people else (), marked)
    reasons = [reason for one in accounts for reason in one.reasons]
    others = [one for one in unknown if not set(name_words(one.normal)) <= set(name_words(accounts[0].full_name))]
    asked, told = _asked_and_told(reasons, others)
    question = (
        _asks_of_names(accounts, asked)
        or _asks_of_families(accounts, reasons, families)
        or _asks_of_keys(accounts, reasons, keys)
    )
    notes = [*_told([one for one in told if one not in asked]), *_of_keys(session, act, accounts, keys)]
    return Doubts(question, notes[:MOST_NOTES], others)


def unknown_names(
    ticket: Ticket, names: Sequence[Found], people: Sequence[PersonMeant], courses: Sequence[CourseMeant]
) -> list[Found]:
    """Return the names of the text that nobody here has. Of a name that runs into the words of a course, what is left
    without them is the name."""
    known = {reason.found.normal for one in people for reason in one.reasons if reason.why in BY_NAME}
    spans = [(one.start, one.end) for one in courses if one.start is not None and one.end is not None]
    unknown = []
    for whole in names_said(ticket)[:MOST_NAMES]:
        parts = [one for one in names if whole.start <= one.start and one.end <= whole.end and one != whole]
        if whole.normal in known or any(one.normal in known for one in parts):
            continue
        is_cut = any(start < whole.end and whole.start < end for start, end in spans)
        unknown += [one for one in (parts if is_cut else [whole]) if _may_be_person(one)]
    return unknown


def _may_be_person(name: Found) -> bool:
    said = name_words(name.normal)
    return name.mark is not None or (1 < len(said) <= LONGEST_NAME and words("no_persons").isdisjoint(said))


def _told(unknown: Sequence[Found]) -> list[Text]:
    return [text("Nobody here is called {name}.", name=name) for name in dict.fromkeys(one.typed for one in unknown)]


def _standing(reasons: Sequence[Reason]) -> int:
    """How clearly the text speaks of who is left."""

    def of(reason: Reason) -> int:
        if reason.why == "diagnosis":
            return QUOTED
        if reason.why in HOLDS and not reason.found.aside:
            return BY_KEY
        if reason.why in BY_NAME and not reason.found.aside:
            return MARKED if reason.found.mark else PLAIN
        return ASIDE

    return max(map(of, reasons))


def _asked_and_told(reasons: Sequence[Reason], unknown: Sequence[Found]) -> tuple[list[Found], list[Found]]:
    """Names as clear as this person's, of which must be asked, and others of which is told.

    What only one person has says who is called by the one name of the text, unless this person is called by another.
    """
    in_body = [one for one in unknown if not one.aside]
    marked = [one for one in in_body if one.mark]
    writers = [one for one in unknown if one.mark and one.role == "writes"]
    is_named = any(reason.why in BY_NAME and not reason.found.aside for reason in reasons)
    asked, told = {
        ASIDE: ([*in_body, *writers], []),
        PLAIN: (in_body, []),
        MARKED: (marked, in_body),
        BY_KEY: (marked, []) if is_named or _are_several(marked) else ([], marked),
        QUOTED: ([], marked),
    }[_standing(reasons)]
    return asked, told


def _are_several(names: Sequence[Found]) -> bool:
    return bool(names) and not set.intersection(*(set(name_words(one.normal)) for one in names))


def _asks_of_names(accounts: Sequence[PersonMeant], asked: Sequence[Found]) -> Text | None:
    if not asked:
        return None
    return text(
        "Nobody here is called {name}; the text may be about this person and not about {people}. Make sure who is"
        " meant.",
        name=asked[0].typed,
        people=listed(accounts),
    )


def _asks_of_families(
    accounts: Sequence[PersonMeant], reasons: Sequence[Reason], families: Sequence[tuple[Person, Found]]
) -> Text | None:
    """Whether another person's family name stands by itself, where this person is only one who writes, or is found by
    words as well."""
    is_aside = _standing(reasons) == ASIDE
    is_small = all(reason.why in BY_NAME and reason.found.typed.islower() for reason in reasons)
    own = {one.learner_id for one in accounts}
    others = {
        person.id: f"{shown(person)} ({person.username})" if person.username else shown(person)
        for person, found in families
        if person.id not in own and not found.aside and (is_small or (is_aside and not found.typed[0].islower()))
    }
    if not others:
        return None
    people = "; ".join((listed(accounts), *others.values()))
    return text("Several people may be meant: {people}. Choose one.", people=people)


def _nobodys_keys(ticket: Ticket, people: Sequence[PersonMeant]) -> list[Found]:
    """What the text states of somebody and only one person can have, but nobody here has."""
    had = {
        (reason.found.kind in OCI_IDS, reason.found.normal)
        for one in people
        for reason in one.reasons
        if reason.why in HOLDS or (reason.why == "near_miss" and reason.near is None)
    }
    stated = [
        *(one for one in once(ticket.of("oci_id", "unclear_oci_id")) if one.normal),
        *(one for one in once(ticket.of("email")) if not one.aside and not _is_shared(one)),
        *(one for one in once(ticket.of("number", "username")) if one.mark and not one.aside),
    ]
    return [one for one in stated if (one.kind in OCI_IDS, one.normal) not in had]


def _is_shared(email: Found) -> bool:
    return email.normal.partition("@")[0] in words("shared_mailboxes")


def _asks_of_keys(accounts: Sequence[PersonMeant], reasons: Sequence[Reason], keys: Sequence[Found]) -> Text | None:
    """Whether something that is nobody's is stated, and this person is found by no more than a family name or by
    something of the same kind."""
    against = [key for key in keys if _is_against(key, reasons)]
    if not against:
        return None
    return text(
        "The text leads to {people}, but nobody here has what it states beside: {stated}. Make sure who is meant.",
        people=listed(accounts),
        stated=", ".join(_of_key(one) for one in against[:MOST_NOTES]),
    )


def _is_against(key: Found, reasons: Sequence[Reason]) -> bool:
    is_oci_id = key.kind in OCI_IDS
    if any(reason.why == "near_miss" and reason.found.normal == key.normal for reason in reasons):
        return False
    if any(reason.why == "diagnosis" for reason in reasons) or (key.aside and _standing(reasons) != ASIDE):
        return False
    if is_oci_id and any(reason.why in ("oci_id", "oci_id_before") for reason in reasons):
        return True
    return not any(
        reason.why == "name" or (reason.why in HOLDS and reason.found.kind != key.kind)
        for reason in reasons
        if reason.found.role in (None, key.role)
    )


def _of_keys(session: Session, act: Act, accounts: Sequence[PersonMeant], keys: Sequence[Found]) -> Iterator[Text]:
    """Say which of these keys nobody here has; for an OCI ID, with what this person holds."""
    oci_ids = [one for one in keys if one.kind in OCI_IDS]
    held = _held(session, act, [one.learner_id for one in accounts]) if oci_ids else ""
    values = {"person": accounts[0].full_name, "held": held}
    for one in oci_ids:
        if held:
            yield text("Nobody here holds {oci_id}; {person} holds {held}.", oci_id=one.normal, **values)
        else:
            yield text("Nobody here holds {oci_id}; {person} holds no OCI ID.", oci_id=one.normal, **values)
    for one in keys:
        if one.kind in NOBODYS:
            yield Text(NOBODYS[one.kind].message, {"typed": one.typed})


def _held(session: Session, act: Act, learner_ids: Collection[UUID]) -> str:
    rows = table(LearnerOciId).c
    query = sa.select(rows.oci_id).where(
        rows.site_id == act.site_id, rows.learner_id.in_(learner_ids), rows.held_until.is_(None)
    )
    return ", ".join(sorted(map(str, session.connection().execute(query).scalars())))


def _of_key(key: Found) -> str:
    return key.normal if key.kind in OCI_IDS else key.typed
