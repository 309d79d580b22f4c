from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from lrx.reporting_period import ReportingPeriod, Span, current, local_date
from lrx.validity import ExpiresAfter, ExpiresOn, ExpiryRule, NeverExpires

TORONTO = ZoneInfo("America/Toronto")


def span(days: str) -> Span:
    first, last = days.split("..")
    return Span(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("period", "today", "expected"),
    [
        ({"start_month": 1, "start_day": 1}, "2026-01-01", "2026-01-01..2026-12-31"),
        ({"start_month": 1, "start_day": 1}, "2026-12-31", "2026-01-01..2026-12-31"),
        ({"start_month": 4, "start_day": 1}, "2026-03-31", "2025-04-01..2026-03-31"),
        ({"start_month": 4, "start_day": 1}, "2026-04-01", "2026-04-01..2027-03-31"),
        ({"start_month": 2, "start_day": 29}, "2024-02-28", "2023-02-28..2024-02-28"),
        ({"start_month": 2, "start_day": 29}, "2024-02-29", "2024-02-29..2025-02-27"),
        ({"start_month": 1, "start_day": 31, "length_months": 1}, "2026-02-28", "2026-02-28..2026-03-30"),
        ({"start_month": 1, "start_day": 31, "length_months": 1}, "2026-02-27", "2026-01-31..2026-02-27"),
        ({"start_month": 7, "start_day": 1, "length_months": 6}, "2026-02-14", "2026-01-01..2026-06-30"),
        ({"start_month": 9, "start_day": 15, "length_months": 3}, "2026-12-14", "2026-09-15..2026-12-14"),
        ({"start_month": 9, "start_day": 15, "length_months": 3}, "2026-12-15", "2026-12-15..2027-03-14"),
    ],
)
def test_a_period_holds_today(period: dict[str, Any], today: str, expected: str) -> None:
    assert current(ReportingPeriod(**period), NeverExpires(), date.fromisoformat(today)) == span(expected)


@pytest.mark.parametrize(
    ("anchor_year", "today", "expected"),
    [
        (None, "2025-02-14", "2023-04-01..2025-03-31"),
        (None, "2025-04-01", "2024-04-01..2026-03-31"),
        (2023, "2025-02-14", "2023-04-01..2025-03-31"),
        (2023, "2025-04-01", "2025-04-01..2027-03-31"),
        (2023, "2026-04-01", "2025-04-01..2027-03-31"),
        (2024, "2025-02-14", "2024-04-01..2026-03-31"),
        (2030, "2025-02-14", "2024-04-01..2026-03-31"),
        (2024, "2022-03-31", "2020-04-01..2022-03-31"),
    ],
)
def test_a_period_of_two_years_slides_unless_a_year_is_named(
    anchor_year: int | None, today: str, expected: str
) -> None:
    period = ReportingPeriod(start_month=4, start_day=1, length_months=24, anchor_year=anchor_year)
    assert current(period, NeverExpires(), date.fromisoformat(today)) == span(expected)


def test_a_period_that_does_not_fit_a_year_runs_from_the_year_named() -> None:
    period = ReportingPeriod(start_month=1, start_day=1, length_months=5, anchor_year=2025)
    assert current(period, NeverExpires(), date(2026, 1, 10)) == span("2025-11-01..2026-03-31")


