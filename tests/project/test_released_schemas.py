"""Databases that a release left are brought forward with everything in them, at once or not at all."""

import asyncio
import json
import multiprocessing
import os
import re
import signal
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import Engine
from sqlmodel import SQLModel

import lrx.models  # noqa: F401 - fills the metadata
from lrx.app import create_app
from lrx.backup import make_backup, restore_backup
from lrx.clock import FrozenClock
from lrx.doctor import Level, examine
from lrx.exchange import open_exchange
from lrx.schema import current_revision, head_revision, migrate, run_with_connection
from lrx.settings import load_settings
from lrx.xapi.projector import Projector
from tests.house import House, SiteOfHouse
from tests.postgres import execute
from tests.released import answer_of, load, read_release, released_revisions, rows_of

ROOT = Path(__file__).parents[2]

RELEASED: Mapping[str, str] = {"0.1.0": "0001"}
"""The revision of each version that was released. Each has its fixture: `python -m tests.released` writes it."""

NEW = {
    "actor": {"mbox": "mailto:new@example.org"},
    "verb": {"id": "http://x.example.org/verb"},
    "object": {"id": "http://x.example.org/object"},
}
"""A statement that nothing is made of."""

FACTS = ("learning_record", "statement", "voiding", "inquiry", "audit_entry", "settings_version")


@pytest.fixture(params=sorted(RELEASED.values()))
def release(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What a release left."""
    return read_release(request.param)


@pytest.fixture
def left(release: dict[str, Any], empty_url: str) -> str:
    """The database as the release left it."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))

    def rebuild(connection: sa.Connection) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, release["revision"])
        load(connection, release["tables"])

    run_with_connection(empty_url, rebuild)
    return empty_url


def seen_by(url: str, look: Callable[[sa.Connection], Any]) -> Any:
    """What `look` returns over a connection to the database."""
    found: list[Any] = []
    run_with_connection(url, lambda connection: found.append(look(connection)))
    return found[0]


def everything_in(connection: sa.Connection, release: Mapping[str, Any]) -> dict[str, Any]:
    """The rows of every table the release had, in the columns it had."""
    return {name: rows_of(connection, name, kept["columns"]) for name, kept in release["tables"].items()}


def as_left(release: Mapping[str, Any]) -> dict[str, Any]:
    return {name: kept["rows"] for name, kept in release["tables"].items()}


def test_every_released_version_has_its_fixture() -> None:
    versions = re.findall(r"^## \[(\d[^\]]*)\] - (?!unreleased)", (ROOT / "docs/CHANGELOG.md").read_text("utf-8"), re.M)
    assert set(versions) <= set(RELEASED)
    assert released_revisions() == set(RELEASED.values())


def test_a_fixture_has_rows_of_every_table(release: dict[str, Any]) -> None:
    assert not [name for name, kept in release["tables"].items() if not kept["rows"]]
    assert {question["status"] for question in release["questions"]} == {200, 400, 404}


def test_every_row_is_still_there_with_the_same_values(left: str, release: dict[str, Any]) -> None:
    assert seen_by(left, lambda connection: everything_in(connection, release)) == as_left(release)

    done = migrate(left)

    assert (done.before, done.revision) == (release["revision"], head_revision())
    assert seen_by(left, lambda connection: everything_in(connection, release)) == as_left(release)
    differences = seen_by(
        left,
        lambda connection: compare_metadata(MigrationContext.configure(connection), SQLModel.metadata),
    )
    assert differences == []


def test_the_settings_there_are_become_their_first_versions(left: str, release: dict[str, Any]) -> None:
    migrate(left)
    columns = {"subject_kind": "text", "subject_id": "uuid", "values": "json", "changed_at": "instant", "actor": "text"}
    versions = seen_by(left, lambda connection: rows_of(connection, "settings_version", columns))
    kept = {}
    for kind, since in (("site_recipient", "updated_at"), ("course_recipient", "created_at"), ("course", "created_at")):
        names = list(release["tables"][kind]["columns"])
        for row in release["tables"][kind]["rows"]:
            subject = dict(zip(names, row, strict=True))
            kept[kind, subject["id"]] = (subject, subject[since], "system:migration")
    assert kept.keys() == {(kind, subject_id) for kind, subject_id, *_ in versions}
    for kind, subject_id, values, changed_at, actor in versions:
        subject, since, by = kept[kind, subject_id]
        assert (changed_at, actor) == (since, by)
        assert values
        assert "credentials" not in values
        assert {name: subject[name] for name in values if name in subject} == {
            name: value for name, value in values.items() if name in subject
        }


def test_a_delivery_excluded_for_its_source_says_which_one(left: str) -> None:
    marked = "UPDATE delivery SET status = 'excluded', reason = 'source_not_sent' WHERE subject_kind = 'record'"
    run_with_connection(left, lambda connection: connection.exec_driver_sql(marked))

    migrate(left)

    said = "SELECT delivery.reason, source FROM delivery JOIN learning_record ON subject_id = learning_record.id"
    found = seen_by(left, lambda connection: connection.exec_driver_sql(said).all())
    assert found
    assert [reason for reason, _ in found] == [f"source_{source}" for _, source in found]


