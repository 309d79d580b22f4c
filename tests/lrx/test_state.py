"""How many statements wait for the projector, on both engines."""

import json
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from lrx import state
from lrx.models import Projection
from lrx.tables import table
from tests.house import House, captured_requests

pytestmark = pytest.mark.anyio


def statements(count: int) -> list[dict[str, Any]]:
    found = []
    for number in range(count):
        statement = json.loads(json.dumps(captured_requests()[1][9]))
        statement["actor"]["account"]["name"] = str(1000 + number)
        statement.pop("id", None)
        found.append(statement)
    return found


async def lag(house: House) -> float:
    return await house.exchange.database.read(state._projector_lag)


async def move(house: House, **place: int) -> None:
    def work(session: Session) -> None:
        session.connection().execute(sa.update(table(Projection)).values(**place))

    await house.exchange.database.write(work)


@pytest.fixture(autouse=True)
def _the_next_morning(house: House) -> None:
    house.advance(hours=12)


async def test_what_the_projector_has_not_read_waits(house: House) -> None:
    assert await lag(house) == 0
    await house.site.statements(statements(3))
    assert await lag(house) == 3
    await house.project()
    assert await lag(house) == 0


async def test_what_was_stored_before_a_restore_waits_only_until_it_is_read_by_number(house: House) -> None:
    await house.site.statements(statements(4))
    await house.project()
    assert await lag(house) == 0

    await move(house, foreign_seq=4, floor_seq=4, txid=0, seq=0)
    assert await lag(house) == 0
    await move(house, floor_seq=1)
    assert await lag(house) == 3


async def test_a_scrape_counts_no_more_than_it_must(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "MOST_COUNTED", 2)
    await house.site.statements(statements(5))
    assert await lag(house) == 2
