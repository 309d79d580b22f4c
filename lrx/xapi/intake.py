"""Statements come in: judged, stored byte for byte, or set aside. Completions are derived from them afterwards."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx import audit
from lrx.access import Act
from lrx.database import insert_new, pieces
from lrx.errors import Conflict, Fault, Invalid
from lrx.json_outline import begins_array, outline
from lrx.json_reader import JsonValue, MalformedJson, read_json, split_array
from lrx.models import SetAsideStatement, Statement
from lrx.tables import table
from lrx.text import text
from lrx.xapi.fingerprint import content_hash, statement_id
from lrx.xapi.validation import faults

__all__ = ["InvalidStatement", "Judged", "StatementConflict", "Stored", "judge", "require_faultless", "store"]


class InvalidStatement(Invalid):
    """A statement breaks the specification."""

    code = "statement_invalid"


class StatementConflict(Conflict):
    """A statement with this id and another content is stored already."""

    code = "statement_conflict"


@dataclass(frozen=True, slots=True)
class Judged:
    """One statement of a request: its exact bytes, what it says, and what is wrong with it."""

    body: bytes
    value: dict[str, JsonValue] | None
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a request: the ids of the statements that are stored, how many of them are new, how many were
    set aside."""

    ids: tuple[UUID, ...]
    new: int
    set_aside: int


def judge(body: bytes, *, strict: bool) -> tuple[Judged, ...]:
    """Split a request body into its statements and judge each.

    A body that is no JSON as a whole is refused with `MalformedJson`; unless `strict`, a broken array is taken apart
    by its brackets, so that what is whole in it is kept.
    """
    try:
        parts = split_array(body)
    except MalformedJson:
        if strict or not begins_array(body):
            raise
        parts = outline(body)
    return tuple(_judge_one(part) for part in ([body] if parts is None else parts))


def _judge_one(body: bytes) -> Judged:
    try:
        value = read_json(body)
    except MalformedJson as error:
        return Judged(body, None, error.faults or (Fault("", error.code, error.detail),))
    if not isinstance(value, dict):
        return Judged(body, None, (Fault("", "statement_type", text("A statement is a JSON object.")),))
    return Judged(body, value, faults(value))


def require_faultless(statements: Sequence[Judged], pointer: str | None = None) -> None:
    """Raise `InvalidStatement` with every fault of every statement. Pointers begin with the statement's place in the
    request, or with `pointer`, where a single statement stands."""
    wrong = tuple(
        Fault(f"{pointer or f'/{place}'}{fault.pointer}", fault.code, fault.detail, fault.hint)
        for place, statement in enumerate(statements)
        for fault in statement.faults
    )
    if wrong:
        raise InvalidStatement(
            text(
                "{count} of {total} statements break the specification; none was stored. First: {first}",
                **_first(statements, wrong),
            ),
            faults=wrong,
        )


def _first(statements: Sequence[Judged], wrong: Sequence[Fault]) -> dict[str, object]:
    return {
        "count": sum(1 for statement in statements if statement.faults),
        "total": len(statements),
        "first": wrong[0].detail,
    }


def store(session: Session, act: Act, credential_id: UUID, statements: Sequence[Judged], *, strict: bool) -> Stored:
    """Store the faultless statements and set the others aside, in the caller's transaction.

    A statement that is stored already is known by its id, or by its content where it has none, and is not stored again.
    Raises `StatementConflict` for a strict caller whose id names another statement; for an LMS that one is set aside.
    """
    rows = [_row(act, credential_id, statement) for statement in statements if statement.value and not statement.faults]
    new = {row.statement_id for row in insert_new(session, table(Statement), _first_of_each(rows), ["statement_id"])}
    conflicting = _conflicts(session, act, rows)
    if conflicting and strict:
        raise StatementConflict(
            text(
                "The id {id} names a statement with another content. Send a new statement under an id of its own.",
                id=str(conflicting[0]["statement_id"]),
            )
        )
    conflict = Fault(
        "/id", StatementConflict.code, text("A statement with this id and another content is stored already.")
    )
    aside = [(statement.body, statement.faults) for statement in statements if statement.faults]
    aside += [(row["body"], (conflict,)) for row in conflicting]
    for body, reasons in aside:
        _set_aside(session, act, credential_id, body, reasons)
    if new or aside:
        known = len(rows) - len(new) - len(conflicting)
        audit.keep(session, act, "store", "statements", credential_id, new=len(new), known=known, set_aside=len(aside))
    refused = {id(row) for row in conflicting}
    return Stored(tuple(row["statement_id"] for row in rows if id(row) not in refused), len(new), len(aside))


def _row(act: Act, credential_id: UUID, statement: Judged) -> dict[str, Any]:
    assert statement.value is not None  # noqa: S101 - only faultless statements come here
    return {
        "site_id": act.site_id,
        "credential_id": credential_id,
        "statement_id": statement_id(act.site_id, statement.value) or act.new_id(),
        "stored": act.at,
        "content_hash": content_hash(statement.value),
        "body": statement.body,
    }


def _first_of_each(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    unique: dict[UUID, dict[str, Any]] = {}
    for row in rows:
        unique.setdefault(row["statement_id"], row)
    return list(unique.values())


def _conflicts(session: Session, act: Act, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    stored = table(Statement).c
    hashes: dict[UUID, str] = {}
    for ids in pieces({row["statement_id"] for row in rows}):
        known = sa.select(stored.statement_id, stored.content_hash)
        found = session.connection().execute(known.where(stored.site_id == act.site_id, stored.statement_id.in_(ids)))
        hashes |= {row.statement_id: row.content_hash for row in found}
    return [row for row in rows if hashes[row["statement_id"]] != row["content_hash"]]


def _set_aside(session: Session, act: Act, credential_id: UUID, body: bytes, reasons: Sequence[Fault]) -> None:
    rows = table(SetAsideStatement)
    body_hash = hashlib.sha256(body).hexdigest()
    row = {
        "id": act.new_id(),
        "site_id": act.site_id,
        "credential_id": credential_id,
        "body": body,
        "body_hash": body_hash,
        "reason": reasons[0].code,
        "faults": [
            {"pointer": fault.pointer, "code": fault.code, "detail": str(fault.detail), "hint": fault.hint}
            for fault in reasons
        ],
        "times": 1,
        "received_at": act.at,
        "last_received_at": act.at,
        "replayed_as": None,
    }
    if insert_new(session, rows, [row], ["id"]):
        return
    session.connection().execute(
        sa.update(rows)
        .where(rows.c.site_id == act.site_id, rows.c.body_hash == body_hash)
        .values(times=rows.c.times + 1, last_received_at=act.at)
    )
