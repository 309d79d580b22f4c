"""The state of the exchange as an operator watches it: read from the database at each scrape, the same from every
process."""

import sqlalchemy as sa
from sqlmodel import Session

from lrx.metrics import Reading
from lrx.models import (
    CourseRecipient,
    Delivery,
    DeliveryStatus,
    ParkedStatement,
    Projection,
    SetAsideStatement,
    Statement,
)
from lrx.tables import table

__all__ = ["READINGS"]


MOST_COUNTED = 10_001
"""Statements counted as waiting; a scrape costs no more when there are millions."""


def _projector_lag(session: Session) -> float:
    statements, projection = table(Statement).c, table(Projection).c
    place = sa.select(projection.foreign_seq, projection.floor_seq, projection.txid, projection.seq)
    foreign_seq, floor_seq, txid, seq = session.connection().execute(place).first() or (0, 0, 0, 0)
    settled = sa.tuple_(sa.literal(txid), sa.literal(seq))
    beyond = sa.and_(statements.seq > foreign_seq, sa.tuple_(statements.txid, statements.seq) > settled)
    before_restore = sa.and_(statements.seq > floor_seq, statements.seq <= foreign_seq)
    waiting = sum(_count_some(session, sa.select(statements.seq).where(where)) for where in (beyond, before_restore))
    return min(waiting, MOST_COUNTED)


def _held(session: Session) -> float:
    deliveries = table(Delivery).c
    # Named, for the index that has the status behind the recipient: else all deliveries there are would be read.
    receiving = sa.select(table(CourseRecipient).c.recipient).distinct()
    is_held = sa.and_(deliveries.recipient.in_(receiving), deliveries.status == DeliveryStatus.HELD)
    return _count(session, sa.select(sa.func.count()).where(is_held))


def _parked(session: Session) -> float:
    return _count(session, sa.select(sa.func.count()).select_from(table(ParkedStatement)))


def _set_aside(session: Session) -> float:
    return _count(session, sa.select(sa.func.count()).where(table(SetAsideStatement).c.replayed_as.is_(None)))


def _count_some(session: Session, query: sa.Select[int]) -> float:
    return _count(session, sa.select(sa.func.count()).select_from(query.limit(MOST_COUNTED).subquery()))


def _count(session: Session, query: sa.Select[int]) -> float:
    return float(session.connection().execute(query).scalar_one())


READINGS: tuple[Reading, ...] = (
    Reading(
        "projector_lag_statements",
        "Statements stored and not yet settled by the projector; counted up to 10,001.",
        _projector_lag,
    ),
    Reading("deliveries_held", "Deliveries that wait for a person.", _held),
    Reading("statements_parked", "Statements whose person or course nobody knows yet.", _parked),
    Reading("statements_set_aside", "Statements set aside and not replayed.", _set_aside),
)
