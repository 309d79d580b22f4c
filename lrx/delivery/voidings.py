"""Voiding, read: which records are voided now. The latest voiding of a record holds."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, func, select

from lrx.models import Voiding

__all__ = ["voided_among", "voidings_of"]


def voidings_of(session: Session, site_id: UUID, record_ids: Sequence[UUID]) -> dict[UUID, Voiding]:
    """Return the latest voiding of each of the records that was ever voided."""
    if not record_ids:
        return {}
    newest = (
        select(func.max(Voiding.seq))
        .where(Voiding.site_id == site_id, col(Voiding.record_id).in_(record_ids))
        .group_by(col(Voiding.record_id))
    )
    return {voiding.record_id: voiding for voiding in session.exec(select(Voiding).where(col(Voiding.seq).in_(newest)))}


def voided_among(session: Session, site_id: UUID, record_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Return those of the records that are voided now."""
    return frozenset(
        record_id for record_id, voiding in voidings_of(session, site_id, record_ids).items() if voiding.voided
    )
