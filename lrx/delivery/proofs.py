"""A learning record as a recipient may see it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from lrx.clock import local_date
from lrx.models import Activity, Course, LearningRecord
from lrx.oci_id import OciId
from lrx.recipient import ProofOfCompletion
from lrx.source import Source

__all__ = ["ActivityRow", "CourseRow", "RecordRow", "ShownRow", "proof"]


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


class ShownRow(NamedTuple):
    """What of a learning record is shown to a recipient."""

    id: UUID
    learner_id: UUID
    course_id: UUID
    activity_id: UUID | None
    source: Source
    completed_at: datetime
    expires_at: datetime | None
    grade: float | None
    mandatory: list[dict[str, Any]]


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
    record: RecordRow | ShownRow | LearningRecord,
    course: CourseRow | Course,
    activities: Mapping[UUID, ActivityRow] | Mapping[UUID, Activity],
    oci_ids: Sequence[OciId],
    zone: ZoneInfo,
) -> ProofOfCompletion:
    """Return the proof of one record, read as a model or as a row; `zone` is the site's."""
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
        completed_on=local_date(record.completed_at, zone),
        expires_at=record.expires_at,
        grade=record.grade,
        oci_ids=tuple(oci_ids),
    )
