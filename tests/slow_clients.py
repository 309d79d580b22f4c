"""Clients that are slow on purpose: by the thousand, in one event loop, and an honest one beside them."""

import asyncio
import base64
import contextlib
import os
import resource
import socket
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = [
    "KINDS",
    "Honest",
    "Slow",
    "Tally",
    "attack",
    "basic",
    "eventually",
    "files_of",
    "honest",
    "memory_of",
    "peak_memory_of",
    "raise_own_files",
]

KINDS = ("slow head", "slow body", "slow reader", "idle")
BACKLOG = 200
"""Connections opened before the server is given a moment: the test is not about its accept queue."""

FIRST = {
    "slow head": b"GET /healthz HTTP/1.1\r\nHost: slow\r\n",
    "slow body": b"POST /xapi/statements HTTP/1.1\r\nHost: slow\r\nX-Experience-API-Version: 1.0.3\r\n"
    b"Content-Type: application/json\r\nContent-Length: 1000000\r\n",
    "slow reader": b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: slow\r\n\r\n" * 20,
    "idle": b"GET /healthz HTTP/1.1\r\nHost: slow\r\n\r\n",
}
DRIP = {"slow head": b"X-A: b\r\n", "slow body": b" "}


class Slow(asyncio.Protocol):
    """One slow client. `closed_after` is in seconds, and unknown while it is open or nobody reads."""

    def __init__(self, kind: str, credential: bytes) -> None:
        self.kind = kind
        self.credential = credential
        self.transport: Any = None
        self.began = 0.0
        self.closed_after: float | None = None
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.began = time.monotonic()
        first = FIRST[self.kind]
        if self.kind == "slow reader":
            # A little later: older versions of Python begin to read right after this, whatever was said before.
            asyncio.get_running_loop().call_soon(self.transport.pause_reading)
        if self.kind == "slow body":
            first += b"Authorization: " + self.credential + b"\r\n\r\n"
        self.transport.write(first)

    def data_received(self, data: bytes) -> None:
        self.received += data[:100]

    def eof_received(self) -> None:
        self._note()

    def connection_lost(self, exc: Exception | None) -> None:
        self._note()

    def drip(self) -> None:
        """Send a little more."""
        if self.closed_after is None and self.kind in DRIP:
            self.transport.write(DRIP[self.kind])

    def _note(self) -> None:
        if self.closed_after is None:
            self.closed_after = time.monotonic() - self.began


@dataclass
class Honest:
    """What a good client saw: milliseconds of each request served, and how many were not."""

    took: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)

    def at(self, share: float) -> float:
        """The milliseconds that this share of the requests took at most."""
        return sorted(self.took)[min(len(self.took) - 1, int(len(self.took) * share))]


@dataclass
class Tally:
    """What became of the slow clients. Seconds are from connection to close; readers do not look, so have none."""

    opened: int = 0
    refused: int = 0
    still_open: int = 0
    slowest: dict[str, float] = field(default_factory=dict)
    statuses: Counter[tuple[str, bytes]] = field(default_factory=Counter)


async def attack(port: int, count: int, seconds: float, credential: str, patience: float = 0.0) -> Tally:
    """Open `count` slow connections, a quarter of each kind, let them drip for so long, and say what became of them.
    Those still open then are given `patience` seconds more: the machine may be busy."""
    tally = Tally()
    clients: list[Slow] = []
    try:
        for number in range(count):
            try:
                clients.append(await _opened(port, KINDS[number % len(KINDS)], credential))
            except OSError:
                tally.refused += 1
            if number % BACKLOG == BACKLOG - 1:
                await asyncio.sleep(0.05)
        tally.opened = len(clients)
        until = time.monotonic() + seconds
        while time.monotonic() < until or (time.monotonic() < until + patience and _open(clients)):
            await asyncio.sleep(1)
            for client in clients:
                client.drip()
    finally:
        for client in clients:
            tally.statuses[client.kind, client.received[9:12]] += 1
            if client.kind != "slow reader":
                tally.slowest[client.kind] = max(tally.slowest.get(client.kind, 0.0), client.closed_after or seconds)
        tally.still_open = _open(clients)
        for client in clients:
            client.transport.abort()
        await asyncio.sleep(0)
    return tally


def _open(clients: list[Slow]) -> int:
    return sum(client.closed_after is None for client in clients if client.kind != "slow reader")


async def _opened(port: int, kind: str, credential: str) -> Slow:
    loop = asyncio.get_running_loop()
    sock = socket.socket()
    sock.setblocking(False)
    if kind == "slow reader":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    try:
        await loop.sock_connect(sock, ("127.0.0.1", port))
    except OSError:
        sock.close()
        raise
    return (await loop.create_connection(lambda: Slow(kind, credential.encode()), sock=sock))[1]


async def honest(port: int, requests: Callable[[], bytes], patience: float, is_over: Callable[[], bool]) -> Honest:
    """Make one request after another until it is over: each on a new connection, and waited for `patience` seconds."""
    seen = Honest()
    while not is_over():
        began = time.monotonic()
        try:
            status = await asyncio.wait_for(_ask(port, requests()), patience)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            seen.failed[type(error).__name__] += 1
        else:
            seen.took.append((time.monotonic() - began) * 1000)
            if status >= 400:
                seen.failed[str(status)] += 1
        await asyncio.sleep(0.01)
    return seen


async def _ask(port: int, request: bytes) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        answer = await reader.read()
        return int(answer[9:12])
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def eventually(is_so: Callable[[], Awaitable[bool]], seconds: float) -> bool:
    """Whether it becomes so within so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if await is_so():
            return True
        await asyncio.sleep(0.2)
    return False


def basic(username: str, password: str) -> str:
    """Return the value of the header Authorization."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def files_of(pid: int) -> int:
    """How many files a process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def memory_of(pid: int) -> int:
    """Resident megabytes of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1_000_000


def peak_memory_of(pid: int) -> int:
    """Resident megabytes of a process when it had the most."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) // 1000


def raise_own_files(wanted: int) -> int:
    """Let this process open as many files as it may; return how many connections of `wanted` that is enough for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    limit = hard if hard != resource.RLIM_INFINITY else wanted * 2
    return min(wanted, max(limit - 500, 100))
