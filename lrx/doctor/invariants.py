"""What must hold of everything that is kept, counted over all of it: only a fault of ours, or a hand in the database,
breaks it."""

from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from lrx.doctor.finding import Finding, fine, wrong
from lrx.doctor.visit import Visit
from lrx.models import (
    AuditEntry,
    Course,
    CourseLearner,
    CourseRecipient,
    Delivery,
    Expiration,
    LearningRecord,
    RecipientInterval,
    SubjectKind,
    Voiding,
)
from lrx.tables import table
from lrx.text import Text, text

__all__ = ["invariants"]

_RECORDS, _DELIVERIES = table(LearningRecord).c, table(Delivery).c


def invariants(session: Session, visit: Visit) -> Iterator[Finding]:
    """Count what breaks each of them; only when everything is to be read."""
    if not visit.deep:
        return
    broken = 0
    for sentence, query in INVARIANTS:
        count = session.connection().execute(query(session, visit)).scalar_one()
        if count:
            broken += 1
            yield wrong(
                "invariants",
                Text(sentence.message, {"count": count}),
                text("Keep a backup as it is now, and report this with the version of LRX: it must not happen."),
            )
    if not broken:
        yield fine("invariants", text("Every record has its delivery and its audit entry; nothing is orphaned."))


def _without_delivery(_session: Session, visit: Visit) -> sa.Select[Any]:
    """Records kept while their course sent to a recipient, and owed to nobody."""
    links, spans = table(CourseRecipient).c, table(RecipientInterval).c
    owed = sa.exists().where(
        _DELIVERIES.site_id == _RECORDS.site_id,
        _DELIVERIES.recipient == links.recipient,
        _DELIVERIES.subject_kind == SubjectKind.RECORD,
        _DELIVERIES.subject_id == _RECORDS.id,
    )
    return sa.select(sa.func.count(sa.distinct(_RECORDS.id))).where(
        links.site_id == _RECORDS.site_id,
        links.course_id == _RECORDS.course_id,
        links.recipient.in_(visit.recipients),
        spans.course_recipient_id == links.id,
        spans.added_at <= _RECORDS.recorded_at,
        sa.or_(spans.removed_at.is_(None), spans.removed_at > _RECORDS.recorded_at),
        ~owed,
    )


def _without_audit_entry(session: Session, _visit: Visit) -> sa.Select[Any]:
    entries = table(AuditEntry).c
    kept = sa.exists().where(
        entries.site_id == _RECORDS.site_id,
        entries.subject_kind == "learning_record",
        entries.subject_id == _as_written(session, _RECORDS.id),
        entries.action == "record",
    )
    return sa.select(sa.func.count()).select_from(table(LearningRecord)).where(~kept)


def _as_written(session: Session, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """An id as people write it; SQLite keeps the digits alone. An index over the text can then be used."""
    if session.connection().dialect.name == "postgresql":
        return sa.cast(column, sa.String)
    digits = sa.type_coerce(column, sa.String)
    cuts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    parts: list[sa.ColumnElement[Any]] = [sa.func.substr(digits, start, length) for start, length in cuts]
    return reduce(lambda before, part: before.concat("-").concat(part), parts)


def _orphaned(_session: Session, _visit: Visit) -> sa.Select[Any]:
    """Deliveries name their subject without a foreign key: it may be of two kinds."""
    record = sa.exists().where(_RECORDS.id == _DELIVERIES.subject_id)
    course = sa.exists().where(table(Course).c.id == _DELIVERIES.subject_id)
    return (
        sa.select(sa.func.count())
        .select_from(table(Delivery))
        .where(
            sa.or_(
                sa.and_(_DELIVERIES.subject_kind == SubjectKind.RECORD, ~record),
                sa.and_(_DELIVERIES.subject_kind == SubjectKind.COURSE, ~course),
            )
        )
    )


def _voided_and_shown(_session: Session, _visit: Visit) -> sa.Select[Any]:
    """Voided records whose delivery is still open or was not taken back."""
    return _withdrawn_and_shown(table(Voiding), "voided")


def _expired_and_shown(_session: Session, _visit: Visit) -> sa.Select[Any]:
    """The same of records that an administrator has let expire."""
    return _withdrawn_and_shown(table(Expiration), "expired")


def _withdrawn_and_shown(facts: sa.Table, withdraws: str) -> sa.Select[Any]:
    later = sa.alias(facts)
    latest = ~sa.exists().where(later.c.record_id == facts.c.record_id, later.c.seq > facts.c.seq)
    return sa.select(sa.func.count(sa.distinct(facts.c.record_id))).where(
        facts.c[withdraws],
        latest,
        _DELIVERIES.subject_kind == SubjectKind.RECORD,
        _DELIVERIES.subject_id == facts.c.record_id,
        _DELIVERIES.status.in_(("offered", "pending", "held")),
    )


def _off_the_roster(_session: Session, _visit: Visit) -> sa.Select[Any]:
    """Records whose learner is not on the roster of their course, or is there as somebody without a course record."""
    roster = table(CourseLearner).c
    listed = sa.exists().where(
        roster.site_id == _RECORDS.site_id,
        roster.learner_id == _RECORDS.learner_id,
        roster.course_id == _RECORDS.course_id,
        sa.or_(roster.has_course_record, _RECORDS.activity_id.is_not(None)),
    )
    return sa.select(sa.func.count()).select_from(table(LearningRecord)).where(~listed)


INVARIANTS: tuple[tuple[Text, Callable[[Session, Visit], sa.Select[Any]]], ...] = (
    (
        text("Records kept while their course sent to a recipient, without a delivery: {count}."),
        _without_delivery,
    ),
    (text("Records without an entry in the audit log: {count}."), _without_audit_entry),
    (text("Deliveries of a record or a course that is not there: {count}."), _orphaned),
    (text("Voided records still to be delivered: {count}."), _voided_and_shown),
    (text("Records whose learner is not on the roster of the course: {count}."), _off_the_roster),
    (text("Records expired by an administrator and still to be delivered: {count}."), _expired_and_shown),
)
