"""Days as people write them, in English, French and figures. What may be two days is kept as both."""

import re
from collections.abc import Iterator
from datetime import date
from functools import cache

from lrx.diagnosis.ticket.pasted import Pasted
from lrx.diagnosis.ticket.values import Found
from lrx.diagnosis.ticket.vocabulary import months

__all__ = ["days"]

YEAR = r"(?:19|20)[0-9]{2}"
ISO = re.compile(rf"(?<![\w-])({YEAR})([-/.])([0-9]{{1,2}})\2([0-9]{{1,2}})(?![0-9])(?![-/][0-9])")
FIGURES = re.compile(
    rf"(?<![\w/.-])([0-9]{{1,2}})(?:([/.-])([0-9]{{1,2}})\2({YEAR})|/([0-9]{{1,2}})/([0-9]{{2}}))(?![\w/]|[.-][0-9])"
)
LEAP = 2000
"""A day without a year may be 29 February."""


def days(text: Pasted) -> Iterator[Found]:
    """Find the days that are named."""
    for match in ISO.finditer(text.folded):
        if day := _day(int(match[1]), int(match[3]), int(match[4])):
            yield text.found("day", *match.span(), day.isoformat())
    for pattern in _named():
        for match in pattern.finditer(text.folded):
            if (normal := _normal(match)) and text.is_free(*match.span()):
                yield text.found("day", *match.span(), normal)
    for match in FIGURES.finditer(text.folded):
        # Who writes the day first and who the month is not in the text.
        first, second, year = _figures(match)
        either = {_day(year, second, first), _day(year, first, second)} - {None}
        if either and text.is_free(*match.span()):
            normal = " ".join(sorted(day.isoformat() for day in either if day))
            yield text.found("ambiguous_day", *match.span(), normal)


@cache
def _named() -> tuple[re.Pattern[str], ...]:
    month = "|".join(sorted(months(), key=lambda name: (-len(name), name)))
    day_first = (
        rf"(?<![\w.,:/-])(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th|er|e)?[ -](?:of |de )?(?P<month>{month})(?![^\W_])\.?"
        rf"(?:[ ,-]{{1,2}}(?P<year>{YEAR})(?!\w))?"
    )
    month_first = (
        rf"(?<![\w-])(?P<month>{month})\.?[ -](?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?(?![\w/:%])(?![.,][0-9])"
        rf"(?:[ ,]{{1,2}}(?P<year>{YEAR})(?!\w))?"
    )
    return re.compile(day_first), re.compile(month_first)


def _normal(match: "re.Match[str]") -> str | None:
    month, number = months()[match["month"]], int(match["day"])
    if match["year"]:
        day = _day(int(match["year"]), month, number)
        return day.isoformat() if day else None
    return f"--{month:02}-{number:02}" if _day(LEAP, month, number) else None


def _figures(match: "re.Match[str]") -> tuple[int, int, int]:
    if match[4]:
        return int(match[1]), int(match[3]), int(match[4])
    return int(match[1]), int(match[5]), 2000 + int(match[6])


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
