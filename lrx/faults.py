"""What a model found wrong, as faults with plain sentences. The table goes by the names pydantic gives."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from pydantic_core import ErrorDetails, ValidationError

from lrx.errors import Fault, Invalid
from lrx.json_reader import JsonValue
from lrx.text import Text, text

__all__ = ["InvalidContent", "faults_of", "require_few_fields", "summary"]


class InvalidContent(Invalid):
    """The body is JSON and not of the shape this operation takes; each fault says where."""

    code = "content_invalid"


MOST_FIELDS = 200
MOST = 50
"""Faults told of one thing: a refusal is not to be larger than what is refused."""
LONGEST_STEP = 100
"""Characters of a name in a pointer."""


class Kind(NamedTuple):
    """Our code and sentence for a kind of error, and what would be right where one answer fits all."""

    code: str
    sentence: Text
    hint: str | None = None


REQUIRED = Kind("required", text("It is missing. Give a value."))
UNKNOWN = Kind("unknown", text("There is no such field. Check its spelling, or leave it out."))
NOT_TEXT = Kind("not_text", text("Give text, in quotation marks."))
NOT_WHOLE = Kind("not_whole_number", text("Give a whole number."))
NOT_NUMBER = Kind("not_number", text("Give a number."))
NOT_BOOLEAN = Kind("not_boolean", text("Give true or false."))
NOT_UUID = Kind("not_uuid", text("Give a UUID."), "0198c7a2-5d3e-7000-8000-000000000000")
NOT_DATE = Kind("not_date", text("Give a date: year, month and day."), "2026-04-01")
NOT_INSTANT = Kind("not_date_time", text("Give a date and a time with its zone."), "2026-04-01T14:30:00Z")
NOT_A_CHOICE = Kind("not_a_choice", text("Give one of: {choices}."))
NOT_OBJECT = Kind("not_object", text("Give an object, in braces."))
NOT_LIST = Kind("not_list", text("Give a list, in brackets."))

KINDS: Mapping[str, Kind] = {
    "missing": REQUIRED,
    "extra_forbidden": UNKNOWN,
    "string_type": NOT_TEXT,
    "int_type": NOT_WHOLE,
    "int_parsing": NOT_WHOLE,
    "int_from_float": NOT_WHOLE,
    "float_type": NOT_NUMBER,
    "float_parsing": NOT_NUMBER,
    "decimal_type": NOT_NUMBER,
    "decimal_parsing": NOT_NUMBER,
    "bool_type": NOT_BOOLEAN,
    "bool_parsing": NOT_BOOLEAN,
    "uuid_type": NOT_UUID,
    "uuid_parsing": NOT_UUID,
    "date_type": NOT_DATE,
    "date_parsing": NOT_DATE,
    "date_from_datetime_parsing": NOT_DATE,
    "date_from_datetime_inexact": NOT_DATE,
    "datetime_type": NOT_INSTANT,
    "datetime_parsing": NOT_INSTANT,
    "datetime_from_date_parsing": NOT_INSTANT,
    "timezone_aware": NOT_INSTANT,
    "enum": NOT_A_CHOICE,
    "literal_error": NOT_A_CHOICE,
    "union_tag_invalid": NOT_A_CHOICE,
    "union_tag_not_found": Kind("required", text("The field {discriminator} is missing. It says which kind this is.")),
    "model_type": NOT_OBJECT,
    "model_attributes_type": NOT_OBJECT,
    "dict_type": NOT_OBJECT,
    "list_type": NOT_LIST,
    "greater_than": Kind("too_small", text("Give more than {gt}.")),
    "greater_than_equal": Kind("too_small", text("Give {ge} or more.")),
    "less_than": Kind("too_large", text("Give less than {lt}.")),
    "less_than_equal": Kind("too_large", text("Give {le} or less.")),
    "string_too_short": Kind("too_short", text("Too short: the fewest characters are {min_length}.")),
    "string_too_long": Kind("too_long", text("Too long: the most characters are {max_length}.")),
    "too_short": Kind("too_short", text("Too few: give {min_length} or more.")),
    "too_long": Kind("too_long", text("Too many: give {max_length} or fewer.")),
    "string_pattern_mismatch": Kind("pattern", text("It is not written as expected here.")),
}


def faults_of(error: ValidationError, value: JsonValue) -> tuple[Fault, ...]:
    """Return the faults of `value`, the first 50, each with the JSON pointer of what is there, or of what is missing
    there.

    A validator that raises `ValueError(text("…"))` has that sentence said, under the code `value_invalid`.
    """
    found = error.errors(include_url=False, include_input=False)
    return tuple(_fault(one, value) for one in found[:MOST])


def require_few_fields(value: JsonValue) -> None:
    """Raise `InvalidContent` for an object with more fields than anything here has: telling of each would cost more
    than what was sent."""
    if isinstance(value, dict) and len(value) > MOST_FIELDS:
        detail = text("An object here has {most} fields at most. Check what was sent.", most=MOST_FIELDS)
        raise InvalidContent(detail, faults=(Fault("", "too_many_fields", detail),))


def summary(faults: tuple[Fault, ...]) -> Text:
    """Say all of it in a sentence: where the first fault is and how many there are."""
    first = faults[0]
    where, sentence = first.pointer or "/", first.detail
    if len(faults) == 1:
        return text("At {where}: {sentence}", where=where, sentence=sentence)
    told = {"count": len(faults), "where": where, "sentence": sentence}
    if len(faults) < MOST:
        return text("{count} things are wrong. The first is at {where}: {sentence}", **told)
    return text("At least {count} things are wrong. The first is at {where}: {sentence}", **told)


def _fault(found: ErrorDetails, value: JsonValue) -> Fault:
    context: dict[str, Any] = found.get("ctx", {})
    pointer = _pointer(found["loc"], value, names_absent=found["type"] == "missing")
    kind = KINDS.get(found["type"])
    if kind is None:
        return Fault(pointer, "value_invalid", _said_by_validator(context, found["msg"]))
    choices = str(context.get("expected_tags") or context.get("expected", "")).replace(" or ", ", ").replace("'", "")
    sentence = replace(kind.sentence, values={**context, "choices": choices}) if context else kind.sentence
    return Fault(pointer, kind.code, sentence, choices or context.get("pattern") or kind.hint)


def _said_by_validator(context: Mapping[str, Any], message: str) -> Text:
    arguments = getattr(context.get("error"), "args", ())
    if arguments and isinstance(arguments[0], Text):
        return arguments[0]
    return text("It cannot be taken: {reason}.", reason=str(arguments[0]) if arguments else message)


def _pointer(location: Iterable[int | str], value: JsonValue, *, names_absent: bool) -> str:
    """Follow the location in the value itself: pydantic also names the branches of its unions, which are not there."""
    steps = list(location)
    kept: list[int | str] = []
    for step in steps:
        match value, step:
            case dict(), str() if step in value:
                value = value[step]
            case list(), int() if step < len(value):
                value = value[step]
            case _:
                continue
        kept.append(step)
    if names_absent:
        kept.append(steps[-1])
    return "".join(f"/{str(step)[:LONGEST_STEP].replace('~', '~0').replace('/', '~1')}" for step in kept)
