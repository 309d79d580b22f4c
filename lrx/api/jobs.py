"""`/jobs`: bulk work under way, how far it has come, and what became of each item."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from lrx import jobs
from lrx.access import permit
from lrx.api.listing import Filter, Listing, ListQuery, Sort, equal, one_of, within
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.values import In, Instant, Out
from lrx.batches import KINDS
from lrx.errors import Turn
from lrx.models import Job, JobItem, JobStatus
from lrx.piecework import FAILED
from lrx.text import Text, say, text
from lrx.web.problems import ProblemFault

__all__ = ["OPERATIONS", "ItemOutcome", "ItemProblem", "JobPublic", "job_address", "show_job", "show_outcome"]

TAG = "jobs"
NOT_DONE = "not_done"

STANDING: Mapping[JobStatus, Text] = {
    JobStatus.QUEUED: text("Waiting for its turn."),
    JobStatus.RUNNING: text("Under way: {done} of {total} items are done, {failed} of them failed."),
    JobStatus.DONE: text("Done: of {total} items {failed} failed."),
    JobStatus.CANCELLED: text(
        "Cancelled: {done} of {total} items were done before and stay done, the others were left."
    ),
    JobStatus.FAILED: text("Given up: this version does not know such jobs. {done} of {total} items are done."),
}


class ItemProblem(Out):
    """Why an item failed. `turn` says who can act next."""

    code: str
    detail: str
    """A sentence for people, in the language of the request that brought the item."""
    retryable: bool
    turn: Turn
    errors: list[ProblemFault]
    """Each with a JSON pointer into the body of that request, such as `/learning_records/3/course`."""


class ItemOutcome(Out):
    """What became of one item."""

    object: Literal["item_outcome"] = "item_outcome"
    place: int
    """Where the item was in the list sent, from 0 on."""
    outcome: str
    """`failed`, `not_done`, or what was done, in a word of its kind: `recorded`, `known`, `amended`; `created`,
    `changed`, `unchanged`; `given`, `unchanged`; `voided`, `expired`, `unchanged`."""
    id: UUID | None
    """Of what was made or known."""
    detail: dict[str, str]
    """What else there is to tell: `amendment_id` of an amendment, `oci_id` as it was read, `reset_id` of a reset."""
    problem: ItemProblem | None


class JobPublic(Out):
    """Bulk work. `counts` tells how many items there are of each outcome."""

    object: Literal["job"] = "job"
    id: UUID
    kind: str
    status: JobStatus
    summary: str
    """Where it stands, in a sentence."""
    total: int
    done: int
    percent: int
    counts: dict[str, int]
    actor: str
    request_id: str
    """Of the request that asked for it. What the job does is in the audit log under it."""
    asked_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    items_until: Instant | None
    """When its items are forgotten; the job itself stays."""
    url: str
    items_url: str
    failures_url: str
    cancel_url: str | None


class JobPath(In):
    """Which job."""

    job_id: UUID


JOBS = Listing[Job](
    "jobs",
    col(Job.id),
    default="-asked_at",
    sorts={"asked_at": Sort(col(Job.id), UUID)},  # ids are given out in the order of time
    filters=(
        one_of("id", col(Job.id), UUID),
        equal("kind", col(Job.kind), meaning=f"One of {', '.join(f'`{kind}`' for kind in KINDS)}."),
        one_of("status", col(Job.status), JobStatus),
        *within("asked_at", col(Job.asked_at)),
    ),
)

ITEMS = Listing[JobItem](
    "job-items",
    col(JobItem.place),
    default="place",
    sorts={"place": Sort(col(JobItem.place), int)},
    filters=(
        Filter("outcome", str, lambda _act, word: _has_outcome(word), "`failed`, `not_done`, or another outcome."),
    ),
    key_kind=int,
)


def _has_outcome(word: str) -> "sa.ColumnElement[bool]":
    outcome = col(JobItem.outcome)
    return outcome.is_(None) if word == NOT_DONE else outcome == word


@operation("GET", "/jobs", permission="jobs:read", summary="List jobs", tag=TAG, listing=JOBS)
def list_jobs(call: Call, query: ListQuery, session: Session) -> Page[JobPublic]:
    """Newest first."""
    statement = select(Job).where(Job.site_id == call.act.site_id)
    return JOBS.page(
        Page[JobPublic], session, call.act, query, statement, lambda rows: [show_job(call, row) for row in rows]
    )


@operation(
    "GET",
    "/jobs/{job_id}",
    permission="jobs:read",
    summary="Show a job",
    tag=TAG,
    errors=(jobs.UnknownJob,),
    rows=lambda act, path: select(Job.id).where(Job.site_id == act.site_id, Job.id == path.job_id),
)
def get_job(call: Call, path: JobPath, session: Session) -> JobPublic:
    """How far it has come. Ask once a second or less often."""
    return show_job(call, jobs.by_id(session, call.act, path.job_id))


@operation(
    "GET",
    "/jobs/{job_id}/items",
    permission="jobs:read",
    summary="List what became of a job's items",
    tag=TAG,
    errors=(jobs.UnknownJob,),
    listing=ITEMS,
)
def list_job_items(call: Call, path: JobPath, query: ListQuery, session: Session) -> Page[ItemOutcome]:
    """In the order they were sent. Kept for 30 days after the job has ended; then the list is empty."""
    job = jobs.by_id(session, call.act, path.job_id)
    statement = select(JobItem).where(JobItem.site_id == job.site_id, JobItem.job_id == job.id)

    def shown(rows: Sequence[JobItem]) -> list[ItemOutcome]:
        return [show_outcome(row.place, row.outcome, row.subject_id, row.detail) for row in rows]

    # What was sent is not shown, and may be large.
    statement = statement.options(defer(cast(Any, JobItem.content)))
    return ITEMS.page(Page[ItemOutcome], session, call.act, query, statement, shown)


@operation(
    "POST",
    "/jobs/{job_id}/cancel",
    permission="jobs:read",
    summary="Cancel a job",
    tag=TAG,
    guards=get_job,
    errors=(jobs.UnknownJob, jobs.JobEnded),
)
def cancel_job(call: Call, path: JobPath, session: Session) -> JobPublic:
    """What is done stays done; the rest is left. It also needs the permission to write what the job writes.

    Cancelling a cancelled job again changes nothing."""
    permit(call.caller, jobs.by_id(session, call.act, path.job_id).permission)
    return show_job(call, jobs.cancel(session, call.act, path.job_id))


def job_address(job: Job) -> str:
    """Where the job is told of."""
    return f"/api/v1/jobs/{job.id}"


def show_job(call: Call, job: Job) -> JobPublic:
    """The job as callers see it."""
    address = job_address(job)
    values = {"done": job.done, "total": job.total, "failed": job.counts.get(FAILED, 0)}
    return JobPublic(
        **job.model_dump(include=set(JobPublic.model_fields) & set(Job.model_fields)),
        summary=say(Text(STANDING[job.status].message, values), call.language),
        percent=job.done * 100 // job.total,
        items_until=None if job.finished_at is None else job.finished_at + jobs.ITEMS_KEPT,
        url=address,
        items_url=f"{address}/items",
        failures_url=f"{address}/items?outcome={FAILED}",
        cancel_url=None if job.status in jobs.ENDED else f"{address}/cancel",
    )


def show_outcome(place: int, outcome: str | None, subject_id: UUID | None, detail: Mapping[str, Any]) -> ItemOutcome:
    """What became of an item, as callers see it."""
    is_failed = outcome == FAILED
    return ItemOutcome(
        place=place,
        outcome=outcome or NOT_DONE,
        id=subject_id,
        detail={} if is_failed else dict(detail),
        problem=ItemProblem.model_validate(detail) if is_failed else None,
    )


OPERATIONS = (list_jobs, get_job, list_job_items, cancel_job)
