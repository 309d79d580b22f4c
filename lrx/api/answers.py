"""What an operation can answer, for the OpenAPI document: its successes, and every error it and its door know."""

import inspect
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal, TypeAlias

from lrx.api.endpoints import CONSISTENT_THROUGH
from lrx.api.idempotency import REPLAYED, InvalidKey, KeyReused
from lrx.api.operation import Operation
from lrx.api.pagination import InvalidCursor, PageQuery
from lrx.api.preconditions import MalformedTag
from lrx.database import Simultaneous
from lrx.errors import Busy, Forbidden, LrxError, OutcomeUnknown, StorageFull, StorageUnavailable, Unauthenticated
from lrx.faults import InvalidContent
from lrx.json_reader import MalformedJson
from lrx.together import Overloaded
from lrx.web.problems import (
    MEDIA_TYPE,
    TITLES,
    BodyTooLarge,
    InFlight,
    Outdated,
    PreconditionFailed,
    Problem,
    Unexpected,
    UnknownPath,
    UnsupportedMediaType,
    status_of,
)
from lrx.web.rate import OverRate
from lrx.web.reading import InvalidQuery, RepeatedParameter, UnknownParameter

__all__ = ["HEADERS", "Json", "Use", "errors_of", "refusals", "successes"]

Json: TypeAlias = dict[str, Any]
Use: TypeAlias = tuple[type[Any], Literal["validation", "serialization"]]

HEADERS: Mapping[str, Json] = {
    "RequestId": {
        "description": "The id of the request in logs and the audit log: the one sent, or a new one.",
        "schema": {"type": "string"},
    },
    "RateLimitPolicy": {
        "description": 'How many requests (`q`) it may send in so many seconds (`w`): `"credential";q=…;w=…`.',
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": 'How many are left (`r`) for so many seconds (`t`): `"credential";r=…;t=…`.',
        "schema": {"type": "string"},
    },
    "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    "ETag": {"description": "The tag of what is shown, for If-Match.", "schema": {"type": "string"}},
    "Location": {"description": "Where what was made is shown.", "schema": {"type": "string"}},
    "NextPage": {"description": 'The next page, as `rel="next"`; absent on the last.', "schema": {"type": "string"}},
    "ConsistentThrough": {
        "description": "Everything with an earlier time is already in the list. Whoever copies it keeps this instant, "
        "and asks from it on the next time.",
        "schema": {"type": "string", "format": "date-time"},
    },
    "IdempotencyReplayed": {
        "description": "`true` where this is the answer kept from an earlier request.",
        "schema": {"type": "string", "const": "true"},
    },
    "ContentDisposition": {"description": "The name to save the file under.", "schema": {"type": "string"}},
}


WRITTEN: Mapping[str, str] = {
    "RequestId": "X-Request-Id",
    "RateLimitPolicy": "RateLimit-Policy",
    "RateLimit": "RateLimit",
    "RetryAfter": "Retry-After",
    "ETag": "ETag",
    "Location": "Location",
    "NextPage": "Link",
    "ConsistentThrough": CONSISTENT_THROUGH,
    "IdempotencyReplayed": REPLAYED,
    "ContentDisposition": "Content-Disposition",
}
"""How the headers are written in an answer."""


def successes(declared: Operation, references: Mapping[Use, Json]) -> dict[str, Json]:
    """The answers to a request that had its effect, by status."""
    response: Json = {"description": declared.summary, "headers": _headers(*_names(declared))}
    if declared.result is not None:
        response["content"] = {"application/json": {"schema": references[declared.result, "serialization"]}}
    if declared.media_type is not None:
        # Bytes have no schema of their own: the media type says all.
        response["content"] = {declared.media_type: {"schema": {}}}
    responses = {str(status): response for status in sorted({declared.status, *declared.also})}
    if declared.shows_noun:
        responses["304"] = {"description": "It has not changed.", "headers": _headers("ETag")}
    return responses


def _names(declared: Operation) -> tuple[str, ...]:
    """The headers of a success, by their names here."""
    has_tag = declared.shows_noun or declared.guards is not None or declared.shows_what_it_creates
    return (
        *(("ETag",) if has_tag and declared.method != "DELETE" else ()),
        *(("Location",) if declared.creates else ()),
        *(("NextPage",) if declared.is_list else ()),
        *(("ConsistentThrough",) if declared.synced else ()),
        *(("IdempotencyReplayed",) if declared.idempotent else ()),
        *(("ContentDisposition",) if declared.media_type else ()),
    )


def refusals(declared: Operation, references: Mapping[Use, Json]) -> dict[str, Json]:
    """The answers to one that had none, by status, each with its codes."""
    by_status: dict[int, list[type[LrxError]]] = {}
    for kind in errors_of(declared):
        by_status.setdefault(status_of(kind), []).append(kind)
    return {str(status): _refusal(status, kinds, references) for status, kinds in sorted(by_status.items())}


def _refusal(status: int, kinds: Sequence[type[LrxError]], references: Mapping[Use, Json]) -> Json:
    model = Outdated if PreconditionFailed in kinds else Problem
    comes_later = any(issubclass(kind, Busy | InFlight) for kind in kinds)
    names = (*(("RetryAfter",) if comes_later else ()), *(("ETag",) if model is Outdated else ()))
    return {
        "description": "\n".join([str(TITLES[status]), "", *(f"- `{kind.code}`: {_meaning(kind)}" for kind in kinds)]),
        "headers": _headers(*names, is_counted=status != HTTPStatus.UNAUTHORIZED),
        "content": {MEDIA_TYPE: {"schema": references[model, "serialization"]}},
    }


def _headers(*names: str, is_counted: bool = True) -> Json:
    # Who is not known has no rate of his own.
    everywhere = ("RequestId", "RateLimitPolicy", "RateLimit") if is_counted else ("RequestId",)
    return {WRITTEN[name]: {"$ref": f"#/components/headers/{name}"} for name in (*everywhere, *names)}


def errors_of(declared: Operation) -> tuple[type[LrxError], ...]:
    """Every error the operation can answer with: the domain's, and those of the door it comes through."""
    query, body = declared.inputs.get("query"), "body" in declared.inputs
    return tuple(
        dict.fromkeys(
            (
                *(UnknownParameter, RepeatedParameter, InvalidQuery),
                *((InvalidCursor,) if query is not None and issubclass(query, PageQuery) else ()),
                *((MalformedJson, BodyTooLarge, UnsupportedMediaType, InvalidContent) if body else ()),
                *((InvalidKey, InFlight, KeyReused) if declared.idempotent else ()),
                *((MalformedTag, PreconditionFailed) if declared.guards else ()),
                *((MalformedTag,) if declared.shows_noun else ()),
                *((Simultaneous, StorageFull, OutcomeUnknown) if declared.writes else ()),
                *((UnknownPath,) if "path" in declared.inputs else ()),
                *(Unauthenticated, Forbidden, *declared.errors, OverRate, Overloaded, StorageUnavailable, Unexpected),
            )
        )
    )


def _meaning(kind: type[LrxError]) -> str:
    return " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split())
