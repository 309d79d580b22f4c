"""The REST API against its own OpenAPI document: whatever is sent, the answer is one that the document describes."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
import requests
import schemathesis
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import DataObject, data, integers, one_of
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from lrx import credentials
from lrx.clock import FrozenClock
from lrx.exchange import open_exchange
from lrx.models import CredentialKind
from lrx.settings import load_settings
from tests.conftest import NOW
from tests.hostile.scene import DESCRIBED, DOCUMENT, IN_A_HURRY, Described, Scene, furnish_scene
from tests.house import furnish

DETERMINISTIC = 60
EXAMPLES = int(os.environ.get("LRX_TEST_EXAMPLES", DETERMINISTIC))
"""Requests for each operation: the same sixty in every run, others in longer ones."""

FEW_SCOPES = ("learners:read", "courses:read")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)


@pytest.fixture
def portal() -> Iterator[BlockingPortal]:
    """A loop of its own, for requests out of the synchronous tests of hypothesis."""
    with start_blocking_portal() as opened:
        yield opened


@pytest.fixture
def scene(portal: BlockingPortal, sqlite_template: Path, tmp_path: Path) -> Iterator[Scene]:
    (tmp_path / "lrx.db").write_bytes(sqlite_template.read_bytes())
    with portal.wrap_async_context_manager(_opened(tmp_path)) as opened:
        yield opened


@asynccontextmanager
async def _opened(folder: Path) -> AsyncIterator[Scene]:
    database_url = f"sqlite:///{folder / 'lrx.db'}"
    configured = load_settings(database_url=database_url, data_dir=folder, secure_cookies=False, **IN_A_HURRY)
    clock = FrozenClock(NOW)
    async with open_exchange(configured) as exchange, furnish(replace(exchange, clock=clock), clock) as house:
        yield await furnish_scene(house)


@pytest.mark.parametrize("described", DESCRIBED, ids=lambda described: described.name)
def test_every_answer_is_one_that_the_document_describes(
    portal: BlockingPortal, scene: Scene, described: Described
) -> None:
    operation = SCHEMA[described.path][described.method]
    there = {name: unquote(scene.ids[name]) for name in described.parameters("path")}
    requested = one_of(
        *(operation.as_strategy(mode, path_parameters=there) for mode in MODES),
        *(operation.as_strategy(mode) for mode in MODES if there),
    )
    key = str(scene.house.site.api.headers["Authorization"])
    lesser = portal.call(_lesser_key, scene)

    @settings(
        max_examples=EXAMPLES,
        derandomize=EXAMPLES == DETERMINISTIC,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data())
    def send(drawn: DataObject) -> None:
        case: Case = drawn.draw(requested)
        answer = portal.call(_send, scene, case, lesser if drawn.draw(integers(0, 5)) == 0 else key)
        case.validate_response(answer, checks=CHECKS)

    send()


async def _lesser_key(scene: Scene) -> str:
    exchange, house = scene.house.exchange, scene.house
    issued = await exchange.database.write(
        lambda session: credentials.issue(
            session, house.act(session), exchange.random, CredentialKind.API, name="few", scopes=FEW_SCOPES
        )
    )
    return f"Bearer {issued.key}"


async def _send(scene: Scene, case: Case, key: str) -> httpx.Response:
    described: dict[str, Any] = case.as_transport_kwargs(base_url="http://lrx.test/api/v1")
    prepared = requests.Request(**described).prepare()
    headers = {**prepared.headers, "Authorization": key}
    body: Any = prepared.body
    return await scene.house.http.request(str(prepared.method), str(prepared.url), content=body, headers=headers)


def test_every_address_names_something_there(portal: BlockingPortal, scene: Scene) -> None:
    wanted = {name for described in DESCRIBED for name in described.parameters("path")}
    assert wanted == set(scene.ids)
    for described in DESCRIBED:
        if described.method == "GET" and described.name != "get_activity_by_iri":
            assert portal.call(_status, scene, described) == 200, described.name


async def _status(scene: Scene, described: Described) -> int:
    return (await scene.send(described)).status_code
