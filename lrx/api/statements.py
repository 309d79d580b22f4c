"""`/statements`: those set aside and those parked, for an administrator to read and replay."""

import json
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from lrx.api.listing import Listing, ListQuery, Sort, each, equal, one_of, present, within
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.replaying import replay_awaited
from lrx.api.values import In, Instant, Out
from lrx.batches.parked_statements import UnknownParked
from lrx.models import ParkedReason, ParkedStatement, SetAsideStatement, Statement
from lrx.xapi import set_aside
from lrx.xapi.intake import InvalidStatement, StatementConflict
from lrx.xapi.subjects import Awaited

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
    """As it came; bytes that are no UTF-8 are shown as U+FFFD. In lists its first 2,000 bytes."""
    body_bytes: int
    """How many bytes it has."""


class SetAsidePath(In):
    """Which statement set aside."""

    set_aside_id: UUID


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


class ParkedPath(In):
    """Which parked statement."""

    statement_seq: int = Field(ge=0, le=2**63 - 1)


class ReplayParked(In):
    """What to project again: all that is parked for one subject, or everything."""

    subject: str | None = Field(default=None, max_length=1000)


class ReplayedParked(Out):
    """What is still parked afterwards, or, where a job goes on with it, now."""

    object: Literal["replayed"] = "replayed"
    still_parked: int
    job_id: UUID | None
    """The job that does them, where they are more than 200; ask it how far it has come."""


EXCERPT = 2_000
"""Bytes of a body that lists show: it may be as large as a request."""

SET_ASIDE = Listing[Any](
    "set-aside",
    col(SetAsideStatement.id),
    default="-received_at",
    sorts={
        "received_at": Sort(col(SetAsideStatement.id), UUID),  # ids are given out in the order of time
        "last_received_at": Sort(col(SetAsideStatement.last_received_at), datetime),
    },
    filters=(
        one_of("id", col(SetAsideStatement.id), UUID),
        present("replayed", col(SetAsideStatement.replayed_as)),
        one_of("reason", col(SetAsideStatement.reason), str),
        one_of("credential_id", col(SetAsideStatement.credential_id), UUID),
        *within("received_at", col(SetAsideStatement.received_at)),
        *within("last_received_at", col(SetAsideStatement.last_received_at)),
    ),
)

PARKED = Listing[Any](
    "parked",
    col(ParkedStatement.statement_seq),
    key_kind=int,
    default="statement_seq",
    sorts={
        "statement_seq": Sort(col(ParkedStatement.statement_seq), int),
        "parked_at": Sort(col(ParkedStatement.parked_at), datetime),
    },
    filters=(
        one_of("reason", col(ParkedStatement.reason), ParkedReason),
        equal("subject", col(ParkedStatement.subject)),
        *within("parked_at", col(ParkedStatement.parked_at)),
    ),
)


@operation(
    "GET",
    "/statements/set-aside",
    permission="statements:read",
    summary="List statements set aside",
    tag=TAG,
    listing=SET_ASIDE,
)
def list_set_aside(call: Call, query: ListQuery, session: Session) -> Page[SetAsidePublic]:
    """Newest first."""

    body: Any = SetAsideStatement.body
    statement = (
        sa.select(SetAsideStatement, sa.func.substr(body, 1, EXCERPT), sa.func.length(body))
        .options(defer(body))
        .where(col(SetAsideStatement.site_id) == call.act.site_id)
    )
    return SET_ASIDE.page(Page[SetAsidePublic], session, call.act, query, statement, each(_excerpt))


@operation(
    "GET",
    "/statements/set-aside/{set_aside_id}",
    permission="statements:read",
    summary="Show a statement set aside",
    tag=TAG,
    errors=(set_aside.UnknownSetAside,),
    rows=lambda act, path: select(SetAsideStatement.id).where(
        SetAsideStatement.site_id == act.site_id, SetAsideStatement.id == path.set_aside_id
    ),
)
def get_set_aside(call: Call, path: SetAsidePath, session: Session) -> SetAsidePublic:
    """With what is wrong with it."""
    return _set_aside(set_aside.set_aside_by_id(session, call.act, path.set_aside_id, to_change=False))


