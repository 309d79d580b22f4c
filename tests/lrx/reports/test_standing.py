from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from lrx.eligibility import Interval
from lrx.models import Chip, Course, DeliveryStatus, LearningRecord
from lrx.oci_id import OciId
from lrx.reporting_period import Span
from lrx.reports.standing import CourseCase, LearnerCase, Link, Owed, standing
from lrx.source import Source
from tests.lrx.reports.scene import SEPTEMBER, Colleges, Register

NOW = datetime(2026, 11, 21, 19, 30, tzinfo=UTC)
RECORD = UUID(int=7)

COURSE = Course(id=UUID(int=1), site_id=UUID(int=2), full_name="WHMIS", created_at=SEPTEMBER, updated_at=SEPTEMBER)
CASE = CourseCase(COURSE, {}, ZoneInfo("America/Toronto"), NOW)
LINK = Link(
    Register(),
    Colleges(),
    is_enabled=True,
    intervals=(Interval(SEPTEMBER, None),),
    reporting_period=None,
    period=Span(date(2026, 1, 1), date(2026, 12, 31)),
    open_status=DeliveryStatus.PENDING,
)
COMPLETED = LearningRecord(
    id=RECORD,
    site_id=COURSE.site_id,
    learner_id=UUID(int=3),
    course_id=COURSE.id,
    source=Source.COMPLETION,
    completed_at=datetime(2026, 10, 1, tzinfo=UTC),
    recorded_at=datetime(2026, 10, 1, tzinfo=UTC),
    claim_key="2026",
)


def learner_with(status: DeliveryStatus | None, attempts: int = 0) -> LearnerCase:
    """A learner with one good record, and a delivery of it."""
    owed = {} if status is None else {(RECORD, "register"): Owed(RECORD, "register", status, attempts, None)}
    return LearnerCase([COMPLETED], [], frozenset(), (OciId.parse("CA-ON-CPSO-12345"),), owed)


@pytest.mark.parametrize(
    ("status", "attempts", "chip", "turn"),
    [
        (DeliveryStatus.DELIVERED, 1, Chip.DELIVERED, "nobody"),
        (DeliveryStatus.OFFERED, 0, Chip.WAITING, "recipient"),
        (DeliveryStatus.PENDING, 0, Chip.WAITING, "lrx"),
        (DeliveryStatus.PENDING, 1, Chip.RETRYING, "lrx"),
        (DeliveryStatus.SENDING, 1, Chip.WAITING, "lrx"),
        (DeliveryStatus.SUBMITTED, 1, Chip.WAITING, "recipient"),
        (DeliveryStatus.DEAD, 8, Chip.NEEDS_ACTION, "site_admin"),
        # What held it is gone, or it was never owed: it is about to be.
        (DeliveryStatus.HELD, 0, Chip.WAITING, "lrx"),
        (DeliveryStatus.EXCLUDED, 0, Chip.WAITING, "lrx"),
        (DeliveryStatus.WITHDRAWN, 0, Chip.WAITING, "lrx"),
        (None, 0, Chip.WAITING, "lrx"),
    ],
)
def test_what_nothing_stands_in_the_way_of_is_told_by_its_delivery(
    status: DeliveryStatus | None, attempts: int, chip: Chip, turn: str
) -> None:
    verdict = standing(CASE, LINK, learner_with(status, attempts)).verdict
    assert (verdict.chip, verdict.reason, verdict.turn) == (chip, None, turn)


def test_what_was_handed_over_is_not_recalled_when_the_oci_id_is_taken_away() -> None:
    delivered = replace(learner_with(DeliveryStatus.DELIVERED), oci_ids=())
    offered = replace(learner_with(DeliveryStatus.OFFERED), oci_ids=())
    assert standing(CASE, LINK, delivered).verdict.chip is Chip.DELIVERED
    assert standing(CASE, LINK, offered).verdict.reason == "oci_missing"


def test_a_reason_that_no_correction_mends_stands_before_one_that_can_be_mended() -> None:
    learner = replace(learner_with(DeliveryStatus.HELD), oci_ids=())
    last_year = replace(LINK, period=Span(date(2027, 1, 1), date(2027, 12, 31)))
    assert standing(CASE, last_year, learner).verdict.reason == "out_of_period"
    voided = replace(learner, voided=frozenset({RECORD}))
    assert standing(CASE, last_year, voided).verdict.reason == "voided"
    expired = replace(learner, expired={RECORD: NOW})
    assert standing(CASE, last_year, expired).verdict.reason == "expired_by_administrator"


def test_an_activity_that_an_administrator_let_expire_is_not_done() -> None:
    quiz = COMPLETED.model_copy(update={"id": UUID(int=8), "activity_id": UUID(int=9)})
    learner = replace(learner_with(DeliveryStatus.OFFERED), activity_records=[quiz])
    assert learner.missing([(UUID(int=9), "Quiz")]) == ()
    assert replace(learner, expired={quiz.id: NOW}).missing([(UUID(int=9), "Quiz")]) == ("Quiz",)
