"""The projector: reads statements in the order they were stored and derives what they make known.

On PostgreSQL numbers are given out before transactions end, so a row can appear behind a reader who goes by number
alone. The projector settles only what lies below the oldest transaction still open, and projects what is visible above
it ahead of time: nothing is skipped, nothing waits for somebody else's transaction, and a repeat adds nothing.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, select

from lrx.access import Act
from lrx.database import insert_new
from lrx.exchange import Exchange
from lrx.models import Observation, ParkedStatement, Projection, Site, Statement
from lrx.people import rosters
from lrx.recipient import Recipient
from lrx.tables import table
from lrx.write_time import write_time
from lrx.xapi.projection import StoredStatement, project
from lrx.xapi.subjects import Awaited

__all__ = ["Projector", "Replayed", "parked", "rebuild", "replay", "replay_everything_parked"]

NAME = "completions"
BATCH = 20
"""Statements of one transaction: whoever records for one of their learners waits until it ends."""
ACTOR = "system:projector"

_ROWS = table(Statement).c
_COLUMNS = (_ROWS.seq, _ROWS.txid, _ROWS.site_id, _ROWS.credential_id, _ROWS.stored, _ROWS.body)


class Replayed(NamedTuple):
    """A statement that was projected again, and whether it could be."""

    statement_id: UUID
    is_projected: bool


@dataclass
class Ahead:
    """Numbers projected above the oldest open transaction and not settled yet, as of one rebuild."""

    rebuilds: int = 0
    transactions: dict[int, int] = field(default_factory=dict)

    def since(self, position: Projection) -> "Ahead":
        """What is still ahead of `position`; nothing after somebody had everything read again."""
        if position.rebuilds != self.rebuilds:
            return Ahead(position.rebuilds)
        settled = (position.txid, position.seq)
        return Ahead(self.rebuilds, {seq: txid for seq, txid in self.transactions.items() if (txid, seq) > settled})


@dataclass
class Projector:
    """Projects what has been stored since the last time. Any number may run; one works at a time."""

    exchange: Exchange
    ahead: Ahead = field(default_factory=Ahead)

    async def run_once(self) -> int:
        """Project one batch and return how many statements it read."""
        ahead = self.ahead
        read, self.ahead = await self.exchange.database.write(
            lambda session: _advance(session, _actor(session, self.exchange), ahead)
        )
        return read

    async def run(self) -> None:
        """Project for ever: at once when statements come in to this process, every half second for those of others."""
        while True:
            if await self.run_once() == 0:
                await self.exchange.statements_came(0.5)


@dataclass(frozen=True)
class _Actor:
    """Makes the act of the projector for each site, once."""

    recipients: Mapping[str, Recipient]
    now: datetime
    new_id: Callable[[], UUID]
    acts: dict[UUID, Act] = field(default_factory=dict)

    def at(self, session: Session, site_id: UUID) -> Act:
        if site_id not in self.acts:
            site = session.get_one(Site, site_id)
            self.acts[site_id] = Act(site_id, ZoneInfo(site.time_zone), ACTOR, "-", self.now, self.new_id)
        return self.acts[site_id]

    def project(self, session: Session, statement: StoredStatement) -> None:
        project(session, self.at(session, statement.site_id), self.recipients, statement)


def _actor(session: Session, exchange: Exchange) -> _Actor:
    now = write_time(session, exchange.clock.now)
    return _Actor(exchange.recipients, now, lambda: exchange.ids(now))


def _advance(session: Session, actor: _Actor, ahead: Ahead) -> tuple[int, Ahead]:
    """Project one batch; return how many statements were new to this projector, and those now ahead."""
    position = _claim_position(session)
    if position is None:
        return 0, ahead
    ahead = ahead.since(position)
    oldest_open, newest = _open_transactions(session)
    if newest is not None and position.txid >= newest:
        _begin_after_restore(session, position, newest)
    if position.floor_seq < position.foreign_seq:
        return _read_foreign(session, actor, position), ahead
    query = sa.select(*_COLUMNS).where(_ROWS.seq > position.foreign_seq, _beyond(position))
    settled = query if oldest_open is None else query.where(_ROWS.txid < oldest_open)
    batch = _rows(session, settled.order_by(_ROWS.txid, _ROWS.seq).limit(BATCH))
    for statement in batch:
        if statement.seq not in ahead.transactions:
            actor.project(session, statement)
    if batch:
        position.txid, position.seq = batch[-1].txid, batch[-1].seq
        session.add(position)
    ahead = ahead.since(position)
    if oldest_open is None or len(batch) == BATCH:
        return len(batch), ahead
    early = _ahead_of(session, position.foreign_seq, oldest_open, ahead.transactions)
    for statement in early:
        actor.project(session, statement)
        ahead.transactions[statement.seq] = statement.txid
    return len(batch) + len(early), ahead


def _rows(session: Session, query: sa.Select[*tuple[Any, ...]]) -> list[StoredStatement]:
    return [StoredStatement(*row) for row in session.connection().execute(query)]


def _claim_position(session: Session) -> Projection | None:
    """Lock the place where the last projector stopped; None when another one is at work."""
    beginning = {"name": NAME, "foreign_seq": 0, "floor_seq": 0, "txid": 0, "seq": 0, "rebuilds": 0}
    insert_new(session, table(Projection), [beginning], ["name"])
    return session.exec(select(Projection).where(Projection.name == NAME).with_for_update(skip_locked=True)).first()


def _open_transactions(session: Session) -> tuple[int | None, int | None]:
    """The oldest transaction that may still store something, and the first number not given out; none on SQLite,
    which has one writer."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        return None, None
    snapshot = "SELECT pg_snapshot_xmin(s)::text, pg_snapshot_xmax(s)::text FROM pg_current_snapshot() s"
    oldest, newest = connection.execute(sa.text(snapshot)).one()
    return int(oldest), int(newest)


