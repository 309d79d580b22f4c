"""Expirations, read: which records an administrator has let expire. The latest expiration of a record holds; the
record's own expiry is another matter."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx.delivery.last_word import last_word
from lrx.models import Expiration
from lrx.tables import Rows, among, same

__all__ = ["expired_among", "expired_now"]


class _Latest(NamedTuple):
    """The last word on a record that an administrator ever let expire."""

    record_id: UUID
    expired: bool
    expired_at: datetime


_EXPIRATIONS = Rows(_Latest, Expiration, lambda of: (same(of.site_id), among(of.record_id)), "seq")


def expired_among(session: Session, site_id: UUID, record_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return since when those of the records are expired that an administrator has let expire."""
    found = _EXPIRATIONS.read_pieces(session, record_ids, site_id=site_id)
    latest = {one.record_id: one for one in found}  # in order, so that the latest stays
    return {record_id: one.expired_at for record_id, one in latest.items() if one.expired}


def expired_now() -> "sa.ColumnElement[bool]":
    """Whether an administrator has let a learning record expire, as a column of a query that reads learning records."""
    return last_word(Expiration, "expired")
