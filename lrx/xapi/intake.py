"""Statements come in: judged, stored byte for byte, or set aside. Completions are derived from them afterwards."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
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

__all__ = [
    "InvalidStatement",
    "Judged",
    "Request",
    "StatementConflict",
    "Stored",
    "judge",
    "require_faultless",
    "store",
    "store_all",
]

MOST_TOLD = 500
"""Faults told of one request."""


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
    """Raise `InvalidStatement` with the faults of the statements, the first 500. Pointers begin with the statement's
    place in the request, or with `pointer`, where a single statement stands."""
    every = (
        Fault(f"{pointer or f'/{place}'}{fault.pointer}", fault.code, fault.detail, fault.hint)
        for place, statement in enumerate(statements)
        for fault in statement.faults
    )
    wrong = tuple(islice(every, MOST_TOLD))
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


@dataclass(frozen=True, slots=True)
class Request:
    """The statements of one request, and how its sender is treated."""

    act: Act
    credential_id: UUID
    statements: Sequence[Judged]
    strict: bool


def store(session: Session, act: Act, credential_id: UUID, statements: Sequence[Judged], *, strict: bool) -> Stored:
    """Store the faultless statements and set the others aside, in the caller's transaction.

    A statement that is stored already is known by its id, or by its content where it has none, and is not stored again.
    Raises `StatementConflict` for a strict caller whose id names another statement; for an LMS that one is set aside.
    """
    (outcome,) = store_all(session, [Request(act, credential_id, statements, strict)])
    if isinstance(outcome, StatementConflict):
        raise outcome
    return outcome


def store_all(session: Session, requests: Sequence[Request]) -> list[Stored | StatementConflict]:
    """Do what `store` does for many requests at one site; a refused one leaves the others alone."""
    rows_of = [_rows(request) for request in requests]
    known = _hashes(session, requests[0].act.site_id, [name for rows in rows_of for name in _ids(rows)])
    outcomes: list[Stored | StatementConflict] = []
    new: list[dict[str, Any]] = []
    entries: list[dict[str, Any]] = []
    set_aside: list[dict[str, Any]] = []
    for request, rows in zip(requests, rows_of, strict=True):
        first = {row["statement_id"]: row for row in reversed(rows) if row["statement_id"] not in known}
        hashes = {name: known[name] if name in known else first[name]["content_hash"] for name in _ids(rows)}
        conflicting = [row for row in rows if hashes[row["statement_id"]] != row["content_hash"]]
        if conflicting and request.strict:
            outcomes.append(_conflict(conflicting[0]))
            continue
        known |= hashes
        new += [row for row in rows if first.get(row["statement_id"]) is row]
        aside = [(statement.body, statement.faults) for statement in request.statements if statement.faults]
        aside += [(row["body"], (_CONFLICT,)) for row in conflicting]
        set_aside += [_aside(request, body, reasons) for body, reasons in aside]
        if first or aside:
            counts = {"new": len(first), "known": len(rows) - len(first) - len(conflicting), "set_aside": len(aside)}
            entries.append(audit.entry(request.act, "store", "statements", request.credential_id, **counts))
        refused = {id(row) for row in conflicting}
        ids = _ids([row for row in rows if id(row) not in refused])
        outcomes.append(Stored(ids, len(first), len(aside)))
    if new:
        # Whoever stored one of them since it was looked for makes this fail, and everything is looked at again.
        session.connection().execute(sa.insert(table(Statement)), new)
    _set_aside(session, set_aside)
    audit.keep_all(session, entries)
    return outcomes


_CONFLICT = Fault(
    "/id", StatementConflict.code, text("A statement with this id and another content is stored already.")
)


def _ids(rows: Sequence[Mapping[str, Any]]) -> tuple[UUID, ...]:
    return tuple(row["statement_id"] for row in rows)


def _conflict(row: Mapping[str, Any]) -> StatementConflict:
    return StatementConflict(
        text(
            "The id {id} names a statement with another content. Send a new statement under an id of its own.",
            id=str(row["statement_id"]),
        )
    )


def _rows(request: Request) -> list[dict[str, Any]]:
    site_id = request.act.site_id
    return [
        {
            "site_id": site_id,
            "credential_id": request.credential_id,
            "statement_id": statement_id(site_id, statement.value) or request.act.new_id(),
            "stored": request.act.at,
            "content_hash": content_hash(statement.value),
            "body": statement.body,
        }
        for statement in request.statements
        if statement.value and not statement.faults
    ]


def _hashes(session: Session, site_id: UUID, statement_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The content hash of each statement that is stored."""
    stored = table(Statement).c
    known = sa.select(stored.statement_id, stored.content_hash).where(stored.site_id == site_id)
    hashes: dict[UUID, str] = {}
    for ids in pieces(set(statement_ids)):
        found = session.connection().execute(known.where(stored.statement_id.in_(ids)))
        hashes |= {row.statement_id: row.content_hash for row in found}
    return hashes


def _aside(request: Request, body: bytes, reasons: Sequence[Fault]) -> dict[str, Any]:
    act = request.act
    return {
        "id": act.new_id(),
        "site_id": act.site_id,
        "credential_id": request.credential_id,
        "body": body,
        "body_hash": hashlib.sha256(body).hexdigest(),
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


def _set_aside(session: Session, aside: Sequence[Mapping[str, Any]]) -> None:
    """Keep each once, with how often it came: what was there already is counted on."""
    rows = table(SetAsideStatement)
    times = Counter(one["body_hash"] for one in aside)
    # In one order everywhere, so that two who set the same aside never wait for one another.
    first = sorted({one["body_hash"]: one for one in reversed(aside)}.values(), key=itemgetter("body_hash"))
    new = [{**one, "times": times[one["body_hash"]]} for one in first]
    inserted = {row.body_hash for row in insert_new(session, rows, new, ["body_hash"])}
    again = [
        {"which": one["body_hash"], "at": one["site_id"], "more": one["times"], "latest": one["last_received_at"]}
        for one in new
        if one["body_hash"] not in inserted
    ]
    if again:
        of = (rows.c.site_id == sa.bindparam("at"), rows.c.body_hash == sa.bindparam("which"))
        counted = {
            "times": rows.c.times + sa.bindparam("more", type_=rows.c.times.type),
            "last_received_at": sa.bindparam("latest", type_=rows.c.last_received_at.type),
        }
        session.connection().execute(sa.update(rows).where(*of).values(counted), again)
