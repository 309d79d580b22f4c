"""The audit log: one row for each write, in the transaction of the write."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session

from lrx.access import Act
from lrx.models import AuditEntry
from lrx.tables import table

__all__ = ["entry", "keep", "keep_all"]


def keep(session: Session, act: Act, action: str, subject_kind: str, subject_id: object, **detail: object) -> None:
    """Keep that `act` did `action` to the subject. `detail` holds ids, counts and names of fields, never values of
    people."""
    keep_all(session, [entry(act, action, subject_kind, subject_id, **detail)])


def entry(act: Act, action: str, subject_kind: str, subject_id: object, **detail: object) -> dict[str, Any]:
    """Return what `keep` would keep, for `keep_all`."""
    return {
        "site_id": act.site_id,
        "written_at": act.at,
        "actor": act.actor,
        "action": action,
        "subject_kind": subject_kind,
        "subject_id": str(subject_id),
        "request_id": act.request_id,
        "detail": detail,
    }


def keep_all(session: Session, entries: Sequence[dict[str, Any]]) -> None:
    """Keep the entries, in order."""
    if entries:
        session.connection().execute(insert(table(AuditEntry)), entries)
