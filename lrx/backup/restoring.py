"""Restoring a backup: everything is checked in a place apart, then the database is there at once, or as it was."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from lrx.backup import embedded, server
from lrx.backup.archive import BackupFailed, BackupRefused, sync, told_in_a_sentence, workplace
from lrx.backup.keeping import require_sound
from lrx.backup.manifest import Manifest
from lrx.private_files import private_folder
from lrx.schema import require_known
from lrx.text import text

__all__ = ["Restored", "restore_backup"]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and where the database before is kept (SQLite, when there was one)."""

    manifest: Manifest
    aside: Path | None


def restore_backup(url: str, source: Path, *, folder: Path, replace: bool, now: datetime) -> Restored:
    """Put the database of a backup at `url`. On PostgreSQL the backup is unpacked in `folder`.

    Raises `BackupDamaged`, `SchemaAhead` for one of a newer version, `BackupFailed`, and `BackupRefused`: the backup
    is of the other engine, a process has the database open, or there is a database already (with `replace` one of
    SQLite is kept under another name).
    """
    with told_in_a_sentence():
        if make_url(url).get_backend_name() == "postgresql":
            return _restore_on_server(url, source, folder)
        return _restore_embedded(Path(make_url(url).database or ""), source, replace=replace, now=now)


def _restore_embedded(target: Path, source: Path, *, replace: bool, now: datetime) -> Restored:
    is_there = target.exists() and target.stat().st_size > 0
    if is_there and not replace:
        raise BackupRefused(
            text(
                "There is a database at {path} already. With --replace it is kept under another name, and the backup "
                "takes its place.",
                path=target,
            )
        )
    if target.exists():
        with embedded.held_alone(target):
            pass
    private_folder(target.parent)
    with workplace(target.parent) as folder:
        manifest, part = _sound(source, folder, "sqlite")
        sync(part)
        return Restored(manifest, embedded.put_in_place(part, target, now))


def _restore_on_server(url: str, source: Path, folder: Path) -> Restored:
    server.require_empty(url)
    with workplace(folder) as work:
        manifest, part = _sound(source, work, "postgresql")
        server.load_dump(url, part)
    if server.contents_of(url).rows != manifest.rows:
        raise BackupFailed(
            text(
                "The database does not hold what the backup holds: something else wrote to it meanwhile. Create "
                "another empty database, and restore into that."
            )
        )
    return Restored(manifest, None)


def _sound(source: Path, folder: Path, engine: str) -> tuple[Manifest, Path]:
    manifest, part = require_sound(source, folder)
    if manifest.engine != engine:
        raise BackupRefused(
            text(
                "The backup is of {backup}, and LRX_DATABASE_URL names {engine}. Name a database of the same engine.",
                backup=manifest.engine,
                engine=engine,
            )
        )
    require_known(manifest.revision)
    return manifest, part
