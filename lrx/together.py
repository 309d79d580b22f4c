"""Group commit: what arrives while a transaction runs shares the next one.

A commit waits for the disk, and a statement costs as much for one row as for twenty. So work that comes in at every
request is written for many items at once, and whoever waits is answered when the common transaction is synced.
"""

import asyncio
import contextlib
import contextvars
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

from sqlmodel import Session

from lrx.errors import Busy, LrxError
from lrx.text import text

__all__ = ["Gathering", "Overloaded", "Together", "each_site"]

Item = TypeVar("Item")
Result = TypeVar("Result")
Outcomes: TypeAlias = Sequence[Result | LrxError]
Run: TypeAlias = Callable[[Callable[[Session], Any]], Awaitable[Any]]

MOST_TOGETHER = 500
"""Items in one transaction."""
HEAVIEST_TOGETHER = 4 * 1024 * 1024
"""Bytes in one transaction, unless a single item is heavier."""
MOST_WAITING = 1_000
HEAVIEST_WAITING = 64 * 1024 * 1024
LONGEST_LINGER = 0.008
"""Seconds a transaction waits at most for the company of the last one."""
RETRY_AFTER = 1
"""Seconds; a full queue is worked off in about one."""


class Overloaded(Busy):
    """More is waiting to be written than may wait; nothing of this request was kept."""

    code = "overloaded"
    turn = "lrx"


@dataclass(frozen=True, eq=False)
class Together(Generic[Item, Result]):
    """Work over many items in one transaction.

    `work` returns an outcome for each item in order: its result, or the error that refuses this item and leaves its
    neighbours alone. When it raises, nothing is kept and every item is done again alone, in a transaction of its own;
    what it raises then is that item's. Like all work it may run more than once. `weigh` tells about how many bytes an
    item holds.
    """

    work: Callable[[Session, Sequence[Item]], Outcomes[Result]]
    weigh: Callable[[Item], int] = lambda _item: 1_000


def each_site(
    items: Sequence[Item], site_of: Callable[[Item], UUID], work: Callable[[Sequence[Item]], Outcomes[Result]]
) -> list[Result | LrxError]:
    """Do `work` for the items of each site by themselves, always in one order of sites, so that no two transactions
    take the sites' locks crosswise; return the outcomes in the order of the items."""
    places: dict[UUID, list[int]] = {}
    for place, item in enumerate(items):
        places.setdefault(site_of(item), []).append(place)
    outcomes: dict[int, Result | LrxError] = {}
    for site_id in sorted(places):
        outcomes |= zip(places[site_id], work([items[place] for place in places[site_id]]), strict=True)
    return [outcomes[place] for place in range(len(items))]


class _Waiting(NamedTuple):
    item: Any
    weight: int
    outcome: asyncio.Future[Any]


class Gathering:
    """The items of one `Together` that wait, and the transactions that take them, at most `at_once` at a time. `run`
    runs work in a transaction.

    One that `lingers` does not begin the next transaction with the few that came during the last. Whoever was just
    answered mostly comes again in a moment, and fewer transactions cost a sixth less for each item. So it waits
    until as many have come as were there at the end of the last, for no longer than that one took, and a few
    milliseconds at the most. Where nobody else is there, nobody is waited for.
    """

    def __init__(self, together: Together[Any, Any], run: Run, at_once: int, *, lingers: bool = False) -> None:
        self._together = together
        self._run = run
        self._at_once = at_once
        self._lingers = lingers
        self._expected = 0
        self._complete = asyncio.Event()
        self._waiting: deque[_Waiting] = deque()
        self._weight = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._at_work = 0

    async def do(self, item: Any) -> Any:
        """Return the item's result once it is committed. Raises the error it was refused with, or `Overloaded`."""
        weight = self._together.weigh(item)
        if self._waiting and (len(self._waiting) >= MOST_WAITING or self._weight + weight > HEAVIEST_WAITING):
            raise Overloaded(
                text("More is being written than can be kept up with. Nothing of this was kept: send it again."),
                retry_after=RETRY_AFTER,
            )
        waiting = _Waiting(item, weight, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._weight += weight
        if self._is_complete():
            self._complete.set()
        if self._at_work < self._at_once:
            self._at_work += 1
            # In a context of its own: what is logged belongs to no single request.
            task = asyncio.create_task(self._work_off(), context=contextvars.Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await waiting.outcome

    async def finish(self) -> None:
        """Return when nothing waits any more."""
        await asyncio.gather(*self._tasks)

    async def _work_off(self) -> None:
        try:
            while self._waiting:
                taken = self._take()
                began = time.monotonic()
                try:
                    outcomes = await self._done(taken)
                except Busy as error:  # the database takes nothing from anybody at this moment
                    outcomes = [error] * len(taken)
                except Exception as error:
                    outcomes = [error] if len(taken) == 1 else await self._each_alone(taken)
                for waiting, outcome in zip(taken, outcomes, strict=True):
                    _settle(waiting.outcome, outcome)
                if self._lingers:
                    await self._linger(len(taken), time.monotonic() - began)
        finally:
            # Before anybody who was just answered can come again: their next item must not wait for nobody.
            self._at_work -= 1

    async def _linger(self, answered: int, took: float) -> None:
        """Wait for the company of the last transaction, which took so many seconds."""
        company = answered + len(self._waiting)
        self._expected = min(company, MOST_TOGETHER)
        if company == 1 or self._is_complete():
            return
        self._complete.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(took, LONGEST_LINGER)):
                await self._complete.wait()

    def _is_complete(self) -> bool:
        """Whether nothing is gained by waiting for more."""
        return len(self._waiting) >= self._expected or self._weight >= HEAVIEST_TOGETHER

    def _take(self) -> list[_Waiting]:
        taken = [self._waiting.popleft()]
        weight = taken[0].weight
        while self._waiting and len(taken) < MOST_TOGETHER and weight + self._waiting[0].weight <= HEAVIEST_TOGETHER:
            taken.append(self._waiting.popleft())
            weight += taken[-1].weight
        self._weight -= weight
        return taken

    async def _each_alone(self, taken: Sequence[_Waiting]) -> list[Any]:
        outcomes: list[Any] = []
        for waiting in taken:
            try:
                outcomes += await self._done([waiting])
            except Busy as error:  # and from those who still wait neither
                return outcomes + [error] * (len(taken) - len(outcomes))
            except Exception as error:
                outcomes.append(error)
        return outcomes

    async def _done(self, taken: Sequence[_Waiting]) -> Outcomes[Any]:
        items = [waiting.item for waiting in taken]

        def work(session: Session) -> Outcomes[Any]:
            try:
                return self._together.work(session, items)
            except StopIteration as error:  # which no future can carry
                raise RuntimeError("work ended in the middle of its items") from error

        outcomes: Outcomes[Any] = await self._run(work)
        if len(outcomes) != len(items):
            raise RuntimeError(f"{len(items)} items have {len(outcomes)} outcomes")
        return outcomes


def _settle(outcome: asyncio.Future[Any], found: Any) -> None:
    if outcome.done():  # who asked has gone away
        return
    if isinstance(found, Exception):
        outcome.set_exception(found)
    else:
        outcome.set_result(found)
