"""The composition root: every surface on one screen, under the prefixes others script against."""

from collections.abc import Sequence
from functools import cache

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import ASGIApp

from admin_ui.app import create_admin
from lrx import health, recipient_door, state
from lrx.api import endpoints
from lrx.api.openapi import document
from lrx.api.routes import OPERATIONS
from lrx.exchange import Exchange
from lrx.web import Endpoint, no_such_path, wrap
from lrx.web.error_reference import errors_route
from lrx.xapi import routes as xapi

__all__ = ["create_app", "surfaces"]


def surfaces(exchange: Exchange) -> Sequence[BaseRoute]:
    """Everything the product answers to."""
    return [
        Mount("/xapi", app=_router(xapi.routes(exchange)), name="xapi"),
        Mount("/api/v1", app=endpoints.router([_openapi(), *endpoints.routes(OPERATIONS, exchange)]), name="api"),
        Mount("/recipients", app=_router(recipient_door.mounts(exchange)), name="recipients"),
        Route("/", Endpoint({"GET": _to_pages}, {"GET": "public"}), name="to the pages from the top"),
        Route("/admin", Endpoint({"GET": _to_pages}, {"GET": "public"}), name="to the pages"),
        Mount("/admin", app=create_admin(exchange), name="admin"),
        errors_route(),
        *health.routes(exchange, state.READINGS),
    ]


def create_app(exchange: Exchange) -> ASGIApp:
    """Return the product as an ASGI application."""
    return wrap(_router(surfaces(exchange)), exchange)


def _router(routes: Sequence[BaseRoute]) -> Router:
    return Router(routes=list(routes), redirect_slashes=False, default=no_such_path)


async def _to_pages(_request: Request) -> Response:
    return RedirectResponse("/admin/")


@cache
def _described() -> bytes:
    # Made once in a process: it is large, and anybody may ask for it.
    return bytes(JSONResponse(document(OPERATIONS)).body)


def _openapi() -> Route:
    described = _described()

    async def openapi(_request: Request) -> Response:
        return Response(described, media_type="application/json")

    return Route("/openapi.json", Endpoint({"GET": openapi}, {"GET": "public"}), name="openapi")
