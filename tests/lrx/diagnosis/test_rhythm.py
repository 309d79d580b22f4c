"""When a recipient asks is learned from when it asked."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from lrx.diagnosis.rhythm import DAYS, MINUTES_LATE, SILENT, Rhythm, rhythm

TORONTO = ZoneInfo("America/Toronto")
NOW = datetime(2026, 11, 21, 14, 30, tzinfo=TORONTO)


def _at(day: int, clock: str = "05:58") -> datetime:
    return datetime.combine(NOW.date() - timedelta(days=day), time.fromisoformat(clock), TORONTO)


def _daily(days: int, clock: str = "05:58") -> list[datetime]:
    return [_at(day, clock) for day in range(days)]


def _usually(clock: str, last_asked_at: datetime | None) -> Rhythm:
    return Rhythm(TORONTO, time.fromisoformat(clock), 6, 6, last_asked_at)


def test_the_usual_time_is_the_middle_of_the_first_questions_of_the_days() -> None:
    found = rhythm([*_daily(4), _at(4, "05:40"), _at(5, "11:00")], _at(0), NOW, TORONTO)
    assert (found.usual, found.asked_days) == (time(5, 58), 6)


def _alternating(*clocks: str) -> list[datetime]:
    return [_at(day, clocks[day % len(clocks)]) for day in range(1, 21)]


@pytest.mark.parametrize(
    ("firsts", "usual"),
    [
        pytest.param(_alternating("23:58", "00:03"), time(0, 3), id="around midnight"),
        pytest.param(_alternating("23:40", "23:58", "00:03", "00:20"), time(0, 3), id="scattered around midnight"),
        pytest.param(_alternating("11:58", "12:03"), time(12, 3), id="around noon"),
        pytest.param([_at(day, "22:00") for day in range(10)] + _daily(30)[10:], time(22), id="at a new time"),
        pytest.param(
            [_at(day, "22:00") for day in range(3)] + _daily(30)[3:], time(5, 58), id="at another time lately"
        ),
    ],
)
def test_the_usual_time_is_that_of_the_latest_days_on_a_clock_without_an_end(
    firsts: Sequence[datetime], usual: time
) -> None:
    assert rhythm(firsts, max(firsts), NOW, TORONTO).usual == usual


@pytest.mark.parametrize(("days", "usual"), [(0, None), (2, None), (3, time(5, 58))])
def test_few_days_tell_no_usual_time(days: int, usual: time | None) -> None:
    assert rhythm(_daily(days), None, NOW, TORONTO).usual == usual


@pytest.mark.parametrize(("first", "looked"), [(0, 1), (5, 6), (DAYS - 1, DAYS)])
def test_days_before_the_first_question_do_not_count_against_it(first: int, looked: int) -> None:
    found = rhythm([_at(first), _at(0)], _at(0), NOW, TORONTO)
    assert found.looked_days == looked


def test_the_usual_time_is_that_on_the_wall_when_the_clocks_change() -> None:
    """Three days before the first Sunday of November and three after, all at two minutes to six."""
    days = [datetime(2026, 10, 29, 9, 58, tzinfo=UTC) + timedelta(days=day) for day in range(3)]
    days += [datetime(2026, 11, 1, 10, 58, tzinfo=UTC) + timedelta(days=day) for day in range(3)]
    assert rhythm(days, days[-1], NOW, TORONTO).usual == time(5, 58)


@pytest.mark.parametrize(
    ("now", "asked", "expected"),
    [
        pytest.param(_at(0, "14:30"), _at(0), _at(-1), id="asked today: tomorrow"),
        pytest.param(_at(0, "04:00"), _at(1), _at(0), id="before its time: today"),
        pytest.param(_at(0, "06:30"), _at(1), _at(0, "06:30"), id="a little late: any moment"),
        pytest.param(_at(0, "14:30"), _at(1), _at(-1), id="long past its time: tomorrow"),
        pytest.param(_at(0, "04:00"), _at(0, "01:00"), _at(0), id="an extra question in the night: as usual"),
        pytest.param(_at(0, "06:30"), _at(0), _at(-1), id="just asked: tomorrow"),
        pytest.param(_at(0, "14:30"), None, _at(-1), id="nothing known of the last: tomorrow"),
    ],
)
def test_it_is_expected_at_its_usual_time(now: datetime, asked: datetime | None, expected: datetime) -> None:
    assert _usually("05:58", asked).expected_after(now) == expected


@pytest.mark.parametrize(
    ("usual", "now", "asked", "expected"),
    [
        pytest.param("23:58", _at(0, "00:01"), _at(2, "23:58"), _at(0, "00:01"), id="late since yesterday: any moment"),
        pytest.param("23:58", _at(0, "00:10"), _at(0, "00:03"), _at(0, "23:58"), id="asked after midnight: today"),
        pytest.param("00:03", _at(1, "23:59"), _at(1, "23:58"), _at(-1, "00:03"), id="asked before midnight: a day on"),
        pytest.param(
            "00:03", _at(0, "00:30"), _at(1, "23:58"), _at(-1, "00:03"), id="no more after midnight: a day on"
        ),
        pytest.param("00:03", _at(0, "00:30"), _at(1, "00:03"), _at(0, "00:30"), id="a little late: any moment"),
    ],
)
def test_who_asks_around_midnight_asks_once_and_not_on_both_days(
    usual: str, now: datetime, asked: datetime, expected: datetime
) -> None:
    assert _usually(usual, asked).expected_after(now) == expected


def test_how_late_it_may_be_is_over_after_an_hour_and_a_half() -> None:
    still, over = (_at(0) + timedelta(minutes=MINUTES_LATE + shift) for shift in (-1, 0))
    asks = _usually("05:58", _at(1))
    assert (asks.expected_after(still), asks.expected_after(over)) == (still, _at(-1))


def test_nothing_is_expected_while_no_usual_time_is_known() -> None:
    assert rhythm(_daily(2), _at(0), NOW, TORONTO).expected_after(NOW) is None


@pytest.mark.parametrize(
    ("asked", "silent"), [(None, False), (NOW - SILENT, False), (NOW - SILENT - timedelta(seconds=1), True)]
)
def test_it_is_silent_after_three_days_without_a_question(asked: datetime | None, silent: bool) -> None:
    assert _usually("05:58", asked).is_silent(NOW) is silent


WEEKDAYS = [day for day in range(1, 30) if _at(day).weekday() < 5]
"""How many days ago it asked that asks from Monday to Friday: `NOW` is a Saturday."""
WEEKLY = [day for day in range(1, 30) if _at(day).weekday() == 3]


@pytest.mark.parametrize(
    ("days", "expected", "silent_from"),
    [
        pytest.param(range(1, 30), _at(-1), _at(-2), id="daily: tomorrow"),
        pytest.param(WEEKDAYS, _at(-2), _at(-4), id="on working days: on Monday"),
        pytest.param(WEEKLY, _at(-5), _at(-7), id="on Thursdays: next Thursday"),
        pytest.param([1, 2, 3], _at(-1), _at(-2), id="known too shortly: tomorrow"),
        pytest.param([5, 12], None, _at(-4), id="on two Mondays: unknown, and after nine days"),
        pytest.param([5], None, _at(-4), id="on one day: unknown, and after nine days"),
        pytest.param([4, 5], None, _at(-5), id="on two days: unknown, and after nine days"),
        pytest.param([1, 15, 29], _at(-6), _at(-15), id="on every second Friday: after sixteen days"),
        pytest.param([*range(1, 8), 20], _at(-1), _at(-2), id="on enough days: a pause is over"),
    ],
)
def test_days_of_the_week_on_which_it_never_asks_are_left_out(
    days: Sequence[int], expected: datetime | None, silent_from: datetime
) -> None:
    firsts = [_at(day) for day in days]
    found = rhythm(firsts, max(firsts), NOW, TORONTO)
    assert found.expected_after(NOW) == expected
    assert [found.is_silent(silent_from + timedelta(minutes=shift)) for shift in (0, 1)] == [False, True]


@pytest.mark.parametrize(
    ("days", "off", "silent_from"),
    [
        pytest.param(range(5, 25), range(5), _at(-3), id="daily: three days after it may ask again"),
        pytest.param(range(5, 25), range(3, 5), _at(0), id="daily: three days of silence, and two off"),
        pytest.param(range(5, 25), range(2), _at(0), id="daily: silent for three days, and then off"),
        pytest.param(range(5, 25), range(5, 8), _at(2), id="daily: off on days on which it asked"),
        pytest.param([9, 16, 23], range(5), _at(-7), id="on Thursdays: two days after the next one"),
        pytest.param([5, 6, 12, 13], range(7, 12), _at(2), id="a pause that was ours is no usual one"),
    ],
)
def test_days_on_which_the_site_had_it_off_are_no_silence(
    days: Sequence[int], off: Sequence[int], silent_from: datetime
) -> None:
    firsts, barred = [_at(day) for day in days], [_at(day).date() for day in off]
    found = rhythm(firsts, max(firsts), NOW, TORONTO, barred)
    assert [found.is_silent(silent_from + timedelta(minutes=shift)) for shift in (0, 1)] == [False, True]


def test_days_on_which_the_site_had_it_off_tell_nothing_of_when_it_asks() -> None:
    firsts, barred = [_at(day) for day in range(26, 30)], [_at(day).date() for day in range(26)]
    found = rhythm(firsts, max(firsts), NOW, TORONTO, barred)
    assert found.is_daily
    assert found.has_gone_round(_at(1, "14:30"), _at(1, "15:00"), NOW)


@pytest.mark.parametrize(
    ("asked_days", "there_since", "first", "at", "is_over"),
    [
        pytest.param(28, _at(1, "14:00"), _at(0), _at(0, "14:30"), True, id="a day, of one that asks daily"),
        pytest.param(28, _at(1, "15:00"), _at(0), _at(0, "14:30"), False, id="less than a day"),
        pytest.param(28, _at(3), _at(0, "13:30"), _at(0, "14:30"), False, id="questions still coming"),
        pytest.param(4, _at(3), _at(1), _at(0), False, id="some days, of one that asks weekly"),
        pytest.param(4, _at(8), _at(1), _at(0), True, id="a week, of one that asks weekly"),
    ],
)
def test_a_round_of_questions_is_over_after_the_days_it_usually_takes(
    asked_days: int, there_since: datetime, first: datetime, at: datetime, is_over: bool
) -> None:
    found = Rhythm(TORONTO, time(5, 58), asked_days, 30, _at(0))
    assert found.has_gone_round(there_since, first, at) is is_over


def test_without_a_usual_time_any_question_is_a_round() -> None:
    assert Rhythm(TORONTO, None, 1, 1, _at(0)).has_gone_round(_at(0), _at(0), _at(0))
