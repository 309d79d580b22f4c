"""Findings: what was looked at, how it is, and the next step."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from lrx.text import Text

__all__ = ["Finding", "Level", "fine", "warning", "worst", "wrong"]


class Level(StrEnum):
    """How it is. What is wrong must be mended; a warning is for a person to judge."""

    FINE = "fine"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `check` is stable and never translated; of what is not fine `next_step` says what to do."""

    check: str
    level: Level
    detail: Text
    next_step: Text | None = None


def fine(check: str, detail: Text) -> Finding:
    """It is as it should be."""
    return Finding(check, Level.FINE, detail)


def warning(check: str, detail: Text, next_step: Text) -> Finding:
    """Somebody should look at it."""
    return Finding(check, Level.WARNING, detail, next_step)


def wrong(check: str, detail: Text, next_step: Text) -> Finding:
    """It must be mended."""
    return Finding(check, Level.WRONG, detail, next_step)


def worst(findings: Iterable[Finding]) -> Level:
    """The level of the whole installation."""
    order = list(Level)
    return max((finding.level for finding in findings), key=order.index, default=Level.FINE)
