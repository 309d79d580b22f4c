"""What a failing storage means for whoever waits, and that the next one is served."""

import sqlite3
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlmodel import Session

from lrx.database import Database, open_database
from lrx.errors import Busy, OutcomeUnknown, StorageFull, StorageUnavailable
from lrx.failures import sentence_of
from lrx.storage_faults import refusal
from lrx.text import say
from lrx.web.problems import status_of

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


class OfSqlite(sqlite3.OperationalError):
    """What the driver raises."""

    def __init__(self, code: int) -> None:
        super().__init__("failed")
        self.sqlite_errorcode = code


class OfPostgresql(Exception):
    """What the driver raises, as SQLAlchemy passes it on."""

    def __init__(self, sqlstate: str | None, sentence: str = "failed") -> None:
        super().__init__(sentence)
        self.sqlstate = sqlstate


def raised(orig: Exception, *, invalidated: bool = False) -> DBAPIError:
    return OperationalError("SELECT 1", {}, orig, connection_invalidated=invalidated)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_FULL, StorageFull),
        (sqlite3.SQLITE_BUSY, StorageUnavailable),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, StorageUnavailable),
        (sqlite3.SQLITE_LOCKED, StorageUnavailable),
        (sqlite3.SQLITE_READONLY_DBMOVED, StorageUnavailable),
        (sqlite3.SQLITE_CANTOPEN, StorageUnavailable),
        (sqlite3.SQLITE_CORRUPT, StorageUnavailable),
        (sqlite3.SQLITE_NOTADB, StorageUnavailable),
        (sqlite3.SQLITE_IOERR, OutcomeUnknown),
        (sqlite3.SQLITE_IOERR_FSYNC, OutcomeUnknown),
        (sqlite3.SQLITE_IOERR_WRITE, OutcomeUnknown),
    ],
)
def test_a_code_of_sqlite_says_what_to_answer(code: int, kind: type[Busy]) -> None:
    assert type(refusal(raised(OfSqlite(code)))) is kind


@pytest.mark.parametrize(
    ("sqlstate", "kind"),
    [
        ("53100", StorageFull),
        ("53200", StorageUnavailable),
        ("53300", StorageUnavailable),
        ("08000", OutcomeUnknown),
        ("08003", OutcomeUnknown),
        ("08006", OutcomeUnknown),
        ("08007", OutcomeUnknown),
        ("57P01", OutcomeUnknown),
        ("57P02", OutcomeUnknown),
        ("57P03", StorageUnavailable),
        ("57014", StorageUnavailable),
        ("55P03", StorageUnavailable),
        ("25006", StorageUnavailable),
        ("58030", OutcomeUnknown),
    ],
)
def test_a_code_of_postgresql_says_what_to_answer(sqlstate: str, kind: type[Busy]) -> None:
    assert type(refusal(raised(OfPostgresql(sqlstate)))) is kind


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionRefusedError(), StorageUnavailable),
        (TimeoutError(), OutcomeUnknown),
        (NoConnectionFree(), StorageUnavailable),
        (ConnectionResetError(), OutcomeUnknown),
        (raised(OfPostgresql(None), invalidated=True), OutcomeUnknown),
        (InterfaceError("", {}, OfPostgresql(None, "connection is closed")), OutcomeUnknown),
        (raised(asyncpg.InternalClientError("cannot switch to state 15")), OutcomeUnknown),
    ],
)
def test_a_connection_that_is_not_to_be_had_or_breaks_is_told_apart(error: Exception, kind: type[Busy]) -> None:
    assert type(refusal(error)) is kind


def test_who_only_reads_is_never_told_that_something_may_have_been_kept() -> None:
    broken = raised(OfPostgresql(None), invalidated=True)
    assert type(refusal(broken, reading=True)) is StorageUnavailable
    assert type(refusal(raised(OfSqlite(sqlite3.SQLITE_IOERR)), reading=True)) is StorageUnavailable
    assert refusal(ValueError("ours"), reading=True) is None


@pytest.mark.parametrize(
    "error",
    [
        raised(OfSqlite(sqlite3.SQLITE_ERROR)),
        raised(OfSqlite(sqlite3.SQLITE_CONSTRAINT_UNIQUE)),
        raised(OfPostgresql("23505")),
        raised(OfPostgresql("40001")),
        raised(OfPostgresql("42601")),
        InterfaceError("", {}, OfPostgresql(None, "invalid input for query argument $1")),
        ValueError("ours"),
    ],
)
def test_a_fault_of_ours_is_not_blamed_on_the_storage(error: Exception) -> None:
    assert refusal(error) is None


