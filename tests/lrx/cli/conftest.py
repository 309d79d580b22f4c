import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func
from sqlmodel import Session, select
from typer.testing import CliRunner

from lrx.cli import app
from lrx.cli.program import REFUSED
from lrx.clock import FrozenClock
from lrx.errors import LrxError
from lrx.exchange import open_exchange
from lrx.settings import load_settings
from tests.conftest import NOW
from tests.lrx.reports.scene import Register, Scene


@dataclass
class Ran:
    """How a command ended, and what it said where."""

    code: int
    out: str
    err: str


@dataclass
class Terminal:
    """Commands over one installation with a small recipient, on a clock that stands still."""

    settings: dict[str, Any]

    def run(self, *words: str) -> Ran:
        """Run a command in this process."""
        ended = CliRunner().invoke(app, list(words))
        if isinstance(ended.exception, LrxError):  # the program says it, and ends with 5
            return Ran(REFUSED, ended.stdout, f"{ended.stderr}{ended.exception}\n")
        if ended.exception is not None and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return Ran(ended.exit_code, ended.stdout, ended.stderr)

    def tell(self, story: Callable[[Scene], Any], code: str = "default") -> Any:
        """Put a story into a site of its own."""

        async def work() -> Any:
            async with open_exchange(load_settings(**self.settings)) as opened:
                exchange = replace(opened, clock=FrozenClock(NOW))

                def in_session(session: Session) -> Any:
                    return story(Scene.at(session, exchange, code))

                return await exchange.database.write(in_session)

        return asyncio.run(work())

    def count(self, model: type) -> int:
        """How many rows there are."""

        async def work() -> int:
            async with open_exchange(load_settings(**self.settings)) as opened:
                return await opened.database.read(
                    lambda session: session.exec(select(func.count()).select_from(model)).one()
                )

        return asyncio.run(work())


@pytest.fixture
def terminal(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal in front of a migrated database without sites."""
    monkeypatch.setattr("lrx.exchange.installed_recipients", lambda: {"register": Register()})
    settings = {"database_url": database_url, "data_dir": tmp_path}
    monkeypatch.setenv("LRX_DATABASE_URL", database_url)
    monkeypatch.setenv("LRX_DATA_DIR", str(tmp_path))
    # A moment later than the story, which is told at the same instant.
    monkeypatch.setenv("LRX_FROZEN_CLOCK", (NOW + timedelta(seconds=1)).isoformat())
    return Terminal(settings)
