"""Which courses of a site a ticket may mean, and why: whatever the case, accents and punctuation, and without the year
where the text names none."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx.access import Act
from lrx.diagnosis.ticket import Ticket, Word
from lrx.diagnosis.ticket.vocabulary import words
from lrx.models import Course, LearningRecord
from lrx.people.names import folded
from lrx.tables import table

__all__ = ["CourseMeant", "WhyCourse", "courses_meant", "courses_with_records"]

WhyCourse = Literal["shortname", "idnumber", "full_name", "without_year", "words", "records", "diagnosis"]
STRENGTH: dict[WhyCourse, int] = {
    "diagnosis": 10,
    "shortname": 9,
    "idnumber": 9,
    "full_name": 8,
    "without_year": 6,
    "words": 3,
    "records": 1,
}

NAMED = 8
"""From this strength on the text names the course in full."""
LONGEST_RUN = 8
"""Words of a name that are looked for side by side; of longer names each is looked for by itself."""
YEAR = re.compile(r"(?:19|20)[0-9]{2}")
SUBTITLE = re.compile(r"\s*[:(|]|\s[-–—]\s")
WORD = re.compile(r"[^\W_]+")
LETTERS_AND_DIGITS = re.compile(r"([^\W\d_]{2,})([0-9]{2,})")
FEW = 2
"""Words of a name that mean a course together, where not all are there."""


class _Row(NamedTuple):
    id: UUID
    shortname: str | None
    idnumber: str | None
    full_name: str


@dataclass(frozen=True, slots=True)
class CourseMeant:
    """A course that may be meant, why, and where the text says so (nowhere for records and quoted diagnoses). `remains`
    is false where the text means another course better."""

    course_id: UUID
    shortname: str | None
    full_name: str
    why: WhyCourse
    start: int | None
    end: int | None
    remains: bool = True


class _Match(NamedTuple):
    why: WhyCourse
    start: int
    end: int


class _Said:
    """The words of a ticket, ready to be asked for runs of them."""

    def __init__(self, said: Sequence[Word]) -> None:
        self.runs: dict[tuple[str, ...], list[int]] = {}
        self._said = said
        self._all = {word.folded for word in said}
        for first in range(len(said)):
            for length in range(1, min(LONGEST_RUN, len(said) - first) + 1):
                run = tuple(word.folded for word in said[first : first + length])
                places = self.runs.setdefault(run, [])
                if len(places) < LONGEST_RUN:
                    places.append(first)

    def place(self, run: Sequence[str], *, other_year: bool = True) -> tuple[int, int] | None:
        """Where these words stand side by side; with no other year behind them, if that is asked for."""
        for first in self.runs.get(tuple(run), ()):
            last = first + len(run) - 1
            behind = self._said[last + 1].folded if last + 1 < len(self._said) else ""
            if other_year or not YEAR.fullmatch(behind):
                return self._said[first].start, self._said[last].end
        return None

    def joined(self, run: Sequence[str]) -> tuple[int, int] | None:
        """Where these words are written as one, or one of letters and digits as two: `WHMIS2026`, `WHMIS 2026`."""
        if len(run) > 1:
            return self.place(["".join(run)])
        parts = LETTERS_AND_DIGITS.fullmatch(run[0])
        return self.place(parts.groups()) if parts else None

    def has_all(self, some: Collection[str]) -> bool:
        """Whether every one of the words is said somewhere."""
        return self._all.issuperset(some)


def courses_meant(session: Session, act: Act, ticket: Ticket, quoted: Collection[UUID] = ()) -> list[CourseMeant]:
    """Return the courses that words of the ticket name, the likeliest first. Before them come those of quoted
    diagnoses, beside which only a course named in full may be meant."""
    said = _said_in(session, act, ticket)
    if not quoted:
        return said
    about = [_meant(row, "diagnosis") for row in _of_ids(session, act, quoted)]
    others = [
        replace(one, remains=one.remains and STRENGTH[one.why] >= NAMED) for one in said if one.course_id not in quoted
    ]
    return sorted([*about, *others], key=_rank)


def _of_ids(session: Session, act: Act, ids: Collection[UUID]) -> Sequence[Any]:
    rows = table(Course).c
    query = sa.select(rows.id, rows.shortname, rows.full_name).where(rows.site_id == act.site_id, rows.id.in_(ids))
    return session.connection().execute(query).all()


def _said_in(session: Session, act: Act, ticket: Ticket) -> list[CourseMeant]:
    if not ticket.words:
        return []
    said = _Said(ticket.words)
    main = _Said([word for word in ticket.words if word.folded not in words("stop")])
    found = [(row, match) for row in _all(session, act) if (match := _match(row, said, main)) is not None]
    matches = {match for _, match in found}
    meant = [
        CourseMeant(
            row.id, row.shortname, row.full_name, *match, remains=not any(_beats(one, match) for one in matches)
        )
        for row, match in found
    ]
    return sorted(meant, key=_rank)


def courses_with_records(session: Session, act: Act, learner_ids: Collection[UUID], most: int) -> list[CourseMeant]:
    """Return up to so many courses in which these learners have records, the one completed last first."""
    courses, records = table(Course).c, table(LearningRecord).c
    latest = sa.func.max(records.completed_at)
    query = (
        sa.select(courses.id, courses.shortname, courses.full_name)
        .join(table(LearningRecord), records.course_id == courses.id)
        .where(records.site_id == act.site_id, records.learner_id.in_(list(learner_ids)))
        .group_by(courses.id, courses.shortname, courses.full_name)
        .order_by(latest.desc(), courses.id)
        .limit(most)
    )
    found = session.connection().execute(query)
    return [_meant(row, "records") for row in found]


def _meant(row: Any, why: WhyCourse) -> CourseMeant:
    return CourseMeant(row.id, row.shortname, row.full_name, why, None, None)


def _all(session: Session, act: Act) -> list[_Row]:
    rows = table(Course).c
    query = sa.select(rows.id, rows.shortname, rows.idnumber, rows.full_name).where(rows.site_id == act.site_id)
    return [_Row(*row) for row in session.connection().execute(query)]


def _match(row: _Row, said: _Said, main: _Said) -> _Match | None:
    found = [*_by_code(row, said), *_by_full_name(row, said, main)]
    return max(found, key=lambda match: (STRENGTH[match.why], match.end - match.start), default=None)


def _by_code(row: _Row, said: _Said) -> Iterator[_Match]:
    codes: Mapping[WhyCourse, str | None] = {"shortname": row.shortname, "idnumber": row.idnumber}
    for why, code in codes.items():
        run = _words(code)
        if not run or (len(run) == 1 and run[0] in words("stop")):
            continue
        if place := said.place(run) or said.joined(run):
            yield _Match(why, *place)
        yield from _without_year(run, said)


def _by_full_name(row: _Row, said: _Said, main: _Said) -> Iterator[_Match]:
    run = [word for word in _words(row.full_name) if word not in words("stop")]
    if not run:
        return
    if (place := main.place(run)) or (len(run) > LONGEST_RUN and main.has_all(run) and (place := main.place(run[:1]))):
        yield _Match("full_name", *place)
    yield from _without_year(run, main)
    yield from _by_title(row, main)
    for length in range(min(len(run) - 1, LONGEST_RUN), FEW - 1, -1):
        for first in range(len(run) - length + 1):
            if place := main.place(run[first : first + length]):
                yield _Match("words", *place)
                return


def _by_title(row: _Row, main: _Said) -> Iterator[_Match]:
    """By what stands before a colon, a dash or a bracket: `WHMIS 2026: hazardous materials`."""
    run = [word for word in _words(SUBTITLE.split(row.full_name, 1)[0]) if word not in words("stop")]
    rest = [word for word in run if not YEAR.fullmatch(word)]
    place = main.place(run) or main.place(rest, other_year=len(rest) == len(run))
    if rest and place:
        yield _Match("words", *place)


def _without_year(run: Sequence[str], said: _Said) -> Iterator[_Match]:
    rest = [word for word in run if not YEAR.fullmatch(word)]
    if rest and len(rest) < len(run) and not all(word in words("stop") for word in rest):
        place = said.place(rest, other_year=False)
        if place:
            yield _Match("without_year", *place)


def _words(name: str | None) -> list[str]:
    return WORD.findall(folded(name or ""))


def _beats(one: _Match, other: _Match) -> bool:
    """Whether the same words, or more of them around, mean another course better."""
    if not (one.start <= other.start and other.end <= one.end):
        return False
    return (STRENGTH[one.why], one.end - one.start) > (STRENGTH[other.why], other.end - other.start) and (
        STRENGTH[one.why] >= STRENGTH[other.why]
    )


def _rank(course: CourseMeant) -> tuple[bool, int, int, str]:
    length = (course.end or 0) - (course.start or 0)
    return not course.remains, -STRENGTH[course.why], -length, str(course.course_id)
