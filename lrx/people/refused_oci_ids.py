"""OCI IDs that uploads gave and that were refused, kept for whoever helps the learner: what the upload said, and why it
did not count."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx import audit
from lrx.access import Act
from lrx.models import RefusedOciId
from lrx.oci_id import InvalidOciId
from lrx.people.oci_ids import OciIdTaken
from lrx.tables import table

__all__ = ["Refused", "keep_refused"]

TYPED_KEPT = 200
"""Characters of what was typed that are kept; nothing longer is an OCI ID."""


class Refused(NamedTuple):
    """What an upload gave for a learner, and the refusal of it; `origin` names the upload."""

    learner_id: UUID
    typed: str
    error: InvalidOciId | OciIdTaken
    origin: str


def keep_refused(session: Session, act: Act, refused: Sequence[Refused]) -> None:
    """Keep what was refused, each with its reason and an entry in the audit log."""
    rows = [
        {
            "id": act.new_id(),
            "site_id": act.site_id,
            "learner_id": one.learner_id,
            "typed": one.typed[:TYPED_KEPT],
            "reason": one.error.reason if isinstance(one.error, InvalidOciId) else one.error.code,
            "hint": one.error.hint if isinstance(one.error, InvalidOciId) else None,
            "origin": one.origin,
            "actor": act.actor,
            "refused_at": act.at,
        }
        for one in refused
    ]
    if not rows:
        return
    session.connection().execute(sa.insert(table(RefusedOciId)), rows)
    audit.keep_all(
        session,
        [audit.entry(act, "refuse_oci_id", "learner", row["learner_id"], reason=row["reason"]) for row in rows],
    )
