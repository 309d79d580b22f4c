"""Two thousand slow connections against a served process: honest requests are answered, slow ones end, none stays."""

import asyncio
import contextlib
import re
import sys
import time

import httpx
import pytest

from tests.served import Served
from tests.slow_clients import attack, basic, eventually, files_of, honest, memory_of, raise_own_files

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

COUNT = 2000
SECONDS = 15
PATIENCE = 20.0
"""Seconds an honest request is waited for. Without deadlines it would wait for ever; the bench tells its times."""

SPARE = 50
"""Files a server may have opened meanwhile that are no connections of clients: those of its database."""

SHORT = {
    "LRX_HEAD_SECONDS": "4",
    "LRX_BODY_SECONDS": "5",
    "LRX_IDLE_SECONDS": "4",
    "LRX_UNREAD_SECONDS": "4",
}


SLOW_ENDINGS = ("unread", "idle", "head_late", "body_late")


def credential_of(served: Served) -> str:
    served.lrx("migrate")
    return basic(**served.lrx("credentials", "create", "--kind", "lms"))


async def test_slow_connections_starve_nobody(plain: Served) -> None:
    count = raise_own_files(COUNT)
    if count < COUNT:
        sys.stdout.write(f"only {count} connections: the limit of open files is low\n")
    credential = credential_of(plain)
    plain.environment |= SHORT
    plain.start("--no-worker")
    assert plain.process is not None
    pid = plain.process.pid
    files, memory = files_of(pid), memory_of(pid)
    ask = f"GET /xapi/about HTTP/1.1\r\nHost: good\r\nAuthorization: {credential}\r\nConnection: close\r\n\r\n".encode()

    slow = asyncio.create_task(attack(plain.port, count, SECONDS, credential, patience=60))
    good = await honest(plain.port, lambda: ask, PATIENCE, slow.done)
    tally = await slow
    peak = memory_of(pid)

    async def all_came_back() -> bool:
        return files_of(pid) <= files + SPARE

    times = f"p50 {good.at(0.5):.0f} ms, p99 {good.at(0.99):.0f} ms"
    sys.stdout.write(f"{len(good.took)} good requests, {times}, {peak - memory} MB more, {tally.slowest}\n")
    assert not good.failed
    assert len(good.took) > 20
    assert tally.refused == 0
    assert tally.still_open == 0, tally
    answered = {(kind, status.decode()) for kind, status in tally.statuses if kind != "slow reader"}
    assert answered == {("slow head", "408"), ("slow body", "408"), ("idle", "200")}
    assert await eventually(all_came_back, 30)
    assert peak - memory < 200
    assert plain.stop() == 0


async def test_a_reader_that_takes_nothing_is_cut_off_and_counted(plain: Served) -> None:
    credential = credential_of(plain)
    plain.environment |= SHORT
    plain.start("--no-worker")
    assert plain.process is not None
    slow = asyncio.create_task(attack(plain.port, 8, 1000, credential))
    async with httpx.AsyncClient(trust_env=False) as client:
        closed: dict[str, str] = {}

        async def cut() -> bool:
            text = (await client.get(f"{plain.url}/metrics")).text
            closed.update(re.findall(r'lrx_connections_closed_total{reason="([a-z_]+)"} ([0-9.]+)', text))
            return all(closed[reason] == "2.0" for reason in SLOW_ENDINGS)

        is_cut = await eventually(cut, 60)
    slow.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await slow
    assert is_cut, closed


async def test_idle_connections_give_way_to_new_ones(plain: Served) -> None:
    plain.environment |= {"LRX_MAX_CONNECTIONS": "50", "LRX_IDLE_SECONDS": "600"}
    plain.start("--no-worker")
    served = []
    for number in range(60):
        if number == 50:
            await asyncio.sleep(3)  # one goes only after it has been idle for a second
        reader, writer = await asyncio.open_connection("127.0.0.1", plain.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        served.append((writer, await reader.readuntil(b"\r\n\r\n")))
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    metrics = (await reader.read()).decode()
    for writer, _ in served:
        writer.close()
    assert [head[9:12] for _, head in served] == [b"200"] * 60
    assert 10 <= float(metrics.partition('reason="crowded"} ')[2].split()[0]) < 60


async def test_when_none_can_go_a_new_connection_is_told_to_come_again(plain: Served) -> None:
    credential = credential_of(plain)
    # No pace is too slow: those who send a body stay.
    plain.environment |= {"LRX_MAX_CONNECTIONS": "20", "LRX_BODY_BYTES_PER_SECOND": "0"}
    plain.start("--no-worker")
    head = (
        "POST /xapi/statements HTTP/1.1\r\nHost: a\r\nX-Experience-API-Version: 1.0.3\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nAuthorization: {credential}\r\nContent-Length: 2\r\n\r\n"
    )
    sending = []
    for _ in range(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", plain.port)
        writer.write(head.encode())
        sending.append((reader, writer))
    newer = [await asyncio.open_connection("127.0.0.1", plain.port) for _ in range(5)]
    refusals = [await reader.read() for reader, _ in newer]
    for _, writer in sending:
        writer.write(b"[]")
    answers = [await reader.read() for reader, _ in sending]
    for _, writer in sending + newer:
        writer.close()
    assert all(one.startswith(b"HTTP/1.1 503") and b"retry-after: 5" in one for one in refusals)
    assert all(one.startswith(b"HTTP/1.1 200") for one in answers)


async def test_a_large_body_on_a_slow_line_is_taken(plain: Served) -> None:
    credential = credential_of(plain)
    plain.environment |= {"LRX_HEAD_SECONDS": "2", "LRX_BODY_SECONDS": "60", "LRX_BODY_BYTES_PER_SECOND": "500"}
    plain.start("--no-worker")
    body = b"[" + b" " * 400_000 + b"]"
    head = (
        "POST /xapi/statements HTTP/1.1\r\nHost: a\r\nX-Experience-API-Version: 1.0.3\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nAuthorization: {credential}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", plain.port)
    writer.write(head.encode())
    began = time.monotonic()
    for start in range(0, len(body), 4_000):
        writer.write(body[start : start + 4_000])
        await asyncio.sleep(0.2)
    answer = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    assert time.monotonic() - began > 16  # longer than the pace is measured over
    assert answer.startswith(b"HTTP/1.1 200"), answer


async def test_slow_connections_do_not_hold_up_the_end(plain: Served) -> None:
    credential = credential_of(plain)
    plain.environment |= SHORT
    plain.start("--no-worker")
    slow = asyncio.create_task(attack(plain.port, 8, 1000, credential))
    await asyncio.sleep(1)
    code = await asyncio.to_thread(plain.stop)
    slow.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await slow
    assert code == 0
