"""Rows of which only the newest are read: of each learner the last refusal, and not all that ever were."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlmodel import SQLModel

from lrx.tables import Rows, table

__all__ = ["Newest"]

Shape = TypeVar("Shape", bound=NamedTuple)


class Newest(Rows[Shape]):
    """A query like `Rows`, whose rows are ranked by the columns in `order` within groups of the same values: `most`
    says how many of the newest of each group are read. A row is read if one of its groups has room for it; the oldest
    comes first."""

    def __init__(
        self,
        shape: type[Shape],
        model: type[SQLModel],
        where: Callable[[Any], Sequence[sa.ColumnElement[bool]]],
        order: Sequence[str],
        most: Mapping[tuple[str, ...], int],
    ) -> None:
        super().__init__(shape, model, where)
        columns = table(model).c
        newest_first = [columns[name].desc() for name in order]
        ranks = [
            sa.func.row_number().over(partition_by=[columns[name] for name in group], order_by=newest_first)
            for group in most
        ]
        ranked = self.query.add_columns(
            *(columns[name].label(f"order_{name}") for name in order),
            *(rank.label(f"rank_{place}") for place, rank in enumerate(ranks)),
        ).subquery()
        has_room = [ranked.c[f"rank_{place}"] <= room for place, room in enumerate(most.values())]
        self.query = (
            sa.select(*(ranked.c[name] for name in self.shape._fields))
            .where(sa.or_(*has_room))
            .order_by(*(ranked.c[f"order_{name}"] for name in order))
        )
