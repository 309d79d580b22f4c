"""The database: two engines behind one door, and the only commit in the project.

Work is a plain function over a session. On SQLite it runs on one writer thread or on reader threads; on PostgreSQL
through the async driver. A write has returned only when its transaction is committed and synced to disk. Work may run
more than once: what PostgreSQL broke off for another transaction is done again.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import anyio
import msgspec
from sqlalchemy import Connection, Executable, Row, Table, event
from sqlalchemy import text as sql
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import Session

from lrx.embedded import EmbeddedEngine
from lrx.errors import Conflict
from lrx.logs import log
from lrx.storage_faults import refusal
from lrx.text import text
from lrx.together import Gathering, Item, Result, Together
from lrx.write_time import visible_through

__all__ = [
    "Database",
    "Simultaneous",
    "Work",
    "insert_new",
    "is_broken_off",
    "is_ready",
    "open_database",
    "pieces",
]

T = TypeVar("T")
PIECE = 5_000
UNIQUE_VIOLATION = "23505"
"""PostgreSQL's code (appendix A of its manual)."""
BROKEN_OFF = frozenset({"40001", "40P01"})
"""Its codes for a transaction it ended for another's sake: a serialization failure, a deadlock."""
TIMES_AGAIN = 3
PAUSE = 0.02
"""Seconds before the work is done again, and as many more before each further time."""
COMMAND_SECONDS = 120
"""How long one statement may take on PostgreSQL: a server that has gone silent holds nobody for ever."""
LOCK_SECONDS = 20
"""How long a statement waits there for somebody else's lock."""
IDLE_SECONDS = 15
"""How long a transaction may do nothing there: a process that stands still gives back what others wait for."""
LIMITS = {"lock_timeout": f"{LOCK_SECONDS}s", "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s"}
AT_ONCE = 2
"""Transactions of one `Together` that run side by side on PostgreSQL. More of them would each hold fewer items."""
Work = Callable[[Session], T]
"""A function over one transaction: it may flush, it never commits. Nothing but its session and its result may keep what
it does, for it runs again when its transaction was broken off."""


class Simultaneous(Conflict):
    """Two wrote the same thing at once; one of them was first."""

    code = "simultaneous_change"
    retryable = True


class Database:
    """One database: `write` and `read` run work in a transaction of their own, `write_together` and `read_together`
    share one among all who come at that moment."""

    def __init__(self, *, embedded: EmbeddedEngine | None = None, server: AsyncEngine | None = None) -> None:
        self._embedded = embedded
        self._server = server
        self._gatherings: dict[Together[Any, Any], Gathering] = {}

    async def write(self, work: Work[T]) -> T:
        """Run `work` in one transaction, commit and sync it, and return its result; on any error nothing is kept.

        A transaction that PostgreSQL broke off, because it and another waited for one another, is run again up to three
        times. Raises `Simultaneous` when somebody else kept the same thing at the same moment, or was in the way of
        every attempt, and `Overloaded` when too many wait.
        """
        try:
            with _told():
                if self._embedded is not None:
                    return await self._embedded.write(work)
                return await self._again_if_broken_off(work)
        except IntegrityError as error:
            if not _is_duplicate(error):
                raise
            raise Simultaneous(
                text("Somebody else made the same change at the same moment. Look at it, then try again if need be.")
            ) from error

    async def read(self, work: Work[T]) -> T:
        """Run `work` over one consistent snapshot. Anything it tried to write is refused by the engine."""
        with _told(reading=True):
            if self._embedded is not None:
                return await self._embedded.read(work)
            return await self._on_server(work, read_only=True)

    async def write_together(self, together: Together[Item, Result], item: Item) -> Result:
        """Do the item in a transaction shared with others of its kind; it is committed and synced when this returns.

        Raises the error the item was refused with, and what `write` raises.
        """
        result: Result = await self._gathering(together, self._write_again_if_simultaneous, lingers=True).do(item)
        return result

    async def read_together(self, together: Together[Item, Result], item: Item) -> Result:
        """Look the item up in a snapshot shared with others of its kind, taken after it was asked for."""
        result: Result = await self._gathering(together, self.read).do(item)
        return result

    async def consistent_through(self, now: Callable[[], datetime]) -> datetime:
        """Return the time before which nothing is written any more: whoever begins to read after this returned sees
        every row whose write time is earlier. In UTC."""
        look = self.read if self._embedded is None else self.write
        return await look(lambda session: visible_through(session, now))

    async def refresh_statistics(self) -> None:
        """Let the database see what its tables hold by now, to choose indexes by. PostgreSQL does that by itself."""
        if self._embedded is not None:
            with _told():
                await self._embedded.refresh_statistics()

    async def close(self) -> None:
        """End what was begun and give back every connection."""
        for gathering in self._gatherings.values():
            await gathering.finish()
        if self._embedded is not None:
            self._embedded.close()
        if self._server is not None:
            await self._server.dispose()

    def _gathering(
        self, together: Together[Any, Any], run: Callable[[Work[Any]], Any], *, lingers: bool = False
    ) -> Gathering:
        found = self._gatherings.get(together)
        if found is None:
            at_once = 1 if self._embedded is not None else AT_ONCE
            found = self._gatherings[together] = Gathering(together, run, at_once, lingers=lingers)
        return found

    async def _write_again_if_simultaneous(self, work: Work[T]) -> T:
        """What somebody else kept at the same moment is seen the second time."""
        try:
            return await self.write(work)
        except Simultaneous:
            return await self.write(work)

    async def _again_if_broken_off(self, work: Work[T]) -> T:
        for attempt in range(1, TIMES_AGAIN + 2):
            try:
                return await self._on_server(work, read_only=False)
            except DBAPIError as error:
                if not is_broken_off(error):
                    raise
                last = error
            if attempt <= TIMES_AGAIN:
                await anyio.sleep(PAUSE * attempt)
        raise Simultaneous(
            text("Others are changing the same things at this moment. Wait a little, then try again.")
        ) from last

    async def _on_server(self, work: Work[T], *, read_only: bool) -> T:
        assert self._server is not None  # noqa: S101 - one of the two is always given
        async with self._server.connect() as connection:
            if read_only:
                await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            async with connection.begin():
                return await connection.run_sync(_in_session, work)


