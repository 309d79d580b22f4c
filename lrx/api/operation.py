"""Operations: what the REST API can do, as functions with types. `lrx.api.endpoints` makes the endpoints of them.

Two forms. A plain function with `session` runs whole in one transaction (a snapshot for GET); a coroutine opens its own
with `call.read` and `call.write`. Every POST keeps its answer under the caller's Idempotency-Key: for the first form
that is done around it, the second does it itself, with `call.once`.
"""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Generic, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import sqlalchemy as sa
from pydantic import BaseModel
from starlette.datastructures import Headers

from lrx.access import ALL_SCOPES, Act, Caller
from lrx.api.idempotency import Once, Reply
from lrx.api.listing import Listing
from lrx.api.pagination import Page
from lrx.database import Work
from lrx.errors import LrxError
from lrx.exchange import Exchange
from lrx.text import Language
from lrx.web.files import Download

__all__ = ["PATH_PARAMETER", "Answer", "Call", "Method", "Operation", "operation", "operation_of"]

T = TypeVar("T")
Function = TypeVar("Function", bound=Callable[..., Any])
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Rows = Callable[[Act, Any], "sa.Select[Any]"]
"""The rows behind a noun, for the act and the path of a request."""

INPUTS = ("path", "query", "body")
PATH_PARAMETER = re.compile(r"{([a-z_]+)}")


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a caller who may make it: who, when, in which language, and the way to the database.

    `once` is the Idempotency-Key of a POST that was sent with one; `reply` makes what goes out of what an operation
    returns. A coroutine that is idempotent hands both to `lrx.api.idempotency.once`, in the transaction of its effect.
    What an operation with a session puts into `afterwards` is done once its effect is committed; never for a replay.
    """

    exchange: Exchange
    caller: Caller
    act: Act
    language: Language
    request_id: str
    headers: Headers
    once: Once | None
    reply: Callable[[object], Reply]
    afterwards: list[Callable[[], None]] = field(default_factory=list)

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
    also: tuple[int, ...]
    inputs: Mapping[str, type[BaseModel]]
    result: type[BaseModel] | None
    errors: tuple[type[LrxError], ...]
    idempotent: bool
    examples: Mapping[str, object]
    function: Callable[..., Any]
    takes_session: bool
    rows: Rows | None
    guards: "Operation | None"
    creates: "Operation | None"
    synced: bool
    confidential: bool
    media_type: str | None

    @property
    def is_list(self) -> bool:
        """Whether it answers with pages."""
        return self.result is not None and issubclass(self.result, Page)

    @property
    def writes(self) -> bool:
        """Whether it keeps something; of a file given out, an entry of the audit log."""
        return self.method != "GET" or self.media_type is not None

    @property
    def shows_noun(self) -> bool:
        """Whether it shows one thing, whose tag can be asked for."""
        return self.method == "GET" and self.takes_session and self.result is not None and not self.is_list

    @property
    def shows_what_it_creates(self) -> bool:
        """Whether it answers with what a GET of the new noun shows, and so has its tag."""
        return self.creates is not None and self.creates.result is self.result


def operation(
    method: Method,
    path: str,
    *,
    permission: str,
    summary: str,
    tag: str,
    status: int = 200,
    also: Sequence[int] = (),
    errors: Sequence[type[LrxError]] = (),
    idempotent: bool | None = None,
    examples: Mapping[str, object] | None = None,
    listing: Listing[Any] | None = None,
    rows: Rows | None = None,
    guards: Callable[..., Any] | None = None,
    creates: Callable[..., Any] | None = None,
    confidential: bool = False,
    media_type: str | None = None,
) -> Callable[[Function], Function]:
    """Declare a function an operation. The function itself stays as it is and can be called.

    It takes `call`, and by name `path`, `query` and `body` as it needs them: pydantic models with extra="forbid". It
    returns a model, a `Page` of models, None (status 204), an `Answer` of one of them, or a `Download`. Its docstring
    is its description. `permission` is a scope an API key can have; `errors` are the domain's, for the documentation;
    `examples` are bodies by name. Raises `TypeError` or `ValueError` at once for a function that cannot be one.

    - `also`: the statuses an `Answer` may have instead of `status`.
    - `idempotent`: every POST is. A coroutine that is one says so, and uses `call.once`; it may return a `Reply`.
    - `listing`: what the list can be filtered and sorted by; it gives the model of `query`.
    - `rows`: of an operation that shows one noun, the rows that every change of it locks or refers to.
    - `guards`: the operation that shows what this one changes. It then takes If-Match, and answers with the new tag.
    - `creates`: the operation that shows what this one makes. It then answers with its Location and its tag.
    - `confidential`: the answer holds a secret, and is sealed where it is kept under an Idempotency-Key.
    - `media_type`: of the file that a coroutine for GET returns as a `Download`.
    """

    def declare(function: Function) -> Function:
        hints = get_type_hints(function)
        if listing is not None:
            hints["query"] = listing.query
        result = _unwrapped(hints.get("return"))
        takes_session = "session" in hints
        declared = Operation(
            name=function.__name__,
            method=method,
            path=path,
            permission=permission,
            summary=summary,
            description=inspect.getdoc(function) or "",
            tag=tag,
            status=204 if result is None and media_type is None else status,
            also=tuple(also),
            inputs={name: hints[name] for name in INPUTS if name in hints},
            result=result,
            errors=tuple(errors),
            idempotent=idempotent if idempotent is not None else method == "POST" and takes_session,
            examples=examples or {},
            function=function,
            takes_session=takes_session,
            rows=rows,
            guards=operation_of(guards) if guards is not None else None,
            creates=operation_of(creates) if creates is not None else None,
            synced=listing is not None and listing.synced is not None,
            confidential=confidential,
            media_type=media_type,
        )
        if (hints.get("return") is Download) != (media_type is not None):
            raise TypeError(f"{declared.name} names a media type, or returns a file, and not both")
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


def _unwrapped(result: Any) -> type[BaseModel] | None:
    if get_origin(result) in (UnionType, Union):
        (result,) = [one for one in get_args(result) if one is not Reply]
    if get_origin(result) is Answer:
        return _unwrapped(get_args(result)[0])
    return None if result in (type(None), Download) else result


def _check(declared: Operation, parameters: set[str]) -> None:
    if unknown := parameters - {"call", "session", *INPUTS}:
        raise TypeError(f"{declared.name} takes {', '.join(sorted(unknown))}, which no request has")
    if declared.permission not in (*ALL_SCOPES, "api-key"):
        raise ValueError(f"{declared.name} needs {declared.permission}, which no API key can have")
    models = [*declared.inputs.values(), *([] if declared.result is None else [declared.result])]
    if not all(isinstance(model, type) and issubclass(model, BaseModel) for model in models):
        raise TypeError(f"{declared.name} takes or returns something other than models")
    if any(model.model_config.get("extra") != "forbid" for model in declared.inputs.values()):
        raise TypeError(f"{declared.name} would ignore what it does not know")
    if set(PATH_PARAMETER.findall(declared.path)) != _fields(declared):
        raise TypeError(f"{declared.name} and its path {declared.path} name different parameters")
    if declared.takes_session == inspect.iscoroutinefunction(declared.function):
        raise TypeError(f"{declared.name} is either a plain function with session or a coroutine without")
    if declared.idempotent != (declared.method == "POST"):
        raise TypeError(f"{declared.name}: every POST is idempotent, and nothing else")
    if declared.media_type is not None and (declared.method != "GET" or declared.takes_session):
        raise TypeError(f"{declared.name} can give out no file: that is done by a coroutine for GET")
    _check_nouns(declared)


def _check_nouns(declared: Operation) -> None:
    guard, created = declared.guards, declared.creates
    if guard is not None and not (guard.shows_noun and guard.rows and _fields(guard) <= _fields(declared)):
        raise TypeError(f"{declared.name} guards {guard.name}, which does not show what is at its path")
    if guard is not None and not (declared.takes_session and declared.method != "GET"):
        raise TypeError(f"{declared.name} can guard nothing")
    if created is not None and not (created.shows_noun and declared.takes_session):
        raise TypeError(f"{declared.name} creates what {created.name} does not show")


def _fields(declared: Operation) -> set[str]:
    return set(declared.inputs["path"].model_fields) if "path" in declared.inputs else set()
