"""A backup made while the server writes, and what a restored server answers."""

import asyncio
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy.engine import make_url

from tests.served import Served

OCI = "CA-ON-CPSO-12345"
ENOUGH = 20
"""Records acknowledged before the backup begins, and while it is made."""


@pytest.fixture
def empty_url(database_url: str, tmp_path: Path) -> Iterator[str]:
    """Where a backup of `database_url` can be restored to: a file that is not there, or an empty database."""
    parsed = make_url(database_url)
    if parsed.get_backend_name() == "sqlite":
        yield f"sqlite:///{tmp_path / 'restored' / 'lrx.db'}"
        return
    name = f"restored_{uuid4().hex}"
    asyncio.run(_execute(database_url, f"CREATE DATABASE {name}"))
    yield parsed.set(database=name).render_as_string(hide_password=False)
    asyncio.run(_execute(database_url, f"DROP DATABASE {name} WITH (FORCE)"))


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@dataclass
class Writer:
    """Somebody who records completions one after another, and remembers those that were acknowledged."""

    url: str
    headers: dict[str, str]
    acknowledged: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        with httpx.Client(base_url=self.url, headers=self.headers, trust_env=False, timeout=30) as client:
            for number in range(100_000):
                if self.stopped.is_set():
                    return
                claim = {
                    "learner": {"username": "amara"},
                    "course": {"shortname": "W"},
                    "completed_at": f"2026-10-01T10:{number // 60 % 60:02}:{number % 60:02}.{number // 3600:03}Z",
                    "external_id": f"claim-{number}",
                }
                client.post("/learning-records", json=claim).raise_for_status()
                self.acknowledged.append(claim["external_id"])

    def wait_for(self, more: int) -> set[str]:
        """What is acknowledged when so many more are."""
        wanted = len(self.acknowledged) + more
        while len(self.acknowledged) < wanted:
            assert self.thread.is_alive(), "the writer ended"
            self.stopped.wait(0.01)
        return set(self.acknowledged)

    def __enter__(self) -> "Writer":
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.thread.join()


def furnished(served: Served) -> dict[str, Any]:
    """A started server with a learner and a course that sends to CMaRS; returns the ways in."""
    served.lrx("migrate")
    ways = {
        "api": {"Authorization": f"Bearer {served.lrx('credentials', 'create', '--kind', 'api')['key']}"},
        "cmars": served.lrx("credentials", "create", "--kind", "recipient", "--recipient", "cmars"),
    }
    served.start()
    with httpx.Client(base_url=f"{served.url}/api/v1", headers=ways["api"], trust_env=False, timeout=30) as client:
        client.post("/profile-fields", json={}).raise_for_status()
        client.patch("/recipients/cmars", json={"enabled": True, "credentials": {}}).raise_for_status()
        learner = client.post("/learners", json={"username": "amara"}).raise_for_status().json()
        client.put(f"/learners/{learner['id']}/oci-ids", json={"oci_ids": [OCI]}).raise_for_status()
        course = {"full_name": "W", "shortname": "W", "repeats": "every_completion"}
        made = client.post("/courses", json=course).raise_for_status().json()
        client.post(f"/courses/{made['id']}/recipients", json={"recipient": "cmars"}).raise_for_status()
    return ways


def records_at_cmars(served: Served, ways: dict[str, Any]) -> dict[str, Any]:
    """What CMaRS is answered of Amara, by record."""
    answer = httpx.get(
        f"{served.url}/recipients/cmars/v1/learning-records",
        params={"oci_id": OCI},
        auth=(ways["cmars"]["username"], ways["cmars"]["password"]),
        headers={"Accept": "application/json"},
        trust_env=False,
        timeout=30,
    )
    return {record["id"]: record for record in answer.raise_for_status().json()["records"]}


def external_ids(served: Served, ways: dict[str, Any]) -> dict[str, str]:
    """The external id of every record, by its id."""
    found: dict[str, str] = {}
    params: dict[str, Any] = {"limit": 200}
    with httpx.Client(base_url=f"{served.url}/api/v1", headers=ways["api"], trust_env=False, timeout=30) as client:
        while True:
            page = client.get("/learning-records", params=params).raise_for_status().json()
            found |= {one["id"]: one["external_id"] for one in page["data"]}
            if not page["has_more"]:
                return found
            params["cursor"] = page["next_cursor"]


