"""The lives of a server that is killed again and again, with clients that write in each of them."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import httpx

from tests.crashes.furnishing import Ways, furnish_database
from tests.crashes.invariants import wait_for_projector
from tests.crashes.writers import Journal, Writer, lms_batch, rest_claims, rest_keyed, strict_batch
from tests.served import Served

__all__ = ["Lives", "open_client"]

MOST_ACKNOWLEDGED = 20
"""A life ends at the latest after so many acknowledgements, and a moment later, in the middle of the next ones."""
MOMENT = 0.05
KILLED_AT_START = 0.1
"""How often it is killed before it is ready, in the middle of its recovery perhaps."""
ANSWERED_WITHIN = 120
"""Seconds; a machine may have much else to do."""
NOTICED_AFTER = 0.2
"""Seconds until a strike is felt: an acknowledgement before that says nothing about recovery."""
KINDS = (rest_claims, rest_keyed, lms_batch, strict_batch)


@dataclass
class Lives:
    """One installation, four writers, and their journal."""

    served: Served
    ways: Ways
    chance: random.Random
    journal: Journal = field(default_factory=Journal)
    writers: Sequence[Writer] = ()
    boots: list[float] = field(default_factory=list)
    """Seconds from each start to ready."""

    def __post_init__(self) -> None:
        self.writers = [
            Writer(kind, self.ways, self.journal, random.Random(self.chance.random()), place)
            for place, kind in enumerate(KINDS)
        ]

    @classmethod
    async def begin(cls, served: Served, chance: random.Random) -> "Lives":
        """Furnish the installation's database, which is migrated."""
        return cls(served, await furnish_database(served.database_url, served.folder), chance)

    async def kill(self, times: int) -> None:
        """Kill the server so many times while the clients write."""
        for _ in range(times):
            if self.chance.random() < KILLED_AT_START:
                self.served.launch()
                await asyncio.sleep(self.chance.uniform(0.2, 1.5))
                self.served.kill()
                continue
            self.boots.append(self.served.start())
            async with open_client(self.served) as client:
                writing = asyncio.gather(*(writer.write(client) for writer in self.writers))
                await self._live_a_while()
                self.served.kill()
                await writing

    async def outlive(self, strike: Callable[[], Awaitable[None]], times: int) -> list[float]:
        """Strike the storage so many times while the clients write to one and the same server; returns for each strike
        the longest time in which nobody was acknowledged, in seconds."""
        self.boots.append(self.served.start())
        struck: list[float] = []
        async with open_client(self.served) as client:
            writing = asyncio.gather(*(writer.write(client) for writer in self.writers))
            for _ in range(times):
                await self._live_a_while()
                struck.append(time.monotonic())
                await strike()
                await asyncio.sleep(NOTICED_AFTER)
            await self._acknowledged(1)
            self.served.kill()
            await writing
        return [_silence(self.journal.acknowledged_at, *both) for both in pairwise([*struck, time.monotonic()])]

    async def _live_a_while(self) -> None:
        await self._acknowledged(self.chance.randint(1, MOST_ACKNOWLEDGED))
        await asyncio.sleep(self.chance.uniform(0, MOMENT))

    async def _acknowledged(self, more: int) -> None:
        """Return after so many more acknowledgements."""
        wanted = self.journal.acknowledgements + more
        async with asyncio.timeout(ANSWERED_WITHIN):
            while self.journal.acknowledgements < wanted:
                await asyncio.sleep(0.005)

    async def send_each(self, client: httpx.AsyncClient, times: int) -> None:
        """Let every writer send so many new messages and wait for each answer, all writers at once."""

        async def send(writer: Writer) -> None:
            for _ in range(times):
                await writer.send(client, writer.next())

        await asyncio.gather(*(send(writer) for writer in self.writers))

    async def settle(self) -> None:
        """Start once more, send again what was not answered, and let the projector catch up."""
        self.boots.append(self.served.start())
        async with open_client(self.served) as client:
            await asyncio.gather(*(writer.settle(client) for writer in self.writers))
        await wait_for_projector(self.served.database_url)


def _silence(acknowledged_at: Sequence[float], struck: float, until: float) -> float:
    moments = [struck, *(one for one in acknowledged_at if struck <= one <= until)]
    return max((after - before for before, after in pairwise(moments)), default=0.0)


def open_client(served: Served) -> httpx.AsyncClient:
    """A client with connections of its own."""
    return httpx.AsyncClient(base_url=served.url, trust_env=False, verify=False, timeout=60)  # noqa: S501 - no TLS here
