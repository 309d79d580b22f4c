"""Pairs given to a statement as a table.

SQLite reads a whole table for `(a, b) IN (VALUES …)`; joined to a table it takes the index. And the statement stays the
same however many pairs there are, so that it is compiled once.
"""

import json
from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session

__all__ = ["Given", "given_pairs"]


class Given(NamedTuple):
    """A table of pairs, to join by its two columns."""

    table: sa.FromClause
    first: sa.ColumnElement[Any]
    second: sa.ColumnElement[Any]


def given_pairs(session: Session, pairs: Collection[tuple[UUID, UUID]]) -> Given:
    """Return the pairs as a table in a statement of this session."""
    if session.connection().dialect.name == "sqlite":
        listed = json.dumps([[first.hex, second.hex] for first, second in pairs])
        bound = sa.bindparam("pairs", listed, sa.String, unique=True)
        rows = sa.func.json_each(bound).table_valued("value", name="pair")
        return Given(rows, *(sa.func.json_extract(rows.c.value, f"$[{place}]", type_=sa.String) for place in (0, 1)))
    firsts = sa.bindparam("firsts", [first for first, _ in pairs], ARRAY(sa.Uuid), unique=True)
    seconds = sa.bindparam("seconds", [second for _, second in pairs], ARRAY(sa.Uuid), unique=True)
    both = sa.func.unnest(firsts, seconds)
    listed_pairs = both.table_valued(sa.column("first", sa.Uuid), sa.column("second", sa.Uuid), name="pair")
    rows = listed_pairs.render_derived()
    return Given(rows, rows.c.first, rows.c.second)
