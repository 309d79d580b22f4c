"""SQLite reads no more of a large table than it has to, with statistics and without."""

import sqlite3
from pathlib import Path
from uuid import UUID

import anyio
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlmodel import Session

from lrx import embedded
from lrx.database import open_database
from lrx.delivery.cases import cases_of
from lrx.errors import StorageUnavailable
from tests.house import House

pytestmark = pytest.mark.anyio
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@on_sqlite
async def test_the_records_of_a_pair_are_found_by_their_index_before_there_are_statistics(house: House) -> None:
    learner, course = await house.site.learner("amara"), await house.site.course("W")
    plans: list[str] = []

    def look(session: Session) -> None:
        connection = session.connection()
        assert not connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'").first()

        def explain(_conn: object, _cursor: object, statement: str, given: object, *_rest: object) -> None:
            if "FROM json_each" in statement:
                raw = connection.connection.cursor()
                plans.extend(row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", given))  # type: ignore[arg-type]

        sa.event.listen(connection, "before_cursor_execute", explain)
        cases_of(session, house.act(session).site_id, [(UUID(learner["id"]), UUID(course["id"]))])

    await house.exchange.database.read(look)
    assert [plan for plan in plans if "learner_id=? AND course_id=?" in plan]


@on_sqlite
async def test_statistics_are_made(house: House) -> None:
    await house.site.learner("amara")
    await house.exchange.database.refresh_statistics()
    tables = await house.exchange.database.read(
        lambda session: session.connection().exec_driver_sql("SELECT DISTINCT tbl FROM sqlite_stat1").scalars().all()
    )
    assert "learner" in tables


@on_sqlite
async def test_those_who_wait_for_another_process_give_up_together(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "LOCK_SECONDS", 1)
    monkeypatch.setattr(embedded, "PRAGMAS", ("busy_timeout = 1000",))
    database = open_database(database_url)
    path = make_url(database_url).database
    other = sqlite3.connect(str(path), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused: list[float] = []
    began = anyio.current_time()

    async def write() -> None:
        with pytest.raises(StorageUnavailable):
            await database.write(lambda session: session.connection().exec_driver_sql("SELECT 1").all())
        refused.append(anyio.current_time() - began)

    try:
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(write)
        assert len(refused) == 5
        assert max(refused) < 2.5
        other.execute("ROLLBACK")
        await database.write(lambda session: session.connection().exec_driver_sql("SELECT 1").all())
    finally:
        other.close()
        await database.close()


def test_a_connection_makes_no_file_where_it_was_taken_away(tmp_path: Path) -> None:
    async def ask() -> None:
        database = open_database(f"sqlite:///{tmp_path / 'a ?#% b.db'}")
        for work in (database.read, database.write):
            with pytest.raises(StorageUnavailable):
                await work(lambda session: session.connection().exec_driver_sql("SELECT 1").all())
        await database.close()

    anyio.run(ask)
    assert not list(tmp_path.iterdir())
