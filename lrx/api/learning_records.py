"""`/learning-records`: what is kept, where it stands at each recipient; voided, unvoided, promoted."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlmodel import Session, col, select

from lrx import learning_records
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page, PageQuery, after, decode_cursor
from lrx.api.values import RECORDS as TAG
from lrx.api.values import In, Instant, Moment, Out, Reason
from lrx.delivery.voidings import voidings_of
from lrx.models import CHIPS, Amendment, Delivery, LearningRecord, SubjectKind, Voiding
from lrx.source import Source

__all__ = ["OPERATIONS"]


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
    expires_at: Instant | None
    grade: float | None
    external_id: str | None
    statement_seq: int | None
    mandatory: list[dict[str, Any]]
    """The course's mandatory activities as they stood when it was recorded."""
    voided: bool


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


class VoidingPublic(Out):
    """A record was voided or unvoided."""

    voided: bool
    actor: str
    reason: str
    voided_at: Instant


class DeliveryPublic(Out):
    """Where the record stands at one recipient.

    The reporting period and the expiry are no part of `status`: they change by themselves and are judged when the
    recipient asks. A record that is `offered` may be outside them, or one of its mandatory activities may be; the
    page of the course shows the whole verdict.
    """

    id: UUID
    recipient: str
    status: str
    chip: str
    reason: str | None
    """The check that holds or excludes it."""
    delivered_at: Instant | None
    changed_at: Instant


class LearningRecordFull(LearningRecordPublic):
    """A record with all that happened to it."""

    amendments: list[AmendmentPublic]
    voidings: list[VoidingPublic]
    deliveries: list[DeliveryPublic]


class RecordPath(In):
    """Which record."""

    record_id: UUID


class AmendmentPath(In):
    """Which amendment of which record."""

    record_id: UUID
    amendment_id: UUID


class RecordQuery(PageQuery):
    """Filters of records; each given one must hold."""

    learner_id: UUID | None = None
    course_id: UUID | None = None
    activity_id: UUID | None = None
    source: Source | None = None
    recorded_from: Moment | None = None
    recorded_before: Moment | None = None


class Because(In):
    """Why."""

    reason: Reason


@operation("GET", "/learning-records", permission="records:read", summary="List learning records", tag=TAG)
def list_records(call: Call, query: RecordQuery, session: Session) -> Page[LearningRecordPublic]:
    """Oldest recorded first, by the time the claim reached us.

    A statement that was set aside keeps that time: the record made of it later stands among those of its day, behind a
    cursor that has passed. Whoever copies records by cursor therefore reads the list again from its beginning now and
    then; what was read before has the same id.
    """
    statement = select(LearningRecord).where(LearningRecord.site_id == call.act.site_id)
    for name in ("learner_id", "course_id", "activity_id", "source"):
        wanted = getattr(query, name)
        if wanted is not None:
            statement = statement.where(getattr(LearningRecord, name) == wanted)
    if query.recorded_from is not None:
        statement = statement.where(LearningRecord.recorded_at >= query.recorded_from)
    if query.recorded_before is not None:
        statement = statement.where(LearningRecord.recorded_at < query.recorded_before)
    place = decode_cursor("learning-records", query.cursor, (datetime, UUID))
    columns = [col(LearningRecord.recorded_at), col(LearningRecord.id)]
    rows = session.exec(after(statement, columns, place, descending=False).limit(query.limit + 1)).all()
    voidings = voidings_of(session, call.act.site_id, [row.id for row in rows])
    return Page[LearningRecordPublic].cut(
        "learning-records",
        rows,
        query.limit,
        key=lambda row: [row.recorded_at, row.id],
        show=lambda row: LearningRecordPublic.model_validate(_fields(row, voidings)),
    )


@operation(
    "GET",
    "/learning-records/{record_id}",
    permission="records:read",
    summary="Show a learning record",
    tag=TAG,
    errors=(learning_records.UnknownRecord,),
)
def get_record(call: Call, path: RecordPath, session: Session) -> LearningRecordFull:
    """With its amendments, its voidings, and where it stands at each recipient."""
    return _full(call, session, path.record_id)


@operation(
    "POST",
    "/learning-records/{record_id}/void",
    permission="records:void",
    summary="Void a record",
    tag=TAG,
    errors=(learning_records.UnknownRecord, learning_records.AlreadySo),
    examples={"a reason": {"reason": "Completed by the wrong person"}},
)
def void_record(call: Call, path: RecordPath, body: Because, session: Session) -> LearningRecordFull:
    """A recipient that asks never gets it again, until it is unvoided. The history stays."""
    return _set_voided(call, session, path.record_id, voided=True, reason=body.reason)


@operation(
    "POST",
    "/learning-records/{record_id}/unvoid",
    permission="records:void",
    summary="Unvoid a record",
    tag=TAG,
    errors=(learning_records.UnknownRecord, learning_records.AlreadySo),
    examples={"a reason": {"reason": "Voided by mistake"}},
)
def unvoid_record(call: Call, path: RecordPath, body: Because, session: Session) -> LearningRecordFull:
    """It is released again as it was."""
    return _set_voided(call, session, path.record_id, voided=False, reason=body.reason)


@operation(
    "POST",
    "/learning-records/{record_id}/amendments/{amendment_id}/promote",
    permission="records:void",
    summary="Make a record of an amendment",
    tag=TAG,
    status=201,
    errors=(learning_records.UnknownRecord, learning_records.UnknownAmendment, learning_records.AlreadySo),
    examples={"a reason": {"reason": "Repeated on request"}},
)
def promote_amendment(call: Call, path: AmendmentPath, body: Because, session: Session) -> LearningRecordFull:
    """For a repeat that was a real one. Returns the new record."""
    record_ = learning_records.record_by_id(session, call.act, path.record_id)
    promoted = learning_records.promote(
        session, call.act, call.exchange.recipients, record_, path.amendment_id, reason=body.reason
    )
    return _full(call, session, promoted.record_id)


def _set_voided(call: Call, session: Session, record_id: UUID, *, voided: bool, reason: str) -> LearningRecordFull:
    found = learning_records.record_by_id(session, call.act, record_id)
    learning_records.set_voided(session, call.act, call.exchange.recipients, found, voided=voided, reason=reason)
    return _full(call, session, record_id)


def _fields(row: LearningRecord, voidings: dict[UUID, Voiding]) -> dict[str, Any]:
    voiding = voidings.get(row.id)
    return {**row.model_dump(exclude={"site_id", "claim_key"}), "voided": voiding is not None and voiding.voided}


def _full(call: Call, session: Session, record_id: UUID) -> LearningRecordFull:
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
        **_fields(row, voidings_of(session, call.act.site_id, [row.id])),
        amendments=[AmendmentPublic.model_validate(one.model_dump()) for one in amendments],
        voidings=[VoidingPublic.model_validate(one.model_dump()) for one in voidings],
        deliveries=[_delivery(one) for one in deliveries],
    )


def _delivery(delivery: Delivery) -> DeliveryPublic:
    return DeliveryPublic(
        id=delivery.id,
        recipient=delivery.recipient,
        status=delivery.status.value,
        chip=CHIPS[delivery.status].value,
        reason=delivery.reason,
        delivered_at=delivery.delivered_at,
        changed_at=delivery.changed_at,
    )


OPERATIONS = (
    list_records,
    get_record,
    void_record,
    unvoid_record,
    promote_amendment,
)
