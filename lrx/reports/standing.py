"""Where one learner's course record stands at one recipient, and whose turn it is. Pure; the reports read and show it.

The ordered checks decide, as they do for the delivery. Two things change by themselves and are judged here at the
moment of asking: the reporting period and the expiry.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from lrx.clock import local_date
from lrx.delivery.outbox import SETTLED
from lrx.delivery.proofs import proof
from lrx.delivery.released import has_expired
from lrx.eligibility import Effect, Facts, Finding, Interval, findings
from lrx.errors import Turn
from lrx.models import CHIPS, Activity, Chip, Course, DeliveryStatus, LearningRecord
from lrx.oci_id import OciId
from lrx.recipient import Recipient
from lrx.reporting_period import Span
from lrx.source import SENT_SOURCES
from lrx.text import Text, text

__all__ = ["CourseCase", "LearnerCase", "Link", "Owed", "Standing", "Verdict", "mandatory_of", "standing"]


@dataclass(frozen=True, slots=True)
class CourseCase:
    """The course, and the moment and zone it is judged in."""

    course: Course
    activities: Mapping[UUID, Activity]
    zone: ZoneInfo
    now: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """A recipient of the course: its settings at the site, whether the site uses it, and what it takes now.
    `reporting_period` is the one set for it, `period` the days that count now by it or else by the course's own cycle.
    `open_status` is where a delivery stands that nothing is in the way of."""

    recipient: Recipient
    settings: BaseModel
    is_enabled: bool
    intervals: tuple[Interval, ...]
    reporting_period: Mapping[str, Any] | None
    period: Span
    open_status: DeliveryStatus


class Owed(NamedTuple):
    """What is kept of the delivery of one record to one recipient."""

    record_id: UUID
    recipient: str
    status: DeliveryStatus
    attempts: int
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class LearnerCase:
    """All that is known of one learner in the course. `course_records` begins with the one that is shown."""

    course_records: Sequence[LearningRecord]
    activity_records: Sequence[LearningRecord]
    voided: frozenset[UUID]
    oci_ids: tuple[OciId, ...]
    deliveries: Mapping[tuple[UUID, str], Owed]
    expired: Mapping[UUID, datetime] = field(default_factory=dict)
    """Records that an administrator let expire, since when."""

    def missing(self, mandatory: Sequence[tuple[UUID, str]]) -> tuple[str, ...]:
        """Names of those activities that the learner has no record of, or only one that is voided, expired by an
        administrator, or never sent."""
        done = {
            record.activity_id
            for record in self.activity_records
            if record.source in SENT_SOURCES and record.id not in self.voided and record.id not in self.expired
        }
        return tuple(name for activity_id, name in mandatory if activity_id not in done)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What people are told: a chip, the code and the sentence of the reason, what helps, and whose turn it is."""

    chip: Chip
    reason: str | None
    detail: Text
    remedy: Text | None
    turn: Turn


@dataclass(frozen=True, slots=True)
class Standing:
    """The verdict on one record at one recipient. `completed_on` is the record's day in the site's zone; None where
    the learner has no record."""

    recipient: str
    verdict: Verdict
    delivered_at: datetime | None = None
    completed_on: date | None = None


_NO_RECORD = Verdict(
    Chip.NEEDS_ACTION,
    "course_record_missing",
    text("No course record yet."),
    text("The learner completes the course."),
    "learner",
)

# What can never be mended by correcting a profile comes first, as for the delivery.
_LEADING = (Effect.WITHDRAWS, Effect.EXCLUDES, Effect.EXPLAINS, Effect.HOLDS)

_REACHES = frozenset({Chip.DELIVERED, Chip.WAITING, Chip.RETRYING})


def standing(case: CourseCase, link: Link, learner: LearnerCase) -> Standing:
    """Return where the learner stands: by the newest record the recipient has or will get, else by the one shown."""
    judged = [_judge(case, link, learner, record) for record in learner.course_records]
    if not judged:
        return Standing(link.recipient.code, _NO_RECORD)
    return next((one for one in judged if one.verdict.chip in _REACHES), judged[0])


def mandatory_of(record: LearningRecord) -> list[tuple[UUID, str]]:
    """Return the activities that were mandatory when the record was kept, by id and name."""
    return [(UUID(activity["id"]), activity["full_name"]) for activity in record.mandatory]


