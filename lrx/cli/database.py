"""Commands for the database as a whole: its schema, and what is derived from statements."""

import asyncio
from typing import Annotated

import typer
from sqlmodel import Session

from lrx import schema
from lrx.cli.installation import with_exchange
from lrx.cli.telling import AsJson, tell
from lrx.exchange import Exchange
from lrx.readiness import require_ready
from lrx.settings import load_settings
from lrx.sites import ensure_default_site
from lrx.text import Text, text
from lrx.write_time import write_time
from lrx.xapi.projector import rebuild

__all__ = ["migrate", "rebuild_projection"]


def migrate(as_json: AsJson = False) -> None:
    """Bring the database to the newest schema, in one transaction. Safe to run again."""
    settings = load_settings()
    done = schema.migrate(settings.effective_database_url)
    asyncio.run(with_exchange(settings, _make_default_site))
    document = {"revision": done.revision, "before": done.before, "applied": list(done.applied)}
    tell(document, _what_it_did(done), as_json)


def _what_it_did(done: schema.Migrated) -> Text:
    if not done.applied:
        return text("The database is at revision {revision} already; nothing was changed.", revision=done.revision)
    if done.before is None:
        return text("The database was empty. It is at revision {revision} now.", revision=done.revision)
    return text(
        "The database was at revision {before}. Applied: {applied}. It is at revision {revision} now.",
        before=done.before,
        applied=", ".join(done.applied),
        revision=done.revision,
    )


def rebuild_projection(
    from_seq: Annotated[int, typer.Option(help="Number of the first statement to read again.", min=0)] = 0,
    as_json: AsJson = False,
) -> None:
    """Let the worker read all statements again. Records, voidings and deliveries stay; what is missing is added."""

    async def work(exchange: Exchange) -> None:
        await require_ready(exchange)
        await exchange.database.write(lambda session: rebuild(session, from_seq))

    asyncio.run(with_exchange(load_settings(), work))
    tell({"from_seq": from_seq}, text("The worker reads statements again from number {from_seq} on."), as_json)


async def _make_default_site(exchange: Exchange) -> None:
    def in_session(session: Session) -> None:
        now = write_time(session, exchange.clock.now)
        ensure_default_site(session, exchange.settings, now, lambda: exchange.ids(now))

    await exchange.database.write(in_session)
