import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from lrx.clock import FrozenClock
from lrx.exchange import Exchange, open_exchange
from lrx.settings import Settings
from tests.lrx.api.bench import NOW, Bench, furnish


@pytest.fixture
async def bench(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Bench]:
    """A bench on the embedded database, with a body limit of 2,048 bytes."""
    shutil.copy(sqlite_template, tmp_path / "lrx.db")
    async with open_exchange(Settings(data_dir=tmp_path, max_body_bytes=2048)) as opened:
        numbers = count(1)
        exchange = replace(
            opened, recipients={}, clock=FrozenClock(NOW), random=lambda size: next(numbers).to_bytes(size, "big")
        )
        yield await furnish(exchange)


@pytest.fixture
async def bench_on_each_engine(exchange: Exchange) -> Bench:
    return await furnish(exchange)