def _begin_after_restore(session: Session, position: Projection, newest: int) -> None:
    """After a dump was restored into another server its rows keep the old transaction numbers, and the server counts
    from its own. Nothing old is open any more, so what is left of it is read by number, and the rest as always."""
    connection = session.connection()
    last = connection.execute(sa.select(sa.func.max(_ROWS.seq)).where(_ROWS.txid >= newest)).scalar() or position.seq
    left = sa.select(sa.func.min(_ROWS.seq)).where(_ROWS.seq > position.foreign_seq, _ROWS.seq <= last)
    first = connection.execute(left.where(_beyond(position))).scalar()
    position.floor_seq = last if first is None else first - 1
    position.foreign_seq = last
    position.txid, position.seq = 0, 0
    session.add(position)
    session.flush()


def _read_foreign(session: Session, actor: _Actor, position: Projection) -> int:
    """Project the next statements of before a restore."""
    query = sa.select(*_COLUMNS).where(_ROWS.seq > position.floor_seq, _ROWS.seq <= position.foreign_seq)
    batch = _rows(session, query.order_by(_ROWS.seq).limit(BATCH))
    for statement in batch:
        actor.project(session, statement)
    position.floor_seq = batch[-1].seq if len(batch) == BATCH else position.foreign_seq
    session.add(position)
    return len(batch)


def _beyond(position: Projection) -> sa.ColumnElement[bool]:
    return sa.tuple_(_ROWS.txid, _ROWS.seq) > sa.tuple_(sa.literal(position.txid), sa.literal(position.seq))


def _ahead_of(session: Session, foreign_seq: int, oldest_open: int, done: Mapping[int, int]) -> list[StoredStatement]:
    """Statements that are visible above the oldest open transaction and have not been projected yet."""
    numbers = session.connection().execute(
        sa.select(_ROWS.seq).where(_ROWS.txid >= oldest_open, _ROWS.seq > foreign_seq).order_by(_ROWS.seq)
    )
    wanted = [seq for seq in numbers.scalars() if seq not in done][:BATCH]
    if not wanted:
        return []
    return _rows(session, sa.select(*_COLUMNS).where(_ROWS.seq.in_(wanted)).order_by(_ROWS.seq))


