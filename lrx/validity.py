"""How long a learning record is valid, and whether a later completion is a new record or a repeat of one already kept.

A course has one expiry rule, kept as JSON: a record never expires, expires some time after the completion, or expires
on a date of the calendar. Before this comes the claim of a completion; after it, the recorder keeps what is judged.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from lrx.clock import date_in, day_begins, local_date
from lrx.text import text

__all__ = [
    "ExpiresAfter",
    "ExpiresOn",
    "ExpiryRule",
    "NeverExpires",
    "RecertificationWindow",
    "Repeats",
    "Standing",
    "Unit",
    "Verdict",
    "cycle",
    "exact_key",
    "expires_at",
    "judge",
    "last_day",
    "renewable_from",
    "require_day",
    "stored_rule",
]

Unit = Literal["days", "months", "years"]

Repeats = Literal["one_per_cycle", "every_completion"]
"""Whether a course keeps one record in each cycle, or a record of every completion."""

LONGEST: dict[Unit, int] = {"days": 3650, "months": 120, "years": 10}
MONTHS = {"months": 1, "years": 12}


class Lapse(BaseModel):
    """A length of calendar time, up to 3650 days: 31 January and one month is the last day of February."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int = Field(ge=1)
    unit: Unit

    @model_validator(mode="after")
    def _is_not_too_long(self) -> Self:
        if self.count > LONGEST[self.unit]:
            raise ValueError(text("The longest time is 3650 days (120 months, 10 years). Choose a shorter one."))
        return self


class NeverExpires(BaseModel):
    """A record stays valid for ever."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: Literal["never"] = "never"


class ExpiresAfter(Lapse):
    """A record expires this long after its completion, at the same time of day on the wall."""

    rule: Literal["after"] = "after"


class ExpiresOn(BaseModel):
    """A record expires at the end of a calendar day, every one or more years.

    29 February is 28 February in a common year. `anchor_year` is a year in which a cycle ends: see `cycle`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: Literal["on"] = "on"
    month: int = Field(ge=1, le=12)
    day: int = Field(ge=1, le=31)
    every_years: int = Field(default=1, ge=1, le=10)
    anchor_year: int | None = Field(default=None, ge=1900, le=2200)

    @model_validator(mode="after")
    def _is_in_the_calendar(self) -> Self:
        require_day(self.month, self.day)
        return self


ExpiryRule = Annotated[NeverExpires | ExpiresAfter | ExpiresOn, Field(discriminator="rule")]

_RULE: TypeAdapter[ExpiryRule] = TypeAdapter(ExpiryRule)


class RecertificationWindow(Lapse):
    """How long before a record is due to expire a repeated completion makes a new record.

    The window opens at the beginning of a day and stays open after the due date.
    """


@dataclass(frozen=True, slots=True)
class Standing:
    """A record, not voided, already kept for the same learner, object and source. `ended_at` is when an administrator
    let it expire, whatever its own expiry."""

    completed_at: datetime
    expires_at: datetime | None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a claim.

    It either `opens` a new record, known by `key`, or `amends` the standing record with that index. The key given
    with an amendment is the one it takes if an administrator makes it a record after all.

    Keys of different kinds never meet: `2025-04-01` is a cycle by its first day, `2025` a calendar year,
    `day:2025-12-03` a completion by its day, `2025-12-03T14:30:00+00:00` a completion by its instant.
    """

    opens: bool
    key: str
    amends: int | None


def require_day(month: int, day: int) -> None:
    """Raise `ValueError` when no year has that day. 29 February exists."""
    if day > monthrange(2000, month)[1]:
        raise ValueError(text("Month {month} has no day {day}. Choose a day that exists.", month=month, day=day))


def stored_rule(expiry: Mapping[str, Any]) -> ExpiryRule:
    """Return the rule that a course keeps as JSON."""
    return _RULE.validate_python(expiry)


def expires_at(rule: ExpiryRule, completed_at: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the first instant, in UTC, at which a record of that completion is no longer valid; None is never.

    "On": the beginning of the day after the expiry date in the zone, so that the expiry date itself still counts;
    where cycles overlap (see `cycle`), the expiry date is the end of the last cycle that contains the completion.
    "After": a time the clocks skip in spring is read by the winter clock; one they repeat in autumn is the first.
    """
    match rule:
        case NeverExpires():
            return None
        case ExpiresOn():
            return day_begins(_expiry_date(rule, local_date(completed_at, zone)) + timedelta(days=1), zone)
        case ExpiresAfter():
            local = completed_at.astimezone(zone)
            due = datetime.combine(_shifted(local.date(), rule, 1), local.time().replace(fold=0), zone)
            return due.astimezone(UTC)


def last_day(zone: ZoneInfo, *ends: datetime | None) -> date | None:
    """Return the last day in the zone on which a record holds that ends with the first of these instants, at each of
    which it no longer holds; None where there are none."""
    known = [end for end in ends if end is not None]
    return local_date(min(known) - timedelta(microseconds=1), zone) if known else None


