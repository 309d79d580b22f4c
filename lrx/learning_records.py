"""What an administrator does to records: void, let expire, take either back, promote an amendment. Each is a fact with
actor and reason."""

from collections.abc import Mapping
from uuid import UUID

from sqlmodel import Session, select

from lrx import audit
from lrx.access import Act
from lrx.delivery.expirations import expired_among
from lrx.delivery.outbox import lock_learner, reconsider
from lrx.delivery.voidings import voided_among
from lrx.errors import Conflict, NotFound
from lrx.ingest.completion import Completion
from lrx.ingest.recorder import Recorded, open_record
from lrx.models import Amendment, Expiration, LearningRecord, Voiding
from lrx.recipient import Recipient
from lrx.text import text

__all__ = ["AlreadySo", "UnknownAmendment", "UnknownRecord", "promote", "record_by_id", "set_expired", "set_voided"]


class UnknownRecord(NotFound):
    """The site has no such learning record."""

    code = "learning_record_unknown"


class UnknownAmendment(NotFound):
    """The record has no such amendment."""

    code = "amendment_unknown"


class AlreadySo(Conflict):
    """The record is already voided or expired by an administrator, or is not, or the amendment is already promoted."""

    code = "already_so"


def record_by_id(session: Session, act: Act, record_id: UUID) -> LearningRecord:
    """Return the record. Raises `UnknownRecord`, for one of another site too."""
    record = session.exec(
        select(LearningRecord).where(LearningRecord.site_id == act.site_id, LearningRecord.id == record_id)
    ).first()
    if record is None:
        raise UnknownRecord(text("There is no learning record {id} at this site.", id=str(record_id)))
    return record


def set_voided(
    session: Session,
    act: Act,
    recipients: Mapping[str, Recipient],
    record: LearningRecord,
    *,
    voided: bool,
    reason: str,
) -> Voiding:
    """Void or unvoid the record. Pull recipients see the change at their next question. Raises `AlreadySo`."""
    lock_learner(session, record.learner_id)
    if (record.id in voided_among(session, act.site_id, [record.id])) == voided:
        raise AlreadySo(text("The record is already voided.") if voided else text("The record is not voided."))
    voiding = Voiding(
        site_id=act.site_id, record_id=record.id, voided=voided, actor=act.actor, reason=reason, voided_at=act.at
    )
    session.add(voiding)
    session.flush()
    audit.keep(session, act, "void" if voided else "unvoid", "learning_record", record.id)
    reconsider(session, act, recipients, learner_id=record.learner_id, course_id=record.course_id)
    return voiding


def set_expired(
    session: Session,
    act: Act,
    recipients: Mapping[str, Recipient],
    record: LearningRecord,
    *,
    expired: bool,
    reason: str,
) -> Expiration:
    """Let the record expire now, whatever its own expiry, or take that back. Pull recipients see the change at their
    next question, and what the learner completes from now on is a new record. Raises `AlreadySo`."""
    lock_learner(session, record.learner_id)
    if (record.id in expired_among(session, act.site_id, [record.id])) == expired:
        raise AlreadySo(
            text("An administrator has already let the record expire.")
            if expired
            else text("No administrator has let the record expire.")
        )
    expiration = Expiration(
        site_id=act.site_id, record_id=record.id, expired=expired, reason=reason, actor=act.actor, expired_at=act.at
    )
    session.add(expiration)
    session.flush()
    audit.keep(session, act, "expire" if expired else "unexpire", "learning_record", record.id)
    reconsider(session, act, recipients, learner_id=record.learner_id, course_id=record.course_id)
    return expiration


def promote(
    session: Session,
    act: Act,
    recipients: Mapping[str, Recipient],
    record: LearningRecord,
    amendment_id: UUID,
    *,
    reason: str,
) -> Recorded:
    """Make a learning record of an amendment, with a reason. Raises `UnknownAmendment`, `AlreadySo`."""
    lock_learner(session, record.learner_id)
    amendment = session.exec(
        select(Amendment).where(
            Amendment.site_id == act.site_id, Amendment.record_id == record.id, Amendment.id == amendment_id
        )
    ).first()
    if amendment is None:
        raise UnknownAmendment(text("The record has no amendment {id}.", id=str(amendment_id)))
    if amendment.promoted_record_id is not None:
        raise AlreadySo(text("The amendment is already a record: {id}.", id=str(amendment.promoted_record_id)))
    completion = Completion(
        learner_id=record.learner_id,
        course_id=record.course_id,
        activity_id=record.activity_id,
        source=record.source,
        completed_at=amendment.completed_at,
        recorded_at=amendment.recorded_at,
        grade=amendment.grade,
        statement_seq=amendment.statement_seq,
    )
    promoted = open_record(session, act, recipients, completion)
    amendment.promoted_record_id = promoted.record_id
    amendment.promoted_because = reason
    session.add(amendment)
    session.flush()
    audit.keep(session, act, "promote", "amendment", amendment.id, record_id=str(promoted.record_id))
    return promoted
