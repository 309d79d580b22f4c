"""SQLite: a copy taken while others write, the checks on it, and its way back into place.

The online backup API reads one snapshot, in one step: in the write-ahead log's mode readers and writers do not wait for
each other, and a copy made in several steps would begin again with every write of another process.
"""

import errno
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

from lrx.backup.archive import BackupRefused, nothing_there, sync
from lrx.backup.manifest import Contents
from lrx.text import Text, text

__all__ = ["contents_of", "copy_database", "fault_in", "held_alone", "put_in_place"]

# Where SQLite keeps its locks in every database file (https://www.sqlite.org/fileformat2.html, 1.2.9): whoever has a
# database in the write-ahead log's mode open holds a shared lock on these bytes.
LOCKS_BEGIN, LOCKS = 0x40000002, 510


def copy_database(source: Path, copy: Path) -> None:
    """Copy the database as it is at this moment into a new file that stands alone, on the disk.

    Raises `sqlite3.Error`, and `BackupFailed` when there is none.
    """
    if not source.exists():
        raise nothing_there()
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True, timeout=30)) as from_,
        closing(sqlite3.connect(copy)) as to,
    ):
        from_.backup(to)
        to.execute("PRAGMA journal_mode = DELETE")
    sync(copy)


def fault_in(database: Path) -> Text | None:
    """Return what is wrong inside a database file: its pages, its indexes, its references. None when nothing is."""
    try:
        with closing(_read_only(database)) as connection:
            (answer,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            dangling = connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        return text("the database in it cannot be read ({reason})", reason=str(error))
    if answer != "ok":
        return text("the database in it is damaged ({reason})", reason=str(answer).replace("\n", " "))
    if dangling is not None:
        return text("rows of {table} in it refer to rows that are not there", table=dangling[0])
    return None


def contents_of(database: Path) -> Contents:
    """Return what is in a database file that nobody writes. Raises `BackupFailed` for one without a schema."""
    with closing(_read_only(database)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
        ).fetchall()
        if ("alembic_version",) not in tables:
            raise nothing_there()
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        site = connection.execute("SELECT id FROM site ORDER BY created_at, id LIMIT 1").fetchone()
        rows = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in tables}  # noqa: S608 - names are the database's own
    return Contents(
        engine="sqlite",
        engine_version=sqlite3.sqlite_version,
        revision=revision,
        identity=UUID(site[0]) if site else None,
        rows=rows,
    )


def _read_only(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)


@contextmanager
def held_alone(database: Path) -> Iterator[None]:
    """Keep everybody else out of a database file, sound or not, for as long as the block lasts; the block must not open
    it, for that would end the lock. Raises `BackupRefused` while a process has it open."""
    handle = os.open(database, os.O_RDWR)
    try:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, LOCKS, LOCKS_BEGIN)
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EAGAIN):
                raise
            raise _in_use(database) from error
        yield
    finally:
        os.close(handle)


def put_in_place(restored: Path, target: Path, now: datetime) -> Path | None:
    """Let the restored file become the database, in one step; return under which name the one before is kept.

    Whatever happens, `target` is the whole old database or the whole new one. Raises `BackupRefused` while a process
    has it open.
    """
    aside = None
    if target.exists():
        with held_alone(target):
            pass
        is_whole = _fold_log_in(target)
        aside = target.with_name(f"{target.name}.replaced-{now:%Y%m%dT%H%M%SZ}")
        with held_alone(target):
            if is_whole and _logs(target):
                raise _in_use(target)  # somebody began just now
            os.link(target, aside)
            for log in _logs(target):
                log.rename(aside.with_name(log.name.replace(target.name, aside.name, 1)))
            sync(target.parent)
            restored.replace(target)
    else:
        for log in _logs(target):
            # SQLite would write what it holds into whatever has the name of its database.
            log.unlink()
        restored.replace(target)
    sync(target.parent)
    return aside


def _fold_log_in(database: Path) -> bool:
    """Bring what is only in the write-ahead log into the database file, so that one file is all there is of it; returns
    whether it is. SQLite does it when it leaves the log's mode, for the last one who has the database open."""
    try:
        with closing(sqlite3.connect(database, timeout=0)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise _in_use(database) from error
        # It is beyond reading, which is why it is replaced: its log is kept beside it as it is.
        return False
    return True


def _logs(database: Path) -> list[Path]:
    beside = [database.with_name(database.name + suffix) for suffix in ("-wal", "-shm", "-journal")]
    return [path for path in beside if path.exists()]


def _in_use(database: Path) -> BackupRefused:
    return BackupRefused(text("A server or a worker has {path} open. Stop it, then restore.", path=database))
