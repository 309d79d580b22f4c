"""`/audit`: every write, who made it and in which request."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field
from sqlmodel import Session, col, select

from lrx.api.listing import Listing, ListQuery, Sort, each, equal, one_of, within
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.values import In, Instant, Out
from lrx.errors import NotFound
from lrx.models import AuditEntry
from lrx.text import text

__all__ = ["OPERATIONS"]

TAG = "audit"


class UnknownAuditEntry(NotFound):
    """The site has no such entry in its audit log."""

    code = "audit_entry_unknown"


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


class AuditPath(In):
    """Which entry of the audit log."""

    seq: int = Field(ge=0, le=2**63 - 1)


AUDIT = Listing[AuditEntry](
    "audit",
    col(AuditEntry.seq),
    key_kind=int,
    default="-seq",
    sorts={"seq": Sort(col(AuditEntry.seq), int), "written_at": Sort(col(AuditEntry.written_at), datetime)},
    filters=(
        one_of("action", col(AuditEntry.action), str),
        one_of("subject_kind", col(AuditEntry.subject_kind), str),
        equal("subject_id", col(AuditEntry.subject_id)),
        equal("actor", col(AuditEntry.actor)),
        equal("request_id", col(AuditEntry.request_id)),
        *within("written_at", col(AuditEntry.written_at)),
    ),
    synced="written_at",
)


@operation("GET", "/audit", permission="audit:read", summary="List writes", tag=TAG, listing=AUDIT)
def list_audit(call: Call, query: ListQuery, session: Session) -> Page[AuditEntryPublic]:
    """Newest first. Ids only: no names and no values."""

    statement = select(AuditEntry).where(AuditEntry.site_id == call.act.site_id)
    return AUDIT.page(Page[AuditEntryPublic], session, call.act, query, statement, each(_public))


@operation("GET", "/audit/{seq}", permission="audit:read", summary="Show a write", tag=TAG, errors=(UnknownAuditEntry,))
def get_audit_entry(call: Call, path: AuditPath, session: Session) -> AuditEntryPublic:
    """Who did what to what, when, in which request."""
    row = session.exec(
        select(AuditEntry).where(AuditEntry.site_id == call.act.site_id, AuditEntry.seq == path.seq)
    ).first()
    if row is None:
        raise UnknownAuditEntry(text("There is no entry {seq} in the audit log of this site.", seq=path.seq))
    return _public(row)


def _public(row: AuditEntry) -> AuditEntryPublic:
    return AuditEntryPublic.model_validate(row.model_dump(exclude={"site_id"}))


OPERATIONS = (list_audit, get_audit_entry)
