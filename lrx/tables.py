"""The tables behind the models, for the hot paths that speak SQLAlchemy Core."""

from sqlalchemy import Table
from sqlmodel import SQLModel

__all__ = ["table"]


def table(model: type[SQLModel]) -> Table:
    """Return the table of a model."""
    return model.__table__  # type: ignore[attr-defined, no-any-return]
