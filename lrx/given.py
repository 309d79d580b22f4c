"""Pairs of a site given to a statement as a table.

SQLite reads a whole table for `(a, b) IN (VALUES …)`; joined to a table it takes the index. And the statement stays the
same however many pairs there are, so that it is compiled once. The site stands in each row: were it given beside them,
SQLite, which knows nothing of how many rows a site has until statistics are made, would begin with every row of it.
"""

import json
from collections.abc import Collection
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

__all__ = ["Given", "given_pairs", "listed_pairs"]

COLUMNS = ("site", "first", "second")


class Given(NamedTuple):
    """A table of pairs, to join by its columns."""

    table: sa.FromClause
    site: sa.ColumnElement[Any]
    first: sa.ColumnElement[Any]
    second: sa.ColumnElement[Any]


@cache
def given_pairs(dialect: str) -> Given:
    """Return a table for a statement, of the pairs that are given as `listed_pairs` when it is executed."""
    if dialect == "sqlite":
        rows = sa.func.json_each(sa.bindparam("pairs", type_=sa.String)).table_valued("value", name="pair")
        places = range(len(COLUMNS))
        return Given(rows, *(sa.func.json_extract(rows.c.value, f"$[{place}]", type_=sa.String) for place in places))
    each = sa.func.unnest(*(sa.bindparam(name, type_=ARRAY(sa.Uuid)) for name in COLUMNS))
    listed = each.table_valued(*(sa.column(name, sa.Uuid) for name in COLUMNS), name="pair").render_derived()
    return Given(listed, *(listed.c[name] for name in COLUMNS))


def listed_pairs(dialect: str, site_id: UUID, pairs: Collection[tuple[UUID, UUID]]) -> dict[str, Any]:
    """Return the values that give the pairs to a statement."""
    rows = [(site_id, *pair) for pair in pairs]
    if dialect == "sqlite":
        return {"pairs": json.dumps([[one.hex for one in row] for row in rows])}
    return {name: [row[place] for row in rows] for place, name in enumerate(COLUMNS)}
