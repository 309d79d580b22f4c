"""Failures that are nobody's mistake in the code: the database is away, a file cannot be used. A sentence for each."""

import errno
import sqlite3
from collections.abc import Callable, Iterator

from asyncpg.exceptions import InvalidAuthorizationSpecificationError, InvalidCatalogNameError, PostgresError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from lrx.errors import Busy, LrxError
from lrx.text import Text, text

__all__ = ["sentence_of"]

REFUSALS = frozenset({"08", "25", "42501", "53", "57", "58"})
"""Codes of PostgreSQL, or their classes, for what an operator can mend: no connection, a server that only reads, no
permission, no room, stopping, its disk (appendix A of its manual)."""


def sentence_of(error: BaseException, url: str) -> Text | None:
    """Return what to say of `error` to whoever ran a command against the database at `url`; None when it is a mistake
    of ours, which belongs in a trace."""
    if isinstance(error, LrxError) and not isinstance(error, Busy):
        return error.detail
    for cause in _causes(error):
        for kind, tell in TELLINGS:
            if isinstance(cause, kind) and (told := tell(cause, url)) is not None:
                return told
    return error.detail if isinstance(error, LrxError) else None


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _address(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)


def _not_let_in(_error: BaseException, url: str) -> Text:
    return text(
        "The database at {address} refuses the user name or the password. Correct LRX_DATABASE_URL.",
        address=_address(url),
    )


def _not_there(_error: BaseException, url: str) -> Text:
    return text(
        "The server has no database {name}. Create it, or correct LRX_DATABASE_URL.", name=make_url(url).database
    )


def _server(error: BaseException, url: str) -> Text | None:
    state = str(getattr(error, "sqlstate", None) or "")
    if not {state, state[:2]} & REFUSALS:
        return None
    return text("The database at {address} refuses: {reason}.", address=_address(url), reason=_first_line(error))


def _statement(error: BaseException, url: str) -> Text | None:
    origin = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(origin, sqlite3.OperationalError | sqlite3.DatabaseError):
        return _embedded(origin, url)
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return _away(origin or error, url)
    return _server(origin, url) if origin is not None else None


def _embedded(error: sqlite3.Error, url: str) -> Text | None:
    if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISUSE):
        return None
    return text(
        "The database {path} cannot be used: {reason}. See what is wrong with `lrx doctor`.",
        path=make_url(url).database,
        reason=_first_line(error),
    )


def _machine(error: BaseException, url: str) -> Text:
    assert isinstance(error, OSError)  # noqa: S101 - the table below says so
    if error.filename is not None:
        return text("{path} cannot be used: {reason}.", path=error.filename, reason=error.strerror)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return text("The disk is full. Make room, then try again.")
    if make_url(url).get_backend_name() == "sqlite":
        return text("The machine refuses: {reason}.", reason=_first_line(error))
    return _away(error, url)


def _away(error: BaseException, url: str) -> Text:
    return text(
        "The database at {address} does not answer: {reason}. Start it, or correct LRX_DATABASE_URL.",
        address=_address(url),
        reason=_first_line(error) or type(error).__name__,
    )


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0].rpartition("Error'>: ")[2].rstrip(".")


TELLINGS: tuple[tuple[type[BaseException], Callable[[BaseException, str], Text | None]], ...] = (
    (InvalidAuthorizationSpecificationError, _not_let_in),
    (InvalidCatalogNameError, _not_there),
    (PostgresError, _server),
    (DBAPIError, _statement),
    (sqlite3.Error, _statement),
    (OSError, _machine),
)
"""The more special before the more general."""
