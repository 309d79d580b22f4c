import base64
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import anyio
import httpx
import pytest
from sqlmodel import Session, func, select
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import ASGIApp, Message
from structlog.testing import capture_logs

from lrx import health
from lrx.errors import Busy, Conflict, Unauthenticated
from lrx.exchange import Exchange, open_exchange
from lrx.metrics import Reading
from lrx.models import Site
from lrx.settings import Settings
from lrx.text import text
from lrx.web import Endpoint, language_of, no_such_path, request_id_of, wrap
from lrx.web.authentication import basic

pytestmark = pytest.mark.anyio

LIMIT = 1024
IDENTIFIER = "CA-ON-CPSO-12345"


@pytest.fixture
async def plain_exchange(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Exchange]:
    shutil.copy(sqlite_template, tmp_path / "lrx.db")
    async with open_exchange(Settings(data_dir=tmp_path, max_body_bytes=LIMIT)) as opened:
        numbers = count(1)
        yield replace(opened, random=lambda size: next(numbers).to_bytes(size, "big"))


async def greet(request: Request) -> Response:
    return PlainTextResponse(f"{request_id_of(request.scope)} {language_of(request.scope)}")


async def swallow(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def page(_request: Request) -> Response:
    return PlainTextResponse("a page", headers={"Content-Security-Policy": "default-src 'self'"})


async def refuse(_request: Request) -> Response:
    raise Conflict(text("It cannot be."))


async def come_later(_request: Request) -> Response:
    raise Busy(text("Later."), retry_after=9)


async def fail(_request: Request) -> Response:
    try:
        raise KeyError(IDENTIFIER)
    except KeyError as error:
        raise RuntimeError(f"{IDENTIFIER} is wrong") from error


def at(path: str, handler: Any, method: str = "GET") -> Route:
    return Route(path, Endpoint({method: handler}, {method: "public"}))


ROUTES: list[BaseRoute] = [
    at("/greet/{name}", greet),
    at("/swallow", swallow, "POST"),
    at("/refuse", refuse),
    at("/later", come_later),
    at("/fail", fail),
    Mount("/pages", Router([at("/{page}", page)], redirect_slashes=False, default=no_such_path)),
    Mount("/files", app=PlainTextResponse("a file")),
]


@asynccontextmanager
async def client_of(exchange: Exchange, routes: list[BaseRoute] = ROUTES) -> AsyncIterator[httpx.AsyncClient]:
    router = Router(routes, redirect_slashes=False, default=no_such_path)
    seconds = count()
    app = wrap(router, exchange, timer=lambda: next(seconds) / 4)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://lrx.test") as client:
        yield client


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [
        ("abc.DEF_1-2", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("", False),
        ("two words", False),
        ("line\\nbreak", False),
        ("é", False),
    ],
)
async def test_a_usable_request_id_is_kept_and_another_replaced(
    plain_exchange: Exchange, given: str, is_kept: bool
) -> None:
    async with client_of(plain_exchange) as client:
        answer = await client.get("/greet/a", headers={b"X-Request-Id": given.encode()})
    request_id = answer.headers["x-request-id"]
    assert answer.text.split()[0] == request_id
    assert (request_id == given) == is_kept
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", request_id)


async def test_every_answer_has_a_request_id_of_its_own(plain_exchange: Exchange) -> None:
    async with client_of(plain_exchange) as client:
        ids = [
            (await client.get(path)).headers["x-request-id"] for path in ("/greet/a", "/greet/a", "/nowhere", "/fail")
        ]
    assert len(set(ids)) == 4


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("fr", "fr"),
        ("fr-CA", "fr"),
        ("FR-ca,en;q=0.8", "fr"),
        ("en;q=0.2, fr;q=0.9", "fr"),
        ("en, fr", "en"),
        ("de, fr;q=0.1", "fr"),
        ("de", "en"),
        ("fr;q=0", "en"),
        ("*", "en"),
        ("fr;q=x", "en"),
        (";;;,,", "en"),
    ],
)
async def test_the_reader_chooses_the_language(plain_exchange: Exchange, accepted: str | None, language: str) -> None:
    async with client_of(plain_exchange) as client:
        headers = {} if accepted is None else {"Accept-Language": accepted}
        assert (await client.get("/greet/a", headers=headers)).text.split()[1] == language


