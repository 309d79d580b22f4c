"""Endpoints: operations as they are reached over HTTP, one route for each path.

In this order: who calls, how often, and whether they may; what was sent; then one transaction with the Idempotency-Key,
the precondition, the effect and the answer.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route, Router
from starlette.types import Receive, Scope, Send

from lrx.access import permit
from lrx.api.idempotency import Once, Reply, key_of, once, once_sealed, request_hash
from lrx.api.operation import PATH_PARAMETER, Answer, Call, Operation, operation_of
from lrx.api.pagination import Page, next_link
from lrx.api.preconditions import IF_MATCH, IF_NONE_MATCH, Tags, entity_tag, require_same, tags_of
from lrx.clock import written_in_utc
from lrx.exchange import Exchange
from lrx.text import LANGUAGES
from lrx.web import Endpoint, Handler, language_of, no_such_path, request_id_of
from lrx.web.authentication import authenticate
from lrx.web.files import Download
from lrx.web.rate import Rate
from lrx.web.reading import NoQuery, read_body, read_content, read_path, read_query

__all__ = ["CONSISTENT_THROUGH", "router", "routes"]

CONSISTENT_THROUGH = "LRX-Consistent-Through"
VARY = {"Vary": "Authorization, Accept-Language"}
Inputs = Mapping[str, BaseModel]


def routes(functions: Iterable[Callable[..., Any]], exchange: Exchange) -> list[Route]:
    """Return one route for each path, in the order of the functions. Its endpoint has `permissions` by method."""
    by_path: dict[str, dict[str, Operation]] = {}
    for declared in map(operation_of, functions):
        methods = by_path.setdefault(declared.path, {})
        if declared.method in methods:
            raise ValueError(f"{declared.method} {declared.path} is declared twice")
        methods[declared.method] = declared
    rate = Rate(exchange.settings.api_rate_limit)
    return [_Route(path, _endpoint(methods, exchange, rate), name=path) for path, methods in by_path.items()]


def router(routes: Sequence[Route]) -> Router:
    """Return an application that finds the route of a path at once, however many there are."""
    return _Table(routes)


class _Route(Route):
    """A route that finds its parameters before they are percent-decoded: a user name may hold a slash."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or (found := self.path_regex.match(_sent(scope))) is None:
            return Match.NONE, {}
        parameters = {name: unquote(value, errors="replace") for name, value in found.groupdict().items()}
        return Match.FULL, {"endpoint": self.endpoint, "path_params": parameters}


class _Table(Router):
    def __init__(self, routes: Sequence[Route]) -> None:
        super().__init__(routes=list(routes), redirect_slashes=False, default=no_such_path)
        self._fixed = {route.path: route for route in routes if "{" not in route.path}
        self._shaped: dict[tuple[str, int], list[Route]] = {}
        for route in routes:
            if "{" in route.path:
                self._shaped.setdefault(_shape(route.path), []).append(route)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        sent = _sent(scope)
        route = self._fixed.get(sent)
        found: Scope = {"endpoint": route.endpoint, "path_params": {}} if route is not None else {}
        if route is None:
            for one in self._shaped.get(_shape(sent), ()):
                match, found = one.matches(scope)
                if match is Match.FULL:
                    route = one
                    break
        if route is None:
            await self.default(scope, receive, send)
            return
        scope["route"] = route
        scope.update(found)
        await route.handle(scope, receive, send)


def _shape(path: str) -> tuple[str, int]:
    """The first part of a path, which is never a parameter, and how many parts it has."""
    return path.split("/", 2)[1] if "/" in path else "", path.count("/")


def _sent(scope: Scope) -> str:
    """The path as it was sent, below where this is mounted."""
    raw, root = scope.get("raw_path"), scope.get("root_path", "")
    whole = raw.decode("ascii", "replace") if raw is not None else quote(scope["path"])
    return whole[len(root) :] if whole.startswith(root) else ""


def _endpoint(methods: Mapping[str, Operation], exchange: Exchange, rate: Rate) -> Endpoint:
    handlers: dict[str, Handler] = {
        method: partial(_respond, declared, exchange, rate) for method, declared in methods.items()
    }
    return Endpoint(handlers, {method: declared.permission for method, declared in methods.items()})


async def _respond(declared: Operation, exchange: Exchange, rate: Rate, request: Request) -> Response:
    caller = await authenticate(exchange.database, request.headers)
    rate.admit(request.scope, caller.id)
    permit(caller, declared.permission)
    inputs, body = await _read(declared, request)
    call = Call(
        exchange,
        caller,
        exchange.act(caller, request_id_of(request.scope)),
        language_of(request.scope),
        request_id_of(request.scope),
        request.headers,
        _once(declared, caller.id, request, body),
        partial(_reply, declared, request.scope),
    )
    if not declared.takes_session:
        result = await declared.function(call, **inputs)
        return result.response() if isinstance(result, Download) else _response(declared, call.reply(result))
    if declared.method != "GET":
        seen = tags_of(request.headers, IF_MATCH) if declared.guards is not None else None
        written = await call.write(partial(_written, declared, call, inputs, seen))
        for done in call.afterwards:
            done()
        return _response(declared, written)
    headers = await _consistent_through(exchange) if declared.synced else {}
    known = tags_of(request.headers, IF_NONE_MATCH) if declared.shows_noun else None
    reply = await call.read(lambda session: call.reply(declared.function(call, session=session, **inputs)))
    if declared.shows_noun:
        headers = {**VARY, "ETag": entity_tag(reply.body)}
        if known is not None and known.is_like(headers["ETag"]):
            return Response(None, 304, headers)
    return _response(declared, replace(reply, headers={**reply.headers, **headers}))