def rebuild(session: Session, from_seq: int = 0) -> None:
    """Let the projector read again from `from_seq` on: what it derived and does not decide by is forgotten first.

    Learning records, voidings and deliveries stay as they are; projecting again only adds what is missing.
    """
    connection = session.connection()
    for model in (Observation, ParkedStatement):
        rows = table(model)
        connection.execute(sa.delete(rows).where(rows.c.statement_seq >= from_seq))
    rosters.forget_unseen(session)
    position = session.exec(select(Projection).where(Projection.name == NAME).with_for_update()).first()
    if position is None:
        return
    # Numbers and transactions may cross: begin before the earliest of both among what is to be read.
    own = sa.select(_ROWS.txid, _ROWS.seq).where(_ROWS.seq >= from_seq, _ROWS.seq > position.foreign_seq)
    first = connection.execute(own.order_by(_ROWS.txid, _ROWS.seq).limit(1)).first()
    if first is not None and (first.txid, first.seq) <= (position.txid, position.seq):
        position.txid, position.seq = first.txid, first.seq - 1
    position.floor_seq = min(position.floor_seq, max(from_seq - 1, 0))
    position.rebuilds += 1
    session.add(position)


def parked(session: Session, act: Act, awaited: Awaited | None) -> Sequence[int]:
    """Return the numbers of the site's parked statements that wait for one of these, or of all, in order."""
    columns = table(ParkedStatement).c
    query = sa.select(columns.statement_seq).where(columns.site_id == act.site_id)
    if awaited is not None:
        waits = (columns.subject.in_(awaited.subjects), columns.username.in_(awaited.usernames))
        query = query.where(sa.or_(*waits))
    return session.connection().execute(query.order_by(columns.statement_seq)).scalars().all()


def replay(
    session: Session, act: Act, recipients: Mapping[str, Recipient], numbers: Collection[int]
) -> Mapping[int, Replayed]:
    """Project these statements of the site again; what still does not match stays parked. What is not parked any more
    is left out."""
    waiting = table(ParkedStatement)
    mine = sa.select(waiting.c.statement_seq).where(
        waiting.c.site_id == act.site_id, waiting.c.statement_seq.in_(numbers)
    )
    query = sa.select(*_COLUMNS, _ROWS.statement_id).where(_ROWS.seq.in_(mine)).order_by(_ROWS.seq)
    found = [(StoredStatement(*row[:-1]), row[-1]) for row in session.connection().execute(query)]
    done = {one.seq: Replayed(name, project(session, act, recipients, one)) for one, name in found}
    projected = [seq for seq, one in done.items() if one.is_projected]
    session.connection().execute(sa.delete(waiting).where(waiting.c.statement_seq.in_(projected)))
    return done


async def replay_everything_parked(exchange: Exchange) -> None:
    """Try again what is parked at any site, a batch in a transaction: a fault may have been mended, or a person made
    known in the very moment in which their statement was parked."""
    after: int | None = 0
    while after is not None:
        after = await exchange.database.write(partial(_replay_batch, exchange=exchange, after=after))


def _replay_batch(session: Session, *, exchange: Exchange, after: int) -> int | None:
    columns = table(ParkedStatement).c
    query = sa.select(columns.site_id, columns.statement_seq).where(columns.statement_seq > after)
    batch = session.connection().execute(query.order_by(columns.statement_seq).limit(BATCH)).all()
    actor = _actor(session, exchange)
    for site_id in dict.fromkeys(one.site_id for one in batch):
        numbers = [one.statement_seq for one in batch if one.site_id == site_id]
        replay(session, actor.at(session, site_id), actor.recipients, numbers)
    return batch[-1].statement_seq if batch else None
