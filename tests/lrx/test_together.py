"""Items that arrive together share a transaction: what becomes of each, who waits for whom, where the queue ends."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest
from sqlmodel import Session

from lrx import together
from lrx.errors import Busy, LrxError
from lrx.text import text
from lrx.together import Gathering, Overloaded, Together

pytestmark = pytest.mark.anyio

A_WHILE = 0.3
"""Seconds a transaction takes where the tests need it to take long."""


class Odd(LrxError):
    """An item the work refuses."""

    code = "odd"


class Transactions:
    """Runs work as a database would, slowly where it is told to, and remembers the groups it ran with."""

    def __init__(self, takes: float = 0) -> None:
        self.takes = takes
        self.groups: list[list[Any]] = []

    async def run(self, work: Callable[[Session], Any]) -> Any:
        if self.takes:
            await asyncio.sleep(self.takes)
        return work(cast(Session, self))

    def work(self, _session: Session, items: Sequence[int | str]) -> Sequence[str | LrxError]:
        self.groups.append([*items])
        if "breaks" in items:
            raise ValueError("broken")
        if "full" in items:
            raise Busy(text("The disk is full."), retry_after=1)
        return [Odd(text("odd")) if isinstance(item, int) and item % 2 else f"done {item}" for item in items]

    def gathering(self, **how: Any) -> Gathering:
        return Gathering(Together(self.work), self.run, 1, **how)


async def test_what_comes_during_a_transaction_shares_the_next() -> None:
    transactions = Transactions()
    gathering = transactions.gathering()

    done = await asyncio.gather(*(gathering.do(number) for number in (0, 2, 4, 6)))

    assert done == ["done 0", "done 2", "done 4", "done 6"]
    assert transactions.groups == [[0, 2, 4, 6]]


async def test_a_refused_item_leaves_its_neighbours_alone() -> None:
    gathering = Transactions().gathering()

    done = await asyncio.gather(*(gathering.do(number) for number in (0, 1, 2)), return_exceptions=True)

    assert done[0::2] == ["done 0", "done 2"]
    assert isinstance(done[1], Odd)


async def test_one_that_breaks_is_done_alone_and_so_are_its_neighbours() -> None:
    transactions = Transactions()
    gathering = transactions.gathering()

    done = await asyncio.gather(*(gathering.do(item) for item in (0, "breaks", 2)), return_exceptions=True)

    assert done[0::2] == ["done 0", "done 2"]
    assert isinstance(done[1], ValueError)
    assert transactions.groups == [[0, "breaks", 2], [0], ["breaks"], [2]]


async def test_a_storage_fault_refuses_all_and_is_not_tried_for_each() -> None:
    transactions = Transactions()
    gathering = transactions.gathering()

    done = await asyncio.gather(*(gathering.do(item) for item in (0, "full", 2)), return_exceptions=True)

    assert [type(one) for one in done] == [Busy, Busy, Busy]
    assert len(transactions.groups) == 1


async def test_the_queue_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "MOST_WAITING", 3)
    gathering = Transactions(takes=0.01).gathering()

    first = asyncio.create_task(gathering.do(0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    done = await asyncio.gather(*(gathering.do(number) for number in range(2, 12, 2)), return_exceptions=True)

    assert await first == "done 0"
    assert done[:3] == ["done 2", "done 4", "done 6"]
    assert [type(one) for one in done[3:]] == [Overloaded, Overloaded]


@pytest.mark.parametrize(("lingers", "groups"), [(True, [[0], [4, 6, 2]]), (False, [[0], [4, 6], [2]])])
async def test_where_it_lingers_the_next_transaction_waits_for_those_just_answered(
    monkeypatch: pytest.MonkeyPatch, *, lingers: bool, groups: list[list[int]]
) -> None:
    monkeypatch.setattr(together, "LONGEST_LINGER", 60)
    transactions = Transactions(takes=A_WHILE)
    gathering = transactions.gathering(lingers=lingers)

    async def twice(first: int, second: int) -> None:
        await gathering.do(first)
        await gathering.do(second)

    busy = asyncio.create_task(twice(0, 2))
    await asyncio.sleep(A_WHILE / 3)
    await asyncio.gather(busy, gathering.do(4), gathering.do(6))

    assert transactions.groups == groups


async def test_it_does_not_wait_for_those_who_stay_away() -> None:
    transactions = Transactions(takes=A_WHILE)
    gathering = transactions.gathering(lingers=True)

    first = asyncio.create_task(gathering.do(0))
    await asyncio.sleep(A_WHILE / 3)
    done = await asyncio.gather(first, gathering.do(2), gathering.do(4))

    assert done == ["done 0", "done 2", "done 4"]
    assert transactions.groups == [[0], [2, 4]]


async def test_an_item_without_company_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "LONGEST_LINGER", 60)
    gathering = Transactions(takes=A_WHILE).gathering(lingers=True)

    await gathering.do(0)

    await asyncio.wait_for(gathering.finish(), A_WHILE / 2)


async def test_it_waits_no_longer_than_the_last_transaction_took(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "LONGEST_LINGER", 60)
    transactions = Transactions(takes=A_WHILE)
    gathering = transactions.gathering(lingers=True)

    await asyncio.gather(gathering.do(0), gathering.do(2))

    await asyncio.wait_for(gathering.finish(), 3 * A_WHILE)


async def test_a_full_transaction_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "LONGEST_LINGER", 60)
    monkeypatch.setattr(together, "MOST_TOGETHER", 2)
    transactions = Transactions(takes=A_WHILE)
    gathering = transactions.gathering(lingers=True)
    loop = asyncio.get_running_loop()
    began = loop.time()

    await asyncio.gather(*(gathering.do(number) for number in (0, 2, 4, 6)))

    assert transactions.groups == [[0, 2], [4, 6]]
    assert loop.time() - began < 3 * A_WHILE


async def test_two_at_once_answer_everybody_as_well() -> None:
    transactions = Transactions(takes=0.01)
    gathering = Gathering(Together(transactions.work), transactions.run, 2, lingers=True)

    async def often(first: int) -> list[str]:
        return [await gathering.do(first + 2 * number) for number in range(10)]

    done = await asyncio.gather(*(often(100 * client) for client in range(8)))

    assert done == [[f"done {100 * client + 2 * number}" for number in range(10)] for client in range(8)]
