"""Diagnoses that were made, and sweeps of whole courses: kept as they were, and never changed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from lrx.models.columns import Json, UtcDateTime

__all__ = ["KeptDiagnosis", "Sweep"]


class KeptDiagnosis(SQLModel, table=True):
    """One diagnosis: the verdict in columns, all of it in `content`. `previous_id` is the one made before it for the
    same learner, course and recipient."""

    __tablename__ = "diagnosis"
    __table_args__ = (
        Index(None, "site_id", "made_at", "id"),
        Index(None, "site_id", "learner_id", "course_id", "recipient", "made_at"),
    )

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    learner_id: UUID = Field(foreign_key="learner.id")
    course_id: UUID = Field(foreign_key="course.id")
    recipient: str = Field(max_length=40)
    as_of: datetime = Field(sa_type=UtcDateTime)
    made_at: datetime = Field(sa_type=UtcDateTime)
    actor: str = Field(max_length=120)
    request_id: str = Field(max_length=64)
    state: str = Field(max_length=40)
    check: str | None = Field(default=None, max_length=10)
    reason: str | None = Field(default=None, max_length=60)
    turn: str = Field(max_length=40)
    content: dict[str, Any] = Field(sa_type=Json)
    previous_id: UUID | None = Field(default=None, foreign_key="diagnosis.id")


class Sweep(SQLModel, table=True):
    """The diagnoses of everybody in a course at one instant, counted by verdict."""

    __table_args__ = (Index(None, "site_id", "made_at", "id"), Index(None, "site_id", "course_id", "made_at"))

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    course_id: UUID = Field(foreign_key="course.id")
    recipient: str = Field(max_length=40)
    as_of: datetime = Field(sa_type=UtcDateTime)
    made_at: datetime = Field(sa_type=UtcDateTime)
    actor: str = Field(max_length=120)
    learners: int
    groups: list[dict[str, Any]] = Field(sa_type=Json)
