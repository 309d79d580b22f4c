"""Which recipients a site may use, and which courses send their records to which recipient, since when."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from lrx.models.columns import Json, UtcDateTime

__all__ = ["CourseRecipient", "RecipientInterval", "SiteRecipient"]


class SiteRecipient(SQLModel, table=True):
    """A recipient as one site uses it: allowed or not, its settings, and its credentials, encrypted."""

    __tablename__ = "site_recipient"
    __table_args__ = (UniqueConstraint("site_id", "recipient"),)

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    recipient: str = Field(max_length=40)
    enabled: bool = False
    settings: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    credentials: bytes | None = None
    updated_at: datetime = Field(sa_type=UtcDateTime)


class CourseRecipient(SQLModel, table=True):
    """Records of this course go to that recipient. `active` says whether one of its intervals is open now.

    `tracked` is whether the recipient follows the course, as somebody there told us (`tracked_confirmed_by`) on that
    day; None where nobody has asked. It decides nothing.
    """

    __tablename__ = "course_recipient"
    __table_args__ = (UniqueConstraint("site_id", "course_id", "recipient"),)

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    course_id: UUID = Field(foreign_key="course.id")
    recipient: str = Field(max_length=40)
    active: bool = True
    settings: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    reporting_period: dict[str, Any] | None = Field(default=None, sa_type=Json)
    tracked: bool | None = None
    tracked_confirmed_by: str | None = Field(default=None, max_length=200)
    tracked_confirmed_on: date | None = None
    tracked_note: str | None = Field(default=None, max_length=1000)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class RecipientInterval(SQLModel, table=True):
    """A span in which a course recipient was in effect: records stored in it are released, the others are legacy."""

    __tablename__ = "recipient_interval"
    __table_args__ = (Index(None, "site_id", "course_recipient_id"),)

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    course_recipient_id: UUID = Field(foreign_key="course_recipient.id")
    added_at: datetime = Field(sa_type=UtcDateTime)
    added_by: str = Field(max_length=120)
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    removed_by: str | None = Field(default=None, max_length=120)
