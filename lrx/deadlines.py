"""Deadlines: when a connection is late, and what is done about it. `lrx.receipt` has them all looked at once a tick."""

import asyncio
import socket
import struct
from abc import abstractmethod
from enum import Enum
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from lrx.errors import LrxError
from lrx.receipt import TICK, Connections, Ending, Pace, Rank
from lrx.web.refusals import RequestLate

__all__ = ["Stage", "Watched"]

PACE = 15.0
"""Seconds over which the pace of a body is measured."""

LINGER = 5.0
"""Seconds for a client to read a refusal, or to send the rest of a body nobody reads. Closing at once would take the
answer from it: what arrives at a closed connection resets it."""

FORGET = struct.pack("ii", 1, 0)
"""For `SO_LINGER`: close at once and throw away what was not delivered."""


class Stage(Enum):
    """What is being received."""

    NOTHING = 0
    HEAD = 1
    BODY = 2
    IGNORED = 3
    """Whatever still comes is thrown away; the connection is about to end."""


class Watched(HttpToolsProtocol):
    """A connection of which everything it waits for has an end."""

    def __init__(
        self,
        connections: Connections,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.all = connections
        self.limits = connections.limits
        self.stage = Stage.NOTHING
        self.since = connections.now
        self.ending = Ending.CLIENT
        self.has_hung_up = False
        self.answering: RequestResponseCycle | None = None
        self.received = self.body_received = 0
        self.pace = Pace(self.since, 0)
        self.unread: Pace | None = None

    @property
    def address(self) -> str:
        """Where it comes from; empty when that is unknown."""
        return self.client[0] if self.client else ""

    @property
    def is_busy(self) -> bool:
        """Whether somebody works on an answer."""
        return self.answering is not None and not self.answering.response_complete and not self.answering.disconnected

    @abstractmethod
    def refuse(self, error: LrxError, ending: Ending) -> None:
        """Answer what cannot be served after all that came before it, read nothing more, and close."""

    def ignore(self) -> None:
        """Throw away whatever still comes."""
        self.stage = Stage.IGNORED
        self.since = self.all.now

    def check(self) -> None:
        """End it if it is late."""
        if self.flow.write_paused or self.transport.is_closing():
            self._check_reader()
            return
        self.unread = None
        waited = self.all.now - self.since
        if self.has_hung_up:
            if waited > LINGER:
                self._cut(self.ending)
        elif self._waits_for_us():
            self.since += TICK
            self.pace = Pace(self.all.now, self.body_received)
        elif self.stage is Stage.HEAD:
            if waited > self.limits.head_seconds:
                self.refuse(RequestLate(), Ending.HEAD_LATE)
        elif self.stage is Stage.BODY:
            self._check_body(waited)
        elif not self.is_busy:
            self._check_idle(waited)

    def rank(self) -> Rank | None:
        """Its rank among those who can go for another, or nothing while it is being served or keeps its pace."""
        if self.transport.is_closing() or self.flow.write_paused or self._waits_for_us():
            return None
        if self.stage is Stage.HEAD:
            return Rank.HEAD
        if self.stage is Stage.BODY:
            is_slow = self.pace.is_slow(self.all.now, self.body_received, self.limits.body_bytes_per_second)
            return Rank.BODY if is_slow else None
        return None if self.is_busy else Rank.IDLE

    def make_room(self) -> None:
        """End it for another."""
        self._cut(Ending.CROWDED)

    def _waits_for_us(self) -> bool:
        """Whether the client has more to send and we do not take it, or have not yet told it to go on."""
        return self.flow.read_paused or (self.stage is Stage.BODY and self.cycle.waiting_for_100_continue)

    def _check_body(self, waited: float) -> None:
        now = self.all.now
        if self.cycle.response_complete:
            if waited > LINGER:
                self._cut(Ending.BODY_LATE)
        elif waited > self.limits.body_seconds:
            self.refuse(RequestLate(), Ending.BODY_LATE)
        elif now - self.pace.since > PACE:
            if self.pace.is_slow(now, self.body_received, self.limits.body_bytes_per_second):
                self.refuse(RequestLate(), Ending.BODY_LATE)
            self.pace = Pace(now, self.body_received)

    def _check_idle(self, waited: float) -> None:
        is_new = self.cycle is None
        if waited <= (self.limits.head_seconds if is_new else self.limits.idle_seconds):
            return
        # No answer: one that nobody asked for would be taken for that to the next request.
        if self.transport.get_write_buffer_size():
            self._cut(Ending.UNREAD)
        else:
            self.ending = Ending.HEAD_LATE if is_new else Ending.IDLE
            self.transport.close()

    def _check_reader(self) -> None:
        now, read = self.all.now, -self.transport.get_write_buffer_size()
        if self.unread is None:
            self.unread = Pace(now, read)
        elif now - self.unread.since > self.limits.unread_seconds:
            if self.unread.is_slow(now, read, self.limits.body_bytes_per_second):
                self._cut(Ending.UNREAD)
            self.unread = Pace(now, read)

    def _cut(self, ending: Ending) -> None:
        if ending is Ending.UNREAD:
            # The system would keep what is unread, and go on trying to deliver it.
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, FORGET)
        self.ending = ending
        self.transport.abort()
