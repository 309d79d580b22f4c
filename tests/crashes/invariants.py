"""What must hold of the database after whatever broke: nothing acknowledged is lost, nothing is there twice, nothing
is half-written."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlmodel import Session

from lrx.database import open_database
from lrx.models import (
    Amendment,
    AuditEntry,
    Course,
    CourseRecipient,
    Delivery,
    IdempotencyKey,
    LearningRecord,
    ParkedStatement,
    SetAsideStatement,
    Statement,
    SubjectKind,
)
from lrx.tables import table
from tests.crashes.writers import COMPLETED, Journal

__all__ = ["breaches", "wait_for_projector"]

PATIENCE = 60
"""Seconds in which the projector must come on."""


async def wait_for_projector(database_url: str) -> None:
    """Return when every stored completion has become a record, or when nothing comes any more: `breaches` tells."""
    database = open_database(database_url)
    try:
        missing, patience = await database.read(_missing_completions), PATIENCE
        while missing and patience:
            await asyncio.sleep(1)
            before, missing = missing, await database.read(_missing_completions)
            patience = PATIENCE if missing < before else patience - 1
    finally:
        await database.close()


async def breaches(database_url: str, journal: Journal) -> list[str]:
    """Return a line for everything that must not be; none when all is well."""
    database = open_database(database_url)
    try:
        found = await database.read(lambda session: [*_engine(session, database_url), *_all(session, journal)])
    finally:
        await database.close()
    return found + [f"surprise: {one}" for one in journal.surprises]


def _all(session: Session, journal: Journal) -> Iterable[str]:
    yield from _acknowledged(session, journal)
    yield from _once(session)
    yield from _owed(session)
    yield from _audited(session)
    yield from _projected(session)
    yield from _whole(session)


def _engine(session: Session, database_url: str) -> Iterable[str]:
    if make_url(database_url).get_backend_name() != "sqlite":
        return
    connection = session.connection()
    (verdict,) = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()[:1]
    if verdict != "ok":
        yield f"integrity_check: {verdict}"
    for broken in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"foreign_key_check: {tuple(broken)}"


def _acknowledged(session: Session, journal: Journal) -> Iterable[str]:
    records, statements = table(LearningRecord).c, table(Statement).c
    kept: dict[UUID, str | None] = {
        row.id: row.external_id for row in _rows(session, sa.select(records.id, records.external_id))
    }
    stored = {row.statement_id for row in _rows(session, sa.select(statements.statement_id))}
    yield from _lines("acknowledged and lost", (one for one in journal.records if one not in kept))
    yield from _lines("kept under another name", (k for k, v in journal.records.items() if kept.get(k, v) != v))
    yield from _lines("statement acknowledged and lost", journal.statements - stored)


def _once(session: Session) -> Iterable[str]:
    records, amendments, statements = table(LearningRecord).c, table(Amendment).c, table(Statement).c
    names = Counter(row.external_id for row in _rows(session, sa.select(records.external_id)))
    names.update(row.external_id for row in _rows(session, sa.select(amendments.external_id)))
    claims = Counter(
        tuple(row) for row in _rows(session, sa.select(records.learner_id, records.course_id, records.completed_at))
    )
    ids = Counter(row.statement_id for row in _rows(session, sa.select(statements.statement_id)))
    yield from _lines("external id twice", (one for one, times in names.items() if one is not None and times > 1))
    yield from _lines("completion twice", (one for one, times in claims.items() if times > 1))
    yield from _lines("statement twice", (one for one, times in ids.items() if times > 1))


def _owed(session: Session) -> Iterable[str]:
    records, links, deliveries = table(LearningRecord).c, table(CourseRecipient).c, table(Delivery).c
    courses = table(Course).c
    is_sent = {row.course_id for row in _rows(session, sa.select(links.course_id))}
    assert is_sent < {row.id for row in _rows(session, sa.select(courses.id))}
    owed = Counter(
        row.subject_id
        for row in _rows(session, sa.select(deliveries.subject_id).where(deliveries.subject_kind == SubjectKind.RECORD))
    )
    for row in _rows(session, sa.select(records.id, records.course_id)):
        expected, found = int(row.course_id in is_sent), owed.pop(row.id, 0)
        if found != expected:
            yield f"record {row.id} has {found} deliveries and not {expected}"
    yield from _lines("delivery of no record", owed)


def _audited(session: Session) -> Iterable[str]:
    entries, statements = table(AuditEntry).c, table(Statement).c
    kept = {str(row.id) for row in _rows(session, sa.select(table(LearningRecord).c.id))}
    told = Counter(
        row.subject_id
        for row in _rows(
            session,
            sa.select(entries.subject_id).where(entries.action == "record", entries.subject_kind == "learning_record"),
        )
    )
    yield from _lines("record without audit", kept - told.keys())
    yield from _lines("audit without record", told.keys() - kept)
    yield from _lines("record audited twice", (one for one, times in told.items() if times > 1))
    stores = _rows(session, sa.select(entries.detail).where(entries.action == "store"))
    counted = sum(row.detail["new"] for row in stores)
    stored = session.connection().scalar(sa.select(sa.func.count()).select_from(statements.seq.table))
    if counted != stored:
        yield f"{stored} statements stored and {counted} audited"


def _projected(session: Session) -> Iterable[str]:
    records = table(LearningRecord).c
    made = Counter(
        row.statement_seq
        for row in _rows(session, sa.select(records.statement_seq).where(records.statement_seq.is_not(None)))
    )
    completions = _completions(session)
    yield from _lines("statement without its record", completions - made.keys())
    yield from _lines("record of no completion", made.keys() - completions)
    yield from _lines("two records of a statement", (one for one, times in made.items() if times > 1))


def _whole(session: Session) -> Iterable[str]:
    keys, kept = table(IdempotencyKey).c, {row.id for row in _rows(session, sa.select(table(LearningRecord).c.id))}
    for row in _rows(session, sa.select(keys.key, keys.status, keys.body)):
        if row.status != 201:
            yield f"idempotency key {row.key} with status {row.status}"
        elif UUID(json.loads(row.body)["data"][0]["learning_record_id"]) not in kept:
            yield f"idempotency key {row.key} answers with a record that is not there"
    for model in (ParkedStatement, SetAsideStatement):
        reasons = Counter(row.reason for row in _rows(session, sa.select(table(model).c.reason)))
        yield from _lines(f"in {table(model).name}", reasons)


def _missing_completions(session: Session) -> int:
    records = table(LearningRecord).c
    made = sa.select(sa.func.count()).select_from(records.id.table).where(records.statement_seq.is_not(None))
    return len(_completions(session)) - int(session.connection().scalar(made) or 0)


def _completions(session: Session) -> set[int]:
    statements = table(Statement).c
    rows = _rows(session, sa.select(statements.seq, statements.body))
    return {row.seq for row in rows if COMPLETED.encode() in bytes(row.body)}


def _rows(session: Session, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
    return session.connection().execute(query).all()


def _lines(what: str, which: Iterable[object]) -> Iterable[str]:
    return (f"{what}: {one}" for one in which)
