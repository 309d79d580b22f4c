"""Answers the questions of pull recipients. Each question is kept as an Inquiry, in the transaction of its answer."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lrx import alerts
from lrx.access import Act
from lrx.database import pieces
from lrx.delivery.outbox import is_enabled, site_settings
from lrx.delivery.released import released
from lrx.errors import Forbidden
from lrx.models import Delivery, DeliveryStatus, Inquiry, LearnerOciId, SubjectKind
from lrx.oci_id import InvalidOciId, OciId
from lrx.recipient import Account, Outcome, ProofOfCompletion, PullRecipient, Question, Transcript
from lrx.tables import table
from lrx.text import Text, text

__all__ = ["RecipientNotEnabled", "answer"]

ANSWERED = text("Answered.")
ASKED_KEPT = 200
"""Characters of an identifier that are kept; nothing longer is one."""


class RecipientNotEnabled(Forbidden):
    """The site does not use this recipient."""

    code = "recipient_not_enabled"


@dataclass(slots=True)
class _Case:
    """One question on its way to an answer."""

    question: Question
    outcome: Outcome = Outcome.ANSWERED
    oci_id: OciId | None = None
    detail: Text = ANSWERED
    learner_id: UUID | None = None
    proofs: tuple[ProofOfCompletion, ...] = ()


def answer(
    session: Session, act: Act, account: Account, recipient: PullRecipient, questions: Sequence[Question]
) -> list[Transcript]:
    """Answer the questions in order, keep each as an Inquiry, and mark what was shown as delivered."""
    started = time.perf_counter()  # a duration, not an instant: a frozen clock has none
    if not is_enabled(session, account.site_id, account.recipient):
        raise RecipientNotEnabled(
            text(
                "{recipient} is not switched on for this site. A site administrator switches it on under Recipients.",
                recipient=recipient.title,
            )
        )
    settings = site_settings(session, act.site_id, recipient)
    cases = [_parse(question) for question in questions]
    for case in cases:
        if case.oci_id is not None and not recipient.serves(case.oci_id, settings):
            case.outcome = Outcome.COLLEGE_NOT_SERVED
            case.detail = text(
                "{recipient} does not serve the college {college}.",
                recipient=recipient.title,
                college=case.oci_id.prefix,
            )
    _find_learners(session, act, cases)
    _collect(session, act, recipient, cases)
    _mark_delivered(session, act, recipient, cases)
    duration = int((time.perf_counter() - started) * 1_000_000) // max(len(cases), 1)
    return _keep(session, act, account, recipient.codes, cases, duration)


def _parse(question: Question) -> _Case:
    try:
        return _Case(question, oci_id=OciId.parse(question.identifier))
    except InvalidOciId as error:
        return _Case(question, Outcome.MALFORMED_IDENTIFIER, detail=error.detail)


def _find_learners(session: Session, act: Act, cases: Sequence[_Case]) -> None:
    wanted = {case.oci_id for case in cases if case.outcome is Outcome.ANSWERED and case.oci_id}
    holders: dict[OciId, set[UUID]] = {oci_id: set() for oci_id in wanted}
    held = session.exec(
        select(col(LearnerOciId.oci_id), col(LearnerOciId.learner_id)).where(
            LearnerOciId.site_id == act.site_id,
            col(LearnerOciId.oci_id).in_(wanted),
            col(LearnerOciId.held_until).is_(None),
        )
    )
    for oci_id, learner_id in held:
        holders[oci_id].add(learner_id)
    for case in cases:
        if case.oci_id not in holders or case.outcome is not Outcome.ANSWERED:
            continue
        found = holders[case.oci_id]
        if len(found) == 1:
            case.learner_id = next(iter(found))
        elif found:
            case.outcome = Outcome.SEVERAL_LEARNERS
            case.detail = text("More than one person here has this OCI ID; nobody is chosen silently.")
            alerts.raise_alert(
                session,
                act,
                "oci_id_duplicate",
                str(case.oci_id),
                learner_ids=sorted(str(learner_id) for learner_id in found),
            )
        else:
            case.outcome = Outcome.UNKNOWN_LEARNER
            case.detail = text("Nobody here has this OCI ID.")


def _collect(session: Session, act: Act, recipient: PullRecipient, cases: Sequence[_Case]) -> None:
    learner_ids = sorted({case.learner_id for case in cases if case.learner_id})
    proofs = released(session, act.site_id, act.zone, recipient.code, learner_ids, act.at)
    for case in cases:
        if case.learner_id is not None:
            case.proofs = tuple(one for one in proofs[case.learner_id] if _is_wanted(one, case.question))


def _is_wanted(proof: ProofOfCompletion, question: Question) -> bool:
    if question.course is not None and question.course not in (proof.course_shortname, proof.course_idnumber):
        return False
    if question.completed_from is not None and proof.completed_on < question.completed_from:
        return False
    return question.completed_to is None or proof.completed_on <= question.completed_to


def _mark_delivered(session: Session, act: Act, recipient: PullRecipient, cases: Sequence[_Case]) -> None:
    rows = table(Delivery)
    for shown in pieces({proof.record_id for case in cases for proof in case.proofs}):
        session.connection().execute(
            sa.update(rows)
            .where(
                rows.c.site_id == act.site_id,
                rows.c.recipient == recipient.code,
                rows.c.subject_kind == SubjectKind.RECORD,
                rows.c.subject_id.in_(shown),
                rows.c.status == DeliveryStatus.OFFERED,
            )
            .values(status=DeliveryStatus.DELIVERED, delivered_at=act.at, changed_at=act.at)
        )


def _keep(
    session: Session, act: Act, account: Account, codes: Mapping[Outcome, str], cases: Sequence[_Case], duration: int
) -> list[Transcript]:
    transcripts = [
        Transcript(act.new_id(), case.question, case.outcome, case.oci_id, case.detail, case.proofs) for case in cases
    ]
    rows = [
        {
            "id": transcript.inquiry_id,
            "site_id": account.site_id,
            "recipient": account.recipient,
            "credential_id": account.credential_id,
            "request_id": account.request_id,
            "asked_at": act.at,
            "asked": case.question.identifier[:ASKED_KEPT].replace("\0", "").encode("utf-8", "replace").decode(),
            "oci_id": case.oci_id,
            "course": case.question.course,
            "completed_from": case.question.completed_from,
            "completed_to": case.question.completed_to,
            "outcome": case.outcome,
            "code": codes.get(case.outcome),
            "learner_id": case.learner_id,
            "record_ids": [str(proof.record_id) for proof in case.proofs],
            "duration_us": duration,
        }
        for case, transcript in zip(cases, transcripts, strict=True)
    ]
    if rows:
        session.connection().execute(sa.insert(table(Inquiry)), rows)
    return transcripts
