"""Kills by the thousand, with clients that write meanwhile. `make soak`.

Four things are killed with SIGKILL: the server on SQLite and on PostgreSQL, a backend of PostgreSQL (which then begins
again with all of them), and its postmaster. After every round of kills all that was acknowledged must be there, once
and whole. Ends with 1 when anything was lost.
"""

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

import asyncpg
import structlog
from sqlalchemy.engine import make_url

from bench.machine import machine
from lrx.schema import migrate
from tests.crashes.invariants import breaches
from tests.crashes.lives import Lives
from tests.postgres import Cluster, NoServer, cluster, programs
from tests.served import Served

IN_A_ROUND = 50
"""Kills before the database is looked through and the next round begins with an empty one."""
STARTS_WITHIN = 120


@dataclass
class Tally:
    """What came of the kills of one kind."""

    kills: int = 0
    acknowledgements: int = 0
    records: int = 0
    statements: int = 0
    refusals: Counter[int] = field(default_factory=Counter)
    breaches: list[str] = field(default_factory=list)
    boots: list[float] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)

    def told(self) -> str:
        refused = ", ".join(f"{times} x {status}" for status, times in sorted(self.refusals.items())) or "none"
        lines = [
            f"  {self.kills} kills, {self.acknowledgements} acknowledgements of {self.records} records and "
            f"{self.statements} statements; refusals: {refused}; breaches: {len(self.breaches)}",
            f"  boot to ready      {_percentiles(self.boots)}",
        ]
        if self.recoveries:
            lines.append(f"  longest silence    {_percentiles(self.recoveries)}")
        return "\n".join([*lines, *(f"  BREACH {one}" for one in self.breaches[:20])])


def _percentiles(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    at = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.99)]
    return f"p50 {at[0]:6.2f} s   p99 {at[1]:6.2f} s"


@dataclass(frozen=True)
class Stage:
    """Where the kills happen: a folder, and a PostgreSQL server where one is needed."""

    folder: Path
    postgres: Cluster | None

    async def new_database(self) -> str:
        """Return the URL of an empty, migrated database."""
        name = f"soak_{uuid4().hex}"
        url = f"sqlite:///{self.folder / name}.db"
        if self.postgres is not None:
            connection = await asyncpg.connect(self.postgres.url)
            await connection.execute(f"CREATE DATABASE {name}")
            await connection.close()
            url = make_url(self.postgres.url).set(database=name).render_as_string(hide_password=False)
        await asyncio.to_thread(migrate, url)
        return url


Kill: TypeAlias = Callable[[Stage, Lives, int], Awaitable[list[float]]]
"""Kills so many times; returns how long each kill was felt, in seconds, where the server itself goes on."""


async def kill_servers(_stage: Stage, lives: Lives, times: int) -> list[float]:
    await lives.kill(times)
    return []


async def kill_backends(stage: Stage, lives: Lives, times: int) -> list[float]:
    postgres, name = _given(stage), make_url(lives.served.database_url).database

    async def strike() -> None:
        ours: list[int] = []
        while not ours:
            await asyncio.sleep(0.01)
            ours = [pid for pid, title in _children(postgres.postmaster) if f"lrx {name} " in title]
        os.kill(lives.chance.choice(ours), signal.SIGKILL)

    return await lives.outlive(strike, times)


async def kill_postmasters(stage: Stage, lives: Lives, times: int) -> list[float]:
    postgres = _given(stage)

    async def strike() -> None:
        os.kill(postgres.postmaster, signal.SIGKILL)
        await asyncio.to_thread(postgres.start, STARTS_WITHIN)

    return await lives.outlive(strike, times)


def _given(stage: Stage) -> Cluster:
    assert stage.postgres is not None
    return stage.postgres


def _children(pid: int) -> Iterator[tuple[int, str]]:
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        try:
            yield int(child), Path(f"/proc/{child}/cmdline").read_text()
        except OSError:  # it has ended meanwhile
            continue


KINDS: dict[str, tuple[str, bool, Kill]] = {
    "sqlite": ("the server, on SQLite", False, kill_servers),
    "postgresql": ("the server, on PostgreSQL", True, kill_servers),
    "backend": ("a backend of PostgreSQL", True, kill_backends),
    "postmaster": ("the postmaster of PostgreSQL", True, kill_postmasters),
}


async def soak(stage: Stage, kill: Kill, kills: int, chance: random.Random) -> Tally:
    """Kill in rounds, and look through the database after each."""
    tally = Tally()
    while tally.kills < kills:
        times = min(IN_A_ROUND, kills - tally.kills)
        served = Served(await stage.new_database(), stage.folder)
        try:
            lives = await Lives.begin(served, chance)
            tally.recoveries += await kill(stage, lives, times)
            await lives.settle()
            served.stop()
            tally.breaches += await breaches(served.database_url, lives.journal)
        finally:
            served.end()
        tally.kills += times
        tally.boots += lives.boots
        tally.acknowledgements += lives.journal.acknowledgements
        tally.records += len(lives.journal.records)
        tally.statements += len(lives.journal.statements)
        tally.refusals += lives.journal.refusals
        print(f"  {tally.kills} of {kills} killed, {len(tally.breaches)} breaches", file=sys.stderr, flush=True)
    return tally


@contextmanager
def _stage(*, on_postgresql: bool) -> Iterator[Stage]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lrx-soak-")))
        yield Stage(folder, stack.enter_context(cluster(durable=True)) if on_postgresql else None)


def _machine() -> str:
    try:
        postgres = subprocess.run([programs() / "postgres", "--version"], capture_output=True, check=True, text=True)
        version = postgres.stdout.strip()
    except NoServer:
        version = "no PostgreSQL"
    return f"{machine()}, {version}; 4 clients on the same machine"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000, help="of each kind")
    parser.add_argument("--kind", choices=KINDS, action="append", help="default: all of them")
    parser.add_argument("--seed", type=int, default=None)
    asked = parser.parse_args()
    seed = asked.seed if asked.seed is not None else random.SystemRandom().getrandbits(32)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    print(f"{_machine()}; seed {seed}")
    well = True
    for kind in asked.kind or KINDS:
        title, on_postgresql, kill = KINDS[kind]
        print(f"Killed: {title}", flush=True)
        with _stage(on_postgresql=on_postgresql) as stage:
            tally = asyncio.run(soak(stage, kill, asked.kills, random.Random(f"{kind}-{seed}")))
        print(tally.told(), flush=True)
        well = well and not tally.breaches
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
