"""Claims of other learning management systems: who, what and when, in the caller's own names, made a Completion."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlmodel import Session

from lrx.access import Act
from lrx.errors import Fault, Invalid, LrxError
from lrx.ingest.completion import Completion
from lrx.ingest.named import ActivityNamed, CourseNamed, LearnerNamed
from lrx.ingest.names import Names
from lrx.source import Source
from lrx.text import text
from lrx.written_instant import WrittenInstant

__all__ = ["Claim", "CompletedInFuture", "completion_of", "completions_of"]

AHEAD = timedelta(minutes=5)
"""How far a caller's clock may run ahead."""

EARLIEST = 1950
"""No completion is older; a year below it is a slip."""


class CompletedInFuture(Invalid):
    """The completion lies ahead of our clock."""

    code = "completed_in_future"


class Claim(BaseModel):
    """A learner completed a course, or one of its activities. The source is always `completion`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    learner: LearnerNamed
    course: CourseNamed
    activity: ActivityNamed | None = None
    """Left out for the course itself."""
    completed_at: WrittenInstant
    """When, with the time zone."""
    grade: float | None = Field(default=None, ge=0, le=100)
    """Percent."""
    external_id: str | None = Field(default=None, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
    """Your own name for this completion: sent again it changes nothing."""

    @model_validator(mode="after")
    def _has_zone(self) -> "Claim":
        if self.completed_at.tzinfo is None:
            raise ValueError(text("completed_at needs its time zone, as in 2026-11-18T09:12:00-05:00."))
        return self


def completion_of(session: Session, act: Act, claim: Claim) -> Completion:
    """Find whom and what the claim names. Raises `UnknownLearner`, `UnknownCourse`, `UnknownActivity`,
    `CompletedInFuture`, and `InvalidOciId`."""
    (outcome,) = completions_of(session, [(act, claim)])
    if isinstance(outcome, LrxError):
        raise outcome
    return outcome


def completions_of(session: Session, claims: Sequence[tuple[Act, Claim]]) -> list[Completion | LrxError]:
    """Do what `completion_of` does for claims of one site, with as many statements as for one."""
    names = Names.read(session, claims[0][0].site_id, [claim for _, claim in claims])
    return [_completion(act, claim, names) for act, claim in claims]


def _completion(act: Act, claim: Claim, names: Names) -> Completion | LrxError:
    try:
        _check_time(act, claim.completed_at)
        learner_id = names.learner(claim.learner)
        course_id = names.course(claim.course)
        activity_id = names.activity(course_id, claim.activity) if claim.activity else None
    except LrxError as error:
        return error
    return Completion(
        learner_id=learner_id,
        course_id=course_id,
        activity_id=activity_id,
        source=Source.COMPLETION,
        completed_at=claim.completed_at,
        recorded_at=act.at,
        grade=claim.grade,
        external_id=claim.external_id,
    )


def _check_time(act: Act, completed_at: datetime) -> None:
    if completed_at > act.at + AHEAD:
        detail = text(
            "The completion lies in the future: our clock says {now}. Check the time and its zone.",
            now=act.at.isoformat(),
        )
        raise CompletedInFuture(detail, faults=(Fault("/completed_at", CompletedInFuture.code, detail),))
    if completed_at.year < EARLIEST:
        detail = text("A completion before {year} is a slip. Check the date.", year=EARLIEST)
        raise Invalid(detail, faults=(Fault("/completed_at", "completed_too_early", detail),))
