"""`/xapi`: statements in, as a learning management system or any xAPI client sends them.

A strict credential gets the specification: all or nothing, 400 for a bad statement (xAPI 1.0.3, Communication 2.1.2).
An LMS credential gets what an LMS can live with: good statements are kept, bad ones set aside, the answer is 200.
Moodle's logstore_xapi takes nothing but 200 for success and posts an empty array every minute.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeAlias

import anyio.to_thread
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lrx import credentials
from lrx.access import permit
from lrx.clock import written_in_utc
from lrx.credentials import Recognised
from lrx.errors import Invalid, LrxError
from lrx.exchange import Exchange
from lrx.models import CredentialMode
from lrx.text import text
from lrx.together import Together, each_site
from lrx.web import Endpoint, request_id_of
from lrx.web.authentication import basic
from lrx.web.problems import BadRequest
from lrx.web.rate import Rate
from lrx.web.reading import read_body
from lrx.write_time import visible_through
from lrx.xapi import intake
from lrx.xapi.intake import Judged, Stored, judge, require_faultless, store_all

__all__ = ["VERSIONS", "routes"]

VERSIONS = ("1.0.3",)
VERSION = "X-Experience-API-Version"
CONSISTENT_THROUGH = "X-Experience-API-Consistent-Through"

INLINE_BYTES = 64 * 1024
"""Bodies up to this size are judged where they arrive; larger ones beside, so that nobody waits for them."""


class UnsupportedVersion(BadRequest):
    """The request names no version of xAPI, or one that is not spoken here."""

    code = "xapi_version"


class BadStatements(BadRequest):
    """The request cannot be taken; xAPI knows one status for this (Communication 3.1)."""

    code = "statement_invalid"


@dataclass(frozen=True, slots=True)
class Sent:
    """What one request sent: by whom, its statements, and how many bytes they have."""

    credential: Recognised
    request_id: str
    statements: Sequence[Judged]
    size: int


StoreTogether: TypeAlias = Together[Sent, tuple[Stored, datetime]]


def routes(exchange: Exchange) -> Sequence[Route]:
    """The endpoints under `/xapi`."""

    store_together, rate = _store_together(exchange), Rate(exchange.settings.api_rate_limit)

    async def post_statements(request: Request) -> Response:
        return await _post_statements(exchange, store_together, rate, request)

    return [
        Route("/about", Endpoint({"GET": _about}, {"GET": "public"}), name="about"),
        Route(
            "/statements",
            Endpoint({"POST": post_statements}, {"POST": "statements:write"}, scheme="Basic"),
            name="statements",
        ),
    ]


async def _about(request: Request) -> Response:
    """The versions spoken here (xAPI 1.0.3, Communication 2.8)."""
    return JSONResponse({"version": list(VERSIONS)}, headers={VERSION: VERSIONS[-1]})


async def _post_statements(exchange: Exchange, store_together: StoreTogether, rate: Rate, request: Request) -> Response:
    credential = await credentials.recognise(exchange.database, *basic(request.headers))
    rate.admit(request.scope, credential.caller.id)
    permit(credential.caller, "statements:write")
    strict = credential.mode is CredentialMode.STRICT
    _require_version(request.headers, strict=strict)
    body = await read_body(request)
    statements = await _judged(body, strict=strict)
    request_id = request_id_of(request.scope)
    headers = {VERSION: VERSIONS[-1]}
    if not statements:
        through = await exchange.database.consistent_through(exchange.clock.now)
        return JSONResponse([], headers={**headers, CONSISTENT_THROUGH: written_in_utc(through)})
    sent = Sent(credential, request_id, statements, len(body))
    stored, through = await exchange.database.write_together(store_together, sent)
    headers[CONSISTENT_THROUGH] = written_in_utc(through)
    _count(exchange, stored)
    if stored.set_aside:
        headers["LRX-Set-Aside"] = str(stored.set_aside)
    return JSONResponse([str(statement_id) for statement_id in stored.ids], headers=headers)


def _store_together(exchange: Exchange) -> StoreTogether:
    def work(session: Session, items: Sequence[Sent]) -> Sequence[tuple[Stored, datetime] | LrxError]:
        requests = [
            intake.Request(
                exchange.act_in(session, sent.credential.caller, sent.request_id),
                sent.credential.id,
                sent.statements,
                sent.credential.mode is CredentialMode.STRICT,
            )
            for sent in items
        ]
        stored = each_site(requests, lambda request: request.act.site_id, lambda some: store_all(session, some))
        through = visible_through(session, exchange.clock.now)
        return [one if isinstance(one, LrxError) else (one, through) for one in stored]

    return Together(work, weigh=lambda sent: sent.size)


def _require_version(headers: Mapping[str, str], *, strict: bool) -> None:
    given = headers.get(VERSION)
    if given is None and not strict:
        return
    if given is None or not (given == "1.0" or given.startswith("1.0.")):
        raise UnsupportedVersion(
            text(
                "Send the header {header} with a version spoken here: {versions}.",
                header=VERSION,
                versions=", ".join(VERSIONS),
            )
        )


async def _judged(body: bytes, *, strict: bool) -> tuple[Judged, ...]:
    try:
        work = partial(judge, body, strict=strict)
        statements = work() if len(body) <= INLINE_BYTES else await anyio.to_thread.run_sync(work)
        if strict:
            require_faultless(statements)
    except Invalid as error:
        raise BadStatements(error.detail, faults=error.faults) from error
    return statements


def _count(exchange: Exchange, stored: Stored) -> None:
    exchange.metrics.statements.labels("stored").inc(stored.new)
    exchange.metrics.statements.labels("set_aside").inc(stored.set_aside)
    if stored.new:
        exchange.wake_projector()
