"""People found by the words somebody types: parts of the name, of the user name, or of an OCI ID."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx.lower_case import lower_case
from lrx.models import Learner, LearnerOciId
from lrx.people.names import folded
from lrx.search_words import holds, words_in
from lrx.tables import table

__all__ = ["Sought", "said_like", "sought"]

MOST_NAMED = 1_000
"""Up to so many people a query is told by name whom to look for; more of them the database looks up by itself."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Whom the words fit: the ids of these people, or None for more than `MOST_NAMED` of them."""

    ids: tuple[UUID, ...] | None
    query: "sa.Select[Any]"

    def among(self, column: "sa.ColumnElement[Any]") -> "sa.ColumnElement[bool]":
        """The condition that a column holds the id of one of them."""
        return column.in_(self.query if self.ids is None else self.ids)


def said_like(site_id: UUID, typed: str) -> "sa.Select[Any]":
    """The ids of the site's learners whom the words fit.

    Every word, up to eight of them, is part of the name or the user name, or of an OCI ID held now if it has a digit or
    a hyphen; neither case nor accents count.
    """
    people = table(Learner).c
    return sa.select(people.id).where(people.site_id == site_id, *(_fits(site_id, word) for word in words_in(typed)))


def sought(session: Session, site_id: UUID, typed: str) -> Sought | None:
    """Return whom of the site the words fit, as `said_like` tells; None where there are no words."""
    if not typed.strip():
        return None
    query = said_like(site_id, typed)
    found = session.connection().execute(query.limit(MOST_NAMED + 1)).scalars().all()
    return Sought(tuple(found) if len(found) <= MOST_NAMED else None, query)


def _fits(site_id: UUID, word: str) -> "sa.ColumnElement[bool]":
    people, held = table(Learner).c, table(LearnerOciId).c
    ways = [holds(people.sort_name, folded(word)), holds(people.username, lower_case(word))]
    if "-" in word or any(sign.isdigit() for sign in word):
        holders = sa.select(held.learner_id).where(held.site_id == site_id, held.held_until.is_(None))
        ways.append(
            people.id.in_(holders.where(holds(sa.func.lower(sa.type_coerce(held.oci_id, sa.String)), word.lower())))
        )
    return sa.or_(*ways)
