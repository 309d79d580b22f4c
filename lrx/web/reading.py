"""Requests read into models: the path, the query and the body, each refused in its own way."""

import re
from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping
from typing import Self, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict
from pydantic_core import ValidationError, to_json
from starlette.requests import Request

from lrx.errors import Fault
from lrx.faults import InvalidContent, faults_of, require_few_fields, summary
from lrx.json_reader import JsonValue, read_json
from lrx.text import Text, text
from lrx.web.problems import BadRequest, UnknownPath, UnsupportedMediaType

__all__ = [
    "Apart",
    "InvalidQuery",
    "NoQuery",
    "RepeatedParameter",
    "UnknownParameter",
    "read_body",
    "read_path",
    "read_query",
]

Model = TypeVar("Model", bound=BaseModel)

CHARSET = re.compile(r'(?:^|;)\s*charset\s*=\s*"?([^";\s]*)', re.IGNORECASE)
UTF_8 = ("utf-8", "utf8", "us-ascii")
NOT_COMPRESSED = ("identity", "")
MOST_PARAMETERS = 100
MOST_EXACT = 2**53
"""Up to here a number with a fraction of zero is the same whole number for everybody who reads JSON."""


class UnknownParameter(BadRequest):
    """The query has a parameter that means nothing here. Ignoring it would answer another question than was asked."""

    code = "query_unknown"


class RepeatedParameter(BadRequest):
    """A parameter of the query was given more than once."""

    code = "query_repeated"


class InvalidQuery(BadRequest):
    """The query cannot be read, or a value in it is wrong."""

    code = "query_invalid"


class NoQuery(BaseModel):
    """The query of an operation that takes none."""

    model_config = ConfigDict(extra="forbid")


def read_path(model: type[Model], parameters: Mapping[str, str]) -> Model:
    """Return the parameters of the path. What cannot name anything is not there: raises `UnknownPath`."""
    try:
        return model.model_validate({name: _without_nul(value) for name, value in parameters.items()})
    except ValueError as error:
        raise UnknownPath(text("Nothing has this address. Check the identifier in it.")) from error


def read_query(model: type[Model], query: bytes) -> Model:
    """Return the parameters of the query, one value each.

    Raises `UnknownParameter`, `RepeatedParameter` or `InvalidQuery`, with a fault at `/query/<name>` for each of them.
    """
    try:
        pairs = parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_PARAMETERS,
        )
        values = {name: _without_nul(value) for name, value in pairs}
    except ValueError as error:
        raise InvalidQuery(text("The query cannot be read. Send it as UTF-8, percent-encoded.")) from error
    known = [field.alias or name for name, field in model.model_fields.items()]
    if unknown := [name for name in values if name not in known]:
        raise _refused(
            UnknownParameter,
            unknown,
            text("There is no parameter {name} here. Check its spelling.", name=unknown[0][:100]),
            hint=", ".join(known) or None,
        )
    if repeated := [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]:
        raise _refused(
            RepeatedParameter, repeated, text("The parameter {name} is given twice. Keep one.", name=repeated[0])
        )
    try:
        return model.model_validate(values)
    except ValidationError as error:
        found = faults_of(error, dict(values))
        faults = tuple(Fault(f"/query{fault.pointer}", fault.code, fault.detail, fault.hint) for fault in found)
        raise InvalidQuery(summary(faults), faults=faults) from error


async def read_body(request: Request) -> bytes:
    """Return the body of a request that declares JSON, in UTF-8 (RFC 8259, 8.1) and not compressed.

    Raises `UnsupportedMediaType` before anything is read.
    """
    declared = request.headers.get("content-type", "")
    media_type, _, parameters = declared.partition(";")
    if media_type.strip().lower() != "application/json":
        raise UnsupportedMediaType(text("Send JSON, with the header Content-Type: application/json."))
    if (charset := CHARSET.search(parameters)) and charset[1].lower() not in UTF_8:
        raise UnsupportedMediaType(text("Send UTF-8: JSON has no other encoding. Leave charset out of Content-Type."))
    if request.headers.get("content-encoding", "identity").strip().lower() not in NOT_COMPRESSED:
        raise UnsupportedMediaType(text("Send the body uncompressed, without the header Content-Encoding."))
    return await request.body()


class Apart(BaseModel):
    """A body of items that are read one by one, so that an unreadable one takes no other with it."""

    @classmethod
    @abstractmethod
    def apart(cls, body: bytes) -> "Self | None":
        """Return the body with the bytes of each item in it; None when it has not that shape, and is then read as a
        whole, which tells what is wrong."""


def read_content(model: type[Model], body: bytes) -> Model:
    """Return what the body holds. Types are those of JSON: "1" is not a number here, and 3.0 is the whole number 3.

    Raises `MalformedJson` for what is not JSON and `InvalidContent` for JSON of another shape.
    """
    if issubclass(model, Apart) and (found := model.apart(body)) is not None:
        return found
    value = read_json(body)
    require_few_fields(value)
    try:
        return model.model_validate_json(to_json(_whole(value)), strict=True)
    except ValidationError as error:
        faults = faults_of(error, value)
        raise InvalidContent(summary(faults), faults=faults) from error


def _without_nul(value: str) -> str:
    if "\0" in value:
        raise ValueError("NUL is kept nowhere")
    return value


def _whole(value: JsonValue) -> JsonValue:
    match value:
        case dict():
            return {name: _whole(member) for name, member in value.items()}
        case list():
            return [_whole(element) for element in value]
        case float() if value.is_integer() and abs(value) <= MOST_EXACT:
            return int(value)
        case _:
            return value


def _refused(
    kind: type[UnknownParameter] | type[RepeatedParameter], names: list[str], detail: Text, hint: str | None = None
) -> BadRequest:
    faults = tuple(Fault(f"/query/{name[:100]}", kind.code, detail, hint) for name in names)
    return kind(detail, faults=faults)
