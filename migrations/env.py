"""Alembic's entry: migrates the connection handed over by `lrx.schema`, or the database of the settings."""

from typing import Any

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

import lrx.models  # noqa: F401 - fills the metadata
from lrx.models.columns import Json, SequenceNumber
from lrx.schema import run_with_connection
from lrx.settings import load_settings


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Write column types of the product as the plain types beneath, so that old migrations never import new code."""
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    if isinstance(item, SequenceNumber):
        return 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")'
    if isinstance(item, Json):
        autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return f"sa.{item.impl!r}"


def migrate(connection: Connection) -> None:
    """Run the migrations over `connection`, in its transaction."""
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_item,
        user_module_prefix="sa.",
        compare_type=False,
    )
    with context.begin_transaction():
        context.run_migrations()


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    migrate(handed_over)
else:
    run_with_connection(load_settings().effective_database_url, migrate)
