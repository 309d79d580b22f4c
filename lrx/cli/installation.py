"""How a command reaches the installation it is for: the exchange of the settings, or one of its sites."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from sqlmodel import Session

from lrx.access import Act
from lrx.exchange import Exchange, open_exchange
from lrx.readiness import require_ready
from lrx.settings import Settings, load_settings
from lrx.sites import act_for_site, site_named
from lrx.write_time import write_time

__all__ = ["CLI_ACTOR", "SiteCode", "at_site", "with_exchange"]

T = TypeVar("T")

CLI_ACTOR = "system:cli"
SiteCode = Annotated[str, typer.Option(help="Code of the site.")]


async def with_exchange(settings: Settings, work: Callable[[Exchange], Awaitable[T]]) -> T:
    """Run `work` with the exchange of the settings, and close it."""
    async with open_exchange(settings) as exchange:
        return await work(exchange)


async def at_site(code: str, work: Callable[[Session, Exchange, Act], T], *, reads: bool = False) -> T:
    """Run `work` in one transaction, as an act of the command line at the site; where it only `reads`, over a snapshot.
    Raises what `require_ready` does, and `UnknownSite`."""

    async def with_site(exchange: Exchange) -> T:
        await require_ready(exchange)

        def in_session(session: Session) -> T:
            now = exchange.clock.now() if reads else write_time(session, exchange.clock.now)
            act = act_for_site(site_named(session, code), CLI_ACTOR, now, lambda: exchange.ids(now))
            return work(session, exchange, act)

        return await (exchange.database.read(in_session) if reads else exchange.database.write(in_session))

    return await with_exchange(load_settings(), with_site)
