"""What a diagnosis costs as the database grows, and a sweep for each learner as a course grows. `make bench`.

The cost is the server's own CPU time for each request over HTTP. CMaRS has asked for everybody on each of three days.
"""

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

from bench.exchange import COURSES, LARGE, LARGEST, SMALL, Bench, Served, furnish, http_request
from bench.fill import fill, refresh_statistics
from bench.load import run
from bench.machine import machine
from lrx.schema import run_with_connection
from tests.postgres import NoServer, server

ASKED_DAYS, IN_VAIN = 3, 2_000
"""CMaRS has asked on so many days, on each also for so many people who were never here."""
CLIENTS = 4

_ASKED = """
    INSERT INTO inquiry (id, site_id, recipient, credential_id, request_id, asked_at, asked, oci_id, outcome,
        learner_id, record_ids, duration_us)
    SELECT {id}, held.site_id, 'cmars', credential.id, '-', {asked_at}, held.oci_id, held.oci_id, 'answered',
        held.learner_id, {empty_list}, 0
    FROM learner_oci_id held JOIN credential ON credential.recipient = 'cmars'
    WHERE NOT EXISTS (
        SELECT 1 FROM inquiry i WHERE i.site_id = held.site_id AND i.oci_id = held.oci_id AND i.asked_at = {asked_at})
"""
_ASKED_IN_VAIN = """
    INSERT INTO inquiry (id, site_id, recipient, credential_id, request_id, asked_at, asked, oci_id, outcome,
        record_ids, duration_us)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {in_vain})
    SELECT {id}, credential.site_id, 'cmars', credential.id, '-', {asked_at}, 'CA-ON-CPSO-' || (9000000 + i),
        'CA-ON-CPSO-' || (9000000 + i), 'unknown_learner', {empty_list}, 0
    FROM n JOIN credential ON credential.recipient = 'cmars'
"""


def ask(url: str, *, is_first: bool) -> None:
    """Let CMaRS have asked for everybody on the last days, and the first time for people who were never here."""
    run_with_connection(url, lambda connection: _ask(connection, is_first=is_first))


def _ask(connection: Connection, *, is_first: bool) -> None:
    on_postgresql = connection.dialect.name == "postgresql"
    for back in range(ASKED_DAYS):
        ago = f"CURRENT_DATE - {back} + time '05:58'" if on_postgresql else f"date('now', '-{back} days')"
        words = {
            "id": "gen_random_uuid()" if on_postgresql else "lower(hex(randomblob(16)))",
            "empty_list": "'[]'::jsonb" if on_postgresql else "'[]'",
            "asked_at": f"({ago})::timestamptz" if on_postgresql else f"({ago} || ' 00:58:00.000000')",
        }
        connection.execute(sa.text(_ASKED.format(**words)))
        if is_first:
            connection.execute(sa.text(_ASKED_IN_VAIN.format(**words, in_vain=IN_VAIN)))
    refresh_statistics(connection)


def diagnoses(bench: Bench, real: Served, key: str, rounds: int, size: int) -> float:
    """Return the microseconds a diagnosis costs, and print them."""
    learners = bench.records // COURSES

    def diagnosis(number: int) -> bytes:
        body = {
            "learner": {"username": f"bench{number * 7919 % learners}"},
            "course": {"shortname": f"BENCH-{number % COURSES}"},
            "recipient": "cmars",
        }
        return http_request("POST", "/api/v1/diagnoses", key, body)

    loads = [
        asyncio.run(run(real.port, real.pid, diagnosis, range(turn * size, (turn + 1) * size), CLIENTS))
        for turn in range(rounds + 1)
    ][1:]  # the first warms up
    cost = statistics.median(load.cpu for load in loads)
    ordered = sorted(second for load in loads for second in load.seconds)
    p95 = ordered[int(len(ordered) * 0.95) - 1]
    print(f"  a diagnosis              {cost:8.0f} us   {CLIENTS} clients: p95 {p95 * 1000:.1f} ms (goal 300)")
    return cost


def sweep(url: str, folder: Path) -> float:
    """Return the microseconds a sweep by the command line costs for each learner, and print them. What the command
    costs for a course in which there is nobody is its start, and left out."""
    environment = {**os.environ, "LRX_DATABASE_URL": url, "LRX_DATA_DIR": str(folder), "LRX_LOG_LEVEL": "warning"}

    def cost_of(course: str) -> tuple[float, int]:
        command = [sys.executable, "-m", "lrx", "sweep", "--course", course, "--recipient", "cmars", "--json"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        ended = subprocess.run(command, env=environment, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        learners: int = json.loads(ended.stdout)["learners"]
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, learners

    (start, _), (seconds, swept) = cost_of("EXTRA-0"), cost_of("BENCH-0")
    cost = (seconds - start) * 1_000_000 / swept
    print(f"  a sweep, each learner    {cost:8.0f} us   {swept:,} learners", flush=True)
    return cost


def bench_engine(url: str, folder: Path, sizes: Sequence[int], rounds: int, size: int) -> None:
    """Measure one engine at each of its sizes. Nobody has a course of half a million: the third is not swept."""
    folder.mkdir()
    furnish(url, folder)
    done, first = 0, dict[str, float]()
    for records in sizes:
        began = time.perf_counter()
        fill(url, done // COURSES, records // COURSES)
        ask(url, is_first=not done)
        print(f" {records:,} records (made in {time.perf_counter() - began:.0f} s)", flush=True)
        bench = Bench(url, folder, records)
        with bench.servers() as (_, real, ways):
            key = f"Bearer {ways['key']}"
            costs = {"a diagnosis": diagnoses(bench, real, key, rounds, size)}
            if records in sizes[:2]:
                costs["a sweep, each learner"] = sweep(url, folder)
        first = first or costs
        for name, cost in costs.items() if done else ():
            print(f"  {name:24} {cost / first[name]:5.2f} x its cost with {sizes[0]:,} (goal 1.5)", flush=True)
        done = records


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=200, help="requests in a round")
    parser.add_argument("--records", type=int, default=LARGE, help="records of the large database")
    parser.add_argument("--largest", type=int, default=LARGEST, help="a third size, on PostgreSQL")
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], help="one of the two only")
    asked = parser.parse_args()
    print(f"{machine()}; {CLIENTS} clients on the same machine")
    sizes = [SMALL, asked.records]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if asked.engine != "postgresql":
            print("SQLite")
            bench_engine(f"sqlite:///{folder / 'lrx.db'}", folder / "sqlite", sizes, asked.rounds, asked.size)
        if asked.engine != "sqlite":
            try:
                with server(durable=True) as postgres:
                    print("PostgreSQL")
                    bench_engine(postgres, folder / "postgresql", [*sizes, asked.largest], asked.rounds, asked.size)
            except NoServer as missing:
                print(f"PostgreSQL is left out: {missing}")


if __name__ == "__main__":
    main()
