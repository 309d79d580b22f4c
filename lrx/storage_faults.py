"""What a failure of the storage means for whoever waits: by the engines' own codes, not by their sentences.

SQLite ends the whole transaction by itself when the disk is full or fails, savepoints included, and the statements
after it would be kept one by one. So work never catches such an error and goes on: it belongs to `Database`, which
gives the transaction up and asks here what to say.
"""

import sqlite3
from collections.abc import Mapping

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from lrx.errors import Busy, OutcomeUnknown, StorageFull, StorageUnavailable
from lrx.text import Text, text

__all__ = ["refusal"]

SQLITE: Mapping[int, type[Busy]] = {
    sqlite3.SQLITE_FULL: StorageFull,
    sqlite3.SQLITE_BUSY: StorageUnavailable,
    sqlite3.SQLITE_LOCKED: StorageUnavailable,
    sqlite3.SQLITE_PROTOCOL: StorageUnavailable,
    sqlite3.SQLITE_NOMEM: StorageUnavailable,
    sqlite3.SQLITE_READONLY: StorageUnavailable,
    sqlite3.SQLITE_CANTOPEN: StorageUnavailable,
    sqlite3.SQLITE_PERM: StorageUnavailable,
    sqlite3.SQLITE_CORRUPT: StorageUnavailable,
    sqlite3.SQLITE_NOTADB: StorageUnavailable,
    # The commit may stand in the write-ahead log although its sync failed: the next start then finds it.
    sqlite3.SQLITE_IOERR: OutcomeUnknown,
}
"""By the primary result code, the low byte of the extended one (https://www.sqlite.org/rescode.html)."""

POSTGRESQL: Mapping[str, type[Busy]] = {
    "53100": StorageFull,  # disk full
    "53": StorageUnavailable,  # insufficient resources: memory, connections
    "08": OutcomeUnknown,  # the connection broke, perhaps before the answer to COMMIT came
    "57P01": OutcomeUnknown,  # an administrator ended the session
    "57P02": OutcomeUnknown,  # another session crashed and the server begins again
    "57P03": StorageUnavailable,  # the server is starting or stopping
    "57P05": OutcomeUnknown,  # idle session ended
    "57014": StorageUnavailable,  # the statement took longer than it may
    "55P03": StorageUnavailable,  # a lock was not to be had in time
    "25006": StorageUnavailable,  # a standby, which only reads
    "25P03": OutcomeUnknown,  # the session was idle in its transaction for too long
    "58": OutcomeUnknown,  # the server's own input or output failed
    "XX001": StorageUnavailable,  # a table is damaged
    "XX002": StorageUnavailable,  # an index is damaged
}
"""By SQLSTATE, or by its class, the first two characters, where the whole code is not named (appendix A of the
manual)."""

CLOSED = "connection is closed"
"""How the driver says so."""

RETRY_AFTER: Mapping[type[Busy], int] = {StorageFull: 60, StorageUnavailable: 5, OutcomeUnknown: 2}
"""Seconds: a person must make room; a server begins again in a few."""

SENTENCES: Mapping[type[Busy], Text] = {
    StorageFull: text(
        "The disk is full, so nothing of this was kept. Whoever runs this exchange must make room. "
        "Send the same again later."
    ),
    StorageUnavailable: text(
        "The storage cannot be used at this moment, and nothing of this was kept. Send the same again in a few seconds."
    ),
    OutcomeUnknown: text(
        "The storage failed in the middle of this: it may or may not have been kept. Send the same again, with the "
        "same ids and the same Idempotency-Key: nothing is then kept twice."
    ),
}


def refusal(error: Exception, *, reading: bool = False) -> Busy | None:
    """Return what to answer when the database failed with `error`, or None when the fault is not the storage's.

    `StorageFull`: no room; `StorageUnavailable`: nothing was kept; `OutcomeUnknown`: nobody can say, which is never so
    where nothing was to be kept (`reading`). `error` is what SQLAlchemy raised, or what the network did while a
    connection was made.
    """
    kind = _kind(error)
    if reading and kind is OutcomeUnknown:
        kind = StorageUnavailable
    return kind(SENTENCES[kind], retry_after=RETRY_AFTER[kind]) if kind else None


def _kind(error: Exception) -> type[Busy] | None:
    # A time that ran out may have been that of a COMMIT.
    if isinstance(error, ConnectionResetError | BrokenPipeError | TimeoutError):
        return OutcomeUnknown
    # A server that cannot be reached is told by the network, before there is a connection to fail.
    if isinstance(error, OSError | NoConnectionFree):
        return StorageUnavailable
    if not isinstance(error, DBAPIError):
        return None
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return SQLITE.get(code & 0xFF)
    state = getattr(error.orig, "sqlstate", None) or ""
    known = POSTGRESQL.get(state) or POSTGRESQL.get(state[:2])
    if known is not None:
        return known
    # The driver finds a connection gone by itself, and has no code for it; or the server went away in the middle of a
    # word, and the driver no longer knows where the two of them are.
    is_gone = error.connection_invalidated or (isinstance(error, InterfaceError) and CLOSED in str(error.orig))
    is_lost = isinstance(error.driver_exception, asyncpg.InternalClientError)
    return OutcomeUnknown if is_gone or is_lost else None
