"""Health: is the process alive, is it ready, what has it counted. For the operator's machines, without a key."""

from collections.abc import Sequence

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lrx.database import is_ready
from lrx.exchange import Exchange
from lrx.logs import log
from lrx.metrics import Gauges, Reading
from lrx.schema import current_revision, head_revision
from lrx.web import Endpoint, Handler

__all__ = ["routes"]

PATIENCE = 5
"""Seconds the database may take to answer before we call ourselves not ready."""


def routes(exchange: Exchange, readings: Sequence[Reading] = ()) -> list[Route]:
    """Return `/healthz`, `/readyz` (503 until the database answers and its schema is ours) and `/metrics`, which shows
    what the exchange counted and takes the readings each time."""
    gauges = Gauges(readings)

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_request: Request) -> Response:
        checks = await _checks(exchange)
        is_well = all(result == "ok" for result in checks.values())
        content = {"status": "ready" if is_well else "not_ready", "checks": checks}
        return JSONResponse(content, 200 if is_well else 503)

    async def metrics_text(_request: Request) -> Response:
        try:
            await exchange.database.read(gauges.observe)
        except Exception as error:
            # What this process counted is most wanted when the database is away.
            log.warning("readings failed", error=type(error).__qualname__)
            gauges.lose_sight()
        content = exchange.metrics.exposition() + gauges.exposition()
        return Response(content, media_type="text/plain; version=0.0.4; charset=utf-8")

    return [_route("/healthz", healthz), _route("/readyz", readyz), _route("/metrics", metrics_text)]


def _route(path: str, handler: Handler) -> Route:
    # Monitors often ask with HEAD.
    return Route(path, Endpoint({"GET": handler, "HEAD": handler}, {"GET": "public", "HEAD": "public"}), name=path)


async def _checks(exchange: Exchange) -> dict[str, str]:
    try:
        with anyio.fail_after(PATIENCE):
            answers = await exchange.database.read(is_ready)
            revision = await exchange.database.read(lambda session: current_revision(session.connection()))
    except Exception as error:
        log.warning("not ready", error=type(error).__qualname__)
        return {"database": "failed", "schema": "unknown"}
    schema = "ok" if revision == head_revision() else "behind"
    return {"database": "ok" if answers else "failed", "schema": schema}
