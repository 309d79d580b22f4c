"""The history of a learner: every change of every field, with who, why and by which request, upload or statement."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from lrx.access import Act
from lrx.models import LearnerChange
from lrx.tables import table

__all__ = ["keep_change", "origin_of"]


def keep_change(
    session: Session,
    act: Act,
    learner_id: UUID,
    field: str,
    old: object | None,
    new: object | None,
    *,
    reason: str | None = None,
    origin: str | None = None,
) -> None:
    """Keep that `field` became `new`. `origin` is the request unless a statement or an upload is named."""
    session.connection().execute(
        sa.insert(table(LearnerChange)).values(
            site_id=act.site_id,
            learner_id=learner_id,
            field=field,
            old=None if old is None else str(old),
            new=None if new is None else str(new),
            changed_at=act.at,
            actor=act.actor,
            reason=reason,
            origin=origin or origin_of(act),
        )
    )


def origin_of(act: Act, upload: str | None = None) -> str:
    """Return what brings a change: the upload by its name (a file, a scheduled feed), else the request."""
    return f"request:{act.request_id}" if upload is None else f"upload:{upload}"
