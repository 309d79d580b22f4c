"""A crowd of learners in every mixture of facts, made by SQL alone from a seed: to compare ways of diagnosing them."""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx.access import Act
from lrx.models import (
    Activity,
    Course,
    CourseLearner,
    Delivery,
    DeliveryStatus,
    Inquiry,
    Learner,
    LearnerOciId,
    LearningRecord,
    Observation,
    ObservationKind,
    Operation,
    Statement,
    SubjectKind,
    Voiding,
)
from lrx.oci_id import OciId
from lrx.people.names import folded
from lrx.recipient import Outcome
from lrx.source import Source
from lrx.tables import table

__all__ = ["fill"]

Rows = dict[type[Any], list[dict[str, Any]]]
SURNAMES = ("Roy", "Haddad", "Tremblay", "Chen", "Okafor", "Singh", "Côté", "Nguyen", "Petrov", "Weiss")


def fill(session: Session, act: Act, course: Course, activity: Activity, credential_id: UUID, people: int) -> None:
    """Put `people` learners into the course, whose only mandatory activity is `activity`."""
    chance = random.Random(20261121)
    rows: Rows = {}
    mandatory = [{"id": str(activity.id), "full_name": activity.full_name}]
    for number in range(people):
        _one(rows, act, course, activity, credential_id, number, chance, mandatory)
    for model, listed in rows.items():
        session.connection().execute(sa.insert(table(model)), listed)


def _one(
    rows: Rows,
    act: Act,
    course: Course,
    activity: Activity,
    credential_id: UUID,
    number: int,
    chance: random.Random,
    mandatory: list[dict[str, Any]],
) -> None:
    def add(model: type[Any], **values: Any) -> dict[str, Any]:
        row = {"site_id": act.site_id, **values}
        rows.setdefault(model, []).append(row)
        return row

    def ago(least: float, most: float) -> datetime:
        return act.at - timedelta(days=chance.uniform(least, most))

    learner_id = act.new_id()
    # Some names come twice, so that accounts look alike.
    surname, given = chance.choice(SURNAMES), f"Demo {number // 2 if chance.random() < 0.1 else number}"
    sort_name = folded(f"{surname}, {given}")
    add(
        Learner,
        id=learner_id,
        username=f"crowd{number}",
        family_name=surname,
        given_name=given,
        sort_name=sort_name,
        suspended=False,
        created_at=ago(200, 300),
        updated_at=act.at,
    )
    oci_id = None
    if chance.random() < 0.9:
        prefix = "CNO" if chance.random() < 0.08 else "CPSO"
        digits = f"{10000 + (number // 2 if chance.random() < 0.05 else number)}"
        oci_id = OciId("CA", "ON", prefix, digits)
        until = ago(1, 5) if chance.random() < 0.05 else None
        add(
            LearnerOciId,
            id=act.new_id(),
            learner_id=learner_id,
            oci_id=oci_id,
            number=digits,
            is_primary=True,
            held_from=ago(0.1, 200),
            held_until=until,
        )
    has_record = False
    for place in range(chance.choice((0, 1, 1, 1, 1, 2))):
        has_record = True
        source = chance.choices(tuple(Source), weights=(12, 1, 1, 1))[0]
        at = ago(0.2, 500 if place else 200)
        record_id = act.new_id()
        common = {"learner_id": learner_id, "course_id": course.id, "source": source, "stored_at": at}
        common |= {"claim_key": f"crowd-{number}-{place}", "completed_at": at, "recorded_at": at}
        expires_at = act.at + timedelta(days=chance.uniform(-30, 300)) if chance.random() < 0.3 else None
        add(
            LearningRecord,
            id=record_id,
            activity_id=None,
            mandatory=mandatory,
            expires_at=expires_at,
            grade=None,
            **common,
        )
        if chance.random() < 0.85:
            add(
                LearningRecord,
                id=act.new_id(),
                activity_id=activity.id,
                mandatory=[],
                expires_at=None,
                grade=None,
                **common,
            )
        if chance.random() < 0.06:
            add(
                Voiding,
                record_id=record_id,
                voided=chance.random() < 0.7,
                actor="demo",
                reason="Demo",
                voided_at=act.at,
            )
        status = chance.choice((DeliveryStatus.DELIVERED, DeliveryStatus.OFFERED, DeliveryStatus.HELD))
        is_delivered = status is DeliveryStatus.DELIVERED
        add(
            Delivery,
            id=act.new_id(),
            recipient="cmars",
            subject_kind=SubjectKind.RECORD,
            subject_id=record_id,
            revision=1,
            operation=Operation.ADD,
            course_id=course.id,
            learner_id=learner_id,
            status=status,
            attempts=0,
            delivered_at=at + timedelta(hours=1) if is_delivered else None,
            created_at=at,
            changed_at=at,
        )
    if not has_record and chance.random() < 0.7:
        _seen(rows, act, course, credential_id, learner_id, ago(1, 90), chance)
    if oci_id is not None:
        for day in range(chance.choice((0, 0, 1, 3))):
            unknown = chance.random() < 0.2
            asked = OciId("CA", "ON", "CPSO", oci_id.number[:-2] + oci_id.number[:-3:-1]) if unknown else oci_id
            add(
                Inquiry,
                id=act.new_id(),
                recipient="cmars",
                credential_id=credential_id,
                request_id="-",
                asked_at=act.at - timedelta(days=day, hours=8),
                asked=str(asked),
                oci_id=asked,
                course="OTHER" if chance.random() < 0.1 else None,
                outcome=Outcome.UNKNOWN_LEARNER if unknown else Outcome.ANSWERED,
                learner_id=None if unknown else learner_id,
                record_ids=[],
                duration_us=0,
            )
    add(
        CourseLearner,
        course_id=course.id,
        learner_id=learner_id,
        sort_name=sort_name,
        has_course_record=has_record,
    )


def _seen(
    rows: Rows, act: Act, course: Course, credential_id: UUID, learner_id: UUID, at: datetime, chance: random.Random
) -> None:
    seq = len(rows.setdefault(Statement, [])) + 1
    statement = {"seq": seq, "txid": 0, "site_id": act.site_id, "credential_id": credential_id, "stored": at}
    rows[Statement].append(statement | {"statement_id": act.new_id(), "content_hash": f"{seq}", "body": b"{}"})
    kind = chance.choice((ObservationKind.ENROLLED, ObservationKind.ATTEMPT_STARTED, ObservationKind.FAILED))
    rows.setdefault(Observation, []).append(
        {
            "statement_seq": seq,
            "site_id": act.site_id,
            "learner_id": learner_id,
            "course_id": course.id,
            "activity_id": None,
            "kind": kind,
            "happened_at": at,
            "detail": {},
        }
    )
