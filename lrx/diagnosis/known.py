"""Reads what is known of learners in a situation, for many at once: the same few queries however many there are."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx.database import pieces
from lrx.delivery.proofs import KeptRow
from lrx.diagnosis.facts import (
    Account,
    Amended,
    Asked,
    Change,
    Held,
    LearnerFacts,
    Owed,
    Refused,
    Seen,
    Situation,
    Voided,
)
from lrx.diagnosis.likeness import look_alikes, sharers
from lrx.diagnosis.network import elsewhere
from lrx.diagnosis.rhythm import DAYS
from lrx.diagnosis.situations import At
from lrx.models import (
    Amendment,
    Delivery,
    DeliveryStatus,
    Expiration,
    Inquiry,
    Learner,
    LearnerChange,
    LearnerOciId,
    LearningRecord,
    Observation,
    RefusedOciId,
    SubjectKind,
    Voiding,
)
from lrx.oci_id import OciId
from lrx.people.names import full_name
from lrx.tables import Rows, among, same, table, until

__all__ = ["read_learners", "read_records"]

Row = TypeVar("Row")

LATEST = 20
"""Most questions about one person that are looked at; what they asked before is in the inquiries."""


class _Person(NamedTuple):
    id: UUID
    family_name: str | None
    given_name: str | None
    full_name: str | None
    username: str | None
    email: str | None
    idnumber: str | None
    language: str | None
    suspended: bool


class _Voiding(NamedTuple):
    record_id: UUID
    voided: bool
    voided_at: datetime
    actor: str
    reason: str


class _Expiration(NamedTuple):
    record_id: UUID
    expired: bool
    expired_at: datetime
    actor: str
    reason: str


class _Delivery(NamedTuple):
    learner_id: UUID
    subject_id: UUID
    status: DeliveryStatus
    attempts: int
    due_at: datetime | None
    delivered_at: datetime | None
    changed_at: datetime


class _Held(NamedTuple):
    learner_id: UUID
    oci_id: OciId
    held_from: datetime
    held_until: datetime | None
    is_primary: bool


_PEOPLE = Rows(_Person, Learner, lambda of: (same(of.site_id), until(of.created_at), among(of.id)))
_RECORDS = Rows(
    KeptRow,
    LearningRecord,
    lambda of: (same(of.site_id), same(of.course_id), until(of.stored_at), among(of.learner_id)),
)
_VOIDINGS = Rows(_Voiding, Voiding, lambda of: (same(of.site_id), until(of.voided_at), among(of.record_id)), "seq")
_EXPIRATIONS = Rows(
    _Expiration, Expiration, lambda of: (same(of.site_id), until(of.expired_at), among(of.record_id)), "seq"
)
_AMENDMENTS = Rows(Amended, Amendment, lambda of: (same(of.site_id), until(of.recorded_at), among(of.record_id)))
_DELIVERIES = Rows(
    _Delivery,
    Delivery,
    lambda of: (
        same(of.site_id),
        same(of.recipient),
        same(of.course_id),
        of.subject_kind == SubjectKind.RECORD,
        until(of.created_at),
        among(of.learner_id),
    ),
)
_OCI_IDS = Rows(
    _Held, LearnerOciId, lambda of: (same(of.site_id), until(of.held_from), among(of.learner_id)), "held_from"
)
_CHANGES = Rows(
    Change,
    LearnerChange,
    lambda of: (same(of.site_id), of.field == "oci_id", until(of.changed_at), among(of.learner_id)),
    "seq",
)
_REFUSED = Rows(Refused, RefusedOciId, lambda of: (same(of.site_id), until(of.refused_at), among(of.learner_id)))
_SEEN = Rows(
    Seen,
    Observation,
    lambda of: (same(of.site_id), same(of.course_id), until(of.happened_at), among(of.learner_id)),
)


def read_records(session: Session, at: At, course_id: UUID, learner_ids: Sequence[UUID]) -> dict[UUID, LearnerFacts]:
    """Return the account, the OCI IDs and the records of each learner in the course, without what any recipient has to
    do with them; who is not of the site is left out."""
    session.flush()
    then = {"site_id": at.site_id, "instant": at.instant}
    people = _PEOPLE.read_pieces(session, learner_ids, **then)
    of_course = _RECORDS.read_pieces(session, learner_ids, **then, course_id=course_id)
    records = _grouped(of_course, attrgetter("learner_id"))
    record_ids = [record.id for record in of_course]
    voided = {one.record_id: Voided(*one) for one in _VOIDINGS.read_pieces(session, record_ids, **then)}
    expired = {one.record_id: Voided(*one) for one in _EXPIRATIONS.read_pieces(session, record_ids, **then)}
    amendments = _grouped(_AMENDMENTS.read_pieces(session, record_ids, **then), attrgetter("record_id"))
    holdings = _grouped(_OCI_IDS.read_pieces(session, learner_ids, **then), attrgetter("learner_id"))
    oci_ids = {one.id: _held(holdings[one.id], at) for one in people}
    return {
        one.id: LearnerFacts(
            account=Account(one.id, full_name(one), one.username, one.email, one.idnumber, one.language, one.suspended),
            records=tuple(records[one.id]),
            voided=_of(voided, records[one.id]),
            expired=_of(expired, records[one.id]),
            amendments=tuple(amended for record in records[one.id] for amended in amendments[record.id]),
            oci_ids=oci_ids[one.id],
            held=tuple(held.oci_id for held in oci_ids[one.id] if held.held_until is None),
        )
        for one in people
    }


def read_learners(
    session: Session, at: At, situation: Situation, learner_ids: Sequence[UUID]
) -> dict[UUID, LearnerFacts]:
    """Return all that is known of each learner at the instant; who is not of the site is left out."""
    basics = read_records(session, at, situation.course.id, learner_ids)
    then = {"site_id": at.site_id, "instant": at.instant}
    here = {**then, "course_id": situation.course.id}

    def by_learner(rows: Rows[Any], **values: Any) -> defaultdict[UUID, list[Any]]:
        return _grouped(rows.read_pieces(session, learner_ids, **values), attrgetter("learner_id"))

    deliveries = by_learner(_DELIVERIES, **here, recipient=situation.recipient.code)
    changes, refused, seen = by_learner(_CHANGES, **then), by_learner(_REFUSED, **then), by_learner(_SEEN, **here)
    asked = _asked(session, at, situation, {held.oci_id for one in basics.values() for held in one.oci_ids})
    inquiries = _inquiries(session, at, situation, learner_ids)
    alike = look_alikes(session, at, situation.course.id, learner_ids)
    sharing = sharers(session, at, {learner_id: one.held for learner_id, one in basics.items()})
    without = {
        learner_id: one.held
        for learner_id, one in basics.items()
        if all(record.activity_id is not None for record in one.records)
    }
    network = elsewhere(session, at, situation, without)
    return {
        learner_id: replace(
            one,
            deliveries={owed.subject_id: _owed(owed, at) for owed in deliveries[learner_id]},
            changes=tuple(changes[learner_id]),
            refused=tuple(refused[learner_id]),
            look_alikes=alike[learner_id],
            sharers=sharing[learner_id],
            seen=tuple(seen[learner_id]),
            asked={held.oci_id: asked[held.oci_id] for held in one.oci_ids if held.oci_id in asked},
            inquiries=tuple(inquiries[learner_id]),
            elsewhere=network.get(learner_id, ()),
        )
        for learner_id, one in basics.items()
    }


def _grouped(rows: Iterable[Row], key: Callable[[Row], UUID]) -> defaultdict[UUID, list[Row]]:
    found: defaultdict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def _of(latest: Mapping[UUID, Voided], records: Iterable[KeptRow]) -> dict[UUID, Voided]:
    return {record.id: latest[record.id] for record in records if record.id in latest}


def _held(found: Iterable[_Held], at: At) -> tuple[Held, ...]:
    """The OCI IDs as they were held at the instant, the primary one first."""
    return tuple(
        Held(one.oci_id, one.held_from, one.held_until if one.held_until and one.held_until <= at.instant else None)
        for one in sorted(found, key=lambda one: not one.is_primary)
    )


def _owed(one: _Delivery, at: At) -> Owed:
    """The delivery as it stood at the instant. Where it moved since, whether it was handed over is known; the rest is
    judged again."""
    delivered_at = one.delivered_at if one.delivered_at and one.delivered_at <= at.instant else None
    status = one.status
    if one.changed_at > at.instant:
        status = DeliveryStatus.DELIVERED if delivered_at else DeliveryStatus.HELD
    return Owed(one.subject_id, status, one.attempts, one.due_at, delivered_at)


_INQUIRIES, _NUMBERS = table(Inquiry).c, table(LearnerOciId).c

_LAST_ASKED = (
    sa.select(
        _NUMBERS.oci_id,
        sa.select(sa.func.max(_INQUIRIES.asked_at))
        .where(
            same(_INQUIRIES.site_id),
            _INQUIRIES.oci_id == _NUMBERS.oci_id,
            until(_INQUIRIES.asked_at),
            same(_INQUIRIES.recipient),
        )
        .scalar_subquery(),
    )
    .where(same(_NUMBERS.site_id), among(_NUMBERS.oci_id))
    .distinct()
)

_RANKED = (
    sa.select(
        *(_INQUIRIES[name] for name in Asked._fields),
        sa.func.row_number()
        .over(partition_by=_INQUIRIES.learner_id, order_by=_INQUIRIES.asked_at.desc())
        .label("place"),
    )
    .where(
        same(_INQUIRIES.site_id),
        _INQUIRIES.asked_at > sa.bindparam("since", type_=_INQUIRIES.asked_at.type),
        until(_INQUIRIES.asked_at),
        same(_INQUIRIES.recipient),
        among(_INQUIRIES.learner_id),
    )
    .subquery()
)
_LATEST = (
    sa.select(*(_RANKED.c[name] for name in Asked._fields))
    .where(_RANKED.c.place <= LATEST)
    .order_by(_RANKED.c.learner_id, _RANKED.c.place)
)


def _asked(session: Session, at: At, situation: Situation, oci_ids: Collection[OciId]) -> dict[OciId, datetime]:
    """When the recipient last asked for each OCI ID: looked up at the end of the index for each."""
    then = {"site_id": at.site_id, "instant": at.instant, "recipient": situation.recipient.code}
    return {
        oci_id: asked_at
        for some in pieces(oci_ids)
        for oci_id, asked_at in session.connection().execute(_LAST_ASKED, {**then, "some": some})
        if asked_at is not None
    }


def _inquiries(
    session: Session, at: At, situation: Situation, learner_ids: Collection[UUID]
) -> defaultdict[UUID, list[Asked]]:
    """The latest questions about each person in the last days, newest first."""
    then = {"site_id": at.site_id, "instant": at.instant, "recipient": situation.recipient.code}
    since = at.instant - timedelta(days=DAYS)
    found = [
        Asked(*row)
        for some in pieces(learner_ids)
        for row in session.connection().execute(_LATEST, {**then, "since": since, "some": some})
    ]
    return _grouped(found, attrgetter("learner_id"))
