"""`lrx sites`: learning environments."""

import asyncio
from typing import Annotated
from uuid import UUID

import typer
from sqlmodel import Session

from lrx import audit
from lrx.cli.installation import CLI_ACTOR, with_exchange
from lrx.cli.telling import AsJson, tell
from lrx.exchange import Exchange
from lrx.readiness import require_ready
from lrx.settings import load_settings
from lrx.sites import act_for_site, create_site
from lrx.text import text
from lrx.write_time import write_time

__all__ = ["group"]

group = typer.Typer(no_args_is_help=True, help="Learning environments; a single one needs none of this.")


@group.command("create")
def create(
    code: Annotated[str, typer.Option(help="A short code, used by commands.")],
    name: Annotated[str, typer.Option(help="The name people see.")],
    time_zone: Annotated[str | None, typer.Option(help="Such as America/Toronto.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add a learning environment to the network."""
    settings = load_settings(**({"time_zone": time_zone} if time_zone else {}))

    async def work(exchange: Exchange) -> None:
        await require_ready(exchange)

        def in_session(session: Session) -> None:
            now = write_time(session, exchange.clock.now)

            def new_id() -> UUID:
                return exchange.ids(now)

            made = create_site(session, code, settings.time_zone, now, new_id, name=name, language=settings.language)
            audit.keep(session, act_for_site(made, CLI_ACTOR, now, new_id), "create", "site", made.id)

        await exchange.database.write(in_session)

    asyncio.run(with_exchange(settings, work))
    tell({"code": code}, text("The site {code} is made."), as_json)