def cycle(rule: ExpiresOn, on: date) -> tuple[date, date]:
    """Return the first and the last day of the cycle in force on a day.

    It ends on the next end date, on or after that day, and reaches back `every_years`. Without `anchor_year` every
    year has an end date, so that cycles of several years slide: the one in force moves on each year and shares
    years with the one before. With `anchor_year` they follow one another, and one of them ends in that year.
    """
    year = on.year if on <= date_in(on.year, rule.month, rule.day) else on.year + 1
    if rule.anchor_year is not None:
        year += (rule.anchor_year - year) % rule.every_years
    before = date_in(year - rule.every_years, rule.month, rule.day)
    return before + timedelta(days=1), date_in(year, rule.month, rule.day)


def exact_key(completed_at: datetime) -> str:
    """Return the key of a completion by its instant, which no completion at another instant shares."""
    return completed_at.astimezone(UTC).isoformat()


def renewable_from(
    record: Standing, rule: ExpiryRule, window: RecertificationWindow | None, zone: ZoneInfo
) -> date | None:
    """Return the first day on which a repeat in the same cycle is a new record; None is never.

    A record keeps the expiry it was given; one without is judged by the present rule. Whatever the rule, an expired
    record can be renewed.
    """
    if window is None and isinstance(rule, ExpiresAfter):
        return local_date(record.completed_at, zone) + timedelta(days=1)
    due = record.expires_at or expires_at(rule, record.completed_at, zone)
    if due is None:
        return None
    day = local_date(due, zone)
    return _shifted(day, window, -1) if window else day


def judge(
    claimed_at: datetime,
    standing: Sequence[Standing],
    rule: ExpiryRule,
    window: RecertificationWindow | None,
    repeats: Repeats,
    zone: ZoneInfo,
) -> Verdict:
    """Decide whether the claim of a completion opens a new record or amends a standing one.

    A completion at the very instant of a standing record is that record again. A learning management system
    recomputes and resends completions that nobody repeated, so a cycle ("on": of the calendar; "never": the calendar
    year; "after": all time) has one record until `renewable_from`, and a day never has two. A claim that arrives
    late, dated before the record of its cycle, amends it, except under "after" where the two are a renewal apart.
    A record that an administrator let expire stands in the way of nothing completed after that, be it on the same day;
    what was completed before is the claim that was let expire, sent again.

    The key of a new record can be held by a voided or ended record, or by one kept under an earlier rule. Then
    `exact_key` names the new one.
    """
    exact = exact_key(claimed_at)
    same = [index for index, record in enumerate(standing) if exact_key(record.completed_at) == exact]
    if same:
        return Verdict(opens=False, key=exact, amends=same[0])
    if repeats == "every_completion":
        return Verdict(opens=True, key=exact, amends=None)

    day = local_date(claimed_at, zone)
    key = _cycle_key(rule, day)
    peers = {
        index: record
        for index, record in enumerate(standing)
        if _cycle_key(rule, local_date(record.completed_at, zone)) == key
        and (record.ended_at is None or claimed_at <= record.ended_at)
    }
    if not peers and key is not None:
        return Verdict(opens=True, key=key, amends=None)
    claim = Standing(claimed_at.astimezone(UTC), expires_at(rule, claimed_at, zone))
    amended = _amended(claim, peers, rule, window, zone)
    if amended is not None:
        return Verdict(opens=False, key=exact, amends=amended)
    return Verdict(opens=True, key=f"day:{day.isoformat()}", amends=None)


def _amended(
    claim: Standing,
    peers: dict[int, Standing],
    rule: ExpiryRule,
    window: RecertificationWindow | None,
    zone: ZoneInfo,
) -> int | None:
    """Return the index of the record of the same cycle that the claim repeats, or None when it is a renewal."""

    def renews(later: Standing, earlier: Standing) -> bool:
        first = renewable_from(earlier, rule, window, zone)
        return first is not None and first <= local_date(later.completed_at, zone)

    day = local_date(claim.completed_at, zone)
    nearest = sorted(peers, key=lambda index: abs(peers[index].completed_at.astimezone(UTC) - claim.completed_at))
    for index in nearest:
        if local_date(peers[index].completed_at, zone) == day:
            return index
    before = next((index for index in nearest if local_date(peers[index].completed_at, zone) < day), None)
    after = next((index for index in nearest if local_date(peers[index].completed_at, zone) > day), None)
    if before is not None and not renews(claim, peers[before]):
        return before
    if after is None:
        return None
    arrived_first = before is None and not isinstance(rule, ExpiresAfter)
    return after if arrived_first or not renews(peers[after], claim) else None


def _cycle_key(rule: ExpiryRule, day: date) -> str | None:
    match rule:
        case NeverExpires():
            return f"{day.year:04}"
        case ExpiresOn():
            return cycle(rule, day)[0].isoformat()
        case ExpiresAfter():
            return None


def _expiry_date(rule: ExpiresOn, completed: date) -> date:
    last = cycle(rule, completed)[1]
    if rule.anchor_year is not None:
        return last
    return date_in(last.year + rule.every_years - 1, rule.month, rule.day)


def _shifted(day: date, lapse: Lapse, direction: Literal[1, -1]) -> date:
    if lapse.unit == "days":
        return day + timedelta(days=direction * lapse.count)
    year, month = divmod(day.year * 12 + day.month - 1 + direction * lapse.count * MONTHS[lapse.unit], 12)
    return date_in(year, month + 1, day.day)
