"""Voiding, read: which records are voided now. The latest voiding of a record holds."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx.delivery.last_word import last_word
from lrx.models import Voiding
from lrx.tables import Rows, among, same

__all__ = ["LatestVoiding", "voided_among", "voided_now", "voidings_of"]


class LatestVoiding(NamedTuple):
    """The last word on a record that was ever voided."""

    record_id: UUID
    voided: bool
    voided_at: datetime


_VOIDINGS = Rows(LatestVoiding, Voiding, lambda of: (same(of.site_id), among(of.record_id)), "seq")


def voidings_of(session: Session, site_id: UUID, record_ids: Collection[UUID]) -> dict[UUID, LatestVoiding]:
    """Return the latest voiding of each of the records that was ever voided."""
    found = _VOIDINGS.read_pieces(session, record_ids, site_id=site_id)
    return {one.record_id: one for one in found}  # in order, so that the latest stays


def voided_among(session: Session, site_id: UUID, record_ids: Collection[UUID]) -> frozenset[UUID]:
    """Return those of the records that are voided now."""
    return frozenset(
        record_id for record_id, voiding in voidings_of(session, site_id, record_ids).items() if voiding.voided
    )


def voided_now() -> "sa.ColumnElement[bool]":
    """Whether a learning record is voided now, as a column of a query that reads learning records."""
    return last_word(Voiding, "voided")
