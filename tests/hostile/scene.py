"""A site in which every address of the API names something, and every place for text in what callers send."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import uuid4

import anyio
import httpx

from lrx.alerts import raise_alert
from lrx.api.openapi import document
from lrx.api.routes import OPERATIONS
from tests.house import House

Json = Any
Put = Callable[[str], Json]


class Place(NamedTuple):
    """One place for text in a body: its pointer, the example with another text there, and whether the text is free,
    or must be a date or one of a few words."""

    pointer: str
    put: Put
    is_free: bool = True


DOCUMENT = document(OPERATIONS)
LMS = "https://lms.test"

PATIENCE = 60
"""Seconds after which a request counts as one that hangs, also on a machine that is busy."""

RATE = "1000000/minute"
IN_A_HURRY = {"api_rate_limit": RATE, "recipient_rate_limit": RATE, "sign_in_rate_limit": RATE}
"""Settings for tests that ask more often than people do."""


@dataclass(frozen=True)
class Described:
    """One operation as the OpenAPI document describes it."""

    method: str
    path: str
    about: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its id in the document."""
        return str(self.about["operationId"])

    @property
    def example(self) -> Json:
        """A body that can be taken."""
        return next(iter(self.about["requestBody"]["content"]["application/json"]["examples"].values()))["value"]

    @property
    def places(self) -> list[Place]:
        """Each place for text in the body."""
        return list(_places(self.about["requestBody"]["content"]["application/json"]["schema"], self.example))

    def parameters(self, place: str) -> list[str]:
        """The names of its parameters in the path, the query or the headers."""
        return [one["name"] for one in self.about.get("parameters", []) if one["in"] == place]


DESCRIBED = [
    Described(method.upper(), path, about)
    for path, methods in DOCUMENT["paths"].items()
    for method, about in methods.items()
]
WITH_BODY = [one for one in DESCRIBED if "requestBody" in one.about]


@dataclass(frozen=True)
class Scene:
    """A furnished site."""

    house: House
    ids: Mapping[str, str]

    def address(self, described: Described, **others: str) -> str:
        """The address of an operation, with what is there in its path, or others."""
        return "/api/v1" + described.path.format(**{**self.ids, **others})

    async def send(self, described: Described, path: str | None = None, **given: Any) -> httpx.Response:
        """Send a request; whatever is in it, the answer is no failure of ours."""
        with anyio.fail_after(PATIENCE):
            answer = await self.house.site.api.request(described.method, path or self.address(described), **given)
        assert answer.status_code < 500, (described.name, given, answer.text)
        return answer


