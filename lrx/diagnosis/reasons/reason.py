"""What a reason is."""

from dataclasses import dataclass
from enum import StrEnum

from lrx.errors import Turn
from lrx.text import Text

__all__ = ["Kind", "Reason"]


class Kind(StrEnum):
    """What it means for the verdict that a check fails for this reason."""

    RULE = "rule"
    """Never sent as it is, whatever else is mended."""
    FIXABLE = "fixable"
    """Somebody can mend it."""
    WAITS = "waits"
    """Time has to pass."""
    TOLD = "told"
    """Worth knowing; it decides nothing."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. `minutes` is the effort of the person whose turn it is, None where it is not theirs alone; `fix`
    names the screen or operation that helps; `then_shown` says that the recipient gets the record with its next
    question once this is mended, with nobody else to do anything."""

    kind: Kind
    turn: Turn
    title: Text
    remedy: Text
    minutes: int | None = None
    fix: str | None = None
    then_shown: bool = False
