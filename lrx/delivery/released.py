"""What a pull recipient may see of a learner now: released records inside the reporting period that have not expired.

The period and the expiry change by themselves, so they are judged here, at the moment of asking, and never stored.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lrx.clock import local_date
from lrx.delivery.outbox import held_oci_ids
from lrx.delivery.proofs import proof
from lrx.models import Activity, Course, CourseRecipient, Delivery, DeliveryStatus, LearningRecord, SubjectKind
from lrx.recipient import ProofOfCompletion
from lrx.reporting_period import ReportingPeriod, Span, current
from lrx.validity import ExpiresOn, stored_rule

__all__ = ["has_expired", "period_of", "released"]


class _Release(NamedTuple):
    record: LearningRecord
    course: Course
    link: CourseRecipient


def released(
    session: Session, site_id: UUID, zone: ZoneInfo, recipient: str, learner_ids: Sequence[UUID], now: datetime
) -> dict[UUID, list[ProofOfCompletion]]:
    """Return the proofs `recipient` may see of each learner, newest completion first."""
    candidates = _candidates(session, site_id, recipient, learner_ids)
    valid = [release for release in candidates if _is_valid(release, zone, now)]
    done = {
        (release.record.learner_id, str(release.record.activity_id)) for release in valid if release.record.activity_id
    }
    shown = [
        release
        for release in valid
        if all((release.record.learner_id, activity["id"]) in done for activity in release.record.mandatory)
    ]
    seen = {release.record.activity_id for release in shown if release.record.activity_id}
    activities = {one.id: one for one in session.exec(select(Activity).where(col(Activity.id).in_(seen)))}
    oci_ids = held_oci_ids(session, site_id, learner_ids)
    proofs: dict[UUID, list[ProofOfCompletion]] = {learner_id: [] for learner_id in learner_ids}
    for release in sorted(shown, key=lambda one: (one.record.completed_at, str(one.record.id)), reverse=True):
        learner_id = release.record.learner_id
        proofs[learner_id].append(proof(release.record, release.course, activities, oci_ids.get(learner_id, ()), zone))
    return proofs


def period_of(
    reporting_period: Mapping[str, Any] | None, expiry: Mapping[str, Any], zone: ZoneInfo, now: datetime
) -> Span:
    """The current reporting period of a course recipient, from its stored settings and the course's."""
    period = ReportingPeriod.model_validate(reporting_period) if reporting_period else None
    return current(period, stored_rule(expiry), local_date(now, zone))


def has_expired(
    expires_at: datetime | None,
    reporting_period: Mapping[str, Any] | None,
    expiry: Mapping[str, Any],
    now: datetime,
) -> bool:
    """Whether a record no longer holds for a course recipient, whose own reporting period this is, if it has one.

    Where its period is the cycle of a course that expires on a calendar date, being in that cycle decides, and not the
    date kept on the record, which an earlier rule may have set.
    """
    if not reporting_period and isinstance(stored_rule(expiry), ExpiresOn):
        return False
    return expires_at is not None and expires_at <= now


def _is_valid(release: _Release, zone: ZoneInfo, now: datetime) -> bool:
    span = period_of(release.link.reporting_period, release.course.expiry, zone, now)
    if not span.contains(local_date(release.record.completed_at, zone)):
        return False
    return not has_expired(release.record.expires_at, release.link.reporting_period, release.course.expiry, now)


def _candidates(session: Session, site_id: UUID, recipient: str, learner_ids: Sequence[UUID]) -> list[_Release]:
    query = (
        select(LearningRecord, Course, CourseRecipient)
        .join(Delivery, col(Delivery.subject_id) == col(LearningRecord.id))
        .join(Course, col(Course.id) == col(LearningRecord.course_id))
        .join(
            CourseRecipient,
            sa.and_(
                col(CourseRecipient.course_id) == col(LearningRecord.course_id),
                col(CourseRecipient.site_id) == col(Delivery.site_id),
                col(CourseRecipient.recipient) == col(Delivery.recipient),
                col(CourseRecipient.active),
            ),
        )
        .where(
            Delivery.site_id == site_id,
            Delivery.recipient == recipient,
            Delivery.subject_kind == SubjectKind.RECORD,
            col(Delivery.learner_id).in_(learner_ids),
            col(Delivery.status).in_((DeliveryStatus.OFFERED, DeliveryStatus.DELIVERED)),
        )
    )
    return [_Release(*row) for row in session.exec(query)]
