"""The database as a machine: its version, its schema, how safely it keeps, the guards of the facts, and its pages."""

import sqlite3
from collections.abc import Iterator, Mapping

import sqlalchemy as sa
from sqlmodel import Session

from lrx.doctor.finding import Finding, fine, warning, wrong
from lrx.doctor.visit import Visit
from lrx.schema import SchemaAhead, current_revision, fact_tables, head_revision, require_known
from lrx.text import text

__all__ = ["durability", "engine_version", "guards", "integrity", "schema"]

TESTED = 15
"""The major version of PostgreSQL that tests run on."""

SAFE: Mapping[str, Mapping[str, frozenset[str]]] = {
    "sqlite": {
        "journal_mode": frozenset({"wal"}),
        "synchronous": frozenset({"2", "3"}),  # FULL, EXTRA
        "foreign_keys": frozenset({"1"}),
        "recursive_triggers": frozenset({"1"}),
    },
    "postgresql": {
        "fsync": frozenset({"on"}),
        "full_page_writes": frozenset({"on"}),
        "synchronous_commit": frozenset({"on", "local", "remote_write", "remote_apply"}),
    },
}
"""Settings in force, and the values with which what was acknowledged survives a power cut."""


def engine_version(session: Session, _visit: Visit) -> Iterator[Finding]:
    """Which engine answers."""
    if _is_embedded(session):
        yield fine("engine", text("SQLite {version} answers.", version=sqlite3.sqlite_version))
        return
    version = str(session.connection().exec_driver_sql("SHOW server_version").scalar_one())
    if int(version.split(".")[0].split(" ")[0]) < TESTED:
        yield warning(
            "engine",
            text(
                "PostgreSQL {version} answers, older than the {tested} LRX is tested with.",
                version=version,
                tested=TESTED,
            ),
            text("Upgrade PostgreSQL."),
        )
        return
    yield fine("engine", text("PostgreSQL {version} answers.", version=version))


def schema(session: Session, _visit: Visit) -> Iterator[Finding]:
    """Whether the schema is this version's."""
    found, wanted = current_revision(session.connection()), head_revision()
    if found == wanted:
        yield fine("schema", text("The schema is at revision {found}.", found=found))
        return
    try:
        require_known(found)
    except SchemaAhead as error:
        yield wrong("schema", error.detail, text("Install the version of LRX that made it."))
        return
    yield wrong(
        "schema",
        text(
            "The schema is at revision {found} and this version needs {wanted}.", found=found or "none", wanted=wanted
        ),
        text("Run `lrx backup`, then `lrx migrate`."),
    )


def durability(session: Session, _visit: Visit) -> Iterator[Finding]:
    """Whether what was acknowledged survives a power cut, by the settings really in force."""
    connection = session.connection()
    show = "PRAGMA " if _is_embedded(session) else "SHOW "
    in_force = {
        name: str(connection.exec_driver_sql(f"{show}{name}").scalar_one()) for name in SAFE[connection.dialect.name]
    }
    yield from judge_durability(connection.dialect.name, in_force)


def judge_durability(engine: str, in_force: Mapping[str, str]) -> Iterator[Finding]:
    """Say of the settings in force which of them are not safe."""
    unsafe = [f"{name}={value}" for name, value in in_force.items() if value not in SAFE[engine][name]]
    if not unsafe:
        yield fine("durability", text("What is acknowledged is on the disk."))
        return
    step = (
        text("Put the database on a local disk: LRX asks for these settings at every start.")
        if engine == "sqlite"
        else text("Set them in postgresql.conf as they are by default.")
    )
    yield wrong(
        "durability", text("A power cut can lose what was acknowledged: {unsafe}.", unsafe=", ".join(unsafe)), step
    )


def guards(session: Session, _visit: Visit) -> Iterator[Finding]:
    """Whether the triggers that refuse to change or delete a fact are there and at work."""
    if _is_embedded(session):
        wanted = {f"{name}_refuses_{change}" for name in fact_tables() for change in ("update", "delete")}
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        wanted = {f"{name}_is_{what}" for name in fact_tables() for what in ("a_fact", "never_emptied")}
        query = "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')"
    missing = sorted(wanted - set(session.connection().exec_driver_sql(query).scalars()))
    if not missing:
        yield fine("guards", text("The database refuses to change or delete a fact."))
        return
    yield wrong(
        "guards",
        text("Facts can be changed: {missing} is missing or switched off.", missing=", ".join(missing)),
        text("Find out who switched it off. Restore a backup into an empty database, and use that."),
    )


def integrity(session: Session, visit: Visit) -> Iterator[Finding]:
    """Whether the file of SQLite is whole: quickly, or from beginning to end. PostgreSQL looks after its own."""
    if not _is_embedded(session):
        return
    check = "integrity_check" if visit.deep else "quick_check"
    connection = session.connection()
    try:
        answer = str(connection.exec_driver_sql(f"PRAGMA {check}(1)").scalar_one())
        dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").first() if visit.deep else None
    except sa.exc.DatabaseError as error:
        answer, dangling = str(error.orig), None
    if answer != "ok" or dangling is not None:
        reason = answer if answer != "ok" else f"foreign key of {dangling[0] if dangling else ''}"
        yield wrong(
            "integrity",
            text("The database is damaged: {reason}.", reason=reason.replace("\n", " ").rstrip(".")),
            text("Stop LRX, keep a copy of the data folder, and restore the last backup. Look at the disk."),
        )
        return
    yield fine(
        "integrity",
        text("The database file is whole.")
        if visit.deep
        else text("The database file looks whole (--deep reads all of it)."),
    )


def _is_embedded(session: Session) -> bool:
    return session.connection().dialect.name == "sqlite"
