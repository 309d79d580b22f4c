"""Pairs given to a statement as a table.

SQLite reads a whole table for `(a, b) IN (VALUES …)`; joined to a table it takes the index. And the statement stays the
same however many pairs there are, so that it is compiled once.
"""

import json
from collections.abc import Collection
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

__all__ = ["Given", "given_pairs", "listed_pairs"]


class Given(NamedTuple):
    """A table of pairs, to join by its two columns."""

    table: sa.FromClause
    first: sa.ColumnElement[Any]
    second: sa.ColumnElement[Any]


@cache
def given_pairs(dialect: str) -> Given:
    """Return a table for a statement, of the pairs that are given as `listed_pairs` when it is executed."""
    if dialect == "sqlite":
        rows = sa.func.json_each(sa.bindparam("pairs", type_=sa.String)).table_valued("value", name="pair")
        return Given(rows, *(sa.func.json_extract(rows.c.value, f"$[{place}]", type_=sa.String) for place in (0, 1)))
    both = sa.func.unnest(*(sa.bindparam(name, type_=ARRAY(sa.Uuid)) for name in ("firsts", "seconds")))
    listed = both.table_valued(sa.column("first", sa.Uuid), sa.column("second", sa.Uuid), name="pair")
    rows = listed.render_derived()
    return Given(rows, rows.c.first, rows.c.second)


def listed_pairs(dialect: str, pairs: Collection[tuple[UUID, UUID]]) -> dict[str, Any]:
    """Return the values that give the pairs to a statement."""
    if dialect == "sqlite":
        return {"pairs": json.dumps([[first.hex, second.hex] for first, second in pairs])}
    return {"firsts": [first for first, _ in pairs], "seconds": [second for _, second in pairs]}
