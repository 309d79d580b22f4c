"""What honest requests meet while thousands of connections are slow on purpose. `python -m bench.slow_connections`.

A quarter of the connections drip a head, a quarter a body, a quarter take no answer, a quarter are idle. They stay for
a minute, with the settings as they come; the honest client makes one request after another, each on a new connection
and each into the database. Clients and server share the machine.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from bench.machine import machine
from tests.served import Served
from tests.slow_clients import attack, basic, files_of, honest, memory_of, raise_own_files

PATIENCE = 30.0


async def run(served: Served, credential: str, count: int, seconds: float) -> None:
    """Attack the server and tell what the honest client, the slow ones and the process saw."""
    assert served.process is not None
    pid = served.process.pid
    files, memory = files_of(pid), memory_of(pid)
    ask = f"GET /xapi/about HTTP/1.1\r\nHost: a\r\nAuthorization: {credential}\r\nConnection: close\r\n\r\n".encode()
    peak = [memory, files]
    closed: list[float] = []
    began = time.monotonic()

    def is_over() -> bool:
        peak[0], peak[1] = max(peak[0], memory_of(pid)), max(peak[1], files_of(pid))
        if not closed and peak[1] > files + count // 2 and files_of(pid) < files + 50:
            closed.append(time.monotonic() - began)
        return slow.done()

    slow = asyncio.create_task(attack(served.port, count, seconds, credential))
    good = await honest(served.port, lambda: ask, PATIENCE, is_over)
    tally = await slow
    print(f"  {tally.opened} slow connections, {tally.refused} refused; {peak[1] - files} open at once at most")
    print(f"  good requests: {len(good.took)} served, {good.failed.total()} failed {dict(good.failed) or ''}")
    print(f"  p50 {good.at(0.5):.1f} ms   p99 {good.at(0.99):.1f} ms   max {good.at(1):.1f} ms")
    for kind, slowest in sorted(tally.slowest.items()):
        print(f"  {kind:12} closed after {slowest:5.1f} s at most")
    print(
        f"  {tally.still_open} still open; all closed {f'{closed[0]:.1f} s' if closed else 'not'} after the first came"
    )
    print(f"  memory {memory} MB before, {peak[0]} MB at most, {memory_of(pid)} MB at the end")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=60)
    asked = parser.parse_args()
    count = raise_own_files(asked.count)
    print(f"{machine()}; {count} slow connections on the same machine")
    if count < asked.count:
        print("  fewer than asked for: the limit of open files is low")
    with tempfile.TemporaryDirectory() as name:
        served = Served(f"sqlite:///{Path(name) / 'lrx.db'}", Path(name))
        served.lrx("migrate")
        credential = basic(**served.lrx("credentials", "create", "--kind", "lms"))
        served.start("--no-worker")
        try:
            asyncio.run(run(served, credential, count, asked.seconds))
        finally:
            served.stop()


if __name__ == "__main__":
    main()
