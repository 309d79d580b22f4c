"""Administrators for tests: one at a site of theirs, who is signed in with a token, and what the audit log has."""

from typing import Any
from uuid import uuid4

from sqlmodel import Session, select

from lrx.administrators import create
from lrx.exchange import Exchange
from lrx.models import Administrator, AuditEntry
from lrx.sign_ins import SignedIn, signed_in
from lrx.sites import act_for_site, create_site

PASSWORD = "a long enough password"


def create_at(session: Session, exchange: Exchange, site: str = "lakeside", **fields: Any) -> Administrator:
    """An administrator at a new site."""
    now = exchange.clock.now()
    made = create_site(session, site, "America/Toronto", now, uuid4, name=f"{site.title()} Health")
    act = act_for_site(made, "system:test", now, uuid4)
    given = {"username": "priya", "full_name": "Priya Sharma", "password": PASSWORD, **fields}
    return create(session, act, **given)


async def somebody(exchange: Exchange, **fields: Any) -> Administrator:
    return await exchange.database.write(lambda session: create_at(session, exchange, **fields))


async def who(exchange: Exchange, token: str) -> SignedIn | None:
    now = exchange.clock.now()
    return await exchange.database.read(lambda session: signed_in(session, token, now))


async def kept(exchange: Exchange) -> list[tuple[str, str]]:
    rows = await exchange.database.read(lambda session: session.exec(select(AuditEntry)).all())
    return [(row.action, row.subject_id) for row in rows]
