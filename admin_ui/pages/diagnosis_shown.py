"""A diagnosis as its page shows it: the verdict, the stages with their evidence, what changed, and where to go on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlmodel import Session

from admin_ui.dates import values_respelt
from admin_ui.evidence import Fact, evidence
from admin_ui.navigation import DIAGNOSE, DIAGNOSES
from admin_ui.pages.diagnosis_around import Earlier, Link, Others, earlier_of, fix_of, made_by_of, others_of
from lrx.access import Act
from lrx.diagnosis.diagnoses import Subject, latest
from lrx.diagnosis.finding import State
from lrx.diagnosis.matter import reference_of
from lrx.diagnosis.meant.choosing import Meant, course_by_id, learner_by_id
from lrx.diagnosis.others import without_others
from lrx.diagnosis.reasons import reason_named
from lrx.diagnosis.stages import Stage, stages, tally
from lrx.diagnosis.telling import CheckTold, VerdictTold, told
from lrx.diagnosis.verdict import VerdictState
from lrx.diagnosis.words import STATES, TURNS, effort
from lrx.models import Chip, KeptDiagnosis
from lrx.recipient import Recipient
from lrx.text import Language, Text, text

__all__ = ["CheckShown", "Shown", "StageShown", "show_diagnosis"]


@dataclass(frozen=True, slots=True)
class CheckShown:
    """One check. `accounts` are other accounts its evidence speaks of, to be diagnosed in turn."""

    told: CheckTold
    state: State
    word: Text
    facts: Sequence[Fact]
    accounts: Sequence[Link]
    decides: bool


@dataclass(frozen=True, slots=True)
class StageShown:
    """One stage; only the one the verdict comes from is open."""

    id: str
    title: str
    is_open: bool
    tally: Sequence[tuple[Text, int]]
    checks: Sequence[CheckShown]


@dataclass(frozen=True, slots=True)
class Shown:
    """A diagnosis, kept or not. `asks` says how often the recipient asked lately; `hidden` are the fields of a form
    that makes it again."""

    id: UUID
    is_kept: bool
    learner: Meant
    course: Meant
    recipient: str
    as_of: datetime
    made_at: datetime
    made_by: Text | str
    verdict: VerdictTold
    chip: Chip
    turn: Text
    effort: Text | None
    needs_fix: bool
    asks: tuple[int, int] | None
    also: Sequence[Text]
    tally: Sequence[tuple[Text, int]]
    stages: Sequence[StageShown]
    fix: Link | None
    earlier: Earlier | None
    newer: Link | None
    others: Others | None
    change_address: str
    own_address: str
    hidden: Mapping[str, str]

    @property
    def reference(self) -> str:
        """What people quote, as the texts to send do."""
        return reference_of(self.id)


def show_diagnosis(
    session: Session,
    act: Act,
    recipients: Mapping[str, Recipient],
    kept: KeptDiagnosis,
    language: Language,
    *,
    is_kept: bool,
    names_others: bool,
) -> Shown:
    """Return the diagnosis as the page shows it; other people only to those who may see learners."""
    learner, course = learner_by_id(session, act, kept.learner_id), course_by_id(session, act, kept.course_id)
    if learner is None or course is None:
        raise LookupError("a diagnosis is of a learner and a course of its site, and neither is ever deleted")
    content = kept.content if names_others else without_others(kept.content)
    shown = told(_respelt(content, act, language), language)
    state = VerdictState(shown.verdict.state)
    about = {"learner": str(learner.id), "course": str(course.id), "recipient": kept.recipient}
    if kept.as_of != kept.made_at:
        about["as_of"] = kept.as_of.isoformat()
    newest = latest(session, act, Subject(learner.id, course.id, kept.recipient)) if is_kept else None
    return Shown(
        id=kept.id,
        is_kept=is_kept,
        learner=learner,
        course=course,
        recipient=recipients[kept.recipient].title if kept.recipient in recipients else kept.recipient,
        as_of=kept.as_of,
        made_at=kept.made_at,
        made_by=made_by_of(session, act, kept.actor),
        verdict=shown.verdict,
        chip=Chip(shown.verdict.chip),
        turn=TURNS[shown.verdict.turn],  # type: ignore[index]
        effort=effort(shown.verdict.minutes),
        needs_fix=state is VerdictState.BLOCKED,
        asks=_asks(kept.content),
        also=[reason_named(reason).title for reason in shown.verdict.also],
        tally=tally(shown.checks),
        stages=[_stage(stage, shown.verdict, about) for stage in stages(shown)],
        fix=fix_of(shown.verdict, learner, course),
        earlier=earlier_of(session, act, kept),
        newer=Link(text("There is a newer diagnosis."), f"{DIAGNOSES}/{newest.id}")
        if newest is not None and newest.id != kept.id
        else None,
        others=others_of(session, act, kept),
        change_address=f"{DIAGNOSE}?{urlencode({**about, 'change': '1'})}",
        own_address=f"{DIAGNOSES}/{kept.id}" if is_kept else f"{DIAGNOSE}?{urlencode(about)}",
        hidden=about,
    )


def _respelt(content: Mapping[str, Any], act: Act, language: Language) -> dict[str, Any]:
    """The same with the days and times its sentences speak of in the reader's language."""

    def detail(sentence: Mapping[str, Any]) -> dict[str, Any]:
        return {**sentence, "values": values_respelt(sentence["values"], sentence["message"], language, act.zone)}

    checks = {check: {**found, "detail": detail(found["detail"])} for check, found in content["checks"].items()}
    return {
        **content,
        "verdict": {**content["verdict"], "detail": detail(content["verdict"]["detail"])},
        "checks": checks,
    }


def _asks(content: Mapping[str, Any]) -> tuple[int, int] | None:
    facts = content["checks"].get("A4", {}).get("facts", {})
    if "asked_days" not in facts or not facts.get("looked_days"):
        return None
    return facts["asked_days"], facts["looked_days"]


def _stage(stage: Stage, verdict: VerdictTold, about: Mapping[str, str]) -> StageShown:
    return StageShown(
        stage.id,
        stage.title,
        stage.decides,
        tally(stage.checks),
        [_check(check, verdict, about) for check in stage.checks],
    )


def _check(check: CheckTold, verdict: VerdictTold, about: Mapping[str, str]) -> CheckShown:
    state = State(check.state)
    return CheckShown(
        check, state, STATES[state], evidence(check.facts), _accounts(check, about), decides=check.id == verdict.check
    )


def _accounts(check: CheckTold, about: Mapping[str, str]) -> Sequence[Link]:
    others = [*check.facts.get("look_alikes", ()), *check.facts.get("others", ())]
    return [
        Link(
            text("Diagnose the account {name}", name=one["username"] or one["learner_id"]),
            f"{DIAGNOSE}?{urlencode({**about, 'learner': one['learner_id']})}",
        )
        for one in others
        if "learner_id" in one
    ]
