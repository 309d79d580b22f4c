"""What every test stands on: a clean environment, a frozen clock, and a database per test from a migrated template,
on both engines."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy.engine import make_url

from lrx.clock import FrozenClock
from lrx.exchange import Exchange, open_exchange
from lrx.schema import migrate
from lrx.settings import load_settings
from tests.house import House, furnish
from tests.postgres import NoServer, execute, programs, server
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
    asyncio.run(execute(postgres, "CREATE DATABASE template_lrx"))
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
    with _database(request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a schema, on each engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'lrx.db'}"
        return
    with _database(request.getfixturevalue("postgres"), "template1") as url:
        yield url


@contextmanager
def _database(server_url: str, template: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    asyncio.run(execute(server_url, f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    asyncio.run(execute(server_url, f"DROP DATABASE {name} WITH (FORCE)"))


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
