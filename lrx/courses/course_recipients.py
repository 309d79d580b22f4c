"""Recipients of a course: added, removed, added again. Each span is kept, for a record is released by the span it was
stored in."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ValidationError
from sqlmodel import Session, col, select

from lrx import audit, settings_history
from lrx.access import Act
from lrx.courses.tracking import note_tracking
from lrx.delivery.holdings import is_enabled
from lrx.delivery.outbox import reconsider_pairs
from lrx.errors import Conflict, Fault, Invalid, NotFound
from lrx.faults import faults_of, summary
from lrx.models import Course, CourseRecipient, LearningRecord, RecipientInterval
from lrx.recipient import Recipient
from lrx.tables import lock_row
from lrx.text import text

__all__ = [
    "CourseRecipientPresent",
    "RecipientOff",
    "UnknownCourseRecipient",
    "add",
    "change",
    "checked",
    "course_recipient",
    "remove",
]


class UnknownCourseRecipient(NotFound):
    """The course does not send to this recipient."""

    code = "course_recipient_unknown"


class CourseRecipientPresent(Conflict):
    """The course sends to this recipient already."""

    code = "course_recipient_present"


class RecipientOff(Conflict):
    """The site does not use this recipient, so that a course cannot send to it."""

    code = "recipient_off"
    turn = "site_admin"


def course_recipient(session: Session, act: Act, course_id: UUID, recipient: str) -> CourseRecipient:
    """Return the course recipient, in effect or not. Raises `UnknownCourseRecipient`."""
    link = _find(session, act, course_id, recipient)
    if link is None:
        raise UnknownCourseRecipient(
            text("This course does not send to {recipient}. Add the recipient first.", recipient=recipient)
        )
    return link


def add(
    session: Session,
    act: Act,
    recipients: Mapping[str, Recipient],
    course: Course,
    recipient: Recipient,
    *,
    settings: Mapping[str, Any],
    reporting_period: dict[str, Any] | None,
    tracking: Mapping[str, Any] | None = None,
) -> CourseRecipient:
    """Send records of the course to the recipient from now on. `tracking` is what of `note_tracking` is given.

    Raises `RecipientOff` when the site does not use it, `CourseRecipientPresent`, and `Invalid` for wrong settings or
    tracking.
    """
    if not is_enabled(session, act.site_id, recipient.code):
        raise RecipientOff(
            text(
                "{recipient} is not switched on for this site. A site administrator switches it on first.",
                recipient=recipient.title,
            )
        )
    checked_settings = checked(recipient.course_settings, settings, "/settings").model_dump(mode="json")
    # Whoever is recording for this course ends first: PostgreSQL holds the course's row for the record that names it.
    session.connection().execute(select(Course.id).where(Course.id == course.id).with_for_update())
    link = _find(session, act, course.id, recipient.code)
    if link is not None and link.active:
        raise CourseRecipientPresent(text("This course already sends to {recipient}.", recipient=recipient.title))
    if link is None:
        link = CourseRecipient(
            id=act.new_id(),
            site_id=act.site_id,
            course_id=course.id,
            recipient=recipient.code,
            created_at=act.at,
            updated_at=act.at,
        )
    link.active = True
    link.settings = checked_settings
    link.reporting_period = reporting_period
    note_tracking(act, link, tracking or {})
    link.updated_at = act.at
    session.add(link)
    session.flush()
    session.add(
        RecipientInterval(
            id=act.new_id(), site_id=act.site_id, course_recipient_id=link.id, added_at=act.at, added_by=act.actor
        )
    )
    session.flush()
    settings_history.keep(session, act, link)
    audit.keep(session, act, "add", "course_recipient", link.id, recipient=recipient.code, course_id=str(course.id))
    _release_since(session, act, recipients, course)
    return link


def change(
    session: Session, act: Act, link: CourseRecipient, recipient: Recipient, changes: Mapping[str, Any]
) -> CourseRecipient:
    """Change the settings, the reporting period or what is noted of tracking. None of them decides where a delivery
    stands, so nothing is recomputed. Raises `Invalid`."""
    lock_row(session, link)
    if "settings" in changes:
        settings = checked(recipient.course_settings, changes["settings"] or {}, "/settings")
        link.settings = settings.model_dump(mode="json")
    if "reporting_period" in changes:
        link.reporting_period = changes["reporting_period"]
    note_tracking(act, link, changes)
    link.updated_at = act.at
    session.add(link)
    settings_history.keep(session, act, link)
    audit.keep(session, act, "change", "course_recipient", link.id, fields=sorted(changes))
    return link


def remove(session: Session, act: Act, link: CourseRecipient) -> None:
    """Stop sending. Nothing is shown while removed; records of the spans before are released again when it is re-added.

    Raises `UnknownCourseRecipient` when it is not in effect.
    """
    lock_row(session, link)
    if not link.active:
        raise UnknownCourseRecipient(text("This course does not send to {recipient} now.", recipient=link.recipient))
    link.active = False
    link.updated_at = act.at
    session.add(link)
    for interval in session.exec(
        select(RecipientInterval).where(
            RecipientInterval.course_recipient_id == link.id, col(RecipientInterval.removed_at).is_(None)
        )
    ):
        interval.removed_at = act.at
        interval.removed_by = act.actor
        session.add(interval)
    settings_history.keep(session, act, link)
    audit.keep(session, act, "remove", "course_recipient", link.id, recipient=link.recipient)


def _release_since(session: Session, act: Act, recipients: Mapping[str, Recipient], course: Course) -> None:
    """Release what was recorded since the recipient was added, by those who could not see it yet."""
    learners = select(col(LearningRecord.learner_id)).where(
        LearningRecord.site_id == act.site_id,
        LearningRecord.course_id == course.id,
        LearningRecord.recorded_at >= act.at,
    )
    found = session.exec(learners.distinct()).all()
    reconsider_pairs(session, act, recipients, [(learner_id, course.id) for learner_id in found])


def checked(model: type[BaseModel], values: Mapping[str, Any], pointer: str) -> BaseModel:
    """Return `values` as the recipient's own model. Raises `Invalid` with a pointer to each wrong value."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        faults = tuple(
            Fault(f"{pointer}{fault.pointer}", fault.code, fault.detail, fault.hint)
            for fault in faults_of(error, dict(values))
        )
        raise Invalid(summary(faults), faults=faults) from error


def _find(session: Session, act: Act, course_id: UUID, recipient: str) -> CourseRecipient | None:
    return session.exec(
        select(CourseRecipient).where(
            CourseRecipient.site_id == act.site_id,
            CourseRecipient.course_id == course_id,
            CourseRecipient.recipient == recipient,
        )
    ).first()
