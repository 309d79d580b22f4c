"""A client that costs little: requests are bytes made by number, sent over connections that are kept open."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Load", "cpu_seconds", "run"]

Request = Callable[[int], bytes]

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Load:
    """What a round of requests took: each of them in seconds, and the server's CPU in microseconds a request."""

    seconds: list[float]
    cpu: float


def cpu_seconds(pid: int) -> float:
    """The CPU time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


async def run(port: int, pid: int, request: Request, numbers: range, clients: int) -> Load:
    """Send a request for each number over `clients` connections. Raises `RuntimeError` for an answer that is no
    success."""
    waiting = iter(numbers)
    seconds: list[float] = []
    before = cpu_seconds(pid)
    await asyncio.gather(*(_client(port, request, waiting, seconds) for _ in range(clients)))
    return Load(seconds, (cpu_seconds(pid) - before) * 1_000_000 / len(numbers))


async def _client(port: int, request: Request, waiting: object, seconds: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
    try:
        for number in waiting:  # type: ignore[attr-defined]
            content = request(number)
            began = time.perf_counter()
            writer.write(content)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            body = await reader.readexactly(length)
            seconds.append(time.perf_counter() - began)
            if not head.startswith(b"HTTP/1.1 2"):
                raise RuntimeError(f"{head.decode()}{body[:500].decode()}")
    finally:
        writer.close()
