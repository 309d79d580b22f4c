"""Shapes that several nouns share."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints

from lrx.clock import written_in_utc
from lrx.people.learner_fields import Line, Reason
from lrx.text import text
from lrx.written_instant import WrittenAwareInstant

__all__ = [
    "LEARNERS",
    "RECORDS",
    "Advice",
    "ByUsername",
    "CoursePath",
    "In",
    "Instant",
    "LearnerPath",
    "Line",
    "Moment",
    "Out",
    "Reason",
    "Words",
]

LEARNERS = "learners"
"""The tag of everything about people."""

RECORDS = "learning records"
"""The tag of completions and records."""

Instant = Annotated[datetime, PlainSerializer(written_in_utc, return_type=str, when_used="json")]
"""An instant in UTC, written with Z."""


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text("This time is outside the calendar in UTC. Give one in the years 2 to 9998.")) from error


Moment = Annotated[WrittenAwareInstant, AfterValidator(_in_utc)]
"""An instant as callers give it, with its time zone."""

Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000, pattern=r"^[^\x00-\x1f\x7f]*$")
]
"""A longer line of text."""


class In(BaseModel):
    """What callers send: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, frozen=True)


class Out(BaseModel):
    """What callers get."""

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)


class Advice(Out):
    """Something worth knowing about what was read or set; nothing was refused."""

    code: str
    detail: str


class CoursePath(In):
    """Which course."""

    course_id: UUID = Field()


class ByUsername(In):
    """Which user name, percent-encoded."""

    username: str = Field(max_length=100)


class LearnerPath(In):
    """Which learner."""

    learner_id: UUID
