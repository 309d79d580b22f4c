"""The worker: what goes on beside the requests. `lrx serve` runs it inside, `lrx worker` on its own, any number of
times."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import anyio

from lrx import jobs
from lrx.api.idempotency import forget
from lrx.batches import KINDS
from lrx.exchange import Exchange
from lrx.job_runner import Runner
from lrx.logs import log, trace_of
from lrx.xapi.projector import Projector, replay_everything_parked

__all__ = ["run"]

KEYS_KEPT = timedelta(hours=24)
"""How long the answer to an Idempotency-Key is kept."""

STATISTICS_EVERY = 600.0
"""Seconds; a database may grow a hundred times in the first hour of its life."""
PAUSE_AFTER_FAILURE = 1.0


async def run(exchange: Exchange) -> None:
    """Work until cancelled. A failure is logged and tried again: a database that is away comes back."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_keep_going, "projector", Projector(exchange).run)
        tasks.start_soon(_keep_going, "jobs", Runner(exchange, KINDS).run)
        tasks.start_soon(_keep_going, "statistics", lambda: _statistics(exchange))
        tasks.start_soon(_keep_going, "chores", lambda: _chores(exchange))


async def _keep_going(name: str, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except Exception as error:
            log.error(
                "work failed and is tried again", work=name, error=type(error).__qualname__, trace=trace_of(error)
            )
            await anyio.sleep(PAUSE_AFTER_FAILURE)


async def _statistics(exchange: Exchange) -> None:
    while True:
        await exchange.database.refresh_statistics()
        await anyio.sleep(STATISTICS_EVERY)


async def _chores(exchange: Exchange) -> None:
    while True:
        while await exchange.database.write(partial(forget, before=exchange.clock.now() - KEYS_KEPT)):
            pass
        await replay_everything_parked(exchange)
        while await exchange.database.write(partial(jobs.forget_items, before=exchange.clock.now() - jobs.ITEMS_KEPT)):
            pass
        await anyio.sleep(3600)
