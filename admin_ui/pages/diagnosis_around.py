"""What stands around a diagnosis on its page: who made it, the one before, others with the same reason, what helps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from sqlmodel import Session, col, select

from admin_ui.navigation import DIAGNOSES, HOME
from lrx.access import Act
from lrx.diagnosis.diagnoses import diagnosis_by_id
from lrx.diagnosis.finding import State
from lrx.diagnosis.meant.choosing import Meant
from lrx.diagnosis.reasons import reason_named
from lrx.diagnosis.telling import VerdictTold
from lrx.diagnosis.verdict import VerdictState
from lrx.diagnosis.words import STATES
from lrx.diagnosis.written import changes
from lrx.models import Administrator, KeptDiagnosis, Sweep
from lrx.text import Text, text

__all__ = ["Change", "Earlier", "Link", "Others", "earlier_of", "fix_of", "made_by_of", "others_of"]

FIXES: Mapping[str, tuple[Text, str]] = {
    "learning-records": (text("Open the learning records"), f"{HOME}/{{course_id}}/learning-records?{{learner}}"),
    "amendments": (text("Open the learning records"), f"{HOME}/{{course_id}}/learning-records?{{learner}}"),
}
"""Screens that help, by the name of the fix; the others have no page yet."""

OF_THE_PRESENT = timedelta(hours=1)
"""A sweep of the present was made at most so long after the instant it judged: it is kept when it is done."""
LOOKED_THROUGH = 20
"""Most sweeps looked through for one of the present."""

ACTORS: Mapping[str, Text] = {
    "api": text("an API key"),
    "system": text("the command line"),
    "administrator": text("an administrator"),
}


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere."""

    title: Text | str
    address: str


@dataclass(frozen=True, slots=True)
class Change:
    """A check that ended differently than the time before, in words."""

    check: str
    before: Text | None
    after: Text


@dataclass(frozen=True, slots=True)
class Earlier:
    """The diagnosis made before, and what changed since."""

    address: str
    made_at: datetime
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Others:
    """Others of the course with the same reason: how many there were at `judged_at`, where a sweep has counted them."""

    address: str
    title: Text
    learners: int | None
    judged_at: datetime | None


def made_by_of(session: Session, act: Act, actor: str) -> Text | str:
    """Return who made it: an administrator by name, anybody else by kind."""
    kind, _, actor_id = actor.partition(":")
    if kind == "administrator":
        query = select(Administrator.full_name).where(Administrator.site_id == act.site_id)
        name = session.exec(query.where(col(Administrator.id) == UUID(actor_id))).first()
        if name is not None:
            return name
    return ACTORS.get(kind, ACTORS["system"])


def fix_of(verdict: VerdictTold, learner: Meant, course: Meant) -> Link | None:
    """Return the screen that helps, where there is one."""
    named = reason_named(verdict.reason).fix if verdict.reason else None
    if named is None or named not in FIXES:
        return None
    title, address = FIXES[named]
    words = urlencode({"q": learner.name or learner.full_name})
    return Link(title, address.format(course_id=course.id, learner=words))


def earlier_of(session: Session, act: Act, kept: KeptDiagnosis) -> Earlier | None:
    """Return the one before, and what changed from it."""
    if kept.previous_id is None:
        return None
    before = diagnosis_by_id(session, act, kept.previous_id)
    return Earlier(
        f"{DIAGNOSES}/{before.id}",
        before.made_at,
        [
            Change(one.check, STATES[State(one.before)] if one.before else None, STATES[State(one.after)])
            for one in changes(before.content, kept.content)
        ],
    )


def others_of(session: Session, act: Act, kept: KeptDiagnosis) -> Others | None:
    """Return the report’s filter for the reason, and what the last sweep of the present counted: a sweep as of a past
    day says nothing of the people the filter shows. None where nothing is in the way."""
    if kept.reason is None or kept.state not in (VerdictState.BLOCKED, VerdictState.NOT_SENT_BY_RULE):
        return None
    query = urlencode({"recipient": kept.recipient, "reason": kept.reason})
    sweeps = session.exec(
        select(Sweep)
        .where(Sweep.site_id == act.site_id, Sweep.course_id == kept.course_id, Sweep.recipient == kept.recipient)
        .order_by(col(Sweep.made_at).desc())
        .limit(LOOKED_THROUGH)
    )
    last = next((one for one in sweeps if one.made_at - one.as_of <= OF_THE_PRESENT), None)
    counted = sum(one["learners"] for one in last.groups if one["reason"] == kept.reason) if last else None
    return Others(
        f"{HOME}/{kept.course_id}/learning-records?{query}",
        reason_named(kept.reason).title,
        counted,
        last.as_of if last else None,
    )
