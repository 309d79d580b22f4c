"""When a recipient asks: learned from when it asked. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from lrx.clock import local_date

__all__ = ["DAYS", "SILENT", "Rhythm", "rhythm"]

DAYS = 30
"""Days looked back."""
FEWEST = 3
"""Days with a question from which on a usual time is told."""
MINUTES_LATE = 90
"""How long after its usual time a recipient is still believed to ask that day; and how long a round of its questions
may take."""
SILENT = timedelta(days=3)
"""A recipient that asks every day and has asked nothing for so long has stopped asking."""
EVERY_DAY = frozenset(range(7))
TWICE = 2
"""A day of the week that came so often, and never with a question, is one on which the recipient does not ask."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The first questions of the last days. `usual` is the median time of day in `zone`, None while too few are known;
    `asked_days` of `looked_days` had a question; `weekdays` are those on which it asks, Monday being 0."""

    zone: ZoneInfo
    usual: time | None
    asked_days: int
    looked_days: int
    last_asked_at: datetime | None
    weekdays: frozenset[int] = EVERY_DAY

    @property
    def is_daily(self) -> bool:
        """Whether it asks on all days of the week, as far as is known."""
        return self.weekdays == EVERY_DAY

    def is_silent(self, at: datetime) -> bool:
        """Whether it asked before and has stopped."""
        return self.last_asked_at is not None and self.is_over(SILENT, self.last_asked_at, at)

    def is_over(self, span: timedelta, since: datetime, at: datetime) -> bool:
        """Whether more than `span` has passed at `at` since then, longer by the days on which it never asks."""
        day = local_date(since, self.zone)
        return at - since > span + (self._next(day) - day) - timedelta(days=1)

    def _next(self, day: date) -> date:
        """The next day on which it asks."""
        return next(later for n in range(1, 8) if (later := day + timedelta(days=n)).weekday() in self.weekdays)

    def has_gone_round(self, since: datetime, first: datetime, at: datetime) -> bool:
        """Whether by `at` a recipient has asked everything that it asks about a person, which was there from `since`
        on, when `first` is its first question after that. Taken for so while too few of its questions are known."""
        if self.usual is None:
            return True
        every = timedelta(days=round(self.looked_days / max(self.asked_days, 1)))
        return at - since >= every and at - first >= timedelta(minutes=MINUTES_LATE)

    def expected_after(self, instant: datetime) -> datetime | None:
        """When it is expected to ask next, after this instant; None while no usual time is known."""
        if self.usual is None:
            return None
        day = local_date(instant, self.zone)
        asked_today = self.last_asked_at is not None and local_date(self.last_asked_at, self.zone) == day
        today = datetime.combine(day, self.usual, self.zone)
        late = timedelta(minutes=MINUTES_LATE)
        is_still_to_come = today + late > instant and (not asked_today or today > instant)
        if is_still_to_come and day.weekday() in self.weekdays:
            return max(today, instant)
        return datetime.combine(self._next(day), self.usual, self.zone)


def rhythm(first_of_day: Iterable[datetime], last_asked_at: datetime | None, at: datetime, zone: ZoneInfo) -> Rhythm:
    """Return the rhythm of a recipient from the first question of each day on which it asked, up to `at`.

    Days before its first known question do not count against it.
    """
    firsts = {local_date(one, zone): one.astimezone(zone) for one in first_of_day}
    if len(firsts) < FEWEST:
        return Rhythm(zone, None, len(firsts), _looked(min(firsts, default=None), at, zone), last_asked_at)
    usual = _middle([one.hour * 60 + one.minute for one in firsts.values()])
    looked = _looked(min(firsts), at, zone)
    return Rhythm(zone, usual, len(firsts), looked, last_asked_at, _weekdays(firsts, looked, local_date(at, zone)))


def _weekdays(asked: Collection[date], looked: int, today: date) -> frozenset[int]:
    """The days of the week without those that came twice before today and never with a question."""
    before = [today - timedelta(days=n) for n in range(1, looked)]
    came = Counter(day.weekday() for day in before)
    had = {day.weekday() for day in asked}
    return frozenset(one for one in EVERY_DAY if one in had or came[one] < TWICE)


def _looked(first: date | None, at: datetime, zone: ZoneInfo) -> int:
    return min((local_date(at, zone) - first).days + 1, DAYS) if first else 0


def _middle(minutes: list[int]) -> time:
    hour, minute = divmod(int(median(minutes)), 60)
    return time(hour, minute)
