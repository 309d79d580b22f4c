"""The archive: one zip file with the manifest, the database, and the sums of both. It appears under its name when it is
whole, or not at all."""

import fcntl
import hashlib
import os
import shutil
import socket
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from lrx.backup.manifest import CHUNK, PART_NAMES, Manifest
from lrx.errors import Conflict, Invalid, LrxError
from lrx.text import Text, text

__all__ = [
    "BackupDamaged",
    "BackupFailed",
    "BackupRefused",
    "damaged",
    "extract",
    "nothing_there",
    "publish",
    "sync",
    "told_in_a_sentence",
    "workplace",
    "write_archive",
]

MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
UNFINISHED = ".lrx-unfinished"
LONGEST_MANIFEST = 1024 * 1024


class BackupDamaged(Invalid):
    """The file is no backup, or no longer the one that was made."""

    code = "backup_damaged"


class BackupRefused(Conflict):
    """A backup or a restore would overwrite something, or disturb something that runs."""

    code = "backup_refused"


class BackupFailed(LrxError):
    """A backup or a restore could not be carried out; nothing of it is left."""

    code = "backup_failed"


@contextmanager
def told_in_a_sentence() -> Iterator[None]:
    """Let what the disk or SQLite cannot do in the block be raised as `BackupFailed`. A server that is away is left to
    whoever knows its address."""
    try:
        yield
    except (ConnectionError, TimeoutError, socket.gaierror):
        raise
    except (OSError, sqlite3.Error) as error:
        where = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        raise BackupFailed(
            text("This failed: {reason}. Nothing of it is left. Mend the cause, then try again.", reason=where + reason)
        ) from error


@contextmanager
def workplace(parent: Path) -> Iterator[Path]:
    """Give a folder inside of `parent`, for its owner alone, that is gone at the end of the block. What a killed
    process left in it is removed first. Raises `BackupRefused` while another process works there."""
    folder = parent / UNFINISHED
    folder.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupRefused(
                text("Another backup or restore is under way in {path}. Wait until it has ended.", path=parent)
            ) from error
        try:
            for left in folder.iterdir():
                left.unlink()
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)


END = b"PK\x05\x06" + bytes(18)
"""The shape of the end of an archive: its mark, places and sizes, and the length of no comment."""
METHODS = (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED)
"""How what is in an archive may be compressed; reading others fails in ways of their own."""


def write_archive(path: Path, manifest: Manifest, part: Path) -> None:
    """Write the archive to `path` and to the disk."""
    described = manifest.model_dump_json(indent=2).encode() + b"\n"
    sums = f"{manifest.part.sha256}  {manifest.part.name}\n{hashlib.sha256(described).hexdigest()}  {MANIFEST}\n"
    # PostgreSQL's format is compressed already.
    method = zipfile.ZIP_DEFLATED if manifest.engine == "sqlite" else zipfile.ZIP_STORED
    with path.open("xb") as target:
        path.chmod(0o600)  # before there is anything to read
        with zipfile.ZipFile(target, "w", compresslevel=1) as archive:
            archive.write(part, manifest.part.name, compress_type=method)
            archive.writestr(MANIFEST, described)
            archive.writestr(SUMS, sums)
        target.flush()
        os.fsync(target.fileno())


def publish(path: Path, target: Path) -> None:
    """Let the finished file appear as `target`. Raises `BackupRefused` when something is there."""
    try:
        os.link(path, target)  # unlike a rename, never over something
    except FileExistsError as error:
        raise BackupRefused(
            text("{path} is there already. Choose another name; nothing is overwritten.", path=target)
        ) from error
    sync(target.parent)


def sync(path: Path) -> None:
    """Write a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def extract(path: Path, folder: Path) -> tuple[Manifest, Path]:
    """Unpack the archive into `folder` while every sum is checked; return its manifest and the file with the database.

    Raises `BackupDamaged` naming the archive, and `OSError` for a file that cannot be read.
    """
    try:
        with path.open("rb") as source, zipfile.ZipFile(source) as archive:
            if any(one.compress_type not in METHODS for one in archive.infolist()):
                raise damaged(path, text("it cannot be unpacked"))
            manifest = _manifest(archive, path)
            if sorted(archive.namelist()) != sorted((manifest.part.name, MANIFEST, SUMS)) or not _ends(source):
                raise damaged(path, text("something was added to it"))
            part = folder / PART_NAMES[manifest.engine]
            with archive.open(manifest.part.name) as packed, part.open("xb") as unpacked:
                _copy(packed, unpacked, manifest, path)
            return manifest, part
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, RuntimeError, struct.error) as error:
        raise damaged(path, text("it cannot be unpacked")) from error


def _ends(source: IO[bytes]) -> bool:
    """Whether nothing follows the record that ends an archive without a comment."""
    source.seek(-len(END), os.SEEK_END)
    found = source.read()
    return found[:4] == END[:4] and found[-2:] == END[-2:]


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    with archive.open(MANIFEST) as packed:
        described = packed.read(LONGEST_MANIFEST)
    sums = archive.read(SUMS).decode("ascii") if archive.getinfo(SUMS).file_size < CHUNK else ""
    if f"{hashlib.sha256(described).hexdigest()}  {MANIFEST}" not in sums.splitlines():
        raise damaged(path, text("its manifest was changed"))
    try:
        manifest = Manifest.model_validate_json(described)
    except ValidationError as error:
        raise damaged(
            path, text("this version cannot read its manifest, which a newer one may have written")
        ) from error
    if manifest.part.name != PART_NAMES[manifest.engine]:
        raise damaged(path, text("its manifest was changed"))
    return manifest


def _copy(packed: IO[bytes], unpacked: IO[bytes], manifest: Manifest, path: Path) -> None:
    digest, size = hashlib.sha256(), 0
    while chunk := packed.read(CHUNK):
        size += len(chunk)
        if size > manifest.part.bytes:
            break
        digest.update(chunk)
        unpacked.write(chunk)
    if (size, digest.hexdigest()) != (manifest.part.bytes, manifest.part.sha256):
        raise damaged(path, text("the database in it was changed"))


def damaged(path: Path, how: Text) -> BackupDamaged:
    """The refusal of a backup, with a reason that ends the sentence."""
    return BackupDamaged(
        text("{path} is no sound backup: {how}. Nothing was changed; use another one.", path=path, how=how)
    )


def nothing_there() -> BackupFailed:
    """The refusal to back up what is not there, or has no schema yet."""
    return BackupFailed(text("There is no database yet, so there is nothing to keep. Run `lrx migrate` first."))
