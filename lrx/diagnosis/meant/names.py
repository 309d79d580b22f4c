"""Learners found by their names as people write them: in any order, without accents, with initials."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx.access import Act
from lrx.database import pieces
from lrx.diagnosis.ticket import Found
from lrx.models import Learner
from lrx.people.names import folded, full_name, parts_of
from lrx.tables import table

__all__ = [
    "MOST_NAMES",
    "NEAREST",
    "Person",
    "alike",
    "is_called",
    "name_words",
    "named",
    "people_of",
    "shown",
    "splits",
]

MOST_NAMES = 20
"""Most names of one ticket that are looked for."""
MOST_NAMESAKES = 500
"""Most people read for one family name."""
MOST_READ = 2_000
"""Most people read for the family names of one ticket: each is compared with every name."""
RANGES = 60
"""Ranges of names read with one query."""
MOST_COMPARED = 300
"""Most people compared for one beginning of a family name."""
NEAREST = 5
LIKE_ENOUGH = 0.6
MOST_PARTS = 6


class Person(NamedTuple):
    """A learner as far as looking for one needs it."""

    id: UUID
    username: str | None
    idnumber: str | None
    full_name: str | None
    given_name: str | None
    family_name: str | None
    email: str | None


def people_of(session: Session, act: Act, learner_ids: Collection[UUID]) -> list[Person]:
    """Return the learners of the site with these ids."""
    query = _people(act)
    return [
        Person(*row)
        for some in pieces(learner_ids)
        for row in session.connection().execute(query.where(_COLUMNS.id.in_(some)))
    ]


def named(session: Session, act: Act, names: Sequence[Found]) -> list[Person]:
    """Return the people of the site whose name begins with one of these family names: names are kept folded, the family
    name first. Those of long family names come first, for there may be more than are read."""
    beginnings = {folded(family).replace("’", "'") for name in names for family in _families(name.typed)}
    # Up to the hyphen come the space and the comma that may follow a family name, and no letter.
    ranges = [(one, f"{one}-") for one in sorted(beginnings, key=lambda one: (-len(one), one))]
    found: dict[Person, None] = {}
    for place in range(0, len(ranges), RANGES):
        found |= dict.fromkeys(_between(session, act, ranges[place : place + RANGES], MOST_NAMESAKES))
        if len(found) >= MOST_READ:
            break
    return [*found][:MOST_READ]


def alike(session: Session, act: Act, names: Sequence[Found]) -> list[Person]:
    """Return the five learners whose names are the most like these, the nearest first."""
    like: dict[Person, float] = {}
    for name in names[:NEAREST]:
        for one in _beginning_like(session, act, name):
            ratio = _likeness(name, one)
            if ratio >= LIKE_ENOUGH:
                like[one] = max(ratio, like.get(one, 0))
    return sorted(like, key=lambda one: (-like[one], str(one.id)))[:NEAREST]


def is_called(person: Person, name: Found) -> Literal["name", "family_name"] | None:
    """Whether the name is this person's, in any order and without accents: the whole, or the family name alone.

    Where nobody told which part of the whole name is the family name, it may have any number of its last words: two
    words that are its end are a family name and not a whole name.
    """
    called = name_words(name.normal)
    for family, given in splits(person):
        if family and set(family) <= set(called):
            return _called(called, family, given)
    return None


def _called(called: list[str], family: list[str], given: list[str]) -> Literal["name", "family_name"] | None:
    rest = [word for word in called if word not in family]
    if not rest:
        return "family_name"
    initials = {word[0] for word in given}
    unlike = [word for word in rest if word not in given and not (len(word) == 1 and word in initials)]
    is_given = len(unlike) < len(rest) and all(len(word) == 1 for word in unlike)
    return "name" if is_given else None


def splits(person: Person) -> list[tuple[list[str], list[str]]]:
    """What may be the family name, and then the given names, the longest family name first."""
    family, given = (name_words(part) for part in parts_of(person))
    if person.family_name or "," in (person.full_name or ""):
        return [(family, given)]
    words = [*given, *family]
    return [(words[start:], words[:start]) for start in range(1, len(words))] or [(words, [])]


def shown(person: Person) -> str:
    """The name as people are shown it."""
    return full_name(person)


def name_words(name: str | None) -> list[str]:
    """The words of a name as names are compared: without case, accents and apostrophes."""
    return re.findall(r"\w+", re.sub(r"['’]", "", folded(name or "")))


_COLUMNS = table(Learner).c


def _between(session: Session, act: Act, ranges: Iterable[tuple[str, str]], most: int) -> list[Person]:
    """Learners of the site whose folded name is in one of the ranges, each from a first name to before another: of each
    range, up to `most`."""
    name = _COLUMNS.sort_name
    each = [
        sa.select(_people(act).where(name >= first, name < behind).order_by(name).limit(most).subquery())
        for first, behind in ranges
    ]
    return [Person(*row) for row in session.connection().execute(sa.union_all(*each))] if each else []


def _people(act: Act) -> "sa.Select[Any]":
    return sa.select(*(_COLUMNS[name] for name in Person._fields)).where(_COLUMNS.site_id == act.site_id)


def _beginning_like(session: Session, act: Act, name: Found) -> list[Person]:
    """Learners of the site whose names begin like a word of this name."""
    beginnings = {folded(word[:2]) for word in _parts(name.typed)}
    ranges = [(one, f"{one[:-1]}{chr(ord(one[-1]) + 1)}") for one in sorted(beginnings)]
    return _between(session, act, ranges, MOST_COMPARED)


def _families(typed: str) -> Iterator[str]:
    """The runs of words that may be the family name."""
    parts = _parts(typed)
    for start in range(len(parts)):
        for end in range(start + 1, len(parts) + 1):
            yield " ".join(parts[start:end])
            if end - start > 1:
                yield "-".join(parts[start:end])


def _parts(typed: str) -> list[str]:
    return re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", typed)[:MOST_PARTS]


def _likeness(name: Found, person: Person) -> float:
    called = " ".join(sorted(name.normal.split()))
    family, given = (name_words(part) for part in parts_of(person))
    forms = (" ".join(sorted(family + given)), " ".join(family))
    return max(SequenceMatcher(None, called, form, autojunk=False).ratio() for form in forms)
