"""The job runner: does what jobs wait for, a piece of one job in one transaction, then a piece of the next.

The outcomes of a piece and the job's progress are committed together with its effects, and the claim of a job is a lock
of that same transaction. A runner that dies in between leaves nothing behind: the next one goes on where the last
commit was. Any number of them may run.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import anyio
from sqlmodel import Session

from lrx import jobs
from lrx.database import Simultaneous
from lrx.errors import Busy
from lrx.exchange import Exchange
from lrx.logs import log, trace_of
from lrx.models import Site
from lrx.piecework import Circumstances, ItemUnexpected, Kind, Result, do, word_of
from lrx.sites import act_for_site
from lrx.write_time import write_time

__all__ = ["Runner"]

SHORT = 0.03
"""Seconds a piece may take: so long a request that writes waits for it."""

POLL = 0.5
"""Seconds until the next look for jobs, when there are none."""

PAUSE = 0.2
"""Seconds of rest after a piece that failed as a whole."""

TRIES = 3
"""How often an item is done alone, when its transaction fails each time, before it counts as failed."""


class Done(NamedTuple):
    """A piece that was done: of what kind, what became of its items, and how many seconds it took."""

    kind: Kind[Any]
    results: Sequence[Result]
    seconds: float


@dataclass(frozen=True, slots=True)
class Runner:
    """Does jobs of these kinds. `timer` tells how long a piece takes; the next one of its kind is cut by that."""

    exchange: Exchange
    kinds: Mapping[str, Kind[Any]]
    timer: Callable[[], float] = time.perf_counter
    sizes: dict[str, int] = field(default_factory=dict)

    async def run(self) -> None:
        """Do jobs for ever."""
        while True:
            if not await self.run_once():
                await self.exchange.jobs_came(POLL)

    async def run_once(self) -> bool:
        """Do a piece of the job whose turn it is; False when none waits that another runner does not have."""
        for job_id in await self.exchange.database.read(jobs.waiting):
            if await self._take_turn(job_id):
                return True
        return False

    async def _take_turn(self, job_id: UUID) -> bool:
        database = self.exchange.database
        try:
            done = await database.write(partial(self._piece, job_id=job_id))
        except (Busy, Simultaneous) as error:  # no item's fault: the same piece again, when there is room
            log.warning("a piece of a job waits", job=str(job_id), error=error.code)
            await anyio.sleep(error.retry_after if isinstance(error, Busy) else PAUSE)
            return True
        except Exception as error:
            log.warning(
                "a piece of a job failed", job=str(job_id), error=type(error).__qualname__, trace=trace_of(error)
            )
            await database.write(partial(self._put_off, job_id=job_id))
            await anyio.sleep(PAUSE)
            return True
        if done is None:
            return False
        self.sizes[done.kind.name] = _size(done)
        for result in done.results:
            done.kind.tally(self.exchange.metrics, word_of(result))
        return True

    def _piece(self, session: Session, job_id: UUID) -> Done | None:
        began = self.timer()
        job = jobs.claim(session, job_id)
        if job is None:
            return None
        now = write_time(session, self.exchange.clock.now)
        site = session.get_one(Site, job.site_id)
        act = act_for_site(site, job.actor, now, lambda: self.exchange.ids(now), job.request_id)
        kind = self.kinds.get(job.kind)
        if kind is None:
            log.error("nobody here knows this kind of job", job=str(job.id), kind=job.kind)
            jobs.give_up(session, act, job)
            return None
        items = jobs.next_items(session, job, self.sizes.get(kind.name, kind.piece))
        results: Sequence[Result] = [ItemUnexpected()]
        if job.failures <= TRIES:
            circumstances = Circumstances(act, job.asked_at, self.exchange.recipients)
            results = do(session, kind, circumstances, [item.content for item in items])
        jobs.settle(session, job, kind, items, results, at=now)
        return Done(kind, results, self.timer() - began)

    def _put_off(self, session: Session, job_id: UUID) -> None:
        job = jobs.claim(session, job_id)
        if job is not None:
            jobs.put_off(session, job, self.kinds[job.kind].piece)


def _size(done: Done) -> int:
    """How many items the next piece of the kind has: as many as can be done shortly, at most what the kind allows."""
    in_time = int(len(done.results) * SHORT / done.seconds) if done.seconds else done.kind.piece
    return max(1, min(in_time, 2 * len(done.results), done.kind.piece))
