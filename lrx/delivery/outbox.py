"""Deliveries owed, held and released. `reconsider` is the only way into the outbox and the only way back.

Whoever changes a fact (a record, its voiding or expiration, an OCI ID, a course's recipients) calls it in the same
transaction.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lrx.access import Act
from lrx.clock import local_date
from lrx.database import insert_new, pieces
from lrx.delivery.cases import Case, Pair, activities_named, cases_of
from lrx.delivery.holdings import held_oci_ids, intervals_of, settings_to_judge_by
from lrx.delivery.proofs import proof
from lrx.eligibility import Facts, Interval, decide
from lrx.models import Delivery, DeliveryStatus, Learner, LearningRecord, Operation, SubjectKind
from lrx.recipient import PullRecipient, Recipient
from lrx.tables import Rows, among, same, table

__all__ = [
    "SETTLED",
    "lock_learner",
    "lock_learners",
    "reconsider",
    "reconsider_cases",
    "reconsider_learner",
    "reconsider_pairs",
]

# What is on its way or was handed over does not go back by itself; only voiding and an administrator's expiration
# withdraw it.
SETTLED = frozenset({DeliveryStatus.DELIVERED, DeliveryStatus.SENDING, DeliveryStatus.SUBMITTED, DeliveryStatus.DEAD})


def lock_learner(session: Session, learner_id: UUID) -> None:
    """Let nobody else record for this learner until the transaction ends."""
    lock_learners(session, [learner_id])


def lock_learners(session: Session, learner_ids: Collection[UUID]) -> None:
    """Lock several learners as `lock_learner` does, always in the same order. SQLite has one writer anyway.

    Their keys are not locked: what only names a learner, such as the answer to a question, does not wait."""
    if session.connection().dialect.name == "sqlite":
        return
    for some in pieces(sorted(learner_ids)):
        ordered = select(Learner.id).where(col(Learner.id).in_(some)).order_by(col(Learner.id))
        session.connection().execute(ordered.with_for_update(key_share=True))


def reconsider_learner(session: Session, act: Act, recipients: Mapping[str, Recipient], learner_id: UUID) -> int:
    """Run the checks again over all the learner's records; returns how many deliveries moved."""
    columns = table(LearningRecord).c
    query = sa.select(columns.course_id).where(columns.site_id == act.site_id, columns.learner_id == learner_id)
    courses = session.connection().execute(query.distinct()).scalars().all()
    pairs = [(learner_id, course_id) for course_id in courses]
    return reconsider_cases(session, act, recipients, cases_of(session, act.site_id, pairs).values())


def reconsider(
    session: Session, act: Act, recipients: Mapping[str, Recipient], *, learner_id: UUID, course_id: UUID
) -> int:
    """Run the checks over the learner's records in one course and move each delivery to where it now stands.

    Returns how many deliveries were made or moved.
    """
    cases = cases_of(session, act.site_id, [(learner_id, course_id)])
    return reconsider_cases(session, act, recipients, cases.values())


def reconsider_pairs(session: Session, act: Act, recipients: Mapping[str, Recipient], pairs: Collection[Pair]) -> int:
    """Do what `reconsider` does for any number of learners and courses of a site, while nobody else records for these
    learners."""
    lock_learners(session, {learner_id for learner_id, _ in pairs})
    return sum(
        reconsider_cases(session, act, recipients, cases_of(session, act.site_id, some).values())
        for some in pieces(pairs)
    )


