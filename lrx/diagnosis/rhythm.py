"""When a recipient asks: learned from when it asked. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import count, pairwise
from statistics import median_high
from zoneinfo import ZoneInfo

from lrx.clock import day_begins, local_date

__all__ = ["DAYS", "SILENT", "Rhythm", "rhythm"]

DAYS = 30
"""Days looked back."""
FEWEST = 3
"""Days with a question from which on a usual time is told."""
LATELY = 7
"""Days with a question that tell the usual time, the latest: so that a new time is soon believed. With fewer, a pause
as long as the longest seen may be usual."""
MINUTES_LATE = 90
"""How long after its usual time a recipient is still believed to ask that day; and how long a round of its questions
may take."""
SILENT = timedelta(days=3)
"""A recipient that asks every day and has asked nothing for so long has stopped asking."""
A_DAY, A_WEEK = timedelta(days=1), timedelta(days=7)
MINUTES_OF_DAY = 24 * 60
EVERY_DAY = frozenset(range(7))
TWICE = 2
"""A day of the week that came so often, and never with a question, is one on which the recipient does not ask."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The first questions of the last days. `usual` is the middle time of day in `zone`, None while too few are known;
    `asked_days` of `looked_days` had a question; `weekdays` are those on which it asks, Monday being 0; `pause` is as
    long as it may usually ask nothing; `off` are days on which the site did not let it ask."""

    zone: ZoneInfo
    usual: time | None
    asked_days: int
    looked_days: int
    last_asked_at: datetime | None
    weekdays: frozenset[int] = EVERY_DAY
    pause: timedelta = A_DAY
    off: frozenset[date] = frozenset()

    @property
    def is_daily(self) -> bool:
        """Whether it asks on all days of the week, as far as is known."""
        return self.weekdays == EVERY_DAY

    def is_silent(self, at: datetime) -> bool:
        """Whether it asked before and has stopped."""
        return self.last_asked_at is not None and self.is_over(SILENT, self.last_asked_at, at)

    def is_over(self, span: timedelta, since: datetime, at: datetime) -> bool:
        """Whether more than `span` has passed at `at` since then, longer by the days on which it never asks, or could
        not."""
        day = local_date(since, self.zone)
        following = self._next(day)
        off = timedelta(days=self._days_off(following, local_date(at, self.zone)))
        return at - since > span - A_DAY + max(following - day, self.pause) + off

    def _next(self, day: date) -> date:
        """The next day on which it asks, and may."""
        later = (day + timedelta(days=n) for n in count(1))
        return next(one for one in later if one.weekday() in self.weekdays and one not in self.off)

    def _days_off(self, after: date, until: date) -> int:
        return sum(after < one <= until for one in self.off)

    def has_gone_round(self, since: datetime, first: datetime, at: datetime) -> bool:
        """Whether by `at` a recipient has asked everything that it asks about a person, which was there from `since`
        on, when `first` is its first question after that. Taken for so while too few of its questions are known."""
        if self.usual is None:
            return True
        today = local_date(at, self.zone)
        could = self.looked_days - self._days_off(today - timedelta(days=self.looked_days), today)
        every = timedelta(days=max(round(could / max(self.asked_days, 1)), 1))
        return at - since >= every and at - first >= timedelta(minutes=MINUTES_LATE)

    def expected_after(self, instant: datetime) -> datetime | None:
        """When it is expected to ask next, after this instant; None while no usual time is known."""
        if self.usual is None:
            return None
        today = local_date(instant, self.zone)
        # One who asks around midnight may still be late with the question of yesterday.
        days = (today + timedelta(days=n) for n in count(-1))
        times = (datetime.combine(day, self.usual, self.zone) for day in days if day.weekday() in self.weekdays)
        return max(next(one for one in times if self._is_to_come(one, instant)), instant)

    def _is_to_come(self, usual: datetime, instant: datetime) -> bool:
        """Whether after `instant` it is still believed to ask what it usually asks then."""
        late, asked = timedelta(minutes=MINUTES_LATE), self.last_asked_at
        if usual > instant:
            return asked is None or asked < usual - late
        asked_then = asked is not None and asked >= min(usual - late, day_begins(usual.date(), self.zone))
        return usual + late > instant and not asked_then


def rhythm(
    first_of_day: Iterable[datetime],
    last_asked_at: datetime | None,
    at: datetime,
    zone: ZoneInfo,
    off: Collection[date] = (),
) -> Rhythm:
    """Return the rhythm of a recipient from the first question of each day on which it asked, up to `at`, and the days
    on which the site did not let it ask, for a part of them at least.

    Days before its first known question do not count against it.
    """
    firsts = {local_date(one, zone): one.astimezone(zone) for one in first_of_day}
    asked, barred = sorted(firsts), frozenset(off) - firsts.keys()
    looked = _looked(min(firsts, default=None), at, zone)
    known = Rhythm(zone, None, len(firsts), looked, last_asked_at, pause=_pause(asked, barred), off=barred)
    if len(firsts) < FEWEST:
        return known
    usual = _middle([firsts[day].hour * 60 + firsts[day].minute for day in asked[-LATELY:]])
    return replace(known, usual=usual, weekdays=_weekdays(asked, barred, looked, local_date(at, zone)))


def _weekdays(asked: Collection[date], off: Collection[date], looked: int, today: date) -> frozenset[int]:
    """The days of the week without those that came twice before today and never with a question."""
    before = {today - timedelta(days=n) for n in range(1, looked)}.difference(off)
    came = Counter(day.weekday() for day in before)
    had = {day.weekday() for day in asked}
    return frozenset(one for one in EVERY_DAY if one in had or came[one] < TWICE)


def _pause(asked: Sequence[date], off: Collection[date]) -> timedelta:
    """The longest pause that was seen while few days are known; a week at least while no usual time is."""
    if len(asked) >= LATELY:
        return A_DAY
    least = A_WEEK if len(asked) < FEWEST else A_DAY
    seen = (two - one - timedelta(days=sum(one < day < two for day in off)) for one, two in pairwise(asked))
    return max((least, *seen))


def _looked(first: date | None, at: datetime, zone: ZoneInfo) -> int:
    return min((local_date(at, zone) - first).days + 1, DAYS) if first else 0


def _middle(minutes: Sequence[int]) -> time:
    """The middle of times of day, of two the later, on a clock that is cut where nothing was asked the longest: 23:58
    and 00:03 are near each other."""
    around = sorted(minutes)
    _, cut = max(((two - one) % MINUTES_OF_DAY, two) for one, two in pairwise([around[-1], *around]))
    hour, minute = divmod(median_high((one - cut) % MINUTES_OF_DAY for one in around) + cut, 60)
    return time(hour % 24, minute)
