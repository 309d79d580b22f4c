"""What is known of the last backup: a small file in the data folder, for whoever looks after the installation."""

import os
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from lrx.backup.manifest import Manifest

__all__ = ["LastBackup", "last_backup", "note_last_backup"]

NAME = "last_backup.json"


class LastBackup(BaseModel):
    """When the last backup was made, of which schema, and where it was put."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    made_at: AwareDatetime
    revision: str
    path: str


def note_last_backup(data_dir: Path, manifest: Manifest, path: Path) -> None:
    """Note that a backup was made. Raises `OSError`."""
    noted = LastBackup(made_at=manifest.made_at, revision=manifest.revision, path=str(path))
    unfinished = data_dir / f"{NAME}.{os.getpid()}"
    unfinished.write_text(noted.model_dump_json(indent=2) + "\n", encoding="utf-8")
    unfinished.replace(data_dir / NAME)


def last_backup(data_dir: Path) -> LastBackup | None:
    """Return what was noted; None when nothing readable was."""
    try:
        return LastBackup.model_validate_json((data_dir / NAME).read_bytes())
    except (OSError, ValidationError):
        return None
