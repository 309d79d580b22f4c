"""What the checks of a diagnosis look at: all that is known of a learner, a course and a recipient at one instant.

Everything is a value. The same facts give the same diagnosis, whenever it is made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from lrx.delivery.proofs import ActivityRow, CourseRow, KeptRow
from lrx.diagnosis.rhythm import Rhythm
from lrx.eligibility import Interval
from lrx.models import DeliveryStatus, ObservationKind
from lrx.oci_id import OciId
from lrx.recipient import Outcome, PullRecipient, Recipient
from lrx.reporting_period import Span

__all__ = [
    "Account",
    "Amended",
    "Asked",
    "Change",
    "Held",
    "Lapse",
    "LearnerFacts",
    "LookAlike",
    "Missed",
    "Owed",
    "Refused",
    "Release",
    "Seen",
    "Situation",
    "Tracking",
]


class Tracking(NamedTuple):
    """What the recipient's representative said: whether it follows this course at all."""

    tracked: bool | None = None
    confirmed_by: str | None = None
    confirmed_on: date | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """The course's recipient: the spans in which it was in effect, by whom the last one was begun, and its settings.

    `period_since` is the instant from which on the reporting period is what it is.
    """

    is_active: bool
    intervals: tuple[Interval, ...]
    added_by: str
    reporting_period: Mapping[str, Any] | None
    tracking: Tracking
    period_since: datetime | None = None


class Missed(NamedTuple):
    """An OCI ID the recipient asked for and nobody here holds."""

    oci_id: OciId
    times: int
    last_asked_at: datetime


@dataclass(frozen=True, slots=True)
class Situation:
    """The course and the recipient: what is the same for every learner at the instant `at`.

    `puller` is the recipient where it is one that asks, None where it is told. `is_enabled` says whether the site used
    it, None where that is not known of the instant.
    `has_account` says whether a pull recipient has a service account that is not revoked; `namesakes` are other courses
    of the same name that send to the recipient; `missed` is what it asked for lately and found nobody.
    """

    at: datetime
    zone: ZoneInfo
    course: CourseRow
    activities: Mapping[UUID, ActivityRow]
    recipient: Recipient
    puller: PullRecipient | None
    settings: BaseModel
    is_enabled: bool | None
    has_account: bool
    release: Release | None
    period: Span
    rhythm: Rhythm
    has_field: bool
    namesakes: tuple[str, ...]
    missed: tuple[Missed, ...]
    missed_numbers: Mapping[str, Sequence[Missed]]


class Account(NamedTuple):
    """A learner's account here. `full_name` is as people write it."""

    id: UUID
    full_name: str
    username: str | None
    email: str | None
    idnumber: str | None
    language: str | None
    suspended: bool


class Held(NamedTuple):
    """An OCI ID the learner holds, or held until an instant."""

    oci_id: OciId
    held_from: datetime
    held_until: datetime | None


class Change(NamedTuple):
    """One change of the learner's OCI ID: given (`new`) or taken (`old`), when, by whom, and by which request or
    upload."""

    learner_id: UUID
    old: str | None
    new: str | None
    changed_at: datetime
    actor: str
    origin: str


class Refused(NamedTuple):
    """A value somebody tried to enter as the learner's OCI ID and that is none; `hint` is what may have been meant."""

    learner_id: UUID
    typed: str
    hint: str | None
    origin: str
    refused_at: datetime


class LookAlike(NamedTuple):
    """Another account that may be the same person, by what they share: `name`, `email` or `idnumber`. `completed_at` is
    of its newest course record that is sent and not voided."""

    id: UUID
    full_name: str
    username: str | None
    shared: tuple[str, ...]
    oci_ids: tuple[OciId, ...]
    has_record: bool
    idnumber: str | None = None
    completed_at: datetime | None = None


class Lapse(NamedTuple):
    """The last word on a record that was ever voided, or ever expired by an administrator."""

    record_id: UUID
    holds: bool
    at: datetime
    actor: str
    reason: str


class Amended(NamedTuple):
    """A later claim in the cycle of a record, which is no record by itself."""

    record_id: UUID
    id: UUID
    completed_at: datetime
    recorded_at: datetime
    promoted_record_id: UUID | None


class Owed(NamedTuple):
    """What is kept of the delivery of one record."""

    record_id: UUID
    status: DeliveryStatus
    attempts: int
    due_at: datetime | None
    delivered_at: datetime | None


class Seen(NamedTuple):
    """What statements told of the learner in the course, beside completions."""

    learner_id: UUID
    kind: ObservationKind
    activity_id: UUID | None
    happened_at: datetime
    detail: Mapping[str, Any]


class Asked(NamedTuple):
    """A question of the recipient about the learner, and what was answered."""

    learner_id: UUID
    id: UUID
    asked_at: datetime
    outcome: Outcome
    code: str | None
    course: str | None
    completed_from: date | None
    completed_to: date | None
    record_ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class LearnerFacts:
    """One learner: account, records of the course, OCI IDs now and before, and what the recipient asked.

    `records` are all of the course and its activities, `oci_ids` begin with the primary one, `held` are those of them
    held at the instant, `sharers` are the other accounts that hold one of them, by the OCI ID, `successors` those that
    hold now one that this learner held before, `asked` tells when each
    OCI ID was last asked for, `inquiries` are the latest questions about this person, newest first; `elsewhere` names
    other sites with an eligible record, where none here counts.
    """

    account: Account
    records: tuple[KeptRow, ...] = ()
    voided: Mapping[UUID, Lapse] = field(default_factory=dict)
    expired: Mapping[UUID, Lapse] = field(default_factory=dict)
    amendments: tuple[Amended, ...] = ()
    deliveries: Mapping[UUID, Owed] = field(default_factory=dict)
    oci_ids: tuple[Held, ...] = ()
    held: tuple[OciId, ...] = ()
    changes: tuple[Change, ...] = ()
    refused: tuple[Refused, ...] = ()
    look_alikes: tuple[LookAlike, ...] = ()
    sharers: Mapping[OciId, tuple[Account, ...]] = field(default_factory=dict)
    successors: Mapping[OciId, tuple[Account, ...]] = field(default_factory=dict)
    seen: tuple[Seen, ...] = ()
    asked: Mapping[OciId, datetime] = field(default_factory=dict)
    inquiries: tuple[Asked, ...] = ()
    elsewhere: tuple[str, ...] = ()

    def is_voided(self, record_id: UUID) -> bool:
        """Whether the record is voided at the instant."""
        voided = self.voided.get(record_id)
        return voided is not None and voided.holds

    def is_expired(self, record_id: UUID) -> bool:
        """Whether an administrator let the record expire, and that holds at the instant."""
        expired = self.expired.get(record_id)
        return expired is not None and expired.holds

    def has_lapsed(self, record_id: UUID) -> bool:
        """Whether the record is voided, or expired by an administrator, at the instant."""
        return self.is_voided(record_id) or self.is_expired(record_id)
