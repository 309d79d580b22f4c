"""Receipt: how long and how large a request may be while it arrives, how long its answer may wait to be read, and how
many connections there are. `lrx.connection` is one connection; here is what watches over all of them."""

import asyncio
import resource
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from lrx.identifiers import RandomBytes
from lrx.logs import log
from lrx.metrics import Metrics
from lrx.settings import Settings
from lrx.text import Language

__all__ = ["TICK", "Connections", "Ending", "Guest", "Limits", "Pace", "Rank", "raise_open_files"]

TICK = 0.5
"""Seconds between two looks at all connections. No connection has a timer of its own."""

ALWAYS_TAKEN = 65536
"""A body of so many bytes finds room whatever the others hold."""

REFUSED_AT_ONCE = 200
"""Connections for which there is no room, and which are told so before they are closed."""

SPARE_FILES = 200 + REFUSED_AT_ONCE
"""Files open at once besides connections: the database, the log, those the recipients are reached by, the refused."""

SETTLED = 1.0
"""Seconds a connection is left alone before it can have to go for another: an honest request is in by then."""


class Ending(StrEnum):
    """Why a connection ended; the label of a counter."""

    CLIENT = "client"
    ANSWERED = "answered"
    IDLE = "idle"
    HEAD_LATE = "head_late"
    BODY_LATE = "body_late"
    UNREAD = "unread"
    REFUSED = "refused"
    CROWDED = "crowded"
    STOPPED = "stopped"


class Rank(StrEnum):
    """Who goes first when room is needed."""

    IDLE = "1 idle"
    HEAD = "2 head"
    BODY = "3 body"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a client may ask of the server before it is a caller anybody knows. Times are in seconds, sizes in
    bytes; what each means stands in the settings of the same name."""

    head_seconds: float
    body_seconds: float
    body_bytes_per_second: int
    idle_seconds: float
    unread_seconds: float
    max_connections: int
    max_connections_per_address: int
    max_target_bytes: int
    max_head_bytes: int
    max_headers: int
    max_bodies_bytes: int

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """Return the limits the operator set."""
        return cls(**{name: getattr(settings, name) for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Pace:
    """How many bytes had moved at some moment, in seconds of `Connections.now`."""

    since: float
    moved: int

    def is_slow(self, now: float, moved: int, least: int) -> bool:
        """Whether fewer than `least` bytes a second have moved since."""
        return moved - self.moved < least * (now - self.since)


class Guest(Protocol):
    """What is asked of a connection that is watched over."""

    @property
    def address(self) -> str:
        """Where it comes from; empty when that is unknown."""

    @property
    def since(self) -> float:
        """Since when it is as it is, by the time of `Connections.now`."""

    def check(self) -> None:
        """End it if it is late."""

    def rank(self) -> Rank | None:
        """Its rank among those who can go, or nothing while it is being served."""

    def make_room(self) -> None:
        """End it for another."""


class Connections:
    """All connections of a server, the time their deadlines are told by, and the room they share."""

    def __init__(
        self, limits: Limits, metrics: Metrics, random: RandomBytes, language: Language, timer: Callable[[], float]
    ) -> None:
        self.limits = limits
        self.random = random
        self.language = language
        self.now = 0.0
        """Seconds. It stands still while this process could not listen, so that nobody is late because of us."""
        self.body_bytes = 0
        self._guests: set[Guest] = set()
        self._going: set[Guest] = set()  # for whom there is no place: they take none
        self._all_busy_at = -1.0
        self._addresses: Counter[str] = Counter()
        self._timer = timer
        self._looked_at = timer()
        self._next_look: asyncio.TimerHandle | None = None
        self._ended = {ending: metrics.connections_closed.labels(ending.value) for ending in Ending}
        metrics.connections.set_function(lambda: len(self._guests))

    def __len__(self) -> int:
        return len(self._guests) - len(self._going)

    @property
    def can_wait(self) -> bool:
        """Whether one that was refused may stay until it has read so."""
        return len(self._going) <= REFUSED_AT_ONCE

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to look at the connections, once a tick."""
        self._next_look = loop.call_later(TICK, self.open, loop)
        self.look()

    def close(self) -> None:
        """Look no more."""
        if self._next_look is not None:
            self._next_look.cancel()

    def look(self) -> None:
        """Let the time that passed count, and end the connections that are late."""
        moment = self._timer()
        self.now += min(moment - self._looked_at, 2 * TICK)
        self._looked_at = moment
        for guest in tuple(self._guests):
            guest.check()

    def admit(self, guest: Guest) -> bool:
        """Take a connection in; say whether there is room for it. `leave` is owed in both cases."""
        limits, address = self.limits, guest.address
        if len(self) >= limits.max_connections:
            self._make_room()
        has_room = len(self) < limits.max_connections
        if limits.max_connections_per_address:
            self._addresses[address] += 1
            has_room = has_room and self._addresses[address] <= limits.max_connections_per_address
        self._guests.add(guest)
        if not has_room:
            self._going.add(guest)
        return has_room

    def leave(self, guest: Guest, ending: Ending) -> None:
        """Let a connection go that has ended."""
        self._guests.discard(guest)
        self._going.discard(guest)
        self._ended[ending].inc()
        if self.limits.max_connections_per_address:
            self._addresses[guest.address] -= 1
            if not self._addresses[guest.address]:
                del self._addresses[guest.address]

    def keep(self, size: int, kept: int) -> bool:
        """Count `size` bytes of a body of which `kept` bytes have come before; say whether there is room for them."""
        self.body_bytes += size
        return self.body_bytes <= self.limits.max_bodies_bytes or kept + size <= ALWAYS_TAKEN

    def free(self, size: int) -> None:
        """Give back the room of a body."""
        self.body_bytes -= size

    def _make_room(self) -> None:
        if self._all_busy_at == self.now:
            return
        ranked = [
            (rank, guest.since, id(guest), guest)
            for guest in self._guests
            if self.now - guest.since >= SETTLED and guest not in self._going and (rank := guest.rank())
        ]
        if not ranked:
            self._all_busy_at = self.now
        # Several go at once, so that a flood does not have everybody ranked for each that comes.
        for *_, guest in sorted(ranked)[: max(1, self.limits.max_connections // 100)]:
            self._going.add(guest)
            guest.make_room()


def raise_open_files(max_connections: int) -> int:
    """Let this process open as many files as it may; return for how many connections that is enough."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max_connections + SPARE_FILES
    if hard == resource.RLIM_INFINITY:
        hard = max(soft, wanted)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    if hard >= wanted:
        return max_connections
    enough = max(hard - SPARE_FILES, hard // 2)
    log.warning("fewer connections than set: raise the limit of open files", connections=enough, open_files=hard)
    return enough