@pytest.mark.parametrize(
    ("code", "status", "promised"),
    [
        (sqlite3.SQLITE_FULL, 507, "nothing of this was kept"),
        (sqlite3.SQLITE_BUSY, 503, "nothing of this was kept"),
        (sqlite3.SQLITE_IOERR_FSYNC, 503, "it may or may not have been kept"),
    ],
)
def test_the_answer_says_what_was_kept_and_what_to_do(code: int, status: int, promised: str) -> None:
    refused = refusal(raised(OfSqlite(code)))

    assert refused is not None
    assert status_of(refused) == status
    assert refused.retry_after > 0
    assert refused.retryable
    assert promised in say(refused.detail, "en")
    assert "Send the same again" in say(refused.detail, "en")


async def failed(database: Database, *statements: str) -> Busy | None:
    """What a write is refused with that makes a table and then runs `statements`; None when it is kept."""

    def work(session: Session) -> None:
        for statement in ("CREATE TABLE half_written (number INTEGER)", *statements):
            session.connection().exec_driver_sql(statement)

    try:
        await database.write(work)
    except Busy as refused:
        return refused
    return None


def is_half_written(session: Session) -> bool:
    names = "sqlite_master" if session.connection().dialect.name == "sqlite" else "pg_tables"
    column = "name" if names == "sqlite_master" else "tablename"
    query = sql(f"SELECT count(*) FROM {names} WHERE {column} = 'half_written'")  # noqa: S608 - names of this test
    return bool(session.connection().scalar(query))


@pytest.mark.anyio
@ON_SQLITE
async def test_after_the_file_may_not_grow_the_same_connection_is_used_again(database_url: str) -> None:
    database = open_database(database_url)
    blob = "CREATE TABLE large AS SELECT zeroblob(100000000) AS body"

    async def limit(pages: int) -> None:
        pragma = f"PRAGMA max_page_count = {pages}"
        await database.write(lambda session: session.connection().exec_driver_sql(pragma).all())

    try:
        await limit(1)  # the least is what the file has
        assert isinstance(await failed(database, blob), StorageFull)
        assert not await database.read(is_half_written)
        await limit(1_000_000)
        assert await failed(database) is None
        assert await database.read(is_half_written)
    finally:
        await database.close()


@pytest.mark.anyio
async def test_a_file_that_is_no_database_is_not_blamed_on_the_caller(tmp_path: Path) -> None:
    (tmp_path / "lrx.db").write_bytes(b"a picture of a cat " * 1000)
    database = open_database(f"sqlite:///{tmp_path / 'lrx.db'}")
    try:
        assert isinstance(await failed(database), StorageUnavailable)
    finally:
        await database.close()


@pytest.mark.anyio
async def test_damage_that_cannot_be_quoted_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "lrx.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a)")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_schema SET name = CAST(x'FFFE' AS TEXT), sql = 'CREATE TABLE'")
    database = open_database(f"sqlite:///{path}")
    try:
        assert isinstance(await failed(database), StorageUnavailable)
        with pytest.raises(StorageUnavailable) as told:
            await database.read(lambda session: session.connection().exec_driver_sql("SELECT * FROM t").all())
        assert "damaged" in str(sentence_of(told.value, f"sqlite:///{path}"))
    finally:
        await database.close()


@pytest.mark.anyio
@ON_POSTGRESQL
@pytest.mark.parametrize(
    ("statements", "kind"),
    [
        (["SELECT pg_terminate_backend(pg_backend_pid())"], OutcomeUnknown),
        (["SET LOCAL statement_timeout = 1", "SELECT pg_sleep(5)"], StorageUnavailable),
        (["SET TRANSACTION READ ONLY", "INSERT INTO half_written VALUES (1)"], StorageUnavailable),
        (["DO $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END $$"], StorageFull),
    ],
)
async def test_after_postgresql_failed_the_next_write_is_kept(
    database_url: str, statements: list[str], kind: type[Busy]
) -> None:
    database = open_database(database_url)
    try:
        assert type(await failed(database, *statements)) is kind
        assert not await database.read(is_half_written)
        assert await failed(database) is None
        assert await database.read(is_half_written)
    finally:
        await database.close()


@pytest.mark.anyio
async def test_a_server_that_is_away_is_told_as_such() -> None:
    database = open_database("postgresql://lrx:x@127.0.0.1:1/lrx")
    try:
        assert isinstance(await failed(database), StorageUnavailable)
    finally:
        await database.close()
