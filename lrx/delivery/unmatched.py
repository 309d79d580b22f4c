"""Questions that found nobody, grouped by what was asked, with the people who may be meant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lrx.access import Act
from lrx.database import pieces
from lrx.models import Inquiry, LearnerOciId
from lrx.near_misses import Kind, kind, neighbours
from lrx.oci_id import OciId
from lrx.recipient import Outcome
from lrx.tables import table

__all__ = ["UNMATCHED", "NearMiss", "Unmatched", "near_misses", "unmatched"]

UNMATCHED = (
    Outcome.UNKNOWN_LEARNER,
    Outcome.SEVERAL_LEARNERS,
    Outcome.COLLEGE_NOT_SERVED,
    Outcome.MALFORMED_IDENTIFIER,
)
SHOWN = 10
"""Most near misses shown for one identifier."""
LONGEST = 12
"""Characters of the longest number that slips are looked for: those of colleges are shorter, and a recipient may ask
for any number it likes."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """Somebody whose OCI ID differs a little from the one asked for."""

    learner_id: UUID
    oci_id: OciId
    kind: Kind


class Unmatched(NamedTuple):
    """All questions for one identifier that ended the same way."""

    recipient: str
    asked: str
    outcome: Outcome
    code: str | None
    times: int
    first_asked_at: datetime
    last_asked_at: datetime
    oci_id: OciId | None


def unmatched(
    session: Session,
    act: Act,
    *,
    recipient: str | None,
    outcome: Outcome | None,
    since: datetime,
    after: tuple[str, str, str] | None,
    limit: int,
) -> list[Unmatched]:
    """Return the groups of questions asked since then, in the order of recipient, identifier and outcome, beginning
    after `after`.

    An identifier that was answered since its last miss is matched now and is left out.
    """
    rows = table(Inquiry).c
    name = sa.func.coalesce(sa.cast(rows.oci_id, sa.String), rows.asked)
    misses = (
        sa.select(
            rows.recipient,
            name.label("asked"),
            rows.outcome,
            sa.func.max(rows.code).label("code"),  # a recipient has one code for an outcome
            sa.func.count().label("times"),
            sa.func.min(rows.asked_at).label("first_asked_at"),
            sa.func.max(rows.asked_at).label("last_asked_at"),
            sa.func.max(rows.oci_id).label("oci_id"),
        )
        .where(rows.site_id == act.site_id, rows.outcome.in_(UNMATCHED), rows.asked_at >= since)
        .group_by(rows.recipient, name, rows.outcome)
        .subquery()
    )
    groups = misses.c
    answered_since = sa.exists().where(
        rows.site_id == act.site_id,
        rows.oci_id == groups.oci_id,
        rows.asked_at > groups.last_asked_at,
        rows.outcome == Outcome.ANSWERED,
        rows.recipient == groups.recipient,
    )
    # As plain text: the cursor holds the word.
    key = (groups.recipient, groups.asked, sa.type_coerce(groups.outcome, sa.String))
    query = sa.select(misses).where(~answered_since).order_by(*key).limit(limit)
    if recipient is not None:
        query = query.where(groups.recipient == recipient)
    if outcome is not None:
        query = query.where(groups.outcome == outcome)
    if after is not None:
        query = query.where(sa.tuple_(*key) > sa.tuple_(*map(sa.literal, after)))
    return [Unmatched(*row) for row in session.connection().execute(query)]


def near_misses(session: Session, act: Act, asked: Sequence[OciId]) -> dict[OciId, tuple[NearMiss, ...]]:
    """Return, for each OCI ID asked for, the people of the site who hold one a slip away from it.

    For numbers of more than 12 characters these are only the people with the same number at another college.
    """
    wanted = {oci_id: _close(oci_id) | {oci_id.number} for oci_id in asked}
    held = _held(session, act, sorted(frozenset().union(*wanted.values())))
    found: dict[OciId, tuple[NearMiss, ...]] = {}
    for oci_id, close in wanted.items():
        misses = [
            NearMiss(learner_id, holds, how)
            for learner_id, holds, number in held
            if number in close and (how := kind(oci_id, holds)) is not None
        ]
        found[oci_id] = tuple(sorted(misses, key=lambda miss: (miss.kind, miss.oci_id, miss.learner_id))[:SHOWN])
    return found


def _close(oci_id: OciId) -> frozenset[str]:
    return neighbours(oci_id) if len(oci_id.number) <= LONGEST else frozenset()


def _held(session: Session, act: Act, numbers: Sequence[str]) -> list[tuple[UUID, OciId, str]]:
    """Who of the site holds these numbers now, at any college."""
    found: list[tuple[UUID, OciId, str]] = []
    for some in pieces(numbers):
        found += session.exec(
            select(col(LearnerOciId.learner_id), col(LearnerOciId.oci_id), col(LearnerOciId.number)).where(
                LearnerOciId.site_id == act.site_id,
                col(LearnerOciId.number).in_(some),
                col(LearnerOciId.held_until).is_(None),
            )
        )
    return found
