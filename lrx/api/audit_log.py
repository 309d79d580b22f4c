"""`/audit` and `/alerts`: who did what, and what a person must look at."""

from typing import Any, Literal
from uuid import UUID

from sqlmodel import Session, col, select

from lrx.api.operation import Call, operation
from lrx.api.pagination import Page, PageQuery, after, decode_cursor
from lrx.api.values import Instant, Out
from lrx.models import Alert, AuditEntry

__all__ = ["OPERATIONS"]


class AuditEntryPublic(Out):
    """One write."""

    object: Literal["audit_entry"] = "audit_entry"
    seq: int
    written_at: Instant
    actor: str
    action: str
    subject_kind: str
    subject_id: str
    request_id: str
    detail: dict[str, Any]


class AuditQuery(PageQuery):
    """Filters of the audit log."""

    subject_kind: str | None = None
    subject_id: str | None = None
    actor: str | None = None


class AlertPublic(Out):
    """Something a person must look at, once an incident."""

    object: Literal["alert"] = "alert"
    id: UUID
    kind: str
    subject: str
    detail: dict[str, Any]
    times: int
    raised_at: Instant
    last_seen_at: Instant


@operation("GET", "/audit", permission="audit:read", summary="List writes", tag="audit")
def list_audit(call: Call, query: AuditQuery, session: Session) -> Page[AuditEntryPublic]:
    """Newest first. Ids only: no names and no values."""
    statement = select(AuditEntry).where(AuditEntry.site_id == call.act.site_id)
    for name in ("subject_kind", "subject_id", "actor"):
        wanted = getattr(query, name)
        if wanted is not None:
            statement = statement.where(getattr(AuditEntry, name) == wanted)
    place = decode_cursor("audit", query.cursor, (int,))
    rows = session.exec(after(statement, [col(AuditEntry.seq)], place, descending=True).limit(query.limit + 1)).all()
    return Page[AuditEntryPublic].cut(
        "audit",
        rows,
        query.limit,
        key=lambda row: [row.seq or 0],
        show=lambda row: AuditEntryPublic.model_validate(row.model_dump(exclude={"site_id"})),
    )


@operation("GET", "/alerts", permission="audit:read", summary="List alerts", tag="audit")
def list_alerts(call: Call, query: PageQuery, session: Session) -> Page[AlertPublic]:
    """Newest first."""
    statement = select(Alert).where(Alert.site_id == call.act.site_id)
    place = decode_cursor("alerts", query.cursor, (UUID,))
    rows = session.exec(after(statement, [col(Alert.id)], place, descending=True).limit(query.limit + 1)).all()
    return Page[AlertPublic].cut(
        "alerts",
        rows,
        query.limit,
        key=lambda row: [row.id],
        show=lambda row: AlertPublic.model_validate(row.model_dump(exclude={"site_id"})),
    )


OPERATIONS = (list_audit, list_alerts)
