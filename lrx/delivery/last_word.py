"""The last word on learning records, as a column of a query: voidings and expirations are only added, and the latest of
a record holds."""

import sqlalchemy as sa
from sqlmodel import SQLModel

from lrx.models import LearningRecord
from lrx.tables import table

__all__ = ["last_word"]


def last_word(facts: type[SQLModel], said: str) -> "sa.ColumnElement[bool]":
    """What the latest of the facts about a learning record says in the column `said`; without one it is false. The
    query it stands in reads learning records."""
    of, records = table(facts).c, table(LearningRecord).c
    latest = (
        sa.select(of[said])
        .where(of.site_id == records.site_id, of.record_id == records.id)
        .order_by(of.seq.desc())
        .limit(1)
        .correlate(table(LearningRecord))
    )
    return sa.func.coalesce(latest.scalar_subquery(), sa.false())