def test_a_backup_made_while_the_server_writes_restores_to_a_server_that_answers_the_same(
    served: Served, empty_url: str, tmp_path: Path
) -> None:
    ways = furnished(served)
    with Writer(f"{served.url}/api/v1", ways["api"]) as writer:
        before = writer.wait_for(ENOUGH)
        kept = served.lrx("backup", str(tmp_path / "kept.zip"))
        writer.wait_for(ENOUGH)
    original = records_at_cmars(served, ways)
    assert served.stop() == 0

    restored = Served(empty_url, tmp_path / "restored")
    restored.folder.mkdir()
    shutil.copy(served.folder / "secret_key", restored.folder)
    told = restored.lrx("restore", str(tmp_path / "kept.zip"))
    assert (told["rows"], told["migrate_next"], told["kept_aside"]) == (kept["rows"], False, None)
    try:
        restored.start()
        ids = external_ids(restored, ways)
        assert before <= set(ids.values()) < set(writer.acknowledged)
        assert records_at_cmars(restored, ways) == {one: original[one] for one in ids}
        with Writer(f"{restored.url}/api/v1", ways["api"]) as again:
            again.wait_for(ENOUGH)
        assert restored.stop() == 0
    finally:
        restored.end()
    document = json.loads(served.run("doctor", "--deep", "--json").stdout)
    findings = {one["check"]: one["level"] for one in document["findings"]}
    assert findings["invariants"] == findings["last_backup"] == findings["secret_key"] == "fine"


def test_a_backup_holds_no_secret(served: Served, tmp_path: Path) -> None:
    ways = furnished(served)
    password = tmp_path / "password"
    password.write_text("correct horse battery")
    who = ("--username", "priya", "--full-name", "Priya", "--password-file", str(password))
    served.lrx("administrators", "create", *who)
    made = served.lrx("backup", str(tmp_path / "kept.zip"))
    served.stop()

    secrets = [
        ways["api"]["Authorization"].rpartition("_")[2],
        ways["cmars"]["password"],
        password.read_text(),
        (served.folder / "secret_key").read_text(),
    ]
    if make_url(served.database_url).password:
        secrets.append(str(make_url(served.database_url).password))
    shutil.unpack_archive(tmp_path / "kept.zip", tmp_path / "unpacked")
    readable = (tmp_path / "kept.zip").read_bytes()
    for path in (tmp_path / "unpacked").iterdir():
        readable += path.read_bytes()
        if path.suffix == ".pgdump":
            readable += _as_sql(path)
    assert b"priya" in readable
    assert not [secret for secret in secrets if secret.encode() in readable]
    assert made["secret_key"] == str(served.folder / "secret_key")
    assert (tmp_path / "kept.zip").stat().st_mode & 0o077 == 0


def _as_sql(path: Path) -> bytes:
    return subprocess.run(["pg_restore", "--file=-", str(path)], capture_output=True, check=True).stdout


def test_a_restore_is_refused_while_a_server_runs_and_leaves_its_database_alone(
    database_url: str, served: Served, tmp_path: Path
) -> None:
    ways = furnished(served)
    served.lrx("backup", str(tmp_path / "kept.zip"))

    ended = served.run("restore", str(tmp_path / "kept.zip"), "--replace")

    assert ended.returncode == 5
    said = ended.stderr.decode()
    assert ("Stop it, then restore" if "sqlite" in database_url else "Create an empty database") in said
    with Writer(f"{served.url}/api/v1", ways["api"]) as writer:
        writer.wait_for(3)
    assert served.stop() == 0
    if "sqlite" in database_url:
        told = served.lrx("restore", str(tmp_path / "kept.zip"), "--replace")
        assert Path(told["kept_aside"]).exists()
        served.start()
        assert external_ids(served, ways) == {}
        assert served.stop() == 0
