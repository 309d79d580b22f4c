"""What a pull recipient may see of a learner now: released records inside the reporting period that have not expired.

The period and the expiry change by themselves, so they are judged here, at the moment of asking, and never stored.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
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
from lrx.delivery.proofs import ActivityRow, CourseRow, ShownRow, proof
from lrx.models import Course, CourseRecipient, Delivery, DeliveryStatus, LearningRecord, SubjectKind
from lrx.oci_id import OciId
from lrx.recipient import ProofOfCompletion
from lrx.reporting_period import ReportingPeriod, Span, current
from lrx.tables import among, interned, same, table
from lrx.validity import ExpiresOn, stored_rule

__all__ = ["Released", "has_expired", "period_of", "released"]


class _Shown(NamedTuple):
    """A course as its recipient sees it now: the current reporting period, and whether it decides alone."""

    course: CourseRow
    span: Span
    is_cycle: bool


class _Release(NamedTuple):
    record: ShownRow
    completed_on: date
    course: CourseRow


class Released(NamedTuple):
    """What the recipient may see of a learner, newest completion first, and what of it it never saw before."""

    proofs: tuple[ProofOfCompletion, ...]
    never_shown: frozenset[UUID]


def released(
    session: Session, site_id: UUID, zone: ZoneInfo, recipient: str, learner_ids: Collection[UUID], now: datetime
) -> dict[UUID, Released]:
    """Return what `recipient` may see of each learner."""
    candidates = _candidates(session, site_id, recipient, learner_ids)
    courses = _courses(session, site_id, zone, recipient, {record.course_id for record in candidates}, now)
    valid = list(_valid(candidates, courses, zone, now))
    done = {(one.record.learner_id, str(one.record.activity_id)) for one in valid if one.record.activity_id}
    of_learner: dict[UUID, list[_Release]] = {learner_id: [] for learner_id in learner_ids}
    for one in valid:
        if all((one.record.learner_id, activity["id"]) in done for activity in one.record.mandatory):
            of_learner[one.record.learner_id].append(one)
    activities = activities_named(session, {one.record.activity_id for one in valid if one.record.activity_id})
    oci_ids = held_oci_ids(session, site_id, [learner_id for learner_id, releases in of_learner.items() if releases])
    return {
        learner_id: _released(releases, activities, oci_ids.get(learner_id, ()))
        for learner_id, releases in of_learner.items()
    }


def _released(releases: list[_Release], activities: Mapping[UUID, ActivityRow], oci_ids: tuple[OciId, ...]) -> Released:
    releases.sort(key=lambda one: (one.record.completed_at, one.record.id.int), reverse=True)
    return Released(
        tuple(proof(one.record, one.course, activities, oci_ids, one.completed_on) for one in releases),
        frozenset(one.record.id for one in releases if one.record.status is not DeliveryStatus.DELIVERED),
    )


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


def _valid(
    candidates: Iterable[ShownRow], courses: Mapping[UUID, _Shown], zone: ZoneInfo, now: datetime
) -> Iterator[_Release]:
    """Those of the records that the recipient may see now; of a course that no longer sends to it, it sees nothing."""
    for record in candidates:
        shown = courses.get(record.course_id)
        if shown is None or not (shown.is_cycle or record.expires_at is None or record.expires_at > now):
            continue
        completed_on = local_date(record.completed_at, zone)
        if shown.span.contains(completed_on):
            yield _Release(record, completed_on, shown.course)


_RECORDS, _COURSES = table(LearningRecord).c, table(Course).c
_DELIVERIES, _LINKS = table(Delivery).c, table(CourseRecipient).c
_CANDIDATES = (
    sa.select(*(interned(_RECORDS[name]) for name in ShownRow._fields if name != "status"), _DELIVERIES.status)
    .join_from(table(Delivery), table(LearningRecord), _DELIVERIES.subject_id == _RECORDS.id)
    .where(
        same(_DELIVERIES.site_id),
        same(_DELIVERIES.recipient),
        _DELIVERIES.subject_kind == SubjectKind.RECORD,
        _DELIVERIES.status.in_((DeliveryStatus.OFFERED, DeliveryStatus.DELIVERED)),
        among(_DELIVERIES.learner_id),
    )
)
_SENDING = (
    sa.select(*(_COURSES[name] for name in CourseRow._fields), _LINKS.reporting_period)
    .join_from(table(CourseRecipient), table(Course), _COURSES.id == _LINKS.course_id)
    .where(same(_LINKS.site_id), same(_LINKS.recipient), _LINKS.active, among(_LINKS.course_id))
)


def _candidates(session: Session, site_id: UUID, recipient: str, learner_ids: Collection[UUID]) -> list[ShownRow]:
    session.flush()
    found: list[ShownRow] = []
    for some in pieces(learner_ids):
        given = {"site_id": site_id, "recipient": recipient, "some": some}
        found += map(ShownRow._make, session.connection().execute(_CANDIDATES, given).all())
    return found


def _courses(
    session: Session, site_id: UUID, zone: ZoneInfo, recipient: str, course_ids: Collection[UUID], now: datetime
) -> dict[UUID, _Shown]:
    """Those of the courses that send to the recipient now."""
    found = {}
    for some in pieces(course_ids):
        given = {"site_id": site_id, "recipient": recipient, "some": some}
        for *of_course, period in session.connection().execute(_SENDING, given):
            course = CourseRow(*of_course)
            span = period_of(period, course.expiry, zone, now)
            found[course.id] = _Shown(course, span, _is_cycle(period, course.expiry))
    return found
