"""Operations: what the REST API can do, as functions with types. `routes` makes the endpoints of them.

Two forms. A plain function with `session` runs whole in one transaction (a snapshot for GET); a coroutine opens its own
with `call.read` and `call.write`. Only the first can be `idempotent`: its answer is kept where its effect is.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, Literal, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import Session
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lrx.access import ALL_SCOPES, Act, Caller, permit
from lrx.api.idempotency import Reply, key_of, once, request_hash
from lrx.api.pagination import Page, next_link
from lrx.database import Work
from lrx.errors import LrxError
from lrx.exchange import Exchange
from lrx.text import Language
from lrx.web import Endpoint, Handler, language_of, request_id_of
from lrx.web.authentication import authenticate
from lrx.web.reading import NoQuery, read_body, read_content, read_path, read_query

__all__ = ["Answer", "Call", "Method", "Operation", "operation", "operation_of", "routes"]

T = TypeVar("T")
Function = TypeVar("Function", bound=Callable[..., Any])
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

INPUTS = ("path", "query", "body")
PATH_PARAMETER = re.compile(r"{([a-z_]+)}")


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a caller who may make it: who, when, in which language, and the way to the database."""

    exchange: Exchange
    caller: Caller
    act: Act
    language: Language
    request_id: str
    headers: Headers

    async def read(self, work: Work[T]) -> T:
        """Run `work` over one consistent snapshot."""
        return await self.exchange.database.read(work)

    async def write(self, work: Work[T]) -> T:
        """Run `work` in one transaction; it is committed and synced when this returns."""
        return await self.exchange.database.write(work)


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A result with a status of its own (200 where the operation says 201) or with headers. Refusals are raised."""

    value: T
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.status is not None and not 200 <= self.status <= 299:
            raise ValueError("an operation answers with success; raise an error to refuse")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method at one path: everything its endpoint and its documentation are made of."""

    name: str
    method: Method
    path: str
    permission: str
    summary: str
    description: str
    tag: str
    status: int
    inputs: Mapping[str, type[BaseModel]]
    result: type[BaseModel] | None
    errors: tuple[type[LrxError], ...]
    idempotent: bool
    examples: Mapping[str, object]
    function: Callable[..., Any]
    takes_session: bool


def operation(
    method: Method,
    path: str,
    *,
    permission: str,
    summary: str,
    tag: str,
    status: int = 200,
    errors: Sequence[type[LrxError]] = (),
    idempotent: bool = False,
    examples: Mapping[str, object] | None = None,
) -> Callable[[Function], Function]:
    """Declare a function an operation. The function itself stays as it is and can be called.

    It takes `call`, and by name `path`, `query` and `body` as it needs them: pydantic models with extra="forbid". It
    returns a model, a `Page` of models, None (status 204), or an `Answer` of one of them. Its docstring is its
    description. `permission` is a scope an API key can have; `errors` are the domain's, for the documentation;
    `examples` are bodies by name. Raises `TypeError` or `ValueError` at once for a function that cannot be one.
    """

    def declare(function: Function) -> Function:
        hints = get_type_hints(function)
        result = _unwrapped(hints.get("return"))
        declared = Operation(
            name=function.__name__,
            method=method,
            path=path,
            permission=permission,
            summary=summary,
            description=inspect.getdoc(function) or "",
            tag=tag,
            status=204 if result is None else status,
            inputs={name: hints[name] for name in INPUTS if name in hints},
            result=result,
            errors=tuple(errors),
            idempotent=idempotent,
            examples=examples or {},
            function=function,
            takes_session="session" in hints,
        )
        _check(declared, set(inspect.signature(function).parameters))
        function.operation = declared  # type: ignore[attr-defined]
        return function

    return declare


def operation_of(function: Callable[..., Any]) -> Operation:
    """Return what `@operation` declared. Raises `TypeError` for another function."""
    declared = getattr(function, "operation", None)
    if not isinstance(declared, Operation):
        raise TypeError(f"{function!r} is not declared with @operation")
    return declared


