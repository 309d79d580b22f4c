"""What is known of learners in a course, read in a few queries for many of them at once."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from lrx.delivery.expirations import expired_among
from lrx.models import Course, Delivery, LearnerOciId, LearningRecord, SubjectKind, Voiding
from lrx.oci_id import OciId
from lrx.reports.standing import LearnerCase, Owed
from lrx.tables import table

__all__ = ["held", "known"]


def held(session: Session, course: Course, learner_ids: Sequence[UUID] | None) -> Mapping[UUID, tuple[OciId, ...]]:
    """Return the OCI IDs that these learners hold, or all of the site where none are named, the primary one first."""
    rows = table(LearnerOciId).c
    query = sa.select(rows.learner_id, rows.oci_id).where(rows.site_id == course.site_id, rows.held_until.is_(None))
    if learner_ids is not None:
        query = query.where(rows.learner_id.in_(learner_ids))
    found: defaultdict[UUID, tuple[OciId, ...]] = defaultdict(tuple)
    for learner_id, oci_id in session.connection().execute(query.order_by(rows.is_primary.desc(), rows.held_from)):
        found[learner_id] += (oci_id,)
    return found


def known(session: Session, course: Course, learner_ids: Sequence[UUID]) -> Callable[[UUID], LearnerCase]:
    """Return what is known of each of these learners in the course, course records that are neither voided nor expired
    by an administrator first."""
    here = sa.and_(
        col(LearningRecord.site_id) == course.site_id,
        col(LearningRecord.course_id) == course.id,
        col(LearningRecord.learner_id).in_(learner_ids),
    )
    newest = select(func.max(Voiding.seq)).join(LearningRecord, col(LearningRecord.id) == col(Voiding.record_id))
    latest = newest.where(here).group_by(col(Voiding.record_id))
    voided = frozenset(session.exec(select(Voiding.record_id).where(Voiding.voided, col(Voiding.seq).in_(latest))))
    completed: defaultdict[tuple[UUID, bool], list[LearningRecord]] = defaultdict(list)
    records = session.exec(select(LearningRecord).where(here)).all()
    expired = expired_among(session, course.site_id, [record.id for record in records])

    def rank(record: LearningRecord) -> tuple[bool, datetime, str]:
        return record.id not in voided and record.id not in expired, record.completed_at, str(record.id)

    for record in sorted(records, key=rank, reverse=True):
        completed[record.learner_id, record.activity_id is None].append(record)
    oci_ids, deliveries = held(session, course, learner_ids), _owed(session, course, learner_ids)
    return lambda learner_id: LearnerCase(
        course_records=completed[learner_id, True],
        activity_records=completed[learner_id, False],
        voided=voided,
        oci_ids=oci_ids.get(learner_id, ()),
        deliveries=deliveries,
        expired=expired,
    )


def _owed(session: Session, course: Course, learner_ids: Sequence[UUID]) -> Mapping[tuple[UUID, str], Owed]:
    rows = table(Delivery).c
    found = session.connection().execute(
        sa.select(rows.subject_id, rows.recipient, rows.status, rows.attempts, rows.delivered_at).where(
            rows.site_id == course.site_id,
            rows.course_id == course.id,
            rows.learner_id.in_(learner_ids),
            rows.subject_kind == SubjectKind.RECORD,
        )
    )
    return {(one.subject_id, one.recipient): Owed(*one) for one in found}
