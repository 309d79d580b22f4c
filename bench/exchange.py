"""What a request costs, beside the same server over a store that does nothing, in one run. `make bench`.

Rounds alternate between the two servers, so that both meet the same machine. The cost is the server's own CPU time for
each request; what a PostgreSQL server uses beside it is not counted. Learners have ten records each, all shown to CMaRS
before, as they are when it asks night after night.
"""

import argparse
import asyncio
import base64
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.fill import COURSES, fill
from bench.load import Load, Request, run
from bench.machine import machine
from tests.postgres import NoServer, server

CLIENTS = 32
FEW = 8
BATCH = 100
EXTRA = 40
"""Courses without a record yet."""
SMALL, LARGE, LARGEST = 10_000, 1_000_000, 5_000_000
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


@dataclass(frozen=True)
class Served:
    """A server on a port, in a process."""

    port: int
    pid: int


@dataclass(frozen=True)
class Goal:
    """A kind of request and how many times the floor it may cost."""

    name: str
    request: Request
    times: float
    divided: int = 1
    """A round has so many times fewer of these: each asks for many people."""
    clients: int = CLIENTS


def requests(ways: Mapping[str, Any], learners: int) -> list[Goal]:
    """The requests measured, by number; one number never records the same twice. One half of the learners is asked
    about, for the other half completions are recorded."""
    half = learners // 2
    lms, cmars = _basic(ways["lms"]), _basic(ways["cmars"])
    key = f"Bearer {ways['key']}"

    def statement(number: int) -> bytes:
        actor = {"name": "Demo", "account": {"homePage": "https://lms.example.org", "name": str(number % 500 + 10)}}
        when = f"2026-{number // 2_419_200 % 10 + 1:02}-{number // 86_400 % 28 + 1:02}"
        clock = f"{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}"
        body = [{**STATEMENT, "actor": actor, "timestamp": f"{when}T{clock}.000Z"}]
        return http_request("POST", "/xapi/statements", lms, body, "X-Experience-API-Version: 1.0.3\r\n")

    def claim(number: int) -> bytes:
        body = {
            "learner": {"username": f"bench{half + number % half}"},
            "course": {"shortname": f"EXTRA-{number // half % EXTRA}"},
            "completed_at": "2026-10-01T10:00:00Z",
        }
        return http_request("POST", "/api/v1/learning-records", key, body)

    def lookup(number: int) -> bytes:
        oci_id = f"CA-ON-CPSO-{number * 7919 % half}"
        return http_request("GET", f"/recipients/cmars/v1/learning-records?oci_id={oci_id}", cmars)

    def batch(number: int) -> bytes:
        ids = [f"CA-ON-CPSO-{(number * BATCH + place) * 7919 % half}" for place in range(BATCH)]
        return http_request("POST", "/recipients/cmars/v1/learning-records/batch", cmars, {"oci_ids": ids})

    return [
        Goal("a statement appended", statement, 3),
        Goal("a completion recorded", claim, 3),
        Goal("one person looked up", lookup, 2),
        Goal(f"{BATCH} people looked up", batch, 2, divided=25, clients=4),
    ]


def http_request(method: str, path: str, authorization: str, body: Any = None, headers: str = "") -> bytes:
    content = b"" if body is None else json.dumps(body).encode()
    declared = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n" if content else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: {authorization}\r\n{declared}{headers}\r\n"
    return head.encode() + content


def _basic(pair: tuple[str, str]) -> str:
    return f"Basic {base64.b64encode(':'.join(pair).encode()).decode()}"


