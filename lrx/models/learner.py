"""Learners, the OCI IDs they hold and held, other names statements know them by, and the history of every change."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from lrx.models.columns import FoldedColumn, OciIdColumn, SequenceNumber, UtcDateTime, words
from lrx.oci_id import OciId

__all__ = ["Identity", "Learner", "LearnerChange", "LearnerOciId", "ProfileField", "RefusedOciId", "VisibleTo"]


class Learner(SQLModel, table=True):
    """A person with records. `home_page` and `lms_user_id` are the identity the LMS gave; both or neither.

    `sort_name` and `email_folded` follow from the names and the e-mail address (`lrx.people.names`).
    """

    __table_args__ = (
        UniqueConstraint("site_id", "home_page", "lms_user_id"),
        UniqueConstraint("site_id", "username"),
        Index(None, "site_id", "updated_at", "id"),
        Index(None, "site_id", "sort_name"),
        Index(None, "site_id", "email_folded"),
        Index(None, "site_id", "idnumber"),
    )

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    home_page: str | None = Field(default=None, max_length=300)
    lms_user_id: str | None = Field(default=None, max_length=100)
    username: str | None = Field(default=None, max_length=100)
    idnumber: str | None = Field(default=None, max_length=255)
    full_name: str | None = Field(default=None, max_length=300)
    given_name: str | None = Field(default=None, max_length=200)
    family_name: str | None = Field(default=None, max_length=200)
    sort_name: str = Field(sa_type=FoldedColumn)
    email: str | None = Field(default=None, max_length=320)
    email_folded: str | None = Field(default=None, max_length=320)
    language: str | None = Field(default=None, max_length=20)
    suspended: bool = False
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class LearnerOciId(SQLModel, table=True):
    """One OCI ID held by one learner from one instant on, perhaps until another. Several at a time are allowed, one
    is primary."""

    __tablename__ = "learner_oci_id"
    __table_args__ = (
        Index(
            "uq_learner_oci_id_held",
            "site_id",
            "learner_id",
            "oci_id",
            unique=True,
            sqlite_where=text("held_until IS NULL"),
            postgresql_where=text("held_until IS NULL"),
        ),
        Index(None, "site_id", "oci_id"),
        Index(None, "site_id", "number"),
    )

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    learner_id: UUID = Field(foreign_key="learner.id", index=True)
    oci_id: OciId = Field(sa_type=OciIdColumn)
    number: str = Field(max_length=40)
    is_primary: bool = True
    held_from: datetime = Field(sa_type=UtcDateTime)
    held_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Identity(SQLModel, table=True):
    """Another name statements know a learner by, given by a person: an e-mail, an account at another home page."""

    __table_args__ = (UniqueConstraint("site_id", "kind", "home_page", "value"),)

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    learner_id: UUID = Field(foreign_key="learner.id", index=True)
    kind: str = Field(max_length=20)
    home_page: str = Field(default="", max_length=300)
    value: str = Field(max_length=320)
    created_at: datetime = Field(sa_type=UtcDateTime)


class LearnerChange(SQLModel, table=True):
    """One change of one field: what it was, what it became, who did it, why, and by which request, upload or
    statement."""

    __tablename__ = "learner_change"
    __table_args__ = (Index(None, "site_id", "learner_id", "seq"),)

    seq: int | None = Field(default=None, primary_key=True, sa_type=SequenceNumber)
    site_id: UUID = Field(foreign_key="site.id")
    learner_id: UUID = Field(foreign_key="learner.id")
    field: str = Field(max_length=40)
    old: str | None = None
    new: str | None = None
    changed_at: datetime = Field(sa_type=UtcDateTime)
    actor: str = Field(max_length=120)
    reason: str | None = Field(default=None, max_length=1000)
    origin: str = Field(max_length=120)


class RefusedOciId(SQLModel, table=True):
    """An OCI ID that an upload gave for a known learner and that was refused: what was typed, why (a code), and what
    was probably meant."""

    __tablename__ = "refused_oci_id"
    __table_args__ = (Index(None, "site_id", "learner_id", "refused_at", "id"),)

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    learner_id: UUID = Field(foreign_key="learner.id")
    typed: str = Field(max_length=200)
    reason: str = Field(max_length=60)
    hint: str | None = Field(default=None, max_length=200)
    origin: str = Field(max_length=120)
    actor: str = Field(max_length=120)
    refused_at: datetime = Field(sa_type=UtcDateTime)


class VisibleTo(StrEnum):
    """Who sees the profile field; the words of the LMS's own form."""

    NOBODY = "nobody"
    USER = "user"
    TEACHERS = "teachers"
    EVERYONE = "everyone"


class ProfileField(SQLModel, table=True):
    """The OCI ID profile field of a site, as an administrator creates it under User profile fields."""

    __tablename__ = "profile_field"
    __table_args__ = (UniqueConstraint("site_id", "shortname"),)

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    shortname: str = Field(default="ociid", max_length=100)
    name: str = Field(default="OCI ID", max_length=200)
    required: bool = False
    is_unique: bool = True
    locked: bool = True
    visible_to: VisibleTo = Field(default=VisibleTo.USER, sa_type=words(VisibleTo))
    created_at: datetime = Field(sa_type=UtcDateTime)
