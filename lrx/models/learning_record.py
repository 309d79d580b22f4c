"""Learning records: immutable proofs, the claims that came after them, their voiding and their expiration. The database
refuses to change or delete one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from lrx.models.columns import Json, SequenceNumber, UtcDateTime, words
from lrx.source import Source

__all__ = ["Amendment", "Expiration", "LearningRecord", "Voiding"]


class LearningRecord(SQLModel, table=True):
    """The proof that a learner completed a course (`activity_id` empty) or one of its activities.

    `completed_at` is what the source said, `recorded_at` when its claim reached us, `stored_at` when the record itself
    came in; `expires_at` is the first instant at which it no longer holds. `mandatory` is the list of the course's
    mandatory activities as they stood when it was recorded.
    """

    __tablename__ = "learning_record"
    __table_args__ = (
        Index(None, "site_id", "learner_id", "course_id"),
        Index(None, "site_id", "course_id", "recorded_at", "id"),
        Index(None, "site_id", "recorded_at", "id"),
        Index(None, "site_id", "stored_at", "id"),
        Index(None, "site_id", "external_id"),
    )

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    learner_id: UUID = Field(foreign_key="learner.id")
    course_id: UUID = Field(foreign_key="course.id")
    activity_id: UUID | None = Field(default=None, foreign_key="activity.id")
    source: Source = Field(sa_type=words(Source))
    completed_at: datetime = Field(sa_type=UtcDateTime)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    stored_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    grade: float | None = None
    claim_key: str = Field(max_length=300)
    external_id: str | None = Field(default=None, max_length=200)
    statement_seq: int | None = Field(default=None, sa_type=SequenceNumber)
    mandatory: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)


class Amendment(SQLModel, table=True):
    """A later claim in the cycle of a record that stands: kept and shown, never a record by itself.

    `promoted_record_id` names the record an administrator made of it.
    """

    __table_args__ = (Index(None, "site_id", "record_id"), Index(None, "site_id", "external_id"))

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    record_id: UUID = Field(foreign_key="learning_record.id")
    completed_at: datetime = Field(sa_type=UtcDateTime)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    grade: float | None = None
    external_id: str | None = Field(default=None, max_length=200)
    statement_seq: int | None = Field(default=None, sa_type=SequenceNumber)
    promoted_record_id: UUID | None = Field(default=None, foreign_key="learning_record.id")
    promoted_because: str | None = Field(default=None, max_length=1000)


class Voiding(SQLModel, table=True):
    """A record was voided, or unvoided again. The latest one holds; none is ever removed. `reset_id` names the reset of
    the course that it came from."""

    __table_args__ = (
        Index(None, "site_id", "record_id", "seq"),
        Index(None, "site_id", "reset_id", "seq"),
        Index(None, "site_id", "voided_at", "seq"),
    )

    seq: int | None = Field(default=None, primary_key=True, sa_type=SequenceNumber)
    site_id: UUID = Field(foreign_key="site.id")
    record_id: UUID = Field(foreign_key="learning_record.id")
    voided: bool
    actor: str = Field(max_length=120)
    reason: str = Field(max_length=1000)
    voided_at: datetime = Field(sa_type=UtcDateTime)
    reset_id: UUID | None = Field(default=None, foreign_key="course_reset.id")


class Expiration(SQLModel, table=True):
    """An administrator let a record expire, or took that back. The latest one holds; none is ever removed. `reset_id`
    names the reset of the course that it came from."""

    __table_args__ = (
        Index(None, "site_id", "record_id", "seq"),
        Index(None, "site_id", "reset_id", "seq"),
        Index(None, "site_id", "expired_at", "seq"),
    )

    seq: int | None = Field(default=None, primary_key=True, sa_type=SequenceNumber)
    site_id: UUID = Field(foreign_key="site.id")
    record_id: UUID = Field(foreign_key="learning_record.id")
    expired: bool
    reason: str = Field(max_length=1000)
    actor: str = Field(max_length=120)
    expired_at: datetime = Field(sa_type=UtcDateTime)
    reset_id: UUID | None = Field(default=None, foreign_key="course_reset.id")
