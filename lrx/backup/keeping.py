"""Making a backup while the product runs, and verifying one that was made."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from lrx.backup import embedded, server
from lrx.backup.archive import BackupRefused, damaged, extract, publish, told_in_a_sentence, workplace, write_archive
from lrx.backup.manifest import PART_NAMES, Contents, Manifest, manifest_of
from lrx.text import text

__all__ = ["Backup", "make_backup", "require_sound", "verify_backup"]


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made or verified: where it is, and what it says of itself."""

    path: Path
    manifest: Manifest


def make_backup(url: str, target: Path, *, version: str, now: datetime) -> Backup:
    """Keep the database at `url`, as it is while others write, in a new file `target`; a folder gets one named by the
    time. It appears there when it has been read again and found whole, or not at all.

    Raises `BackupRefused` when the file is there already, when it is named like a folder and there is none, and
    `BackupFailed`.
    """
    path = target / f"lrx-{now:%Y%m%dT%H%M%SZ}.zip" if target.is_dir() else target
    folder = path.parent if path.suffix.lower() == ".zip" else path
    if not folder.is_dir():  # and not made here: it may be on a disk that is not mounted
        raise BackupRefused(
            text("There is no folder {folder}. Make it or mount it first; a file ends in .zip.", folder=folder)
        )
    if path.exists():
        raise BackupRefused(text("{path} is there already. Choose another name; nothing is overwritten.", path=path))
    with told_in_a_sentence(), workplace(path.parent) as folder:
        contents, part = _copy(url, folder)
        manifest = manifest_of(contents, part, version=version, made_at=now)
        unfinished = folder / "archive"
        write_archive(unfinished, manifest, part)
        part.unlink()
        # What was written is read once more: a backup that was never read is a hope.
        require_sound(unfinished, folder)
        publish(unfinished, path)
    return Backup(path, manifest)


def _copy(url: str, folder: Path) -> tuple[Contents, Path]:
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        part = folder / PART_NAMES["postgresql"]
        return server.dump_database(url, part), part
    part = folder / PART_NAMES["sqlite"]
    embedded.copy_database(Path(parsed.database or ""), part)
    return embedded.contents_of(part), part


def verify_backup(path: Path, *, folder: Path) -> Backup:
    """Read a backup from beginning to end, in `folder`: sums, integrity, references, and the rows of each table.

    Raises `BackupDamaged`, and `BackupFailed` when there is no room or no program to read it with.
    """
    with told_in_a_sentence(), workplace(folder) as work:
        return Backup(path, require_sound(path, work)[0])


def require_sound(path: Path, folder: Path) -> tuple[Manifest, Path]:
    """Return the manifest and the file with the database, unpacked in `folder`, when everything in the backup is as it
    was made. Raises `BackupDamaged`."""
    manifest, part = extract(path, folder)
    if manifest.engine == "postgresql":
        rows, revision = server.rows_in_dump(part), manifest.revision
    else:
        fault = embedded.fault_in(part)
        if fault is not None:
            raise damaged(path, fault)
        found = embedded.contents_of(part)
        rows, revision = found.rows, found.revision
    if (rows, revision) != (manifest.rows, manifest.revision):
        raise damaged(path, text("its tables do not hold what its manifest says"))
    return manifest, part