@pytest.mark.parametrize("change", ["UPDATE {} SET site_id = site_id", "DELETE FROM {}"])
def test_facts_are_still_facts(left: str, change: str) -> None:
    migrate(left)
    for name in FACTS:
        with pytest.raises(sa.exc.DBAPIError, match=f"{name} is never changed or deleted"):
            run_with_connection(left, lambda connection, name=name: connection.exec_driver_sql(change.format(name)))


def test_the_product_serves_it_as_the_release_did(left: str, release: dict[str, Any], tmp_path: Path) -> None:
    migrate(left)
    asyncio.run(_serve(left, release, tmp_path))


async def _serve(url: str, release: dict[str, Any], folder: Path) -> None:
    settings = load_settings(database_url=url, data_dir=folder, secret_key=release["secret_key"], secure_cookies=False)
    clock = FrozenClock(datetime.fromisoformat(release["now"]))
    async with open_exchange(settings) as opened:
        exchange = replace(opened, clock=clock)
        transport = httpx.ASGITransport(app=create_app(exchange))
        async with httpx.AsyncClient(transport=transport, base_url="http://lrx.test") as http:
            keyed = {"Authorization": release["ways"]["api"]}
            api = httpx.AsyncClient(transport=transport, base_url="http://lrx.test", headers=keyed)
            ways = {name: tuple(pair) for name, pair in release["ways"].items() if name != "api"}
            site = SiteOfHouse("default", api, ways["lms"], ways["lms"], ways["cmars"], http)
            house = House(exchange, clock, http, Projector(exchange), {"default": site})
            for asked in release["questions"]:
                answered = answer_of(await site.ask(asked["oci_id"], **asked["params"]))
                assert answered == {name: asked[name] for name in ("status", "answer")}
            assert await house.project() == 0, "nothing is derived again"
            house.advance(hours=1)
            await site.course("AFTER")
            made = await site.complete("aokafor", "AFTER", clock.now())
            assert made["result"] == "recorded"
            assert (await site.statements([NEW])).status_code == 200
            assert await house.project() == 1
            await api.aclose()
    findings = await examine(settings, now=clock.now(), deep=True)
    wrong = [f"{one.check}: {one.detail}" for one in findings if one.level is Level.WRONG and one.check != "durability"]
    assert wrong == []


def test_an_old_backup_is_restored_and_brought_forward(left: str, release: dict[str, Any], tmp_path: Path) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    kept = make_backup(left, tmp_path / "kept.zip", version="0.1.0", now=now)
    if left.startswith("sqlite"):
        target = f"sqlite:///{tmp_path / 'restored' / 'lrx.db'}"
    else:
        target = left
        asyncio.run(execute(left, "DROP SCHEMA public CASCADE"))
        asyncio.run(execute(left, "CREATE SCHEMA public"))

    done = restore_backup(target, kept.path, folder=tmp_path, replace=False, now=now)

    assert done.manifest.revision == release["revision"]
    assert seen_by(target, lambda connection: everything_in(connection, release)) == as_left(release)
    assert migrate(target).before == release["revision"]
    assert seen_by(target, lambda connection: everything_in(connection, release)) == as_left(release)


def killed_at(statement: int, url: str) -> bool:
    """Migrate in a process of its own that is killed before its statement of that number; returns whether it got
    there."""

    def run() -> None:
        left = [statement]

        @sa.event.listens_for(Engine, "before_cursor_execute")
        def count(*_: object) -> None:
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        migrate(url)

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    process.join(120)
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def schema_of(connection: sa.Connection) -> set[str]:
    inspector = sa.inspect(connection)
    return {
        f"{name}.{column['name']}" for name in inspector.get_table_names() for column in inspector.get_columns(name)
    }


def state_of(url: str) -> tuple[str | None, str]:
    """The revision, and everything that is in the schema."""
    return seen_by(url, lambda connection: (current_revision(connection), json.dumps(sorted(schema_of(connection)))))


def test_a_migration_killed_at_any_statement_leaves_the_old_schema_or_the_new_one(
    left: str, release: dict[str, Any], tmp_path: Path
) -> None:
    before, statement = state_of(left), 0
    while killed_at(statement, left):
        assert state_of(left) == before
        assert seen_by(left, lambda connection: everything_in(connection, release)) == as_left(release)
        statement += 1 if statement < 8 else 5
    assert state_of(left)[0] == head_revision()
    assert seen_by(left, lambda connection: everything_in(connection, release)) == as_left(release)


def test_a_first_migration_killed_at_any_statement_leaves_nothing(empty_url: str) -> None:
    statement = 0
    while killed_at(statement, empty_url):
        assert state_of(empty_url) == (None, "[]")
        statement += 25
    assert state_of(empty_url)[0] == head_revision()
