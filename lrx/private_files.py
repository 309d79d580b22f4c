"""Files and folders for their owner alone: they hold names, OCI IDs and keys."""

import os
from pathlib import Path

__all__ = ["private_file", "private_folder"]


def private_folder(path: Path) -> Path:
    """Make the folder, and the folders around it that are not there, for the owner alone. Those there stay as they
    are."""
    for folder in (*reversed(path.parents), path):
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
    return path


def private_file(path: Path) -> None:
    """Make an empty file for the owner alone, where there is none."""
    private_folder(path.parent)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
