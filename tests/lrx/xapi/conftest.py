import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest

from lrx.xapi.shapes import JsonObject

CAPTURED = Path(__file__).parents[2] / "fixtures" / "moodle-4.3"


@pytest.fixture(scope="session")
def requests() -> dict[str, list[JsonObject]]:
    """The statements of every request that the Moodle site sent, by the request's number."""
    bodies = {path.stem: json.loads(path.read_text())["json"] for path in sorted(CAPTURED.glob("requests/*.json"))}
    return {number: body for number, body in bodies.items() if isinstance(body, list)}


@pytest.fixture(scope="session")
def captured(requests: dict[str, list[JsonObject]]) -> list[JsonObject]:
    """Every statement that the Moodle site sent, in order."""
    return [statement for body in requests.values() for statement in body]


@pytest.fixture(scope="session")
def one_of_a_kind() -> Callable[[str], JsonObject]:
    """Return the function that gives a fresh copy of a captured statement by the name of its kind."""
    kinds = {path.stem: json.loads(path.read_text()) for path in CAPTURED.glob("statements/*.json")}
    return lambda kind: deepcopy(kinds[kind])
