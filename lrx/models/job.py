"""Jobs: bulk work that outlives its request, and its items with what became of each."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from lrx.models.columns import Json, SequenceNumber, UtcDateTime, words

__all__ = ["Job", "JobItem", "JobStatus"]


class JobStatus(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Job(SQLModel, table=True):
    """Bulk work, done in pieces, each in a transaction of its own.

    `actor`, `request_id` and `language` are those of the request that asked for it, at `asked_at`. The first
    `done` items are done. The open job with the smallest `turn` is next. `failures` counts the latest tries in a row
    that failed as a whole; items before place `alone_until` are done one by one.
    """

    __table_args__ = (Index(None, "status", "turn", "id"), Index(None, "site_id", "id"))

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    kind: str = Field(max_length=60)
    permission: str = Field(max_length=60)
    status: JobStatus = Field(default=JobStatus.QUEUED, sa_type=words(JobStatus))
    actor: str = Field(max_length=120)
    request_id: str = Field(max_length=64)
    language: str = Field(max_length=2)
    asked_at: datetime = Field(sa_type=UtcDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    total: int
    done: int = 0
    counts: dict[str, int] = Field(default_factory=dict, sa_type=Json)
    turn: int = 0
    failures: int = 0
    alone_until: int = 0


class JobItem(SQLModel, table=True):
    """One item of a job as it was sent (`content`, JSON), and what became of it: `outcome` is empty until its turn.

    `subject_id` names what was made or known, `detail` tells more; of a failed item it holds the problem.
    """

    __tablename__ = "job_item"
    __table_args__ = (UniqueConstraint("site_id", "job_id", "place"),)

    seq: int | None = Field(default=None, primary_key=True, sa_type=SequenceNumber)
    site_id: UUID = Field(foreign_key="site.id")
    job_id: UUID = Field(foreign_key="job.id")
    place: int
    content: bytes
    outcome: str | None = Field(default=None, max_length=40)
    subject_id: UUID | None = None
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
