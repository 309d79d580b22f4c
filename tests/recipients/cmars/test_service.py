import json
from datetime import date
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from lrx.errors import Busy, Conflict, Forbidden, LrxError, NotFound, Unauthenticated
from lrx.recipient import Question
from lrx.text import text
from lrx.web.problems import BodyTooLarge, MethodNotAllowed, UnknownPath
from recipients.cmars import create_recipient
from recipients.cmars.questions import SCHEMA
from recipients.xml import read_xml, schema

ONE = "/v1/learning-records"
BATCH = "/v1/learning-records/batch"
ID = "CA-ON-CPSO-12345"
JSON = {"Accept": "application/json"}

pytestmark = pytest.mark.anyio


def in_xml(response: httpx.Response, path: str) -> list[str | None]:
    """Return the texts at a path of the answer, which must follow the schema."""
    root = read_xml(response.content)
    schema(SCHEMA).assertValid(root)
    return [found.text for found in root.iterfind(path)]


async def ask(client: httpx.AsyncClient, identifier: str, **headers: str) -> httpx.Response:
    return await client.get(ONE, params={"oci_id": identifier}, headers=headers)


async def test_a_physician_is_answered_with_records(client: httpx.AsyncClient) -> None:
    response = await ask(client, ID)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/xml; charset=utf-8"
    assert in_xml(response, "{*}records/{*}record/{*}course/{*}shortname") == ["WHMIS"]
    assert in_xml(response, "{*}oci_id") == [ID]
    root = read_xml(response.content)
    assert (root.get("version"), root.get("request_id"), root.get("inquiry_id")) == (
        "1.0",
        "request-1",
        "00000000-0000-0000-0000-000000000001",
    )


async def test_the_same_is_answered_in_json(client: httpx.AsyncClient) -> None:
    response = await ask(client, " cpso #12345", **JSON)
    assert response.headers["content-type"] == "application/json"
    answer = response.json()
    assert (answer["request_id"], answer["inquiry_id"]) == ("request-1", "00000000-0000-0000-0000-000000000001")
    assert (answer["asked"], answer["oci_id"]) == (" cpso #12345", ID)
    assert [record["course"]["shortname"] for record in answer["records"]] == ["WHMIS"]


async def test_a_known_person_with_nothing_to_show_is_an_empty_list(client: httpx.AsyncClient) -> None:
    response = await ask(client, "CA-ON-CPSO-20000", **JSON)
    assert (response.status_code, response.json()["records"]) == (200, [])


@pytest.mark.parametrize(
    ("identifier", "status", "code"),
    [
        ("12345", 400, "WS400"),
        ("", 400, "WS400"),
        ("CA-ON-NOPE-12345", 400, "WS400"),
        ("CA-ON-CNO-77777", 400, "WS400"),
        ("CA-ON-CPSO-99999", 404, "WS401"),
        ("CA-ON-CPSO-33333", 404, "WS401"),
    ],
)
async def test_a_person_without_an_answer_gets_a_code(
    identifier: str, status: int, code: str, client: httpx.AsyncClient
) -> None:
    xml, as_json = await ask(client, identifier), await ask(client, identifier, **JSON)
    assert (xml.status_code, as_json.status_code) == (status, status)
    assert in_xml(xml, "{*}code") == [code]
    assert (as_json.json()["code"], as_json.json()["asked"]) == (code, identifier)
    assert as_json.json()["message"]


async def test_how_a_question_is_narrowed_is_passed_on(client: httpx.AsyncClient, transcripts: Any) -> None:
    query = {"oci_id": ID, "course": "WHMIS", "completed_from": "2026-01-01", "completed_to": "2026-12-31"}
    await client.get(ONE, params=query)
    assert transcripts.asked == [Question(ID, "WHMIS", date(2026, 1, 1), date(2026, 12, 31))]


@pytest.mark.parametrize(
    "query",
    ["", "?course=WHMIS", f"?oci_id={ID}&since=2026", f"?oci_id={ID}&oci_id={ID}", f"?oci_id={ID}&completed_to=soon"],
)
async def test_a_wrong_request_is_refused_without_asking(
    query: str, client: httpx.AsyncClient, transcripts: Any
) -> None:
    response = await client.get(ONE + query, headers=JSON)
    assert response.status_code == 400
    assert response.json().keys() == {"version", "request_id", "code", "message"}
    assert (response.json()["code"], response.json()["request_id"]) == ("bad_request", "request-1")
    assert transcripts.asked == []


