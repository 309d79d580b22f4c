"""Diagnoses whose number a ticket quotes: an answer to one of our letters asks what that diagnosis asked."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx.access import Act
from lrx.diagnosis.ticket import Found, Ticket
from lrx.models import KeptDiagnosis
from lrx.tables import table

__all__ = ["Quoted", "quoted"]

MOST_NUMBERS = 10
"""Different numbers that are looked up."""
MOST = 10
"""Diagnoses of one number: it is the millisecond in which they were made."""
LOWEST, HIGHEST = "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"


class Quoted(NamedTuple):
    """A diagnosis, and where the text quotes it."""

    id: UUID
    learner_id: UUID
    course_id: UUID
    recipient: str
    found: Found


def quoted(session: Session, act: Act, ticket: Ticket) -> Sequence[Quoted]:
    """Return the diagnoses of the site whose number or id is in the text, in the order of the text."""
    numbers = {one.normal: one for one in reversed(ticket.of("diagnosis"))}
    rows = table(KeptDiagnosis).c
    wanted = sa.select(rows.id, rows.learner_id, rows.course_id, rows.recipient).where(rows.site_id == act.site_id)
    return [
        Quoted(*row, found)
        for number, found in [*reversed(numbers.items())][:MOST_NUMBERS]
        for row in session.connection().execute(
            wanted.where(rows.id.between(_ending(number, LOWEST), _ending(number, HIGHEST)))
            .order_by(rows.id)
            .limit(MOST)
        )
    ]


def _ending(number: str, like: str) -> UUID:
    return UUID(number + like[len(number) :])
