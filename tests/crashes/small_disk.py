"""A disk that can be filled: a small file system in memory, which only root may mount."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["NoDisk", "full", "small_disk"]

FILLER = "filler"


class NoDisk(Exception):
    """No file system can be mounted here."""


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """Give the folder of a new file system of this size, open to all. Raises `NoDisk`."""
    folder = Path(tempfile.mkdtemp(prefix="lrx-disk-"))
    options = f"size={megabytes}m,mode=777"
    try:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False
        )
        if mounted.returncode != 0:
            raise NoDisk(f"A small disk cannot be mounted here: {mounted.stderr.decode().strip()}")
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Leave no room on the disk while the block runs."""
    filler = disk / FILLER
    # Unbuffered: what is left in a buffer would be written when the file is closed.
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            _write_all(file.fileno(), bytes(size))
    try:
        yield
    finally:
        filler.unlink()


def _write_all(file: int, block: bytes) -> None:
    try:
        while True:
            os.write(file, block)
    except OSError:
        return
