"""What a pull recipient may see of a learner now: released records inside the reporting period that have not expired.

The period and the expiry change by themselves, so they are judged here, at the moment of asking, and never stored.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session

from lrx.clock import local_date
from lrx.database import pieces
from lrx.delivery.cases import activities_named
from lrx.delivery.holdings import held_oci_ids
from lrx.delivery.proofs import CourseRow, ShownRow, proof
from lrx.models import Course, CourseRecipient, Delivery, DeliveryStatus, LearningRecord, SubjectKind
from lrx.recipient import ProofOfCompletion
from lrx.reporting_period import ReportingPeriod, Span, current
from lrx.tables import interned, table
from lrx.validity import ExpiresOn, stored_rule

__all__ = ["Released", "has_expired", "period_of", "released"]


class _Release(NamedTuple):
    record: ShownRow
    completed_on: date
    is_delivered: bool


class _Shown(NamedTuple):
    """A course as its recipient sees it now: the current reporting period, and whether it decides alone."""

    course: CourseRow
    span: Span
    is_cycle: bool


class Released(NamedTuple):
    """What the recipient may see of a learner, newest completion first, and what of it it never saw before."""

    proofs: tuple[ProofOfCompletion, ...]
    never_shown: frozenset[UUID]


def released(
    session: Session, site_id: UUID, zone: ZoneInfo, recipient: str, learner_ids: Collection[UUID], now: datetime
) -> dict[UUID, Released]:
    """Return what `recipient` may see of each learner."""
    candidates = _candidates(session, site_id, zone, recipient, learner_ids)
    courses = _courses(session, site_id, zone, recipient, {one.record.course_id for one in candidates}, now)
    valid = [release for release in candidates if _is_valid(release, courses.get(release.record.course_id), now)]
    done = {
        (release.record.learner_id, str(release.record.activity_id)) for release in valid if release.record.activity_id
    }
    shown = [
        release
        for release in valid
        if all((release.record.learner_id, activity["id"]) in done for activity in release.record.mandatory)
    ]
    activities = activities_named(session, {one.record.activity_id for one in shown if one.record.activity_id})
    oci_ids = held_oci_ids(session, site_id, {release.record.learner_id for release in shown})
    of_learner: dict[UUID, list[_Release]] = {learner_id: [] for learner_id in learner_ids}
    for release in sorted(shown, key=lambda one: (one.record.completed_at, str(one.record.id)), reverse=True):
        of_learner[release.record.learner_id].append(release)
    return {
        learner_id: Released(
            tuple(
                proof(one.record, courses[one.record.course_id].course, activities, oci_ids.get(learner_id, ()), zone)
                for one in releases
            ),
            frozenset(one.record.id for one in releases if not one.is_delivered),
        )
        for learner_id, releases in of_learner.items()
    }


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
    if _is_cycle(reporting_period, expiry):
        return False
    return expires_at is not None and expires_at <= now


def _is_cycle(reporting_period: Mapping[str, Any] | None, expiry: Mapping[str, Any]) -> bool:
    """Whether the reporting period is the cycle of a course that expires on a calendar date."""
    return not reporting_period and isinstance(stored_rule(expiry), ExpiresOn)


def _is_valid(release: _Release, shown: _Shown | None, now: datetime) -> bool:
    """Whether the recipient may see the record now; of a course that no longer sends to it, it sees nothing."""
    if shown is None or not shown.span.contains(release.completed_on):
        return False
    return shown.is_cycle or release.record.expires_at is None or release.record.expires_at > now


_RECORDS, _COURSES = table(LearningRecord).c, table(Course).c
_DELIVERIES, _LINKS = table(Delivery).c, table(CourseRecipient).c
_OF_RECORD = [interned(_RECORDS[name]) for name in ShownRow._fields]
_OF_COURSE = [_COURSES[name] for name in CourseRow._fields]


def _candidates(
    session: Session, site_id: UUID, zone: ZoneInfo, recipient: str, learner_ids: Collection[UUID]
) -> list[_Release]:
    session.flush()
    query = (
        sa.select(*_OF_RECORD, _DELIVERIES.status)
        .join_from(table(Delivery), table(LearningRecord), _DELIVERIES.subject_id == _RECORDS.id)
        .where(
            _DELIVERIES.site_id == site_id,
            _DELIVERIES.recipient == recipient,
            _DELIVERIES.subject_kind == SubjectKind.RECORD,
            _DELIVERIES.status.in_((DeliveryStatus.OFFERED, DeliveryStatus.DELIVERED)),
        )
    )
    found = []
    for some in pieces(learner_ids):
        for *of_record, status in session.connection().execute(query.where(_DELIVERIES.learner_id.in_(some))):
            record = ShownRow(*of_record)
            completed_on = local_date(record.completed_at, zone)
            found.append(_Release(record, completed_on, status is DeliveryStatus.DELIVERED))
    return found


def _courses(
    session: Session, site_id: UUID, zone: ZoneInfo, recipient: str, course_ids: Collection[UUID], now: datetime
) -> dict[UUID, _Shown]:
    """Those of the courses that send to the recipient now."""
    query = (
        sa.select(*_OF_COURSE, _LINKS.reporting_period)
        .join_from(table(CourseRecipient), table(Course), _COURSES.id == _LINKS.course_id)
        .where(_LINKS.site_id == site_id, _LINKS.recipient == recipient, _LINKS.active)
    )
    found = {}
    for some in pieces(course_ids):
        for *of_course, period in session.connection().execute(query.where(_LINKS.course_id.in_(some))):
            course = CourseRow(*of_course)
            span = period_of(period, course.expiry, zone, now)
            found[course.id] = _Shown(course, span, _is_cycle(period, course.expiry))
    return found
