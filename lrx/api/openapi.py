"""The OpenAPI 3.1 document of the operations. Made of the same values as their endpoints, it cannot disagree."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from pydantic.json_schema import models_json_schema

from lrx import __version__
from lrx.api.idempotency import HEADER, InFlight, InvalidKey, KeyReused
from lrx.api.operation import Operation, operation_of
from lrx.api.pagination import InvalidCursor, Page, PageQuery
from lrx.errors import Forbidden, LrxError, Unauthenticated
from lrx.faults import InvalidContent
from lrx.json_reader import MalformedJson
from lrx.web.problems import (
    MEDIA_TYPE,
    TITLES,
    BodyTooLarge,
    Problem,
    Unexpected,
    UnknownPath,
    UnsupportedMediaType,
    status_of,
)
from lrx.web.reading import InvalidQuery, RepeatedParameter, UnknownParameter

__all__ = ["document"]

Json: TypeAlias = dict[str, Any]
Use: TypeAlias = tuple[type[Any], Literal["validation", "serialization"]]

REFERENCE = "#/components/schemas/{model}"
SECURITY = "apiKey"

IDEMPOTENCY_KEY: Mapping[str, Any] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Sent again with the same request, it gives the first answer again and has no second effect.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}


def document(functions: Iterable[Callable[..., Any]], *, server: str = "/api/v1") -> Json:
    """Return the document of these operations. `server` is the path they are mounted at."""
    operations = [operation_of(function) for function in functions]
    references, schemas = _schemas(operations)
    paths: dict[str, Json] = {}
    for declared in operations:
        paths.setdefault(declared.path, {})[declared.method.lower()] = _operation(declared, references, schemas)
    # The models of paths and queries have become parameters; as schemas nobody refers to them.
    for declared in operations:
        for name in ("path", "query"):
            if name in declared.inputs:
                schemas.pop(_name(references[declared.inputs[name], "validation"]), None)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "LRX",
            "version": __version__,
            "description": "Learning Record Exchange. Refusals are `application/problem+json`; their `code` is stable.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server}],
        "tags": [{"name": tag} for tag in dict.fromkeys(declared.tag for declared in operations)],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                SECURITY: {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, shown once when it is issued.",
                }
            },
            "headers": {
                "RequestId": {
                    "description": "The id of the request in logs and the audit log: the one sent, or a new one.",
                    "schema": {"type": "string"},
                }
            },
        },
    }


def errors_of(declared: Operation) -> tuple[type[LrxError], ...]:
    """Every error the operation can answer with: the domain's, and those of the door it comes through."""
    query, body = declared.inputs.get("query"), "body" in declared.inputs
    return tuple(
        dict.fromkeys(
            (
                *(UnknownParameter, RepeatedParameter, InvalidQuery),
                *((InvalidCursor,) if query is not None and issubclass(query, PageQuery) else ()),
                *((MalformedJson, BodyTooLarge, UnsupportedMediaType, InvalidContent) if body else ()),
                *((InvalidKey, InFlight, KeyReused) if declared.idempotent else ()),
                *((UnknownPath,) if "path" in declared.inputs else ()),
                *(Unauthenticated, Forbidden, *declared.errors, Unexpected),
            )
        )
    )


def _schemas(operations: Sequence[Operation]) -> tuple[dict[Use, Json], dict[str, Json]]:
    uses: list[Use] = [(Problem, "serialization")]
    for declared in operations:
        uses += [(model, "validation") for model in declared.inputs.values()]
        if declared.result is not None:
            uses.append((declared.result, "serialization"))
    references, definitions = models_json_schema(list(dict.fromkeys(uses)), ref_template=REFERENCE)
    return dict(references), definitions["$defs"]


def _operation(declared: Operation, references: Mapping[Use, Json], schemas: Mapping[str, Json]) -> Json:
    parameters = [
        parameter
        for place in ("path", "query")
        if place in declared.inputs
        for parameter in _parameters(place, schemas[_name(references[declared.inputs[place], "validation"])])
    ]
    if declared.idempotent:
        parameters.append(dict(IDEMPOTENCY_KEY))
    described: Json = {
        "operationId": declared.name,
        "summary": declared.summary,
        "tags": [declared.tag],
        "security": [{SECURITY: [declared.permission]}],
        "responses": {str(declared.status): _success(declared, references), **_refusals(declared, references)},
    }
    if declared.description:
        described["description"] = declared.description
    if parameters:
        described["parameters"] = parameters
    if "body" in declared.inputs:
        content: Json = {"schema": references[declared.inputs["body"], "validation"]}
        if declared.examples:
            content["examples"] = {name: {"value": value} for name, value in declared.examples.items()}
        described["requestBody"] = {"required": True, "content": {"application/json": content}}
    return described


def _parameters(place: str, schema: Json) -> list[Json]:
    required = schema.get("required", [])
    return [
        _parameter(place, name, dict(field), is_required=name in required)
        for name, field in schema.get("properties", {}).items()
    ]


def _parameter(place: str, name: str, schema: Json, *, is_required: bool) -> Json:
    # In an address a value is either there or not; null cannot be written.
    choices = [choice for choice in schema.pop("anyOf", []) if choice != {"type": "null"}]
    schema |= choices[0] if len(choices) == 1 else {"anyOf": choices} if choices else {}
    if schema.get("default", ...) is None:
        del schema["default"]
    parameter: Json = {"name": name, "in": place, "required": is_required, "schema": schema}
    description = schema.pop("description", None)
    return parameter | ({"description": description} if description else {})


def _success(declared: Operation, references: Mapping[Use, Json]) -> Json:
    response: Json = {"description": declared.summary, "headers": _headers()}
    if declared.result is None:
        return response
    response["content"] = {"application/json": {"schema": references[declared.result, "serialization"]}}
    if issubclass(declared.result, Page):
        response["headers"]["Link"] = {
            "description": 'The next page, as `rel="next"`; absent on the last.',
            "schema": {"type": "string"},
        }
    if declared.idempotent:
        response["headers"]["Idempotency-Replayed"] = {
            "description": "`true` where this is the answer kept from an earlier request.",
            "schema": {"type": "string", "const": "true"},
        }
    return response


def _refusals(declared: Operation, references: Mapping[Use, Json]) -> dict[str, Json]:
    by_status: dict[int, list[type[LrxError]]] = {}
    for kind in errors_of(declared):
        by_status.setdefault(status_of(kind), []).append(kind)
    return {
        str(status): {
            "description": "\n".join(
                [str(TITLES[status]), "", *(f"- `{kind.code}`: {_meaning(kind)}" for kind in kinds)]
            ),
            "headers": _headers(),
            "content": {MEDIA_TYPE: {"schema": references[Problem, "serialization"]}},
        }
        for status, kinds in sorted(by_status.items())
    }


def _headers() -> Json:
    return {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}


def _meaning(kind: type[LrxError]) -> str:
    return " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split())


def _name(reference: Json) -> str:
    return str(reference["$ref"]).rpartition("/")[2]
