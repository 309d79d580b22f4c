"""The audit log: one row for each write, in the transaction of the write."""

from sqlalchemy import insert
from sqlmodel import Session

from lrx.access import Act
from lrx.models import AuditEntry

__all__ = ["keep"]


def keep(session: Session, act: Act, action: str, subject_kind: str, subject_id: object, **detail: object) -> None:
    """Keep that `act` did `action` to the subject. `detail` holds ids, counts and names of fields, never values of
    people."""
    session.connection().execute(
        insert(AuditEntry).values(
            site_id=act.site_id,
            written_at=act.at,
            actor=act.actor,
            action=action,
            subject_kind=subject_kind,
            subject_id=str(subject_id),
            request_id=act.request_id,
            detail=detail,
        )
    )
