"""The projector: reads statements in the order they were stored and derives what they make known.

On PostgreSQL numbers are given out before transactions end, so a row can appear behind a reader who goes by number
alone. The projector settles only what lies below the oldest transaction still open, and projects what is visible above
it ahead of time: nothing is skipped, nothing waits for somebody else's transaction, and a repeat adds nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lrx.access import Act
from lrx.database import insert_new
from lrx.exchange import Exchange
from lrx.models import Observation, ParkedStatement, Projection, Site, Statement
from lrx.recipient import Recipient
from lrx.tables import table
from lrx.xapi.projection import StoredStatement, project

__all__ = ["Projector", "rebuild", "replay_parked", "replay_subjects"]

NAME = "completions"
BATCH = 200
ACTOR = "system:projector"

_ROWS = table(Statement).c
_COLUMNS = (_ROWS.seq, _ROWS.txid, _ROWS.site_id, _ROWS.credential_id, _ROWS.stored, _ROWS.body)


@dataclass
class Projector:
    """Projects what has been stored since the last time. Any number may run; one works at a time."""

    exchange: Exchange
    ahead: set[int] = field(default_factory=set)
    """Numbers projected above the oldest open transaction, not settled yet."""

    async def run_once(self) -> int:
        """Project one batch and return how many statements it read."""
        now = self.exchange.clock.now()
        actor = _Actor(self.exchange.recipients, now, lambda: self.exchange.ids(now))
        read, ahead = await self.exchange.database.write(
            lambda session: _advance(session, actor, frozenset(self.ahead))
        )
        self.ahead = ahead
        return read

    async def run(self) -> None:
        """Project for ever: at once when statements come in to this process, and every half second for those of
        others."""
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


def _advance(session: Session, actor: _Actor, ahead: frozenset[int]) -> tuple[int, set[int]]:
    """Project one batch; return how many statements were new to this projector, and those still ahead."""
    position = _claim_position(session, actor.now)
    if position is None:
        return 0, set(ahead)
    oldest_open, newest = _open_transactions(session)
    if newest is not None and position.txid >= newest:
        _leave_old_numbers(session, actor, position, newest)
    query = sa.select(*_COLUMNS).where(_ROWS.seq > position.floor_seq, _beyond(position))
    settled = query if oldest_open is None else query.where(_ROWS.txid < oldest_open)
    rows = session.connection().execute(settled.order_by(_ROWS.txid, _ROWS.seq).limit(BATCH))
    batch = [StoredStatement(*row) for row in rows]
    for statement in batch:
        if statement.seq not in ahead:
            actor.project(session, statement)
    still_ahead = set(ahead) - {statement.seq for statement in batch}
    if batch:
        position.txid, position.seq, position.moved_at = batch[-1].txid, batch[-1].seq, actor.now
        session.add(position)
    if oldest_open is None or len(batch) == BATCH:
        return len(batch), still_ahead
    early = _ahead_of(session, position.floor_seq, oldest_open, still_ahead)
    for statement in early:
        actor.project(session, statement)
    return len(batch) + len(early), still_ahead | {statement.seq for statement in early}


def _claim_position(session: Session, now: datetime) -> Projection | None:
    """Lock the place where the last projector stopped; None when another one is at work."""
    insert_new(
        session, table(Projection), [{"name": NAME, "floor_seq": 0, "txid": 0, "seq": 0, "moved_at": now}], ["name"]
    )
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


def _leave_old_numbers(session: Session, actor: _Actor, position: Projection, newest: int) -> None:
    """After a dump was restored into another server its rows keep the old transaction numbers, and the server counts
    from its own. Nothing old is open any more: what was left of it is projected, and the new numbers count from
    here."""
    foreign = session.connection().execute(
        sa.select(*_COLUMNS).where(_ROWS.txid >= newest, _beyond(position)).order_by(_ROWS.txid, _ROWS.seq)
    )
    for row in foreign.all():
        actor.project(session, StoredStatement(*row))
    last = session.connection().execute(sa.select(sa.func.max(_ROWS.seq)).where(_ROWS.txid >= newest)).scalar()
    position.floor_seq = last or position.seq
    position.txid, position.seq = 0, 0
    session.add(position)
    session.flush()


def _beyond(position: Projection) -> sa.ColumnElement[bool]:
    return sa.tuple_(_ROWS.txid, _ROWS.seq) > sa.tuple_(sa.literal(position.txid), sa.literal(position.seq))


def _ahead_of(session: Session, floor_seq: int, oldest_open: int, done: set[int]) -> list[StoredStatement]:
    """Statements that are visible above the oldest open transaction and have not been projected yet."""
    connection = session.connection()
    numbers = connection.execute(
        sa.select(_ROWS.seq).where(_ROWS.txid >= oldest_open, _ROWS.seq > floor_seq).order_by(_ROWS.seq)
    ).scalars()
    wanted = [seq for seq in numbers if seq not in done][:BATCH]
    if not wanted:
        return []
    rows = connection.execute(sa.select(*_COLUMNS).where(_ROWS.seq.in_(wanted)).order_by(_ROWS.seq))
    return [StoredStatement(*row) for row in rows]


def rebuild(session: Session, from_seq: int = 0) -> None:
    """Let the projector read again from `from_seq` on: what it derived and does not decide by is forgotten first.

    Learning records, voidings and deliveries stay as they are; projecting again only adds what is missing.
    """
    connection = session.connection()
    for model in (Observation, ParkedStatement):
        rows = table(model)
        connection.execute(sa.delete(rows).where(rows.c.statement_seq >= from_seq))
    first = connection.execute(
        sa.select(_ROWS.txid, _ROWS.seq)
        .where(_ROWS.seq < from_seq)
        .order_by(_ROWS.txid.desc(), _ROWS.seq.desc())
        .limit(1)
    ).first()
    position = session.get(Projection, NAME)
    if position is not None:
        position.txid, position.seq = (first.txid, first.seq) if first else (0, 0)
        position.floor_seq = 0
        session.add(position)


def replay_parked(
    session: Session, act: Act, recipients: Mapping[str, Recipient], *, subjects: frozenset[str] | None, after: int
) -> int | None:
    """Project parked statements of the site again, those of `subjects` or all, beginning after number `after`.

    Returns the number of the last one read, to go on from, or None when there are no more. What still does not match
    is parked again.
    """
    query = (
        select(ParkedStatement)
        .where(ParkedStatement.site_id == act.site_id, ParkedStatement.statement_seq > after)
        .order_by(col(ParkedStatement.statement_seq))
        .limit(BATCH)
    )
    if subjects is not None:
        query = query.where(col(ParkedStatement.subject).in_(subjects))
    parked = session.exec(query).all()
    if not parked:
        return None
    numbers = [one.statement_seq for one in parked]
    for one in parked:
        session.delete(one)
    session.flush()
    rows = session.connection().execute(sa.select(*_COLUMNS).where(_ROWS.seq.in_(numbers)).order_by(_ROWS.seq)).all()
    for row in rows:
        project(session, act, recipients, StoredStatement(*row))
    return numbers[-1]


def replay_subjects(
    session: Session, act: Act, recipients: Mapping[str, Recipient], subjects: frozenset[str] | None
) -> None:
    """Project every statement parked under one of `subjects` again, or all of the site's."""
    after: int | None = 0
    while after is not None:
        after = replay_parked(session, act, recipients, subjects=subjects, after=after)
