"""The manifest: what a backup says of itself."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, NonNegativeInt

__all__ = ["PART_NAMES", "Contents", "Engine", "Manifest", "Part", "manifest_of", "sha256_of"]

Engine = Literal["sqlite", "postgresql"]

PART_NAMES: dict[Engine, str] = {"sqlite": "database.sqlite", "postgresql": "database.pgdump"}
"""A SQLite file, or a dump in PostgreSQL's custom format: either can be used without LRX."""

CHUNK = 1024 * 1024


class Contents(BaseModel):
    """What is in a database: its schema, the rows of each table, and which database it is: the id of its oldest site,
    which no other has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: Engine
    engine_version: str
    revision: str
    identity: UUID | None
    rows: dict[str, NonNegativeInt]


class Part(BaseModel):
    """One file in a backup."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    bytes: NonNegativeInt
    sha256: str


class Manifest(Contents):
    """The contents, when they were taken, by which version, and the part that holds them."""

    format: Literal[1] = 1
    product: Literal["lrx"] = "lrx"
    version: str
    made_at: AwareDatetime
    part: Part


def manifest_of(contents: Contents, path: Path, *, version: str, made_at: datetime) -> Manifest:
    """Return the manifest for the contents kept in the file at `path`."""
    part = Part(name=PART_NAMES[contents.engine], bytes=path.stat().st_size, sha256=sha256_of(path))
    return Manifest(**contents.model_dump(), version=version, made_at=made_at, part=part)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