@pytest.mark.parametrize(
    ("path", "route", "status"),
    [
        ("/greet/CA-ON-CPSO-12345?q=Amira", "/greet/{name}", 200),
        ("/pages/CA-ON-CPSO-12345", "/pages/{page}", 200),
        ("/files/CA-ON-CPSO-12345", "/files/{path}", 200),
        ("/swallow", "/swallow", 405),
        ("/refuse", "/refuse", 409),
        ("/fail", "/fail", 500),
        ("/CA-ON-CPSO-12345", "unmatched", 404),
        ("/pages/CA-ON-CPSO-12345/deeper", "unmatched", 404),
        ("/greet/a/", "unmatched", 404),
    ],
)
async def test_logs_and_metrics_know_the_route_and_not_what_was_in_it(
    plain_exchange: Exchange, path: str, route: str, status: int
) -> None:
    metrics = plain_exchange.metrics
    async with client_of(plain_exchange) as client:
        with capture_logs() as lines:
            answer = await client.get(path)
    assert answer.status_code == status
    line = lines[-1]
    assert line == {
        "event": "request",
        "log_level": "info",
        "method": "GET",
        "route": route,
        "status": status,
        "duration_ms": 250.0,
    }
    assert IDENTIFIER not in str(lines)
    assert "Amira" not in str(lines)
    labels = {"method": "GET", "route": route}
    assert metrics.registry.get_sample_value("lrx_requests_total", {**labels, "status": str(status)}) == 1
    assert metrics.registry.get_sample_value("lrx_request_seconds_sum", labels) == 0.25


async def test_an_invented_method_makes_no_label_of_its_own(plain_exchange: Exchange) -> None:
    metrics = plain_exchange.metrics
    async with client_of(plain_exchange) as client:
        await client.request("AMIRA", "/refuse")
    labels = {"method": "OTHER", "route": "/refuse", "status": "405"}
    assert metrics.registry.get_sample_value("lrx_requests_total", labels) == 1


@pytest.mark.parametrize("path", ["/greet/a", "/refuse", "/fail", "/nowhere"])
async def test_every_answer_is_guarded_by_headers(plain_exchange: Exchange, path: str) -> None:
    async with client_of(plain_exchange) as client:
        headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["cache-control"] == "no-store"


async def test_a_surface_may_have_a_policy_of_its_own(plain_exchange: Exchange) -> None:
    async with client_of(plain_exchange) as client:
        headers = (await client.get("/pages/a")).headers
    assert headers.get_list("content-security-policy") == ["default-src 'self'"]


async def test_an_error_that_nobody_caught_is_a_problem(plain_exchange: Exchange) -> None:
    async with client_of(plain_exchange) as client:
        conflict, later = await client.get("/refuse"), await client.get("/later")
    assert (conflict.status_code, conflict.json()["detail"]) == (409, "It cannot be.")
    assert (later.status_code, later.headers["retry-after"], later.json()["retryable"]) == (429, "9", True)


