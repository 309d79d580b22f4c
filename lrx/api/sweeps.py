"""`/sweeps`: the diagnosis of everybody in a course, counted by what decides."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Literal
from uuid import UUID

from pydantic import Field
from sqlmodel import Session, col, select

from lrx.api.idempotency import Reply, kept_reply, once
from lrx.api.listing import Listing, ListQuery, Sort, each, one_of, within
from lrx.api.operation import Answer, Call, operation
from lrx.api.pagination import Page
from lrx.api.values import In, Instant, Moment, Out
from lrx.courses.courses import UnknownCourse
from lrx.diagnosis.diagnoses import AsOfInFuture, AsOfTooEarly, moment
from lrx.diagnosis.reasons import reason_named
from lrx.diagnosis.sweeps import (
    CourseTooLarge,
    Judged,
    UnknownSweep,
    delivered,
    funnel,
    keep_sweep,
    sweep_by_id,
    swept,
)
from lrx.ingest.named import CourseNamed
from lrx.ingest.names import course_named
from lrx.models import Sweep
from lrx.registry import UnknownRecipient, recipient_named
from lrx.text import Language, say

__all__ = ["OPERATIONS", "sweep_public"]

TAG = "diagnosis"
MOST = 50_000
"""Learners judged for one request: half a minute, on a machine that has little else to do."""


class SweepAsked(In):
    """Which course, and for which recipient."""

    course: CourseNamed
    recipient: str = Field(max_length=40)
    as_of: Moment | None = None
    """An instant in the past: what held then is judged. Left out for now."""


class GroupPublic(Out):
    """Learners with the same verdict, for the same reason. The report filtered by recipient and reason lists them."""

    state: str
    chip: str
    check: str | None
    reason: str | None
    title: str | None
    turn: str
    learners: int


class StagePublic(Out):
    """How many learners come through a stage: no check up to its end stands in the way, or the recipient has it."""

    stage: str
    learners: int


class SweepPublic(Out):
    """Everybody in a course, counted."""

    object: Literal["sweep"] = "sweep"
    id: UUID
    course_id: UUID
    recipient: str
    as_of: Instant
    made_at: Instant
    actor: str
    learners: int
    groups: list[GroupPublic]
    funnel: list[StagePublic]
    delivered: int
    """The end of the funnel: how many learners' completions the recipient has."""


class SweepPath(In):
    """Which sweep."""

    sweep_id: UUID


SWEEPS = Listing[Sweep](
    "sweeps",
    col(Sweep.id),
    default="-made_at",
    sorts={"made_at": Sort(col(Sweep.made_at), datetime)},
    filters=(
        one_of("course_id", col(Sweep.course_id), UUID),
        one_of("recipient", col(Sweep.recipient), str),
        *within("made_at", col(Sweep.made_at)),
    ),
    synced="made_at",
)


@operation("GET", "/sweeps", permission="diagnoses:read", summary="List sweeps", tag=TAG, listing=SWEEPS)
def list_sweeps(call: Call, query: ListQuery, session: Session) -> Page[SweepPublic]:
    """Newest first."""

    statement = select(Sweep).where(Sweep.site_id == call.act.site_id)
    return SWEEPS.page(Page[SweepPublic], session, call.act, query, statement, each(partial(_public, call)))


@operation(
    "GET",
    "/sweeps/{sweep_id}",
    permission="diagnoses:read",
    summary="Show a sweep",
    tag=TAG,
    errors=(UnknownSweep,),
)
def get_sweep(call: Call, path: SweepPath, session: Session) -> SweepPublic:
    """The counts as they were."""
    return _public(call, sweep_by_id(session, call.act, path.sweep_id))


@operation(
    "POST",
    "/sweeps",
    permission="diagnoses:make",
    summary="Diagnose a whole course",
    tag=TAG,
    status=201,
    idempotent=True,
    errors=(UnknownCourse, UnknownRecipient, AsOfInFuture, AsOfTooEarly, CourseTooLarge),
    examples={"a course": {"course": {"shortname": "WHMIS-2026"}, "recipient": "cmars"}},
)
async def make_sweep(call: Call, body: SweepAsked) -> Answer[SweepPublic] | Reply:
    """Everybody in the course is judged as of one instant, as a single diagnosis would, and counted. A course of more
    than 50,000 learners is refused: `lrx sweep` counts it on the machine, and the counts are here as those of any
    other."""
    if call.once is not None and (kept := await call.read(partial(kept_reply, given=call.once))) is not None:
        return kept
    recipient = recipient_named(call.exchange.recipients, body.recipient)
    at = moment(call.act, body.as_of)
    course_id = await call.read(partial(course_named, site_id=at.site_id, named=body.course))
    found = await swept(call.exchange.database, at, recipient, course_id, most=MOST)
    return await call.write(
        partial(_kept, call=call, body=body, course_id=course_id, as_of=at.instant, found=found.values())
    )


def _kept(
    session: Session, call: Call, body: SweepAsked, course_id: UUID, as_of: datetime, found: Iterable[Judged]
) -> Reply:
    # Judging may have taken a while: what is written tells the time at which it is.
    act = call.exchange.act_in(session, call.caller, call.request_id)

    def work(inner: Session) -> Reply:
        sweep = keep_sweep(inner, act, course_id, body.recipient, as_of, found)
        return call.reply(Answer(_public(call, sweep), headers={"Location": f"/api/v1/sweeps/{sweep.id}"}))

    return once(session, act, call.once, work) if call.once else work(session)


def _public(call: Call, sweep: Sweep) -> SweepPublic:
    return sweep_public(sweep, call.language)


def sweep_public(sweep: Sweep, language: Language) -> SweepPublic:
    """The sweep as everybody sees it who reads JSON."""
    return SweepPublic(
        **sweep.model_dump(exclude={"site_id", "groups"}),
        groups=[_group(one, language) for one in sweep.groups],
        funnel=[StagePublic(stage=stage, learners=learners) for stage, learners in funnel(sweep.groups).items()],
        delivered=delivered(sweep.groups),
    )


def _group(kept: Mapping[str, Any], language: Language) -> GroupPublic:
    shown = {name: value for name, value in kept.items() if name in GroupPublic.model_fields}
    return GroupPublic(**shown, title=say(reason_named(kept["reason"]).title, language) if kept["reason"] else None)


OPERATIONS = (list_sweeps, get_sweep, make_sweep)
