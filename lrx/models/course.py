"""Courses and their activities."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from lrx.models.columns import Json, UtcDateTime

__all__ = ["Activity", "Course"]


class Course(SQLModel, table=True):
    """What is completed and reported. `iri` is the id statements call it by (`…/course/view.php?id=2`)."""

    __table_args__ = (UniqueConstraint("site_id", "iri"), UniqueConstraint("site_id", "shortname"))

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    iri: str | None = Field(default=None, max_length=500)
    shortname: str | None = Field(default=None, max_length=255)
    idnumber: str | None = Field(default=None, max_length=100)
    full_name: str = Field(max_length=1000)
    expiry: dict[str, Any] = Field(default_factory=lambda: {"rule": "never"}, sa_type=Json)
    recertification_window: dict[str, Any] | None = Field(default=None, sa_type=Json)
    repeats: str = Field(default="one_per_cycle", max_length=40)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class Activity(SQLModel, table=True):
    """A part of a course (a course module). Mandatory only where an administrator or the LMS's completion criteria
    say so."""

    __table_args__ = (UniqueConstraint("site_id", "iri"),)

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    course_id: UUID = Field(foreign_key="course.id", index=True)
    iri: str | None = Field(default=None, max_length=500)
    idnumber: str | None = Field(default=None, max_length=100)
    full_name: str = Field(max_length=1000)
    mandatory: bool = False
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
