"""Inquiries: every question of a pull recipient and what we answered. This is the disclosure log."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from lrx.models.columns import Json, OciIdColumn, UtcDateTime, words
from lrx.oci_id import OciId
from lrx.recipient import Outcome

__all__ = ["Inquiry"]


class Inquiry(SQLModel, table=True):
    """One question about one person: who asked, what, what was answered, what matched, how long it took."""

    __table_args__ = (
        Index(None, "site_id", "asked_at", "id"),
        Index(None, "site_id", "recipient", "asked_at"),
        Index(None, "site_id", "outcome", "asked_at"),
        Index(None, "site_id", "learner_id", "asked_at"),
        Index(None, "site_id", "oci_id", "asked_at"),
    )

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    recipient: str = Field(max_length=40)
    credential_id: UUID = Field(foreign_key="credential.id")
    request_id: str = Field(max_length=64)
    asked_at: datetime = Field(sa_type=UtcDateTime)
    asked: str = Field(max_length=200)
    oci_id: OciId | None = Field(default=None, sa_type=OciIdColumn)
    course: str | None = Field(default=None, max_length=1000)
    completed_from: date | None = None
    completed_to: date | None = None
    outcome: Outcome = Field(sa_type=words(Outcome))
    code: str | None = Field(default=None, max_length=40)
    learner_id: UUID | None = Field(default=None, foreign_key="learner.id")
    record_ids: list[str] = Field(default_factory=list, sa_type=Json)
    duration_us: int = 0
