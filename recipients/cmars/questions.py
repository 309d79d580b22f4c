"""What CMaRS asks, out of a query string, JSON or XML. All of it is understood before anything is answered."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Self

from lxml import etree
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from lrx.json_reader import read_json
from lrx.recipient import Question
from lrx.text import Text, text
from recipients.cmars.codes import BadRequest, TooManyQuestions
from recipients.cmars.negotiation import Format
from recipients.xml import read_xml, schema

__all__ = ["MOST_QUESTIONS", "NAMESPACE", "SCHEMA", "question_in_query", "questions_in_body", "refuse_query"]

MOST_QUESTIONS = 1000
"""How many people one batch may ask for."""

NAMESPACE = "urn:lrx:cmars:v1"
SCHEMA = Path(__file__).parent / "schema" / "learning_records_v1.xsd"
"""The contract in XML: what is asked and what is answered."""

_LONGEST_COURSE = 1000
_LONGEST_SHOWN = 60
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PARAMETERS = ("oci_id", "course", "completed_from", "completed_to")


def question_in_query(parameters: Iterable[tuple[str, str]]) -> Question:
    """Return the one question of a query string. Raises `BadRequest` naming the parameter that is wrong."""
    fields: dict[str, str] = {}
    for name, value in parameters:
        if name not in _PARAMETERS:
            raise BadRequest(
                text("{name} is not known here. Use {known}.", name=name[:_LONGEST_SHOWN], known=", ".join(_PARAMETERS))
            )
        if name in fields:
            raise BadRequest(text("{name} is given more than once. Give it once.", name=name))
        fields[name] = value
    if "oci_id" not in fields:
        raise BadRequest(text("{name} is missing. Add it.", name="oci_id"))
    identifier = fields.pop("oci_id")
    return _questions({"oci_ids": [identifier], **fields})[0]


def questions_in_body(body: bytes, body_format: Format) -> list[Question]:
    """Return the questions of a batch, in the order asked.

    Raises `MalformedJson` or `MalformedXml`, `BadRequest`, and `TooManyQuestions` beyond `MOST_QUESTIONS`.
    """
    return _questions(_fields_of_xml(body) if body_format == "xml" else read_json(body))


def refuse_query(names: Iterable[str]) -> None:
    """Raise `BadRequest` where the address of a batch has parameters: one overlooked would widen the answer."""
    for name in names:
        raise BadRequest(
            text("{name} does not belong in the address of a batch. Put it in the body.", name=name[:_LONGEST_SHOWN])
        )


def _day(value: object) -> object:
    """Return the date; left to itself, pydantic would also take seconds since 1970 and a time of day."""
    if value is None:
        return None
    try:
        return date.fromisoformat(value if isinstance(value, str) and _DAY.fullmatch(value) else "")
    except ValueError:
        raise PydanticCustomError("day", "not a date") from None


_Day = Annotated[date | None, BeforeValidator(_day)]


class _Questions(BaseModel):
    model_config = ConfigDict(extra="forbid")

    oci_ids: Annotated[list[str], Field(min_length=1, max_length=MOST_QUESTIONS)]
    # No database keeps NUL in a text, and no course is called so.
    course: Annotated[str, Field(min_length=1, max_length=_LONGEST_COURSE, pattern=r"^[^\x00]*$")] | None = None
    completed_from: _Day = None
    completed_to: _Day = None

    @model_validator(mode="after")
    def _from_comes_before_to(self) -> Self:
        if self.completed_from and self.completed_to and self.completed_from > self.completed_to:
            raise PydanticCustomError("order", "completed_from is after completed_to")
        return self


_SENTENCES: Mapping[str, Text] = MappingProxyType(
    {
        "missing": text("{name} is missing. Add it."),
        "extra_forbidden": text("{name} is not known here. Use {known}."),
        "model_type": text("The body must be a JSON object. Send one that has {known}."),
        "list_type": text("{name} must be a list of strings. Write it in square brackets."),
        "too_short": text("There is no OCI ID in the batch. Send at least one."),
        "string_type": text("{name} must be a string. Write it in quotation marks."),
        "string_too_short": text("{name} is empty. Give a value, or leave it out."),
        "string_too_long": text("{name} is longer than {most} characters. Shorten it.", most=_LONGEST_COURSE),
        "string_pattern_mismatch": text("{name} holds the character NUL. Remove it."),
        "day": text("{name} is not a date. Write it like 2026-01-31."),
        "order": text("completed_from is after completed_to. Exchange them."),
    }
)
"""What to say for each way in which the fields can be wrong."""


def _questions(fields: object) -> list[Question]:
    try:
        asked = _Questions.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "too_long":
            raise TooManyQuestions(
                text("A batch holds at most {most} OCI IDs. Send them in several batches.", most=MOST_QUESTIONS)
            ) from error
        raise BadRequest(_sentence(first)) from error
    return [
        Question(identifier, asked.course, asked.completed_from, asked.completed_to) for identifier in asked.oci_ids
    ]


def _sentence(error: ErrorDetails) -> Text:
    template = _SENTENCES[error["type"]]
    name = "/".join(str(step) for step in error["loc"])[:_LONGEST_SHOWN]
    return replace(template, values={"name": name, "known": ", ".join(_Questions.model_fields), **template.values})


def _fields_of_xml(body: bytes) -> dict[str, object]:
    root = read_xml(body)
    if root.tag != f"{{{NAMESPACE}}}questions":
        raise BadRequest(
            text(
                "The root of the XML must be {name} in the namespace {namespace}.",
                name="questions",
                namespace=NAMESPACE,
            )
        )
    try:
        _schema().assertValid(root)
    except etree.DocumentInvalid as error:
        raise BadRequest(text("The XML does not follow the schema: {reason} Correct it.", reason=str(error))) from error
    fields: dict[str, object] = {etree.QName(field).localname: field.text or "" for field in root}
    return {**fields, "oci_ids": [oci_id.text or "" for oci_id in root[0]]}


@cache
def _schema() -> etree.XMLSchema:
    return schema(SCHEMA)
