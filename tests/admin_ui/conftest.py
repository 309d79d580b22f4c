from collections.abc import AsyncIterator

import httpx
import pytest

from lrx.exchange import Exchange
from tests.admin_ui.browser import Browser, pages_of
from tests.lrx.reports.scene import with_register


@pytest.fixture
async def browser(exchange: Exchange) -> AsyncIterator[Browser]:
    """A browser that nobody has signed in with yet."""
    known = with_register(exchange)
    transport = httpx.ASGITransport(pages_of(known))
    async with httpx.AsyncClient(transport=transport, base_url="https://lrx.test") as http:
        yield Browser(known, http)
