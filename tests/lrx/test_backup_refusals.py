"""Backups that are not sound are refused, and a backup or a restore that fails or is killed leaves nothing half."""

import errno
import hashlib
import json
import multiprocessing
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from lrx.backup import BackupDamaged, BackupFailed, BackupRefused, make_backup, restore_backup, verify_backup
from lrx.backup import archive as archive_module
from lrx.backup import server as server_module
from lrx.backup.archive import workplace
from lrx.models import Site
from lrx.schema import SchemaAhead, run_with_connection
from lrx.tables import table
from tests.served import Served

NOW = datetime(2026, 11, 21, 19, 30, tzinfo=UTC)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def add_site(url: str, name: str) -> None:
    """A row by which a database can be told from another."""
    row = {"id": uuid4(), "code": name, "name": name, "time_zone": "UTC", "language": "en", "created_at": NOW}
    run_with_connection(url, lambda connection: connection.execute(sa.insert(table(Site)), row))


def sites(path: Path) -> list[str]:
    """The names of the sites in a SQLite file, which must be whole."""
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return [name for (name,) in connection.execute("SELECT name FROM site ORDER BY name")]
    finally:
        connection.close()


def keep(url: str, path: Path, **changes: Any) -> Path:
    return make_backup(url, path, **{"version": "0.1.0", "now": NOW, **changes}).path


@pytest.fixture
def kept(database_url: str, tmp_path: Path) -> Path:
    """A backup of a database with a site."""
    add_site(database_url, "kept")
    return keep(database_url, tmp_path / "kept.zip")


def repack(path: Path, changed: Callable[[str, bytes], bytes]) -> None:
    """Write the archive anew, with what `changed` makes of each part."""
    with zipfile.ZipFile(path) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    with zipfile.ZipFile(path, "w") as target:
        for name, content in parts.items():
            target.writestr(name, changed(name, content))


@on_sqlite
def test_folders_and_the_database_are_for_their_owner_alone(served: Served, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    served.environment["LRX_DATA_DIR"] = str(folder)
    served.environment.pop("LRX_DATABASE_URL")
    assert served.run("backup").returncode == 5
    served.lrx("migrate")
    made = [folder.parent, folder, *folder.rglob("*")]
    assert "lrx.db" in {path.name for path in made}
    assert [path.name for path in made if path.stat().st_mode & 0o077] == []


@pytest.mark.parametrize("name", ["backups", "backups/a.zip", "not/there"])
def test_a_folder_that_is_not_there_is_not_taken_for_a_file(database_url: str, tmp_path: Path, name: str) -> None:
    with pytest.raises(BackupRefused, match="There is no folder"):
        keep(database_url, tmp_path / name)
    assert not (tmp_path / "backups").exists()


def test_a_backup_says_what_it_holds(database_url: str, kept: Path, tmp_path: Path) -> None:
    found = verify_backup(kept, folder=tmp_path).manifest

    assert (found.engine, found.made_at, found.version) == (make_url(database_url).get_backend_name(), NOW, "0.1.0")
    assert (found.rows["site"], found.rows["alembic_version"], found.rows["learning_record"]) == (1, 1, 0)
    assert found.identity is not None
    with zipfile.ZipFile(kept) as archive:
        assert {name.partition(".")[0] for name in archive.namelist()} == {"database", "manifest", "SHA256SUMS"}


def test_a_backup_can_be_checked_without_lrx(kept: Path, tmp_path: Path) -> None:
    shutil.unpack_archive(kept, tmp_path / "unpacked")
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=tmp_path / "unpacked", check=True)


