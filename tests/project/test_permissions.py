"""Every route names a permission for each method, and nobody comes past it without a credential."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import httpx
import pytest
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from admin_ui.app import routes as pages
from lrx.access import ALL_SCOPES, PERMISSIONS
from lrx.app import create_app, surfaces
from lrx.exchange import Exchange

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

WRAPPED = {"admin": pages}
"""Mounts whose application stands in front of its routes, and where these are told."""

FILES_FOR_ANYBODY = {"static"}
"""Names of the mounts that hold style sheets and scripts, and nothing of anybody."""

REFUSALS = {302, 303, 307, 401, 403}
"""Refused, or sent to the page to sign in."""


def doors(exchange: Exchange) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every path of the product with its permissions by method."""
    yield from _doors(surfaces(exchange), "", exchange)


def _doors(routes: Sequence[BaseRoute], prefix: str, exchange: Exchange) -> Iterator[tuple[str, Mapping[str, str]]]:
    for route in routes:
        if isinstance(route, Route):
            yield prefix + route.path, permissions_of(prefix + route.path, route.endpoint)
            continue
        assert isinstance(route, Mount), f"{prefix}: {route!r} is of a kind this test does not know"
        path = prefix + route.path
        if hasattr(route.app, "permissions"):
            yield f"{path}/*", route.app.permissions
        elif isinstance(route.app, StaticFiles):
            assert route.name in FILES_FOR_ANYBODY, f"{path} gives files to anybody"
        else:
            inner = WRAPPED[route.name](exchange) if route.name in WRAPPED else route.routes
            assert inner, f"{path} hides its routes"
            yield from _doors(inner, path, exchange)


def permissions_of(path: str, endpoint: Any) -> Mapping[str, str]:
    permissions = getattr(endpoint, "permissions", None)
    assert permissions, f"{path} names no permission"
    assert dict(permissions), path
    return dict(permissions)


async def test_every_route_names_a_known_permission_for_each_method(exchange: Exchange) -> None:
    unknown = {
        f"{method} {path}: {permission}"
        for path, permissions in doors(exchange)
        for method, permission in permissions.items()
        if permission not in PERMISSIONS
    }
    assert not unknown


async def test_every_permission_but_the_open_ones_is_named_by_a_route(exchange: Exchange) -> None:
    named = {permission for _, permissions in doors(exchange) for permission in permissions.values()}
    assert set(ALL_SCOPES) <= named


async def test_all_surfaces_are_walked(exchange: Exchange) -> None:
    prefixes = {path.split("/")[1] for path, _ in doors(exchange)}
    assert prefixes >= {"xapi", "api", "recipients", "admin", "healthz", "readyz", "metrics"}


async def test_nobody_comes_in_without_a_credential(exchange: Exchange) -> None:
    transport = httpx.ASGITransport(app=create_app(exchange))
    let_in = []
    async with httpx.AsyncClient(transport=transport, base_url="http://lrx.test") as http:
        for path, permissions in doors(exchange):
            address = re.sub(r"\{[^}]*\}", str(UUID(int=0)), path)
            for method, permission in permissions.items():
                answer = await http.request("GET" if method == "*" else method, address)
                if permission != "public" and answer.status_code not in REFUSALS:
                    let_in.append(f"{method} {path}: {answer.status_code}")
    assert not let_in
