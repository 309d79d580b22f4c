"""What can be seen without the database: settings, the data folder, room on the disk, the last backup."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.engine import make_url

from lrx.backup import last_backup
from lrx.doctor.finding import Finding, fine, warning, wrong
from lrx.settings import Settings
from lrx.text import text

__all__ = ["backup_age", "data_folder", "free_space", "missing_database", "risky_settings"]

LEAST = 100 * 1024 * 1024
LITTLE = 1024 * 1024 * 1024
"""Bytes: with less free than the first, writes are about to fail."""
OLD = timedelta(hours=48)


def risky_settings(settings: Settings) -> Iterator[Finding]:
    """The settings were read; some are good for trying out and nothing else."""
    yield fine("settings", text("The settings can be read."))
    if settings.frozen_clock is not None:
        yield warning(
            "frozen_clock",
            text("LRX_FROZEN_CLOCK is set: the clock of LRX stands still."),
            text("Unset it, unless this is a demonstration."),
        )
    if not settings.secure_cookies:
        yield warning(
            "secure_cookies",
            text("LRX_SECURE_COOKIES is off: sign-ins travel over plain HTTP."),
            text("Unset it, unless this is a try on one machine."),
        )


def data_folder(settings: Settings) -> Iterator[Finding]:
    """Whether files can be made where LRX keeps its own."""
    folder = settings.data_dir
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        yield wrong(
            "data_folder",
            text("The data folder {path} cannot be written: {reason}.", path=folder, reason=error.strerror),
            text("Make the folder, give it to the user LRX runs as, or correct LRX_DATA_DIR."),
        )
        return
    yield fine("data_folder", text("The data folder {path} can be written.", path=folder))


def free_space(settings: Settings) -> Iterator[Finding]:
    """Room on the disk of the data folder, and of a SQLite file for a backup beside it."""
    try:
        free = shutil.disk_usage(settings.data_dir).free
    except OSError:
        return  # told above
    database = _embedded_file(settings)
    size = database.stat().st_size if database is not None and database.exists() else 0
    shown = {"free": _mebibytes(free), "needed": _mebibytes(2 * size)}
    step = text("Make room: when the disk is full, nothing can be kept.")
    if free < LEAST:
        yield wrong("free_space", text("Only {free} MiB are free on the disk of the data folder.", **shown), step)
    elif free < LITTLE:
        yield warning("free_space", text("Only {free} MiB are free on the disk of the data folder.", **shown), step)
    elif free < 2 * size:
        yield warning(
            "free_space",
            text("{free} MiB are free; a backup on this disk can need {needed} MiB.", **shown),
            text("Make room, or make backups on another disk."),
        )
    else:
        yield fine("free_space", text("{free} MiB are free on the disk of the data folder.", **shown))


def missing_database(settings: Settings) -> Finding | None:
    """A SQLite file that is not there, which opening it would make. None when there is one, or a server."""
    path = _embedded_file(settings)
    if path is None or path.exists():
        return None
    step = text("Run `lrx migrate`, or correct LRX_DATABASE_URL or LRX_DATA_DIR.")
    return wrong("database", text("There is no database at {path}.", path=path), step)


def backup_age(settings: Settings, now: datetime) -> Iterator[Finding]:
    """How old the last backup is that `lrx backup` made."""
    last = last_backup(settings.data_dir)
    step = text("Run `lrx backup`, every day by a timer. A backup made by other means is not seen here.")
    if last is None:
        yield warning("last_backup", text("No backup by `lrx backup` is known."), step)
        return
    shown = {"path": last.path, "made_at": last.made_at.isoformat(timespec="seconds")}
    if now - last.made_at > OLD:
        yield warning("last_backup", text("The last backup, {path}, is of {made_at}.", **shown), step)
    else:
        yield fine("last_backup", text("The last backup, {path}, is of {made_at}.", **shown))


def _embedded_file(settings: Settings) -> Path | None:
    url = make_url(settings.effective_database_url)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def _mebibytes(count: int) -> int:
    return count // (1024 * 1024)
