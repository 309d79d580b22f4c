"""The disk is full: what cannot be kept is refused with 507, reading goes on, nothing is half-written, and when there
is room again nobody has to start the server."""

import random
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from tests.crashes.invariants import breaches
from tests.crashes.lives import Lives, open_client
from tests.crashes.missing import missing
from tests.crashes.small_disk import NoDisk, full, small_disk
from tests.crashes.storage import kept_reading, refused_everywhere
from tests.crashes.tracing import NoTracing, require_tracing, traced
from tests.postgres import owner
from tests.served import Served

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

TRIES = 2_000
"""A full disk still has room in the files that are there; so often it is tried to use it up."""


@pytest.fixture
def disk() -> Iterator[Path]:
    """A disk of 64 MiB."""
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(small_disk(64))
        except NoDisk as reason:
            missing(str(reason))
        yield folder


@pytest.fixture
def on_small_disk(disk: Path, sqlite_template: Path) -> Iterator[Served]:
    """An installation whose embedded database is on a small disk."""
    shutil.copy(sqlite_template, disk / "lrx.db")
    installation = Served(f"sqlite:///{disk / 'lrx.db'}", disk)
    yield installation
    installation.end()


@pytest.fixture
async def in_small_tablespace(disk: Path, postgres: str, postgres_template: str, tmp_path: Path) -> AsyncIterator[str]:
    """A database of the PostgreSQL server whose tables are on a small disk."""
    space, name = disk / "space", f"full_{uuid4().hex}"
    space.mkdir()
    if (user := owner()) is not None:
        shutil.chown(space, user)
    connection = await asyncpg.connect(postgres)
    await connection.execute(f"CREATE TABLESPACE {name} LOCATION '{space}'")
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {postgres_template} TABLESPACE {name}")
    yield make_url(postgres).set(database=name).render_as_string(hide_password=False)
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.execute(f"DROP TABLESPACE {name}")
    await connection.close()


async def test_a_full_disk_under_sqlite_refuses_what_it_cannot_keep(on_small_disk: Served, disk: Path) -> None:
    await _refuses_while(on_small_disk, full(disk))


async def test_a_full_disk_under_postgresql_refuses_what_it_cannot_keep(
    in_small_tablespace: str, disk: Path, tmp_path: Path
) -> None:
    served = Served(in_small_tablespace, tmp_path)
    try:
        await _refuses_while(served, full(disk))
    finally:
        served.end()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_write_that_finds_no_room_is_refused(served: Served, tmp_path: Path) -> None:
    try:
        require_tracing()
    except NoTracing as reason:
        missing(str(reason))
    lives = await Lives.begin(served, random.Random(5))
    served.start()
    assert served.process is not None
    no_room = ("-e", "trace=pwrite64", "-e", "inject=pwrite64:error=ENOSPC")
    await _refuses(lives, traced(served.process.pid, tmp_path / "trace", *no_room), tries=1)


async def _refuses_while(served: Served, disk_is_full: AbstractContextManager[None]) -> None:
    lives = await Lives.begin(served, random.Random(4))
    served.start()
    await _refuses(lives, disk_is_full, tries=TRIES)


async def _refuses(lives: Lives, no_room: AbstractContextManager[None], *, tries: int) -> None:
    served = lives.served
    async with open_client(served) as client:
        await lives.send_each(client, 5)
        with no_room:
            await refused_everywhere(client, lives, {507}, tries=tries)
            await kept_reading(client, lives)
        for writer in lives.writers:
            await writer.settle(client)
        await lives.send_each(client, 5)
    served.kill()

    await lives.settle()

    assert served.stop() == 0
    assert await breaches(served.database_url, lives.journal) == []
