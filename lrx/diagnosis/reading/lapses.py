"""Which records are voided, or were let expire by an administrator, as of an instant: the last word on each."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from lrx.diagnosis.facts import Lapse
from lrx.models import Expiration, Voiding
from lrx.tables import Rows, among, until

__all__ = ["Lapses", "lapses_of"]


class _Voiding(NamedTuple):
    record_id: UUID
    voided: bool
    voided_at: datetime
    actor: str
    reason: str


class _Expiration(NamedTuple):
    record_id: UUID
    expired: bool
    expired_at: datetime
    actor: str
    reason: str


_VOIDINGS = Rows(
    _Voiding, Voiding, lambda of: (among(of.site_id, "sites"), until(of.voided_at), among(of.record_id)), "seq"
)
_EXPIRATIONS = Rows(
    _Expiration, Expiration, lambda of: (among(of.site_id, "sites"), until(of.expired_at), among(of.record_id)), "seq"
)


class Lapses(NamedTuple):
    """The last word on each record that was ever voided, and ever let expire, by its id."""

    voided: dict[UUID, Lapse]
    expired: dict[UUID, Lapse]


def lapses_of(session: Session, site_ids: Collection[UUID], instant: datetime, record_ids: Collection[UUID]) -> Lapses:
    """Return the lapses of these records of these sites at the instant."""
    then = {"sites": list(site_ids), "instant": instant}
    # In order, so that the latest of each record stays.
    return Lapses(
        {one.record_id: Lapse(*one) for one in _VOIDINGS.read_pieces(session, record_ids, **then)},
        {one.record_id: Lapse(*one) for one in _EXPIRATIONS.read_pieces(session, record_ids, **then)},
    )
