"""Column types: values go in and come out as the domain's own, never as bare strings."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import SQLModel

from lrx.oci_id import OciId

__all__ = ["FoldedColumn", "Json", "OciIdColumn", "SequenceNumber", "UtcDateTime", "words"]

# Constraints have names, so that a migration can speak of them on both engines.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, kept in UTC. A naive datetime is refused: nobody could say when it was."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _in_utc(value)

    def bind_processor(self, dialect: Dialect) -> Any:
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)
        # Written in one step: every row of the hot paths has several.
        return lambda value: None if value is None else _in_utc(value).isoformat(" ", "microseconds")[:26]

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)
        # Read together with its zone: that costs a fifth of giving the zone to a datetime without one.
        return lambda written: None if written is None else datetime.fromisoformat(f"{written}+00:00")


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a datetime without a time zone cannot be kept")
    return value.astimezone(UTC)


class OciIdColumn(TypeDecorator[OciId]):
    """An OCI ID in its canonical form; anything else does not reach the table."""

    impl = String(100)
    cache_ok = True

    def process_bind_param(self, value: OciId | None, dialect: Dialect) -> str | None:
        if value is not None and not isinstance(value, OciId):
            raise TypeError("an OCI ID column takes an OciId, not text")
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> OciId | None:
        # What was written is canonical: it is split, not read again as if somebody had typed it.
        return None if value is None else OciId(*value.split("-", 3))


class Json(TypeDecorator[Any]):
    """A JSON value; binary JSON on PostgreSQL."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(JSONB() if dialect.name == "postgresql" else JSON())


class FoldedColumn(TypeDecorator[str]):
    """Folded words, ordered by code points on both engines whatever the collation of the database is, so that an index
    gives them in order."""

    impl = String(400)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String(400, collation="C") if dialect.name == "postgresql" else String(400))


class SequenceNumber(TypeDecorator[int]):
    """A growing integer; SQLite numbers rows by itself only where the type is spelt INTEGER."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())


class WordColumn(TypeDecorator[StrEnum]):
    """One of a fixed set of words, readable in the table; `words` makes one of it."""

    impl = String(40)
    cache_ok = True
    vocabulary: type[StrEnum]

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else self.vocabulary(value).value

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        # Every row of the hot paths has such words: looking one up costs a tenth of making it.
        known: dict[str | None, StrEnum | None] = {word.value: word for word in self.vocabulary}
        return {**known, None: None}.__getitem__


def words(vocabulary: type[StrEnum]) -> type[WordColumn]:
    """Return the column type for `vocabulary`."""
    return type(f"{vocabulary.__name__}Column", (WordColumn,), {"vocabulary": vocabulary, "cache_ok": True})
