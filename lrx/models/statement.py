"""Statements as they came, those set aside, and what the projection made of them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import FetchedValue, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from lrx.models.columns import Json, SequenceNumber, UtcDateTime, words

__all__ = [
    "Observation",
    "ObservationKind",
    "ParkedReason",
    "ParkedStatement",
    "Projection",
    "SetAsideStatement",
    "Statement",
]


class Statement(SQLModel, table=True):
    """One statement, byte for byte. `txid` is the PostgreSQL transaction that stored it (0 on SQLite): numbers are
    given
    out before transactions end, and only this tells which rows can still appear behind the reader's back."""

    __table_args__ = (UniqueConstraint("site_id", "statement_id"), Index(None, "txid", "seq"))

    # The transaction takes its number before the row does: columns are filled in this order.
    txid: int = Field(default=None, sa_type=SequenceNumber, sa_column_kwargs={"server_default": FetchedValue()})
    seq: int | None = Field(default=None, primary_key=True, sa_type=SequenceNumber)
    site_id: UUID = Field(foreign_key="site.id")
    credential_id: UUID = Field(foreign_key="credential.id")
    statement_id: UUID
    stored: datetime = Field(sa_type=UtcDateTime)
    content_hash: str = Field(max_length=64)
    body: bytes


class SetAsideStatement(SQLModel, table=True):
    """A statement that could not be stored, with the reasons; it can be replayed, corrected or not."""

    __tablename__ = "set_aside_statement"
    __table_args__ = (UniqueConstraint("site_id", "body_hash"),)

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    credential_id: UUID = Field(foreign_key="credential.id")
    body: bytes
    body_hash: str = Field(max_length=64)
    reason: str = Field(max_length=60)
    faults: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    times: int = 1
    received_at: datetime = Field(sa_type=UtcDateTime)
    last_received_at: datetime = Field(sa_type=UtcDateTime)
    replayed_as: UUID | None = None


class ParkedReason(StrEnum):
    """Why a statement that means something could not be taken further."""

    UNKNOWN_LEARNER = "unknown_learner"
    UNKNOWN_COURSE = "unknown_course"
    ACCOUNT_NAME_KIND = "account_name_kind"
    HOME_PAGE = "home_page"
    IDENTIFIER_TOO_LONG = "identifier_too_long"
    PROJECTION_FAILED = "projection_failed"


class ParkedStatement(SQLModel, table=True):
    """A stored statement whose person or course nobody knows yet; projected again when they are mapped. `username` is
    the name of an account as user names are compared, whatever its home page."""

    __tablename__ = "parked_statement"
    __table_args__ = (
        Index(None, "site_id", "reason", "subject"),
        Index(None, "site_id", "subject"),
        Index(None, "site_id", "username"),
    )

    statement_seq: int = Field(primary_key=True, foreign_key="statement.seq", sa_type=SequenceNumber)
    site_id: UUID = Field(foreign_key="site.id")
    reason: ParkedReason = Field(sa_type=words(ParkedReason))
    subject: str = Field(max_length=200)
    username: str | None = Field(default=None, max_length=200)
    parked_at: datetime = Field(sa_type=UtcDateTime)


class ObservationKind(StrEnum):
    """What a statement tells of a learner in a course that is not a completion."""

    ENROLLED = "enrolled"
    UNENROLLED = "unenrolled"
    ATTEMPT_STARTED = "attempt_started"
    ATTEMPT_SUBMITTED = "attempt_submitted"
    FAILED = "failed"
    UNCOMPLETED = "uncompleted"


class Observation(SQLModel, table=True):
    """A fact seen in a statement, for "attempted but did not complete". Never acted on alone."""

    __table_args__ = (Index(None, "site_id", "learner_id", "course_id"),)

    statement_seq: int = Field(primary_key=True, foreign_key="statement.seq", sa_type=SequenceNumber)
    site_id: UUID = Field(foreign_key="site.id")
    learner_id: UUID = Field(foreign_key="learner.id")
    course_id: UUID = Field(foreign_key="course.id")
    activity_id: UUID | None = Field(default=None, foreign_key="activity.id")
    kind: ObservationKind = Field(sa_type=words(ObservationKind))
    happened_at: datetime = Field(sa_type=UtcDateTime)
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=Json)


class Projection(SQLModel, table=True):
    """How far the projector has come.

    Statements up to `foreign_seq` were stored on another server before a restore: they are read by their number, and
    `floor_seq` is the last one read. Those after it are read by transaction and number, up to `txid` and `seq`.
    `rebuilds` counts how often somebody had everything read again.
    """

    name: str = Field(primary_key=True, max_length=40)
    foreign_seq: int = Field(default=0, sa_type=SequenceNumber)
    floor_seq: int = Field(default=0, sa_type=SequenceNumber)
    txid: int = Field(default=0, sa_type=SequenceNumber)
    seq: int = Field(default=0, sa_type=SequenceNumber)
    rebuilds: int = 0