async def furnish_scene(house: House) -> Scene:
    """Let a little of everything happen at the default site."""
    site = house.site
    learner = await site.learner("aokafor", "CA-ON-CPSO-12345", lms={"home_page": LMS, "user_id": "7"})
    learner_path = f"/learners/{learner['id']}"
    identity = await site.send("POST", f"{learner_path}/identities", {"kind": "mbox", "value": "amara@example.org"})
    course_iri, activity_iri = f"{LMS}/course/view.php?id=2", f"{LMS}/mod/quiz/view.php?id=3"
    course = await site.course("WHMIS-2026", iri=course_iri)
    new_activity = {"full_name": "Module", "iri": activity_iri}
    activity = await site.send("POST", f"/courses/{course['id']}/activities", new_activity)
    await site.complete("aokafor", "WHMIS-2026", "2026-11-18T09:12:00-05:00")
    await site.complete("aokafor", "WHMIS-2026", "2026-11-19T09:12:00-05:00")
    await site.ask("CA-ON-CPSO-12345")
    await site.statements([{"id": "not an id"}, statement(actor={"mbox": "mailto:nobody@example.org"})])
    await house.project()
    spare = await site.send("POST", "/credentials", {"kind": "lms", "name": "spare"})
    learners = {"learners": [{"username": "jroy"}]}
    job = await site.send("POST", "/learners/batch", learners, Prefer="respond-async")
    reset = {"mode": "void", "reason": "None is so old", "completed_before": "2000-01-01T00:00:00Z"}
    course_reset = await site.send("POST", f"/courses/{course['id']}/resets", reset)
    asked = {"course": {"shortname": "WHMIS-2026"}, "recipient": "cmars"}
    diagnosis = await site.send("POST", "/diagnoses", {"learner": {"username": "aokafor"}, **asked})
    sweep = await site.send("POST", "/sweeps", asked)
    await house.exchange.database.write(lambda session: raise_alert(session, house.act(session), "kind", "subject"))

    async def first(path: str) -> Any:
        return (await site.get(path))["data"][0]

    record = await site.get(f"/learning-records/{(await first('/learning-records'))['id']}")
    ids = {
        "learner_id": learner["id"],
        "username": "aokafor",
        "oci_id": "CA-ON-CPSO-12345",
        "identity_id": identity["id"],
        "course_id": course["id"],
        "shortname": "WHMIS-2026",
        "iri": quote(course_iri, safe=""),
        "activity_id": activity["id"],
        "recipient": "cmars",
        "record_id": record["id"],
        "amendment_id": record["amendments"][0]["id"],
        "delivery_id": (await first("/deliveries"))["id"],
        "inquiry_id": (await first("/inquiries"))["id"],
        "set_aside_id": (await first("/statements/set-aside"))["id"],
        "statement_seq": str((await first("/statements/parked"))["statement_seq"]),
        "credential_id": spare["id"],
        "job_id": job["id"],
        "reset_id": course_reset["id"],
        "diagnosis_id": diagnosis["id"],
        "sweep_id": sweep["id"],
        "seq": str((await first("/audit"))["seq"]),
        "alert_id": (await first("/alerts"))["id"],
    }
    return Scene(house, ids)


def statement(**others: Any) -> dict[str, Any]:
    """A statement that breaks no rule, with an id of its own."""
    return {
        "id": str(uuid4()),
        "actor": {"account": {"homePage": LMS, "name": "7"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": f"{LMS}/course/view.php?id=2"},
        **others,
    }


def _places(schema: Mapping[str, Any], example: Json, pointer: str = "") -> Iterator[Place]:
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _places(branch, example, pointer)
    if schema.get("type") == "string":
        yield Place(pointer, lambda words: words, not schema.keys() & {"format", "enum", "const"})
    elif schema.get("type") == "object":
        yield from _members(schema, example if isinstance(example, dict) else {}, pointer)
    elif schema.get("type") == "array":
        inner = example[0] if isinstance(example, list) and example else None
        for place in _places(schema["items"], inner, f"{pointer}/0"):
            yield place._replace(put=lambda words, put=place.put: [put(words)])


def _members(schema: Mapping[str, Any], example: dict[str, Json], pointer: str) -> Iterator[Place]:
    whole = {name: _sample(schema["properties"][name]) for name in schema.get("required", ())} | example
    for name, member in schema.get("properties", {}).items():
        for place in _places(member, whole.get(name), f"{pointer}/{name}"):
            yield place._replace(put=lambda words, name=name, put=place.put: {**whole, name: put(words)})
    if schema.get("additionalProperties") not in (False, None):
        yield Place(f"{pointer}/*", lambda words: {**whole, words: "a value"})


def _sample(schema: Mapping[str, Any]) -> Json:
    """Something for a field that must be there; whether it can be taken matters less."""
    if "$ref" in schema:
        return _sample(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema or "oneOf" in schema:
        return _sample([*schema.get("anyOf", ()), *schema.get("oneOf", ())][0])
    match schema.get("type"):
        case "object":
            return {name: _sample(schema["properties"][name]) for name in schema.get("required", ())}
        case "array":
            return [_sample(schema["items"])] if schema.get("minItems") else []
        case "string":
            formats = {"date-time": "2026-11-18T09:12:00Z", "date": "2026-11-18", "uuid": str(uuid4())}
            return formats.get(schema.get("format", ""), "a text")
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case _:
            return None
