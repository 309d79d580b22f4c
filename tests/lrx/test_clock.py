from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lrx.clock import Clock, FrozenClock, SystemClock, date_in, day_begins, local_date, written_in_utc
from lrx.errors import Invalid

TORONTO = ZoneInfo("America/Toronto")
START = datetime(2026, 11, 21, 14, 30, tzinfo=TORONTO)


def test_the_system_clock_tells_the_present_in_utc() -> None:
    clock: Clock = SystemClock()
    before = datetime.now(UTC)
    told = clock.now()
    assert before <= told <= datetime.now(UTC)
    assert told.utcoffset() == timedelta()


def test_a_frozen_clock_stands_still_in_utc() -> None:
    clock: Clock = FrozenClock(START)
    assert clock.now().isoformat() == "2026-11-21T19:30:00+00:00"
    assert clock.now() == START


def test_a_frozen_clock_moves_by_what_it_is_advanced() -> None:
    clock = FrozenClock(START)
    clock.advance(timedelta(hours=12))
    clock.advance(timedelta())
    clock.advance(timedelta(seconds=1))
    assert clock.now().isoformat() == "2026-11-22T07:30:01+00:00"


def test_a_frozen_clock_never_goes_back() -> None:
    clock = FrozenClock(START)
    with pytest.raises(Invalid, match="only goes forward"):
        clock.advance(timedelta(microseconds=-1))
    assert clock.now() == START


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2026-01-01T04:59:59+00:00", "2025-12-31"),
        ("2026-01-01T05:00:00+00:00", "2026-01-01"),
        ("2025-12-31T23:59:59-05:00", "2025-12-31"),
        ("2026-07-01T03:59:59+00:00", "2026-06-30"),
        ("2026-07-01T04:00:00+00:00", "2026-07-01"),
    ],
)
def test_the_day_of_an_instant_is_the_one_people_in_the_zone_see(instant: str, day: str) -> None:
    assert local_date(datetime.fromisoformat(instant), TORONTO) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("America/Toronto", "2026-03-08", "2026-03-08T05:00:00+00:00"),
        ("America/Toronto", "2026-03-09", "2026-03-09T04:00:00+00:00"),
        ("America/Toronto", "2026-11-01", "2026-11-01T04:00:00+00:00"),
        ("America/Toronto", "2026-11-02", "2026-11-02T05:00:00+00:00"),
        ("America/Santiago", "2024-09-08", "2024-09-08T04:00:00+00:00"),  # midnight is skipped: the day begins at one
    ],
)
def test_a_day_begins_at_its_first_instant_in_the_zone(zone: str, day: str, begins: str) -> None:
    first = day_begins(date.fromisoformat(day), ZoneInfo(zone))
    assert first.isoformat() == begins
    assert local_date(first, ZoneInfo(zone)) == date.fromisoformat(day)
    assert local_date(first - timedelta(microseconds=1), ZoneInfo(zone)) == date.fromisoformat(day) - timedelta(days=1)


@pytest.mark.parametrize(
    ("year", "month", "day", "expected"),
    [
        (2024, 2, 29, "2024-02-29"),
        (2025, 2, 29, "2025-02-28"),
        (2026, 4, 31, "2026-04-30"),
        (2026, 5, 31, "2026-05-31"),
    ],
)
def test_the_last_day_stands_in_where_a_month_is_shorter(year: int, month: int, day: int, expected: str) -> None:
    assert date_in(year, month, day).isoformat() == expected


@pytest.mark.parametrize(
    ("instant", "written"),
    [
        ("2026-11-21T14:30:00-05:00", "2026-11-21T19:30:00Z"),
        ("2026-11-21T19:30:00.000250+00:00", "2026-11-21T19:30:00.000250Z"),
    ],
)
def test_an_instant_is_written_in_utc_whatever_its_zone(instant: str, written: str) -> None:
    assert written_in_utc(datetime.fromisoformat(instant)) == written
