"""What every surface shares: endpoints by method, request ids, the access log, metrics, security headers, the limit of
a body, and problems for what nobody caught. `wrap` puts it around an application."""

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from http import HTTPMethod

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, reset_contextvars

from lrx.errors import LrxError
from lrx.exchange import Exchange
from lrx.identifiers import RandomBytes
from lrx.logs import log, trace_of
from lrx.metrics import Metrics
from lrx.text import LANGUAGES, Language, text
from lrx.web.problems import BodyTooLarge, MethodNotAllowed, Unexpected, UnknownPath, problem

__all__ = [
    "BEARER",
    "DEFAULT_RAW",
    "Endpoint",
    "Handler",
    "language_of",
    "no_such_path",
    "preferred_language",
    "request_id_of",
    "wrap",
]

Handler = Callable[[Request], Awaitable[Response]]

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
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
DEFAULT_RAW = [(name.lower().encode(), value.encode()) for name, value in DEFAULT_HEADERS.items()]


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
    limit, default, random = exchange.settings.max_body_bytes, exchange.settings.language, exchange.random
    tally = _Tally(exchange.metrics)

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        start = timer()
        passage = _Passage(scope, receive, send, random, default, limit)
        bound = bind_contextvars(request_id=passage.request_id)
        try:
            await passage.through(app)
        finally:
            tally.note(scope, passage.status, timer() - start)
            reset_contextvars(**bound)

    return wrapped


class _Passage:
    """One request on its way in, and its answer on the way out."""

    __slots__ = ("_declared", "_limit", "_receive", "_received", "_scope", "_send", "request_id", "status")

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, random: RandomBytes, default: Language, limit: int
    ) -> None:
        given = accepted = declared = b""
        for name, value in scope["headers"]:
            match name:
                case b"x-request-id":
                    given = given or value
                case b"accept-language":
                    accepted = accepted or value
                case b"content-length":
                    declared = value
        self._scope, self._receive, self._send = scope, receive, send
        self._limit, self._declared, self._received = limit, int(declared[:18]) if declared.isdigit() else 0, 0
        self.request_id = given.decode() if REQUEST_ID.fullmatch(given) else random(16).hex()
        self.status = CLIENT_WENT_AWAY
        """Of the answer, once it has begun."""
        language = preferred_language(accepted.decode("latin-1"), default) if accepted else default
        scope.setdefault("state", {}).update(request_id=self.request_id, language=language)

    async def through(self, app: ASGIApp) -> None:
        """Have it answered, by a problem if need be. A mistake of ours is logged with its trace; the caller is told its
        id only."""
        scope = self._scope
        try:
            await app(scope, self.receive, self.send)
            return
        except ClientDisconnect:
            return  # nobody is left to answer
        except LrxError as error:
            # Without its trace, which would hold this frame, and with it the body, until garbage is looked for.
            refusal = error.with_traceback(None)
        except Exception as error:
            log.error("unexpected error", error=type(error).__qualname__, trace=trace_of(error))
            refusal = Unexpected(self.request_id)
        if self.status != CLIENT_WENT_AWAY:
            raise refusal  # too late for another answer; the server breaks the connection off
        response = problem(
            refusal,
            language=language_of(scope),
            path=scope["path"],
            request_id=self.request_id,
            scheme=scope["state"].get("scheme", BEARER),
        )
        await response(scope, self.receive, self.send)

    async def receive(self) -> Message:
        """Refuse a body over the limit where somebody reads it, so that each surface can say so in its own format: by
        the declared length before anything is taken in, else when too much has come."""
        if self._declared > self._limit:
            raise BodyTooLarge(self._limit)
        message = await self._receive()
        self._received += len(message.get("body", b""))
        if self._received > self._limit:
            raise BodyTooLarge(self._limit)
        return message

    async def send(self, message: Message) -> None:
        """Note the status, and set the headers that are not there."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [one for one in message.get("headers", ()) if one[0] != b"x-request-id"]
            names = {name for name, _ in headers}
            headers += [one for one in DEFAULT_RAW if one[0] not in names]
            headers += self._scope["state"].get("headers", ())  # those of every answer to this request
            headers.append((b"x-request-id", self.request_id.encode()))
            message["headers"] = headers
        await self._send(message)


class _Tally:
    """Logs and counts each answer by the template of its route, never by what was in the path or the query."""

    def __init__(self, metrics: Metrics) -> None:
        # The library looks its labels up anew each time, under a lock.
        self._requests = cache(metrics.requests.labels)
        self._seconds = cache(metrics.request_seconds.labels)

    def note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in HTTPMethod.__members__ else "OTHER"
        route = _template(scope)
        self._requests(method, route, str(status)).inc()
        self._seconds(method, route).observe(seconds)
        log.info("request", method=method, route=route, status=status, duration_ms=round(seconds * 1000, 3))


def _template(scope: Scope) -> str:
    """The route as it was declared. Prefixes of mounted applications are constants, so they may be told as they are."""
    route, root = scope.get("route"), scope.get("root_path", "")
    prefix = root.removeprefix(scope.get("app_root_path", root))
    if isinstance(route, Route):
        return f"{prefix}{route.path_format}"
    if isinstance(route, Mount) and not route.routes:
        return f"{prefix}/{{path}}"
    return "unmatched"


def preferred_language(accepted: str, default: Language) -> Language:
    """Return what Accept-Language (RFC 9110, 12.5.4) likes best among our languages."""
    weights: dict[str, float] = {}
    for part in accepted.split(","):
        if found := LANGUAGE_RANGE.fullmatch(part):
            weights.setdefault(found[1].lower(), float(found[2] or 1))
    best: Language = max(LANGUAGES, key=lambda language: (weights.get(language, 0.0), language == default))
    return best if weights.get(best, 0.0) > 0 else default
