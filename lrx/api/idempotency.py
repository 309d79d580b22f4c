"""Idempotency keys: the same request sent again has no second effect and gets the answer of the first.

The key's row is written first and the answer last, both in the transaction of the effect: whatever ends a process in
between, either both are there or neither is. A twin that arrives in the meantime waits at that row for a few seconds:
on PostgreSQL until the first commits or fails, on SQLite in the queue of the one writer. Only answers to requests that
had their effect are kept: an error takes the key back with everything else, and the request may be corrected and sent
again.
"""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session
from starlette.datastructures import Headers

from lrx.access import Act
from lrx.database import Work, insert_new, pieces
from lrx.errors import Fault, Invalid
from lrx.models import IdempotencyKey
from lrx.tables import table
from lrx.text import text
from lrx.vault import Vault
from lrx.web.problems import BadRequest, InFlight

__all__ = [
    "InvalidKey",
    "KeptReplies",
    "KeyReused",
    "Once",
    "Reply",
    "forget",
    "kept_before",
    "kept_reply",
    "key_of",
    "once",
    "once_sealed",
    "request_hash",
]

KEY = re.compile(r"[ -~]{1,255}")
HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
FORGOTTEN_AT_ONCE = 1_000
"""Keys deleted in one transaction: others wait for it on SQLite."""
PATIENCE = 5
"""Seconds a twin waits for the first, on PostgreSQL."""
RETRY_AFTER = 2
"""Seconds after which a twin that waited in vain comes again."""
LOCK_NOT_AVAILABLE = "55P03"
"""PostgreSQL's code for a lock that was not to be had in time (appendix A of its manual)."""


class InvalidKey(BadRequest):
    """An idempotency key is 1 to 255 printable ASCII characters."""

    code = "idempotency_key_invalid"


class KeyReused(Invalid):
    """The key was sent before, with another request."""

    code = "idempotency_key_reused"


@dataclass(frozen=True, slots=True)
class Once:
    """What makes a request the same as one sent before: whose key it has, and the `request_hash`."""

    credential_id: UUID
    key: str
    request: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it goes out, and as it is kept with a key."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def key_of(headers: Headers) -> str | None:
    """Return the key the request was sent with, if any. Raises `InvalidKey`, also for two different ones: which of them
    is meant is not guessed."""
    keys = dict.fromkeys(headers.getlist(HEADER))
    if not keys:
        return None
    if len(keys) == 1 and KEY.fullmatch(key := next(iter(keys))):
        return key
    detail = text("An Idempotency-Key is 1 to 255 printable ASCII characters, once. Send a UUID, for example.")
    raise InvalidKey(detail, faults=(Fault("/headers/Idempotency-Key", InvalidKey.code, detail),))


