"""Lists as data: what each can be filtered and sorted by is declared once, and its query, its parameters in the OpenAPI
document and its rows follow from that."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar, cast
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model
from sqlmodel import Session

from lrx.access import Act
from lrx.api.pagination import Key, Kind, Page, PageQuery, after, beyond, decode_cursor, encode_cursor
from lrx.api.values import Moment

__all__ = ["Filter", "ListQuery", "Listing", "Sort", "each", "equal", "one_of", "present", "within"]

Item = TypeVar("Item", bound=BaseModel)
Row = TypeVar("Row")
Where = Callable[[Act, Any], "sa.ColumnElement[bool]"]

MOST_COUNTED = 10_000
MOST_OF_ONE = 100
"""Values in one comma list."""
RANGE: Mapping[str, str] = {"gte": "__ge__", "gt": "__gt__", "lte": "__le__", "lt": "__lt__"}
BYTEWISE: Mapping[str, str] = {"postgresql": "C", "sqlite": "BINARY"}
"""Text is sorted by code points, whatever the collation of the database is: one order on both engines."""


class ListQuery(PageQuery):
    """Which piece of a list, in which order. What a list is filtered by comes on top."""

    sort: str
    include: Literal["total"] | None = None
    """`total` counts all there are, up to 10,000."""


class _Filtered(ListQuery):
    # Its fields are made from data and bring their meaning along: looking for it in a source takes a second of a start.
    model_config = ConfigDict(use_attribute_docstrings=False)


class Filter(NamedTuple):
    """A parameter of the query, the type of its value, and the condition it means."""

    name: str
    kind: Any
    where: Where
    meaning: str | None = None


def equal(name: str, column: Any, kind: Any = str, meaning: str | None = None) -> Filter:
    """The column has this value."""
    return Filter(name, kind, lambda _act, value: column == value, meaning)


def one_of(name: str, column: Any, kind: Any, meaning: str | None = None) -> Filter:
    """The column has one of these values, separated by commas."""
    return Filter(name, _listed(kind), lambda _act, values: column.in_(values), meaning)


def present(name: str, column: Any, meaning: str | None = None) -> Filter:
    """The column has a value (true) or none (false)."""
    return Filter(name, bool, lambda _act, value: column.is_not(None) if value else column.is_(None), meaning)


def within(name: str, column: Any) -> tuple[Filter, ...]:
    """The column's instant lies in a range: `name[gte]`, `name[gt]`, `name[lte]`, `name[lt]`."""
    return tuple(
        Filter(f"{name}[{bound}]", Moment, partial(_compared, column, method)) for bound, method in RANGE.items()
    )


def each(show: Callable[[Row], Item]) -> Callable[[Sequence[Row]], Sequence[Item]]:
    """Show rows that need nothing from one another."""
    return lambda rows: [show(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Sort:
    """A column rows can be sorted by. Rows without a value come last, in either direction."""

    column: Any
    kind: Kind
    nullable: bool = False


class Listing(Generic[Row]):
    """A list of rows of one model: `name` is in its cursors, `key` makes its order complete, `default` is its `sort`
    when none is asked for. `synced` names the sort key of those who copy what is new."""

    def __init__(
        self,
        name: str,
        key: Any,
        *,
        default: str,
        sorts: Mapping[str, Sort],
        filters: Sequence[Filter] = (),
        synced: str | None = None,
        key_kind: Kind = UUID,
    ) -> None:
        self.name, self.synced = name, synced
        self._key = Sort(key, key_kind)
        self._sorts = sorts
        self._filters = {_field(one.name): one for one in filters}
        choices = tuple(f"{sign}{name}" for name in sorts for sign in ("", "-"))
        fields: dict[str, Any] = {
            field: (one.kind | None, Field(default=None, alias=one.name, description=one.meaning))
            for field, one in self._filters.items()
        }
        meaning = "What to sort by; `-` for the other way round. Rows without a value come last."
        fields["sort"] = (Literal[choices], Field(default=default, description=meaning))
        self.query = cast(type[ListQuery], create_model(f"{name}-query", __base__=_Filtered, **fields))

    def page(
        self,
        page: type[Page[Item]],
        session: Session,
        act: Act,
        query: ListQuery,
        statement: "sa.Select[Any]",
        show: Callable[[Sequence[Row]], Sequence[Item]],
    ) -> Page[Item]:
        """Return the page of `statement` that was asked for. `statement` selects the model, and perhaps more beside it;
        `show` shows the rows all at once."""
        for name, one in self._filters.items():
            if (wanted := getattr(query, name)) is not None:
                statement = statement.where(one.where(act, wanted))
        sort = self._sorts[query.sort.removeprefix("-")]
        columns = [sort] if sort.column is self._key.column else [sort, self._key]
        name = f"{self.name}:{query.sort}"
        place = decode_cursor(name, query.cursor, [one.kind for one in columns], nullable=sort.nullable)
        collation = BYTEWISE[session.connection().dialect.name]
        ordered = _after(statement, columns, place, collation, descending=query.sort.startswith("-"))
        found = session.execute(ordered.limit(query.limit + 1)).all()
        rows: list[Any] = [row if len(row) > 1 else row[0] for row in found]
        kept, has_more = rows[: query.limit], len(rows) > query.limit
        next_cursor = encode_cursor(name, [_value(kept[-1], one) for one in columns]) if has_more else None
        total = _counted(session, statement) if query.include == "total" else None
        return page(
            data=list(show(kept)),
            has_more=has_more,
            next_cursor=next_cursor,
            total=None if total is None else min(total, MOST_COUNTED),
            total_capped=None if total is None else total > MOST_COUNTED,
        )


def _field(name: str) -> str:
    return name.replace("[", "_").replace("]", "")


def _listed(kind: Any) -> Any:
    several = Field(min_length=1, max_length=MOST_OF_ONE)
    return Annotated[tuple[kind, ...], several, BeforeValidator(lambda given: given.split(","))]


def _compared(column: Any, method: str, _act: Act, value: datetime) -> "sa.ColumnElement[bool]":
    return cast("sa.ColumnElement[bool]", getattr(column, method)(value))


def _after(
    statement: "sa.Select[Any]",
    columns: Sequence[Sort],
    place: Sequence[Key] | None,
    collation: str,
    *,
    descending: bool,
) -> "sa.Select[Any]":
    first = columns[0]
    compared = [sa.collate(one.column, collation) if one.kind is str else one.column for one in columns]
    if not first.nullable:
        return after(statement, compared, place, descending=descending)
    ordered = after(statement.order_by(sa.asc(first.column.is_(None))), compared, None, descending=descending)
    if place is None:
        return ordered
    if place[0] is None:
        return ordered.where(first.column.is_(None), beyond(compared[1:], place[1:], descending=descending))
    return ordered.where(sa.or_(first.column.is_(None), beyond(compared, place, descending=descending)))


def _value(row: Any, sort: Sort) -> Key:
    noun = row[0] if isinstance(row, sa.Row) else row
    value: Key = getattr(noun, sort.column.key)
    return value


def _counted(session: Session, statement: "sa.Select[Any]") -> int:
    some = statement.with_only_columns(sa.literal(1)).order_by(None).limit(MOST_COUNTED + 1).subquery()
    total: int = session.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()
    return total
