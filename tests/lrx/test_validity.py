from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from lrx.text import Text
from lrx.validity import (
    ExpiresAfter,
    ExpiresOn,
    ExpiryRule,
    NeverExpires,
    RecertificationWindow,
    Repeats,
    Standing,
    Verdict,
    cycle,
    exact_key,
    expires_at,
    judge,
    renewable_from,
)

TORONTO = ZoneInfo("America/Toronto")
RULES: TypeAdapter[ExpiryRule] = TypeAdapter(ExpiryRule)

NEVER = NeverExpires()
YEAR = ExpiresAfter(count=1, unit="years")
YEAR_END = ExpiresOn(month=12, day=31)
MARCH = ExpiresOn(month=3, day=31)
MARCH_2 = ExpiresOn(month=3, day=31, every_years=2)
MARCH_2_EVEN = ExpiresOn(month=3, day=31, every_years=2, anchor_year=2024)
LEAP = ExpiresOn(month=2, day=29)
THIRTY_DAYS = RecertificationWindow(count=30, unit="days")


def local(wall: str) -> datetime:
    """The instant at which clocks in Toronto show this; noon where only a day is given."""
    return datetime.fromisoformat(wall if "T" in wall else f"{wall}T12:00").replace(tzinfo=TORONTO).astimezone(UTC)


def kept(wall: str, rule: ExpiryRule) -> Standing:
    return Standing(local(wall), expires_at(rule, local(wall), TORONTO))


def verdict(
    wall: str,
    standing: Sequence[Standing],
    rule: ExpiryRule,
    window: RecertificationWindow | None = None,
    repeats: Repeats = "one_per_cycle",
) -> Verdict:
    return judge(local(wall), standing, rule, window, repeats, TORONTO)


# Rules as they are stored and sent


@pytest.mark.parametrize(
    ("stored", "rule"),
    [
        ('{"rule":"never"}', NEVER),
        ('{"count":18,"unit":"months","rule":"after"}', ExpiresAfter(count=18, unit="months")),
        ('{"rule":"on","month":3,"day":31,"every_years":2,"anchor_year":null}', MARCH_2),
        ('{"rule":"on","month":3,"day":31,"every_years":2,"anchor_year":2024}', MARCH_2_EVEN),
    ],
)
def test_a_rule_is_read_back_as_it_was_stored(stored: str, rule: ExpiryRule) -> None:
    assert rule.model_dump_json() == stored
    assert RULES.validate_json(stored) == rule


