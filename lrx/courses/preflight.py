"""What adding a recipient to a course will do: what will flow, what never will, and whose OCI ID is in the way."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, func, select

from lrx.access import Act
from lrx.delivery.holdings import held_oci_ids, site_settings
from lrx.models import Course, CourseLearner, CourseRecipient, LearningRecord, RecipientInterval
from lrx.recipient import PullRecipient, Recipient

__all__ = ["Preflight", "preflight"]

SHOWN = 200
"""Most learners named in a list; the counts are of all."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """Numbers before a recipient is added. Learners are those with records or an enrolment in the course.

    `legacy_records` are stored outside every span in which the course sent to the recipient: they will never flow.
    `released_records` are stored inside an earlier span: they flow again at once.
    """

    learners: int
    legacy_records: int
    released_records: int
    without_oci_id: int
    learners_without_oci_id: tuple[UUID, ...]
    college_not_served: int
    learners_college_not_served: tuple[UUID, ...]


def preflight(session: Session, act: Act, course: Course, recipient: Recipient) -> Preflight:
    """Return what adding `recipient` to the course would mean now. Changes nothing."""
    total = _count(session, act, course, None)
    released = _count(session, act, course, recipient.code)
    learners = _learners(session, act, course)
    oci_ids = held_oci_ids(session, act.site_id, learners)
    settings = site_settings(session, act.site_id, recipient)
    without = [learner for learner in learners if not oci_ids.get(learner)]
    unserved = [
        learner
        for learner in learners
        if oci_ids.get(learner)
        and isinstance(recipient, PullRecipient)
        and not any(recipient.serves(oci_id, settings) for oci_id in oci_ids[learner])
    ]
    return Preflight(
        learners=len(learners),
        legacy_records=total - released,
        released_records=released,
        without_oci_id=len(without),
        learners_without_oci_id=tuple(without[:SHOWN]),
        college_not_served=len(unserved),
        learners_college_not_served=tuple(unserved[:SHOWN]),
    )


def _count(session: Session, act: Act, course: Course, recipient: str | None) -> int:
    query = select(func.count(func.distinct(col(LearningRecord.id)))).where(
        LearningRecord.site_id == act.site_id, LearningRecord.course_id == course.id
    )
    if recipient is not None:
        query = query.join(
            CourseRecipient,
            (col(CourseRecipient.course_id) == col(LearningRecord.course_id))
            & (col(CourseRecipient.recipient) == recipient),
        ).join(
            RecipientInterval,
            (col(RecipientInterval.course_recipient_id) == col(CourseRecipient.id))
            & (col(RecipientInterval.added_at) <= col(LearningRecord.recorded_at))
            & (
                col(RecipientInterval.removed_at).is_(None)
                | (col(LearningRecord.recorded_at) < col(RecipientInterval.removed_at))
            ),
        )
    return int(session.exec(query).one())


def _learners(session: Session, act: Act, course: Course) -> list[UUID]:
    query = select(col(CourseLearner.learner_id)).where(
        CourseLearner.site_id == act.site_id, CourseLearner.course_id == course.id
    )
    return sorted(session.exec(query))
