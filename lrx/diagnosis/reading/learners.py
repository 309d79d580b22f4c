"""Reads what is known of learners in a situation, for many at once: the same few queries however many there are."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlmodel import Session

from lrx.delivery.proofs import KeptRow
from lrx.diagnosis.facts import (
    Amended,
    Asked,
    Change,
    Held,
    Lapse,
    LearnerFacts,
    Owed,
    Refused,
    Seen,
    Situation,
)
from lrx.diagnosis.judging import has_what_counts
from lrx.diagnosis.reading.asking import last_asked, latest_inquiries
from lrx.diagnosis.reading.lapses import lapses_of
from lrx.diagnosis.reading.likeness import Person, look_alikes, people_of, sharers
from lrx.diagnosis.reading.network import elsewhere
from lrx.diagnosis.reading.newest import Newest
from lrx.diagnosis.reading.situations import At
from lrx.models import (
    Amendment,
    Delivery,
    DeliveryStatus,
    LearnerChange,
    LearnerOciId,
    LearningRecord,
    Observation,
    RefusedOciId,
    SubjectKind,
)
from lrx.oci_id import OciId
from lrx.tables import Rows, among, same, until

__all__ = ["read_learners", "read_records"]

Row = TypeVar("Row")

SEEN_LATELY = 10
"""Observations of one learner that are shown as evidence."""


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


_RECORDS = Rows(
    KeptRow,
    LearningRecord,
    lambda of: (same(of.site_id), same(of.course_id), until(of.stored_at), among(of.learner_id)),
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
_REFUSED = Newest(
    Refused,
    RefusedOciId,
    lambda of: (same(of.site_id), until(of.refused_at), among(of.learner_id)),
    ("refused_at", "id"),
    {("learner_id",): 1},
)
# The newest of each kind too: whether somebody ever attempted it must not depend on how often they came since.
_SEEN = Newest(
    Seen,
    Observation,
    lambda of: (same(of.site_id), same(of.course_id), until(of.happened_at), among(of.learner_id)),
    ("happened_at", "statement_seq"),
    {("learner_id",): SEEN_LATELY, ("learner_id", "kind"): 1},
)


def read_records(session: Session, at: At, course_id: UUID, learner_ids: Sequence[UUID]) -> dict[UUID, LearnerFacts]:
    """Return the account, the OCI IDs and the records of each learner in the course, without what any recipient has to
    do with them; who is not of the site is left out."""
    return _records(session, at, course_id, people_of(session, at, learner_ids))


def read_learners(
    session: Session, at: At, situation: Situation, learner_ids: Sequence[UUID]
) -> dict[UUID, LearnerFacts]:
    """Return all that is known of each learner at the instant; who is not of the site is left out."""
    people = people_of(session, at, learner_ids)
    basics = _records(session, at, situation.course.id, people)
    then = {"site_id": at.site_id, "instant": at.instant}
    here = {**then, "course_id": situation.course.id}

    def by_learner(rows: Rows[Any], **values: Any) -> defaultdict[UUID, list[Any]]:
        return _grouped(rows.read_pieces(session, basics.keys(), **values), attrgetter("learner_id"))

    deliveries = by_learner(_DELIVERIES, **here, recipient=situation.recipient.code)
    changes, refused, seen = by_learner(_CHANGES, **then), by_learner(_REFUSED, **then), by_learner(_SEEN, **here)
    asked = last_asked(session, at, situation, {held.oci_id for one in basics.values() for held in one.oci_ids})
    inquiries = latest_inquiries(session, at, situation, basics.keys())
    alike = look_alikes(session, at, situation.course.id, people)
    # Of a number that two people hold nobody is asked: whose completion it is would be in doubt.
    without = {
        learner_id: tuple(oci_id for oci_id in one.held if oci_id not in one.sharers)
        for learner_id, one in basics.items()
        if not has_what_counts(situation, one)
    }
    network = elsewhere(session, at, situation, without)
    return {
        learner_id: replace(
            one,
            deliveries={
                owed.subject_id: _owed(owed, at, one, inquiries[learner_id]) for owed in deliveries[learner_id]
            },
            changes=tuple(changes[learner_id]),
            refused=tuple(refused[learner_id]),
            look_alikes=alike[learner_id],
            seen=tuple(seen[learner_id]),
            asked={held.oci_id: asked[held.oci_id] for held in one.oci_ids if held.oci_id in asked},
            inquiries=tuple(inquiries[learner_id]),
            elsewhere=network.get(learner_id, ()),
        )
        for learner_id, one in basics.items()
    }


def _records(session: Session, at: At, course_id: UUID, people: Sequence[Person]) -> dict[UUID, LearnerFacts]:
    session.flush()
    then = {"site_id": at.site_id, "instant": at.instant}
    learner_ids = [one.id for one in people]
    of_course = _RECORDS.read_pieces(session, learner_ids, **then, course_id=course_id)
    records = _grouped(of_course, attrgetter("learner_id"))
    record_ids = [record.id for record in of_course]
    lapses = lapses_of(session, [at.site_id], at.instant, record_ids)
    amendments = _grouped(_AMENDMENTS.read_pieces(session, record_ids, **then), attrgetter("record_id"))
    holdings = _grouped(_OCI_IDS.read_pieces(session, learner_ids, **then), attrgetter("learner_id"))
    oci_ids = {one.id: _held(holdings[one.id], at) for one in people}
    now = {one.id: tuple(held.oci_id for held in oci_ids[one.id] if held.held_until is None) for one in people}
    ever = {one.id: tuple(dict.fromkeys(held.oci_id for held in oci_ids[one.id])) for one in people}
    sharing = sharers(session, at, ever)
    return {
        one.id: LearnerFacts(
            account=one.account,
            records=tuple(records[one.id]),
            voided=_of(lapses.voided, records[one.id]),
            expired=_of(lapses.expired, records[one.id]),
            amendments=tuple(amended for record in records[one.id] for amended in amendments[record.id]),
            oci_ids=oci_ids[one.id],
            held=now[one.id],
            sharers={oci_id: others for oci_id, others in sharing[one.id].items() if oci_id in now[one.id]},
            successors={oci_id: others for oci_id, others in sharing[one.id].items() if oci_id not in now[one.id]},
        )
        for one in people
    }


def _grouped(rows: Iterable[Row], key: Callable[[Row], UUID]) -> defaultdict[UUID, list[Row]]:
    found: defaultdict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def _of(latest: Mapping[UUID, Lapse], records: Iterable[KeptRow]) -> dict[UUID, Lapse]:
    return {record.id: latest[record.id] for record in records if record.id in latest}


def _held(found: Iterable[_Held], at: At) -> tuple[Held, ...]:
    """The OCI IDs as they were held at the instant, the primary one first."""
    return tuple(
        Held(one.oci_id, one.held_from, one.held_until if one.held_until and one.held_until <= at.instant else None)
        for one in sorted(found, key=lambda one: not one.is_primary)
    )


def _owed(one: _Delivery, at: At, learner: LearnerFacts, asked: Sequence[Asked]) -> Owed:
    """The delivery as it stood at the instant. Where it moved since, whether it was handed over is known, and whether
    again after a withdrawal; the rest is judged again."""
    delivered_at = one.delivered_at if one.delivered_at and one.delivered_at <= at.instant else None
    status = one.status
    if one.changed_at > at.instant:
        lapses = [known.get(one.subject_id) for known in (learner.voided, learner.expired)]
        returned_at = max((lapse.at for lapse in lapses if lapse), default=None)
        given = [question.asked_at for question in asked if str(one.subject_id) in question.record_ids]
        is_there = delivered_at and (returned_at is None or max([delivered_at, *given]) >= returned_at)
        status = DeliveryStatus.DELIVERED if is_there else DeliveryStatus.HELD
    return Owed(one.subject_id, status, one.attempts, one.due_at, delivered_at)