@pytest.mark.parametrize(
    ("period", "today", "expected"),
    [
        ({"grace_days": 0}, "2026-04-01", "2026-04-01..2027-03-31"),
        ({"grace_days": 1}, "2026-04-01", "2025-04-01..2027-03-31"),
        ({"grace_days": 1}, "2026-04-02", "2026-04-01..2027-03-31"),
        ({"grace_days": 30}, "2026-03-31", "2025-04-01..2026-03-31"),
        ({"grace_days": 30}, "2026-04-30", "2025-04-01..2027-03-31"),
        ({"grace_days": 30}, "2026-05-01", "2026-04-01..2027-03-31"),
        ({"grace_days": 30, "length_months": 24}, "2026-04-30", "2024-04-01..2027-03-31"),
        ({"grace_days": 30, "length_months": 24, "anchor_year": 2026}, "2026-04-30", "2024-04-01..2028-03-31"),
        ({"grace_days": 45, "length_months": 1}, "2026-05-10", "2026-03-01..2026-05-31"),
    ],
)
def test_the_period_that_ended_still_counts_during_the_grace_days(
    period: dict[str, Any], today: str, expected: str
) -> None:
    held = ReportingPeriod(start_month=4, start_day=1, **period)
    assert current(held, NeverExpires(), date.fromisoformat(today)) == span(expected)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (ExpiresOn(month=3, day=31), "2024-04-01..2025-03-31"),
        (ExpiresOn(month=3, day=31, every_years=2), "2023-04-01..2025-03-31"),
        (ExpiresOn(month=3, day=31, every_years=2, anchor_year=2026), "2024-04-01..2026-03-31"),
        (ExpiresAfter(count=1, unit="years"), "2025-01-01..2025-12-31"),
        (NeverExpires(), "2025-01-01..2025-12-31"),
    ],
)
def test_without_a_period_the_cycle_of_the_course_counts_and_else_the_calendar_year(
    rule: ExpiryRule, expected: str
) -> None:
    assert current(None, rule, date(2025, 2, 14)) == span(expected)


def test_the_period_of_the_recipient_comes_before_the_cycle_of_the_course() -> None:
    period = ReportingPeriod(start_month=7, start_day=1)
    assert current(period, ExpiresOn(month=3, day=31), date(2025, 2, 14)) == span("2024-07-01..2025-06-30")


@pytest.mark.parametrize(
    ("period", "sentence"),
    [
        ({"start_month": 2, "start_day": 30}, "Month 2 has no day 30."),
        ({"start_month": 1, "start_day": 1, "length_months": 5}, "A period of 5 months does not fit a year."),
        ({"start_month": 13, "start_day": 1}, "less than or equal to 12"),
        ({"start_month": 1, "start_day": 1, "length_months": 121}, "less than or equal to 120"),
        ({"start_month": 1, "start_day": 1, "grace_days": 367}, "less than or equal to 366"),
        ({"start_month": 1, "start_day": 1, "campaign": "winter"}, "not permitted"),
    ],
)
def test_a_period_nobody_could_mean_is_refused(period: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        ReportingPeriod.model_validate(period)


def test_the_last_second_of_the_year_in_toronto_counts_for_that_year() -> None:
    completed = datetime(2026, 1, 1, 4, 59, 59, tzinfo=UTC)
    year = current(None, NeverExpires(), date(2025, 12, 31))
    assert year.contains(local_date(completed, TORONTO))
    assert not year.contains(local_date(completed + timedelta(seconds=1), TORONTO))


periods = st.builds(
    ReportingPeriod,
    start_month=st.integers(1, 12),
    start_day=st.integers(1, 28),
    length_months=st.integers(1, 120),
    grace_days=st.integers(0, 366),
    anchor_year=st.integers(1990, 2050),
) | st.builds(
    ReportingPeriod,
    start_month=st.sampled_from([1, 3, 5, 7, 8, 10, 12]),
    start_day=st.integers(1, 31),
    length_months=st.sampled_from([1, 2, 3, 4, 6, 12, 18, 24, 36]),
    grace_days=st.integers(0, 366),
)


@settings(deadline=None)
@given(period=periods, today=st.dates(date(2000, 1, 1), date(2060, 12, 31)))
def test_every_day_is_in_its_span_and_grace_only_reaches_back(period: ReportingPeriod, today: date) -> None:
    held = current(period, NeverExpires(), today)
    plain = current(period.model_copy(update={"grace_days": 0}), NeverExpires(), today)
    assert plain.contains(today)
    assert held.last == plain.last
    assert held.first <= plain.first
    following = current(period, NeverExpires(), plain.last + timedelta(days=1))
    assert following.last > plain.last
