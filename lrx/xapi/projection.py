"""From one stored statement to what it makes known: a completion recorded, an observation kept, or parked with a
reason.

Projecting is idempotent: a statement projected twice adds nothing the second time.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

from lrx import audit
from lrx.access import Act
from lrx.courses import courses
from lrx.database import insert_new, is_broken_off
from lrx.errors import Conflict
from lrx.ingest.completion import Completion
from lrx.ingest.recorder import record
from lrx.logs import log, trace_of
from lrx.models import (
    Activity,
    Course,
    Credential,
    Learner,
    Observation,
    ObservationKind,
    ParkedReason,
    ParkedStatement,
)
from lrx.people import rosters
from lrx.recipient import Recipient
from lrx.source import Source
from lrx.storage_faults import refusal
from lrx.tables import table
from lrx.xapi.matching import Unmatched, find_activity, find_course, find_learner
from lrx.xapi.rules import Meaning, Reading, read
from lrx.xapi.subjects import object_subject

__all__ = ["StoredStatement", "project"]


class StoredStatement(NamedTuple):
    """A statement as the projector reads it."""

    seq: int
    txid: int
    site_id: UUID
    credential_id: UUID
    stored: datetime
    body: bytes


_OBSERVATIONS: Mapping[Meaning, ObservationKind] = {
    Meaning.ENROLLED: ObservationKind.ENROLLED,
    Meaning.UNENROLLED: ObservationKind.UNENROLLED,
    Meaning.ATTEMPT_STARTED: ObservationKind.ATTEMPT_STARTED,
    Meaning.ATTEMPT_SUBMITTED: ObservationKind.ATTEMPT_SUBMITTED,
    Meaning.FAILED: ObservationKind.FAILED,
    Meaning.UNCOMPLETED: ObservationKind.UNCOMPLETED,
}
_COMPLETIONS = frozenset({Meaning.COURSE_COMPLETION, Meaning.ACTIVITY_COMPLETION, Meaning.COMPLETION_OF_OBJECT})


def project(session: Session, act: Act, recipients: Mapping[str, Recipient], statement: StoredStatement) -> bool:
    """Do what the statement means; returns whether that was possible.

    What fails is undone and parked, and never fails its neighbours.

    A deadlock or a lost connection is nobody's fault: it is raised, and the whole batch is done again.
    """
    try:
        _twice_if_taken(session, lambda: _project(session, act, recipients, statement))
    except Unmatched as unmatched:
        _park(session, act, statement, unmatched)
    except Exception as error:
        if isinstance(error, DBAPIError) and (_is_transient(error) or refusal(error) is not None):
            raise  # the transaction cannot go on
        log.error("statement could not be projected", seq=statement.seq, trace=trace_of(error))
        session.expire_all()
        _park(session, act, statement, Unmatched(ParkedReason.PROJECTION_FAILED, f"seq:{statement.seq}"))
    else:
        return True
    return False


def _is_transient(error: DBAPIError) -> bool:
    return error.connection_invalidated or is_broken_off(error)


def _twice_if_taken(session: Session, work: Callable[[], None]) -> None:
    """Somebody may make the same person or course at the same moment: the second time it is there to be found."""
    try:
        with session.begin_nested():
            work()
    except (IntegrityError, Conflict):
        with session.begin_nested():
            work()


def _project(session: Session, act: Act, recipients: Mapping[str, Recipient], statement: StoredStatement) -> None:
    reading = read(json.loads(statement.body))
    if reading.meaning is Meaning.NOTHING:
        return
    credential = session.get_one(Credential, statement.credential_id)
    origin = f"statement:{statement.seq}"
    if reading.meaning is Meaning.LEARNER_SEEN:
        find_learner(session, act, credential, reading.agent, origin)
        return
    if reading.meaning is Meaning.COURSE_SEEN:
        _find_object(session, act, credential, reading)
        return
    learner = find_learner(session, act, credential, reading.agent, origin)
    course, activity = _find_object(session, act, credential, reading)
    if reading.meaning in _COMPLETIONS:
        _record(session, act, recipients, statement, reading, learner, course, activity)
        return
    _observe(session, act, statement, reading, learner, course, activity)


def _find_object(
    session: Session, act: Act, credential: Credential, reading: Reading
) -> tuple[Course, Activity | None]:
    if reading.activity is not None:
        known = courses.activity_by_iri(session, act, reading.activity.iri)
        if known is not None:
            return courses.course_by_id(session, act, known.course_id), known
    if reading.meaning is Meaning.COMPLETION_OF_OBJECT:
        return _find_mapped(session, act, reading)
    if reading.course is None:
        return _find_mapped(session, act, reading)
    course = find_course(session, act, credential, reading.course)
    if reading.activity is None:
        return course, None
    return course, find_activity(session, act, credential, course, reading.activity)


def _find_mapped(session: Session, act: Act, reading: Reading) -> tuple[Course, None]:
    """A plain xAPI object counts only where an administrator has mapped its address to a course."""
    seen = reading.activity or reading.course
    if seen is None:
        raise Unmatched(ParkedReason.UNKNOWN_COURSE, "none")
    course = courses.course_by_iri(session, act, seen.iri)
    if course is None:
        raise Unmatched(ParkedReason.UNKNOWN_COURSE, object_subject(seen.iri))
    return course, None


def _record(
    session: Session,
    act: Act,
    recipients: Mapping[str, Recipient],
    statement: StoredStatement,
    reading: Reading,
    learner: Learner,
    course: Course,
    activity: Activity | None,
) -> None:
    completion = Completion(
        learner_id=learner.id,
        course_id=course.id,
        activity_id=activity.id if activity else None,
        source=Source.COMPLETION,
        # A clock that runs ahead must not complete anything in the future.
        completed_at=min(reading.happened_at or statement.stored, statement.stored),
        recorded_at=statement.stored,
        grade=reading.grade,
        statement_seq=statement.seq,
    )
    record(session, act, recipients, completion)


def _observe(
    session: Session,
    act: Act,
    statement: StoredStatement,
    reading: Reading,
    learner: Learner,
    course: Course,
    activity: Activity | None,
) -> None:
    detail: dict[str, Any] = {"rule": reading.rule, **reading.detail}
    row = {
        "statement_seq": statement.seq,
        "site_id": act.site_id,
        "learner_id": learner.id,
        "course_id": course.id,
        "activity_id": activity.id if activity else None,
        "kind": _OBSERVATIONS[reading.meaning],
        "happened_at": min(reading.happened_at or statement.stored, statement.stored),
        "detail": detail,
    }
    if insert_new(session, table(Observation), [row], ["statement_seq"]):
        audit.keep(session, act, "observe", "observation", statement.seq)
        rosters.see(session, act.site_id, learner.id, course.id)


def _park(session: Session, act: Act, statement: StoredStatement, unmatched: Unmatched) -> None:
    rows = table(ParkedStatement)
    why = {"reason": unmatched.reason, "subject": unmatched.subject, "username": unmatched.username}
    row = {"statement_seq": statement.seq, "site_id": statement.site_id, "parked_at": act.at, **why}
    if insert_new(session, rows, [row], ["statement_seq"]):
        audit.keep(session, act, "park", "statement", statement.seq, reason=unmatched.reason.value)
        return
    session.connection().execute(sa.update(rows).where(rows.c.statement_seq == statement.seq).values(why))