async def _read(declared: Operation, request: Request) -> tuple[dict[str, BaseModel], bytes]:
    models = declared.inputs
    inputs: dict[str, BaseModel] = {}
    if "path" in models:
        inputs["path"] = read_path(models["path"], request.path_params)
    query = read_query(models.get("query", NoQuery), request.scope["query_string"])
    if "query" in models:
        inputs["query"] = query
    if "body" not in models:
        return inputs, b""
    body = await read_body(request)
    inputs["body"] = read_content(models["body"], body)
    return inputs, body


def _once(declared: Operation, credential_id: str, request: Request, body: bytes) -> Once | None:
    key = key_of(request.headers) if declared.idempotent else None
    if key is None:
        return None
    return Once(UUID(credential_id), key, request_hash(request.method, request.scope["path"], body))


async def _consistent_through(exchange: Exchange) -> dict[str, str]:
    # Asked before the list is read: what was written before this time is then in it.
    through = await exchange.database.consistent_through(exchange.clock.now)
    return {CONSISTENT_THROUGH: written_in_utc(through)}


def _written(declared: Operation, call: Call, inputs: Inputs, seen: Tags | None, session: Session) -> Reply:
    call.afterwards.clear()  # of a try that was broken off
    call = replace(call, act=call.exchange.act_in(session, call.caller, call.request_id))
    if call.once is None:
        return _effect(declared, call, inputs, seen, session)
    effect = partial(_effect, declared, call, inputs, seen)
    if declared.confidential:
        return once_sealed(session, call.act, call.once, call.exchange.vault, effect)
    return once(session, call.act, call.once, effect)


def _effect(declared: Operation, call: Call, inputs: Inputs, seen: Tags | None, session: Session) -> Reply:
    guard = declared.guards
    if guard is not None and seen is not None and guard.rows is not None:
        path = _path_of(guard, inputs)
        # Held until the end, so that it is still what was compared when it changes.
        session.connection().execute(guard.rows(call.act, path.get("path")).with_for_update(key_share=True))
        languages = dict.fromkeys((call.language, *LANGUAGES))
        require_same(seen, [guard.function(replace(call, language=one), **path, session=session) for one in languages])
    reply = call.reply(declared.function(call, session=session, **inputs))
    if guard is None or declared.creates is not None or declared.method == "DELETE":
        return reply
    # The effect's own answer may say more than the noun's: then it is shown once more, as a GET would.
    is_shown = declared.result is guard.result
    body = reply.body if is_shown else _body(guard.function(call, **_path_of(guard, inputs), session=session))
    return replace(reply, headers={**reply.headers, "ETag": entity_tag(body)})


def _path_of(guard: Operation, inputs: Inputs) -> Inputs:
    model = guard.inputs.get("path")
    if model is None:
        return {}
    given = inputs["path"]
    if isinstance(given, model):
        return {"path": given}
    return {"path": model.model_validate({name: getattr(given, name) for name in model.model_fields})}


def _reply(declared: Operation, scope: Scope, result: object) -> Reply:
    if isinstance(result, Reply):
        return result
    answer = result if isinstance(result, Answer) else Answer(result)
    status, headers = answer.status or declared.status, dict(answer.headers)
    if declared.result is None:
        return Reply(status, b"", headers)
    # Another class, were it one derived from this, could hold fields that nobody meant to show.
    if type(answer.value) is not declared.result or not isinstance(answer.value, BaseModel):
        raise TypeError(f"{declared.name} returned {type(answer.value).__name__}, not {declared.result.__name__}")
    body = _body(answer.value)
    if isinstance(answer.value, Page) and answer.value.next_cursor is not None:
        headers["Link"] = next_link(scope["path"], scope["query_string"], answer.value.next_cursor)
    if declared.creates is not None:
        headers["Location"] = _location(declared.creates, scope, answer.value)
        if declared.shows_what_it_creates:
            headers["ETag"] = entity_tag(body)
    return Reply(status, body, headers)


def _body(shown: BaseModel) -> bytes:
    return shown.model_dump_json().encode()


def _location(created: Operation, scope: Scope, value: BaseModel) -> str:
    """Where the noun is shown: the path of the request names what it belongs to, the noun itself the rest."""
    given: dict[str, object] = dict(scope["path_params"])
    for name in PATH_PARAMETER.findall(created.path)[-1:]:
        given[name] = getattr(value, name, None) or getattr(value, "id", None)
    path = PATH_PARAMETER.sub(lambda found: quote(str(given[found[1]]), safe=""), created.path)
    return f"{scope.get('root_path', '')}{path}"


def _response(declared: Operation, reply: Reply) -> Response:
    return Response(reply.body, reply.status, reply.headers, None if declared.result is None else "application/json")
