"""A diagnosis stage by stage: what can be said in one line, and what has to be looked at. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lrx.diagnosis.finding import State
from lrx.diagnosis.telling import CheckTold, Told
from lrx.diagnosis.words import STATES
from lrx.text import Text

__all__ = ["Stage", "stages", "tally"]

_PLAIN = frozenset({State.PASS, State.NOT_APPLICABLE})
_UNCHECKED = frozenset({State.NOT_CHECKED})


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. `decides` says that the verdict comes from one of its checks; `is_plain` that nothing in it wants to
    be looked at: all that concerns the case passed, or nothing could be checked."""

    id: str
    title: str
    checks: tuple[CheckTold, ...]
    decides: bool

    @property
    def is_plain(self) -> bool:
        """Whether one line is enough."""
        states = {State(check.state) for check in self.checks}
        return not self.decides and (states <= _PLAIN or states <= _UNCHECKED)


def stages(told: Told) -> Sequence[Stage]:
    """Return the stages of a diagnosis in the order of the chain."""
    deciding = (told.verdict.check or "")[:1]
    return [
        Stage(stage, title, tuple(checks), decides=stage == deciding)
        for stage, title in told.stages.items()
        if (checks := told.of_stage(stage))
    ]


def tally(checks: Iterable[CheckTold]) -> Sequence[tuple[Text, int]]:
    """Return how many checks ended how, in words, without the endings that did not happen."""
    counted = Counter(State(check.state) for check in checks)
    return [(STATES[state], counted[state]) for state in State if counted[state]]
