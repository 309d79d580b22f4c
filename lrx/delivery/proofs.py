"""A learning record as a recipient may see it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from lrx.models import Activity, Course, DeliveryStatus, LearningRecord
from lrx.oci_id import OciId
from lrx.recipient import ProofOfCompletion
from lrx.source import Source

__all__ = ["ActivityRow", "CourseRow", "KeptRow", "RecordRow", "ShownRow", "proof"]


class RecordRow(NamedTuple):
    """A learning record as the hot paths read it."""

    id: UUID
    learner_id: UUID
    course_id: UUID
    activity_id: UUID | None
    source: Source
    completed_at: datetime
    recorded_at: datetime
    expires_at: datetime | None
    grade: float | None
    claim_key: str
    external_id: str | None
    mandatory: list[dict[str, Any]]


class KeptRow(NamedTuple):
    """A learning record, with when it was kept here: for a repeat that was made a record, or a statement that was read
    late, some time after it was reported."""

    id: UUID
    learner_id: UUID
    course_id: UUID
    activity_id: UUID | None
    source: Source
    completed_at: datetime
    recorded_at: datetime
    stored_at: datetime
    expires_at: datetime | None
    grade: float | None
    mandatory: list[dict[str, Any]]


class ShownRow(NamedTuple):
    """What of a learning record is shown to a recipient, and where its delivery stands."""

    id: UUID
    learner_id: UUID
    course_id: UUID
    activity_id: UUID | None
    source: Source
    completed_at: datetime
    expires_at: datetime | None
    grade: float | None
    mandatory: list[dict[str, Any]]
    status: DeliveryStatus


class CourseRow(NamedTuple):
    """A course as the hot paths read it."""

    id: UUID
    shortname: str | None
    idnumber: str | None
    full_name: str
    expiry: dict[str, Any]
    recertification_window: dict[str, Any] | None
    repeats: str


class ActivityRow(NamedTuple):
    """An activity as the hot paths read it."""

    id: UUID
    course_id: UUID
    idnumber: str | None
    full_name: str
    mandatory: bool


def proof(
    record: RecordRow | KeptRow | ShownRow | LearningRecord,
    course: CourseRow | Course,
    activities: Mapping[UUID, ActivityRow] | Mapping[UUID, Activity],
    oci_ids: Sequence[OciId],
    completed_on: date,
) -> ProofOfCompletion:
    """Return the proof of one record, read as a model or as a row; `completed_on` is its day in the site's zone."""
    activity = activities[record.activity_id] if record.activity_id else None
    return ProofOfCompletion(
        record_id=record.id,
        object_kind="activity" if activity else "course",
        course_shortname=course.shortname,
        course_idnumber=course.idnumber,
        course_name=course.full_name,
        activity_id=activity.id if activity else None,
        activity_idnumber=activity.idnumber if activity else None,
        activity_name=activity.full_name if activity else None,
        mandatory=bool(activity and activity.mandatory),
        source=record.source,
        completed_at=record.completed_at,
        completed_on=completed_on,
        expires_at=record.expires_at,
        grade=record.grade,
        oci_ids=tuple(oci_ids),
    )
