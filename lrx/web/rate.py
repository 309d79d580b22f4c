"""How often each credential may call: counted in this process, in windows of fixed length, and told in the headers of
every answer (RateLimit-Policy and RateLimit, as the IETF's draft writes them)."""

import time
from collections.abc import Callable

from limits import parse
from starlette.types import Scope

from lrx.errors import Busy
from lrx.text import text

__all__ = ["OverRate", "Rate"]


class OverRate(Busy):
    """The credential calls more often than it may; it can go on when its window ends."""

    code = "rate_exceeded"


class Rate:
    """A limit such as `6000/minute`. `timer` counts seconds and is never set back."""

    def __init__(self, rule: str, timer: Callable[[], float] = time.monotonic) -> None:
        limit = parse(rule)
        self.most: int = limit.amount
        self.seconds: int = limit.get_expiry()
        self.rule, self._timer = str(limit), timer
        self._policy = (b"ratelimit-policy", f'"credential";q={self.most};w={self.seconds}'.encode())
        self._window = -1
        self._counts: dict[str, int] = {}

    def admit(self, scope: Scope, credential_id: str) -> None:
        """Count a request, and have its answer, a refusal too, say what is left. Raises `OverRate`."""
        left, wait = self._count(credential_id, 1)
        told = f'"credential";r={max(left, 0)};t={wait}'
        scope["state"]["headers"] = [self._policy, (b"ratelimit", told.encode())]
        if left < 0:
            raise OverRate(
                text(
                    "This credential calls faster than agreed ({rate}). Go on in {seconds} seconds.",
                    rate=self.rule,
                    seconds=wait,
                ),
                retry_after=wait,
            )

    def spend(self, credential_id: str, cost: int) -> int:
        """Count a request that costs as much as `cost` others, and return 0; where there is not so much left it counts
        nothing and returns the seconds until there is."""
        left, wait = self._count(credential_id, cost)
        return wait if left < 0 else 0

    def _count(self, credential_id: str, cost: int) -> tuple[int, int]:
        """What is left after it, below zero when it was too much, and in how many seconds the window ends."""
        now = self._timer()
        window = int(now // self.seconds)
        if window != self._window:  # everybody's window ends together, so what is kept never grows old
            self._window, self._counts = window, {}
        count = self._counts.get(credential_id, 0) + cost
        if count <= self.most:
            self._counts[credential_id] = count
        return self.most - count, max(1, self.seconds - int(now % self.seconds))
