"""The state of the exchange as an operator watches it: read from the database at each scrape, the same from every
process."""

import sqlalchemy as sa
from sqlmodel import Session

from lrx.metrics import Reading
from lrx.models import Delivery, DeliveryStatus, ParkedStatement, Projection, SetAsideStatement, Statement
from lrx.tables import table

__all__ = ["READINGS"]


def _projector_lag(session: Session) -> float:
    statements, position = table(Statement).c, table(Projection).c
    newest = session.connection().execute(sa.select(sa.func.max(statements.seq))).scalar() or 0
    settled = session.connection().execute(sa.select(sa.func.max(position.seq))).scalar() or 0
    return float(max(newest - settled, 0))


def _held(session: Session) -> float:
    return _count(session, sa.select(sa.func.count()).where(table(Delivery).c.status == DeliveryStatus.HELD))


def _parked(session: Session) -> float:
    return _count(session, sa.select(sa.func.count()).select_from(table(ParkedStatement)))


def _set_aside(session: Session) -> float:
    return _count(session, sa.select(sa.func.count()).where(table(SetAsideStatement).c.replayed_as.is_(None)))


def _count(session: Session, query: sa.Select[int]) -> float:
    return float(session.connection().execute(query).scalar_one())


READINGS: tuple[Reading, ...] = (
    Reading("projector_lag_statements", "Statements stored and not yet settled by the projector.", _projector_lag),
    Reading("deliveries_held", "Deliveries that wait for a person.", _held),
    Reading("statements_parked", "Statements whose person or course nobody knows yet.", _parked),
    Reading("statements_set_aside", "Statements set aside and not replayed.", _set_aside),
)