@on_sqlite
def test_no_flipped_byte_passes_for_the_backup_that_was_made(kept: Path, tmp_path: Path) -> None:
    sound, good = kept.read_bytes(), verify_backup(kept, folder=tmp_path).manifest
    refused = 0
    offsets = range(0, len(sound), len(sound) // 150)
    for offset in offsets:
        kept.write_bytes(sound[:offset] + bytes([sound[offset] ^ 0x55]) + sound[offset + 1 :])
        try:
            # Of the zip's own fields some mean nothing for what is in it, a date for one.
            assert verify_backup(kept, folder=tmp_path).manifest == good
        except (BackupDamaged, BackupFailed):
            refused += 1
    assert refused > len(offsets) * 0.9


def compressed_otherwise(path: Path) -> None:
    """Say of the first part that it is compressed by a method that no backup uses."""
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        content[archive.start_dir + 10] = zipfile.ZIP_LZMA
    path.write_bytes(content)


def _add(path: Path, name: str) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "more")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "compressed otherwise": compressed_otherwise,
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: os.truncate(path, path.stat().st_size * 2 // 3),
    "cut at the end": lambda path: os.truncate(path, path.stat().st_size - 1),
    "no archive": lambda path: path.write_bytes(b"SQLite format 3\0" * 500),
    "manifest changed": lambda path: repack(
        path, lambda name, content: content.replace(b"0.1.0", b"0.1.1") if name == "manifest.json" else content
    ),
    "manifest of nothing": lambda path: repack(
        path, lambda name, content: b"{}" if name == "manifest.json" else content
    ),
    "database changed": lambda path: repack(
        path, lambda name, content: content[:-9] + b"\x07" * 9 if name.startswith("database") else content
    ),
    "something appended": lambda path: path.write_bytes(path.read_bytes() + bytes(100)),
    "something added": lambda path: _add(path, "../evil"),
    "database missing": lambda path: repack(path, lambda name, content: b"" if name.startswith("data") else content),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_backup_is_refused_and_nothing_is_restored(
    database_url: str, kept: Path, tmp_path: Path, damage: str
) -> None:
    DAMAGES[damage](kept)
    with pytest.raises(BackupDamaged, match="no sound backup"):
        verify_backup(kept, folder=tmp_path)
    if "sqlite" in database_url:
        with pytest.raises(BackupDamaged):
            restore_backup(f"sqlite:///{tmp_path}/new/lrx.db", kept, folder=tmp_path, replace=False, now=NOW)
        assert list((tmp_path / "new").iterdir()) == []


def forge(path: Path, **changes: Any) -> None:
    """Change the manifest of a backup as somebody would who puts the sums right too."""
    with zipfile.ZipFile(path) as source:
        described = json.loads(source.read("manifest.json"))
    words = json.dumps({**described, **changes}).encode()
    sums = f"{hashlib.sha256(words).hexdigest()}  manifest.json\n".encode()
    repack(path, lambda name, content: {"manifest.json": words, "SHA256SUMS": sums}.get(name, content))


def test_a_manifest_that_says_other_than_the_tables_hold_is_refused(kept: Path, tmp_path: Path) -> None:
    rows = verify_backup(kept, folder=tmp_path).manifest.rows
    forge(kept, rows={**rows, "learning_record": 7})
    with pytest.raises(BackupDamaged, match="do not hold what its manifest says"):
        verify_backup(kept, folder=tmp_path)


@on_sqlite
def test_a_backup_of_a_newer_version_is_refused(database_url: str, tmp_path: Path) -> None:
    ahead = "UPDATE alembic_version SET version_num = '9999'"
    run_with_connection(database_url, lambda connection: connection.exec_driver_sql(ahead))
    kept = keep(database_url, tmp_path / "kept.zip")
    with pytest.raises(SchemaAhead, match="newer version"):
        restore_backup(f"sqlite:///{tmp_path}/new/lrx.db", kept, folder=tmp_path, replace=False, now=NOW)
    forge(kept, format=2)
    with pytest.raises(BackupDamaged, match="a newer one"):
        verify_backup(kept, folder=tmp_path)


@on_postgresql
def test_a_backup_of_the_other_engine_is_refused(
    kept: Path, database_url: str, sqlite_template: Path, tmp_path: Path
) -> None:
    with pytest.raises(BackupRefused, match="same engine"):
        restore_backup(f"sqlite:///{tmp_path}/new/lrx.db", kept, folder=tmp_path, replace=False, now=NOW)
    embedded = keep(f"sqlite:///{sqlite_template}", tmp_path / "embedded.zip")
    run_with_connection(database_url, empty)
    with pytest.raises(BackupRefused, match="same engine"):
        restore_backup(database_url, embedded, folder=tmp_path, replace=False, now=NOW)


def empty(connection: Any) -> None:
    connection.exec_driver_sql("DROP SCHEMA public CASCADE")
    connection.exec_driver_sql("CREATE SCHEMA public")


def test_nothing_is_ever_overwritten(database_url: str, kept: Path, tmp_path: Path) -> None:
    before = kept.read_bytes()
    with pytest.raises(BackupRefused, match="is there already"):
        keep(database_url, kept)
    assert kept.read_bytes() == before
    (tmp_path / "folder").mkdir()
    assert keep(database_url, tmp_path / "folder").name == "lrx-20261121T193000Z.zip"


@on_sqlite
def test_a_database_that_is_there_is_replaced_only_when_told_and_then_kept(
    database_url: str, kept: Path, tmp_path: Path
) -> None:
    add_site(database_url, "later")
    path = Path(make_url(database_url).database or "")
    with pytest.raises(BackupRefused, match="--replace"):
        restore_backup(database_url, kept, folder=tmp_path, replace=False, now=NOW)

    done = restore_backup(database_url, kept, folder=tmp_path, replace=True, now=NOW)

    assert (sites(path), done.aside and sites(done.aside)) == (["kept"], ["kept", "later"])


@on_sqlite
def test_two_backups_into_one_folder_do_not_meet(database_url: str, tmp_path: Path) -> None:
    with workplace(tmp_path), pytest.raises(BackupRefused, match="under way"):
        keep(database_url, tmp_path / "kept.zip")
    (tmp_path / ".lrx-unfinished").mkdir()
    (tmp_path / ".lrx-unfinished" / "archive").write_bytes(b"left by one that was killed")
    assert keep(database_url, tmp_path / "kept.zip").exists()
    assert not (tmp_path / ".lrx-unfinished").exists()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("broken", [b"", b"no database at all" * 500])
def test_a_database_beyond_reading_can_be_replaced(
    database_url: str, kept: Path, tmp_path: Path, broken: bytes
) -> None:
    path = Path(make_url(database_url).database or "")
    path.write_bytes(broken)
    done = restore_backup(database_url, kept, folder=tmp_path, replace=True, now=NOW)
    assert sites(path) == ["kept"]
    assert done.aside is not None
    assert done.aside.read_bytes() == broken


@pytest.mark.parametrize("room", [20_000, 200_000])
def test_a_full_disk_leaves_no_half_backup(served: Served, tmp_path: Path, room: int) -> None:
    served.lrx("migrate")
    target = tmp_path / "backups"
    target.mkdir()

    ended = subprocess.run(
        [sys.executable, "-m", "lrx", "backup", str(target)],
        env=served.environment,
        capture_output=True,
        check=False,
        # A file that may not grow, as a disk that has no room left.
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )

    if ended.returncode == 0:
        assert room == 200_000, "a dump of an empty database is small"
        return
    assert ended.returncode == 5, ended.stderr.decode()
    assert "then try again" in ended.stderr.decode()
    assert list(target.iterdir()) == []
    assert not (served.folder / "last_backup.json").exists()
    assert served.lrx("backup", str(target))["rows"]["site"] == 1


@pytest.mark.parametrize("call", ["fsync", "link"])
def test_a_disk_that_fails_leaves_no_half_backup(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    target = tmp_path / "backups"
    target.mkdir()
    monkeypatch.setattr(archive_module.os, call, fails)
    with pytest.raises(BackupFailed, match="No space left"):
        keep(database_url, target)
    assert list(target.iterdir()) == []


STEPS = {"os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "sqlite3.connect", "open", "shutil.rmtree"}


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Run `work` in a process of its own that is killed at its step of that number; returns whether it got there."""

    def run() -> None:
        left = [step]

        def count(name: str, _arguments: object) -> None:
            if name in STEPS:
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        work()

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    process.join(60)
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def left_by_a_kill(path: Path) -> None:
    """Write what stays in the write-ahead log alone, as a killed server leaves it."""

    def write() -> None:
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("UPDATE site SET name = 'in the log'")
        connection.commit()
        os.kill(os.getpid(), signal.SIGKILL)

    process = multiprocessing.get_context("fork").Process(target=write)
    process.start()
    process.join(60)
    assert path.with_name(path.name + "-wal").stat().st_size > 0


@on_sqlite
def test_a_restore_killed_at_any_step_leaves_the_old_database_or_the_new_one(
    database_url: str, kept: Path, tmp_path: Path
) -> None:
    found: list[str] = []
    for step in range(1_000):
        folder = tmp_path / str(step)
        folder.mkdir()
        path = folder / "lrx.db"
        shutil.copy(str(make_url(database_url).database), path)
        left_by_a_kill(path)

        def restore(path: Path = path, folder: Path = folder) -> None:
            restore_backup(f"sqlite:///{path}", kept, folder=folder, replace=True, now=NOW)

        was_killed = killed_at(step, restore)
        (name,) = sites(path)
        found.append(name)
        if not was_killed:
            break
        later = datetime(2026, 11, 21, 19, 31, tzinfo=UTC)
        restore_backup(f"sqlite:///{path}", kept, folder=folder, replace=True, now=later)
        assert sites(path) == ["kept"]
        shutil.rmtree(folder)
    assert found == sorted(found), "first the old one, then the new one"
    assert set(found) == {"in the log", "kept"}
    assert found.count("in the log") > 5


@on_postgresql
@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (None, "is not on this machine"),
        ("echo 'pg_dump (PostgreSQL) 9.6.24'", "older than the server"),
        (
            "[ $1 = --version ] && echo 'pg_dump (PostgreSQL) 99.1' && exit; echo 'pg_dump: error: no luck' >&2; false",
            "no luck",
        ),
    ],
)
def test_programs_that_are_missing_too_old_or_fail_are_told_in_a_sentence(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, sentence: str
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    if script is not None:
        (programs / "pg_dump").write_text(f"#!/bin/sh\n{script}\n")
        (programs / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr(server_module, "INSTALLED", programs)
    with pytest.raises(BackupFailed, match=sentence):
        keep(database_url, tmp_path / "kept.zip")
    assert not (tmp_path / "kept.zip").exists()


@on_postgresql
def test_the_password_is_never_on_a_command_line(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs, seen = tmp_path / "programs", tmp_path / "seen"
    programs.mkdir()
    for name in ("pg_dump", "pg_restore"):
        real = shutil.which(name)
        (programs / name).write_text(f'#!/bin/sh\necho "$0 $*" >> {seen}\nexec {real} "$@"\n')
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    keep(database_url, tmp_path / "kept.zip")
    lines = seen.read_text()
    assert "--snapshot=" in lines
    assert "pg_restore" in lines
    assert str(make_url(database_url).password) not in lines


@on_postgresql
def test_a_restore_into_a_server_that_fails_keeps_nothing(
    database_url: str, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BackupRefused, match="Create an empty database"):
        restore_backup(database_url, kept, folder=tmp_path, replace=True, now=NOW)

    run_with_connection(database_url, empty)
    # A function of this name is in the way near the end of the load.
    taken = "CREATE FUNCTION refuse_change() RETURNS int LANGUAGE sql AS 'SELECT 1'"
    run_with_connection(database_url, lambda connection: connection.exec_driver_sql(taken))
    with pytest.raises(BackupFailed, match="refuse_change"):
        restore_backup(database_url, kept, folder=tmp_path, replace=False, now=NOW)
    server_module.require_empty(database_url)
