"""A site: one learning environment. A new installation makes one by itself."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from lrx.models.columns import UtcDateTime

__all__ = ["Site"]


class Site(SQLModel, table=True):
    """One hospital's LMS. Everything else belongs to exactly one site; the OCI ID alone is global.

    `tells_completions`: other sites of the network may be told that this one has an eligible record for an OCI ID, and
    nothing else of it.
    """

    id: UUID = Field(primary_key=True)
    code: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=200)
    time_zone: str = Field(max_length=60)
    language: str = Field(max_length=2, default="en")
    created_at: datetime = Field(sa_type=UtcDateTime)
    tells_completions: bool = False