def _judge(case: CourseCase, link: Link, learner: LearnerCase, record: LearningRecord) -> Standing:
    delivery = learner.deliveries.get((record.id, link.recipient.code))
    is_settled = delivery is not None and delivery.status in SETTLED
    mandatory = mandatory_of(record)
    verdict = _refused(_failed(case, link, learner, record, learner.missing(mandatory)), is_settled=is_settled)
    if verdict is None and not is_settled:
        verdict = _incomplete(_outdated(case, link, learner, mandatory)) or _switched_off(link)
    return Standing(
        link.recipient.code,
        verdict or _on_its_way(link, delivery),
        delivery.delivered_at if delivery else None,
        local_date(record.completed_at, case.zone),
    )


def _refused(failed: Sequence[Finding], *, is_settled: bool) -> Verdict | None:
    """The verdict of the check that leads; what only holds back does not recall what was handed over."""
    for effect in _LEADING:
        for finding in failed:
            check = finding.check
            if finding.detail is None or check.effect is not effect or (is_settled and effect is Effect.HOLDS):
                continue
            chip = Chip.NEEDS_ACTION if effect is Effect.HOLDS else Chip.NOT_SENT
            return Verdict(chip, check.code, finding.detail, check.remedy, check.turn)
    return None


def _incomplete(outdated: Sequence[str]) -> Verdict | None:
    if not outdated:
        return None
    return Verdict(
        Chip.NEEDS_ACTION,
        "activity_record_missing",
        text("No record that counts now for: {activities}.", activities=", ".join(outdated)),
        text("The learner repeats the activities named."),
        "learner",
    )


def _switched_off(link: Link) -> Verdict | None:
    if link.is_enabled:
        return None
    return Verdict(
        Chip.NEEDS_ACTION,
        "recipient_off",
        text("This site does not use {recipient} now.", recipient=link.recipient.title),
        text("A site administrator switches the recipient on."),
        "site_admin",
    )


def _on_its_way(link: Link, delivery: Owed | None) -> Verdict:
    told = _told(link.recipient.title)
    # Where what held it is gone by now, it is about to move.
    status = delivery.status if delivery and delivery.status in told else link.open_status
    is_retried = status is DeliveryStatus.PENDING and delivery is not None and delivery.attempts > 0
    detail, turn = told[status]
    return Verdict(Chip.RETRYING if is_retried else CHIPS[status], None, detail, None, turn)


def _failed(
    case: CourseCase, link: Link, learner: LearnerCase, record: LearningRecord, missing: tuple[str, ...]
) -> list[Finding]:
    shown = proof(record, case.course, case.activities, learner.oci_ids, case.zone)
    facts = Facts(
        source=record.source,
        recorded_at=record.recorded_at,
        voided=record.id in learner.voided,
        missing_activities=missing,
        oci_ids=learner.oci_ids,
        intervals=link.intervals,
        objections=tuple(link.recipient.objections(shown, link.settings)),
        in_period=link.period.contains(shown.completed_on),
        expired=has_expired(record.expires_at, link.reporting_period, case.course.expiry, case.now),
        expired_by_administrator=record.id in learner.expired,
    )
    return [finding for finding in findings(facts) if not finding.passed]


def _outdated(
    case: CourseCase, link: Link, learner: LearnerCase, mandatory: Sequence[tuple[UUID, str]]
) -> tuple[str, ...]:
    """Names of the activities whose every record is of another period, expired, or older than the course recipient:
    a course is released only together with its activities."""
    counting = {
        record.activity_id
        for record in learner.activity_records
        if all(one.check.effect is Effect.HOLDS for one in _failed(case, link, learner, record, ()))
    }
    return tuple(name for activity_id, name in mandatory if activity_id not in counting)


def _told(recipient: str) -> Mapping[DeliveryStatus, tuple[Text, Turn]]:
    """What nothing stands in the way of, by the status of its delivery."""
    ready = text("Ready. {recipient} gets it the next time it asks.", recipient=recipient)
    underway = text("On its way to {recipient}.", recipient=recipient)
    undecided = text("{recipient} has been told and has not decided yet.", recipient=recipient)
    refused = text("{recipient} did not take it, and it is not tried again by itself.", recipient=recipient)
    return {
        DeliveryStatus.DELIVERED: (text("{recipient} has it.", recipient=recipient), "nobody"),
        DeliveryStatus.OFFERED: (ready, "recipient"),
        DeliveryStatus.PENDING: (underway, "lrx"),
        DeliveryStatus.SENDING: (underway, "lrx"),
        DeliveryStatus.SUBMITTED: (undecided, "recipient"),
        DeliveryStatus.DEAD: (refused, "site_admin"),
    }
