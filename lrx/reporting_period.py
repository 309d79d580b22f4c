"""The span of days in which a completion counts for a recipient, such as the year of a reappointment.

It belongs to the course as released to the recipient. Dates are days in the site's zone, so that a completion late
on 31 December counts for the year that ends.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lrx.clock import date_in, local_date
from lrx.text import text
from lrx.validity import ExpiresOn, ExpiryRule, cycle, require_day

__all__ = ["ReportingPeriod", "Span", "current", "local_date"]


class ReportingPeriod(BaseModel):
    """Periods of `length_months` that begin on a day of the calendar, and how long each still counts after its end.

    `anchor_year` is a year in which a period begins; from it they follow one another. Without it a period of a year
    or more ends every year and reaches back its length, and shorter ones follow one another from the start day:
    they have to fit a year (1, 2, 3, 4 or 6 months). Where a month has no such day, its last day stands in.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    start_month: int = Field(ge=1, le=12)
    start_day: int = Field(ge=1, le=31)
    length_months: int = Field(default=12, ge=1, le=120)
    grace_days: int = Field(default=0, ge=0, le=366)
    anchor_year: int | None = Field(default=None, ge=1900, le=2200)

    @model_validator(mode="after")
    def _begins_on_known_days(self) -> Self:
        require_day(self.start_month, self.start_day)
        if self.anchor_year is None and self.length_months < 12 and 12 % self.length_months:
            raise ValueError(
                text(
                    "A period of {months} months does not fit a year. Name a year in which a period begins.",
                    months=self.length_months,
                )
            )
        return self


@dataclass(frozen=True, slots=True)
class Span:
    """Days from the first to the last, both included."""

    first: date
    last: date

    def contains(self, day: date) -> bool:
        return self.first <= day <= self.last


def current(period: ReportingPeriod | None, rule: ExpiryRule, today: date) -> Span:
    """Return the span in which completions count today.

    It is the recipient's reporting period where one is set, else the cycle of a course whose records expire on a
    date, else the calendar year. During the grace days the span reaches back to the first day of the period that
    ended.
    """
    if period is not None:
        graced, present = (_period_on(period, day) for day in (today - timedelta(days=period.grace_days), today))
        return Span(graced.first, present.last)
    if isinstance(rule, ExpiresOn):
        return Span(*cycle(rule, today))
    return Span(date(today.year, 1, 1), date(today.year, 12, 31))


def _period_on(period: ReportingPeriod, day: date) -> Span:
    step = period.length_months if period.anchor_year is not None else min(period.length_months, 12)
    origin = (period.anchor_year or day.year) * 12 + period.start_month - 1

    def begins(months: int) -> date:
        year, month = divmod(months, 12)
        return date_in(year, month + 1, period.start_day)

    start = origin + (day.year * 12 + day.month - 1 - origin) // step * step
    following = start if begins(start) > day else start + step
    return Span(begins(following - period.length_months), begins(following) - timedelta(days=1))
