"""What administrators do to a record, each with a reason: void it, let it expire, take either back, promote an
amendment."""

from uuid import UUID

from sqlmodel import Session

from lrx import learning_records
from lrx.api.learning_records import LearningRecordFull, RecordPath, full_record, get_record
from lrx.api.operation import Call, operation
from lrx.api.values import RECORDS as TAG
from lrx.api.values import In, Reason

__all__ = ["OPERATIONS"]


class AmendmentPath(In):
    """Which amendment of which record."""

    record_id: UUID
    amendment_id: UUID


class Because(In):
    """Why."""

    reason: Reason


@operation(
    "POST",
    "/learning-records/{record_id}/void",
    permission="records:void",
    summary="Void a record",
    tag=TAG,
    guards=get_record,
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
    guards=get_record,
    errors=(learning_records.UnknownRecord, learning_records.AlreadySo),
    examples={"a reason": {"reason": "Voided by mistake"}},
)
def unvoid_record(call: Call, path: RecordPath, body: Because, session: Session) -> LearningRecordFull:
    """It is released again as it was."""
    return _set_voided(call, session, path.record_id, voided=False, reason=body.reason)


@operation(
    "POST",
    "/learning-records/{record_id}/expire",
    permission="records:void",
    summary="Let a record expire now",
    tag=TAG,
    guards=get_record,
    errors=(learning_records.UnknownRecord, learning_records.AlreadySo),
    examples={"a reason": {"reason": "The law has changed: to be repeated"}},
)
def expire_record(call: Call, path: RecordPath, body: Because, session: Session) -> LearningRecordFull:
    """Whatever its own expiry: a recipient that asks never gets it again, until the expiration is taken back. What the
    learner completes from now on is a new record."""
    return _set_expired(call, session, path.record_id, expired=True, reason=body.reason)


@operation(
    "POST",
    "/learning-records/{record_id}/unexpire",
    permission="records:void",
    summary="Take back that a record was let expire",
    tag=TAG,
    guards=get_record,
    errors=(learning_records.UnknownRecord, learning_records.AlreadySo),
    examples={"a reason": {"reason": "Expired by mistake"}},
)
def unexpire_record(call: Call, path: RecordPath, body: Because, session: Session) -> LearningRecordFull:
    """Its own expiry holds again, and it is released again as it was."""
    return _set_expired(call, session, path.record_id, expired=False, reason=body.reason)


@operation(
    "POST",
    "/learning-records/{record_id}/amendments/{amendment_id}/promote",
    permission="records:void",
    summary="Make a record of an amendment",
    tag=TAG,
    status=201,
    guards=get_record,
    creates=get_record,
    errors=(learning_records.UnknownRecord, learning_records.UnknownAmendment, learning_records.AlreadySo),
    examples={"a reason": {"reason": "Repeated on request"}},
)
def promote_amendment(call: Call, path: AmendmentPath, body: Because, session: Session) -> LearningRecordFull:
    """For a repeat that was a real one. Returns the new record."""
    record_ = learning_records.record_by_id(session, call.act, path.record_id)
    promoted = learning_records.promote(
        session, call.act, call.exchange.recipients, record_, path.amendment_id, reason=body.reason
    )
    return full_record(call, session, promoted.record_id)


def _set_voided(call: Call, session: Session, record_id: UUID, *, voided: bool, reason: str) -> LearningRecordFull:
    found = learning_records.record_by_id(session, call.act, record_id)
    learning_records.set_voided(session, call.act, call.exchange.recipients, found, voided=voided, reason=reason)
    return full_record(call, session, record_id)


def _set_expired(call: Call, session: Session, record_id: UUID, *, expired: bool, reason: str) -> LearningRecordFull:
    found = learning_records.record_by_id(session, call.act, record_id)
    learning_records.set_expired(session, call.act, call.exchange.recipients, found, expired=expired, reason=reason)
    return full_record(call, session, record_id)


OPERATIONS = (void_record, unvoid_record, expire_record, unexpire_record, promote_amendment)
