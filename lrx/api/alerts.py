"""`/alerts`: what a person must look at."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlmodel import Session, col, select

from lrx.api.listing import Listing, ListQuery, Sort, each, equal, one_of, within
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.values import In, Instant, Out
from lrx.errors import NotFound
from lrx.models import Alert
from lrx.text import text

__all__ = ["OPERATIONS"]

TAG = "alerts"


class UnknownAlert(NotFound):
    """The site has no such alert."""

    code = "alert_unknown"


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


class AlertPath(In):
    """Which alert."""

    alert_id: UUID


ALERTS = Listing[Alert](
    "alerts",
    col(Alert.id),
    default="-raised_at",
    sorts={
        "raised_at": Sort(col(Alert.id), UUID),  # ids are given out in the order of time
        "last_seen_at": Sort(col(Alert.last_seen_at), datetime),
    },
    filters=(
        one_of("kind", col(Alert.kind), str),
        equal("subject", col(Alert.subject)),
        *within("raised_at", col(Alert.raised_at)),
        *within("last_seen_at", col(Alert.last_seen_at)),
    ),
)


@operation("GET", "/alerts", permission="audit:read", summary="List alerts", tag=TAG, listing=ALERTS)
def list_alerts(call: Call, query: ListQuery, session: Session) -> Page[AlertPublic]:
    """Newest first."""

    statement = select(Alert).where(Alert.site_id == call.act.site_id)
    return ALERTS.page(Page[AlertPublic], session, call.act, query, statement, each(_public))


@operation(
    "GET", "/alerts/{alert_id}", permission="audit:read", summary="Show an alert", tag=TAG, errors=(UnknownAlert,)
)
def get_alert(call: Call, path: AlertPath, session: Session) -> AlertPublic:
    """With how often it was seen, and when last."""
    row = session.exec(select(Alert).where(Alert.site_id == call.act.site_id, Alert.id == path.alert_id)).first()
    if row is None:
        raise UnknownAlert(text("There is no alert {id} at this site.", id=str(path.alert_id)))
    return _public(row)


def _public(row: Alert) -> AlertPublic:
    return AlertPublic.model_validate(row.model_dump(exclude={"site_id"}))


OPERATIONS = (list_alerts, get_alert)
