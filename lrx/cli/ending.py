"""How a command ends that found something to say: its exit codes, and an end with a sentence."""

from collections.abc import Mapping

from lrx.diagnosis.verdict import VerdictState
from lrx.text import Text

__all__ = ["AMBIGUOUS", "BY_VERDICT", "NOT_FOUND", "Ended"]

AMBIGUOUS = 2
"""Wrong usage, and what may mean more than one thing."""
NOT_FOUND = 3

BY_VERDICT: Mapping[VerdictState, int] = {
    VerdictState.DELIVERED: 0,
    VerdictState.BLOCKED: 20,
    VerdictState.WAITING: 21,
    VerdictState.UNKNOWN: 22,
    VerdictState.NOT_SENT_BY_RULE: 23,
    VerdictState.NOT_APPLICABLE: 23,
}
"""The diagnosis was made; the code tells what came of it."""


class Ended(Exception):
    """The command ends here, with this exit code and these lines for people."""

    def __init__(self, code: int, *lines: Text | str) -> None:
        super().__init__(code, *lines)
        self.code, self.lines = code, lines
