"""PostgreSQL: a dump of one snapshot by the programs that come with it, the count of what is in one, and its way back.

Passwords reach the programs through the environment, never through the command line, which everybody can read.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import anyio
import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from lrx.backup.archive import BackupFailed, BackupRefused, nothing_there
from lrx.backup.manifest import Contents
from lrx.schema import current_revision
from lrx.text import text

__all__ = ["contents_of", "dump_database", "load_dump", "require_empty", "rows_in_dump"]

INSTALLED = Path("/usr/lib/postgresql")
"""Where Debian keeps the programs of each version."""
COPY = re.compile(rb'COPY (?:"?\w+"?\.)?"?(\w+)"? \(.*\) FROM stdin;\n')
COMPLAINT = re.compile(r"^pg_\w+: error: (.*)$", re.MULTILINE)

TABLES = (
    "SELECT format('%I.%I', n.nspname, c.relname), c.relname FROM pg_class c JOIN pg_namespace n"
    " ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%'"
    " AND n.nspname <> 'information_schema' ORDER BY 1"
)


def dump_database(url: str, path: Path) -> Contents:
    """Dump the database as it is at this moment to `path`, while others write; return what is in that snapshot.

    Raises `BackupFailed` when the programs are missing, too old, or fail.
    """
    return anyio.run(_dump, url, path)


async def _dump(url: str, path: Path) -> Contents:
    async with _snapshot(url) as connection:
        contents = await connection.run_sync(_contents)
        program = _program("pg_dump", _major(contents.engine_version))
        # It is to be had as long as this transaction lasts.
        snapshot = (await connection.exec_driver_sql("SELECT pg_export_snapshot()")).scalar_one()
        options = ("--format=custom", f"--snapshot={snapshot}", "--no-owner", "--no-privileges", f"--file={path}")
        await _run(url, program, *options)
    return contents


def contents_of(url: str) -> Contents:
    """Return what is in the database now."""

    async def look() -> Contents:
        async with _snapshot(url) as connection:
            return await connection.run_sync(_contents)

    return anyio.run(look)


def require_empty(url: str) -> None:
    """Return when the database has no table. Raises `BackupRefused`: nothing is ever removed from a server."""

    async def look() -> bool:
        async with _snapshot(url) as connection:
            return (await connection.exec_driver_sql(TABLES)).first() is None

    if not anyio.run(look):
        raise BackupRefused(
            text(
                "The database {name} is not empty, and LRX removes nothing from a PostgreSQL server. Create an empty "
                "database, name it in LRX_DATABASE_URL, and restore into that; the one before stays as it is.",
                name=make_url(url).database,
            )
        )


def rows_in_dump(path: Path) -> dict[str, int]:
    """Read a dump from beginning to end and count the rows of each table in it. Raises `BackupFailed`."""
    command = [str(_program("pg_restore")), "--file=-", "--data-only", str(path)]
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints) as process,
    ):
        assert process.stdout is not None  # noqa: S101 - asked for above
        rows = _count_copied(process.stdout)
        status = process.wait()
        complaints.seek(0)
        complaint = complaints.read()
    if status:
        raise _failed("pg_restore", status, complaint)
    return rows


def _count_copied(lines: Iterable[bytes]) -> dict[str, int]:
    """A row is one line: line ends inside of values are written as backslash and letter."""
    rows: Counter[str] = Counter()
    table: str | None = None
    for line in lines:
        if table is None:
            found = COPY.fullmatch(line)
            if found:
                table = found[1].decode()
                rows[table] += 0
        elif line == b"\\.\n":
            table = None
        else:
            rows[table] += 1
    return dict(sorted(rows.items()))


def load_dump(url: str, path: Path) -> None:
    """Load a dump into the empty database, in one transaction. Raises `BackupFailed`; then nothing of it is there."""
    options = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--dbname=", str(path))
    anyio.run(_run, url, _program("pg_restore"), *options)


@asynccontextmanager
async def _snapshot(url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        poolclass=NullPool,
        isolation_level="REPEATABLE READ",
        execution_options={"postgresql_readonly": True},
        hide_parameters=True,
    )
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


def _contents(connection: sa.Connection) -> Contents:
    revision = current_revision(connection)
    if revision is None:
        raise nothing_there()
    rows: Counter[str] = Counter()
    for qualified, name in connection.exec_driver_sql(TABLES).all():
        rows[name] += connection.exec_driver_sql(f"SELECT count(*) FROM {qualified}").scalar_one()  # noqa: S608 - names are the database's own, quoted by it
    site = connection.exec_driver_sql("SELECT id FROM site ORDER BY created_at, id LIMIT 1").scalar()
    return Contents(
        engine="postgresql",
        engine_version=connection.exec_driver_sql("SHOW server_version").scalar_one(),
        revision=revision,
        identity=UUID(str(site)) if site else None,
        rows=dict(sorted(rows.items())),
    )


async def _run(url: str, program: Path, *options: str) -> None:
    ended = await anyio.run_process([str(program), *options], env=_environment(make_url(url)), check=False)
    if ended.returncode:
        raise _failed(program.name, ended.returncode, ended.stderr)


def _environment(url: URL) -> dict[str, str]:
    """Where the programs find the server; what the address leaves out they take from the environment, as we do."""
    told: Mapping[str, object] = {
        "PGHOST": url.host or url.query.get("host"),
        "PGPORT": url.port or url.query.get("port"),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": url.query.get("ssl"),
    }
    return {**os.environ, **{name: str(value) for name, value in told.items() if value}}


def _program(name: str, at_least: int = 0) -> Path:
    """The program, which must not be older than the server it reads."""
    installed = sorted(INSTALLED.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = [Path(path)] if (path := shutil.which(name)) else installed[-1:]
    if not found:
        raise BackupFailed(
            text(
                "The program {program} is not on this machine. Install the client programs of PostgreSQL, then try "
                "again.",
                program=name,
            )
        )
    version = subprocess.run([str(found[0]), "--version"], capture_output=True, text=True, check=True).stdout
    if _major(version.split()[2]) < at_least:
        raise BackupFailed(
            text(
                "{program} on this machine is of version {version}, older than the server, which is of version "
                "{server}. Install the client programs of PostgreSQL {server}, then try again.",
                program=name,
                version=version.split()[2],
                server=at_least,
            )
        )
    return found[0]


def _major(version: str) -> int:
    return int(re.split(r"\D", version, maxsplit=1)[0])


def _failed(program: str, status: int, complaint: bytes) -> BackupFailed:
    """What the program complained of first; the lines after it may hold values of people."""
    found = COMPLAINT.search(complaint.decode("utf-8", "replace"))
    return BackupFailed(
        text(
            "{program} failed: {reason}. Nothing was kept; mend the cause, then try again.",
            program=program,
            reason=found[1].rstrip(".") if found else f"exit code {status}",
        )
    )
