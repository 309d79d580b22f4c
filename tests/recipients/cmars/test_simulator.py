import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
import uvicorn
from starlette.types import ASGIApp
from typer.testing import CliRunner

from lrx.errors import Busy, OutcomeUnknown, StorageFull, StorageUnavailable
from lrx.text import text
from recipients.cmars.simulator import NoAnswer, cmars_simulator, read_roster, refresh

ROSTER = ["CA-ON-CPSO-12345", "CA-ON-CPSO-20000", "CA-ON-CNO-77777", "CA-ON-CPSO-99999", "nobody"]
COUNTS = {"records": 1, "nothing": 1, "WS400": 2, "WS401": 1}


def test_a_roster_has_one_identifier_to_a_line() -> None:
    lines = ["# our staff", "", " CA-ON-CPSO-1 ", "CPSO #2", "CA-ON-CPSO-1", "   # left"]
    assert read_roster(lines) == ["CA-ON-CPSO-1", "CPSO #2"]


@pytest.mark.anyio
@pytest.mark.parametrize("batch_size", [1, 2, 5, 1000])
async def test_everybody_is_asked_for_whatever_the_batch(
    batch_size: int, client: httpx.AsyncClient, transcripts: Any
) -> None:
    done = await refresh(client, ROSTER, batch_size)
    assert [question.identifier for question in transcripts.asked] == ROSTER
    assert [answer.asked for answer in done.answers] == ROSTER
    assert done.counts == COUNTS
    assert [(answer.code, answer.asked) for answer in done.refused] == [
        ("WS400", "CA-ON-CNO-77777"),
        ("WS401", "CA-ON-CPSO-99999"),
        ("WS400", "nobody"),
    ]


@pytest.mark.anyio
async def test_an_empty_roster_asks_nothing(client: httpx.AsyncClient, transcripts: Any) -> None:
    assert (await refresh(client, [], 1000)).answers == ()
    assert transcripts.asked == []


@pytest.mark.anyio
@pytest.mark.parametrize("kind", [Busy, StorageFull, StorageUnavailable, OutcomeUnknown])
async def test_it_waits_as_long_as_a_busy_exchange_asks(
    kind: type[Busy], client: httpx.AsyncClient, transcripts: Any
) -> None:
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)
        transcripts.failure = None

    transcripts.failure = kind(text("Not now."), retry_after=7)
    assert (await refresh(client, ROSTER, 1000, wait)).counts == COUNTS
    assert waited == [7]


@pytest.mark.anyio
async def test_it_gives_up_on_an_exchange_that_stays_busy(client: httpx.AsyncClient, transcripts: Any) -> None:
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    transcripts.failure = Busy(text("Too many questions."), retry_after=3600)
    with pytest.raises(NoAnswer, match="busy"):
        await refresh(client, ROSTER, 1000, wait)
    assert waited == [60] * 5


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (httpx.Response(502, text="<html>Bad gateway</html>"), "HTTP 502"),
        (httpx.Response(200, json=[]), "HTTP 200"),
        (httpx.Response(200, json={"answers": [{"records": []}]}), "HTTP 200"),
        (httpx.Response(200, json={"answers": []}), "other people"),
        (httpx.Response(200, json={"answers": [{"asked": "CA-ON-CPSO-1", "records": []}]}), "other people"),
        (httpx.Response(401, json={"code": "unauthenticated", "message": "Sign in."}), "unauthenticated"),
    ],
)
async def test_what_is_no_answer_stops_the_refresh_with_a_sentence(answer: httpx.Response, told: str) -> None:
    transport = httpx.MockTransport(lambda request: answer)
    async with httpx.AsyncClient(transport=transport, base_url="http://lrx.test") as client:
        with pytest.raises(NoAnswer, match=told):
            await refresh(client, ROSTER[:2], 2)


@pytest.fixture
def address(service: ASGIApp) -> Iterator[str]:
    """The service on a port of this machine, with its door locked."""
    locked = httpx.BasicAuth("cmars", "s3cret")._auth_header

    async def door(scope: Any, receive: Any, send: Any) -> None:
        if dict(scope["headers"]).get(b"authorization") != locked.encode():
            await send({"type": "http.response.start", "status": 401, "headers": []})
            await send({"type": "http.response.body", "body": b'{"code": "unauthenticated", "message": "Sign in."}'})
            return
        await service(scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(door, port=0, log_config=None, lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    file = tmp_path / "roster.txt"
    file.write_text("\ufeff# Professional staff\n" + "\n".join(ROSTER), "utf-8")
    return file


def run(*arguments: str, password: str | None) -> Any:
    app = typer.Typer()
    app.command("cmars-simulator")(cmars_simulator)
    return CliRunner().invoke(app, list(arguments), env={"LRX_CMARS_PASSWORD": password})


def test_the_command_tells_people_what_was_answered(address: str, roster: Path) -> None:
    ended = run(str(roster), "--url", address, "--username", "cmars", "--batch-size", "2", password="s3cret")
    assert ended.exit_code == 0, ended.output
    assert "Asked for 5 people: 1 with records, 1 with nothing to show, 2 WS400, 1 WS401." in ended.stdout
    assert "CA-ON-CPSO-99999" in ended.stdout
    assert "Correct the OCI ID at CMaRS" in ended.stdout


def test_the_command_writes_one_json_document_for_all_refreshes(address: str, roster: Path, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    ended = run(
        *(str(roster), "--url", address, "--username", "cmars", "--password-file", str(secret)),
        *("--json", "--times", "2", "--every", "0.01"),
        password=None,
    )
    assert ended.exit_code == 0, ended.output
    refreshes = json.loads(ended.stdout)["refreshes"]
    assert [(one["asked"], one["records"], one["outcomes"]) for one in refreshes] == [(5, 1, COUNTS)] * 2
    assert [(one["code"], one["asked"]) for one in refreshes[0]["refused"]][-1] == ("WS400", "nobody")
    assert ended.stderr.count("Asked for 5 people") == 2


@pytest.mark.parametrize(
    ("url", "password", "told"),
    [
        ("http://127.0.0.1:1", "s3cret", "cannot be reached"),
        ("ftp://127.0.0.1", "s3cret", "is no address"),
        ("http://127.0.0.1:port", "s3cret", "is no address"),
        ("http://127.0.0.1:1", None, "No password was given"),
    ],
)
def test_the_command_says_why_it_cannot_ask(url: str, password: str | None, told: str, roster: Path) -> None:
    ended = run(str(roster), "--url", url, "--username", "cmars", password=password)
    assert ended.exit_code == 5
    assert told in ended.stderr
    assert ended.stdout == ""


def test_a_wrong_password_is_told_as_the_exchange_says_it(address: str, roster: Path) -> None:
    ended = run(str(roster), "--url", address, "--username", "cmars", password="wrong")
    assert ended.exit_code == 5
    assert "unauthenticated" in ended.stderr


def test_a_roster_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    ended = run(str(tmp_path / "none.txt"), "--url", "http://127.0.0.1:1", "--username", "cmars", password="s3cret")
    assert ended.exit_code == 5
    assert "cannot be read" in ended.stderr
