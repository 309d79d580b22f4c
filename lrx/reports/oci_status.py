"""Whether learners hold an OCI ID, and whether nobody else holds the same."""

from collections.abc import Collection, Sequence
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx.database import pieces
from lrx.models import LearnerOciId
from lrx.oci_id import OciId
from lrx.tables import table

__all__ = ["OciStatus", "held_by_several", "status_of"]


class OciStatus(StrEnum):
    """What is known of a learner's OCI IDs; duplicate where another learner of the site holds one of them too."""

    HELD = "held"
    MISSING = "missing"
    DUPLICATE = "duplicate"


def status_of(held: Sequence[OciId], shared: frozenset[OciId]) -> OciStatus:
    """Return the status of who holds these; `shared` are those that several learners hold."""
    if not held:
        return OciStatus.MISSING
    return OciStatus.DUPLICATE if shared.intersection(held) else OciStatus.HELD


def held_by_several(session: Session, site_id: UUID, oci_ids: Collection[OciId]) -> frozenset[OciId]:
    """Return those of the OCI IDs that several learners of the site hold now."""
    rows = table(LearnerOciId).c
    found: set[OciId] = set()
    for some in pieces(oci_ids):
        query = (
            sa.select(rows.oci_id)
            .where(rows.site_id == site_id, rows.held_until.is_(None), rows.oci_id.in_(some))
            .group_by(rows.oci_id)
            .having(sa.func.count() > 1)
        )
        found.update(session.connection().execute(query).scalars())
    return frozenset(found)
