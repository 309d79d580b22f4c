"""The OpenAPI document is valid, says something of every operation, and its examples could be sent as they stand."""

import json

import pytest
from openapi_spec_validator import validate

from lrx.api.openapi import document
from lrx.api.operation import Operation, operation_of
from lrx.api.routes import OPERATIONS
from lrx.web.reading import read_content

DECLARED = [operation_of(function) for function in OPERATIONS]
WITH_BODY = [declared for declared in DECLARED if "body" in declared.inputs]


def named(declared: Operation) -> str:
    return declared.name


def test_the_document_is_valid() -> None:
    validate(document(OPERATIONS))


def test_every_operation_has_a_name_of_its_own() -> None:
    assert len({declared.name for declared in DECLARED}) == len(DECLARED)


@pytest.mark.parametrize("declared", DECLARED, ids=named)
def test_every_operation_says_what_it_does(declared: Operation) -> None:
    described = document(OPERATIONS)["paths"][declared.path][declared.method.lower()]
    assert described["summary"]
    assert not described["summary"].endswith(".")
    assert described["description"].endswith(".")
    assert described["tags"]


@pytest.mark.parametrize("declared", WITH_BODY, ids=named)
def test_every_operation_with_a_body_shows_one(declared: Operation) -> None:
    assert declared.examples


@pytest.mark.parametrize("declared", WITH_BODY, ids=named)
def test_every_example_is_taken_as_it_stands(declared: Operation) -> None:
    for example in declared.examples.values():
        read_content(declared.inputs["body"], json.dumps(example).encode())


def test_every_reference_of_the_document_leads_somewhere() -> None:
    words = json.dumps(document(OPERATIONS))
    schemas = document(OPERATIONS)["components"]["schemas"]
    referred = {part.split('"')[0] for part in words.split("#/components/schemas/")[1:]}
    assert referred == set(schemas)