@pytest.mark.parametrize(
    "identifier",
    [
        "\x00\x01\x02",
        "CA-ON-CPSO-12345\r\nX-Injected: 1",
        "x" * 10_000,
        "<oci_id>&amp;]]></oci_id>",
        "医療 👩🏽‍⚕️ ‮",
        "CA-ON-CPSO-١٢٣٤٥",
        "' OR 1=1 --",
        "{identifier} {0} %s",
    ],
)
async def test_a_hostile_identifier_is_ws400_and_stays_text(identifier: str, client: httpx.AsyncClient) -> None:
    xml, as_json = await ask(client, identifier), await ask(client, identifier, **JSON)
    assert (xml.status_code, in_xml(xml, "{*}code")) == (400, ["WS400"])
    assert as_json.json()["asked"] == identifier
    assert "x-injected" not in xml.headers


async def test_bytes_that_are_no_utf_8_are_ws400(client: httpx.AsyncClient) -> None:
    response = await client.get(f"{ONE}?oci_id=CA-ON-CPSO-%FF%ED%A0%80")
    assert (response.status_code, in_xml(response, "{*}code")) == (400, ["WS400"])


async def test_a_batch_is_answered_in_the_order_asked(client: httpx.AsyncClient) -> None:
    identifiers = ["CA-ON-CPSO-99999", ID, "nobody", "CA-ON-CPSO-20000", "CA-ON-CNO-77777", ID]
    response = await client.post(BATCH, json={"oci_ids": identifiers}, headers=JSON)
    answers = response.json()["answers"]
    assert response.status_code == 200
    assert [answer["asked"] for answer in answers] == identifiers
    assert [answer.get("code") or len(answer["records"]) for answer in answers] == ["WS401", 1, "WS400", 0, "WS400", 1]
    assert len({answer["inquiry_id"] for answer in answers}) == 6


async def test_a_batch_can_be_xml_both_ways(client: httpx.AsyncClient, transcripts: Any) -> None:
    body = (
        '<questions xmlns="urn:lrx:cmars:v1"><oci_ids>'
        f"<oci_id>{ID}</oci_id><oci_id>nobody</oci_id></oci_ids><course>WHMIS</course></questions>"
    )
    response = await client.post(BATCH, content=body.encode(), headers={"Content-Type": "application/xml"})
    assert in_xml(response, "{*}answers/{*}answer/{*}asked") == [ID, "nobody"]
    assert in_xml(response, "{*}answers/{*}answer/{*}code") == ["WS400"]
    assert [question.course for question in transcripts.asked] == ["WHMIS", "WHMIS"]


async def test_a_batch_narrowed_in_its_address_is_refused_without_asking(
    client: httpx.AsyncClient, transcripts: Any
) -> None:
    response = await client.post(f"{BATCH}?course=WHMIS", json={"oci_ids": [ID]}, headers=JSON)
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")
    assert "course" in response.json()["message"]
    assert transcripts.asked == []


@pytest.mark.parametrize(
    ("content", "content_type", "status", "code"),
    [
        (b'{"oci_ids": []}', "application/json", 400, "bad_request"),
        (b'{"oci_ids": ["x"], "oci_ids": []}', "application/json", 400, "json_malformed"),
        (b"{", "application/json", 400, "json_malformed"),
        (b"", "application/json", 400, "json_malformed"),
        (b"", "application/xml", 400, "xml_malformed"),
        (b"<questions>", "application/xml", 400, "xml_malformed"),
        (b"<questions/>", "text/xml", 400, "bad_request"),
        (b'<!DOCTYPE q [<!ENTITY x SYSTEM "file:///etc/passwd">]><q>&x;</q>', "application/xml", 400, "xml_malformed"),
        (b"<a>" * 5000 + b"</a>" * 5000, "application/xml", 400, "xml_malformed"),
        (b"[" * 5000 + b"]" * 5000, "application/json", 400, "json_malformed"),
        (b'{"oci_ids": ["x"]}', "text/plain", 415, "content_not_readable"),
        (b'{"oci_ids": ["x"]}', "", 415, "content_not_readable"),
        (json.dumps({"oci_ids": ["x"] * 1001}).encode(), "application/json", 413, "too_many_questions"),
    ],
)
async def test_a_batch_that_cannot_be_read_is_refused_without_asking(
    content: bytes, content_type: str, status: int, code: str, client: httpx.AsyncClient, transcripts: Any
) -> None:
    response = await client.post(BATCH, content=content, headers={"Content-Type": content_type, **JSON})
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.json()["message"]
    assert transcripts.asked == []


