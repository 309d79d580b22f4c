"""`/statements`: those set aside and those parked, for an administrator to read and replay."""

import json
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Session, col, select

from lrx.api.operation import Call, operation
from lrx.api.pagination import Page, PageQuery, after, decode_cursor
from lrx.api.values import In, Instant, Out
from lrx.models import ParkedReason, ParkedStatement, SetAsideStatement, Statement
from lrx.xapi import set_aside
from lrx.xapi.intake import InvalidStatement, StatementConflict
from lrx.xapi.projector import replay_subjects

__all__ = ["OPERATIONS"]

TAG = "statements"


class FaultPublic(Out):
    """One thing wrong with a statement."""

    pointer: str
    code: str
    detail: str
    hint: str | None


class SetAsidePublic(Out):
    """A statement that could not be stored."""

    object: Literal["set_aside_statement"] = "set_aside_statement"
    id: UUID
    credential_id: UUID
    reason: str
    faults: list[FaultPublic]
    times: int
    """How often it came."""
    received_at: Instant
    last_received_at: Instant
    replayed_as: UUID | None
    body: str
    """As it came; bytes that are no UTF-8 are shown as U+FFFD."""


class SetAsidePath(In):
    """Which statement set aside."""

    set_aside_id: UUID


class SetAsideQuery(PageQuery):
    """Filters of statements set aside."""

    replayed: bool | None = None


class Replay(In):
    """Nothing, to try the statement as it is, or the corrected one."""

    statement: dict[str, Any] | None = None


class ParkedPublic(Out):
    """A stored statement whose person or course nobody knows yet."""

    object: Literal["parked_statement"] = "parked_statement"
    statement_seq: int
    statement_id: UUID
    reason: ParkedReason
    subject: str
    """What is not known, cut at 200 characters: `account:<home page>|<name>`, `mbox:|<address>` or an address."""
    parked_at: Instant


class ParkedQuery(PageQuery):
    """Filters of parked statements."""

    reason: ParkedReason | None = None
    subject: str | None = None


class ReplayParked(In):
    """What to project again: all that is parked for one subject, or everything."""

    subject: str | None = Field(default=None, max_length=1000)


class ReplayedParked(Out):
    """What is still parked afterwards."""

    object: Literal["replayed"] = "replayed"
    still_parked: int


@operation("GET", "/statements/set-aside", permission="statements:read", summary="List statements set aside", tag=TAG)
def list_set_aside(call: Call, query: SetAsideQuery, session: Session) -> Page[SetAsidePublic]:
    """Newest first."""
    statement = select(SetAsideStatement).where(SetAsideStatement.site_id == call.act.site_id)
    if query.replayed is not None:
        replayed = col(SetAsideStatement.replayed_as).is_not(None)
        statement = statement.where(replayed if query.replayed else ~replayed)
    place = decode_cursor("set-aside", query.cursor, (UUID,))
    columns = [col(SetAsideStatement.id)]
    rows = session.exec(after(statement, columns, place, descending=True).limit(query.limit + 1)).all()
    return Page[SetAsidePublic].cut("set-aside", rows, query.limit, key=lambda row: [row.id], show=_set_aside)


@operation(
    "POST",
    "/statements/set-aside/{set_aside_id}/replay",
    permission="statements:replay",
    summary="Store a statement set aside",
    tag=TAG,
    errors=(set_aside.UnknownSetAside, set_aside.AlreadyReplayed, InvalidStatement, StatementConflict),
    examples={"as it is": {}},
)
def replay_set_aside(call: Call, path: SetAsidePath, body: Replay, session: Session) -> SetAsidePublic:
    """As it is, when what was in the way is gone; or corrected. It then counts as stored now."""
    aside = set_aside.set_aside_by_id(session, call.act, path.set_aside_id)
    corrected = json.dumps(body.statement, ensure_ascii=False).encode() if body.statement is not None else None
    replayed = set_aside.replay(session, call.act, aside, corrected)
    return _set_aside(replayed)


@operation("GET", "/statements/parked", permission="statements:read", summary="List parked statements", tag=TAG)
def list_parked(call: Call, query: ParkedQuery, session: Session) -> Page[ParkedPublic]:
    """Oldest first."""
    statement: sa.Select[*tuple[Any, ...]] = (
        sa.select(ParkedStatement, col(Statement.statement_id))
        .join(Statement, col(Statement.seq) == col(ParkedStatement.statement_seq))
        .where(col(ParkedStatement.site_id) == call.act.site_id)
    )
    if query.reason is not None:
        statement = statement.where(col(ParkedStatement.reason) == query.reason)
    if query.subject is not None:
        statement = statement.where(col(ParkedStatement.subject) == query.subject)
    place = decode_cursor("parked", query.cursor, (int,))
    columns = [col(ParkedStatement.statement_seq)]
    rows = session.execute(after(statement, columns, place, descending=False).limit(query.limit + 1)).all()
    return Page[ParkedPublic].cut(
        "parked",
        rows,
        query.limit,
        key=lambda row: [row[0].statement_seq],
        show=lambda row: ParkedPublic(**row[0].model_dump(exclude={"site_id"}), statement_id=row[1]),
    )


@operation(
    "POST",
    "/statements/parked/replay",
    permission="statements:replay",
    summary="Project parked statements again",
    tag=TAG,
    examples={"everything": {}},
)
def replay_parked_statements(call: Call, body: ReplayParked, session: Session) -> ReplayedParked:
    """Mapping a person or a course does this by itself; here it is for all that is parked."""
    subjects = frozenset({body.subject}) if body.subject is not None else None
    replay_subjects(session, call.act, call.exchange.recipients, subjects)
    left = select(sa.func.count()).select_from(ParkedStatement).where(ParkedStatement.site_id == call.act.site_id)
    if body.subject is not None:
        left = left.where(ParkedStatement.subject == body.subject)
    return ReplayedParked(still_parked=session.exec(left).one())


def _set_aside(row: SetAsideStatement) -> SetAsidePublic:
    fields = row.model_dump(exclude={"site_id", "body", "body_hash"})
    return SetAsidePublic.model_validate({**fields, "body": row.body.decode("utf-8", "replace")})


OPERATIONS = (list_set_aside, replay_set_aside, list_parked, replay_parked_statements)
