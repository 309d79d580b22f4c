"""The schema: brought up to date by the migrations, never by the models."""

import asyncio
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

__all__ = ["current_revision", "head_revision", "migrate", "run_with_connection"]


def migrate(url: str) -> str:
    """Bring the database at `url` to the newest schema and return its revision. Safe to run again."""
    run_with_connection(url, _upgrade)
    return head_revision()


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    if connection.dialect.name == "postgresql":
        # Several processes may start at once on one server; the first migrates, the others wait.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7254318)")
    command.upgrade(config, "head")


@cache
def head_revision() -> str:
    """The newest revision this version knows; the migrations are read once."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def current_revision(connection: Connection) -> str | None:
    """The revision the database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def run_with_connection(url: str, work: Callable[[Connection], Any]) -> None:
    """Run `work` in one transaction over a connection of its own, on either engine."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        Path(parsed.database or "").parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, poolclass=NullPool)
        with engine.begin() as connection:
            work(connection)
        return
    asyncio.run(
        _run_on_server(str(parsed.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)), work)
    )


async def _run_on_server(url: str, work: Callable[[Connection], Any]) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(work)
    finally:
        await engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("migrations")).replace("%", "%%"))
    return config
