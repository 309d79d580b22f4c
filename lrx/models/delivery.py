"""Deliveries: one subject owed to one recipient, and the words for where it stands."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from lrx.models.columns import Json, UtcDateTime, words

__all__ = ["CHIPS", "Chip", "Delivery", "DeliveryStatus", "Operation", "SubjectKind"]


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    EXCLUDED = "excluded"  # the checks said no for good, and the check is kept
    PENDING = "pending"  # owed, due at `due_at`
    OFFERED = "offered"  # waits for the recipient to ask
    SENDING = "sending"  # claimed by a worker until `claimed_until`
    SUBMITTED = "submitted"  # handed over, they have not decided
    HELD = "held"  # waits for a person
    DELIVERED = "delivered"  # accepted, or answered in a pull
    DEAD = "dead"  # given up, can be replayed
    WITHDRAWN = "withdrawn"  # the record is voided, or an administrator let it expire


class Chip(StrEnum):
    """What people see of a status."""

    DELIVERED = "delivered"
    WAITING = "waiting"
    RETRYING = "retrying"
    NEEDS_ACTION = "needs_action"
    NOT_SENT = "not_sent"


CHIPS: dict[DeliveryStatus, Chip] = {
    DeliveryStatus.DELIVERED: Chip.DELIVERED,
    DeliveryStatus.PENDING: Chip.WAITING,  # Chip.RETRYING after a first attempt
    DeliveryStatus.OFFERED: Chip.WAITING,
    DeliveryStatus.SENDING: Chip.WAITING,
    DeliveryStatus.SUBMITTED: Chip.WAITING,
    DeliveryStatus.HELD: Chip.NEEDS_ACTION,
    DeliveryStatus.DEAD: Chip.NEEDS_ACTION,
    DeliveryStatus.EXCLUDED: Chip.NOT_SENT,
    DeliveryStatus.WITHDRAWN: Chip.NOT_SENT,
}


class SubjectKind(StrEnum):
    """What a delivery is about."""

    RECORD = "record"
    COURSE = "course"


class Operation(StrEnum):
    """What the recipient is asked to do with the subject."""

    ADD = "add"
    UPDATE = "update"
    DELETE = "delete"


class Delivery(SQLModel, table=True):
    """One subject owed to one recipient. Its key makes owing the same thing twice impossible."""

    __table_args__ = (
        UniqueConstraint("site_id", "recipient", "subject_kind", "subject_id", "revision", "operation"),
        # All that is asked of it when a recipient asks for a learner: the rows themselves are not read.
        Index(
            "ix_delivery_of_learner",
            *("site_id", "learner_id", "recipient"),
            *("subject_kind", "status", "subject_id"),
        ),
        Index(None, "site_id", "course_id", "recipient", "status"),
        Index(None, "site_id", "changed_at", "id"),
        Index(None, "recipient", "status", "due_at"),
    )

    id: UUID = Field(primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    recipient: str = Field(max_length=40)
    subject_kind: SubjectKind = Field(sa_type=words(SubjectKind))
    subject_id: UUID
    revision: int = 1
    operation: Operation = Field(default=Operation.ADD, sa_type=words(Operation))
    course_id: UUID = Field(foreign_key="course.id")
    learner_id: UUID | None = Field(default=None, foreign_key="learner.id")
    status: DeliveryStatus = Field(sa_type=words(DeliveryStatus))
    reason: str | None = Field(default=None, max_length=60)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    claimed_by: str | None = Field(default=None, max_length=120)
    claimed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
    receipt: dict[str, Any] | None = Field(default=None, sa_type=Json)
    delivered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)
