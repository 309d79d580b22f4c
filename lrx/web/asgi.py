"""What every surface shares: endpoints by method, request ids, the access log, metrics, security headers, the limit of
a body, and problems for what nobody caught. `wrap` puts it around an application."""

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPMethod

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lrx.errors import LrxError
from lrx.exchange import Exchange
from lrx.identifiers import RandomBytes
from lrx.logs import log, trace_of
from lrx.metrics import Metrics
from lrx.text import LANGUAGES, Language, text
from lrx.web.problems import BodyTooLarge, MethodNotAllowed, Unexpected, UnknownPath, problem

__all__ = ["Endpoint", "Handler", "language_of", "no_such_path", "request_id_of", "wrap"]

Handler = Callable[[Request], Awaitable[Response]]

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
LANGUAGE_RANGE = re.compile(r"\s*(\*|[A-Za-z]{1,8})(?:-[A-Za-z0-9-]+)?\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?)\s*)?")
BEARER = "Bearer"
CLIENT_WENT_AWAY = 499
"""In the log and the metrics only: the connection ended before there was an answer."""

# A surface that needs another value, such as a page with style sheets, sets the header itself.
DEFAULT_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Endpoint:
    """Everything at one path: a handler and the name of a permission for each method; other methods are refused.
    `scheme` is the one callers authenticate with here: a 401 names it."""

    def __init__(self, handlers: Mapping[str, Handler], permissions: Mapping[str, str], scheme: str = BEARER) -> None:
        if handlers.keys() != permissions.keys():
            raise ValueError("every method of a path names its permission")
        self.handlers = handlers
        self.permissions = permissions
        self.scheme = scheme

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["scheme"] = self.scheme
        handler = self.handlers.get(scope["method"])
        if handler is None:
            raise MethodNotAllowed(tuple(self.handlers))
        response = await handler(Request(scope, receive))
        await response(scope, receive, send)


async def no_such_path(scope: Scope, receive: Receive, send: Send) -> None:
    """The end of a router: what to do when no route matches."""
    raise UnknownPath(text("There is nothing at this path. Check the address."))


def request_id_of(scope: Scope) -> str:
    """The id of the request, inside `wrap`."""
    return str(scope["state"]["request_id"])


def language_of(scope: Scope) -> Language:
    """The language the reader asked for, or the one of the settings; inside `wrap`."""
    language: Language = scope["state"]["language"]
    return language


def wrap(app: ASGIApp, exchange: Exchange, timer: Callable[[], float] = time.perf_counter) -> ASGIApp:
    """Return `app` with all that surfaces share around it. `timer` counts seconds, for durations only."""
    app = _limit_body(app, exchange.settings.max_body_bytes)
    app = _answer_problems(app)
    app = _set_headers(app)
    app = _watch(app, exchange.metrics, timer)
    return _introduce(app, exchange.random, exchange.settings.language)


def _introduce(app: ASGIApp, random: RandomBytes, default: Language) -> ASGIApp:
    """Give each request an id, its own where it brought a usable one, and find its reader's language."""

    async def introduced(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else random(16).hex()
        scope.setdefault("state", {}).update(
            request_id=request_id, language=_preferred(headers.get("accept-language", ""), default)
        )

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await app(scope, receive, send_with_id)

    return introduced


def _watch(app: ASGIApp, metrics: Metrics, timer: Callable[[], float]) -> ASGIApp:
    """Log and count each answer by the template of its route, never by what was in the path or the query."""

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        start, status = timer(), CLIENT_WENT_AWAY

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, send_and_note)
        finally:
            seconds = timer() - start
            method = scope["method"] if scope["method"] in HTTPMethod.__members__ else "OTHER"
            route = _template(scope)
            metrics.requests.labels(method, route, str(status)).inc()
            metrics.request_seconds.labels(method, route).observe(seconds)
            log.info("request", method=method, route=route, status=status, duration_ms=round(seconds * 1000, 3))

    return watched


def _set_headers(app: ASGIApp) -> ASGIApp:
    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in DEFAULT_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await app(scope, receive, send_with_headers)

    return guarded


def _answer_problems(app: ASGIApp) -> ASGIApp:
    """Answer whatever was not caught. A mistake of ours is logged with its trace; the caller is told its id only."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        has_started = False

        async def send_and_note(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await app(scope, receive, send_and_note)
            return
        except ClientDisconnect:
            return  # nobody is left to answer
        except LrxError as error:
            refusal = error
        except Exception as error:
            log.error("unexpected error", error=type(error).__qualname__, trace=trace_of(error))
            refusal = Unexpected(request_id_of(scope))
        if has_started:
            raise refusal  # too late for another answer; the server breaks the connection off
        response = problem(
            refusal,
            language=language_of(scope),
            path=scope["path"],
            request_id=request_id_of(scope),
            scheme=scope["state"].get("scheme", BEARER),
        )
        await response(scope, receive, send)

    return answering


def _limit_body(app: ASGIApp, limit: int) -> ASGIApp:
    """Refuse a body over `limit` bytes where somebody reads it, so that each surface can say so in its own format:
    by the declared length before anything is taken in, else when too much has come."""

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        received = 0

        async def receive_at_most() -> Message:
            nonlocal received
            if declared.isdecimal() and int(declared) > limit:
                raise BodyTooLarge(limit)
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise BodyTooLarge(limit)
            return message

        await app(scope, receive_at_most, send)

    return limited


def _template(scope: Scope) -> str:
    """The route as it was declared. Prefixes of mounted applications are constants, so they may be told as they are."""
    route, root = scope.get("route"), scope.get("root_path", "")
    prefix = root.removeprefix(scope.get("app_root_path", root))
    if isinstance(route, Route):
        return f"{prefix}{route.path_format}"
    if isinstance(route, Mount) and not route.routes:
        return f"{prefix}/{{path}}"
    return "unmatched"


def _preferred(accepted: str, default: Language) -> Language:
    """Return what Accept-Language (RFC 9110, 12.5.4) likes best among our languages."""
    weights: dict[str, float] = {}
    for part in accepted.split(","):
        if found := LANGUAGE_RANGE.fullmatch(part):
            weights.setdefault(found[1].lower(), float(found[2] or 1))
    best: Language = max(LANGUAGES, key=lambda language: (weights.get(language, 0.0), language == default))
    return best if weights.get(best, 0.0) > 0 else default
