"""What was set, version by version, so that a question about the past is answered with the settings of that day."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from lrx.models.columns import Json, SequenceNumber, UtcDateTime, words

__all__ = ["SettingsOf", "SettingsVersion"]


class SettingsOf(StrEnum):
    """What has settings whose versions are kept."""

    SITE_RECIPIENT = "site_recipient"
    COURSE_RECIPIENT = "course_recipient"
    COURSE = "course"


class SettingsVersion(SQLModel, table=True):
    """The whole set of values of one subject after one change. The latest one at an instant held then; credentials
    are never among the values."""

    __tablename__ = "settings_version"
    __table_args__ = (
        # A name of its own: made of the columns it would be longer than PostgreSQL allows.
        Index("ix_settings_version_as_of", "site_id", "subject_kind", "subject_id", "changed_at", "seq"),
        Index(None, "site_id", "changed_at", "seq"),
    )

    seq: int | None = Field(default=None, primary_key=True, sa_type=SequenceNumber)
    site_id: UUID = Field(foreign_key="site.id")
    subject_kind: SettingsOf = Field(sa_type=words(SettingsOf))
    subject_id: UUID
    values: dict[str, Any] = Field(sa_type=Json)
    changed_at: datetime = Field(sa_type=UtcDateTime)
    actor: str = Field(max_length=120)
