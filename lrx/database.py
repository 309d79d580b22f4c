"""The database: two engines behind one door, and the only commit in the project.

Work is a plain function over a session. On SQLite it runs on one writer thread or on reader threads; on PostgreSQL
through the async driver. A write has returned only when its transaction is committed and synced to disk. Work may run
more than once: what PostgreSQL broke off for another transaction is done again.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from sqlalchemy import Connection, Engine, Row, Table, create_engine, event
from sqlalchemy import text as sql
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import Session

from lrx.errors import Conflict
from lrx.text import text

__all__ = [
    "Database",
    "Simultaneous",
    "Work",
    "insert_new",
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
Work = Callable[[Session], T]
"""A function over one transaction: it may flush, it never commits. Nothing but its session and its result may keep what
it does, for it runs again when its transaction was broken off."""


class Simultaneous(Conflict):
    """Two wrote the same thing at once; one of them was first."""

    code = "simultaneous_change"
    retryable = True


class Database:
    """One database: `write` and `read` run work in a transaction of their own."""

    def __init__(self, *, embedded: "EmbeddedEngine | None" = None, server: AsyncEngine | None = None) -> None:
        self._embedded = embedded
        self._server = server

    async def write(self, work: Work[T]) -> T:
        """Run `work` in one transaction, commit and sync it, and return its result; on any error nothing is kept.

        A transaction that PostgreSQL broke off, because it and another waited for one another, is run again up to three
        times. Raises `Simultaneous` when somebody else kept the same thing at the same moment, or was in the way of
        every attempt.
        """
        try:
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
        if self._embedded is not None:
            return await self._embedded.read(work)
        return await self._on_server(work, read_only=True)

    async def close(self) -> None:
        """Give back every connection."""
        if self._embedded is not None:
            self._embedded.close()
        if self._server is not None:
            await self._server.dispose()

    async def _again_if_broken_off(self, work: Work[T]) -> T:
        for attempt in range(1, TIMES_AGAIN + 1):
            try:
                return await self._on_server(work, read_only=False)
            except DBAPIError as error:
                if not _is_broken_off(error):
                    raise
            await anyio.sleep(PAUSE * attempt)
        try:
            return await self._on_server(work, read_only=False)
        except DBAPIError as error:
            if not _is_broken_off(error):
                raise
            raise Simultaneous(
                text("Others are changing the same things at this moment. Wait a little, then try again.")
            ) from error

    async def _on_server(self, work: Work[T], *, read_only: bool) -> T:
        assert self._server is not None  # noqa: S101 - one of the two is always given
        async with self._server.connect() as connection:
            if read_only:
                await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            async with connection.begin():
                return await connection.run_sync(_in_session, work)


def _is_duplicate(error: IntegrityError) -> bool:
    """Whether a unique key refused the row, and not another rule."""
    if isinstance(error.orig, sqlite3.IntegrityError):
        return error.orig.sqlite_errorname in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
    return getattr(error.orig, "sqlstate", None) == UNIQUE_VIOLATION


def _is_broken_off(error: DBAPIError) -> bool:
    """Whether PostgreSQL ended the transaction for the sake of another one."""
    return getattr(error.orig, "sqlstate", None) in BROKEN_OFF


def _in_session(connection: Connection, work: Work[T]) -> T:
    with Session(connection, autoflush=True, expire_on_commit=False) as session:
        result = work(session)
        session.flush()
        return result


class EmbeddedEngine:
    """SQLite: a single writer thread, so that writers queue here and never meet the lock; readers beside it."""

    READERS = 4

    def __init__(self, path: str) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.engine = _sqlite_engine(path)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="lrx-writer")
        self._readers = anyio.CapacityLimiter(self.READERS)

    async def write(self, work: Work[T]) -> T:
        def transaction() -> T:
            with self.engine.connect() as connection, connection.begin():
                return _in_session(connection, work)

        return await _in_executor(self._writer, transaction)

    async def read(self, work: Work[T]) -> T:
        def snapshot() -> T:
            with self.engine.connect().execution_options(lrx_read_only=True) as connection, connection.begin():
                connection.exec_driver_sql("PRAGMA query_only = ON")
                try:
                    return _in_session(connection, work)
                finally:
                    connection.exec_driver_sql("PRAGMA query_only = OFF")

        return await anyio.to_thread.run_sync(snapshot, limiter=self._readers)

    def close(self) -> None:
        self._writer.shutdown(wait=True)
        self.engine.dispose()


async def _in_executor(executor: ThreadPoolExecutor, function: Callable[[], T]) -> T:
    # Shielded: once handed to the writer a transaction runs to its end, even if the caller has gone away.
    return await asyncio.shield(asyncio.get_running_loop().run_in_executor(executor, function))


PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "recursive_triggers = ON",  # or REPLACE would pass by the triggers that guard the facts
    "busy_timeout = 30000",
)


def _sqlite_engine(path: str) -> Engine:
    options = {"timeout": 30, "check_same_thread": False}
    engine = create_engine(
        f"sqlite:///{path}", connect_args=options, pool_size=EmbeddedEngine.READERS + 2, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get("lrx_read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def open_database(url: str) -> Database:
    """Open `sqlite:///path` or `postgresql://…`. Nothing is read or written before the first transaction."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return Database(embedded=EmbeddedEngine(parsed.database or ""))
    server = create_async_engine(
        parsed.set(drivername="postgresql+asyncpg"),
        pool_size=10,
        max_overflow=10,
        pool_pre_ping=True,
        hide_parameters=True,
    )
    return Database(server=server)


def insert_new(
    session: Session, table: Table, rows: Sequence[Mapping[str, Any]], returning: Sequence[str]
) -> Sequence[Row[Any]]:
    """Insert the rows that no unique key of `table` knows yet and return these columns of them; the others stay as
    they are."""
    if not rows:
        return []
    connection = session.connection()
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).on_conflict_do_nothing().returning(*(table.c[name] for name in returning))
    return connection.execute(statement, list(rows)).all()


def pieces(values: Collection[T]) -> Iterator[list[T]]:
    """Cut values into lists that one statement may hold: PostgreSQL takes 32,767 parameters."""
    values = list(values)
    for start in range(0, len(values), PIECE):
        yield values[start : start + PIECE]


def is_ready(session: Session) -> bool:
    """Whether the database answers."""
    return bool(session.connection().execute(sql("SELECT 1")).scalar_one())
