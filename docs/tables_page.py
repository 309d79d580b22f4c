"""The page of tables: every table with its columns and keys, as the models and the migrations have it."""

import inspect
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from markdown_page import page, table
from sqlmodel import AutoString, SQLModel

import lrx.models
from lrx.models.columns import Json, OciIdColumn, SequenceNumber, UtcDateTime, WordColumn

__all__ = ["tables_page"]

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"


def tables_page() -> str:
    """Every table with its columns and keys."""
    facts = _facts()
    named = [getattr(lrx.models, name) for name in lrx.models.__all__]
    models = {model.__tablename__: model for model in named if hasattr(model, "__tablename__")}
    sections = []
    for name in sorted(SQLModel.metadata.tables):
        sections += _described(SQLModel.metadata.tables[name], models[name], is_fact=name in facts)
    return page(
        "Tables",
        "One schema for SQLite and PostgreSQL. Instants are in UTC. Rows of a table of facts are never changed or"
        " deleted: triggers of the database refuse it.",
        *sections,
    )


def _described(schema: sa.Table, model: type[Any], *, is_fact: bool) -> list[str]:
    rows = []
    for column in schema.columns:
        keys = sorted(key.target_fullname for key in column.foreign_keys)
        rows.append(
            [
                f"`{column.name}`" + (" (key)" if column.primary_key else ""),
                _kind(column.type),
                "may be empty" if column.nullable else "",
                ", ".join(f"→ [{key.partition('.')[0]}](#{key.partition('.')[0]})" for key in keys),
            ]
        )
    unique = [_names(one.columns) for one in schema.constraints if isinstance(one, sa.UniqueConstraint)] + [
        f"{_names(one.columns)}{_condition(one)}" for one in schema.indexes if one.unique
    ]
    indexed = [_names(one.columns) for one in schema.indexes if not one.unique]
    return [
        f"## {schema.name}",
        inspect.getdoc(model) or "",
        *(["A table of facts."] if is_fact else []),
        table(["column", "kind", "", "refers to"], rows),
        *([f"Unique: {'; '.join(sorted(unique))}."] if unique else []),
        *([f"Indexed: {'; '.join(sorted(indexed))}."] if indexed else []),
    ]


def _condition(index: sa.Index) -> str:
    where = index.dialect_options["postgresql"]["where"]
    return f" where {where}" if where is not None else ""


def _names(columns: Iterable[sa.ColumnElement[Any]]) -> str:
    return "(" + ", ".join(f"`{getattr(column, 'name', column)}`" for column in columns) + ")"


def _kind(kind: Any) -> str:
    match kind:
        case UtcDateTime():
            return "instant"
        case OciIdColumn():
            return "OCI ID"
        case Json():
            return "JSON"
        case SequenceNumber():
            return "growing number"
        case WordColumn():
            return ", ".join(f"`{word.value}`" for word in kind.vocabulary)
        case AutoString():
            length = getattr(kind.impl_instance, "length", None)
            return f"text, up to {length}" if length else "text"
        case sa.LargeBinary():
            return "bytes"
        case _:
            return type(kind).__name__.lower()


def _facts() -> frozenset[str]:
    revisions = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    return frozenset(name for one in revisions for name in getattr(one.module, "FACTS", ()))
