from typing import Any

import pytest
from openapi_spec_validator import validate
from pydantic import BaseModel, ConfigDict
from sqlmodel import Session

from lrx.api.openapi import document
from lrx.api.operation import Call, operation
from tests.lrx.api.test_operation import NOTES


class Letter(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"words": "Dear"}]})
    words: str


@operation(
    "POST",
    "/letters",
    permission="learners:write",
    summary="Send",
    tag="letters",
    status=201,
    examples={"short": {"words": "Hi"}},
)
def send_letter(call: Call, session: Session, body: Letter) -> Letter:
    """Send a letter once."""
    return body


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return document([*NOTES, send_letter])


def test_the_document_is_valid(described: dict[str, Any]) -> None:
    validate(described)
    assert described["openapi"] == "3.1.0"
    assert described["servers"] == [{"url": "/api/v1"}]
    assert [tag["name"] for tag in described["tags"]] == ["notes", "letters"]


def test_an_operation_is_named_after_its_function(described: dict[str, Any]) -> None:
    shown = described["paths"]["/notes/{note_id}"]["get"]
    assert (shown["operationId"], shown["description"]) == ("get_note", "One note, by its id.")
    assert shown["security"] == [{"apiKey": ["learners:read"]}]
    identifier, tag = shown["parameters"]
    assert identifier == {
        "name": "note_id",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "format": "uuid", "title": "Note Id"},
    }
    assert (tag["name"], tag["in"]) == ("If-None-Match", "header")


def test_a_parameter_of_a_query_is_never_null(described: dict[str, Any]) -> None:
    parameters = {given["name"]: given for given in described["paths"]["/notes"]["get"]["parameters"]}
    assert list(parameters) == ["limit", "cursor", "colour", "written_at[gte]"]
    assert parameters["limit"]["schema"] | {"title": ""} == {
        "type": "integer",
        "minimum": 1,
        "maximum": 200,
        "default": 50,
        "title": "",
    }
    assert parameters["colour"]["schema"]["enum"] == ["red", "blue"]
    assert not any("anyOf" in given["schema"] or given["required"] for given in parameters.values())


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        ("/notes", "get", "200 400 401 403 429 500 503"),
        ("/notes", "post", "200 201 400 401 403 409 413 415 422 429 500 503 507"),
        ("/notes/{note_id}", "get", "200 304 400 401 403 404 429 500 503"),
        ("/notes/{note_id}", "delete", "204 400 401 403 404 409 429 500 503 507"),
        ("/letters", "post", "201 400 401 403 409 413 415 422 429 500 503 507"),
    ],
)
def test_every_status_that_can_happen_is_described(
    described: dict[str, Any], path: str, method: str, statuses: str
) -> None:
    responses = described["paths"][path][method]["responses"]
    assert list(responses) == statuses.split()
    refusals = [response for status, response in responses.items() if status >= "400"]
    assert all("application/problem+json" in refusal["content"] for refusal in refusals)


def test_a_refusal_lists_its_codes(described: dict[str, Any]) -> None:
    refusal = described["paths"]["/notes/{note_id}"]["get"]["responses"]["404"]["description"]
    assert "- `note_unknown`: There is no such note." in refusal
    assert "- `path_unknown`: " in refusal


def test_models_are_components_and_parameters_are_not(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    assert {"Note", "NotePublic", "Page_NotePublic_", "Problem", "ProblemFault", "Letter"} <= set(schemas)
    assert not {"NotePath", "NoteQuery"} & set(schemas)
    assert schemas["Letter"]["examples"] == [{"words": "Dear"}]


def test_an_idempotent_operation_takes_a_key_and_shows_its_examples(described: dict[str, Any]) -> None:
    shown = described["paths"]["/letters"]["post"]
    assert [given["name"] for given in shown["parameters"]] == ["Idempotency-Key"]
    assert shown["requestBody"]["content"]["application/json"]["examples"] == {"short": {"value": {"words": "Hi"}}}
    assert "Idempotency-Replayed" in shown["responses"]["201"]["headers"]
