"""The examination: every look, in the order in which one needs the other."""

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlmodel import Session

from lrx.database import open_database
from lrx.doctor import machine, storage, work
from lrx.doctor.finding import Finding, Level, wrong
from lrx.doctor.invariants import invariants
from lrx.doctor.visit import Visit
from lrx.failures import sentence_of
from lrx.recipient import Recipient
from lrx.registry import BrokenRecipient, installed_recipients
from lrx.settings import Settings
from lrx.text import text

__all__ = ["examine"]

Look = Callable[[Session, Visit], Iterator[Finding]]

AT_THE_DATABASE: tuple[Look, ...] = (storage.engine_version, storage.integrity, storage.schema)
"""Looks at any database; when one finds something wrong, nothing in it can be relied on."""
AT_THE_CONTENT: tuple[Look, ...] = (
    storage.durability,
    storage.guards,
    work.secret_key,
    work.clock,
    work.recipients,
    work.waiting,
    invariants,
)


async def examine(settings: Settings, *, now: datetime, deep: bool) -> list[Finding]:
    """Look at everything; with `deep` read the whole database. Changes nothing and makes nothing."""
    findings = [*machine.risky_settings(settings), *machine.data_folder(settings), *machine.free_space(settings)]
    installed: dict[str, Recipient] = {}
    try:
        installed.update(installed_recipients())
    except BrokenRecipient as error:
        findings.append(wrong("installation", error.detail, text("Install LRX again.")))
    findings += await _database(Visit(settings, installed, now, deep))
    findings += machine.backup_age(settings, now)
    return findings


async def _database(visit: Visit) -> list[Finding]:
    url = visit.settings.effective_database_url
    missing = machine.missing_database(visit.settings)
    if missing is not None:
        return [missing]
    database = open_database(url)
    findings: list[Finding] = []
    try:
        for looks in (AT_THE_DATABASE, AT_THE_CONTENT):
            for look in looks:
                findings += await database.read(lambda session, look=look: list(look(session, visit)))  # type: ignore[misc]
            if any(finding.level is Level.WRONG for finding in findings):
                return findings
    except Exception as error:
        sentence = sentence_of(error, url)
        if sentence is None:
            raise
        findings.append(wrong("database", sentence, text("Mend that first, then run `lrx doctor` again.")))
    finally:
        await database.close()
    return findings
