"""Identifiers of rows: UUIDs that sort in the order they were made, so that a page can follow the id."""

from collections.abc import Callable
from datetime import datetime
from threading import Lock
from uuid import UUID

__all__ = ["IdSource", "RandomBytes"]

RandomBytes = Callable[[int], bytes]
"""The source of randomness, handed in; `os.urandom` in the product."""

COUNTER_BITS = 26


class IdSource:
    """Makes UUIDs of version 7 (RFC 9562, 5.7): milliseconds, a counter within them (6.2, method 1), and chance.

    Those of one process never come out of order, whatever its clock does; those of others differ by chance.
    """

    def __init__(self, random: RandomBytes) -> None:
        self._random = random
        self._lock = Lock()
        self._milliseconds = 0
        self._counter = 0

    def __call__(self, now: datetime) -> UUID:
        """Return a new id for something made at `now`."""
        milliseconds, counter = self._next(int(now.timestamp() * 1000))
        high, low = divmod(counter, 1 << 14)
        value = milliseconds << 80 | 0x7 << 76 | high << 64 | 0x2 << 62 | low << 48 | int.from_bytes(self._random(6))
        return UUID(int=value)

    def _next(self, milliseconds: int) -> tuple[int, int]:
        with self._lock:
            if milliseconds > self._milliseconds:
                self._milliseconds, self._counter = milliseconds, 0
            else:
                self._counter += 1
            if self._counter == 1 << COUNTER_BITS:
                self._milliseconds, self._counter = self._milliseconds + 1, 0
            return self._milliseconds, self._counter
