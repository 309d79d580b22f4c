"""Words as people type them into a search, and how a column is asked whether it holds one."""

from typing import Any

import sqlalchemy as sa

__all__ = ["holds", "words_in"]

MOST_WORDS = 8
ESCAPE = "\\"


def words_in(typed: str) -> list[str]:
    """Return the words that are looked for: the first eight."""
    return typed.split()[:MOST_WORDS]


def holds(column: "sa.ColumnElement[Any]", part: str) -> "sa.ColumnElement[bool]":
    """The condition that `part` stands in the column just as it is: % and _ mean themselves."""
    for sign in (ESCAPE, "%", "_"):
        part = part.replace(sign, f"{ESCAPE}{sign}")
    return sa.type_coerce(column, sa.String).like(f"%{part}%", escape=ESCAPE)
