import resource
from dataclasses import replace

import pytest

from lrx.metrics import Metrics
from lrx.receipt import REFUSED_AT_ONCE, SETTLED, TICK, Connections, Ending, Limits, Pace, Rank, raise_open_files
from lrx.settings import Settings

LIMITS = replace(Limits.of(Settings()), max_connections=10)


class Moment:
    """A timer that stands until it is moved."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


class Visitor:
    """A connection that is whatever the test says."""

    def __init__(self, rank: Rank | None = None, since: float = 0.0, address: str = "192.0.2.1") -> None:
        self.address = address
        self.since = since
        self.given = rank
        self.has_gone = False
        self.checks = 0

    def check(self) -> None:
        self.checks += 1

    def rank(self) -> Rank | None:
        return self.given

    def make_room(self) -> None:
        self.has_gone = True


def connections(limits: Limits = LIMITS, timer: Moment | None = None, metrics: Metrics | None = None) -> Connections:
    return Connections(limits, metrics or Metrics(), lambda size: b"\0" * size, "en", timer or Moment())


def pass_time(opened: Connections, timer: Moment, seconds: float) -> None:
    for _ in range(round(seconds / TICK)):
        timer.at += TICK
        opened.look()


def test_every_connection_is_looked_at_once_a_tick() -> None:
    opened = connections()
    visitors = [Visitor() for _ in range(5)]
    for visitor in visitors:
        opened.admit(visitor)
    opened.look()
    opened.leave(visitors[0], Ending.CLIENT)
    opened.look()
    assert [visitor.checks for visitor in visitors] == [1, 2, 2, 2, 2]


def test_nobody_is_late_because_this_process_did_not_listen() -> None:
    timer = Moment()
    opened = connections(timer=timer)
    pass_time(opened, timer, 3)
    assert opened.now == pytest.approx(3)
    timer.at += 60
    opened.look()
    assert opened.now == pytest.approx(3 + 2 * TICK)


def test_up_to_the_limit_everybody_has_room() -> None:
    opened = connections()
    assert all(opened.admit(Visitor()) for _ in range(10))
    assert not opened.admit(Visitor())
    assert len(opened) == 10


@pytest.mark.parametrize(
    ("ranks", "goes"),
    [
        ([Rank.BODY, Rank.HEAD, Rank.IDLE], 2),
        ([Rank.BODY, Rank.HEAD, None], 1),
        ([Rank.BODY, None, None], 0),
        ([Rank.IDLE, Rank.IDLE, Rank.IDLE], 0),
        ([None, None, None], None),
    ],
)
def test_the_idle_go_first_and_those_at_work_stay(ranks: list[Rank | None], goes: int | None) -> None:
    timer = Moment()
    opened = connections(replace(LIMITS, max_connections=3), timer)
    visitors = [Visitor(rank, since=number / 10) for number, rank in enumerate(ranks)]
    for visitor in visitors:
        opened.admit(visitor)
    pass_time(opened, timer, 2 * SETTLED)
    assert opened.admit(Visitor()) == (goes is not None)
    assert [number for number, visitor in enumerate(visitors) if visitor.has_gone] == ([] if goes is None else [goes])


def test_a_connection_has_a_second_before_it_can_go() -> None:
    timer = Moment()
    opened = connections(replace(LIMITS, max_connections=1), timer)
    opened.admit(Visitor(Rank.HEAD))
    assert not opened.admit(Visitor())
    pass_time(opened, timer, SETTLED)
    assert opened.admit(Visitor())


def test_several_go_at_once_when_there_are_many() -> None:
    timer = Moment()
    opened = connections(replace(LIMITS, max_connections=500), timer)
    visitors = [Visitor(Rank.IDLE) for _ in range(500)]
    for visitor in visitors:
        opened.admit(visitor)
    pass_time(opened, timer, 2 * SETTLED)
    assert all(opened.admit(Visitor()) for _ in range(5))
    assert sum(visitor.has_gone for visitor in visitors) == 5


def test_one_address_has_its_share_if_the_operator_wants_so() -> None:
    opened = connections(replace(LIMITS, max_connections_per_address=2))
    first, second, third = (Visitor() for _ in range(3))
    assert opened.admit(first)
    assert opened.admit(second)
    assert not opened.admit(third)
    assert opened.admit(Visitor(address="192.0.2.2"))
    for visitor in (first, second, third):
        opened.leave(visitor, Ending.CLIENT)
    assert opened.admit(Visitor())


def test_a_crowd_of_refused_does_not_stay_to_read_so() -> None:
    opened = connections()
    visitors = [Visitor() for _ in range(10 + REFUSED_AT_ONCE)]
    for visitor in visitors:
        opened.admit(visitor)
    assert opened.can_wait
    opened.admit(Visitor())
    assert not opened.can_wait
    opened.leave(visitors[-1], Ending.CROWDED)
    assert opened.can_wait


def test_bodies_share_a_room_and_a_small_one_always_fits() -> None:
    opened = connections(replace(LIMITS, max_bodies_bytes=1_000_000))
    assert opened.keep(900_000, 0)
    assert not opened.keep(200_000, 900_000)
    assert opened.keep(65_536, 0)
    assert not opened.keep(1, 65_536)
    opened.free(900_000)
    opened.free(200_000)
    assert opened.keep(100_000, 0)


def test_endings_are_counted_by_reason() -> None:
    metrics = Metrics()
    opened = connections(metrics=metrics)
    staying, late = Visitor(), Visitor()
    opened.admit(staying)
    opened.admit(late)
    opened.leave(late, Ending.HEAD_LATE)
    registry = metrics.registry
    assert registry.get_sample_value("lrx_connections") == 1
    assert registry.get_sample_value("lrx_connections_closed_total", {"reason": "head_late"}) == 1
    assert registry.get_sample_value("lrx_connections_closed_total", {"reason": "idle"}) == 0


@pytest.mark.parametrize(
    ("now", "moved", "is_slow"),
    [(20.0, 5_999, False), (20.0, 6_000, False), (20.0, 5_900, False), (20.0, 5_499, True), (21.0, 5_999, True)],
)
def test_pace_is_bytes_a_second_since_the_last_look(now: float, moved: int, is_slow: bool) -> None:
    assert Pace(10.0, 500).is_slow(now, moved, 500) == is_slow


def test_as_many_files_as_the_system_allows_can_be_open() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
        enough = raise_open_files(100)
        raised = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        fewer = raise_open_files(10**9)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert enough == 100
    assert raised == hard
    assert fewer < hard
