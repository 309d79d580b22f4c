"""A learning record as a recipient may see it."""

from collections.abc import Mapping, Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from lrx.clock import local_date
from lrx.models import Activity, Course, LearningRecord
from lrx.oci_id import OciId
from lrx.recipient import ProofOfCompletion

__all__ = ["proof"]


def proof(
    record: LearningRecord,
    course: Course,
    activities: Mapping[UUID, Activity],
    oci_ids: Sequence[OciId],
    zone: ZoneInfo,
) -> ProofOfCompletion:
    """Return the proof of one record; `zone` is the site's."""
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
