"""A diagnosis on a terminal: the verdict first, then the chain stage by stage."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from lrx.api.sweeps import SweepPublic
from lrx.cli.subjects import Subject
from lrx.diagnosis.finding import State
from lrx.diagnosis.meant.choosing import Meant
from lrx.diagnosis.reasons import reason_named
from lrx.diagnosis.stages import Stage, stages, tally
from lrx.diagnosis.telling import CheckTold, VerdictTold, told
from lrx.diagnosis.verdict import HEADLINES, VerdictState
from lrx.diagnosis.wording import listed, time_in
from lrx.diagnosis.words import STATES, TURNS, effort
from lrx.models import KeptDiagnosis
from lrx.recipient import Recipient
from lrx.text import Language, Text, say, text

__all__ = ["Style", "lines_of", "style", "sweep_lines"]

MARKS = {
    State.PASS: "✔",
    State.FAIL: "✖",
    State.WARN: "!",
    State.WAIT: "…",
    State.UNKNOWN: "?",
    State.NOT_APPLICABLE: "–",
    State.NOT_CHECKED: "·",
}
SIGN_OF = {
    VerdictState.DELIVERED: State.PASS,
    VerdictState.BLOCKED: State.FAIL,
    VerdictState.WAITING: State.WAIT,
    VerdictState.UNKNOWN: State.UNKNOWN,
    VerdictState.NOT_SENT_BY_RULE: State.FAIL,
    VerdictState.NOT_APPLICABLE: State.NOT_APPLICABLE,
}


@dataclass(frozen=True, slots=True)
class Style:
    """In which language, with times of which zone, and with signs or with plain words."""

    language: Language
    zone: ZoneInfo
    signs: bool

    def time(self, instant: datetime) -> str:
        """The instant on the wall there."""
        return time_in(instant, self.zone)

    def state(self, state: State) -> str:
        """The sign of a state, or its word."""
        return MARKS[state] if self.signs else f"[{say(STATES[state], self.language)}]"


def style(language: Language, zone: ZoneInfo) -> Style:
    """Signs for a terminal; plain words for a file, a pipe, or where NO_COLOR asks for them."""
    return Style(language, zone, signs=sys.stderr.isatty() and "NO_COLOR" not in os.environ)


def lines_of(kept: KeptDiagnosis, subject: Subject, style: Style, *, is_kept: bool) -> Iterator[str]:
    """The diagnosis, line by line."""
    shown = told(kept.content, style.language)
    yield from _verdict(shown.verdict, subject, style)
    yield "  " + _said(style, "about", learner=subject.learner, course=subject.course, time=style.time(kept.as_of))
    if is_kept:
        yield "  " + _said(style, "kept", id=kept.id)
    yield ""
    for stage in stages(shown):
        yield from _stage(stage, style)


def sweep_lines(sweep: SweepPublic, course: Meant, recipient: Recipient, style: Style) -> Iterator[str]:
    """The groups of a sweep, the largest first."""
    values = {"course": course, "recipient": recipient.title, "time": style.time(sweep.as_of)}
    yield _said(style, "sweep", learners=sweep.learners, **values)
    for group in sweep.groups:
        state = VerdictState(group.state)
        sign = f"{MARKS[SIGN_OF[state]]} " if style.signs else ""
        title = group.title or say(HEADLINES[state], style.language)
        turn = say(TURNS[group.turn], style.language)  # type: ignore[index]
        yield f"{group.learners:6}  {sign}{group.check or '–':3} {title} · {turn}"


_LINES = {
    "sweep": text("{course} · {recipient} · as of {time}: {learners} learners"),
    "about": text("{learner} · {course} · as of {time}"),
    "kept": text("Diagnosis {id}"),
    "turn": text("Whose turn: {who}"),
    "turn_and_effort": text("Whose turn: {who}, {effort}"),
    "after_that": text("After that, {recipient} is expected to have it at about {time}."),
    "expected": text("Expected at about {time}."),
    "also": text("And then: {title}"),
    "stage": text("{title}: {counts}"),
}


def _said(style: Style, line: str, **values: object) -> str:
    return say(Text(_LINES[line].message, values), style.language)


def _verdict(verdict: VerdictTold, subject: Subject, style: Style) -> Iterator[str]:
    state = VerdictState(verdict.state)
    sign = f"{MARKS[SIGN_OF[state]]} " if style.signs else ""
    yield f"{sign}{subject.recipient.title} · {verdict.headline}"
    yield f"  {verdict.detail}"
    turn, minutes = TURNS[verdict.turn], effort(verdict.minutes)  # type: ignore[index]
    if minutes is None:
        yield "  " + _said(style, "turn", who=turn)
    else:
        yield "  " + _said(style, "turn_and_effort", who=turn, effort=minutes)
    if verdict.remedy is not None:
        yield f"  → {verdict.remedy}"
    if verdict.expected_at is not None:
        line = "after_that" if state is VerdictState.BLOCKED else "expected"
        yield "  " + _said(style, line, recipient=subject.recipient.title, time=style.time(verdict.expected_at))
    for reason in verdict.also:
        yield "  " + _said(style, "also", title=reason_named(reason).title)


def _stage(stage: Stage, style: Style) -> Iterator[str]:
    counts = ", ".join(f"{say(word, style.language)} {count}" for word, count in tally(stage.checks))
    if stage.is_plain:
        yield f"{stage.id}  {_said(style, 'stage', title=stage.title, counts=counts)}"
        return
    yield f"{stage.id}  {stage.title}"
    for is_unchecked, checks in groupby(stage.checks, lambda check: check.state == State.NOT_CHECKED):
        if is_unchecked:
            yield f"   {style.state(State.NOT_CHECKED)} {listed(check.id for check in checks)}"
        else:
            for check in checks:
                yield from _check(check, style)


def _check(check: CheckTold, style: Style) -> Iterator[str]:
    state = State(check.state)
    yield f"   {style.state(state)} {check.id} {check.question} {check.detail}"
    if check.remedy is not None and state is not State.PASS:
        yield f"      → {check.remedy}"
