"""How long the main requests take, each beside a floor of the same server in the same run. `make bench`.

The floor of a write is the heartbeat `[]`: the same way in, authentication and parsing included, and nothing kept.
The floor of a question is the same question about nobody. Rounds alternate, so that both sides meet the same machine.
"""

import argparse
import asyncio
import json
import os
import platform
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.postgres import NoServer, server

CLIENTS = 8
LEARNERS = 200
STATEMENT = {
    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
    "object": {
        "id": "https://lms.example.org/course/view.php?id=2",
        "definition": {"type": "https://w3id.org/xapi/cmi5/activitytype/course", "name": {"en": "WHMIS"}},
    },
    "context": {
        "extensions": {
            "http://lrs.learninglocker.net/define/extensions/info": {"event_name": "\\core\\event\\course_completed"}
        }
    },
}

Request = Callable[[httpx.AsyncClient, int], Awaitable[httpx.Response]]


@dataclass
class Side:
    """One kind of request and the milliseconds each of it took."""

    name: str
    request: Request
    took: list[float] = field(default_factory=list)

    def told(self) -> str:
        ordered = sorted(self.took)
        return f"p50 {statistics.median(ordered):7.2f} ms   p99 {ordered[int(len(ordered) * 0.99) - 1]:7.2f} ms"


async def measure(client: httpx.AsyncClient, floor: Side, side: Side, rounds: int, size: int) -> float:
    """Alternate rounds of both sides; return the median of the rounds' ratios of time per request."""
    ratios = []
    for turn in range(rounds):
        spent = [await _round(client, one, turn * size, size) for one in (floor, side)]
        ratios.append(spent[1] / spent[0])
    return statistics.median(ratios)


async def _round(client: httpx.AsyncClient, side: Side, start: int, size: int) -> float:
    numbers = iter(range(start, start + size))

    async def work() -> None:
        for number in numbers:
            began = time.perf_counter()
            answer = await side.request(client, number)
            side.took.append((time.perf_counter() - began) * 1000)
            if answer.status_code >= 500:
                raise RuntimeError(answer.text)

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(CLIENTS)))
    return time.perf_counter() - began


async def run(url: str, ways: dict[str, Any], rounds: int, size: int) -> None:
    lms = httpx.BasicAuth(*ways["lms"])
    cmars = httpx.BasicAuth(*ways["cmars"])
    key = {"Authorization": f"Bearer {ways['key']}"}
    version = {"X-Experience-API-Version": "1.0.3"}

    async def heartbeat(client: httpx.AsyncClient, _number: int) -> httpx.Response:
        return await client.post("/xapi/statements", json=[], auth=lms, headers=version)

    async def statement(client: httpx.AsyncClient, number: int) -> httpx.Response:
        actor = {"name": "Demo", "account": {"homePage": "https://lms.example.org", "name": str(number % 500 + 10)}}
        seconds = f"2026-11-{number // 3600 % 20 + 1:02}T10:{number // 60 % 60:02}:{number % 60:02}.000Z"
        body = [{**STATEMENT, "actor": actor, "timestamp": seconds}]
        return await client.post("/xapi/statements", json=body, auth=lms, headers=version)

    async def claim(client: httpx.AsyncClient, number: int) -> httpx.Response:
        body = {
            "learner": {"username": f"bench{number % LEARNERS}"},
            "course": {"shortname": f"BENCH-{number // LEARNERS}"},
            "completed_at": "2026-10-01T10:00:00Z",
        }
        return await client.post("/api/v1/learning-records", json=body, headers=key)

    async def nobody(client: httpx.AsyncClient, number: int) -> httpx.Response:
        return await client.get(
            f"/recipients/cmars/v1/learning-records?oci_id=CA-ON-CPSO-{900000 + number}", auth=cmars
        )

    async def somebody(client: httpx.AsyncClient, number: int) -> httpx.Response:
        return await client.get(
            f"/recipients/cmars/v1/learning-records?oci_id=CA-ON-CPSO-{10000 + number % LEARNERS}", auth=cmars
        )

    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:
        await _furnish(client, key, courses=rounds * size // LEARNERS + 1)
        pairs = [
            (Side("heartbeat", heartbeat), Side("one statement stored", statement)),
            (Side("heartbeat", heartbeat), Side("one completion recorded", claim)),
            (Side("question about nobody", nobody), Side("question about somebody", somebody)),
        ]
        for floor, side in pairs:
            ratio = await measure(client, floor, side, rounds, size)
            print(f"  {floor.name:26} {floor.told()}")
            print(f"  {side.name:26} {side.told()}   {ratio:5.2f} x the line above")


async def _furnish(client: httpx.AsyncClient, key: dict[str, str], courses: int) -> None:
    async def send(method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await client.request(method, f"/api/v1{path}", json=body, headers=key)
        answer.raise_for_status()
        made: dict[str, Any] = answer.json()
        return made

    await send("POST", "/profile-fields", {})
    await send("PATCH", "/recipients/cmars", {"enabled": True})
    for number in range(courses):
        course = await send("POST", "/courses", {"full_name": "Bench", "shortname": f"BENCH-{number}"})
        await send("POST", f"/courses/{course['id']}/recipients", {"recipient": "cmars"})
    for number in range(LEARNERS):
        learner = await send("POST", "/learners", {"username": f"bench{number}"})
        await send("PUT", f"/learners/{learner['id']}/oci-ids", {"oci_ids": [f"CA-ON-CPSO-{10000 + number}"]})


@contextmanager
def serving(database_url: str, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Start the product on a free port with this database; give its URL and the ways in."""
    environment = {
        **os.environ,
        "LRX_DATABASE_URL": database_url,
        "LRX_DATA_DIR": str(folder),
        "LRX_LOG_LEVEL": "warning",
        "LRX_RECIPIENT_RATE_LIMIT": "10000000/minute",
    }

    def lrx(*words: str) -> dict[str, Any]:
        ended = subprocess.run(
            [sys.executable, "-m", "lrx", *words, "--json"], env=environment, check=True, capture_output=True
        )
        found: dict[str, Any] = json.loads(ended.stdout)
        return found

    lrx("migrate")
    lms, api = lrx("credentials", "create", "--kind", "lms"), lrx("credentials", "create", "--kind", "api")
    cmars = lrx("credentials", "create", "--kind", "recipient", "--recipient", "cmars")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "lrx", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        _await_ready(url)
        yield url, {"lms": tuple(lms.values()), "cmars": tuple(cmars.values()), "key": api["key"]}
    finally:
        process.terminate()
        process.wait(timeout=30)


def _await_ready(url: str) -> None:
    for _ in range(200):
        try:
            if httpx.get(f"{url}/readyz", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise TimeoutError("the server did not become ready in 10 seconds")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=400, help="requests in a round")
    asked = parser.parse_args()
    print(
        f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}; {CLIENTS} clients on the same machine"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("SQLite")
        with serving(f"sqlite:///{folder / 'lrx.db'}", folder) as (url, ways):
            asyncio.run(run(url, ways, asked.rounds, asked.size))
        try:
            with server(durable=True) as postgres, serving(postgres, folder) as (url, ways):
                print("PostgreSQL")
                asyncio.run(run(url, ways, asked.rounds, asked.size))
        except NoServer as missing:
            print(f"PostgreSQL is left out: {missing}")


if __name__ == "__main__":
    main()