async def test_a_mistake_of_ours_is_in_the_log_and_not_in_the_answer(plain_exchange: Exchange) -> None:
    async with client_of(plain_exchange) as client:
        with capture_logs() as lines:
            answer = await client.get("/fail", headers={"X-Request-Id": "r1"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["code"], answer.json()["request_id"]) == ("unexpected", "r1")
    assert "RuntimeError" not in answer.text
    assert IDENTIFIER not in answer.text
    mistake = lines[0]
    assert (mistake["event"], mistake["log_level"], mistake["error"]) == ("unexpected error", "error", "RuntimeError")
    assert "in fail" in mistake["trace"]
    assert mistake["trace"].index("builtins.KeyError") < mistake["trace"].index("builtins.RuntimeError")
    # What was wrong may be a person's; what a database refused certainly is.
    assert "CPSO" not in mistake["trace"].replace("raise KeyError(IDENTIFIER)", "")


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1, 413)])
@pytest.mark.parametrize("is_streamed", [False, True])
async def test_the_body_has_a_limit(plain_exchange: Exchange, size: int, status: int, is_streamed: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"x" * (size - 10)
        yield b"x" * 10

    async with client_of(plain_exchange) as client:
        answer = await client.post("/swallow", content=pieces() if is_streamed else b"x" * size)
    assert answer.status_code == status
    assert status == 200 or answer.json()["code"] == "body_too_large"


async def test_when_an_answer_has_begun_the_connection_is_broken_off(plain_exchange: Exchange) -> None:
    async def half(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("half way")

    with capture_logs() as lines, pytest.raises(Exception, match="Something went wrong here"):
        await _call(wrap(half, plain_exchange))
    assert [line["event"] for line in lines] == ["unexpected error", "request"]


async def test_a_caller_who_went_away_is_not_a_mistake_of_ours(plain_exchange: Exchange) -> None:
    with capture_logs() as lines:
        sent = await _call(wrap(at("/", swallow, "POST").app, plain_exchange), "POST")
    assert sent == []
    assert [(line["event"], line["status"]) for line in lines] == [("request", 499)]


async def _call(app: ASGIApp, method: str = "GET") -> list[Message]:
    """Send a request whose connection ends before its body has come."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": "/", "query_string": b"", "headers": []}
    await app(scope, receive, send)
    return sent


def test_a_method_without_a_permission_is_refused_when_it_is_built() -> None:
    with pytest.raises(ValueError, match="names its permission"):
        Endpoint({"GET": greet, "POST": greet}, {"GET": "public"})


async def test_a_running_process_over_a_current_schema_is_ready(plain_exchange: Exchange) -> None:
    async with client_of(plain_exchange, routes=[*health.routes(plain_exchange)]) as client:
        alive, ready, head = await client.get("/healthz"), await client.get("/readyz"), await client.head("/healthz")
    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json()) == (
        200,
        {"status": "ready", "checks": {"database": "ok", "schema": "ok"}},
    )
    assert head.status_code == 200


async def test_the_migrations_are_not_read_again_at_each_look(
    plain_exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_again(*_: object) -> None:
        pytest.fail("the migrations are read again")

    async with client_of(plain_exchange, routes=[*health.routes(plain_exchange)]) as client:
        assert (await client.get("/readyz")).status_code == 200
        monkeypatch.setattr("lrx.schema.ScriptDirectory.from_config", read_again)
        assert (await client.get("/readyz")).status_code == 200


async def test_health_is_public_and_names_it(plain_exchange: Exchange) -> None:
    built = health.routes(plain_exchange)
    assert [route.path for route in built] == ["/healthz", "/readyz", "/metrics"]
    endpoints = [cast(Endpoint, route.endpoint) for route in built]
    assert {name for endpoint in endpoints for name in endpoint.permissions.values()} == {"public"}


async def test_an_empty_database_is_not_ready(tmp_path: Path) -> None:
    await anyio.Path(tmp_path / "lrx.db").touch()
    async with (
        open_exchange(Settings(data_dir=tmp_path)) as exchange,
        client_of(exchange, routes=[*health.routes(exchange)]) as client,
    ):
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not_ready", "checks": {"database": "ok", "schema": "behind"}}


async def test_a_database_that_does_not_answer_is_not_ready_and_says_no_more(tmp_path: Path) -> None:
    (tmp_path / "lrx.db").write_bytes(b"this is no database, whatever it is called" * 100)
    async with open_exchange(Settings(data_dir=tmp_path)) as exchange:
        readings = [Reading("sites", "Sites.", lambda session: 1)]
        async with client_of(exchange, [*health.routes(exchange, readings)]) as client:
            with capture_logs():
                alive, ready, counted = [await client.get(path) for path in ("/healthz", "/readyz", "/metrics")]
    assert alive.status_code == 200
    assert ready.status_code == 503
    assert ready.json() == {"status": "not_ready", "checks": {"database": "failed", "schema": "unknown"}}
    assert counted.status_code == 200
    assert "lrx_sites NaN" in counted.text
    assert 'lrx_requests_total{method="GET",route="/healthz",status="200"} 1.0' in counted.text


async def test_metrics_show_what_was_counted_and_what_the_database_holds(plain_exchange: Exchange) -> None:
    def sites(session: Session) -> float:
        return session.exec(select(func.count()).select_from(Site)).one()

    metrics = plain_exchange.metrics
    metrics.statements.labels("stored").inc(3)
    metrics.records.labels("recorded").inc()
    metrics.inquiries.labels("cmars", "answered").inc(2)
    async with client_of(
        plain_exchange, [*health.routes(plain_exchange, [Reading("sites", "Sites.", sites)])]
    ) as client:
        before = await client.get("/metrics")
        await plain_exchange.database.write(_add_site)
        after = await client.get("/metrics")
    assert before.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'lrx_statements_total{outcome="stored"} 3.0' in before.text
    assert 'lrx_records_total{result="recorded"} 1.0' in before.text
    assert 'lrx_inquiries_total{outcome="answered",recipient="cmars"} 2.0' in before.text
    assert "lrx_sites 0.0" in before.text
    assert "lrx_sites 1.0" in after.text


def _add_site(session: Session) -> None:
    session.add(
        Site(
            id=UUID(int=1),
            code="x",
            name="x",
            time_zone="UTC",
            language="en",
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
    )


@pytest.mark.parametrize(
    ("pair", "expected"),
    [("cmars:secret", ("cmars", "secret")), ("é:ü:ö", ("é", "ü:ö")), (":", ("", "")), ("a:", ("a", ""))],
)
def test_a_user_name_and_password_are_read_as_utf_8(pair: str, expected: tuple[str, str]) -> None:
    header = f"basic {base64.b64encode(pair.encode()).decode()}"
    assert basic(Headers({"Authorization": header})) == expected


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        "Basic YQ",
        f"Basic {base64.b64encode(b'no colon').decode()}",
        f"Basic {base64.b64encode(bytes([0xFF, 0x3A])).decode()}",
        f"Basic {base64.b64encode(b'a:' + bytes(1)).decode()}",
        "Bearer YTpi",
    ],
)
def test_a_malformed_user_name_and_password_are_nobody(header: str | None) -> None:
    with pytest.raises(Unauthenticated):
        basic(Headers({} if header is None else {"Authorization": header}))