@contextmanager
def _told(*, reading: bool = False) -> Iterator[None]:
    """Say what the storage failed with in our own words, and to the operator in its own."""
    try:
        yield
    except (OSError, SQLAlchemyError) as error:
        refused = refusal(error, reading=reading)
        if refused is None:
            raise
        reason = str(getattr(error, "orig", error))
        log.error("storage failed", refused_as=refused.code, error=type(error).__qualname__, reason=reason)
        raise refused from error


def _is_duplicate(error: IntegrityError) -> bool:
    """Whether a unique key refused the row, and not another rule."""
    if isinstance(error.orig, sqlite3.IntegrityError):
        return error.orig.sqlite_errorname in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
    return getattr(error.orig, "sqlstate", None) == UNIQUE_VIOLATION


def is_broken_off(error: DBAPIError) -> bool:
    """Whether PostgreSQL ended the transaction for the sake of another one."""
    return getattr(error.orig, "sqlstate", None) in BROKEN_OFF


def _in_session(connection: Connection, work: Work[T]) -> T:
    with Session(connection, autoflush=True, expire_on_commit=False) as session:
        result = work(session)
        session.flush()
        return result


def open_database(url: str) -> Database:
    """Open `sqlite:///path` or `postgresql://…`. Nothing is read or written before the first transaction."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return Database(embedded=EmbeddedEngine(parsed.database or ""))
    server = create_async_engine(
        parsed.set(drivername="postgresql+asyncpg"),
        pool_size=10,
        pool_use_lifo=True,  # the connection used last has the statements prepared
        max_overflow=10,
        pool_timeout=10,
        connect_args={"command_timeout": COMMAND_SECONDS, "server_settings": LIMITS},
        pool_pre_ping=True,
        hide_parameters=True,
        json_deserializer=msgspec.json.decode,
    )
    event.listen(server.sync_engine, "connect", _require_sync)
    return Database(server=server)


def _require_sync(connection: Any, _record: Any) -> None:
    """A DBA may have turned the sync off for the database; an acknowledgement means a commit on the disk."""
    cursor = connection.cursor()
    cursor.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    cursor.close()
    connection.commit()  # or the setting would go with the transaction


def insert_new(
    session: Session, table: Table, rows: Sequence[Mapping[str, Any]], returning: Sequence[str]
) -> Sequence[Row[Any]]:
    """Insert the rows that no unique key of `table` knows yet and return these columns of them; the others stay as
    they are."""
    if not rows:
        return []
    connection = session.connection()
    return connection.execute(_insert_new(connection.dialect.name, table, tuple(returning)), list(rows)).all()


@cache
def _insert_new(dialect: str, table: Table, returning: tuple[str, ...]) -> Executable:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(table).on_conflict_do_nothing().returning(*(table.c[name] for name in returning))


def pieces(values: Collection[T]) -> Iterator[list[T]]:
    """Cut values into lists that one statement may hold: PostgreSQL takes 32,767 parameters."""
    values = list(values)
    for start in range(0, len(values), PIECE):
        yield values[start : start + PIECE]


def is_ready(session: Session) -> bool:
    """Whether the database answers."""
    return bool(session.connection().execute(sql("SELECT 1")).scalar_one())
