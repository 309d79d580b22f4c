"""The migrations make the schema the models speak of, on both engines, and the database keeps facts as they are."""

import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from anyio import to_thread
from sqlmodel import SQLModel

import lrx.models  # noqa: F401 - fills the metadata
from lrx.schema import (
    Migrated,
    SchemaAhead,
    current_revision,
    fact_tables,
    head_revision,
    migrate,
    run_with_connection,
)
from tests.house import House, captured_requests

ROOT = Path(__file__).parents[2]
SCRIPTS = ScriptDirectory(str(ROOT / "migrations"))
FACTS = (
    *("learning_record", "statement", "voiding", "inquiry", "audit_entry"),
    *("settings_version", "expiration", "course_reset"),
)


def seen_by(database_url: str, look: Any) -> Any:
    """What `look` returns over a connection to the database."""
    found: list[Any] = []
    run_with_connection(database_url, lambda connection: found.append(look(connection)))
    return found[0]


def columns_of(connection: sa.Connection) -> dict[str, tuple[bool, int | None]]:
    """Of each column of the database: whether it may be empty, and how long its text may be."""
    inspector = sa.inspect(connection)
    return {
        f"{name}.{column['name']}": (bool(column["nullable"]), length(column["type"]))
        for name in inspector.get_table_names()
        if name != "alembic_version"
        for column in inspector.get_columns(name)
    }


def columns_of_models(dialect: sa.Dialect) -> dict[str, tuple[bool, int | None]]:
    """The same, as the models have it."""
    return {
        f"{name}.{column.name}": (bool(column.nullable), length(column.type.dialect_impl(dialect)))
        for name, table in SQLModel.metadata.tables.items()
        for column in table.columns
    }


def length(kind: sa.types.TypeEngine[Any]) -> int | None:
    """How long a text may be; SQLite keeps a UUID as 32 characters, which is no text."""
    plain = getattr(kind, "impl_instance", kind)
    return None if isinstance(plain, sa.CHAR | sa.Uuid) else getattr(plain, "length", None)


def test_there_is_one_newest_revision() -> None:
    assert SCRIPTS.get_heads() == [head_revision()]


def test_migrations_follow_one_another_without_a_branch() -> None:
    revisions = list(SCRIPTS.walk_revisions())
    assert not [one.revision for one in revisions if one.is_branch_point or one.is_merge_point]
    assert [one.revision for one in revisions if one.is_base] == [revisions[-1].revision]


def test_an_old_migration_never_imports_the_product() -> None:
    for one in SCRIPTS.walk_revisions():
        assert not re.search(r"^(import|from) (lrx|recipients)\b", Path(one.path).read_text("utf-8"), re.MULTILINE), (
            one.path
        )


def test_an_empty_database_is_brought_to_the_newest_revision(database_url: str) -> None:
    assert seen_by(database_url, current_revision) == head_revision()


def test_migrating_again_changes_nothing(database_url: str) -> None:
    before = seen_by(database_url, columns_of)
    assert migrate(database_url) == Migrated(head_revision(), (), head_revision())
    assert seen_by(database_url, columns_of) == before


def test_the_migrated_schema_is_that_of_the_models(database_url: str) -> None:
    def differences(connection: sa.Connection) -> list[Any]:
        return compare_metadata(MigrationContext.configure(connection), SQLModel.metadata)

    assert seen_by(database_url, differences) == []


def test_columns_are_as_long_and_as_empty_as_the_models_say(database_url: str) -> None:
    found = seen_by(database_url, lambda connection: (columns_of(connection), columns_of_models(connection.dialect)))
    migrated, modelled = found
    assert migrated == modelled


@pytest.fixture
async def facts(house: House) -> House:
    """A house in which each table of facts has a row."""
    learner = await house.site.learner("aokafor")
    course = await house.site.course("WHMIS")
    made = await house.site.complete(learner["username"], "WHMIS", house.clock.now())
    await house.site.send("POST", f"/learning-records/{made['learning_record_id']}/void", {"reason": "For the test"})
    await house.site.send("POST", f"/learning-records/{made['learning_record_id']}/expire", {"reason": "For the test"})
    await house.site.send("POST", f"/courses/{course['id']}/resets", {"mode": "void", "reason": "For the test"})
    assert (await house.site.ask("CA-ON-CPSO-12345")).status_code == 404
    house.advance(hours=12)
    assert (await house.site.statements(captured_requests()[0][:1])).status_code == 200
    return house


CHANGES = [
    (name, change)
    for name in FACTS
    for change in (
        sa.update(sa.table(name, sa.column("site_id"))).values(site_id=sa.column("site_id")),
        sa.delete(sa.table(name)),
    )
]


@pytest.mark.anyio
@pytest.mark.parametrize(("name", "change"), CHANGES, ids=[str(change).split(" SET")[0] for _, change in CHANGES])
async def test_the_database_itself_refuses_to_change_or_delete_a_fact(facts: House, name: str, change: Any) -> None:
    database = facts.exchange.database
    count = sa.select(sa.func.count()).select_from(sa.table(name))
    rows = await database.read(lambda session: session.connection().execute(count).scalar_one())
    assert rows > 0
    with pytest.raises(sa.exc.DBAPIError, match=f"{name} is never changed or deleted"):
        await database.write(lambda session: session.connection().execute(change))
    assert await database.read(lambda session: session.connection().execute(count).scalar_one()) == rows


def test_the_tables_of_facts_tested_here_are_those_of_the_migrations() -> None:
    declared = {table for one in SCRIPTS.walk_revisions() for table in getattr(one.module, "FACTS", ())}
    assert declared == set(FACTS) == set(fact_tables())


def test_a_migration_says_what_it_did(tmp_path: Path) -> None:
    applied = tuple(reversed([one.revision for one in SCRIPTS.walk_revisions()]))
    assert migrate(f"sqlite:///{tmp_path / 'lrx.db'}") == Migrated(None, applied, head_revision())


def test_a_database_of_a_newer_version_is_refused_and_stays_as_it_is(database_url: str) -> None:
    ahead = "UPDATE alembic_version SET version_num = '9999'"
    run_with_connection(database_url, lambda connection: connection.exec_driver_sql(ahead))
    with pytest.raises(SchemaAhead, match="newer version"):
        migrate(database_url)
    assert seen_by(database_url, current_revision) == "9999"


@pytest.mark.anyio
async def test_people_known_by_their_whole_name_are_sorted_anew_on_rosters_too(house: House, database_url: str) -> None:
    await house.site.send("POST", "/learners", {"username": "hcote", "full_name": "Hélène Côté"})
    await house.site.course("WHMIS")
    await house.site.complete("hcote", "WHMIS", house.clock.now())
    tables = ("learner", "course_learner")

    def as_before(connection: sa.Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(ROOT / "migrations"))
        config.attributes["connection"] = connection
        command.downgrade(config, "0007")
        for table in tables:
            connection.execute(sa.update(sa.table(table, sa.column("sort_name"))).values(sort_name="helene cote"))

    def names(connection: sa.Connection) -> list[str]:
        found = "SELECT sort_name FROM learner UNION ALL SELECT sort_name FROM course_learner"
        return [*connection.exec_driver_sql(found).scalars()]

    await to_thread.run_sync(run_with_connection, database_url, as_before)
    assert "0008" in (await to_thread.run_sync(migrate, database_url)).applied
    assert await to_thread.run_sync(seen_by, database_url, names) == ["cote, helene", "cote, helene"]
