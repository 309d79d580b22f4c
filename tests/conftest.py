"""What every test stands on: a clean environment, a frozen clock, and a database per test from a migrated template,
on both engines."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from lrx.clock import FrozenClock
from lrx.exchange import Exchange, open_exchange
from lrx.schema import migrate
from lrx.settings import load_settings
from tests.house import House, furnish
from tests.postgres import NoServer, programs, server
from tests.served import Served

NOW = datetime(2026, 11, 21, 19, 30, tzinfo=UTC)
"""14:30 in Toronto."""

REQUIRED = os.environ.get("LRX_TEST_REQUIRE", "")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("LRX_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "lrx.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a server of this test session; skipped loudly on a machine without one, unless it is required."""
    try:
        programs()
    except NoServer as missing:
        if REQUIRED == "all":
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    with server() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> str:
    url = make_url(postgres).set(database="template_lrx").render_as_string(hide_password=False)
    asyncio.run(_execute(postgres, "CREATE DATABASE template_lrx"))
    migrate(url)
    return "template_lrx"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database of this test's own; each test that uses it runs on both engines."""
    if request.param == "sqlite":
        path = tmp_path / "lrx.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    base = request.getfixturevalue("postgres")
    template = request.getfixturevalue("postgres_template")
    name = f"test_{uuid4().hex}"
    asyncio.run(_execute(base, f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield make_url(base).set(database=name).render_as_string(hide_password=False)
    asyncio.run(_execute(base, f"DROP DATABASE {name} WITH (FORCE)"))


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOW)


@pytest.fixture
async def exchange(database_url: str, clock: FrozenClock, tmp_path: Path) -> AsyncIterator[Exchange]:
    settings = load_settings(database_url=database_url, data_dir=tmp_path, secure_cookies=False)
    async with open_exchange(settings) as opened:
        yield replace(opened, clock=clock)


@pytest.fixture
async def house(exchange: Exchange, clock: FrozenClock) -> AsyncIterator[House]:
    """A running product with one site, spoken to over HTTP."""
    async with furnish(exchange, clock) as furnished:
        yield furnished


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Iterator[Served]:
    """An installation whose server is a process of its own; it does not outlive the test."""
    installation = Served(database_url, tmp_path)
    yield installation
    installation.end()
