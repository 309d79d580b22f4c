import json

import pytest

from lrx.errors import (
    Busy,
    Conflict,
    Fault,
    Forbidden,
    Invalid,
    LrxError,
    NotFound,
    Rejected,
    Unauthenticated,
)
from lrx.json_reader import MalformedJson
from lrx.text import text
from lrx.web.problems import (
    BadRequest,
    BodyTooLarge,
    MethodNotAllowed,
    Unexpected,
    UnknownPath,
    UnsupportedMediaType,
    problem,
    status_of,
)


class UnknownThing(NotFound):
    """A nearer name for what is not there."""

    code = "thing_unknown"


class NoRoom(Busy):
    """Ours to solve."""

    turn = "lrx"


SENTENCE = text("It is so.")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadRequest(SENTENCE), 400),
        (MalformedJson(SENTENCE), 400),
        (Unauthenticated(SENTENCE), 401),
        (Forbidden(SENTENCE), 403),
        (UnknownThing(SENTENCE), 404),
        (UnknownPath(SENTENCE), 404),
        (MethodNotAllowed(("GET",)), 405),
        (Conflict(SENTENCE), 409),
        (BodyTooLarge(10), 413),
        (UnsupportedMediaType(SENTENCE), 415),
        (Invalid(SENTENCE), 422),
        (Busy(SENTENCE, retry_after=3), 429),
        (Unexpected("r1"), 500),
        (LrxError(SENTENCE), 500),
        (Rejected(SENTENCE), 502),
        (NoRoom(SENTENCE, retry_after=3), 503),
    ],
)
def test_each_kind_of_error_has_one_status(error: LrxError, status: int) -> None:
    answer = problem(error, language="en", path="/things", request_id="r1", scheme="Basic")
    assert (status_of(error), answer.status_code, json.loads(bytes(answer.body))["status"]) == (status,) * 3


def test_a_problem_says_what_where_and_whose_turn_it_is() -> None:
    fault = Fault("/name", "required", text("It is missing. Give a value."), "Amira")
    answer = problem(
        Invalid(text("A {thing} is wrong.", thing="name"), faults=(fault,)),
        language="en",
        path="/learners/é",
        request_id="r1",
        scheme="Basic",
    )
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(bytes(answer.body)) == {
        "type": "/docs/errors#invalid",
        "title": "The content cannot be taken as it is.",
        "status": 422,
        "detail": "A name is wrong.",
        "instance": "/learners/%C3%A9",
        "code": "invalid",
        "request_id": "r1",
        "errors": [{"pointer": "/name", "code": "required", "detail": "It is missing. Give a value.", "hint": "Amira"}],
        "retryable": False,
        "turn": "caller",
    }


@pytest.mark.parametrize(
    ("error", "header", "value"),
    [
        (Unauthenticated(SENTENCE), "WWW-Authenticate", 'Basic realm="LRX"'),
        (Busy(SENTENCE, retry_after=7), "Retry-After", "7"),
        (MethodNotAllowed(("GET", "PUT")), "Allow", "GET, PUT"),
    ],
)
def test_a_header_tells_machines_the_next_step(error: LrxError, header: str, value: str) -> None:
    assert problem(error, language="en", path="/", request_id="r1", scheme="Basic").headers[header] == value


def test_a_problem_is_said_in_the_language_of_the_reader() -> None:
    answer = problem(Conflict(SENTENCE), language="fr", path="/", request_id="r1", scheme="Basic")
    assert answer.headers["content-language"] == "fr"
    assert answer.headers["vary"] == "Accept-Language"
    assert json.loads(bytes(answer.body))["code"] == "conflict"
