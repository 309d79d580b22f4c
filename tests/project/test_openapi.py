"""The OpenAPI document is valid, says something of every operation, and its examples do what they show: each is sent to
a running product, and every answer is one that the document describes."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from sqlmodel import Session, select

from lrx.api.openapi import document
from lrx.api.operation import Operation, operation_of
from lrx.api.routes import OPERATIONS
from lrx.models import Credential, SetAsideStatement
from lrx.web.reading import read_content
from tests.house import House

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


EARLY = (
    "create_profile_field",
    "change_recipient",
    "create_learner",
    "create_course",
    "create_activity",
    "add_course_recipient",
    "map_identity",
    "record_completions",
    "issue_credential",
)
"""What makes the things that other examples are about. The rest follows in the order of the document, what ends
something last."""
LATE = ("remove_course_recipient", "unmap_identity", "revoke_credential", "cancel_job")
KEPT = {
    "create_learner": "learner_id",
    "create_course": "course_id",
    "create_activity": "activity_id",
    "map_identity": "identity_id",
    "issue_credential": "credential_id",
    "make_diagnosis": "diagnosis_id",
    "make_sweep": "sweep_id",
}
STATEMENT = {
    "actor": {"account": {"homePage": "https://lms.example.org", "name": "7"}},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
    "object": {"id": "https://lms.example.org/course/view.php?id=9"},
}


class Described:
    """The document, and whether answers are as it says."""

    def __init__(self) -> None:
        self.document = document(OPERATIONS)

    def check(self, declared: Operation, answer: httpx.Response) -> None:
        """The status is described, and the body, its type and the headers are as described for it."""
        responses = self.document["paths"][declared.path][declared.method.lower()]["responses"]
        is_file = answer.is_success and declared.media_type is not None
        told = f"{declared.method} {declared.path}: {answer.status_code} {'a file' if is_file else answer.text}"
        response = responses.get(str(answer.status_code))
        assert response is not None, told
        for name, header in response["headers"].items():
            if name in ("Link", "Idempotency-Replayed") or (name == "Retry-After" and answer.status_code != 429):
                continue
            assert name in answer.headers, f"{name} is not in the answer of {told}"
            schema = self.document["components"]["headers"][header["$ref"].rpartition("/")[2]]["schema"]
            assert schema["type"] != "integer" or answer.headers[name].isdecimal()
        if not answer.content:
            assert "content" not in response, told
            return
        ((media_type, content),) = response["content"].items()
        assert answer.headers["Content-Type"] == media_type
        if is_file:
            return
        validator = Draft202012Validator({**content["schema"], "components": self.document["components"]})
        assert not [error.message for error in validator.iter_errors(answer.json())], told


class Examples:
    """A new site, and what its examples have made so far."""

    def __init__(self, house: House, api: httpx.AsyncClient) -> None:
        self.house, self.api, self.described = house, api, Described()
        self.values: dict[str, Any] = {"recipient": "cmars", "username": "aokafor", "shortname": "WHMIS-2026"}

    async def send(self, declared: Operation, body: object = None) -> httpx.Response:
        """Send it, check its answer, and keep the id of what it made."""
        path = declared.path.format(**self.values)
        headers = {"Idempotency-Key": str(uuid4())} if declared.idempotent else {}
        content = {"json": body} if body is not None else {}
        answer = await self.api.request(declared.method, f"/api/v1{path}", headers=headers, **content)
        self.described.check(declared, answer)
        if answer.is_success and declared.name in KEPT:
            self.values.setdefault(KEPT[declared.name], answer.json()["id"])
        if answer.is_success and declared.idempotent:
            again = await self.api.request(declared.method, f"/api/v1{path}", headers=headers, **content)
            assert (again.status_code, again.content) == (answer.status_code, answer.content), declared.name
        return answer

    async def find_the_others(self) -> None:
        """What no example makes: an amendment, an inquiry, statements set aside and parked, and their ids."""
        claim = {
            "learner": {"username": "aokafor"},
            "course": {"shortname": "WHMIS-2026"},
            "completed_at": "2026-11-19T09:12:00-05:00",
        }
        amended = (await self.api.post("/api/v1/learning-records", json=claim)).json()["data"][0]
        await self.house.exchange.database.write(self._set_aside)
        self.values |= {"record_id": amended["learning_record_id"], "amendment_id": amended["amendment_id"]}
        self.values |= {"delivery_id": await self._first("/deliveries"), "seq": await self._first("/audit", "seq")}
        self.values |= {"set_aside_id": await self._first("/statements/set-aside"), "oci_id": "CA-ON-CPSO-12345"}

    def _set_aside(self, session: Session) -> None:
        credential = session.exec(select(Credential).where(Credential.id == UUID(self.values["credential_id"]))).one()
        act = self.house.act(session, "fresh")
        row = SetAsideStatement(
            id=act.new_id(),
            site_id=credential.site_id,
            credential_id=credential.id,
            body=json.dumps(STATEMENT).encode(),
            body_hash="0" * 64,
            reason="test",
            received_at=act.at,
            last_received_at=act.at,
        )
        session.add(row)

    async def _first(self, path: str, name: str = "id") -> Any:
        return (await self.api.get(f"/api/v1{path}")).json()["data"][0][name]


@pytest.mark.anyio
@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_every_example_does_what_it_shows_and_every_answer_is_described(house: House) -> None:
    issued = await house.exchange.database.write(lambda session: house._issue(session, "fresh"))
    by_name: Mapping[str, Operation] = {declared.name: declared for declared in DECLARED}
    async with house._client({"Authorization": f"Bearer {issued['api'].key}"}) as api:
        examples = Examples(house, api)
        for name in EARLY:
            for body in by_name[name].examples.values():
                answer = await examples.send(by_name[name], body)
                assert answer.is_success, f"{name}: {answer.text}"
        await examples.find_the_others()
        for declared in DECLARED:
            if declared.name in (*EARLY, *LATE) or declared.method == "GET":
                continue
            for body in declared.examples.values():
                answer = await examples.send(declared, body)
                assert answer.is_success, f"{declared.name}: {answer.text}"
        examples.values["job_id"] = await _job(examples)
        for declared in DECLARED:
            if declared.method == "GET" and not set(_names(declared)) - set(examples.values):
                answer = await examples.send(declared)
                assert answer.is_success, f"{declared.name}: {answer.text}"
        for name in LATE:
            answer = await examples.send(by_name[name])
            assert answer.is_success or name == "cancel_job", f"{name}: {answer.text}"


@pytest.mark.anyio
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("declared", DECLARED, ids=named)
async def test_every_refusal_is_described(house: House, declared: Operation) -> None:
    described = Described()
    nobody = dict.fromkeys(_names(declared), "0198c7a2-5d3e-7000-8000-000000000001")
    path = f"/api/v1{declared.path.format(**nobody)}"
    refused = [
        await house.http.request(declared.method, path),
        await house.site.api.request(declared.method, path, params={"unknown": "1"}),
        await house.site.api.request(declared.method, path, content=b"{"),
        await house.site.api.request(declared.method, path, content=b"{", headers={"Content-Type": "application/json"}),
        await house.site.api.request(declared.method, path, json=[0] * 1001),
        await house.site.api.request(declared.method, path, headers={"If-Match": "x", "If-None-Match": "x"}),
    ]
    for answer in refused:
        described.check(declared, answer)


async def _job(examples: Examples) -> str:
    many = {"learners": [{"username": f"u{number}"} for number in range(3)]}
    asked = await examples.api.post("/api/v1/learners/batch", json=many, headers={"Prefer": "respond-async"})
    assert asked.status_code == 202, asked.text
    job_id: str = asked.json()["id"]
    return job_id


def _names(declared: Operation) -> list[str]:
    return list(declared.inputs["path"].model_fields) if "path" in declared.inputs else []
