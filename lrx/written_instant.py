"""Instants and days as people and programs write them: a date first. A bare number, which could count seconds or
milliseconds since anything, is none."""

import re
from datetime import date, datetime
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, TypeAdapter, ValidationError
from pydantic_core import PydanticKnownError

__all__ = ["SearchedDay", "WrittenAwareInstant", "WrittenDay", "WrittenInstant"]

_DATE_FIRST = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""What a time may follow."""
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 12, 31)
_ANY: TypeAdapter[datetime] = TypeAdapter(datetime)


def _read(value: object) -> datetime:
    """Return the instant that is written. Left to itself, pydantic takes "0" for the year 1970, even where strict."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise PydanticKnownError("datetime_type")
    if not _DATE_FIRST.match(value):
        raise PydanticKnownError("datetime_parsing", {"error": "it does not begin with a date"})
    try:
        return _ANY.validate_python(value)
    except ValidationError as error:
        raise PydanticKnownError("datetime_parsing", {"error": "it is no date with a time"}) from error


def _read_day(value: object) -> date:
    """Return the day that is written. Left to itself, pydantic takes "0" for a day of 1970 here too."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise PydanticKnownError("date_type")
    try:
        if _DATE_FIRST.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError as error:
        raise PydanticKnownError("date_parsing", {"error": "there is no such day"}) from error
    raise PydanticKnownError("date_parsing", {"error": "it is no date alone"})


def _within_centuries(day: date) -> date:
    """Refuse what no record has; as a limit of the field its refusal would show how Python writes a date."""
    if day < EARLIEST:
        raise PydanticKnownError("greater_than_equal", {"ge": EARLIEST.isoformat()})
    if day > LATEST:
        raise PydanticKnownError("less_than_equal", {"le": LATEST.isoformat()})
    return day


WrittenDay: TypeAlias = Annotated[date, BeforeValidator(_read_day)]
"""A date alone."""

SearchedDay: TypeAlias = Annotated[WrittenDay, AfterValidator(_within_centuries)]
"""A date alone, of the years 1900 to 2200."""

WrittenInstant: TypeAlias = Annotated[datetime, BeforeValidator(_read)]
"""A date and a time, with a zone or without."""

WrittenAwareInstant: TypeAlias = Annotated[AwareDatetime, BeforeValidator(_read)]
"""A date and a time with a zone."""
