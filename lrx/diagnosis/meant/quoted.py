"""Diagnoses whose number a ticket quotes: an answer to one of our letters asks what that diagnosis asked."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx.access import Act
from lrx.diagnosis.matter import reference_of
from lrx.diagnosis.ticket import Found, Ticket
from lrx.models import KeptDiagnosis
from lrx.tables import table

__all__ = ["Quoted", "quoted"]

MOST_NUMBERS = 10
"""Different numbers that are looked up."""
MOST = 1_000
"""Diagnoses of one millisecond among which the one with the end that is quoted is looked for."""
INSTANT = 13
"""Characters of an id that tell when it was made."""
LOWEST, HIGHEST = "-0000-0000-000000000000", "-ffff-ffff-ffffffffffff"
"""What an id may go on with."""


class Quoted(NamedTuple):
    """A diagnosis, and where the text quotes it."""

    id: UUID
    learner_id: UUID
    course_id: UUID
    recipient: str
    found: Found


def quoted(session: Session, act: Act, ticket: Ticket) -> Sequence[Quoted]:
    """Return the diagnoses of the site whose number or id is in the text, in the order of the text."""
    numbers: dict[str, Found] = {}
    for one in ticket.of("diagnosis"):
        numbers.setdefault(one.normal, one)
    rows = table(KeptDiagnosis).c
    wanted = sa.select(rows.id, rows.learner_id, rows.course_id, rows.recipient).where(rows.site_id == act.site_id)
    found: list[Quoted] = []
    for number, place in [*numbers.items()][:MOST_NUMBERS]:
        instant = number[:INSTANT]
        within = rows.id.between(UUID(instant + LOWEST), UUID(instant + HIGHEST))
        made_then = session.connection().execute(wanted.where(within).order_by(rows.id).limit(MOST))
        found += [Quoted(*row, place) for row in made_then if number in (str(row.id), reference_of(row.id))]
    return found
