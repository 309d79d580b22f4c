"""What a page of the reports costs with few records and with a million, and what memory a download takes.
`python -m bench.reports`.

Pages are asked for one after another, as a person does who signed in; the time is what that person waits. A small and a
large database are asked in turn, so that both meet the same machine. One learner in ten stands where action is needed,
and a filter looks for those; another filter finds nobody, so that it looks at as many learners as one page ever does:
all of a small course, 5,000 of a large one. Memory is the growth of the server's peak while it gives out a file.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from bench.exchange import LARGE, LARGEST, SMALL, Served, furnish, started
from bench.fill import COURSES, fill
from bench.machine import machine
from lrx.schema import run_with_connection
from tests.postgres import NoServer, execute, server
from tests.served import Served as Installation

PASSWORD = "a long enough password"  # noqa: S105 - of the bench alone
FEW, MANY = 5_000, 50_000
"""Learners of a course that is given out as a file."""
GOAL = 1.5
OF_THE_GOAL = ("course, first page", "course, who needs action", "site, first page")

FIRST_COURSE = "SELECT id FROM course WHERE shortname = 'BENCH-0'"
LEARNERS = "SELECT count(*) FROM learner WHERE username LIKE 'bench%'"

GIVEN_UP = (
    "UPDATE recipient_interval SET added_at = '2026-01-01 12:00:00.000000'",
    "UPDATE delivery SET status = 'dead' WHERE status = 'delivered' "
    "AND learner_id IN (SELECT id FROM learner WHERE username LIKE 'bench%7')",
)
"""Records count since the beginning of the year, and one delivery in ten was given up."""


def enlarge(url: str, first: int, last: int) -> None:
    """Add learners; one in ten of them has deliveries that were given up."""
    fill(url, first, last)
    for statement in GIVEN_UP:
        run_with_connection(url, lambda connection, statement=statement: connection.execute(sa.text(statement)))


class Reports:
    """One engine, its server, and somebody who has signed in."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.environment = {
            **os.environ,
            "LRX_DATABASE_URL": url,
            "LRX_DATA_DIR": str(folder),
            "LRX_LOG_LEVEL": "warning",
            "LRX_SECURE_COOKIES": "false",
        }

    def furnish(self) -> None:
        """A migrated database, its courses, and an administrator."""
        furnish(self.url, self.folder)
        written = self.folder / "password"
        written.write_text(PASSWORD)
        named = ("--username", "priya", "--full-name", "Priya", "--password-file", str(written))
        Installation(self.url, self.folder).lrx("administrators", "create", *named)

    @contextmanager
    def visit(self) -> Iterator[tuple[Served, httpx.Client]]:
        """A fresh server, and a client that has signed in."""
        with started(["lrx", "serve", "--no-worker"], self.environment) as served:
            base = f"http://127.0.0.1:{served.port}/admin"
            with httpx.Client(base_url=base, trust_env=False, timeout=600) as client:
                form = {"username": "priya", "password": PASSWORD}
                client.post("/sign-in", data=form, headers={"Sec-Fetch-Site": "same-origin"})
                yield served, client

    def course(self) -> str:
        """The path of the report of the first course."""
        return f"/courses/{self._found(FIRST_COURSE)}/learning-records"

    def _found(self, query: str) -> object:
        found: list[object] = []
        run_with_connection(self.url, lambda connection: found.append(connection.execute(sa.text(query)).scalar_one()))
        return found[0]

    def addresses(self) -> Mapping[str, str]:
        """The pages measured, by name."""
        course = self.course()
        # Nobody else's name holds the highest number.
        name = f"bench+{int(str(self._found(LEARNERS))) - 1}"
        return {
            "course, first page": course,
            "course, who needs action": f"{course}?chip=needs_action",
            "course, nobody matches": f"{course}?reason=oci_duplicate",
            "course, one person by name": f"{course}?q={name}",
            "site, first page": "/learning-records",
            "site, nothing matches": "/learning-records?source=equivalency",
            "site, one person by name": f"/learning-records?q={name}",
        }

    def file(self, form: str) -> tuple[float, float, float]:
        """Seconds of the download, megabytes of the file, and by how many of them the server's memory grew at most."""
        course = self.course()
        with self.visit() as (served, client):
            client.get(f"{course}?chip=waiting")
            for kind in ("csv", "xlsx"):
                client.get(f"{course}.{kind}?q=bench+777")
            before, size, began = _kilobytes(served.pid, "VmRSS"), 0, time.perf_counter()
            Path(f"/proc/{served.pid}/clear_refs").write_text("5")
            with client.stream("GET", f"{course}.{form}") as answer:
                for chunk in answer.raise_for_status().iter_raw():
                    size += len(chunk)
            seconds = time.perf_counter() - began
            return seconds, size / 1_000_000, (_kilobytes(served.pid, "VmHWM") - before) / 1000


