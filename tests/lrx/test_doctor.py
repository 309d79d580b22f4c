"""The doctor finds each thing an operator can get wrong, and nothing where nothing is."""

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from lrx.backup import make_backup, note_last_backup
from lrx.doctor import Finding, Level, examine, machine, worst
from lrx.doctor.storage import judge_durability
from lrx.schema import run_with_connection
from lrx.settings import Settings, load_settings
from tests.house import House, captured_requests
from tests.served import Served

pytestmark = pytest.mark.anyio

OCI = "CA-ON-CPSO-12345"
TEST_SERVER = {"clock", "durability"}
"""PostgreSQL of the tests does not wait for the disk, and has a clock of its own: the doctor is right to say so."""


@dataclass
class Installation:
    """A house at work, and what its operator has set."""

    house: House
    url: str
    settings: dict[str, Any] = field(default_factory=dict)
    later: timedelta = timedelta()

    @property
    def is_embedded(self) -> bool:
        return self.url.startswith("sqlite")

    def run(self, embedded: str, server: str | None = None) -> None:
        """Change the database by hand."""
        words = embedded if self.is_embedded or server is None else server
        run_with_connection(self.url, lambda connection: connection.exec_driver_sql(words))

    async def findings(self, *, deep: bool = True) -> Mapping[str, Finding]:
        """The worst finding of each check."""
        settings = load_settings(**self.settings)
        found: dict[str, Finding] = {}
        for one in await examine(settings, now=self.house.clock.now() + self.later, deep=deep):
            if one.check not in found or worst([found[one.check], one]) is one.level:
                found[one.check] = one
        return found


@pytest.fixture
async def installation(house: House, database_url: str, tmp_path: Path) -> Installation:
    """A healthy one: a record that was released, a backup of today, nothing that waits for anybody."""
    await house.site.learner("amara", OCI)
    await house.site.course("WHMIS")
    await house.site.complete("amara", "WHMIS", house.clock.now() - timedelta(days=1))
    await house.site.send("PATCH", "/recipients/cmars", {"credentials": {}})
    settings = {"database_url": database_url, "data_dir": tmp_path}
    (tmp_path / "other").mkdir()
    now = house.clock.now()
    made = await asyncio.to_thread(make_backup, database_url, tmp_path / "kept.zip", version="0.1.0", now=now)
    note_last_backup(tmp_path, made.manifest, made.path)
    return Installation(house, database_url, settings)


async def test_a_healthy_installation_is_fine(installation: Installation, tmp_path: Path) -> None:
    before = names_in(tmp_path)

    found = await installation.findings()

    bad = {check: str(one.detail) for check, one in found.items() if one.level is not Level.FINE}
    assert set(bad) == (set() if installation.is_embedded else TEST_SERVER), bad
    assert found.keys() >= {"settings", "schema", "guards", "secret_key", "clock", "projector", "invariants"}
    assert names_in(tmp_path) == before, "nothing is made"


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def set_(name: str, value: Any) -> Callable[[Installation], None]:
    return lambda one: one.settings.__setitem__(name, value)


def hand(embedded: str, server: str | None = None) -> Callable[[Installation], None]:
    return lambda one: one.run(embedded, server)


def wait(**by: float) -> Callable[[Installation], None]:
    return lambda one: setattr(one, "later", timedelta(**by))


def forget_key(one: Installation) -> None:
    (one.settings["data_dir"] / "secret_key").unlink()


def corrupt(one: Installation) -> None:
    path = Path(make_url(one.url).database or "")
    with path.open("r+b") as file:
        for page in range(4096, path.stat().st_size - 4096, 4096):
            file.seek(page + 200)
            file.write(os.urandom(2000))


GUARD = "ALTER TABLE learning_record DISABLE TRIGGER learning_record_is_a_fact"

