"""`/learning-records`: what is kept, what was done to it, and where it stands at each recipient."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lrx import learning_records
from lrx.access import Act
from lrx.api.deliveries import DeliveryPublic, show_delivery
from lrx.api.expirations import ExpirationPublic, show_expiration
from lrx.api.listing import Filter, Listing, ListQuery, Sort, equal, one_of, present, within
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.search import Search
from lrx.api.values import RECORDS as TAG
from lrx.api.values import In, Instant, Out
from lrx.api.voidings import VoidingPublic, show_voiding
from lrx.delivery.expirations import expired_among
from lrx.delivery.voidings import voided_among, voided_now
from lrx.models import Amendment, Delivery, Expiration, LearningRecord, SubjectKind, Voiding
from lrx.people.search import said_like
from lrx.source import Source

__all__ = ["OPERATIONS", "LearningRecordFull", "RecordPath", "full_record", "get_record"]


class LearningRecordPublic(Out):
    """The proof that a learner completed a course or an activity. It never changes."""

    object: Literal["learning_record"] = "learning_record"
    id: UUID
    learner_id: UUID
    course_id: UUID
    activity_id: UUID | None
    source: Source
    completed_at: Instant
    recorded_at: Instant
    """When its claim reached us."""
    stored_at: Instant
    """When the record itself was stored: later, where its statement was parked or set aside."""
    expires_at: Instant | None
    grade: float | None
    external_id: str | None
    statement_seq: int | None
    mandatory: list[dict[str, Any]]
    """The course's mandatory activities as they stood when it was recorded."""
    voided: bool
    expired_by_administrator: bool
    """An administrator let it expire: it is shown to nobody, whatever `expires_at` says."""


class AmendmentPublic(Out):
    """A later claim in the cycle of a record that stands."""

    id: UUID
    completed_at: Instant
    recorded_at: Instant
    grade: float | None
    external_id: str | None
    statement_seq: int | None
    promoted_record_id: UUID | None
    promoted_because: str | None


class LearningRecordFull(LearningRecordPublic):
    """A record with all that happened to it."""

    amendments: list[AmendmentPublic]
    voidings: list[VoidingPublic]
    expirations: list[ExpirationPublic]
    deliveries: list[DeliveryPublic]


class RecordPath(In):
    """Which record."""

    record_id: UUID


def _of_learners(act: Act, typed: str) -> "sa.ColumnElement[bool]":
    return col(LearningRecord.learner_id).in_(said_like(act.site_id, typed))


RECORDS = Listing[LearningRecord](
    "learning-records",
    col(LearningRecord.id),
    default="recorded_at",
    sorts={
        "recorded_at": Sort(col(LearningRecord.recorded_at), datetime),
        "stored_at": Sort(col(LearningRecord.stored_at), datetime),
        "completed_at": Sort(col(LearningRecord.completed_at), datetime),
        "expires_at": Sort(col(LearningRecord.expires_at), datetime, nullable=True),
    },
    filters=(
        one_of("id", col(LearningRecord.id), UUID),
        one_of("learner_id", col(LearningRecord.learner_id), UUID),
        one_of("course_id", col(LearningRecord.course_id), UUID),
        one_of("activity_id", col(LearningRecord.activity_id), UUID),
        present("is_of_activity", col(LearningRecord.activity_id), "Of an activity (true), or of a whole course."),
        one_of("source", col(LearningRecord.source), Source),
        equal("external_id", col(LearningRecord.external_id)),
        Filter("voided", bool, lambda _act, value: voided_now() == (sa.true() if value else sa.false())),
        Filter("q", Search, _of_learners, "Words of the learner's name or user name, or parts of an OCI ID."),
        *within("completed_at", col(LearningRecord.completed_at)),
        *within("recorded_at", col(LearningRecord.recorded_at)),
        *within("stored_at", col(LearningRecord.stored_at)),
        *within("expires_at", col(LearningRecord.expires_at)),
    ),
    synced="stored_at",
)


@operation(
    "GET",
    "/learning-records",
    permission="records:read",
    summary="List learning records",
    tag=TAG,
    listing=RECORDS,
)
def list_records(call: Call, query: ListQuery, session: Session) -> Page[LearningRecordPublic]:
    """Oldest recorded first, by the time the claim reached us. Whoever copies records sorts by `stored_at`, and asks
    for what changed of them at `/voidings` and `/expirations`."""

    def shown(rows: Sequence[LearningRecord]) -> list[LearningRecordPublic]:
        withdrawn = _withdrawn(session, call, [row.id for row in rows])
        return [LearningRecordPublic.model_validate(_fields(row, withdrawn)) for row in rows]

    statement = select(LearningRecord).where(LearningRecord.site_id == call.act.site_id)
    return RECORDS.page(Page[LearningRecordPublic], session, call.act, query, statement, shown)


@operation(
    "GET",
    "/learning-records/{record_id}",
    permission="records:read",
    summary="Show a learning record",
    tag=TAG,
    errors=(learning_records.UnknownRecord,),
    rows=lambda act, path: select(LearningRecord.id).where(
        LearningRecord.site_id == act.site_id, LearningRecord.id == path.record_id
    ),
)
def get_record(call: Call, path: RecordPath, session: Session) -> LearningRecordFull:
    """With its amendments, its voidings and expirations, and where it stands at each recipient."""
    return full_record(call, session, path.record_id)


class _Withdrawn(NamedTuple):
    """Which records are voided now, and which an administrator has let expire."""

    voided: Collection[UUID]
    expired: Collection[UUID]


def _withdrawn(session: Session, call: Call, record_ids: Sequence[UUID]) -> _Withdrawn:
    site_id = call.act.site_id
    return _Withdrawn(voided_among(session, site_id, record_ids), expired_among(session, site_id, record_ids))


def _fields(row: LearningRecord, withdrawn: _Withdrawn) -> dict[str, Any]:
    return {
        **row.model_dump(exclude={"site_id", "claim_key"}),
        "voided": row.id in withdrawn.voided,
        "expired_by_administrator": row.id in withdrawn.expired,
    }


def full_record(call: Call, session: Session, record_id: UUID) -> LearningRecordFull:
    """The record with all that happened to it. Raises `UnknownRecord`."""
    row = learning_records.record_by_id(session, call.act, record_id)
    amendments = session.exec(
        select(Amendment)
        .where(Amendment.site_id == call.act.site_id, Amendment.record_id == row.id)
        .order_by(col(Amendment.recorded_at), col(Amendment.id))
    )
    voidings = session.exec(
        select(Voiding)
        .where(Voiding.site_id == call.act.site_id, Voiding.record_id == row.id)
        .order_by(col(Voiding.seq))
    )
    expirations = session.exec(
        select(Expiration)
        .where(Expiration.site_id == call.act.site_id, Expiration.record_id == row.id)
        .order_by(col(Expiration.seq))
    )
    deliveries = session.exec(
        select(Delivery)
        .where(
            Delivery.site_id == call.act.site_id,
            Delivery.subject_kind == SubjectKind.RECORD,
            Delivery.subject_id == row.id,
        )
        .order_by(col(Delivery.recipient))
        .execution_options(populate_existing=True)
    )
    return LearningRecordFull(
        **_fields(row, _withdrawn(session, call, [row.id])),
        amendments=[AmendmentPublic.model_validate(one.model_dump()) for one in amendments],
        voidings=[show_voiding(one) for one in voidings],
        expirations=[show_expiration(one) for one in expirations],
        deliveries=[show_delivery(one) for one in deliveries],
    )


OPERATIONS = (list_records, get_record)