@pytest.mark.parametrize(
    ("given_rule", "sentence"),
    [
        ({"rule": "after", "count": 3651, "unit": "days"}, "The longest time is 3650 days"),
        ({"rule": "after", "count": 121, "unit": "months"}, "The longest time is 3650 days"),
        ({"rule": "after", "count": 11, "unit": "years"}, "The longest time is 3650 days"),
        ({"rule": "after", "count": 0, "unit": "days"}, "greater than or equal to 1"),
        ({"rule": "after", "count": 1, "unit": "weeks"}, "Input should be 'days', 'months' or 'years'"),
        ({"rule": "on", "month": 2, "day": 30}, "Month 2 has no day 30. Choose a day that exists."),
        ({"rule": "on", "month": 11, "day": 31}, "Month 11 has no day 31. Choose a day that exists."),
        ({"rule": "on", "month": 0, "day": 1}, "greater than or equal to 1"),
        ({"rule": "on", "month": 3, "day": 31, "every_years": 11}, "less than or equal to 10"),
        ({"rule": "never", "count": 1}, "Extra inputs are not permitted"),
        ({"rule": "sometimes"}, "Input tag 'sometimes'"),
        ({"count": 1, "unit": "days"}, "Unable to extract tag"),
    ],
)
def test_a_rule_nobody_could_mean_is_refused(given_rule: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        RULES.validate_python(given_rule)


@pytest.mark.parametrize(("count", "unit"), [(3650, "days"), (120, "months"), (10, "years")])
def test_ten_years_are_accepted_in_any_unit(count: int, unit: str) -> None:
    assert RULES.validate_python({"rule": "after", "count": count, "unit": unit}).model_dump()["count"] == count


def test_the_reason_for_a_refusal_can_be_said_in_the_readers_language() -> None:
    with pytest.raises(ValidationError) as refused:
        RecertificationWindow(count=4000, unit="days")
    (reason,) = refused.value.errors()[0]["ctx"]["error"].args
    assert isinstance(reason, Text)


def test_a_rule_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        YEAR.count = 2  # type: ignore[misc]


# When a record expires


@pytest.mark.parametrize(
    ("rule", "completed", "expires"),
    [
        (ExpiresAfter(count=1, unit="days"), "2026-03-07T02:30", "2026-03-08T03:30"),  # 02:30 is skipped that day
        (ExpiresAfter(count=1, unit="days"), "2026-03-07T14:30", "2026-03-08T14:30"),  # 23 hours later
        (ExpiresAfter(count=1, unit="days"), "2026-10-31T01:30", "2026-11-01T01:30"),  # the first of two 01:30s
        (ExpiresAfter(count=1, unit="days"), "2026-10-31T14:30", "2026-11-01T14:30"),  # 25 hours later
        (ExpiresAfter(count=1, unit="months"), "2026-01-31T23:59:59", "2026-02-28T23:59:59"),
        (ExpiresAfter(count=1, unit="months"), "2024-01-31T09:00", "2024-02-29T09:00"),
        (ExpiresAfter(count=18, unit="months"), "2026-08-31T09:00", "2028-02-29T09:00"),
        (ExpiresAfter(count=1, unit="years"), "2024-02-29T09:00", "2025-02-28T09:00"),
        (ExpiresAfter(count=4, unit="years"), "2024-02-29T09:00", "2028-02-29T09:00"),
        (ExpiresAfter(count=6, unit="months"), "2026-06-15T20:00", "2026-12-15T20:00"),  # summer to winter time
        (YEAR_END, "2025-12-30T10:00", "2026-01-01T00:00"),
        (YEAR_END, "2025-12-31T23:59:59", "2026-01-01T00:00"),  # already 1 January in UTC
        (YEAR_END, "2026-01-01T00:00", "2027-01-01T00:00"),
        (MARCH, "2025-03-31T23:59:59", "2025-04-01T00:00"),
        (MARCH, "2025-04-01T00:00", "2026-04-01T00:00"),
        (MARCH_2, "2025-02-14T10:00", "2026-04-01T00:00"),
        (MARCH_2, "2025-04-01T10:00", "2027-04-01T00:00"),
        (MARCH_2_EVEN, "2025-02-14T10:00", "2026-04-01T00:00"),
        (MARCH_2_EVEN, "2025-04-01T10:00", "2026-04-01T00:00"),
        (LEAP, "2024-02-29T10:00", "2024-03-01T00:00"),
        (LEAP, "2024-03-01T10:00", "2025-03-01T00:00"),
        (ExpiresOn(month=11, day=1), "2026-11-01T01:30", "2026-11-02T00:00"),
    ],
)
def test_a_record_expires_by_the_calendar_of_the_zone(rule: ExpiryRule, completed: str, expires: str) -> None:
    assert expires_at(rule, local(completed), TORONTO) == local(expires)


def test_a_time_that_clocks_repeat_in_autumn_is_the_first_of_the_two() -> None:
    second_half_past_one = datetime(2020, 11, 1, 6, 30, tzinfo=UTC)
    six_years = ExpiresAfter(count=6, unit="years")
    assert expires_at(six_years, second_half_past_one, TORONTO) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_a_record_that_never_expires_has_no_expiry() -> None:
    assert expires_at(NEVER, local("2026-01-01"), TORONTO) is None


@pytest.mark.parametrize(
    ("rule", "on", "first", "last"),
    [
        (YEAR_END, "2025-02-14", "2025-01-01", "2025-12-31"),
        (YEAR_END, "2025-12-31", "2025-01-01", "2025-12-31"),
        (YEAR_END, "2026-01-01", "2026-01-01", "2026-12-31"),
        (MARCH, "2025-02-14", "2024-04-01", "2025-03-31"),
        (MARCH_2, "2025-02-14", "2023-04-01", "2025-03-31"),
        (MARCH_2, "2025-04-01", "2024-04-01", "2026-03-31"),
        (MARCH_2_EVEN, "2025-02-14", "2024-04-01", "2026-03-31"),
        (MARCH_2_EVEN, "2026-03-31", "2024-04-01", "2026-03-31"),
        (MARCH_2_EVEN, "2026-04-01", "2026-04-01", "2028-03-31"),
        (MARCH_2_EVEN, "2021-06-01", "2020-04-01", "2022-03-31"),
        (LEAP, "2024-02-29", "2023-03-01", "2024-02-29"),
        (LEAP, "2024-03-01", "2024-03-01", "2025-02-28"),
        (LEAP, "2023-03-01", "2023-03-01", "2024-02-29"),
    ],
)
def test_the_cycle_in_force_ends_on_the_next_end_date(rule: ExpiresOn, on: str, first: str, last: str) -> None:
    assert cycle(rule, date.fromisoformat(on)) == (date.fromisoformat(first), date.fromisoformat(last))


# A new record, or a repeat of one


@pytest.mark.parametrize(
    ("rule", "completed", "key"),
    [
        (NEVER, "2025-12-31T23:59:59", "2025"),
        (NEVER, "2026-01-01T00:00", "2026"),
        (YEAR_END, "2025-12-31T23:59:59", "2025-01-01"),
        (MARCH, "2025-03-31T23:59:59", "2024-04-01"),
        (MARCH_2, "2025-02-14", "2023-04-01"),
        (MARCH_2, "2025-06-01", "2024-04-01"),
        (MARCH_2_EVEN, "2025-06-01", "2024-04-01"),
        (YEAR, "2025-12-31T23:59:59", "day:2025-12-31"),
    ],
)
def test_a_first_completion_opens_the_record_of_its_cycle(rule: ExpiryRule, completed: str, key: str) -> None:
    assert verdict(completed, [], rule) == Verdict(opens=True, key=key, amends=None)


@dataclass(frozen=True)
class Repeat:
    """A claim made while these completions stand, and the key it opens or the standing one it amends."""

    rule: ExpiryRule
    standing: tuple[str, ...]
    claimed: str
    opens: str | None = None
    amends: int | None = None
    window: RecertificationWindow | None = None


@pytest.mark.parametrize(
    "case",
    [
        # on a date, and never: one in a cycle
        Repeat(YEAR_END, ("2025-03-01",), "2025-12-30", amends=0),
        Repeat(YEAR_END, ("2025-12-30",), "2026-01-01T00:00", opens="2026-01-01"),
        Repeat(YEAR_END, ("2025-03-01", "2026-03-01"), "2026-05-01", amends=1),
        Repeat(NEVER, ("2025-03-01",), "2025-12-31T23:59:59", amends=0),
        Repeat(NEVER, ("2025-03-01",), "2026-01-01T00:00", opens="2026"),
        Repeat(NEVER, ("2025-03-01",), "2025-12-01", amends=0, window=THIRTY_DAYS),
        Repeat(MARCH_2, ("2025-02-14",), "2025-03-31", amends=0),
        Repeat(MARCH_2, ("2025-02-14",), "2025-04-01", opens="2024-04-01"),
        Repeat(MARCH_2_EVEN, ("2025-02-14",), "2025-04-01", amends=0),
        # on a date, with a window: 30 days before 1 January is 2 December
        Repeat(YEAR_END, ("2025-03-01",), "2025-12-01T23:59:59", amends=0, window=THIRTY_DAYS),
        Repeat(YEAR_END, ("2025-03-01",), "2025-12-02T00:00", opens="day:2025-12-02", window=THIRTY_DAYS),
        Repeat(YEAR_END, ("2025-03-01", "2025-12-03"), "2025-12-03T18:00", amends=1, window=THIRTY_DAYS),
        # after a time, without a window: from the next day on
        Repeat(YEAR, ("2025-03-01T09:00",), "2025-03-01T23:59:59", amends=0),
        Repeat(YEAR, ("2025-03-01T09:00",), "2025-03-02T00:00", opens="day:2025-03-02"),
        # after a time, with a window: from 30 days before it expires
        Repeat(YEAR, ("2025-03-01",), "2025-09-01", amends=0, window=THIRTY_DAYS),
        Repeat(YEAR, ("2025-03-01",), "2026-01-29T23:59:59", amends=0, window=THIRTY_DAYS),
        Repeat(YEAR, ("2025-03-01",), "2026-01-30T00:00", opens="day:2026-01-30", window=THIRTY_DAYS),
        Repeat(YEAR, ("2025-03-01",), "2027-06-01", opens="day:2027-06-01", window=THIRTY_DAYS),
        Repeat(YEAR, ("2025-03-01", "2026-02-10"), "2026-02-20", amends=1, window=THIRTY_DAYS),
        Repeat(YEAR, ("2026-02-10", "2025-03-01"), "2026-02-20", amends=0, window=THIRTY_DAYS),
        # arrived late
        Repeat(YEAR_END, ("2026-03-01",), "2025-12-31T23:59:59", opens="2025-01-01"),
        Repeat(YEAR_END, ("2026-03-01",), "2026-01-01T00:00", amends=0),
        Repeat(YEAR_END, ("2025-06-01", "2026-03-01"), "2026-02-01", amends=1),
        Repeat(YEAR_END, ("2025-12-20",), "2025-03-01", amends=0, window=THIRTY_DAYS),
        Repeat(NEVER, ("2026-03-01",), "2025-07-01", opens="2025"),
        Repeat(YEAR, ("2025-03-01T09:00",), "2025-03-01T08:00", amends=0),
        Repeat(YEAR, ("2025-03-01",), "2025-02-28", opens="day:2025-02-28"),
        Repeat(YEAR, ("2025-03-01",), "2024-01-15", opens="day:2024-01-15", window=THIRTY_DAYS),
        Repeat(YEAR, ("2025-03-01",), "2024-12-01", amends=0, window=THIRTY_DAYS),
        Repeat(YEAR, ("2025-03-01", "2026-02-20"), "2026-02-10", amends=1, window=THIRTY_DAYS),
        Repeat(YEAR, ("2024-03-01", "2026-03-01"), "2025-02-20", opens="day:2025-02-20", window=THIRTY_DAYS),
    ],
    ids=lambda case: f"{case.rule.rule} {case.standing} {case.claimed}",
)
def test_a_claim_opens_a_record_or_amends_one(case: Repeat) -> None:
    found = verdict(case.claimed, [kept(wall, case.rule) for wall in case.standing], case.rule, case.window)
    assert (found.key if found.opens else None, found.amends) == (case.opens, case.amends)


def test_the_same_instant_is_the_same_claim_however_it_is_written() -> None:
    standing = [kept("2025-03-01", YEAR), kept("2026-11-01T01:30", YEAR)]
    again = standing[1].completed_at.astimezone(TORONTO)
    assert judge(again, standing, YEAR, None, "every_completion", TORONTO).amends == 1
    assert judge(again, standing, YEAR, None, "one_per_cycle", TORONTO).amends == 1


def test_every_completion_is_a_record_where_the_course_says_so() -> None:
    standing = [kept("2025-03-01T09:00", YEAR_END)]
    found = verdict("2025-03-01T09:00:01", standing, YEAR_END, repeats="every_completion")
    assert found == Verdict(opens=True, key="2025-03-01T14:00:01+00:00", amends=None)


def test_an_amendment_has_the_key_of_its_instant_for_the_day_it_is_made_a_record() -> None:
    found = verdict("2025-05-01", [kept("2025-03-01", YEAR_END)], YEAR_END)
    assert found == Verdict(opens=False, key=exact_key(local("2025-05-01")), amends=0)


def test_a_completion_on_the_first_day_of_a_cycle_is_not_taken_for_the_cycle_after_the_rule_is_edited() -> None:
    keys = {verdict("2026-01-01", [], rule).key for rule in (YEAR, YEAR_END, NEVER)}
    assert keys == {"day:2026-01-01", "2026-01-01", "2026"}


@pytest.mark.parametrize("rule", [YEAR_END, NEVER])
def test_a_retake_after_a_record_expired_early_is_a_new_record(rule: ExpiryRule) -> None:
    expired = Standing(local("2025-03-01"), local("2025-06-01"))
    assert verdict("2025-05-31", [expired], rule).amends == 0
    assert verdict("2025-06-10", [expired], rule).key == "day:2025-06-10"


@pytest.mark.parametrize("rule", [YEAR, YEAR_END, NEVER])
@pytest.mark.parametrize("window", [None, THIRTY_DAYS])
def test_what_is_completed_after_an_administrator_let_the_record_expire_is_a_new_record(
    rule: ExpiryRule, window: RecertificationWindow | None
) -> None:
    ended = Standing(local("2025-03-01"), expires_at(rule, local("2025-03-01"), TORONTO), local("2025-06-10T14:30"))
    assert verdict("2025-06-10T14:31", [ended], rule, window).opens, "on the same day too"
    assert verdict("2025-12-01", [ended], rule, window).opens


@pytest.mark.parametrize("rule", [YEAR_END, NEVER])
def test_what_was_completed_before_the_expiration_is_the_claim_that_was_let_expire(rule: ExpiryRule) -> None:
    ended = Standing(local("2025-03-01"), expires_at(rule, local("2025-03-01"), TORONTO), local("2025-06-10T14:30"))
    assert verdict("2025-06-10T14:30", [ended], rule).amends == 0
    assert verdict("2025-06-09", [ended], rule, THIRTY_DAYS).amends == 0
    assert verdict("2025-03-01", [ended], rule, repeats="every_completion").amends == 0


def test_a_day_has_one_record_again_once_a_retake_followed_the_ended_one() -> None:
    ended = Standing(local("2025-06-10T09:00"), None, local("2025-06-10T14:30"))
    retake = Standing(local("2025-06-10T16:00"), None)
    assert verdict("2025-06-10T16:00", [ended], NEVER).opens
    assert verdict("2025-06-10T17:00", [ended, retake], NEVER).amends == 1


def test_a_record_kept_before_the_rule_was_edited_keeps_its_expiry() -> None:
    two_years = Standing(local("2025-03-01"), local("2027-03-01"))
    assert verdict("2026-02-15", [two_years], YEAR, THIRTY_DAYS).amends == 0
    assert verdict("2027-02-15", [two_years], YEAR, THIRTY_DAYS).opens


def test_a_record_that_had_no_expiry_is_renewed_by_the_present_rule() -> None:
    lifelong = Standing(local("2025-03-01"), None)
    assert renewable_from(lifelong, YEAR, THIRTY_DAYS, TORONTO) == date(2026, 1, 30)
    assert verdict("2026-01-29", [lifelong], YEAR, THIRTY_DAYS).amends == 0
    assert verdict("2026-02-15", [lifelong], YEAR, THIRTY_DAYS).opens


@pytest.mark.parametrize(
    ("rule", "window", "first"),
    [
        (NEVER, None, None),
        (NEVER, THIRTY_DAYS, None),
        (YEAR, None, date(2025, 3, 2)),
        (YEAR, RecertificationWindow(count=2, unit="months"), date(2026, 1, 1)),
        (YEAR_END, None, date(2026, 1, 1)),
        (YEAR_END, RecertificationWindow(count=1, unit="months"), date(2025, 12, 1)),
        (MARCH, RecertificationWindow(count=1, unit="years"), date(2024, 4, 1)),
    ],
)
def test_the_day_from_which_a_repeat_counts_can_be_told(
    rule: ExpiryRule, window: RecertificationWindow | None, first: date | None
) -> None:
    assert renewable_from(kept("2025-03-01", rule), rule, window, TORONTO) == first


# Whatever is claimed, in whatever order

units = st.sampled_from([("days", 1), ("days", 45), ("days", 400), ("months", 1), ("months", 7), ("years", 2)])
rules: st.SearchStrategy[ExpiryRule] = st.one_of(
    st.just(NEVER),
    units.map(lambda lapse: ExpiresAfter.model_validate({"count": lapse[1], "unit": lapse[0]})),
    st.builds(
        ExpiresOn,
        month=st.sampled_from([1, 3, 8, 12]),
        day=st.integers(1, 31),
        every_years=st.integers(1, 3),
        anchor_year=st.none() | st.integers(2020, 2024),
    ),
    st.just(LEAP),
)
windows = st.none() | units.map(
    lambda lapse: RecertificationWindow.model_validate({"count": lapse[1], "unit": lapse[0]})
)
zones = st.sampled_from(["America/Toronto", "America/St_Johns", "UTC", "Pacific/Auckland"]).map(ZoneInfo)
near = st.integers(0, 12 * 24 * 4).map(lambda quarter: local("2026-10-26") + timedelta(minutes=15 * quarter))
far = st.integers(0, 8 * 365 * 86_400).map(lambda second: local("2022-01-01") + timedelta(seconds=second))
month_ends = st.builds(
    lambda month, day, minute: local(f"2024-{month:02}-{day:02}T00:00") + timedelta(minutes=minute),
    st.sampled_from([1, 3, 12]),
    st.integers(27, 31),
    st.integers(0, 1439),
)
claims = st.lists(near | far | month_ends, max_size=14)


def feed(
    told: Sequence[datetime],
    standing: list[Standing],
    rule: ExpiryRule,
    window: RecertificationWindow | None,
    repeats: Repeats,
    zone: ZoneInfo,
) -> list[str]:
    """Keep what the claims open, one after another, and return its keys."""
    keys = []
    for claim in told:
        found = judge(claim, standing, rule, window, repeats, zone)
        assert found.opens == (found.amends is None)
        assert found.amends is None or 0 <= found.amends < len(standing)
        assert found == judge(claim, standing, rule, window, repeats, zone)
        if found.opens:
            keys.append(found.key)
            standing.append(Standing(claim, expires_at(rule, claim, zone)))
    return keys


@settings(deadline=None, max_examples=300)
@given(
    told=claims,
    rule=rules,
    window=windows,
    repeats=st.sampled_from(["one_per_cycle", "every_completion"]),
    zone=zones,
)
def test_telling_everything_again_opens_nothing_and_no_two_records_share_a_key(
    told: list[datetime], rule: ExpiryRule, window: RecertificationWindow | None, repeats: Repeats, zone: ZoneInfo
) -> None:
    standing: list[Standing] = []
    keys = feed(told, standing, rule, window, repeats, zone)
    assert len(set(keys)) == len(keys)
    assert bool(keys) == bool(told)
    assert feed(told, standing, rule, window, repeats, zone) == []
    assert feed(sorted(told), standing, rule, window, repeats, zone) == []


@settings(deadline=None)
@given(told=st.permutations(range(6)), rule=rules, window=windows, start=far)
def test_the_order_in_which_records_are_listed_does_not_matter(
    told: list[int], rule: ExpiryRule, window: RecertificationWindow | None, start: datetime
) -> None:
    standing = [Standing(at, expires_at(rule, at, TORONTO)) for at in (start + timedelta(days=97 * n) for n in told)]
    claim = start + timedelta(days=200)
    found = judge(claim, standing, rule, window, "one_per_cycle", TORONTO)
    turned = judge(claim, standing[::-1], rule, window, "one_per_cycle", TORONTO)
    assert (found.opens, found.key) == (turned.opens, turned.key)
    if found.amends is not None and turned.amends is not None:
        assert standing[found.amends] == standing[::-1][turned.amends]


@settings(deadline=None)
@given(rule=rules, completed=far | near | month_ends, zone=zones)
def test_a_record_is_valid_at_its_own_completion(rule: ExpiryRule, completed: datetime, zone: ZoneInfo) -> None:
    expires = expires_at(rule, completed, zone)
    assert expires is None or expires > completed


@settings(deadline=None)
@given(
    rule=st.builds(
        ExpiresOn,
        month=st.integers(1, 12),
        day=st.integers(1, 28),
        every_years=st.integers(1, 10),
        anchor_year=st.none() | st.integers(1990, 2040),
    ),
    on=st.dates(date(2000, 1, 1), date(2060, 12, 31)),
)
def test_a_record_expires_with_the_last_cycle_that_contains_its_completion(rule: ExpiresOn, on: date) -> None:
    first, last = cycle(rule, on)
    assert first <= on <= last
    expires = expires_at(rule, local(f"{on}T12:00"), TORONTO)
    assert expires is not None
    expiry_date = expires.astimezone(TORONTO).date() - timedelta(days=1)
    assert cycle(rule, expiry_date)[0] <= on
    assert cycle(rule, expiry_date + timedelta(days=1))[0] > on
