"""An exchange over a database of its own, keys of its default site, and clients of the operations a test declares."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from sqlmodel import Session

from lrx.api.endpoints import router, routes
from lrx.credentials import issue
from lrx.exchange import Exchange
from lrx.models import CredentialKind
from lrx.sites import act_for_site, ensure_default_site
from lrx.web import wrap

NOW = datetime(2026, 11, 21, 19, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Bench:
    """An exchange, keys of its default site by scope, and clients of an API made of some operations."""

    exchange: Exchange
    keys: dict[str, str]

    @asynccontextmanager
    async def client(self, *functions: Callable[..., Any], key: str = "all") -> AsyncIterator[httpx.AsyncClient]:
        """A client of these operations that sends the key of this name."""
        api = router(routes(functions, self.exchange))
        transport = httpx.ASGITransport(wrap(api, self.exchange))
        headers = {"Authorization": f"Bearer {self.keys[key]}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://lrx.test", headers=headers) as client:
            yield client


async def furnish(exchange: Exchange) -> Bench:
    """Make the default site and its keys."""

    def set_up(session: Session) -> dict[str, str]:
        site = ensure_default_site(session, exchange.settings, NOW, lambda: exchange.ids(NOW))
        act = act_for_site(site, "test", NOW, lambda: exchange.ids(NOW))

        def key(kind: CredentialKind, scopes: Sequence[str] = ()) -> str:
            return issue(session, act, exchange.random, kind, name="test", scopes=scopes).key

        return {
            "all": key(CredentialKind.API, ["learners:read", "learners:write"]),
            "other": key(CredentialKind.API, ["learners:read", "learners:write"]),
            "reader": key(CredentialKind.API, ["learners:read"]),
            "lms": key(CredentialKind.LMS),
        }

    return Bench(exchange, await exchange.database.write(set_up))
