from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from lrx.json_reader import read_json
from lrx.xapi.fingerprint import content_hash, statement_id
from lrx.xapi.shapes import JsonObject

SITE = UUID("0b6a8a52-0f4c-4a4e-9d0a-5a6a2f3f7c11")
OTHER_SITE = UUID("0b6a8a52-0f4c-4a4e-9d0a-5a6a2f3f7c12")
STATEMENT: dict[str, Any] = {
    "actor": {"name": "Chloé", "account": {"homePage": "https://lms.example.com", "name": "5"}},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
    "object": {"id": "https://lms.example.com/mod/label/view.php?id=5"},
    "context": {"registration": "773756f5-4465-509a-b416-9eb51bcfce17", "platform": "Moodle"},
    "timestamp": "2026-11-21T23:16:31.000Z",
}


def test_the_fingerprint_stays_the_same_from_release_to_release() -> None:
    assert content_hash(STATEMENT) == "bf5a798be102953f8bcc1db1a1d9bf25eabbe93008a55e73fd012d1d9f902a8a"


@pytest.mark.parametrize(
    "statement",
    [
        {**STATEMENT, "id": "6c8e2a3c-7a9d-4d6a-9f0e-0d9e1c7f4b21"},
        {**STATEMENT, "stored": "2026-11-21T23:16:40Z"},
        {**STATEMENT, "authority": STATEMENT["actor"]},
        {**STATEMENT, "version": "1.0.3"},
        {**STATEMENT, "context": {"platform": "Moodle", "registration": "e218f544-58e4-5423-9019-2cff35120d08"}},
        {**STATEMENT, "context": {"platform": "Moodle"}},
        dict(reversed(STATEMENT.items())),
    ],
)
def test_what_a_resend_or_a_store_changes_leaves_the_fingerprint(statement: JsonObject) -> None:
    assert content_hash(statement) == content_hash(STATEMENT)


@pytest.mark.parametrize(
    "change",
    [
        {"actor": {"account": {"homePage": "https://lms.example.com", "name": "6"}}},
        {"verb": {"id": "http://adlnet.gov/expapi/verbs/passed"}},
        {"object": {"id": "https://lms.example.com/mod/label/view.php?id=6"}},
        {"timestamp": "2026-11-21T23:16:32.000Z"},
        {"result": {"completion": True}},
        {"attachments": []},
        {"context": {"platform": "moodle"}},
    ],
)
def test_another_deed_has_another_fingerprint(change: JsonObject) -> None:
    assert content_hash({**STATEMENT, **change}) != content_hash(STATEMENT)


def test_the_fingerprint_leaves_the_statement_as_it_was() -> None:
    before = repr(STATEMENT)
    content_hash(STATEMENT)
    assert repr(STATEMENT) == before


def test_numbers_of_any_size_have_a_fingerprint() -> None:
    statement = read_json(b'{"result": {"extensions": {"http://example.com/x": 123456789012345678901234567890}}}')
    assert isinstance(statement, dict)
    assert len(content_hash(statement)) == 64


def test_a_statement_keeps_its_own_id() -> None:
    own = "6C8E2A3C-7A9D-4D6A-9F0E-0D9E1C7F4B21"
    assert statement_id(SITE, {**STATEMENT, "id": own}) == UUID(own)


def test_a_resend_gets_the_same_id_and_another_site_another() -> None:
    resent = {**STATEMENT, "context": {"platform": "Moodle", "registration": "e218f544-58e4-5423-9019-2cff35120d08"}}
    first = statement_id(SITE, STATEMENT)
    assert first is not None
    assert first.version == 5
    assert statement_id(SITE, resent) == first
    assert statement_id(OTHER_SITE, STATEMENT) != first


def test_without_an_id_and_a_time_nothing_tells_a_repeat_from_a_resend() -> None:
    statement = {name: value for name, value in STATEMENT.items() if name != "timestamp"}
    assert statement_id(SITE, statement) is None


def test_what_moodle_sent_again_after_a_refusal_keeps_its_ids(requests: dict[str, list[JsonObject]]) -> None:
    """Requests 8, 9 and 12 to 19 were refused or dropped; 20 is an administrator resending them."""
    refused = [statement for number in ("0008", "0009", "0012", "0013") for statement in requests[number]]
    resent = {statement_id(SITE, statement) for statement in requests["0020"]}
    assert {statement_id(SITE, statement) for statement in refused} <= resent
    assert None not in resent


def test_different_deeds_in_one_request_have_different_ids(requests: dict[str, list[JsonObject]]) -> None:
    for number in ("0001", "0002", "0006"):
        assert len({statement_id(SITE, statement) for statement in requests[number]}) == len(requests[number])


def test_a_statement_without_context_has_a_fingerprint(one_of_a_kind: Callable[[str], JsonObject]) -> None:
    statement = one_of_a_kind("core.user_loggedin.none.login")
    del statement["context"]
    assert len(content_hash(statement)) == 64
