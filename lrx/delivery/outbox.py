"""Deliveries owed, held and released. `reconsider` is the only way into the outbox and the only way back.

Whoever changes a fact (a record, a voiding, an OCI ID, a course's recipients) calls it in the same transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlmodel import Session, col, select

from lrx.access import Act
from lrx.database import insert_new, pieces
from lrx.delivery.proofs import proof
from lrx.delivery.voidings import voided_among
from lrx.eligibility import Facts, Interval, decide
from lrx.models import (
    Activity,
    Course,
    CourseRecipient,
    Delivery,
    DeliveryStatus,
    Learner,
    LearnerOciId,
    LearningRecord,
    Operation,
    RecipientInterval,
    SiteRecipient,
    SubjectKind,
)
from lrx.oci_id import OciId
from lrx.recipient import PullRecipient, Recipient
from lrx.source import SENT_SOURCES
from lrx.tables import table

__all__ = [
    "held_oci_ids",
    "intervals_of",
    "is_enabled",
    "lock_learner",
    "lock_learners",
    "reconsider",
    "reconsider_learner",
    "site_settings",
]

# What is on its way or was handed over does not go back by itself; only voiding withdraws it.
SETTLED = frozenset({DeliveryStatus.DELIVERED, DeliveryStatus.SENDING, DeliveryStatus.SUBMITTED, DeliveryStatus.DEAD})


def lock_learner(session: Session, learner_id: UUID) -> None:
    """Let nobody else record for this learner until the transaction ends (SQLite has one writer anyway)."""
    session.connection().execute(select(Learner.id).where(Learner.id == learner_id).with_for_update())


def lock_learners(session: Session, learner_ids: Collection[UUID]) -> None:
    """Lock several learners as `lock_learner` does, always in the same order."""
    for some in pieces(sorted(learner_ids)):
        ordered = select(Learner.id).where(col(Learner.id).in_(some)).order_by(col(Learner.id))
        session.connection().execute(ordered.with_for_update())


def reconsider_learner(session: Session, act: Act, recipients: Mapping[str, Recipient], learner_id: UUID) -> int:
    """Run the checks again over all the learner's records; returns how many deliveries moved."""
    courses = select(LearningRecord.course_id).where(
        LearningRecord.site_id == act.site_id, LearningRecord.learner_id == learner_id
    )
    return sum(
        reconsider(session, act, recipients, learner_id=learner_id, course_id=course_id)
        for course_id in session.exec(courses.distinct()).all()
    )


def reconsider(
    session: Session, act: Act, recipients: Mapping[str, Recipient], *, learner_id: UUID, course_id: UUID
) -> int:
    """Run the checks over the learner's records in one course and move each delivery to where it now stands.

    Returns how many deliveries were made or moved.
    """
    links = session.exec(
        select(CourseRecipient).where(CourseRecipient.site_id == act.site_id, CourseRecipient.course_id == course_id)
    ).all()
    links = [link for link in links if link.recipient in recipients]
    if not links:
        return 0
    case = _Case(session, act, learner_id, course_id)
    intervals = intervals_of(session, act.site_id, [link.id for link in links])
    return sum(_settle(session, act, case, recipients[link.recipient], intervals.get(link.id, ())) for link in links)


class _Case:
    """All that is known of one learner in one course, read once."""

    def __init__(self, session: Session, act: Act, learner_id: UUID, course_id: UUID) -> None:
        self.learner_id = learner_id
        self.course = session.get_one(Course, course_id)
        self.records = session.exec(
            select(LearningRecord).where(
                LearningRecord.site_id == act.site_id,
                LearningRecord.learner_id == learner_id,
                LearningRecord.course_id == course_id,
            )
        ).all()
        self.voided = voided_among(session, act.site_id, [record.id for record in self.records])
        self.oci_ids = held_oci_ids(session, act.site_id, [learner_id]).get(learner_id, ())
        seen = {record.activity_id for record in self.records if record.activity_id}
        self.activities = {
            activity.id: activity for activity in session.exec(select(Activity).where(col(Activity.id).in_(seen)))
        }

    def missing(self, record: LearningRecord, intervals: Sequence[Interval]) -> tuple[str, ...]:
        """Names of the activities that were mandatory when the record was kept and of which the recipient gets none."""
        done = {
            str(one.activity_id)
            for one in self.records
            if one.source in SENT_SOURCES
            and one.id not in self.voided
            and any(interval.contains(one.recorded_at) for interval in intervals)
        }
        return tuple(activity["full_name"] for activity in record.mandatory if activity["id"] not in done)


def _settle(session: Session, act: Act, case: _Case, recipient: Recipient, intervals: Sequence[Interval]) -> int:
    settings = site_settings(session, act.site_id, recipient)
    deliveries = _standing(session, act, case, recipient)
    is_pull = isinstance(recipient, PullRecipient)
    open_status = DeliveryStatus.OFFERED if is_pull else DeliveryStatus.PENDING
    moved = 0
    for record in case.records:
        facts = Facts(
            source=record.source,
            recorded_at=record.recorded_at,
            voided=record.id in case.voided,
            missing_activities=case.missing(record, intervals),
            oci_ids=case.oci_ids,
            intervals=tuple(intervals),
            objections=tuple(
                recipient.objections(proof(record, case.course, case.activities, case.oci_ids, act.zone), settings)
            ),
        )
        status, reason = decide(facts, open_status)
        standing = deliveries.get(record.id)
        if standing is None:
            moved += _owe(session, act, case, recipient, record.id, status, reason)
        else:
            moved += _move(session, act, standing, status, reason)
    return moved


