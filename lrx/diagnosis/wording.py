"""How facts are written in sentences: times in the site's zone, lists of names. Pure."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

__all__ = ["listed", "time_in"]


def time_in(instant: datetime, zone: ZoneInfo) -> str:
    """The day and the time on the wall: `2026-11-21 14:30`."""
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def listed(names: Iterable[object]) -> str:
    """The names with commas."""
    return ", ".join(str(name) for name in names)
