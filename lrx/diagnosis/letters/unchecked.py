"""What was not checked, in words that any reader understands. Pure."""

from collections.abc import Mapping, Sequence

from lrx.diagnosis.finding import State
from lrx.diagnosis.letters.writing import Draft
from lrx.diagnosis.verdict import VerdictState
from lrx.text import Text, text

__all__ = ["OPEN", "UNCHECKED", "is_open", "unchecked"]

OPEN = frozenset({State.NOT_CHECKED, State.UNKNOWN})
"""The states that leave a question open."""

_COUNTS = text("whether a completion counts now")
_RECOGNISED = text("whether {recipient} recognises the College number")
_CONNECTED = text("whether the course and {recipient} are connected")
_RECEIVED = text("whether {recipient} has received it")

UNCHECKED: Mapping[str, Text] = {
    "A1": text("whether there is a second account"),
    "A2": _CONNECTED,
    "A3": _COUNTS,
    "A4": _CONNECTED,
    "B0": _COUNTS,
    "B1": _COUNTS,
    "B2": _COUNTS,
    "B3": _COUNTS,
    "B4": _COUNTS,
    "B5": _COUNTS,
    "B6": _COUNTS,
    "C1": _RECOGNISED,
    "C2": _RECOGNISED,
    "C3": _RECOGNISED,
    "C4": _RECOGNISED,
    "C5": _RECEIVED,
    "D1": _RECEIVED,
    "D2": _RECEIVED,
    "D3": _RECEIVED,
    "E1": text("whether {recipient} shows it"),
    "E2": text("whether {recipient} follows this course"),
    "F2": text("whether the course was completed at another hospital"),
}
"""What each check is about, in plain words, where it was not made or cannot be known."""


def is_open(draft: Draft, check: str) -> bool:
    """Whether the check leaves a question open; whether the recipient has a record that it was given, none does."""
    is_answered = draft.verdict["state"] == VerdictState.DELIVERED and UNCHECKED.get(check) is _RECEIVED
    return draft.check(check)["state"] in OPEN and not is_answered


def _is_handover_known(draft: Draft) -> bool:
    """Whether the record that was judged has been handed over is known though nothing after it was checked; of another
    account's, and of one at another hospital, it is not."""
    is_judged = draft.content["record_id"] is not None and "two_accounts" not in draft.reasons
    return is_judged and not any(
        draft.check(check)["state"] == State.UNKNOWN for check, phrase in UNCHECKED.items() if phrase is _RECEIVED
    )


def unchecked(draft: Draft, among: Sequence[str] = tuple(UNCHECKED)) -> str | None:
    """Return the line that says what was not checked, None where everything was."""
    known = _RECEIVED if _is_handover_known(draft) else None
    left = [UNCHECKED[check] for check in among if is_open(draft, check)]
    phrases = [draft.say(one) for one in left if one is not known]
    if not phrases:
        return None
    return draft.say(text("What we could not check: {phrases}."), phrases="; ".join(dict.fromkeys(phrases)))
