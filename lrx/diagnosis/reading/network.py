"""Whether another site of the network holds a record that counts, where both sites tell such things: which site, and
nothing else of it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx.clock import local_date
from lrx.database import pieces
from lrx.diagnosis.facts import Situation
from lrx.diagnosis.reading.lapses import lapses_of
from lrx.diagnosis.reading.situations import At
from lrx.models import Course, Delivery, DeliveryStatus, LearnerOciId, LearningRecord, Site, SubjectKind
from lrx.oci_id import OciId
from lrx.source import SENT_SOURCES
from lrx.tables import table

__all__ = ["elsewhere"]

THERE = (
    DeliveryStatus.OFFERED,
    DeliveryStatus.PENDING,
    DeliveryStatus.SENDING,
    DeliveryStatus.SUBMITTED,
    DeliveryStatus.DELIVERED,
)
"""Where a delivery stands that nothing holds back."""

_DELIVERIES = table(Delivery).c
_SITES, _HELD, _RECORDS, _COURSES = table(Site).c, table(LearnerOciId).c, table(LearningRecord).c, table(Course).c


def elsewhere(
    session: Session, at: At, situation: Situation, oci_ids: Mapping[UUID, Sequence[OciId]]
) -> dict[UUID, tuple[str, ...]]:
    """Return, for each learner, the names of other sites where somebody with the same OCI ID has a record of a course
    of the same id number, short name or name, completed in the current reporting period, not voided and not expired,
    that is there for the same recipient: nothing stands in its way at that site."""
    wanted: defaultdict[OciId, set[UUID]] = defaultdict(set)
    for learner_id, held in oci_ids.items():
        for oci_id in held:
            wanted[oci_id].add(learner_id)
    sites = _telling(session, at) if wanted else {}
    found: defaultdict[UUID, set[str]] = defaultdict(set)
    for site_id, oci_id in _there(session, at, situation, sites, wanted) if sites else ():
        for learner_id in wanted[oci_id]:
            found[learner_id].add(sites[site_id])
    return {learner_id: tuple(sorted(names)) for learner_id, names in found.items()}


def _telling(session: Session, at: At) -> dict[UUID, str]:
    """The other sites that tell, by id, where this one does too."""
    rows = session.connection().execute(sa.select(_SITES.id, _SITES.name).where(_SITES.tells_completions))
    telling = {row.id: row.name for row in rows}
    tells = telling.pop(at.site_id, None) is not None
    return telling if tells else {}


def _there(
    session: Session, at: At, situation: Situation, sites: Collection[UUID], wanted: Collection[OciId]
) -> set[tuple[UUID, OciId]]:
    """At which of the sites there is such a record for which of the OCI IDs."""
    course = situation.course
    alike = [
        column == value
        for column, value in (
            (_COURSES.idnumber, course.idnumber),
            (_COURSES.shortname, course.shortname),
            (_COURSES.full_name, course.full_name),
        )
        if value
    ]
    query = (
        sa.select(_HELD.site_id, _HELD.oci_id, _RECORDS.id, _RECORDS.completed_at)
        .join_from(table(LearnerOciId), table(LearningRecord), _RECORDS.learner_id == _HELD.learner_id)
        .join(table(Course), _COURSES.id == _RECORDS.course_id)
        .join(table(Delivery), _DELIVERIES.subject_id == _RECORDS.id)
        .where(
            _HELD.site_id.in_(sites),
            _HELD.held_from <= at.instant,
            sa.or_(_HELD.held_until.is_(None), _HELD.held_until > at.instant),
            _RECORDS.site_id == _HELD.site_id,
            _RECORDS.activity_id.is_(None),
            _RECORDS.source.in_(SENT_SOURCES),
            _RECORDS.stored_at <= at.instant,
            sa.or_(_RECORDS.expires_at.is_(None), _RECORDS.expires_at > at.instant),
            sa.or_(*alike),
            _DELIVERIES.site_id == _HELD.site_id,
            _DELIVERIES.subject_kind == SubjectKind.RECORD,
            _DELIVERIES.recipient == situation.recipient.code,
            _DELIVERIES.created_at <= at.instant,
            # Where it stood then is not kept once it has moved; what was held then may have been there.
            sa.or_(_DELIVERIES.status.in_(THERE), _DELIVERIES.changed_at > at.instant),
        )
    )
    found = [
        row
        for some in pieces(wanted)
        for row in session.connection().execute(query.where(_HELD.oci_id.in_(some)))
        if situation.period.contains(local_date(row.completed_at, at.zone))
    ]
    lapses = lapses_of(session, sites, at.instant, [row.id for row in found])
    lapsed = {record_id for last in lapses for record_id, act in last.items() if act.holds}
    return {(row.site_id, row.oci_id) for row in found if row.id not in lapsed}
