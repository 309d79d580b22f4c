"""The letter to the physician: what is true, what happens next, and when to look again. Nothing internal. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from lrx.clock import local_date
from lrx.diagnosis.letters.circumstances import SPECIAL_EXPLANATIONS, fitting
from lrx.diagnosis.letters.explanations import EXPLANATIONS, Explanation
from lrx.diagnosis.letters.unchecked import unchecked
from lrx.diagnosis.letters.writing import Draft, Reply, paragraphs, then
from lrx.diagnosis.verdict import VerdictState
from lrx.text import Text, text

__all__ = ["letter"]

MARGIN = timedelta(hours=3)
"""How long after a recipient usually asks people are told to look again."""

_A_DAY_AFTER = text("Once you have done that, please allow {recipient} about a day to show it.")
_A_DAY_AFTER_US = text("Once this is put right, please allow {recipient} about a day to show it.")
_READS_DAILY = text(
    "{recipient} reads our records about once a day, normally around {usual}; please look again {when}."
)
_READS_ON_SOME_DAYS = text("{recipient} reads our records on some days of the week; please look again {when}.")
_READS_DAILY_ONCE_RIGHT = text(
    "{recipient} reads our records about once a day, normally around {usual}. If this is put right today, please look "
    "again {when}."
)
_READS_ON_SOME_DAYS_ONCE_RIGHT = text(
    "{recipient} reads our records on some days of the week. If this is put right today, please look again {when}."
)
_IN_A_FEW_DAYS = text("If {recipient} does not show it yet, please look again in a few days.")


def letter(draft: Draft) -> Reply:
    """Return the letter."""
    told = _explained(draft)
    subject = (
        text("{course} – {recipient} has received your completion [{reference}]")
        if draft.verdict["state"] == VerdictState.DELIVERED
        else text("{course} – why {recipient} does not show it yet [{reference}]")
    )
    greeting = text("Dear {name},") if draft.matter.learner.name else text("Hello,")
    body = paragraphs(
        draft.say(greeting),
        then(draft),
        _opening(draft, told),
        _causes(draft, told),
        _look_again(draft, told),
        unchecked(draft),
        _closing(draft, told),
        draft.say(text("— {site}")),
    )
    return Reply(draft.say(subject), body)


def _explained(draft: Draft) -> Sequence[Explanation]:
    """What decides and what else has to be mended; no more than may be said while the first is open."""
    told = [
        fitting(draft, reason, EXPLANATIONS.get(reason, EXPLANATIONS["recipient_objects"]), SPECIAL_EXPLANATIONS)
        for reason in draft.reasons
    ]
    return told[:1] if told and told[0].alone else told


def _opening(draft: Draft, told: Sequence[Explanation]) -> str:
    if draft.check("B1")["facts"].get("completed_at"):
        if not all(one.stands for one in told):
            return draft.say(text("Our records show a completion of “{course}” for you, dated {completed}."))
        did = text("You did complete “{course}” in our system on {completed} at {completed_time}.")
        return " ".join((draft.say(did), draft.say(text("You do not need to redo it."))))
    if any(one.alone for one in told):
        return draft.say(text("We have looked for your completion of “{course}”."))
    return draft.say(text("Our system does not show “{course}” as complete for you."))


def _causes(draft: Draft, told: Sequence[Explanation]) -> str:
    if not told:
        return draft.say(text("Nothing stands in the way at our hospital. What {recipient} shows, we cannot see."))
    elsewhere = draft.check("F2")["state"] == "warn" and any(one.yours for one in told)
    first, others = told[0], told[1:]
    parts = [_said(draft, first, with_next=not (elsewhere and first.yours))]
    parts += [_said(draft, one) for one in others if one.yours and not elsewhere]
    if elsewhere:
        parts.append(_said(draft, EXPLANATIONS["completed_elsewhere"]))
    if any(not one.yours for one in others):
        parts.append(
            draft.say(text("Something else has to be put right besides, and those who can are asked to do so."))
        )
    if not draft.is_of_the_past and not any(one.yours for one in told):
        parts[-1] += " " + draft.say(text("There is nothing you need to do for now."))
    return paragraphs(*parts)


def _said(draft: Draft, one: Explanation, *, with_next: bool = True) -> str:
    parts = (one.cause, one.next, one.after) if with_next else (one.cause,)
    return " ".join(draft.say(part) for part in parts if part)


def _look_again(draft: Draft, told: Sequence[Explanation]) -> str | None:
    """When to look again: by the recipient's rhythm where it is known and the completion only has to be read."""
    if draft.is_of_the_past:
        return None
    state, at = draft.verdict["state"], draft.expected_at
    if state == VerdictState.DELIVERED:
        return _on(draft, text("Please look again {when}."), at, timedelta(0)) or draft.say(_IN_A_FEW_DAYS)
    if state == VerdictState.WAITING:
        dated = text("Please look again {when}.")
        if draft.matter.asks:
            dated = _READS_DAILY if _asks_daily(draft) else _READS_ON_SOME_DAYS
        return _on(draft, dated, at, MARGIN) or draft.say(text("Please allow about a day, and look again."))
    if any(not one.stands and not one.yours for one in told) or _is_for_good(draft):
        return None
    is_ours = draft.verdict["turn"] in ("site_admin", "course_admin") and draft.check("A4")["state"] == "pass"
    is_yours = any(one.yours for one in told)
    if draft.matter.asks and is_ours and not is_yours:
        dated = _READS_DAILY_ONCE_RIGHT if _asks_daily(draft) else _READS_ON_SOME_DAYS_ONCE_RIGHT
        if written := _on(draft, dated, at, MARGIN):
            return written
    return draft.say(_A_DAY_AFTER if is_yours else _A_DAY_AFTER_US)


def _asks_daily(draft: Draft) -> bool:
    return bool(draft.check("A4")["facts"].get("asks_every_day", True))


def _is_for_good(draft: Draft) -> bool:
    """Whether it stays here although the completion stands, whatever the physician does."""
    kept = [EXPLANATIONS.get(reason, EXPLANATIONS["recipient_objects"]) for reason in draft.keeping]
    return any(one.stands for one in kept)


def _on(draft: Draft, sentence: Text, expected: datetime | None, margin: timedelta) -> str | None:
    if expected is None or expected + margin <= draft.at:
        return None
    zone = draft.matter.zone
    usual, after = expected.astimezone(zone), (expected + margin).astimezone(zone)
    if after.minute or after.second or after.microsecond:
        after = after.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    days = (after.date() - local_date(draft.at, zone)).days
    when = _WHEN.get(days, _LATER)
    said = draft.say(when, day=draft.day(after.date(), with_year=days > 1), time=draft.clock_time(after.time()))
    return draft.say(sentence, usual=draft.clock_time(usual.time()), when=said)


_WHEN: Mapping[int, Text] = {0: text("today after {time}"), 1: text("tomorrow, {day}, after {time}")}
_LATER = text("on {day} after {time}")


def _closing(draft: Draft, told: Sequence[Explanation]) -> str:
    if draft.is_of_the_past or any(one.yours or not one.stands for one in told):
        return draft.say(text("If anything is unclear, reply to this message and quote {reference}."))
    return draft.say(text("If it is still missing after that, reply to this message and quote {reference}."))
