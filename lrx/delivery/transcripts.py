"""Answers the questions of pull recipients. Each question is kept as an Inquiry, in the transaction of its answer."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx import alerts
from lrx.access import Act
from lrx.database import pieces
from lrx.delivery.holdings import enabled_settings
from lrx.delivery.released import released
from lrx.delivery.wanted import those_wanted
from lrx.errors import Forbidden
from lrx.models import Delivery, DeliveryStatus, Inquiry, LearnerOciId, SubjectKind
from lrx.models.columns import UtcDateTime
from lrx.oci_id import InvalidOciId, OciId
from lrx.recipient import Account, Outcome, ProofOfCompletion, PullRecipient, Question, Transcript
from lrx.tables import Rows, among, same, table
from lrx.text import Text, text

__all__ = ["Asked", "RecipientNotEnabled", "answer", "answer_all"]

ANSWERED = text("Answered.")
ASKED_KEPT = 200
"""Characters of an identifier that are kept; nothing longer is one."""


class RecipientNotEnabled(Forbidden):
    """The hospital whose account asks has not switched the recipient on."""

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


@dataclass(frozen=True, slots=True)
class Asked:
    """The questions of one request of one account, and the act of asking them."""

    act: Act
    account: Account
    questions: Sequence[Question]


def answer(
    session: Session, act: Act, account: Account, recipient: PullRecipient, questions: Sequence[Question]
) -> list[Transcript]:
    """Answer the questions in order, keep each as an Inquiry, and mark what was shown as delivered.

    Raises `RecipientNotEnabled`.
    """
    (outcome,) = answer_all(session, recipient, [Asked(act, account, questions)])
    if isinstance(outcome, RecipientNotEnabled):
        raise outcome
    return outcome


def answer_all(
    session: Session, recipient: PullRecipient, asked: Sequence[Asked]
) -> Sequence[list[Transcript] | RecipientNotEnabled]:
    """Do what `answer` does for many requests at one site, of one recipient."""
    started = time.perf_counter()  # a duration, not an instant: a frozen clock has none
    act = asked[0].act
    settings = enabled_settings(session, act.site_id, recipient)
    if settings is None:
        detail = text(
            "{recipient} is not switched on for this site. A site administrator of the hospital switches it on.",
            recipient=recipient.title,
        )
        return [RecipientNotEnabled(detail) for _ in asked]
    cases = [_parse(question) for one in asked for question in one.questions]
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
    duration = int((time.perf_counter() - started) * 1_000_000) // max(len(cases), 1)
    return _keep(session, asked, cases, recipient.codes, duration)


def _parse(question: Question) -> _Case:
    try:
        return _Case(question, oci_id=OciId.parse(question.identifier))
    except InvalidOciId as error:
        return _Case(question, Outcome.MALFORMED_IDENTIFIER, detail=error.detail)


class _Holder(NamedTuple):
    oci_id: OciId
    learner_id: UUID


_HOLDERS = Rows(_Holder, LearnerOciId, lambda of: (same(of.site_id), among(of.oci_id), of.held_until.is_(None)))


def _find_learners(session: Session, act: Act, cases: Sequence[_Case]) -> None:
    wanted = {case.oci_id for case in cases if case.outcome is Outcome.ANSWERED and case.oci_id}
    holders: dict[OciId, set[UUID]] = {oci_id: set() for oci_id in wanted}
    for holder in _HOLDERS.read_pieces(session, wanted, site_id=act.site_id):
        holders[holder.oci_id].add(holder.learner_id)
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
    """Find what is shown to whom, and mark as delivered what is shown for the first time."""
    learner_ids = {case.learner_id for case in cases if case.learner_id}
    if not learner_ids:
        return
    visible = released(session, act.site_id, act.zone, recipient.code, learner_ids, act.at)
    first_shown: set[UUID] = set()
    for case in cases:
        if case.learner_id is None:
            continue
        found = visible[case.learner_id]
        case.proofs = those_wanted(found.proofs, case.question)
        if found.never_shown:
            first_shown.update(one.record_id for one in case.proofs if one.record_id in found.never_shown)
    # What was withdrawn or held a moment ago is not shown after all.
    gone = first_shown - _mark_delivered(session, act, recipient, first_shown)
    if gone:
        for case in cases:
            case.proofs = tuple(one for one in case.proofs if one.record_id not in gone)


def _mark_delivered(session: Session, act: Act, recipient: PullRecipient, record_ids: Collection[UUID]) -> set[UUID]:
    """Mark what is shown for the first time; returns which of it may still be shown."""
    rows = table(Delivery)
    marked: set[UUID] = set()
    for shown in pieces(record_ids):
        found = session.connection().execute(
            sa.update(rows)
            .where(
                rows.c.site_id == act.site_id,
                rows.c.recipient == recipient.code,
                rows.c.subject_kind == SubjectKind.RECORD,
                rows.c.subject_id.in_(shown),
                rows.c.status.in_((DeliveryStatus.OFFERED, DeliveryStatus.DELIVERED)),
            )
            .values(
                status=DeliveryStatus.DELIVERED,
                delivered_at=sa.func.coalesce(rows.c.delivered_at, sa.bindparam("shown_at", act.at, UtcDateTime)),
                changed_at=act.at,
            )
            .returning(rows.c.subject_id)
        )
        marked.update(found.scalars())
    return marked


def _keep(
    session: Session, asked: Sequence[Asked], cases: Sequence[_Case], codes: Mapping[Outcome, str], duration: int
) -> list[list[Transcript]]:
    answers: list[list[Transcript]] = []
    rows: list[dict[str, Any]] = []
    waiting = iter(cases)
    for one in asked:
        transcripts = []
        for case in islice(waiting, len(one.questions)):
            inquiry_id = one.act.new_id()
            rows.append(_inquiry(inquiry_id, one, case, codes, duration))
            transcripts.append(
                Transcript(inquiry_id, case.question, case.outcome, case.oci_id, case.detail, case.proofs)
            )
        answers.append(transcripts)
    if rows:
        session.connection().execute(sa.insert(table(Inquiry)), rows)
    return answers


def _inquiry(
    inquiry_id: UUID, asked: Asked, case: _Case, codes: Mapping[Outcome, str], duration: int
) -> dict[str, Any]:
    return {
        "id": inquiry_id,
        "site_id": asked.account.site_id,
        "recipient": asked.account.recipient,
        "credential_id": asked.account.credential_id,
        "request_id": asked.account.request_id,
        "asked_at": asked.act.at,
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
