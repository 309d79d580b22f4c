"""Jobs: bulk work that was asked for, kept with its items and done later, piece by piece.

Rows are made for a request and settled by the job runner (`lrx.job_runner`).
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lrx import audit
from lrx.access import Act
from lrx.errors import Conflict, NotFound
from lrx.models import Job, JobItem, JobStatus
from lrx.piecework import Kind, Result, counted, told
from lrx.tables import table
from lrx.text import LANGUAGES, Language, text

__all__ = [
    "ENDED",
    "ITEMS_KEPT",
    "JobEnded",
    "UnknownJob",
    "Waiting",
    "ask",
    "by_id",
    "cancel",
    "claim",
    "forget_items",
    "give_up",
    "next_items",
    "put_off",
    "settle",
    "waiting",
]

OPEN = (JobStatus.QUEUED, JobStatus.RUNNING)
ENDED = frozenset({JobStatus.DONE, JobStatus.CANCELLED, JobStatus.FAILED})

ITEMS_KEPT = timedelta(days=30)
"""How long the items of a job are kept after its end."""

LOOKED_AT = 16
"""Jobs a runner looks at for one that no other runner has; so many runners find work at once."""


class UnknownJob(NotFound):
    """The site has no such job."""

    code = "job_unknown"


class JobEnded(Conflict):
    """The job has ended; there is nothing left to cancel."""

    code = "job_ended"


class Waiting(NamedTuple):
    """An item whose turn it is."""

    seq: int
    place: int
    content: bytes


def ask(session: Session, act: Act, kind: Kind[Any], contents: Sequence[bytes], *, language: Language) -> Job:
    """Keep items, each a JSON document, as a job of `kind`. The caller's permission was checked before."""
    least = session.exec(select(sa.func.min(Job.turn)).where(col(Job.status).in_(OPEN))).one()
    job = Job(
        id=act.new_id(),
        site_id=act.site_id,
        kind=kind.name,
        permission=kind.permission,
        actor=act.actor,
        request_id=act.request_id,
        language=language,
        asked_at=act.at,
        total=len(contents),
        # A new job takes turns with those that wait, from here on: neither before them all nor behind.
        turn=least or 0,
    )
    session.add(job)
    session.flush()
    rows = [
        {"site_id": job.site_id, "job_id": job.id, "place": place, "content": content, "detail": {}}
        for place, content in enumerate(contents)
    ]
    session.connection().execute(sa.insert(table(JobItem)), rows)
    audit.keep(session, act, "ask", "job", job.id, kind=kind.name, items=len(contents))
    return job


def by_id(session: Session, act: Act, job_id: UUID, *, locked: bool = False) -> Job:
    """Return the job; `locked` waits for a piece under way and lets none begin. Raises `UnknownJob`, for one of another
    site too."""
    query = select(Job).where(Job.site_id == act.site_id, Job.id == job_id)
    if locked:
        # As it stands once the lock is held, not as this transaction may have read it before.
        query = query.with_for_update().execution_options(populate_existing=True)
    job = session.exec(query).first()
    if job is None:
        raise UnknownJob(
            text("There is no job {id} at this site. Check the id; it may be of another site.", id=str(job_id))
        )
    return job


def cancel(session: Session, act: Act, job_id: UUID) -> Job:
    """Let no further piece of the job begin; what is done stays done. Cancelling again changes nothing.

    Raises `UnknownJob`, and `JobEnded` for one that is done or failed.
    """
    job = by_id(session, act, job_id, locked=True)
    if job.status is JobStatus.CANCELLED:
        return job
    if job.status in ENDED:
        raise JobEnded(text("The job has ended: {done} of {total} items were done.", done=job.done, total=job.total))
    _end(session, job, JobStatus.CANCELLED, act.at)
    audit.keep(session, act, "cancel", "job", job.id, done=job.done, items=job.total)
    return job


def waiting(session: Session) -> Sequence[UUID]:
    """Return the jobs that wait for a piece of them to be done, the one whose turn it is first."""
    query = select(Job.id).where(col(Job.status).in_(OPEN)).order_by(col(Job.turn), col(Job.id))
    return session.exec(query.limit(LOOKED_AT)).all()


def claim(session: Session, job_id: UUID) -> Job | None:
    """Return the job, nobody else's until the transaction ends; None when it has ended or another runner has it."""
    query = select(Job).where(Job.id == job_id, col(Job.status).in_(OPEN))
    return session.exec(query.with_for_update(skip_locked=True)).first()


def next_items(session: Session, job: Job, most: int) -> Sequence[Waiting]:
    """Return the items whose turn it is: those of a piece, or one alone."""
    columns = table(JobItem).c
    where = (columns.site_id == job.site_id, columns.job_id == job.id, columns.place >= job.done)
    limit = 1 if job.done < job.alone_until else most
    query = sa.select(columns.seq, columns.place, columns.content).where(*where).order_by(columns.place).limit(limit)
    return [Waiting(*row) for row in session.connection().execute(query)]


def settle(
    session: Session,
    job: Job,
    kind: Kind[Any],
    items: Sequence[Waiting],
    results: Sequence[Result],
    *,
    at: datetime,
) -> None:
    """Keep what became of the items and how far the job has come, in the transaction of the effects."""
    rows = table(JobItem)
    statement = sa.update(rows).where(rows.c.seq == sa.bindparam("item"))
    language: Language = next((known for known in LANGUAGES if known == job.language), "en")
    settled = [
        {"item": item.seq, **told(result, language, kind.place(item.place))._asdict()}
        for item, result in zip(items, results, strict=True)
    ]
    session.connection().execute(statement, settled)
    job.counts = dict(Counter(job.counts) + counted(results))
    job.done += len(items)
    job.turn += 1
    job.failures = 0
    job.started_at = job.started_at or at
    job.status = JobStatus.RUNNING
    if job.done == job.total:
        _end(session, job, JobStatus.DONE, at)
    session.add(job)


def put_off(session: Session, job: Job, piece: int) -> None:
    """Remember that `piece` items failed as a whole: other jobs come first, and then these items one by one."""
    job.failures += 1
    job.turn += 1
    job.alone_until = max(job.alone_until, min(job.done + piece, job.total))
    session.add(job)


def give_up(session: Session, act: Act, job: Job) -> None:
    """End a job that nobody here can do."""
    _end(session, job, JobStatus.FAILED, act.at)
    audit.keep(session, act, "give_up", "job", job.id, done=job.done, items=job.total)


def forget_items(session: Session, before: datetime) -> bool:
    """Delete the items of one job that ended before an instant; returns whether there was one. The job stays."""
    items = table(JobItem)
    kept = sa.exists().where(items.c.site_id == Job.site_id, items.c.job_id == Job.id)
    query = select(Job).where(col(Job.finished_at) < before, kept).order_by(col(Job.id)).limit(1)
    job = session.exec(query).first()
    if job is None:
        return False
    session.connection().execute(sa.delete(items).where(items.c.site_id == job.site_id, items.c.job_id == job.id))
    return True


def _end(session: Session, job: Job, status: JobStatus, at: datetime) -> None:
    job.status, job.finished_at = status, at
    session.add(job)
