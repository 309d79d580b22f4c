"""The projector on PostgreSQL, where transactions end in another order than their rows are numbered; and on both
engines its laws."""

import asyncio
import json
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa

from lrx.models import LearningRecord, Projection, Statement
from lrx.tables import table
from lrx.xapi.projector import Projector
from tests.house import House, captured_requests

pytestmark = pytest.mark.anyio

only_on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def _the_next_morning(house: House) -> None:
    house.advance(hours=12)


def completed(user_id: int) -> dict[str, Any]:
    """Amira's completion of the course, as somebody else's."""
    statement = json.loads(json.dumps(captured_requests()[1][9]))
    statement["actor"] = {
        "name": f"Person {user_id}",
        "account": {**statement["actor"]["account"], "name": str(user_id)},
    }
    return dict(statement)


async def count(house: House, model: type[Any]) -> int:
    query = sa.select(sa.func.count()).select_from(table(model))
    return int(await house.exchange.database.read(lambda session: session.connection().execute(query).scalar_one()))


async def positions(house: House) -> list[tuple[int, int]]:
    rows = table(Projection).c
    query = sa.select(rows.txid, rows.seq)
    found = await house.exchange.database.read(lambda session: session.connection().execute(query).all())
    return [(row.txid, row.seq) for row in found]


async def raw(house: House) -> asyncpg.Connection:
    return await asyncpg.connect(house.exchange.settings.effective_database_url)


async def copy_into_open_transaction(connection: asyncpg.Connection, statement: dict[str, Any]) -> None:
    """Store a statement as another server would, without ending the transaction."""
    await connection.execute(
        "INSERT INTO statement (site_id, credential_id, statement_id, stored, content_hash, body)"
        " SELECT site_id, credential_id, gen_random_uuid(), stored, 'other', $1 FROM statement ORDER BY seq LIMIT 1",
        json.dumps(statement).encode(),
    )


@only_on_postgresql
async def test_a_completion_that_arrives_while_a_transaction_is_held_open_is_projected_once(house: House) -> None:
    holder = await raw(house)
    held = holder.transaction()
    await held.start()
    await holder.execute("CREATE TABLE held (id int)")

    await house.site.statements([completed(3)])
    await house.project()
    assert await count(house, LearningRecord) == 1, "nothing waits for somebody else's transaction"
    assert await house.project() == 0, "and it is not read again and again"

    await held.commit()
    await holder.close()
    await house.site.statements([completed(4)])
    await house.project()
    assert await count(house, LearningRecord) == 2
    assert await house.project() == 0


@only_on_postgresql
async def test_a_statement_whose_transaction_ends_late_is_not_skipped(house: House) -> None:
    await house.site.statements([completed(3)])
    await house.project()
    holder = await raw(house)
    held = holder.transaction()
    await held.start()
    await copy_into_open_transaction(holder, completed(4))
    await house.site.statements([completed(5)])
    await house.project()
    assert await count(house, LearningRecord) == 2

    await held.commit()
    await holder.close()
    await house.project()

    assert await count(house, LearningRecord) == 3
    newest = await house.exchange.database.read(
        lambda session: session.connection().execute(sa.select(sa.func.max(table(Statement).c.txid))).scalar_one()
    )
    assert (await positions(house))[0][0] == newest, "all of it is settled"


@only_on_postgresql
async def test_another_projector_reads_what_was_projected_ahead_and_adds_nothing(house: House) -> None:
    holder = await raw(house)
    held = holder.transaction()
    await held.start()
    await holder.execute("CREATE TABLE held (id int)")
    await house.site.statements([completed(3), completed(4)])
    await house.project()

    other = Projector(house.exchange)
    while await other.run_once():
        pass
    assert await count(house, LearningRecord) == 2
    await held.rollback()
    await holder.close()


@only_on_postgresql
async def test_after_a_restore_into_another_server_old_and_new_statements_are_projected_once(house: House) -> None:
    await house.site.statements([completed(3), completed(4)])
    await house.project()
    await house.site.statements([completed(5)])
    # A new server begins to count its transactions anew: the old numbers lie far ahead of it.
    connection = await raw(house)
    await connection.execute("ALTER TABLE statement DISABLE TRIGGER statement_is_a_fact")
    await connection.execute("UPDATE statement SET txid = txid + 1000000000")
    await connection.execute("UPDATE projection SET txid = txid + 1000000000")
    await connection.execute("ALTER TABLE statement ENABLE TRIGGER statement_is_a_fact")
    await connection.close()

    house.projector = Projector(house.exchange)
    await house.project()
    assert await count(house, LearningRecord) == 3
    await house.site.statements([completed(6)])
    assert await house.project() == 1
    assert await count(house, LearningRecord) == 4
    assert await house.project() == 0


async def test_two_projectors_at_once_make_each_record_once(house: House) -> None:
    await house.site.statements([completed(number) for number in range(3, 60)])
    projectors = [Projector(house.exchange) for _ in range(4)]

    for _ in range(4):
        await asyncio.gather(*(one.run_once() for one in projectors))

    assert await count(house, LearningRecord) == 57


async def test_a_statement_that_cannot_be_projected_is_parked_and_its_neighbours_are_not(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lrx.xapi import projection

    original = projection.record

    def fails_for_one(session: Any, act: Any, recipients: Any, completion: Any) -> Any:
        if completion.statement_seq == 2:
            raise RuntimeError("a fault in the code")
        return original(session, act, recipients, completion)

    monkeypatch.setattr(projection, "record", fails_for_one)
    await house.site.statements([completed(3), completed(4), completed(5)])
    await house.project()

    assert await count(house, LearningRecord) == 2
    (parked,) = (await house.site.get("/statements/parked"))["data"]
    assert (parked["statement_seq"], parked["reason"]) == (2, "projection_failed")

    monkeypatch.setattr(projection, "record", original)
    assert await house.site.send("POST", "/statements/parked/replay", {}) == {
        "object": "replayed",
        "still_parked": 0,
        "job_id": None,
    }
    assert await count(house, LearningRecord) == 3


async def test_the_running_projector_makes_a_record_within_a_second(house: House) -> None:
    running = asyncio.create_task(house.projector.run())
    try:
        for number in range(3, 8):
            await house.site.statements([completed(number)])
            async with asyncio.timeout(1):
                while await count(house, LearningRecord) < number - 2:
                    await asyncio.sleep(0.01)
    finally:
        running.cancel()