@operation(
    "POST",
    "/statements/set-aside/{set_aside_id}/replay",
    permission="statements:replay",
    summary="Store a statement set aside",
    tag=TAG,
    guards=get_set_aside,
    errors=(set_aside.UnknownSetAside, set_aside.AlreadyReplayed, InvalidStatement, StatementConflict),
    examples={"as it is": {}},
)
def replay_set_aside(call: Call, path: SetAsidePath, body: Replay, session: Session) -> SetAsidePublic:
    """As it is, when what was in the way is gone; or corrected. It then counts as stored now."""
    aside = set_aside.set_aside_by_id(session, call.act, path.set_aside_id)
    corrected = json.dumps(body.statement, ensure_ascii=False).encode() if body.statement is not None else None
    replayed = set_aside.replay(session, call.act, aside, corrected)
    return _set_aside(replayed)


@operation(
    "GET",
    "/statements/parked",
    permission="statements:read",
    summary="List parked statements",
    tag=TAG,
    listing=PARKED,
)
def list_parked(call: Call, query: ListQuery, session: Session) -> Page[ParkedPublic]:
    """Oldest first."""

    return PARKED.page(Page[ParkedPublic], session, call.act, query, _all_parked(call), each(_parked))


@operation(
    "GET",
    "/statements/parked/{statement_seq}",
    permission="statements:read",
    summary="Show a parked statement",
    tag=TAG,
    errors=(UnknownParked,),
)
def get_parked(call: Call, path: ParkedPath, session: Session) -> ParkedPublic:
    """What it waits for. Once it is projected it is here no more."""
    row = session.execute(_all_parked(call).where(col(ParkedStatement.statement_seq) == path.statement_seq)).first()
    if row is None:
        raise UnknownParked(path.statement_seq)
    return _parked(row)


@operation(
    "POST",
    "/statements/parked/replay",
    permission="statements:replay",
    summary="Project parked statements again",
    tag=TAG,
    examples={"everything": {}},
)
def replay_parked_statements(call: Call, body: ReplayParked, session: Session) -> ReplayedParked:
    """Mapping a person or a course does this by itself; here it is for all that is parked. Up to 200 statements are
    projected at once, more by a job."""
    awaited = Awaited(subjects=frozenset({body.subject})) if body.subject is not None else None
    job = replay_awaited(call, session, awaited)
    left = select(sa.func.count()).select_from(ParkedStatement).where(ParkedStatement.site_id == call.act.site_id)
    if body.subject is not None:
        left = left.where(ParkedStatement.subject == body.subject)
    return ReplayedParked(still_parked=session.exec(left).one(), job_id=job.id if job else None)


def _all_parked(call: Call) -> "sa.Select[*tuple[Any, ...]]":
    return (
        sa.select(ParkedStatement, col(Statement.statement_id))
        .join(Statement, col(Statement.seq) == col(ParkedStatement.statement_seq))
        .where(col(ParkedStatement.site_id) == call.act.site_id)
    )


def _parked(row: Any) -> ParkedPublic:
    return ParkedPublic(**row[0].model_dump(exclude={"site_id", "username"}), statement_id=row[1])


def _set_aside(row: SetAsideStatement) -> SetAsidePublic:
    return _shown(row, row.body, len(row.body))


def _excerpt(row: Any) -> SetAsidePublic:
    return _shown(*row)


def _shown(row: SetAsideStatement, body: bytes, size: int) -> SetAsidePublic:
    fields = row.model_dump(exclude={"site_id", "body", "body_hash"})
    return SetAsidePublic.model_validate({**fields, "body": body.decode("utf-8", "replace"), "body_bytes": size})


OPERATIONS = (
    list_set_aside,
    get_set_aside,
    replay_set_aside,
    list_parked,
    replay_parked_statements,  # before the path in which `replay` would be a number
    get_parked,
)
