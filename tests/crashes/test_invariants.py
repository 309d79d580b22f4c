"""The look through the database after a crash finds what is wrong: else a hundred kills would prove nothing."""

import random
import re
from functools import partial
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text as sql
from sqlmodel import Session

from lrx.app import create_app
from lrx.exchange import Exchange
from lrx.xapi.projector import Projector
from tests.crashes.furnishing import furnish_database
from tests.crashes.invariants import breaches
from tests.crashes.lives import Lives
from tests.crashes.writers import Journal
from tests.served import Served

pytestmark = pytest.mark.anyio

NOBODY = UUID(int=4)


AGAIN = (
    "INSERT INTO audit_entry (site_id, written_at, actor, action, subject_kind, subject_id, request_id, detail) "
    "SELECT site_id, written_at, actor, action, subject_kind, subject_id, request_id, detail FROM audit_entry"
)
WRONGS: tuple[tuple[str, str], ...] = (
    ("DELETE FROM delivery", r"record .* has 0 deliveries and not 1"),
    (f"{AGAIN} WHERE action = 'record'", r"record audited twice: .*"),
    (f"{AGAIN} WHERE action = 'store'", r"\d+ statements stored and \d+ audited"),
    ("UPDATE idempotency_key SET status = 0", r"idempotency key .* with status 0"),
)
"""What can be done to the database; its triggers guard the facts."""


async def test_what_is_wrong_is_found(database_url: str, exchange: Exchange, tmp_path: Path) -> None:
    lives = await _written(database_url, exchange, tmp_path)

    assert await breaches(database_url, lives.journal) == []

    expected = [_misremember(lives.journal)]
    for statement, found in WRONGS:
        await exchange.database.write(partial(_execute, statement))
        expected.append(found)
        lines = await breaches(database_url, lives.journal)
        assert [line for line in lines if not re.fullmatch("|".join(expected), line)] == []
        assert any(re.fullmatch(found, line) for line in lines)


async def test_what_was_acknowledged_and_is_not_there_is_found(
    database_url: str, exchange: Exchange, tmp_path: Path
) -> None:
    lives = await _written(database_url, exchange, tmp_path)
    lives.journal.records[NOBODY] = "claim-0"
    lives.journal.statements.add(NOBODY)

    found = await breaches(database_url, lives.journal)

    assert found == [f"acknowledged and lost: {NOBODY}", f"statement acknowledged and lost: {NOBODY}"]


async def _written(database_url: str, exchange: Exchange, folder: Path) -> Lives:
    """An installation to which each client wrote, without a server process."""
    served = Served(database_url, folder)
    lives = Lives(served, await furnish_database(database_url, folder), random.Random(3))
    transport = httpx.ASGITransport(app=create_app(exchange))
    async with httpx.AsyncClient(transport=transport, base_url=served.url) as client:
        await lives.send_each(client, 1)
    while await Projector(exchange).run_once():
        pass
    return lives


def _misremember(journal: Journal) -> str:
    """Note another name than a record was sent under; returns the line that tells of it."""
    journal.records[next(iter(journal.records))] = "claim-0"
    return "kept under another name: .*"


def _execute(statement: str, session: Session) -> None:
    session.connection().execute(sql(statement))
