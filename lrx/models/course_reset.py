"""Courses begun anew: what was done to all their records at once."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from lrx.models.columns import UtcDateTime, words

__all__ = ["CourseReset", "ResetMode"]


class ResetMode(StrEnum):
    """What becomes of the records."""

    VOID = "void"
    EXPIRE = "expire"


class CourseReset(SQLModel, table=True):
    """The records of a course were voided or expired all at once, those completed before `completed_before` where it
    is given. `records` is how many there were to do; where they were many, the job does them."""

    __tablename__ = "course_reset"
    __table_args__ = (Index(None, "site_id", "course_id", "reset_at", "id"),)

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    course_id: UUID = Field(foreign_key="course.id")
    mode: ResetMode = Field(sa_type=words(ResetMode))
    completed_before: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reason: str = Field(max_length=1000)
    actor: str = Field(max_length=120)
    reset_at: datetime = Field(sa_type=UtcDateTime)
    records: int
    job_id: UUID | None = Field(default=None, foreign_key="job.id")