class Bench:
    """One engine: its two servers, and the numbers used up so far."""

    def __init__(self, url: str, folder: Path, records: int) -> None:
        self.url, self.folder, self.records = url, folder, records
        self.next = 0

    def measure(self, rounds: int, size: int, only: str) -> dict[str, float]:
        """Print what each request whose name holds `only` costs beside the floor; return the cost by name."""
        costs = {}
        with ExitStack() as stack:
            floor, real, ways = stack.enter_context(self.servers())
            for goal in [one for one in requests(ways, self.records // COURSES) if only in one.name]:
                ratios, loads = [], []
                for turn in range(rounds + 1):
                    number = max(size // goal.divided, CLIENTS)
                    low = asyncio.run(run(floor.port, floor.pid, goal.request, self._numbers(number), goal.clients))
                    high = asyncio.run(run(real.port, real.pid, goal.request, self._numbers(number), goal.clients))
                    if turn:  # the first warms up
                        ratios.append(high.cpu / low.cpu)
                        loads.append((low, high))
                few = asyncio.run(run(real.port, real.pid, goal.request, self._numbers(number), FEW))
                costs[goal.name] = statistics.median(high.cpu for _, high in loads)
                self._tell(goal, ratios, loads, few)
        return costs

    def _tell(self, goal: Goal, ratios: list[float], loads: list[tuple[Load, Load]], few: Load) -> None:
        low, high = (statistics.median(pair[side].cpu for pair in loads) for side in (0, 1))
        ordered = sorted(few.seconds)
        p50, p99 = statistics.median(ordered), ordered[int(len(ordered) * 0.99) - 1]
        print(
            f"  {goal.name:24} {high:8.0f} us   floor {low:7.0f} us   {statistics.median(ratios):5.2f} x"
            f" (goal {goal.times:g})   {FEW} clients: p50 {p50 * 1000:6.2f} ms, p99 {p99 / p50:4.1f} x (goal 10)",
            flush=True,
        )

    def _numbers(self, count: int) -> range:
        self.next += count
        return range(self.next - count, self.next)

    @contextmanager
    def servers(self) -> Iterator[tuple[Served, Served, Mapping[str, Any]]]:
        environment = {
            **os.environ,
            "LRX_DATABASE_URL": self.url,
            "LRX_DATA_DIR": str(self.folder),
            "LRX_LOG_LEVEL": "warning",
            "LRX_RECIPIENT_RATE_LIMIT": "100000000/minute",
            "LRX_API_RATE_LIMIT": "100000000/minute",
        }
        with (
            started(["bench.floor"], environment) as floor,
            started(["lrx", "serve", "--no-worker"], environment) as real,
        ):
            yield floor, real, json.loads((self.folder / "ways.json").read_text())


@contextmanager
def started(words: list[str], environment: Mapping[str, str]) -> Iterator[Served]:
    """Start a server on a free port and end it again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", *words, "--port", str(port)]
    process = subprocess.Popen(command, env=dict(environment), stderr=subprocess.DEVNULL)
    try:
        _await_ready(f"http://127.0.0.1:{port}")
        yield Served(port, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def furnish(url: str, folder: Path) -> None:
    """A migrated database with its courses, CMaRS as their recipient, and the ways in."""
    environment = {**os.environ, "LRX_DATABASE_URL": url, "LRX_DATA_DIR": str(folder), "LRX_LOG_LEVEL": "warning"}

    def lrx(*words: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "lrx", *words, "--json"]
        ended = subprocess.run(command, env=environment, check=True, capture_output=True)
        found: dict[str, Any] = json.loads(ended.stdout)
        return found

    lrx("migrate")
    lms, api = lrx("credentials", "create", "--kind", "lms"), lrx("credentials", "create", "--kind", "api")
    cmars = lrx("credentials", "create", "--kind", "recipient", "--recipient", "cmars")
    ways = {"lms": list(lms.values()), "cmars": list(cmars.values()), "key": api["key"]}
    (folder / "ways.json").write_text(json.dumps(ways))
    headers = {"Authorization": f"Bearer {api['key']}"}
    names = [f"BENCH-{number}" for number in range(COURSES)] + [f"EXTRA-{number}" for number in range(EXTRA)]
    with started(["lrx", "serve", "--no-worker"], environment) as served:
        base = f"http://127.0.0.1:{served.port}/api/v1"
        with httpx.Client(base_url=base, headers=headers, trust_env=False) as client:
            client.post("/profile-fields", json={}).raise_for_status()
            client.patch("/recipients/cmars", json={"enabled": True}).raise_for_status()
            for name in names:
                course = client.post("/courses", json={"full_name": "Bench", "shortname": name}).raise_for_status()
                path = f"/courses/{course.json()['id']}/recipients"
                client.post(path, json={"recipient": "cmars"}).raise_for_status()


def _await_ready(url: str) -> None:
    for _ in range(400):
        try:
            if httpx.get(f"{url}/readyz", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise TimeoutError("the server did not become ready in 20 seconds")


def bench(url: str, folder: Path, asked: argparse.Namespace) -> None:
    """Measure one engine, with few records and with many."""
    folder.mkdir()
    furnish(url, folder)
    fill(url, 0, SMALL // COURSES)
    print(f" {SMALL:,} records", flush=True)
    few = Bench(url, folder, SMALL).measure(asked.rounds, asked.size, asked.only)
    began = time.perf_counter()
    fill(url, SMALL // COURSES, asked.records // COURSES)
    print(f" {asked.records:,} records (made in {time.perf_counter() - began:.0f} s)", flush=True)
    many = Bench(url, folder, asked.records)
    for name, cost in many.measure(asked.rounds, asked.size, asked.only).items():
        print(f"  {name:24} {cost / few[name]:5.2f} x its cost with {SMALL:,} (goal 1.3)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=1000, help="requests in a round")
    parser.add_argument("--records", type=int, default=LARGE, help="records of the large database")
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], help="one of the two only")
    parser.add_argument("--only", default="", help="requests with this in their name, such as `looked up`")
    asked = parser.parse_args()
    print(f"{machine()}; {CLIENTS} clients on the same machine")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if asked.engine != "postgresql":
            print("SQLite")
            url = f"sqlite:///{folder / 'lrx.db'}"
            bench(url, folder / "sqlite", asked)
        if asked.engine != "sqlite":
            try:
                with server(durable=True) as postgres:
                    print("PostgreSQL")
                    bench(postgres, folder / "postgresql", asked)
            except NoServer as missing:
                print(f"PostgreSQL is left out: {missing}")


if __name__ == "__main__":
    main()