def routes(functions: Iterable[Callable[..., Any]], exchange: Exchange) -> list[Route]:
    """Return one route for each path, in the order of the functions. Its endpoint has `permissions` by method."""
    by_path: dict[str, dict[str, Operation]] = {}
    for declared in map(operation_of, functions):
        methods = by_path.setdefault(declared.path, {})
        if declared.method in methods:
            raise ValueError(f"{declared.method} {declared.path} is declared twice")
        methods[declared.method] = declared
    return [Route(path, _endpoint(methods, exchange), name=path) for path, methods in by_path.items()]


def _endpoint(methods: Mapping[str, Operation], exchange: Exchange) -> Endpoint:
    handlers: dict[str, Handler] = {
        method: partial(_respond, declared, exchange) for method, declared in methods.items()
    }
    return Endpoint(handlers, {method: declared.permission for method, declared in methods.items()})


def _unwrapped(result: Any) -> type[BaseModel] | None:
    if get_origin(result) is Answer:
        return _unwrapped(get_args(result)[0])
    return None if result is type(None) else result


def _check(declared: Operation, parameters: set[str]) -> None:
    if unknown := parameters - {"call", "session", *INPUTS}:
        raise TypeError(f"{declared.name} takes {', '.join(sorted(unknown))}, which no request has")
    if declared.permission not in ALL_SCOPES:
        raise ValueError(f"{declared.name} needs {declared.permission}, which no API key can have")
    models = [*declared.inputs.values(), *([] if declared.result is None else [declared.result])]
    if not all(isinstance(model, type) and issubclass(model, BaseModel) for model in models):
        raise TypeError(f"{declared.name} takes or returns something other than models")
    if any(model.model_config.get("extra") != "forbid" for model in declared.inputs.values()):
        raise TypeError(f"{declared.name} would ignore what it does not know")
    fields = declared.inputs["path"].model_fields if "path" in declared.inputs else {}
    if set(PATH_PARAMETER.findall(declared.path)) != set(fields):
        raise TypeError(f"{declared.name} and its path {declared.path} name different parameters")
    if declared.takes_session == inspect.iscoroutinefunction(declared.function):
        raise TypeError(f"{declared.name} is either a plain function with session or a coroutine without")
    if declared.idempotent and not (declared.takes_session and declared.method == "POST"):
        raise TypeError(f"{declared.name} can be idempotent only as a POST with session")


async def _respond(declared: Operation, exchange: Exchange, request: Request) -> Response:
    caller = await authenticate(exchange.database, request.headers)
    permit(caller, declared.permission)
    request_id = request_id_of(request.scope)
    act = exchange.act(caller, request_id)
    call = Call(exchange, caller, act, language_of(request.scope), request_id, request.headers)
    inputs, body = await _read(declared, request)
    if not declared.takes_session:
        reply = _reply(declared, request, await declared.function(call, **inputs))
    else:
        work: Work[Reply] = partial(_work, declared, request, call, inputs)
        if declared.idempotent and (key := key_of(request.headers)) is not None:
            sent = request_hash(request.method, request.scope["path"], body)
            work = partial(once, act=act, credential_id=UUID(caller.id), key=key, request=sent, work=work)
        reply = await (call.read if declared.method == "GET" else call.write)(work)
    return Response(reply.body, reply.status, reply.headers, None if declared.result is None else "application/json")


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


def _work(
    declared: Operation, request: Request, call: Call, inputs: Mapping[str, BaseModel], session: Session
) -> Reply:
    return _reply(declared, request, declared.function(call, session=session, **inputs))


def _reply(declared: Operation, request: Request, result: object) -> Reply:
    answer = result if isinstance(result, Answer) else Answer(result)
    status, headers = answer.status or declared.status, dict(answer.headers)
    if declared.result is None:
        return Reply(status, b"", headers)
    # Another class, were it one derived from this, could hold fields that nobody meant to show.
    if type(answer.value) is not declared.result or not isinstance(answer.value, BaseModel):
        raise TypeError(f"{declared.name} returned {type(answer.value).__name__}, not {declared.result.__name__}")
    if isinstance(answer.value, Page) and answer.value.next_cursor is not None:
        headers["Link"] = next_link(request.scope["path"], request.scope["query_string"], answer.value.next_cursor)
    return Reply(status, answer.value.model_dump_json().encode(), headers)
