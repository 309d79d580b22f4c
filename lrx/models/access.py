"""Who may come in: credentials of systems, administrators and their sign-ins; and what they did."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from lrx.models.columns import Json, SequenceNumber, UtcDateTime, words

__all__ = [
    "AccountNames",
    "Administrator",
    "Alert",
    "AuditEntry",
    "Credential",
    "CredentialKind",
    "CredentialMode",
    "IdempotencyKey",
    "SignIn",
]


class CredentialKind(StrEnum):
    """What a credential is for."""

    LMS = "lms"
    RECIPIENT = "recipient"
    API = "api"


class CredentialMode(StrEnum):
    """How statements sent with it are judged."""

    STRICT = "strict"
    LMS = "lms"


class AccountNames(StrEnum):
    """What the account names in an LMS's statements are; recognised on first use."""

    USER_ID = "user_id"
    USERNAME = "username"


class Credential(SQLModel, table=True):
    """A system's way in. It selects the site, so its user name is unique across the network. Only the secret's
    SHA-256 is kept."""

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id", index=True)
    kind: CredentialKind = Field(sa_type=words(CredentialKind))
    name: str = Field(max_length=200)
    username: str = Field(max_length=100, unique=True)
    secret_hash: str = Field(max_length=64)
    mode: CredentialMode = Field(default=CredentialMode.LMS, sa_type=words(CredentialMode))
    account_names: AccountNames | None = Field(default=None, sa_type=words(AccountNames))
    account_names_given: bool = False
    """An administrator said what account names are; else the first one seen did, and others are parked."""
    home_page: str | None = Field(default=None, max_length=300)
    """Where user names are from: the home page seen first."""
    recipient: str | None = Field(default=None, max_length=40)
    scopes: list[str] = Field(default_factory=list, sa_type=Json)
    created_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Administrator(SQLModel, table=True):
    """A person who signs in to the administration pages."""

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id", index=True)
    username: str = Field(max_length=100, unique=True)
    full_name: str = Field(max_length=200)
    password_hash: str = Field(max_length=200)
    language: str | None = Field(default=None, max_length=2)
    scopes: list[str] = Field(default_factory=list, sa_type=Json)
    created_at: datetime = Field(sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SignIn(SQLModel, table=True):
    """One signed-in browser. The cookie holds a random token, the table its SHA-256."""

    __tablename__ = "sign_in"

    token_hash: str = Field(primary_key=True, max_length=64)
    administrator_id: UUID = Field(foreign_key="administrator.id", index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)


class AuditEntry(SQLModel, table=True):
    """One write: who, what, about what, in which request. Ids only, no names and no values."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index(None, "site_id", "seq"),
        Index(None, "site_id", "written_at", "seq"),
        Index(None, "site_id", "subject_kind", "subject_id"),
    )

    seq: int | None = Field(default=None, primary_key=True, sa_type=SequenceNumber)
    site_id: UUID = Field(foreign_key="site.id")
    written_at: datetime = Field(sa_type=UtcDateTime)
    actor: str = Field(max_length=120)
    action: str = Field(max_length=60)
    subject_kind: str = Field(max_length=40)
    subject_id: str = Field(max_length=100)
    request_id: str = Field(max_length=64)
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=Json)


class IdempotencyKey(SQLModel, table=True):
    """The answer kept for an `Idempotency-Key`, so that the same request sent again has no second effect."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("credential_id", "key"), Index(None, "created_at"))

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    credential_id: UUID = Field(foreign_key="credential.id")
    key: str = Field(max_length=255)
    request_hash: str = Field(max_length=64)
    status: int
    body: bytes
    headers: dict[str, str] | None = Field(default=None, sa_type=Json)
    created_at: datetime = Field(sa_type=UtcDateTime)


class Alert(SQLModel, table=True):
    """Something a person must look at, once per incident however often it is seen."""

    __table_args__ = (UniqueConstraint("site_id", "kind", "subject"),)

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    kind: str = Field(max_length=60)
    subject: str = Field(max_length=200)
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    times: int = 1
    raised_at: datetime = Field(sa_type=UtcDateTime)
    last_seen_at: datetime = Field(sa_type=UtcDateTime)
