"""`record()`: the only place where a LearningRecord is born. Before it comes a Completion, after it the outbox.

Recording is idempotent by construction: the record's id is made of who completed what, from which source, in which
cycle, so the same claim finds the record already there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID, uuid5

from sqlmodel import Session, col, select

from lrx import audit
from lrx.access import Act
from lrx.database import insert_new
from lrx.delivery.outbox import lock_learner, reconsider
from lrx.delivery.voidings import voidings_of
from lrx.errors import Conflict
from lrx.ingest.completion import Completion
from lrx.models import Activity, Amendment, Course, LearningRecord, Voiding
from lrx.recipient import Recipient
from lrx.tables import table
from lrx.text import text
from lrx.validity import RecertificationWindow, Standing, exact_key, expires_at, judge, stored_rule

__all__ = ["ExternalIdTaken", "Recorded", "open_record", "record"]

Result = Literal["recorded", "known", "amended"]


class ExternalIdTaken(Conflict):
    """The caller's external id names another claim of the site: another learner, course, activity or time."""

    code = "external_id_taken"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a claim: a new record, the record that was there, or an amendment of it."""

    record_id: UUID
    result: Result
    amendment_id: UUID | None = None


def record(session: Session, act: Act, recipients: Mapping[str, Recipient], completion: Completion) -> Recorded:
    """Keep the claim as a record or as an amendment, and owe what it makes due, in the caller's transaction.

    Raises `ExternalIdTaken` when the external id already names another claim of the site.
    """
    lock_learner(session, completion.learner_id)
    kept = _kept(session, act.site_id, completion)
    known = _known(session, act.site_id, completion, kept)
    if known is not None:
        return known

    course = session.get_one(Course, completion.course_id)
    voidings = voidings_of(session, act.site_id, [record.id for record in kept])
    standing = [record for record in kept if not _is_voided(voidings.get(record.id))]
    verdict = judge(
        completion.completed_at,
        [Standing(record.completed_at, record.expires_at) for record in standing],
        stored_rule(course.expiry),
        _window(course),
        "every_completion" if course.repeats == "every_completion" else "one_per_cycle",
        act.zone,
    )
    if verdict.amends is not None:
        return _amend(session, act, standing[verdict.amends], completion)

    key = f"external:{completion.external_id}" if completion.external_id else verdict.key
    holder = next((record for record in kept if record.claim_key == key), None)
    if holder is not None:
        # A voided record holds the key, or one kept under an earlier rule. What was completed before the voiding is
        # the claim that was voided, sent again; everything else is new and gets a key of its own.
        voiding = voidings.get(holder.id)
        if voiding is not None and voiding.voided and completion.completed_at <= voiding.voided_at:
            return _amend(session, act, holder, completion)
        key = exact_key(completion.completed_at)
    return _open(session, act, recipients, course, completion, key)


def open_record(
    session: Session, act: Act, recipients: Mapping[str, Recipient], course: Course, completion: Completion
) -> Recorded:
    """Make a record of a claim whatever stands already: an administrator promotes an amendment."""
    return _open(session, act, recipients, course, completion, exact_key(completion.completed_at))


def _open(
    session: Session, act: Act, recipients: Mapping[str, Recipient], course: Course, completion: Completion, key: str
) -> Recorded:
    record_id = _record_id(act.site_id, completion, key)
    row = {
        "id": record_id,
        "site_id": act.site_id,
        "learner_id": completion.learner_id,
        "course_id": completion.course_id,
        "activity_id": completion.activity_id,
        "source": completion.source,
        "completed_at": completion.completed_at,
        "recorded_at": completion.recorded_at,
        "expires_at": expires_at(stored_rule(course.expiry), completion.completed_at, act.zone),
        "grade": completion.grade,
        "claim_key": key,
        "external_id": completion.external_id,
        "statement_seq": completion.statement_seq,
        "mandatory": _mandatory(session, completion) if completion.activity_id is None else [],
    }
    if not insert_new(session, table(LearningRecord), [row], ["id"]):
        return Recorded(record_id, "known")
    audit.keep(session, act, "record", "learning_record", record_id, source=completion.source.value)
    reconsider(session, act, recipients, learner_id=completion.learner_id, course_id=completion.course_id)
    return Recorded(record_id, "recorded")


def _amend(session: Session, act: Act, standing: LearningRecord, completion: Completion) -> Recorded:
    if completion.completed_at == standing.completed_at:
        return Recorded(standing.id, "known")
    amendment_id = uuid5(standing.id, f"{exact_key(completion.completed_at)}|{completion.external_id or ''}")
    row = {
        "id": amendment_id,
        "site_id": act.site_id,
        "record_id": standing.id,
        "completed_at": completion.completed_at,
        "recorded_at": completion.recorded_at,
        "grade": completion.grade,
        "external_id": completion.external_id,
        "statement_seq": completion.statement_seq,
        "promoted_record_id": None,
    }
    if not insert_new(session, table(Amendment), [row], ["id"]):
        return Recorded(standing.id, "known", amendment_id)
    audit.keep(session, act, "amend", "learning_record", standing.id, amendment_id=str(amendment_id))
    return Recorded(standing.id, "amended", amendment_id)


def _record_id(site_id: UUID, completion: Completion, key: str) -> UUID:
    subject = completion.activity_id or completion.course_id
    return uuid5(site_id, f"{completion.learner_id}|{subject}|{completion.source.value}|{key}")


def _kept(session: Session, site_id: UUID, completion: Completion) -> Sequence[LearningRecord]:
    query = select(LearningRecord).where(
        LearningRecord.site_id == site_id,
        LearningRecord.learner_id == completion.learner_id,
        LearningRecord.course_id == completion.course_id,
        LearningRecord.activity_id == completion.activity_id,
        LearningRecord.source == completion.source,
    )
    return session.exec(query.order_by(col(LearningRecord.recorded_at), col(LearningRecord.id))).all()


def _known(session: Session, site_id: UUID, completion: Completion, kept: Sequence[LearningRecord]) -> Recorded | None:
    """The record or amendment this very claim has already become."""
    records = {record.id: record for record in kept}
    if completion.external_id is not None:
        named = _named(session, site_id, completion.external_id, completion, records)
        if named is not None:
            return named
    for record in kept:
        if record.completed_at == completion.completed_at:
            return Recorded(record.id, "known")
    if not records:
        return None
    amendment = session.exec(
        select(Amendment).where(
            Amendment.site_id == site_id,
            col(Amendment.record_id).in_(records),
            Amendment.completed_at == completion.completed_at,
        )
    ).first()
    return Recorded(amendment.record_id, "known", amendment.id) if amendment else None


def _named(
    session: Session, site_id: UUID, external_id: str, completion: Completion, kept: Mapping[UUID, LearningRecord]
) -> Recorded | None:
    """What the external id names at the site, which must be this very claim; `kept` is what it could have become."""
    records = session.exec(
        select(LearningRecord).where(LearningRecord.site_id == site_id, LearningRecord.external_id == external_id)
    )
    amendments = session.exec(
        select(Amendment).where(Amendment.site_id == site_id, Amendment.external_id == external_id)
    )
    claims = [(one.completed_at, Recorded(one.id, "known")) for one in records]
    claims += [(one.completed_at, Recorded(one.record_id, "known", one.id)) for one in amendments]
    if not claims:
        return None
    own = [claim for claim in claims if claim[1].record_id in kept]
    if not own:
        raise ExternalIdTaken(
            text(
                "The external id {external_id} already names a completion of another learner, course or activity. "
                "Send this one under an id of its own.",
                external_id=external_id,
            )
        )
    completed_at, answer = own[0]
    if completed_at != completion.completed_at:
        raise ExternalIdTaken(
            text(
                "The external id {external_id} already names a completion at {time}. Send a new "
                "completion under an id of its own.",
                external_id=external_id,
                time=completed_at.isoformat(),
            )
        )
    return answer


def _mandatory(session: Session, completion: Completion) -> list[dict[str, Any]]:
    activities = session.exec(
        select(Activity)
        .where(Activity.course_id == completion.course_id, col(Activity.mandatory))
        .order_by(col(Activity.id))
    )
    return [{"id": str(activity.id), "full_name": activity.full_name} for activity in activities]


def _window(course: Course) -> RecertificationWindow | None:
    return (
        RecertificationWindow.model_validate(course.recertification_window) if course.recertification_window else None
    )


def _is_voided(voiding: Voiding | None) -> bool:
    return voiding is not None and voiding.voided
