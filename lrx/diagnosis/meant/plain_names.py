"""Names that nothing in the text shows to be names: words in small letters, or a family name that stands alone."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlmodel import Session

from lrx.access import Act
from lrx.diagnosis.meant.courses import CourseMeant
from lrx.diagnosis.meant.names import MOST_NAMES, Person, named, splits
from lrx.diagnosis.ticket import Found, Ticket
from lrx.diagnosis.ticket.vocabulary import words
from lrx.people.names import folded

__all__ = ["PlainNames", "plain_names"]

MOST_WORDS = 120
"""Different words of a ticket that are looked for as family names."""
LONGEST = 5
"""Words of the longest name."""
MOST_OF_A_FAMILY = 5
WORD = re.compile(r"[^\W\d_]+(?:['’](?![sS]\b)[^\W\d_]+)*")
SIDE_BY_SIDE = re.compile(r"[ \t]{1,2}|, ?|-")
APOSTROPHES = str.maketrans("", "", "'’")


class PlainNames(NamedTuple):
    """Names of which the given name and the family name stand side by side; and people of whom only the family name is
    there, which may be any word."""

    whole: Sequence[Found]
    families: Sequence[tuple[Person, Found]]


def plain_names(session: Session, act: Act, ticket: Ticket, courses: Sequence[CourseMeant]) -> PlainNames:
    """Return the names of people of the site among the words that are left over, but for those of courses."""
    runs = _runs(_left_over(ticket, courses), ticket.text)
    single = {run[0]: found for run, found in runs.items() if len(run) == 1}
    looked_for = [one for word, one in single.items() if len(word) > 1 and word not in words("not_names")]
    whole, families = [], []
    for person in named(session, act, looked_for[:MOST_WORDS]):
        forms = [form for family, given in splits(person) if family and given for form in _forms(family, given)]
        if found := next((runs[form] for form in forms if form in runs), None):
            whole.append(found)
        elif found := next((runs[tuple(one)] for one, _ in splits(person) if tuple(one) in runs), None):
            families.append((person, found))
    whole = whole[:MOST_NAMES]
    of_whole = [(one.start, one.end) for one in whole]
    alone = [
        (person, found)
        for person, found in families
        if not any(start <= found.start and found.end <= end for start, end in of_whole)
    ]
    return PlainNames(whole, alone[:MOST_OF_A_FAMILY])


def _forms(family: Sequence[str], given: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for some in (given, given[:1]):
        yield (*some, *family)
        yield (*family, *some)


def _left_over(ticket: Ticket, courses: Sequence[CourseMeant]) -> list[Found]:
    """The words of which nothing is known yet, one by one."""
    of_courses = {
        place
        for course in courses
        if course.start is not None and course.end is not None
        for place in range(course.start, course.end)
    }
    return [
        Found("name", run.start + word.start(), run.start + word.end(), word[0], _plain(word[0]), role=run.role)
        for run in ticket.of("words")
        for word in WORD.finditer(run.typed)
        if run.start + word.start() not in of_courses
    ]


def _runs(single: Sequence[Found], text: str) -> dict[tuple[str, ...], Found]:
    """Every run of a few words, and where it stands: in the body rather than aside."""
    runs: dict[tuple[str, ...], Found] = {}
    for place, first in enumerate(single):
        run: tuple[str, ...] = (first.normal,)
        before = first
        for last in single[place : place + LONGEST]:
            if last is not first:
                if not SIDE_BY_SIDE.fullmatch(text, before.end, last.start):
                    break
                run, before = (*run, last.normal), last
            if run not in runs or (runs[run].aside and not first.aside):
                typed = text[first.start : last.end]
                runs[run] = Found("name", first.start, last.end, typed, " ".join(run), role=first.role)
    return runs


def _plain(word: str) -> str:
    return folded(word).translate(APOSTROPHES)