def reconsider_cases(
    session: Session,
    act: Act,
    recipients: Mapping[str, Recipient],
    cases: Iterable[Case],
    just_made: Collection[UUID] = (),
) -> int:
    """Do what `reconsider` does for many cases of one site, each read in this transaction. `just_made` are records made
    in it, of which no delivery needs to be looked for."""
    cases = [case for case in cases if case.records]
    intervals = intervals_of(session, act.site_id, {case.course.id for case in cases})
    cases = [case for case in cases if case.course.id in intervals]
    codes = sorted({code for case in cases for code in intervals[case.course.id]} & recipients.keys())
    if not codes:
        return 0
    learner_ids = {case.learner_id for case in cases}
    oci_ids = held_oci_ids(session, act.site_id, learner_ids)
    activities = activities_named(
        session, {record.activity_id for case in cases for record in case.records if record.activity_id}
    )
    before = [record.id for case in cases for record in case.records if record.id not in just_made]
    standing = _standing(session, act.site_id, codes, before)
    moved, owed = 0, []
    for code in codes:
        recipient = recipients[code]
        settings = settings_to_judge_by(session, act.site_id, recipient)
        open_status = DeliveryStatus.OFFERED if isinstance(recipient, PullRecipient) else DeliveryStatus.PENDING
        for case in cases:
            spans = intervals[case.course.id].get(code)
            if spans is None:
                continue
            held = oci_ids.get(case.learner_id, ())
            for record in case.records:
                shown = proof(record, case.course, activities, held, local_date(record.completed_at, act.zone))
                objections = tuple(recipient.objections(shown, settings))
                status, reason = decide(_facts(case, record, spans, held, objections), open_status)
                found = standing.get((code, record.id))
                if found is None:
                    owed.append(_owed(act, case, code, record.id, status, reason))
                else:
                    moved += _move(session, act, found, status, reason)
    return moved + len(insert_new(session, table(Delivery), owed, ["revision"]))  # counted only: an id costs more


def _facts(case: Case, record: Any, spans: Sequence[Interval], held: tuple[Any, ...], objections: Any) -> Facts:
    return Facts(
        source=record.source,
        recorded_at=record.recorded_at,
        voided=case.is_voided(record.id),
        missing_activities=case.missing(record, spans),
        oci_ids=held,
        intervals=tuple(spans),
        objections=objections,
        expired_by_administrator=case.expired_since(record.id) is not None,
    )


class _Standing(NamedTuple):
    """A delivery already there, and where it stands."""

    id: UUID
    recipient: str
    subject_id: UUID
    status: DeliveryStatus
    reason: str | None


def _standing(
    session: Session, site_id: UUID, recipients: Collection[str], record_ids: Collection[UUID]
) -> dict[tuple[str, UUID], _Standing]:
    found = _STANDING.read_pieces(session, record_ids, site_id=site_id, recipients=recipients)
    return {(one.recipient, one.subject_id): one for one in found}


_STANDING = Rows(
    _Standing,
    Delivery,
    lambda of: (
        same(of.site_id),
        among(of.recipient, "recipients"),
        of.subject_kind == SubjectKind.RECORD,
        among(of.subject_id),
    ),
)
_ONE = Rows(_Standing, Delivery, lambda of: (same(of.id),))


def _moves(standing: _Standing, status: DeliveryStatus, reason: str | None) -> bool:
    if standing.status in SETTLED and status is not DeliveryStatus.WITHDRAWN:
        return False
    return (standing.status, standing.reason) != (status, reason)


def _move(session: Session, act: Act, standing: _Standing, status: DeliveryStatus, reason: str | None) -> bool:
    """Move the delivery from where it was read to stand, if it moves from there; returns whether it moved.

    An answer given in the meantime may have marked it delivered: then it is judged once more, from there.
    """
    deliveries = table(Delivery)
    changes: dict[str, Any] = {"status": status, "reason": reason, "changed_at": act.at}
    changes["due_at"] = act.at if status is DeliveryStatus.PENDING else None
    seen: _Standing | None = standing
    for _ in range(2):
        if seen is None or not _moves(seen, status, reason):
            return False
        as_read = (deliveries.c.status == seen.status, deliveries.c.reason.is_not_distinct_from(seen.reason))
        here = (deliveries.c.id == seen.id, *as_read)
        if session.connection().execute(sa.update(deliveries).where(*here).values(changes)).rowcount:
            return True
        seen = next(iter(_ONE.read(session, id=seen.id)), None)
    return False


def _owed(
    act: Act, case: Case, recipient: str, record_id: UUID, status: DeliveryStatus, reason: str | None
) -> dict[str, Any]:
    return {
        "id": act.new_id(),
        "site_id": act.site_id,
        "recipient": recipient,
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
