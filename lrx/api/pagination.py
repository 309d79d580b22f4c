"""Pages: lists given out piece by piece, by key and never by offset, so that rows that come in move no other.

A cursor reads a list once through. A row that comes in with a key behind the cursor is not met by going on: whoever
wants to be told of everything new asks by the time a list says it is consistent through.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, Literal, Self, TypeAlias, TypeVar
from urllib.parse import parse_qsl, quote, urlencode
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Mapped

from lrx.errors import Fault, Invalid
from lrx.json_reader import read_json
from lrx.text import text
from lrx.web.problems import BadRequest

__all__ = [
    "InvalidCursor",
    "Key",
    "Kind",
    "Page",
    "PageQuery",
    "after",
    "beyond",
    "decode_cursor",
    "encode_cursor",
    "next_link",
]

Item = TypeVar("Item", bound=BaseModel)
Row = TypeVar("Row")
Statement = TypeVar("Statement", bound="sa.Select[Any]")
Column: TypeAlias = "sa.ColumnElement[Any] | Mapped[Any]"
Key: TypeAlias = str | int | datetime | UUID | None
"""A value that rows are ordered by. Datetimes are aware."""
Kind: TypeAlias = type[str] | type[int] | type[datetime] | type[UUID]

LARGEST = 2**63 - 1


class InvalidCursor(BadRequest):
    """The cursor was not given out by this list, or was changed since."""

    code = "cursor_invalid"


class PageQuery(BaseModel):
    """Which piece of a list. Queries of lists add their filters to it."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    limit: int = Field(default=50, ge=1, le=200)
    """How many at most."""
    cursor: str | None = Field(default=None, max_length=1000)
    """`next_cursor` of the page before."""


class Page(BaseModel, Generic[Item]):
    """A piece of a list. `next_cursor` asks for the one after it, with the same filters; null at the end."""

    object: Literal["list"] = "list"
    data: list[Item]
    has_more: bool
    next_cursor: str | None
    total: int | None = None
    """How many there are in all, where that was asked for with `include=total`."""
    total_capped: bool | None = None
    """Whether there are more than `total`: counting ends at 10,000."""

    @classmethod
    def cut(
        cls,
        name: str,
        rows: Sequence[Row],
        limit: int,
        *,
        key: Callable[[Row], Sequence[Key]],
        show: Callable[[Row], Item],
    ) -> Self:
        """Make the page of rows that were asked for with one more than `limit`: that one only says that there is more.

        `name` is the list's, as in `decode_cursor`; `key` gives the values the rows are ordered by.
        """
        kept, has_more = rows[:limit], len(rows) > limit
        next_cursor = encode_cursor(name, key(kept[-1])) if has_more else None
        return cls(data=[show(row) for row in kept], has_more=has_more, next_cursor=next_cursor)


def encode_cursor(name: str, values: Sequence[Key]) -> str:
    """Return the cursor of the list `name` that stands after the row with these key values."""
    written = [value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value for value in values]
    content = json.dumps([name, *written], default=str, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def decode_cursor(
    name: str, cursor: str | None, kinds: Sequence[Kind], *, nullable: bool = False
) -> tuple[Key, ...] | None:
    """Return the key values a cursor stands after, of the given kinds; None for no cursor. The first may be None where
    it is `nullable`. Raises `InvalidCursor`."""
    if cursor is None:
        return None
    try:
        content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        match read_json(content):
            case [str(owner), *written] if owner == name:
                values = tuple(
                    None if value is None and nullable and place == 0 else _value(kind, value)
                    for place, (kind, value) in enumerate(zip(kinds, written, strict=True))
                )
            case _:
                raise ValueError("another list's")
        if encode_cursor(name, values) != cursor:
            raise ValueError("not as it was given out")
    except (Invalid, binascii.Error, OverflowError, ValueError) as error:
        detail = text("This cursor does not belong to this list. Start again without one.")
        raise InvalidCursor(detail, faults=(Fault("/query/cursor", InvalidCursor.code, detail),)) from error
    return values


def after(
    statement: Statement, columns: Sequence[Column], values: Sequence[Key] | None, *, descending: bool
) -> Statement:
    """Order the statement by `columns`, together unique and never null, and begin after the row with these `values`.

    With None it begins at the beginning. Rows are compared as a whole, which either engine does along an index.
    """
    ordered = statement.order_by(*(sa.desc(column) if descending else sa.asc(column) for column in columns))
    return ordered if values is None else ordered.where(beyond(columns, values, descending=descending))


def beyond(columns: Sequence[Column], values: Sequence[Key], *, descending: bool) -> "sa.ColumnElement[bool]":
    """The condition of `after`: the row comes after the one with these `values` in `columns`."""
    row = sa.tuple_(*columns)
    bound = sa.tuple_(*(sa.literal(value, type_) for value, type_ in zip(values, row.type.types, strict=True)))
    return row < bound if descending else row > bound


def next_link(path: str, query: bytes, cursor: str) -> str:
    """Return the Link header (RFC 8288) to the next page: path and query only, whatever the host is called outside."""
    kept = [(name, value) for name, value in parse_qsl(query.decode("ascii")) if name != "cursor"]
    return f'<{quote(path)}?{urlencode([*kept, ("cursor", cursor)])}>; rel="next"'


def _value(kind: Kind, written: object) -> Key:
    match written:
        case str() if kind is str:
            return written
        case str() if kind is UUID:
            return UUID(written)
        case str() if kind is datetime and (instant := datetime.fromisoformat(written)).tzinfo is not None:
            return instant.astimezone(UTC)
        case int() if kind is int and not isinstance(written, bool) and abs(written) <= LARGEST:
            return written
        case _:
            raise ValueError("another kind of value")
