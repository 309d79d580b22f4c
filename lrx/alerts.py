"""Alerts: what a person must look at, one row an incident however often it is seen."""

import sqlalchemy as sa
from sqlmodel import Session

from lrx.access import Act
from lrx.database import insert_new
from lrx.logs import log
from lrx.models import Alert
from lrx.tables import table

__all__ = ["raise_alert"]


def raise_alert(session: Session, act: Act, kind: str, subject: str, **detail: object) -> None:
    """Raise the alert, or count it again when it is already up."""
    rows = table(Alert)
    row = {
        "id": act.new_id(),
        "site_id": act.site_id,
        "kind": kind,
        "subject": subject,
        "detail": detail,
        "times": 1,
        "raised_at": act.at,
        "last_seen_at": act.at,
    }
    if insert_new(session, rows, [row], ["id"]):
        log.warning("alert raised", alert=kind, site=str(act.site_id), request=act.request_id)
        return
    session.connection().execute(
        sa.update(rows)
        .where(rows.c.site_id == act.site_id, rows.c.kind == kind, rows.c.subject == subject)
        .values(times=rows.c.times + 1, last_seen_at=act.at, detail=detail)
    )