class _Standing(NamedTuple):
    """A delivery already there, and where it stands."""

    id: UUID
    subject_id: UUID
    status: DeliveryStatus
    reason: str | None


def _standing(session: Session, act: Act, case: _Case, recipient: Recipient) -> dict[UUID, _Standing]:
    rows = table(Delivery).c
    found = session.connection().execute(
        sa.select(rows.id, rows.subject_id, rows.status, rows.reason).where(
            rows.site_id == act.site_id,
            rows.recipient == recipient.code,
            rows.learner_id == case.learner_id,
            rows.course_id == case.course.id,
            rows.subject_kind == SubjectKind.RECORD,
        )
    )
    return {row.subject_id: _Standing(*row) for row in found}


def _moves(standing: _Standing, status: DeliveryStatus, reason: str | None) -> bool:
    if standing.status in SETTLED and status is not DeliveryStatus.WITHDRAWN:
        return False
    return (standing.status, standing.reason) != (status, reason)


def _move(session: Session, act: Act, standing: _Standing, status: DeliveryStatus, reason: str | None) -> bool:
    """Move the delivery from where it was read to stand, if it moves from there; returns whether it moved.

    An answer given in the meantime may have marked it delivered: then it is judged once more, from there.
    """
    rows = table(Delivery)
    changes: dict[str, Any] = {"status": status, "reason": reason, "changed_at": act.at}
    changes["due_at"] = act.at if status is DeliveryStatus.PENDING else None
    seen: _Standing | None = standing
    for _ in range(2):
        if seen is None or not _moves(seen, status, reason):
            return False
        here = (rows.c.id == seen.id, rows.c.status == seen.status)
        if session.connection().execute(sa.update(rows).where(*here).values(changes)).rowcount:
            return True
        now = sa.select(rows.c.id, rows.c.subject_id, rows.c.status, rows.c.reason).where(rows.c.id == seen.id)
        found = session.connection().execute(now).first()
        seen = _Standing(*found) if found else None
    return False


def _owe(
    session: Session,
    act: Act,
    case: _Case,
    recipient: Recipient,
    record_id: UUID,
    status: DeliveryStatus,
    reason: str | None,
) -> int:
    row = {
        "id": act.new_id(),
        "site_id": act.site_id,
        "recipient": recipient.code,
        "subject_kind": SubjectKind.RECORD,
        "subject_id": record_id,
        "revision": 1,
        "operation": Operation.ADD,
        "course_id": case.course.id,
        "learner_id": case.learner_id,
        "status": status,
        "reason": reason,
        "due_at": act.at if status is DeliveryStatus.PENDING else None,
        "attempts": 0,
        "created_at": act.at,
        "changed_at": act.at,
    }
    return len(insert_new(session, table(Delivery), [row], ["id"]))


def held_oci_ids(session: Session, site_id: UUID, learner_ids: Sequence[UUID]) -> dict[UUID, tuple[OciId, ...]]:
    """Return the OCI IDs each learner holds now, the primary one first."""
    found: dict[UUID, tuple[OciId, ...]] = {}
    for some in pieces(learner_ids):
        held = session.exec(
            select(LearnerOciId)
            .where(
                LearnerOciId.site_id == site_id,
                col(LearnerOciId.learner_id).in_(some),
                col(LearnerOciId.held_until).is_(None),
            )
            .order_by(col(LearnerOciId.is_primary).desc(), col(LearnerOciId.held_from), col(LearnerOciId.id))
        )
        for one in held:
            found[one.learner_id] = (*found.get(one.learner_id, ()), one.oci_id)
    return found


def intervals_of(session: Session, site_id: UUID, link_ids: Sequence[UUID]) -> dict[UUID, tuple[Interval, ...]]:
    """Return the effective intervals of each course recipient, oldest first."""
    rows = session.exec(
        select(RecipientInterval)
        .where(RecipientInterval.site_id == site_id, col(RecipientInterval.course_recipient_id).in_(link_ids))
        .order_by(col(RecipientInterval.added_at))
    )
    found: dict[UUID, tuple[Interval, ...]] = {}
    for row in rows:
        earlier = found.get(row.course_recipient_id, ())
        found[row.course_recipient_id] = (*earlier, Interval(row.added_at, row.removed_at))
    return found


def site_settings(session: Session, site_id: UUID, recipient: Recipient) -> BaseModel:
    """Return the recipient's settings at a site, its defaults where none are stored."""
    stored = session.exec(
        select(SiteRecipient.settings).where(
            SiteRecipient.site_id == site_id, SiteRecipient.recipient == recipient.code
        )
    ).first()
    return recipient.site_settings.model_validate(stored or {})


def is_enabled(session: Session, site_id: UUID, recipient: str) -> bool:
    """Whether the site uses the recipient."""
    query = select(SiteRecipient.enabled).where(SiteRecipient.site_id == site_id, SiteRecipient.recipient == recipient)
    return bool(session.exec(query).first())
