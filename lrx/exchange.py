"""Exchange: settings, database, recipients, clock and randomness in one object handed to everything."""

import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import anyio
from sqlalchemy.engine import make_url
from sqlmodel import Session

from lrx.access import Act, Caller
from lrx.clock import Clock, FrozenClock, SystemClock
from lrx.database import Database, open_database
from lrx.errors import Invalid
from lrx.identifiers import IdSource, RandomBytes
from lrx.metrics import Metrics
from lrx.recipient import Recipient
from lrx.registry import installed_recipients
from lrx.settings import Settings
from lrx.text import text
from lrx.vault import Vault, open_vault
from lrx.write_time import write_time

__all__ = ["DatabaseMissing", "Exchange", "open_exchange"]


class _Bell:
    """Wakes whoever waits."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    def ring(self) -> None:
        event, self._event = self._event, anyio.Event()
        event.set()

    async def heard(self, at_most: float) -> None:
        with anyio.move_on_after(at_most):
            await self._event.wait()


@dataclass(frozen=True)
class Exchange:
    """Everything the product needs from outside itself."""

    settings: Settings
    database: Database
    recipients: Mapping[str, Recipient]
    vault: Vault
    clock: Clock = field(default_factory=SystemClock)
    random: RandomBytes = secrets.token_bytes
    ids: IdSource = field(default_factory=lambda: IdSource(secrets.token_bytes))
    metrics: Metrics = field(default_factory=Metrics)
    _statements: _Bell = field(default_factory=_Bell)
    _jobs: _Bell = field(default_factory=_Bell)

    def act(self, caller: Caller, request_id: str) -> Act:
        """Return an act of `caller`, now."""
        now = self.clock.now()
        return Act(caller.site_id, caller.zone, caller.actor, request_id, now, lambda: self.ids(now))

    def act_in(self, session: Session, caller: Caller, request_id: str) -> Act:
        """Return an act of `caller` at the time of the transaction that writes: what `consistent_through` relies on."""
        now = write_time(session, self.clock.now)
        return Act(caller.site_id, caller.zone, caller.actor, request_id, now, lambda: self.ids(now))

    def wake_projector(self) -> None:
        """Tell a projector of this process that statements came in."""
        self._statements.ring()

    async def statements_came(self, at_most: float) -> None:
        """Wait until statements came in to this process, at most so many seconds: others may have stored some."""
        await self._statements.heard(at_most)

    def wake_job_runner(self) -> None:
        """Tell the job runner of this process that a job was asked for."""
        self._jobs.ring()

    async def jobs_came(self, at_most: float) -> None:
        """Wait until a job was asked for in this process, at most so many seconds: others may have asked for some."""
        await self._jobs.heard(at_most)


class DatabaseMissing(Invalid):
    """The settings name a file that is not there: nothing was installed here, or this is another folder."""

    code = "database_missing"


@asynccontextmanager
async def open_exchange(settings: Settings) -> AsyncIterator[Exchange]:
    """Open everything the settings name, and close it at the end of the block. Nothing is made that was not there: only
    `lrx migrate` makes a database. Raises `DatabaseMissing`."""
    _require_file(settings.effective_database_url)
    clock: Clock = (
        FrozenClock(datetime.fromisoformat(settings.frozen_clock)) if settings.frozen_clock else SystemClock()
    )
    database = open_database(settings.effective_database_url)
    try:
        yield Exchange(
            settings,
            database,
            installed_recipients(),
            open_vault(settings),
            clock,
            os.urandom,
            IdSource(os.urandom),
        )
    finally:
        await database.close()


def _require_file(url: str) -> None:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or Path(parsed.database or "").is_file():
        return
    raise DatabaseMissing(
        text(
            "There is no database at {path}. Run this in the folder of your installation, or set LRX_DATA_DIR or "
            "LRX_DATABASE_URL; `lrx migrate` makes a new one.",
            path=Path(parsed.database or "").absolute(),
        )
    )