FAULTS: dict[str, tuple[Callable[[Installation], object], str, Level]] = {
    "clock stands still": (set_("frozen_clock", "2026-11-21T19:30:00Z"), "frozen_clock", Level.WARNING),
    "plain cookies": (set_("secure_cookies", False), "secure_cookies", Level.WARNING),
    "no data folder": (set_("data_dir", Path("/nowhere/at/all")), "data_folder", Level.WRONG),
    "data folder is a file": (
        lambda one: one.settings.__setitem__("data_dir", one.settings["data_dir"] / "secret_key"),
        "data_folder",
        Level.WRONG,
    ),
    "database away": (set_("database_url", "postgresql://lrx:secret@127.0.0.1:1/lrx"), "database", Level.WRONG),
    "database missing": (set_("database_url", "sqlite:////tmp/is/not/there.db"), "database", Level.WRONG),
    "no database": (set_("database_url", "sqlite:////dev/null"), "schema", Level.WRONG),
    "schema behind": (hand("DELETE FROM alembic_version"), "schema", Level.WRONG),
    "schema ahead": (hand("UPDATE alembic_version SET version_num = '9999'"), "schema", Level.WRONG),
    "guard gone": (hand("DROP TRIGGER learning_record_refuses_update", GUARD), "guards", Level.WRONG),
    "key lost": (forget_key, "secret_key", Level.WRONG),
    "other key": (set_("secret_key", "another key, long enough"), "secret_key", Level.WRONG),
    "key too short": (set_("secret_key", "short"), "secret_key", Level.WRONG),
    "clock behind": (wait(days=-1), "clock", Level.WRONG),
    "recipient not installed": (hand("UPDATE site_recipient SET recipient = 'gone'"), "recipients", Level.WRONG),
    "recipient off": (hand("UPDATE site_recipient SET enabled = false"), "recipients", Level.WRONG),
    "no recipient at all": (hand("DELETE FROM site_recipient"), "recipients", Level.WRONG),
    "settings of a recipient": (
        hand("UPDATE site_recipient SET settings = '{\"served_colleges\": []}'"),
        "recipients",
        Level.WRONG,
    ),
    "nobody can ask": (
        hand("UPDATE credential SET revoked_at = created_at WHERE kind = 'recipient'"),
        "recipients",
        Level.WRONG,
    ),
    "delivery lost": (hand("DELETE FROM delivery"), "invariants", Level.WRONG),
    "delivery orphaned": (
        hand("UPDATE delivery SET subject_id = site_id"),
        "invariants",
        Level.WRONG,
    ),
    "old backup": (wait(days=3), "last_backup", Level.WARNING),
    "no backup": (
        lambda one: (one.settings["data_dir"] / "last_backup.json").unlink(),
        "last_backup",
        Level.WARNING,
    ),
    "unreadable note of the backup": (
        lambda one: (one.settings["data_dir"] / "last_backup.json").write_text("{"),
        "last_backup",
        Level.WARNING,
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_is_found_and_has_a_next_step(installation: Installation, fault: str) -> None:
    plant, check, level = FAULTS[fault]
    await asyncio.to_thread(plant, installation)

    found = (await installation.findings())[check]

    assert found.level is level, str(found.detail)
    assert found.next_step is not None
    assert "secret@" not in str(found.detail)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_damaged_file_is_found(installation: Installation) -> None:
    await installation.house.exchange.database.close()
    await asyncio.to_thread(corrupt, installation)
    found = await installation.findings(deep=False)
    assert {found[check].level for check in ("integrity", "database") if check in found} == {Level.WRONG}


async def test_a_record_without_its_audit_entry_is_found(installation: Installation) -> None:
    unguarded = ("DROP TRIGGER audit_entry_refuses_delete", "ALTER TABLE audit_entry DISABLE TRIGGER USER")
    await asyncio.to_thread(installation.run, *unguarded)
    await asyncio.to_thread(installation.run, "DELETE FROM audit_entry WHERE subject_kind = 'learning_record'")
    found = await installation.findings()
    assert "audit log: 1" in str(found["invariants"].detail)
    assert found["guards"].level is Level.WRONG


@pytest.mark.parametrize("act", ["void", "expire"])
async def test_a_withdrawn_record_that_is_still_offered_is_found(installation: Installation, act: str) -> None:
    house = installation.house
    (record,) = (await house.site.get("/learning-records"))["data"]
    await house.site.send("POST", f"/learning-records/{record['id']}/{act}", {"reason": "For the test"})
    assert (await installation.findings())["invariants"].level is Level.FINE
    await asyncio.to_thread(installation.run, "UPDATE delivery SET status = 'offered'")
    assert "delivered: 1" in str((await installation.findings())["invariants"].detail)


async def test_what_waits_for_a_person_is_a_warning_and_a_projector_that_stands_is_wrong(
    installation: Installation,
) -> None:
    house = installation.house
    house.advance(hours=12)
    for request in captured_requests():
        await house.site.statements(request)
    stranger = {**captured_requests()[1][9], "actor": {"mbox": "mailto:nobody@example.org"}}
    await house.site.statements([stranger, {"actor": 1}])

    assert (await installation.findings())["projector"].level is Level.FINE
    installation.later = timedelta(minutes=6)
    assert (await installation.findings())["projector"].level is Level.WRONG

    await house.project()
    await house.site.course("HS")
    await house.site.learner("ivan")
    await house.site.complete("ivan", "HS", house.clock.now())
    found = await installation.findings()
    assert found["projector"].level is Level.FINE
    for check in ("statements_parked", "statements_set_aside", "deliveries_held"):
        assert found[check].level is Level.WARNING, check


@pytest.mark.parametrize(("free", "level"), [(10**8, Level.WRONG), (10**9, Level.WARNING), (10**10, Level.FINE)])
def test_little_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: Level) -> None:
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _path: type("Usage", (), {"free": free}))
    settings: Settings = load_settings(data_dir=tmp_path)
    assert [one.level for one in machine.free_space(settings)] == [level]


