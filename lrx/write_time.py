"""The time of a write, taken inside its transaction, and the time up to which everything is visible.

A time read before the transaction says little to somebody who copies what is new: the row can appear long after it. On
SQLite there is one writer, and while it holds the database nothing else is written. On PostgreSQL every transaction
that takes its time says so in a shared advisory lock that carries that time; those locks are seen by all and go with
the transaction.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import text as sql
from sqlmodel import Session

__all__ = ["APART", "visible_through", "write_time"]

CLASS = 7254319
"""The class of our advisory locks; `lrx.schema` has the number before it."""
TIME = "lrx write time"

APART = timedelta(seconds=10)
"""How far the clocks of several machines may lie apart, and one may be set back, before copies of lists miss rows."""

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Locks count seconds from here, in 31 bits: until 2068."""
_TAKE = sql("SELECT pg_advisory_xact_lock_shared(:class, :second)")
_OLDEST = sql(
    "SELECT min(objid::bigint) FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint = :class "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def write_time(session: Session, now: Callable[[], datetime]) -> datetime:
    """Return the time at which this transaction writes, in UTC; always the same within one transaction."""
    info = session.connection().info
    transaction = session.connection().get_transaction()
    known = info.get(TIME)
    if known is not None and known[0] is transaction:
        time: datetime = known[1]
        return time
    if session.connection().dialect.name == "postgresql":
        # The lock first, with a time that cannot be later than the one taken under it.
        session.connection().execute(_TAKE, {"class": CLASS, "second": _second(now())})
    taken = now()
    info[TIME] = (transaction, taken)
    return taken


def visible_through(session: Session, now: Callable[[], datetime]) -> datetime:
    """Return the time before which nothing is written any more, except by this very transaction: whoever begins to read
    after this returned sees all other rows with an earlier time. On SQLite it must be asked in a transaction that
    writes, which is then the only one. It lies `APART` back, for the next to write may have another clock."""
    if session.connection().dialect.name == "sqlite":
        return write_time(session, now) - APART
    asked = now()
    second = session.connection().execute(_OLDEST, {"class": CLASS}).scalar()
    oldest = asked if second is None else datetime.fromtimestamp(_EPOCH.timestamp() + second, UTC)
    return min(asked, oldest) - APART


def _second(time: datetime) -> int:
    return max(0, int((time - _EPOCH).total_seconds()))
