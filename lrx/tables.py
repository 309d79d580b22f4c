"""The tables behind the models, for the hot paths that speak SQLAlchemy Core: rows are read as plain named tuples."""

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Dialect, Select, Table, Uuid, bindparam, select, type_coerce
from sqlmodel import Session, SQLModel

from lrx.database import pieces

__all__ = ["Rows", "among", "interned", "lock_row", "same", "table", "until"]

Shape = TypeVar("Shape", bound=NamedTuple)


def table(model: type[SQLModel]) -> Table:
    """Return the table of a model."""
    return model.__table__  # type: ignore[attr-defined, no-any-return]


def lock_row(session: Session, row: SQLModel) -> None:
    """Let nobody else change the row until the transaction ends, and see it as it is now: somebody may have changed it
    since it was read. SQLite has one writer anyway."""
    if session.connection().dialect.name != "sqlite":
        session.refresh(row, with_for_update={"key_share": True})


def same(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows in which the column has the value given under its name when they are read."""
    return column == bindparam(cast("Any", column).name, type_=column.type)


def among(column: ColumnElement[Any], name: str = "some") -> ColumnElement[bool]:
    """Rows in which the column has one of the values given as `name` when they are read."""
    return column.in_(bindparam(name, type_=column.type, expanding=True))


def until(column: ColumnElement[Any], name: str = "instant") -> ColumnElement[bool]:
    """Rows in which the column's instant is not after the one given as `name` when they are read."""
    return column <= bindparam(name, type_=column.type)


@lru_cache(8_192)
def _uuid(written: str) -> UUID:
    return UUID(written)


class _Interned(Uuid[UUID]):
    """An id that comes back in many rows, made once of what SQLite keeps: making it costs more than the rest of a
    row."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)  # type: ignore[no-untyped-call]
        return lambda written: None if written is None else _uuid(written)


def interned(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column, read so that an id which stands in many rows is made once; one that is no foreign key as it is."""
    return type_coerce(column, _Interned()) if getattr(column, "foreign_keys", None) else column


class Rows(Generic[Shape]):
    """A query made once and read often: rows as `shape`, a named tuple whose fields are columns. That costs a tenth of
    objects, and half of a query made anew each time."""

    def __init__(
        self,
        shape: type[Shape],
        model: type[SQLModel],
        where: Callable[[Any], Sequence[ColumnElement[bool]]],
        *order: str,
    ) -> None:
        columns = table(model).c
        self.shape = shape
        fields = cast("Any", shape)._fields
        self.query: Select[Any] = (
            select(*(interned(columns[name]) for name in fields))
            .where(*where(columns))
            .order_by(*(columns[name] for name in order))
        )

    def read(self, session: Session, **values: Any) -> list[Shape]:
        """Return the rows for these values. What the session holds and has not written yet is written first."""
        session.flush()
        rows = session.connection().execute(self.query, values).all()
        return [self.shape(*row) for row in rows]

    def read_pieces(self, session: Session, some: Collection[Any], **values: Any) -> list[Shape]:
        """Return the rows for any number of values of what is `among`."""
        return [row for listed in pieces(some) for row in self.read(session, some=listed, **values)]
