"""The OpenAPI 3.1 document of the operations. Made of the same values as their endpoints, it cannot disagree."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pydantic.json_schema import models_json_schema

from lrx import __version__
from lrx.api.answers import HEADERS, Json, Use, refusals, successes
from lrx.api.idempotency import HEADER
from lrx.api.operation import Operation, operation_of
from lrx.api.preconditions import IF_MATCH, IF_NONE_MATCH
from lrx.web.problems import Outdated, Problem

__all__ = ["document"]

REFERENCE = "#/components/schemas/{model}"
SECURITY = "apiKey"

IDEMPOTENCY_KEY: Mapping[str, Any] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Sent again with the same request, it gives the first answer again and has no second effect.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}


TAGS_OR_ANY = r'^(\*|(W/)?"[^"]*"(\s*,\s*(W/)?"[^"]*")*)$'


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
            "description": (
                "Learning Record Exchange. Refusals are `application/problem+json`; their `code` is stable. A request "
                "may be refused before it is known what it asks for: 400 when it is not clear HTTP, 408 when it comes "
                "too slowly, 414 when its address is too long, and 431 when its headers are too large."
            ),
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
            "headers": {name: dict(header) for name, header in HEADERS.items()},
        },
    }


def _schemas(operations: Sequence[Operation]) -> tuple[dict[Use, Json], dict[str, Json]]:
    uses: list[Use] = [(Problem, "serialization"), (Outdated, "serialization")]
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
    if declared.guards:
        parameters.append(_tags(IF_MATCH, "The tag of what you saw. When it has changed since, nothing is done: 412."))
    if declared.shows_noun:
        parameters.append(_tags(IF_NONE_MATCH, "The tag of what you have. When it has not changed, 304."))
    described: Json = {
        "operationId": declared.name,
        "summary": declared.summary,
        "tags": [declared.tag],
        "security": [{SECURITY: [declared.permission]}],
        "responses": {**successes(declared, references), **refusals(declared, references)},
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
    if schema.get("type") == "array":  # one value with commas in it
        parameter |= {"style": "form", "explode": False}
    description = schema.pop("description", None)
    return parameter | ({"description": description} if description else {})


def _tags(name: str, description: str) -> Json:
    schema = {"type": "string", "pattern": TAGS_OR_ANY}
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}


def _name(reference: Json) -> str:
    return str(reference["$ref"]).rpartition("/")[2]
