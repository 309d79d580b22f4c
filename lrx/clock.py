"""What time it is, which day that is in a zone, and how an instant is written. `SystemClock` is the only reader of time
in the product."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from lrx.errors import Invalid
from lrx.text import text

__all__ = ["Clock", "FrozenClock", "SystemClock", "date_in", "day_begins", "local_date", "written_in_utc"]


class Clock(Protocol):
    """Tells the time. Whoever needs it is given one."""

    def now(self) -> datetime:
        """Return the present instant, in UTC."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FrozenClock:
    """A clock that stands still until it is advanced, and never goes back: for demonstrations and tests."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move the clock forward. Raises `Invalid` when `by` is negative."""
        if by < timedelta():
            raise Invalid(text("The clock only goes forward. Give a time of zero or more."))
        self._now += by


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """Return the calendar day of an aware instant, as people in the zone see it."""
    return instant.astimezone(zone).date()


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a calendar day in the zone, in UTC."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def date_in(year: int, month: int, day: int) -> date:
    """Return that day, or the last day of the month where the month is shorter."""
    return date(year, month, min(day, monthrange(year, month)[1]))


def written_in_utc(instant: datetime) -> str:
    """Return an aware instant as answers and files have it: in UTC, with Z (RFC 3339)."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
