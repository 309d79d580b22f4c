"""The server is killed a hundred times while clients write: what was acknowledged is there, once, and whole."""

import random

import pytest

from tests.crashes.invariants import breaches
from tests.crashes.lives import Lives
from tests.served import Served

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

KILLS = 10
"""In one run of the test."""
RUNS = (*(("sqlite", seed) for seed in range(8)), *(("postgresql", seed) for seed in range(8, 10)))


@pytest.mark.parametrize(("database_url", "seed"), RUNS, indirect=["database_url"])
async def test_what_was_acknowledged_survives_every_kill_once_and_whole(served: Served, seed: int) -> None:
    lives = await Lives.begin(served, random.Random(seed))

    await lives.kill(KILLS)
    await lives.settle()

    assert served.stop() == 0
    assert await breaches(served.database_url, lives.journal) == []
    assert lives.journal.records, "nothing was written by REST"
    assert lives.journal.statements, "nothing was written by xAPI"
