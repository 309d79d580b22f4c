"""Diagnoses made and kept: of one learner on demand, of many for a report or a sweep. Reads only, but for what is
kept."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from lrx import audit
from lrx.access import Act
from lrx.courses.courses import UnknownCourse
from lrx.delivery.proofs import CourseRow
from lrx.diagnosis.chain import Diagnosis, diagnose
from lrx.diagnosis.facts import Situation
from lrx.diagnosis.reading.learners import read_learners
from lrx.diagnosis.reading.situations import At, read_situation
from lrx.diagnosis.written import written
from lrx.errors import Fault, Invalid, NotFound
from lrx.models import Course, KeptDiagnosis
from lrx.people.learners import UnknownLearner
from lrx.recipient import Recipient
from lrx.tables import Rows, same
from lrx.text import text

__all__ = [
    "AsOfInFuture",
    "AsOfTooEarly",
    "Subject",
    "UnknownDiagnosis",
    "diagnosed",
    "diagnosis_by_id",
    "keep",
    "latest",
    "make",
    "moment",
    "situation_of",
]


class UnknownDiagnosis(NotFound):
    """The site has no such diagnosis."""

    code = "diagnosis_unknown"


class AsOfInFuture(Invalid):
    """The instant to be judged lies ahead."""

    code = "as_of_in_future"


class AsOfTooEarly(Invalid):
    """The instant to be judged lies before there was anything to judge."""

    code = "as_of_too_early"


EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
"""Calendars end somewhere: a diagnosis looks back from its instant."""


class Subject(NamedTuple):
    """What a diagnosis is about."""

    learner_id: UUID
    course_id: UUID
    recipient: str


_COURSE = Rows(CourseRow, Course, lambda of: (same(of.site_id), same(of.id)))


def moment(act: Act, as_of: datetime | None) -> At:
    """Return the instant that is judged, the present where none is given. Raises `AsOfInFuture` and `AsOfTooEarly`."""
    if as_of is not None and as_of < EARLIEST:
        detail = text("This lies before the year 1900. Give an instant in which there was something to judge.")
        raise AsOfTooEarly(detail, faults=(Fault("/as_of", AsOfTooEarly.code, detail),))
    if as_of is not None and as_of > act.at:
        detail = text("This lies in the future. Leave it out for now, or give an instant in the past.")
        raise AsOfInFuture(detail, faults=(Fault("/as_of", AsOfInFuture.code, detail),))
    return At(act.site_id, act.zone, as_of or act.at)


def situation_of(session: Session, at: At, course_id: UUID, recipient: Recipient) -> Situation:
    """Return the situation of a course of the site and a recipient. Raises `UnknownCourse`."""
    found = _COURSE.read(session, site_id=at.site_id, id=course_id)
    if not found:
        raise UnknownCourse(text("There is no course {id} at this site.", id=str(course_id)))
    return read_situation(session, at, found[0], recipient)


def diagnosed(session: Session, at: At, situation: Situation, learner_ids: Sequence[UUID]) -> Mapping[UUID, Diagnosis]:
    """Return the diagnosis of each learner, in a few queries for all of them; who is not of the site is left out."""
    known = read_learners(session, at, situation, learner_ids)
    return {learner_id: diagnose(situation, facts) for learner_id, facts in known.items()}


def make(
    session: Session, act: Act, recipient: Recipient, learner_id: UUID, course_id: UUID, as_of: datetime | None
) -> KeptDiagnosis:
    """Return the diagnosis of one learner as `keep` would keep it, without keeping it. Raises `UnknownCourse`,
    `UnknownLearner` and what `moment` does."""
    at = moment(act, as_of)
    situation = situation_of(session, at, course_id, recipient)
    made = diagnosed(session, at, situation, [learner_id]).get(learner_id)
    if made is None:
        raise UnknownLearner(
            text(
                "There was no learner {id} at this site then. Check the id, or give a later instant.",
                id=str(learner_id),
            )
        )
    before = latest(session, act, Subject(learner_id, course_id, recipient.code))
    return KeptDiagnosis(
        id=act.new_id(),
        site_id=act.site_id,
        learner_id=learner_id,
        course_id=course_id,
        recipient=recipient.code,
        as_of=at.instant,
        made_at=act.at,
        actor=act.actor,
        request_id=act.request_id,
        state=made.verdict.state.value,
        check=made.verdict.check,
        reason=made.verdict.reason,
        turn=made.verdict.turn,
        content=written(made),
        previous_id=before.id if before else None,
    )


def keep(
    session: Session, act: Act, recipient: Recipient, learner_id: UUID, course_id: UUID, as_of: datetime | None
) -> KeptDiagnosis:
    """Make the diagnosis of one learner and keep it. Raises what `make` does."""
    kept = make(session, act, recipient, learner_id, course_id, as_of)
    session.add(kept)
    session.flush()
    audit.keep(session, act, "make", "diagnosis", kept.id, learner_id=str(learner_id), course_id=str(course_id))
    return kept


def latest(session: Session, act: Act, subject: Subject) -> KeptDiagnosis | None:
    """Return the last diagnosis made of the subject."""
    query = select(KeptDiagnosis).where(
        KeptDiagnosis.site_id == act.site_id,
        KeptDiagnosis.learner_id == subject.learner_id,
        KeptDiagnosis.course_id == subject.course_id,
        KeptDiagnosis.recipient == subject.recipient,
    )
    return session.exec(
        query.order_by(col(KeptDiagnosis.made_at).desc(), col(KeptDiagnosis.id).desc()).limit(1)
    ).first()


def diagnosis_by_id(session: Session, act: Act, diagnosis_id: UUID) -> KeptDiagnosis:
    """Return the diagnosis. Raises `UnknownDiagnosis`, for one of another site too."""
    query = select(KeptDiagnosis).where(KeptDiagnosis.site_id == act.site_id, KeptDiagnosis.id == diagnosis_id)
    found = session.exec(query).first()
    if found is None:
        raise UnknownDiagnosis(
            text(
                "There is no diagnosis {id} at this site. Check the id, or make a new diagnosis.", id=str(diagnosis_id)
            )
        )
    return found