@pytest.mark.parametrize(
    ("engine", "in_force", "unsafe"),
    [
        ("sqlite", {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "recursive_triggers": "1"}, None),
        ("sqlite", {"journal_mode": "delete", "synchronous": "2"}, "journal_mode=delete"),
        ("sqlite", {"journal_mode": "wal", "synchronous": "1"}, "synchronous=1"),
        ("sqlite", {"foreign_keys": "0"}, "foreign_keys=0"),
        ("postgresql", {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}, None),
        ("postgresql", {"fsync": "on", "synchronous_commit": "off"}, "synchronous_commit=off"),
        ("postgresql", {"fsync": "off"}, "fsync=off"),
    ],
)
def test_settings_that_lose_what_was_acknowledged_are_wrong(
    engine: str, in_force: Mapping[str, str], unsafe: str | None
) -> None:
    (found,) = judge_durability(engine, in_force)
    assert (found.level is Level.WRONG) == (unsafe is not None)
    assert unsafe is None or unsafe in str(found.detail)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_command_fails_for_what_is_wrong_and_not_for_a_warning(served: Served) -> None:
    empty = served.run("doctor")
    assert empty.returncode == 0, empty.stderr.decode()
    assert "! No recipient is switched on" in empty.stderr.decode()
    served.environment["LRX_TIME_ZONE"] = "Nowhere"
    ended = served.run("doctor", "--json")
    assert (ended.returncode, b'"level": "wrong"' in ended.stdout) == (1, True)
    del served.environment["LRX_TIME_ZONE"]
    served.environment["LRX_LANGUAGE"] = "fr"
    served.environment["LRX_DATABASE_URL"] = "postgresql://lrx:secret@127.0.0.1:1/lrx"
    away = served.run("doctor")
    assert away.returncode == 1
    assert "Traceback" not in away.stderr.decode()
    assert "secret@" not in away.stderr.decode()


def test_findings_are_ordered_from_fine_to_wrong() -> None:
    assert worst([]) is Level.FINE
    assert [worst([Finding("x", level, None)]) for level in Level] == list(Level)  # type: ignore[arg-type]
