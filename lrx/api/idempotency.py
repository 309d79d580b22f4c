"""Idempotency keys: the same request sent again has no second effect and gets the answer of the first.

The key's row is written first and the answer last, both in the transaction of the effect. A twin that arrives in the
meantime waits at that row: on PostgreSQL until the first commits or fails, on SQLite in the queue of the one writer.
Only answers to requests that had their effect are kept: an error takes the key back with everything else, and the
request may be corrected and sent again.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx.access import Act
from lrx.database import Work, insert_new
from lrx.errors import Conflict, Fault, Invalid
from lrx.models import IdempotencyKey
from lrx.tables import table
from lrx.text import text
from lrx.web.problems import BadRequest

__all__ = ["InFlight", "InvalidKey", "KeyReused", "Reply", "forget", "key_of", "once", "request_hash"]

KEY = re.compile(r"[ -~]{1,255}")
HEADER = "Idempotency-Key"


class InvalidKey(BadRequest):
    """An idempotency key is 1 to 255 printable ASCII characters."""

    code = "idempotency_key_invalid"


class KeyReused(Invalid):
    """The key was sent before, with another request."""

    code = "idempotency_key_reused"


class InFlight(Conflict):
    """The first request with this key is just being forgotten or finished."""

    code = "idempotency_in_flight"
    retryable = True


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it goes out. Of its headers none are kept with a key."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def key_of(headers: Mapping[str, str]) -> str | None:
    """Return the key the request was sent with, if any. Raises `InvalidKey`."""
    key = headers.get(HEADER)
    if key is None or KEY.fullmatch(key):
        return key
    detail = text("An Idempotency-Key is 1 to 255 printable ASCII characters. Send a UUID, for example.")
    raise InvalidKey(detail, faults=(Fault("/headers/Idempotency-Key", InvalidKey.code, detail),))


def request_hash(method: str, path: str, body: bytes) -> str:
    """Return what tells one request from another: the SHA-256 of method, path and the bytes of the body."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()


def once(session: Session, act: Act, credential_id: UUID, key: str, request: str, work: Work[Reply]) -> Reply:
    """Return the reply of `work`, done now in the caller's transaction, or the one kept when it was done before.

    `request` is its `request_hash`. A kept reply carries `Idempotency-Replayed: true`. Raises `KeyReused`.
    """
    keys = table(IdempotencyKey)
    row = {
        "id": act.new_id(),
        "site_id": act.site_id,
        "credential_id": credential_id,
        "key": key,
        "request_hash": request,
        "status": 0,
        "body": b"",
        "created_at": act.at,
    }
    if not insert_new(session, keys, [row], ["id"]):
        return _kept(session, credential_id, key, request)
    reply = work(session)
    session.connection().execute(
        sa.update(keys).where(keys.c.id == row["id"]).values(status=reply.status, body=reply.body)
    )
    return reply


def forget(session: Session, before: datetime) -> int:
    """Delete the keys used before an instant; returns how many. Their requests, sent again, are done again."""
    keys = table(IdempotencyKey)
    return session.connection().execute(sa.delete(keys).where(keys.c.created_at < before)).rowcount


def _kept(session: Session, credential_id: UUID, key: str, request: str) -> Reply:
    keys = table(IdempotencyKey)
    query = sa.select(keys.c.request_hash, keys.c.status, keys.c.body)
    found = session.connection().execute(query.where(keys.c.credential_id == credential_id, keys.c.key == key)).first()
    if found is None:  # its row was there a moment ago, and has been forgotten since
        raise InFlight(text("Another request with this Idempotency-Key is just ending. Send yours again."))
    if found.request_hash != request:
        raise KeyReused(
            text("This Idempotency-Key was sent before, with another request. Use a new key for a new request.")
        )
    return Reply(found.status, found.body, {"Idempotency-Replayed": "true"})