def request_hash(method: str, path: str, body: bytes) -> str:
    """Return what tells one request from another: the SHA-256 of method, path and the bytes of the body."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()


def once(session: Session, act: Act, given: Once, work: Work[Reply]) -> Reply:
    """Return the reply of `work`, done now in the caller's transaction, or the one kept when it was done before.

    A kept reply has the status, the body and the headers of the first, and `Idempotency-Replayed: true`. Raises
    `KeyReused`, and `InFlight` when the first did not end in time: the transaction can then only be given up, or taken
    back to a savepoint made before.
    """
    key_id = act.new_id()
    if not _is_first(session, act, given, key_id):
        return _kept(session, given)
    reply = work(session)
    keys = table(IdempotencyKey)
    kept = {"status": reply.status, "body": reply.body, "headers": dict(reply.headers)}
    session.connection().execute(sa.update(keys).where(keys.c.id == key_id).values(kept))
    return reply


def once_sealed(session: Session, act: Act, given: Once, vault: Vault, work: Work[Reply]) -> Reply:
    """Return what `once` does, for a reply that must not lie readable in the database: its body is kept sealed."""

    def sealed(session: Session) -> Reply:
        reply = work(session)
        return replace(reply, body=vault.seal({"body": reply.body.decode()}))

    reply = once(session, act, given, sealed)
    return replace(reply, body=vault.unseal(reply.body)["body"].encode())


def kept_reply(session: Session, given: Once) -> Reply | None:
    """Return the reply kept under the key, None where there is none yet. What takes long looks here before it begins;
    `once` decides all the same. Raises `KeyReused`."""
    keys = table(IdempotencyKey)
    query = sa.select(keys.c.request_hash, keys.c.status, keys.c.body, keys.c.headers)
    owned = query.where(keys.c.credential_id == given.credential_id, keys.c.key == given.key)
    found = session.connection().execute(owned).first()
    if found is None:
        return None
    if found.request_hash != given.request:
        raise _reused()
    return Reply(found.status, found.body, {**(found.headers or {}), REPLAYED: "true"})


@dataclass
class KeptReplies:
    """Replies to many requests of one transaction: those kept before, and those to be kept now."""

    _replies: dict[tuple[UUID, str], tuple[str, Reply | None]] = field(default_factory=dict)
    _new: list[dict[str, Any]] = field(default_factory=list)

    def enter(self, given: Once | None) -> bool:
        """Whether the request is the first with its key, or has none, and shall have its effect."""
        if given is None:
            return True
        if (given.credential_id, given.key) in self._replies:
            return False
        self._replies[given.credential_id, given.key] = (given.request, None)
        return True

    def keep(self, act: Act, given: Once | None, reply: Reply) -> None:
        """Keep the reply of a request that had its effect."""
        if given is None:
            return
        self._replies[given.credential_id, given.key] = (given.request, reply)
        kept = {"status": reply.status, "body": reply.body, "headers": dict(reply.headers)}
        self._new.append(_key_row(act, given, act.new_id()) | kept)

    def leave(self, given: Once | None) -> None:
        """Give the key back: its request was refused and had no effect."""
        if given is not None:
            del self._replies[given.credential_id, given.key]

    def replay(self, given: Once | None) -> Reply | KeyReused:
        """The reply that stands for a request which is not the first."""
        assert given is not None  # noqa: S101 - a request without a key is always the first
        request, reply = self._replies[given.credential_id, given.key]
        if request != given.request or reply is None:
            return _reused()
        return replace(reply, headers={**reply.headers, REPLAYED: "true"})

    def write(self, session: Session) -> None:
        """Write what is to be kept. Fails as a whole where somebody else has kept one of the keys in the meantime: done
        again, the transaction finds it. Raises `InFlight` where somebody else is about to keep one, and takes long."""
        if self._new:
            with _patience(session.connection()):
                session.connection().execute(sa.insert(table(IdempotencyKey)), self._new)


def kept_before(session: Session, given: Collection[Once]) -> KeptReplies:
    """Read what is kept under these keys."""
    keys = table(IdempotencyKey).c
    query = sa.select(keys.credential_id, keys.key, keys.request_hash, keys.status, keys.body, keys.headers)
    kept = KeptReplies()
    callers = {one.credential_id for one in given}
    for some in pieces({one.key for one in given}):
        found = session.connection().execute(query.where(keys.credential_id.in_(callers), keys.key.in_(some)))
        for credential_id, key, request, status, body, headers in found:
            kept._replies[credential_id, key] = (request, Reply(status, body, headers or {}))
    return kept


def forget(session: Session, before: datetime) -> int:
    """Delete some of the keys used before an instant; returns how many. Their requests, sent again, are done again."""
    keys = table(IdempotencyKey)
    some = sa.select(keys.c.id).where(keys.c.created_at < before).order_by(keys.c.created_at).limit(FORGOTTEN_AT_ONCE)
    return session.connection().execute(sa.delete(keys).where(keys.c.id.in_(some))).rowcount


def _is_first(session: Session, act: Act, given: Once, key_id: UUID) -> bool:
    with _patience(session.connection()):
        return bool(insert_new(session, table(IdempotencyKey), [_key_row(act, given, key_id)], ["id"]))


@contextmanager
def _patience(connection: sa.Connection) -> Iterator[None]:
    """Wait for whoever holds a key at this moment, and no longer than that. Raises `InFlight`."""
    if connection.dialect.name != "postgresql":
        yield
        return
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise InFlight(RETRY_AFTER) from error
        raise
    connection.exec_driver_sql("SET LOCAL lock_timeout = DEFAULT")


def _key_row(act: Act, given: Once, key_id: UUID) -> dict[str, Any]:
    return {
        "id": key_id,
        "site_id": act.site_id,
        "credential_id": given.credential_id,
        "key": given.key,
        "request_hash": given.request,
        "status": 0,
        "body": b"",
        "created_at": act.at,
    }


def _reused() -> KeyReused:
    return KeyReused(
        text("This Idempotency-Key was sent before, with another request. Use a new key for a new request.")
    )


def _kept(session: Session, given: Once) -> Reply:
    kept = kept_reply(session, given)
    if kept is None:  # its row was there a moment ago, and has been forgotten since
        raise InFlight(RETRY_AFTER)
    return kept
