"""Instants as people and programs write them: a date first. A bare number, which could count seconds or milliseconds
since anything, is none."""

import re
from datetime import datetime
from typing import Annotated, TypeAlias

from pydantic import AwareDatetime, BeforeValidator, TypeAdapter, ValidationError
from pydantic_core import PydanticKnownError

__all__ = ["WrittenAwareInstant", "WrittenInstant"]

_DATE_FIRST = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
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


WrittenInstant: TypeAlias = Annotated[datetime, BeforeValidator(_read)]
"""A date and a time, with a zone or without."""

WrittenAwareInstant: TypeAlias = Annotated[AwareDatetime, BeforeValidator(_read)]
"""A date and a time with a zone."""
