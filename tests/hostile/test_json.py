"""The JSON corpus, at the reader and at every door that takes JSON."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from lrx.json_outline import begins_array, outline
from lrx.json_reader import MalformedJson, read_json, split_array
from tests.hostile.corpora import json_texts
from tests.house import House

pytestmark = pytest.mark.anyio

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

STRICTER = {
    "y_object_duplicated_key.json": "which of the two is meant is open (RFC 8259, 4)",
    "y_object_duplicated_key_and_value.json": "which of the two is meant is open (RFC 8259, 4)",
    "y_object_escaped_null_in_key.json": "PostgreSQL keeps no NUL",
    "y_string_null_escape.json": "PostgreSQL keeps no NUL",
}
"""What is JSON and refused here, and why."""


def test_what_is_json_is_read_and_what_is_not_is_refused() -> None:
    texts = json_texts()
    read = {name for name, body in texts.items() if _outcome(read_json, body) is None}

    assert {name for name in texts if name.startswith("y_")} - read == set(STRICTER)
    assert not {name for name in read if name.startswith("n_")}


@pytest.mark.parametrize("name", ["split_array", "outline"])
def test_arrays_are_taken_apart_or_refused(name: str) -> None:
    for body in json_texts().values():
        if name == "split_array":
            _outcome(split_array, body)
        elif begins_array(body):
            _outcome(outline, body)


def _outcome(read: Callable[[bytes], object], body: bytes) -> MalformedJson | None:
    try:
        read(body)
    except MalformedJson as refusal:
        return refusal
    return None


@on_sqlite
@pytest.mark.parametrize("path", ["/learning-records", "/learners", "/courses"])
async def test_the_rest_api_refuses_each(house: House, path: str) -> None:
    for name, body in json_texts().items():
        answer = await house.site.api.post(f"/api/v1{path}", content=body, headers={"Content-Type": "application/json"})
        if answer.status_code == 200:  # a list of completions is taken one by one, a broken one by its brackets
            assert path == "/learning-records"
            assert {result["result"] for result in answer.json()["data"]} == {"refused"}
        elif _outcome(read_json, body) is not None:
            assert (name, answer.status_code, answer.json()["code"]) == (name, 400, "json_malformed")
        else:  # none of them is a completion, a learner or a course
            assert (name, answer.status_code, answer.json()["code"]) == (name, 422, "content_invalid")


@on_sqlite
async def test_a_strict_client_is_told_what_is_wrong(house: House) -> None:
    for name, body in json_texts().items():
        answer = await house.site.statements(body, strict=True)
        empty = _outcome(read_json, body) is None and read_json(body) == []
        assert (name, answer.status_code) == (name, 200 if empty else 400)


@on_sqlite
async def test_an_lms_is_not_stopped_by_a_broken_array(house: House) -> None:
    for name, body in json_texts().items():
        answer = await house.site.statements(body)
        refused = _outcome(split_array, body) is not None and not begins_array(body)
        assert (name, answer.status_code) == (name, 400 if refused else 200)
        assert refused or answer.json() == []


@on_sqlite
@pytest.mark.parametrize("broken_comes", ["after", "before", "between"])
async def test_a_broken_element_leaves_its_good_neighbours_alone(house: House, broken_comes: str) -> None:
    for name, body in json_texts().items():
        first, last = _statement(), _statement()
        elements = {
            "after": [json.dumps(first).encode(), body],
            "before": [body, json.dumps(last).encode()],
            "between": [json.dumps(first).encode(), body, json.dumps(last).encode()],
        }[broken_comes]
        answer = await house.site.statements(b"[" + b",".join(elements) + b"]")

        assert (name, answer.status_code) == (name, 200)
        kept = answer.json()
        if broken_comes != "before":
            assert (name, kept[0]) == (name, first["id"])
        # What leaves a quote or a bracket open swallows what follows, which is then set aside with it and not lost.
        assert broken_comes == "after" or last["id"] in kept or "LRX-Set-Aside" in answer.headers
        assert broken_comes == "after" or last["id"] in kept or not _is_closed(body)


@on_sqlite
async def test_cmars_is_told_that_it_is_no_batch(house: House) -> None:
    for name, body in json_texts().items():
        answer = await house.http.post(
            "/recipients/cmars/v1/learning-records/batch",
            content=body,
            auth=house.site.cmars,
            headers={"Content-Type": "application/json", "Accept": "application/json"},
        )
        assert (name, answer.status_code) == (name, 400)
        assert answer.json()["message"]


def _is_closed(body: bytes) -> bool:
    """Whether the element can stand in an array without changing where its neighbours begin and end."""
    return outline(b"[0," + body + b",1]")[-1:] == [b"1"]


def _statement() -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "actor": {"account": {"homePage": "https://lms.test", "name": "7"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": "https://lms.test/course/view.php?id=2"},
    }


HUGE = {
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "a long number": b"[" + b"9" * 5_000 + b"]",
    "many numbers": b"[" + b"0," * 3_900_000 + b"0]",
    "many empty objects": b"[" + b"{}," * 2_600_000 + b"{}]",
    "many keys": b"{" + b",".join(b'"%d":0' % number for number in range(600_000)) + b"}",
    "a long string": b'["' + b"a" * 8_000_000 + b'"]',
    "many escapes": b'["' + b"\\u00e9" * 1_300_000 + b'"]',
    "a broken array": b"[" + b"0," * 3_900_000,
    "many quotes": b"[" + b'"' * 8_000_000 + b"]",
    "an array in UTF-16": "[1]".encode("utf-16"),
    "an array in UTF-32": "[1]".encode("utf-32"),
    "an array in UTF-7": b"+AFs-1+AF0-",
    "an array in EBCDIC": "[1]".encode("cp037"),
    "Shift-JIS": '["日本"]'.encode("shift_jis"),
}


@on_sqlite
@pytest.mark.parametrize("name", HUGE)
async def test_what_is_made_to_exhaust_is_answered_at_every_door(house: House, name: str) -> None:
    body = HUGE[name]
    headers = {"Content-Type": "application/json"}
    answers = [
        await house.site.statements(body),
        await house.site.statements(body, strict=True),
        await house.site.api.post("/api/v1/learning-records", content=body, headers=headers),
        await house.http.post(
            "/recipients/cmars/v1/learning-records/batch", content=body, auth=house.site.cmars, headers=headers
        ),
    ]

    assert all(answer.status_code < 500 for answer in answers)
    assert all(answer.is_client_error for answer in answers[1:])
