"""The schema: brought up to date by the migrations, never by the models."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from lrx.errors import Invalid
from lrx.private_files import private_file
from lrx.text import text

__all__ = [
    "DanglingRows",
    "Migrated",
    "SchemaAhead",
    "current_revision",
    "fact_tables",
    "head_revision",
    "migrate",
    "require_known",
    "run_with_connection",
]


class SchemaAhead(Invalid):
    """The database was brought to its schema by a newer version of the product."""

    code = "schema_ahead"


class DanglingRows(Invalid):
    """Rows would refer to rows that are not there; the migration was taken back."""

    code = "rows_dangling"


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did: the revision it found (None: an empty database), those it applied, and where it ended."""

    before: str | None
    applied: tuple[str, ...]
    revision: str


def migrate(url: str) -> Migrated:
    """Bring the database at `url` to the newest schema, in one transaction: whatever happens, it is then at the old
    schema or at the new one. Safe to run again, and to run at several places at once.

    Raises `SchemaAhead` for a database of a newer version, and `DanglingRows`.
    """
    done: list[Migrated] = []
    run_with_connection(url, lambda connection: done.append(_upgrade(connection)))
    return done[-1]


def _upgrade(connection: Connection) -> Migrated:
    config = _config()
    config.attributes["connection"] = connection
    if connection.dialect.name == "postgresql":
        # Several processes may start at once on one server; the first migrates, the others wait.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7254318)")
    before = current_revision(connection)
    require_known(before)
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite":
        _require_whole(connection)
    ordered = _revisions()
    applied = ordered[ordered.index(before) + 1 :] if before else ordered
    return Migrated(before, applied, head_revision())


def _require_whole(connection: Connection) -> None:
    """Foreign keys are not enforced while a migration may make a table anew: check them before it is kept."""
    dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if dangling:
        raise DanglingRows(
            text(
                "Rows that refer to rows that are not there: {count}, the first in {table}. Nothing was changed. "
                "Restore a sound backup, then run `lrx migrate` again.",
                count=len(dangling),
                table=dangling[0][0],
            )
        )


def require_known(revision: str | None) -> None:
    """Return when this version knows the revision. Raises `SchemaAhead`."""
    if revision is not None and revision not in _revisions():
        raise SchemaAhead(
            text(
                "The database is at revision {found}, which a newer version of LRX made; this one knows {known} at "
                "most. Install that version, or restore a backup made before the upgrade.",
                found=revision,
                known=head_revision(),
            )
        )


@cache
def _revisions() -> tuple[str, ...]:
    """Every revision, the oldest first; the migrations are read once."""
    return tuple(reversed([one.revision for one in _scripts().walk_revisions()]))


def head_revision() -> str:
    """The newest revision this version knows."""
    return _revisions()[-1]


@cache
def fact_tables() -> tuple[str, ...]:
    """Tables whose rows the database itself refuses to change or delete, as the migrations declare them."""
    declared = {table for one in _scripts().walk_revisions() for table in getattr(one.module, "FACTS", ())}
    return tuple(sorted(declared))


def current_revision(connection: Connection) -> str | None:
    """The revision the database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def run_with_connection(url: str, work: Callable[[Connection], Any]) -> None:
    """Run `work` in one transaction over a connection of its own, on either engine; on any error nothing is kept.

    On SQLite foreign keys are not enforced meanwhile, so that a table can be made anew.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        private_file(Path(parsed.database or ""))
        _run_embedded(url, work)
        return
    asyncio.run(
        _run_on_server(str(parsed.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)), work)
    )


def _run_embedded(url: str, work: Callable[[Connection], Any]) -> None:
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": 30}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: Any) -> None:
        # Left to itself the driver begins no transaction before CREATE, ALTER or DROP: each would be kept by itself.
        connection.isolation_level = None
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = OFF")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.begin() as connection:
        work(connection)


async def _run_on_server(url: str, work: Callable[[Connection], Any]) -> None:
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(work)
    finally:
        await engine.dispose()


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("migrations")).replace("%", "%%"))
    return config
