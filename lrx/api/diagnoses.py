"""`/diagnoses`: why a completion is missing at a recipient, and whose turn it is. Each one made is kept as it was."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field
from sqlmodel import Session, col, select

from lrx.access import Act
from lrx.api.listing import Listing, ListQuery, Sort, each, one_of, within
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.values import In, Instant, Moment, Out
from lrx.courses.courses import UnknownCourse
from lrx.diagnosis.diagnoses import AsOfInFuture, AsOfTooEarly, UnknownDiagnosis, diagnosis_by_id, keep
from lrx.diagnosis.others import PERMISSION, without_others
from lrx.diagnosis.telling import Told, told
from lrx.diagnosis.written import changes
from lrx.ingest.named import CourseNamed, LearnerNamed
from lrx.ingest.names import Names
from lrx.models import KeptDiagnosis
from lrx.oci_id import InvalidOciId
from lrx.people.learners import SeveralLearners, UnknownLearner
from lrx.registry import UnknownRecipient, recipient_named
from lrx.text import Language

__all__ = ["OPERATIONS", "diagnosis_public", "show_diagnosis"]

TAG = "diagnosis"


class DiagnosisAsked(In):
    """Whose completion of which course is missing at which recipient."""

    learner: LearnerNamed
    course: CourseNamed
    recipient: str = Field(max_length=40)
    as_of: Moment | None = None
    """An instant in the past: what held then is judged. Left out for now."""

    @property
    def activity(self) -> None:
        """A diagnosis is of a course."""
        return


class VerdictPublic(Out):
    """The answer in short. `check` and `reason` decide; `also` are the reasons of what else has to be mended."""

    state: str
    chip: str
    check: str | None
    reason: str | None
    headline: str
    detail: str
    remedy: str | None
    turn: str
    minutes: int | None
    """Effort of whose turn it is; null where it is not theirs alone."""
    expected_at: Instant | None
    """When the recipient is expected to have it: after the fix, where one is needed."""
    also: list[str]


class CheckPublic(Out):
    """One check of the chain, with its evidence."""

    id: str
    stage: str
    question: str
    state: str
    reason: str | None
    detail: str
    remedy: str | None
    fix: str | None
    """What helps: the name of the screen or of the operation."""
    turn: str | None
    facts: dict[str, Any]
    """The evidence. Other people are told of without names, ids and OCI IDs where the caller lacks `learners:read`."""
    until: Instant | None
    needs: list[str]


class CheckChange(Out):
    """A check that ended differently than the time before."""

    check: str
    before: str | None
    after: str


class DiagnosisMade(Out):
    """Of whom and what a diagnosis is, as of when, and who made it."""

    object: Literal["diagnosis"] = "diagnosis"
    id: UUID
    learner_id: UUID
    course_id: UUID
    recipient: str
    as_of: Instant
    made_at: Instant
    actor: str


class DiagnosisPublic(DiagnosisMade):
    """A diagnosis as it was made; it is never changed."""

    verdict: VerdictPublic
    checks: list[CheckPublic]
    record_id: UUID | None
    """The record that was judged."""
    delivered_at: Instant | None
    previous_id: UUID | None
    changes: list[CheckChange]
    """Since the previous one."""


class DiagnosisSummary(DiagnosisMade):
    """A diagnosis in a list: the verdict alone."""

    state: str
    check: str | None
    reason: str | None
    turn: str


class DiagnosisPath(In):
    """Which diagnosis."""

    diagnosis_id: UUID


DIAGNOSES = Listing[KeptDiagnosis](
    "diagnoses",
    col(KeptDiagnosis.id),
    default="-made_at",
    sorts={"made_at": Sort(col(KeptDiagnosis.made_at), datetime)},
    filters=(
        one_of("learner_id", col(KeptDiagnosis.learner_id), UUID),
        one_of("course_id", col(KeptDiagnosis.course_id), UUID),
        one_of("recipient", col(KeptDiagnosis.recipient), str),
        one_of("state", col(KeptDiagnosis.state), str),
        one_of("reason", col(KeptDiagnosis.reason), str),
        one_of("turn", col(KeptDiagnosis.turn), str),
        *within("made_at", col(KeptDiagnosis.made_at)),
    ),
    synced="made_at",
)


@operation("GET", "/diagnoses", permission="diagnoses:read", summary="List diagnoses", tag=TAG, listing=DIAGNOSES)
def list_diagnoses(call: Call, query: ListQuery, session: Session) -> Page[DiagnosisSummary]:
    """Newest first: who asked what, and what the verdict was."""

    statement = select(KeptDiagnosis).where(KeptDiagnosis.site_id == call.act.site_id)
    return DIAGNOSES.page(Page[DiagnosisSummary], session, call.act, query, statement, each(_summary))


@operation(
    "GET",
    "/diagnoses/{diagnosis_id}",
    permission="diagnoses:read",
    summary="Show a diagnosis",
    tag=TAG,
    errors=(UnknownDiagnosis,),
    rows=lambda act, path: select(KeptDiagnosis.id).where(
        KeptDiagnosis.site_id == act.site_id, KeptDiagnosis.id == path.diagnosis_id
    ),
)
def get_diagnosis(call: Call, path: DiagnosisPath, session: Session) -> DiagnosisPublic:
    """As it was when it was made, in the language asked for. Who else looks alike or holds the same OCI ID is named to
    those with `learners:read`."""
    return show_diagnosis(call, session, diagnosis_by_id(session, call.act, path.diagnosis_id))


@operation(
    "POST",
    "/diagnoses",
    permission="diagnoses:make",
    summary="Make a diagnosis",
    tag=TAG,
    status=201,
    creates=get_diagnosis,
    errors=(UnknownLearner, SeveralLearners, UnknownCourse, UnknownRecipient, AsOfInFuture, AsOfTooEarly, InvalidOciId),
    examples={
        "now": {
            "learner": {"username": "aokafor"},
            "course": {"shortname": "WHMIS-2026"},
            "recipient": "cmars",
        },
    },
)
def make_diagnosis(call: Call, body: DiagnosisAsked, session: Session) -> DiagnosisPublic:
    """Every check that can be made is made, and the verdict names the one that decides and whose turn it is. Nothing is
    asked of anybody outside."""
    recipient = recipient_named(call.exchange.recipients, body.recipient)
    names = Names.read(session, call.act.site_id, [body])
    learner_id, course_id = names.learner(body.learner), names.course(body.course)
    return show_diagnosis(call, session, keep(session, call.act, recipient, learner_id, course_id, body.as_of))


@operation(
    "POST",
    "/diagnoses/{diagnosis_id}/rerun",
    permission="diagnoses:make",
    summary="Make a diagnosis again",
    tag=TAG,
    status=201,
    creates=get_diagnosis,
    errors=(UnknownDiagnosis,),
)
def rerun_diagnosis(call: Call, path: DiagnosisPath, session: Session) -> DiagnosisPublic:
    """The same learner, course and recipient, as of now; `changes` tells what is different."""
    before = diagnosis_by_id(session, call.act, path.diagnosis_id)
    recipient = recipient_named(call.exchange.recipients, before.recipient)
    made = keep(session, call.act, recipient, before.learner_id, before.course_id, None)
    return show_diagnosis(call, session, made)


def show_diagnosis(call: Call, session: Session, kept: KeptDiagnosis) -> DiagnosisPublic:
    """The diagnosis as callers see it, in their language."""
    return diagnosis_public(session, call.act, call.language, kept, names_others=PERMISSION in call.caller.scopes)


def diagnosis_public(
    session: Session, act: Act, language: Language, kept: KeptDiagnosis, *, names_others: bool
) -> DiagnosisPublic:
    """The diagnosis as everybody sees it who reads JSON; other people are named to those who may see learners."""
    shown: Told = told(kept.content if names_others else without_others(kept.content), language)
    before = diagnosis_by_id(session, act, kept.previous_id) if kept.previous_id else None
    return DiagnosisPublic(
        id=kept.id,
        learner_id=kept.learner_id,
        course_id=kept.course_id,
        recipient=kept.recipient,
        as_of=kept.as_of,
        made_at=kept.made_at,
        actor=kept.actor,
        verdict=VerdictPublic.model_validate(shown.verdict, from_attributes=True),
        checks=[CheckPublic.model_validate(check, from_attributes=True) for check in shown.checks],
        record_id=kept.content["record_id"],
        delivered_at=kept.content["delivered_at"],
        previous_id=kept.previous_id,
        changes=[
            CheckChange.model_validate(one, from_attributes=True)
            for one in changes(before.content if before else None, kept.content)
        ],
    )


def _summary(kept: KeptDiagnosis) -> DiagnosisSummary:
    return DiagnosisSummary.model_validate(kept.model_dump(include=set(DiagnosisSummary.model_fields) - {"object"}))


OPERATIONS = (list_diagnoses, get_diagnosis, make_diagnosis, rerun_diagnosis)