async def test_a_caller_who_accepts_neither_format_is_refused_in_xml_without_asking(
    client: httpx.AsyncClient, transcripts: Any
) -> None:
    response = await ask(client, ID, Accept="text/html")
    assert (response.status_code, in_xml(response, "{*}code")) == (406, ["not_acceptable"])
    assert transcripts.asked == []


async def test_several_accept_headers_are_one(client: httpx.AsyncClient) -> None:
    headers = [("Accept", "application/xml;q=0.1"), ("Accept", "application/json")]
    response = await client.get(ONE, params={"oci_id": ID}, headers=headers)
    assert response.headers["content-type"] == "application/json"


async def test_sentences_are_french_where_french_is_preferred_and_codes_are_not(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    french = {
        "Nobody here has this OCI ID.": "Personne ici n’a cet OCI ID.",
        "{name} is missing. Add it.": "{name} manque.",
    }
    monkeypatch.setattr("lrx.text._catalogue", lambda language: french if language == "fr" else {})
    preferred = {"Accept-Language": "fr"}
    unknown = await ask(client, "CA-ON-CPSO-99999", **preferred)
    assert in_xml(unknown, "{*}message") == ["Personne ici n’a cet OCI ID."]
    assert in_xml(unknown, "{*}code") == ["WS401"]
    assert unknown.headers["content-language"] == "fr"
    missing = await client.get(ONE, headers={**JSON, **preferred})
    assert (missing.json()["code"], missing.json()["message"]) == ("bad_request", "oci_id manque.")


@pytest.mark.parametrize("query", [f"?oci_id={ID}", "?oci_id=nobody", ""])
async def test_no_answer_is_kept_by_a_cache(query: str, client: httpx.AsyncClient) -> None:
    response = await client.get(ONE + query)
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["vary"] == "Accept, Accept-Language"


@pytest.mark.parametrize(
    ("method", "path"), [("HEAD", ONE), ("POST", ONE), ("DELETE", ONE), ("GET", BATCH), ("HEAD", BATCH), ("PUT", BATCH)]
)
async def test_another_method_asks_nothing(method: str, path: str, client: httpx.AsyncClient, transcripts: Any) -> None:
    response = await client.request(method, path, params={"oci_id": ID})
    assert response.status_code == 405
    assert transcripts.asked == []


SENTENCE = text("Something is wrong. Do this.")


@pytest.mark.parametrize(
    ("error", "status", "header"),
    [
        (Unauthenticated(SENTENCE), 401, ("WWW-Authenticate", 'Basic realm="LRX"')),
        (Forbidden(SENTENCE), 403, None),
        (Busy(SENTENCE, retry_after=17), 429, ("Retry-After", "17")),
        (UnknownPath(SENTENCE), 404, None),
        (NotFound(SENTENCE), 400, None),
        (Conflict(SENTENCE), 400, None),
    ],
)
async def test_a_failure_inside_is_refused_in_the_callers_format_with_a_code_of_ours(
    error: LrxError, status: int, header: tuple[str, str] | None, client: httpx.AsyncClient, transcripts: Any
) -> None:
    transcripts.failure = error
    xml, as_json = await ask(client, ID), await ask(client, ID, **JSON)
    for response in (xml, as_json):
        assert response.status_code == status
        assert header is None or response.headers[header[0]] == header[1]
    assert in_xml(xml, "{*}code") == [error.code]
    assert as_json.json()["code"] == error.code
    assert as_json.json()["message"] == "Something is wrong. Do this."


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(MethodNotAllowed(("GET",)), 405, "method_not_allowed"), (BodyTooLarge(1024), 413, "body_too_large")],
)
async def test_what_the_web_refuses_keeps_its_status(
    error: LrxError, status: int, code: str, client: httpx.AsyncClient, transcripts: Any
) -> None:
    transcripts.failure = error
    xml, as_json = await ask(client, ID), await ask(client, ID, **JSON)
    assert (xml.status_code, in_xml(xml, "{*}code")) == (status, [code])
    assert (as_json.status_code, as_json.json()["code"]) == (status, code)


async def test_a_caller_who_was_not_recognised_is_refused_in_the_same_format() -> None:
    state = {"request_id": "r-9", "language": "en"}
    request = Request({"type": "http", "headers": [(b"accept", b"application/json")], "state": state})
    response = create_recipient().refuse(request, Unauthenticated(SENTENCE))
    assert response.status_code == 401
    assert json.loads(bytes(response.body))["request_id"] == "r-9"