def _kilobytes(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def compare(small: Reports, large: Reports, records: int, times: int) -> None:
    """Ask both for each page in turn, and tell what either took."""
    there = large.addresses()
    with small.visit() as (_, few), large.visit() as (_, many):
        for name, path in small.addresses().items():
            pairs = [(_seconds(few, path), _seconds(many, there[name])) for _ in range(times + 2)][2:]
            low, high = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
            ratio = statistics.median(pair[1] / pair[0] for pair in pairs)
            goal = f"(goal {GOAL})" if name in OF_THE_GOAL else ""
            print(
                f"  {name:28} {low * 1000:7.1f} ms with {SMALL:,}, {high * 1000:7.1f} ms with {records:,} records"
                f" {ratio:5.2f} x {goal}",
                flush=True,
            )


def _seconds(client: httpx.Client, path: str) -> float:
    began = time.perf_counter()
    client.get(path).raise_for_status()
    return time.perf_counter() - began


def bench(urls: tuple[str, str], folder: Path, sizes: Sequence[int], times: int) -> None:
    """Measure one engine: a small database and a large one, at each of its sizes."""
    small, large = (Reports(url, folder / name) for url, name in zip(urls, ("small", "large"), strict=True))
    for reports in (small, large):
        reports.folder.mkdir(parents=True)
        reports.furnish()
        enlarge(reports.url, 0, SMALL // COURSES)
    there = SMALL // COURSES
    for learners in (FEW, MANY):
        if learners * COURSES <= sizes[0]:
            enlarge(large.url, there, learners)
            there = learners
            _tell_files(large, learners)
    for records in sizes:
        enlarge(large.url, there, records // COURSES)
        there = records // COURSES
        compare(small, large, records, times)


def _tell_files(reports: Reports, learners: int) -> None:
    for form in ("csv", "xlsx"):
        seconds, size, growth = reports.file(form)
        print(
            f"  {form:4} of {learners:6,} learners: {seconds:5.1f} s, {size:5.1f} MB, memory grew by {growth:5.1f} MB",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=15, help="times each page is asked for")
    parser.add_argument("--records", type=int, default=LARGE, help="records of the large database")
    parser.add_argument("--largest", type=int, default=LARGEST, help="a third size, on PostgreSQL")
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], help="one of the two only")
    asked = parser.parse_args()
    print(f"{machine()}; one client on the same machine")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if asked.engine != "postgresql":
            print("SQLite")
            files = (f"sqlite:///{folder / 'small.db'}", f"sqlite:///{folder / 'large.db'}")
            bench(files, folder / "sqlite", [asked.records], asked.times)
        if asked.engine != "sqlite":
            try:
                with server(durable=True) as postgres:
                    print("PostgreSQL")
                    asyncio.run(execute(postgres, "CREATE DATABASE small"))
                    small = make_url(postgres).set(database="small").render_as_string(hide_password=False)
                    bench((small, postgres), folder / "postgresql", [asked.records, asked.largest], asked.times)
            except NoServer as missing:
                print(f"PostgreSQL is left out: {missing}")


if __name__ == "__main__":
    main()
