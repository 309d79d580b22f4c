from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from lrx.clock import FrozenClock
from lrx.exchange import Exchange, open_exchange
from lrx.settings import load_settings
from tests.hostile.scene import IN_A_HURRY


@pytest.fixture
async def exchange(database_url: str, clock: FrozenClock, tmp_path: Path) -> AsyncIterator[Exchange]:
    """An exchange that nobody asks too often."""
    settings = load_settings(database_url=database_url, data_dir=tmp_path, secure_cookies=False, **IN_A_HURRY)
    async with open_exchange(settings) as opened:
        yield replace(opened, clock=clock)
