"""What people read for the words of a diagnosis. Pure."""

from collections.abc import Mapping

from lrx.diagnosis.finding import State
from lrx.errors import Turn
from lrx.text import Text, text

__all__ = ["STATES", "TURNS", "effort"]

STATES: Mapping[State, Text] = {
    State.PASS: text("Passed"),
    State.FAIL: text("In the way"),
    State.WARN: text("Worth knowing"),
    State.WAIT: text("Waiting"),
    State.UNKNOWN: text("Not known here"),
    State.NOT_APPLICABLE: text("Does not apply"),
    State.NOT_CHECKED: text("Not checked"),
}
"""How a check ended, in a word or two."""

TURNS: Mapping[Turn, Text] = {
    "caller": text("Whoever sent it"),
    "learner": text("Learner"),
    "course_admin": text("Course administrator"),
    "site_admin": text("Site administrator"),
    "recipient": text("Recipient"),
    "lrx": text("This exchange"),
    "nobody": text("Nobody"),
}
"""Whose turn it is."""


def effort(minutes: int | None) -> Text | None:
    """The effort of whose turn it is, in words; None where it is not theirs alone."""
    if minutes is None:
        return None
    return text("about 1 minute") if minutes == 1 else text("about {minutes} minutes", minutes=minutes)
