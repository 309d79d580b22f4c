"""The embedded engine: SQLite with a single writer thread, so that writers queue here and never meet the lock, and
readers beside it."""

import asyncio
import errno
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from lrx.text import text
from lrx.together import Overloaded

__all__ = ["EmbeddedEngine"]

T = TypeVar("T")

READERS = 4
MOST_WAITING = 1_000
"""Transactions that may wait for the writer, and as many for a reader."""
LOCK_SECONDS = 15
"""How long a transaction waits for another process that holds the file."""
PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "recursive_triggers = ON",  # or REPLACE would pass by the triggers that guard the facts
    f"busy_timeout = {LOCK_SECONDS * 1000}",
    "temp_store = MEMORY",  # what a refused row would undo; beyond 64 KiB it went to a file, for each statement
)
READER_CACHE, WRITER_CACHE = 32, 128
"""MiB of pages a connection keeps. All that is recorded and asked by recipients passes the writer, by random keys of
large tables: the indexes they are found in stay at hand."""
STATISTICS = ("PRAGMA analysis_limit = 20000", "ANALYZE")
"""What SQLite chooses its indexes by. Left without, it takes a site for ten rows, and reads a million of them. So many
rows of each index are looked at: that takes a tenth of a second where all of them took ten."""
READER_LASTS, WRITER_LASTS = 600, -1
"""Seconds after which a connection is opened anew, for statistics are read when one is. The writer makes them, and
keeps what it has at hand."""


class EmbeddedEngine:
    """One SQLite file. Every write has returned only when it is synced to disk (WAL, synchronous FULL)."""

    def __init__(self, path: str) -> None:
        self._writing = _engine(path, 1, WRITER_CACHE, WRITER_LASTS)
        self._reading = _engine(path, READERS, READER_CACHE, READER_LASTS)
        self._writer = _Threads(1, "lrx-writer")
        self._readers = _Threads(READERS, "lrx-reader")
        self._locked_out: tuple[float, OperationalError | None] = (0.0, None)
        """When the writer last gave up waiting for another process, and with what."""

    async def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` in a transaction of its own. Raises `Overloaded` when too many wait."""

        asked_at = time.monotonic()

        def transaction() -> T:
            if asked_at < self._locked_out[0] and (locked := self._locked_out[1]) is not None:
                raise locked  # who held the file held it while this waited: nobody waits for it twice
            try:
                with (
                    _told_of_damage(self._writing),
                    self._writing.connect() as connection,
                    connection.begin(),
                    _session(connection) as session,
                ):
                    result = work(session)
                    session.flush()
                    return result
            except OperationalError as error:
                if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                    self._locked_out = time.monotonic(), error.with_traceback(None)
                raise

        return await self._writer.run(transaction)

    async def read(self, work: Callable[[Session], T]) -> T:
        """Run `work` over one snapshot; what it tries to write is refused. Raises `Overloaded` when too many wait."""

        def snapshot() -> T:
            with (
                _told_of_damage(self._reading),
                self._reading.connect().execution_options(lrx_read_only=True) as connection,
                connection.begin(),
            ):
                connection.exec_driver_sql("PRAGMA query_only = ON")
                try:
                    with _session(connection) as session:
                        return work(session)
                finally:
                    connection.exec_driver_sql("PRAGMA query_only = OFF")

        return await self._readers.run(snapshot)

    async def refresh_statistics(self) -> None:
        """Look at the tables again, so that their indexes are chosen by what they hold now."""

        def look(session: Session) -> None:
            for statement in STATISTICS:
                session.connection().exec_driver_sql(statement)

        await self.write(look)

    def close(self) -> None:
        """End what was begun and give back every connection."""
        self._writer.close()
        self._readers.close()
        self._writing.dispose()
        self._reading.dispose()


class _Threads:
    """Threads for one kind of transaction, and a queue before them that has an end."""

    def __init__(self, number: int, name: str) -> None:
        self._executor = ThreadPoolExecutor(number, thread_name_prefix=name)
        self._waiting = 0

    async def run(self, function: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise Overloaded(
                text("More is waiting for the database than it can keep up with. Nothing was kept: send it again."),
                retry_after=1,
            )
        self._waiting += 1
        future = asyncio.get_running_loop().run_in_executor(self._executor, function)
        future.add_done_callback(self._left)
        # Shielded: once handed over a transaction runs to its end, even if the caller has gone away.
        return await asyncio.shield(future)

    def close(self) -> None:
        self._executor.shutdown(wait=True)

    def _left(self, _future: asyncio.Future[Any]) -> None:
        self._waiting -= 1


@contextmanager
def _told_of_damage(engine: Engine) -> Iterator[None]:
    """SQLite quotes what it cannot make sense of, and where that is no text the driver fails over the message."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise OSError(errno.EILSEQ, "what it holds is damaged", engine.url.database) from error


def _session(connection: Connection) -> Session:
    return Session(connection, autoflush=True, expire_on_commit=False)


def _engine(path: str, connections: int, cache: int, lasts: int) -> Engine:
    """Return an engine of so many connections, each with a cache of so many MiB and opened anew after so many seconds
    (-1: never)."""
    # A connection makes no file: where it was taken away, an empty one would stand in its place.
    address = f"file:{quote(path)}?mode=rw"
    engine = create_engine(
        f"sqlite:///{path}",
        creator=lambda: sqlite3.connect(address, uri=True, timeout=LOCK_SECONDS, check_same_thread=False),
        pool_size=connections,
        pool_use_lifo=True,  # the connection used last has the pages and the statements at hand
        pool_recycle=lasts,
        hide_parameters=True,
        json_deserializer=msgspec.json.decode,
    )

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        for pragma in (*PRAGMAS, f"cache_size = -{cache * 1024}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get("lrx_read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine
