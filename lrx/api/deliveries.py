"""`/deliveries`: what is owed to recipients and where it stands."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import Session, col, select

from lrx.api.listing import Filter, Listing, ListQuery, Sort, each, one_of, within
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.values import In, Instant, Out
from lrx.errors import NotFound
from lrx.models import CHIPS, Chip, Delivery, DeliveryStatus, Operation, SubjectKind
from lrx.text import text

__all__ = ["OPERATIONS", "DeliveryPublic", "show_delivery"]

TAG = "deliveries"


class UnknownDelivery(NotFound):
    """The site has no such delivery."""

    code = "delivery_unknown"


class DeliveryPublic(Out):
    """Where one subject stands at one recipient.

    The reporting period and the expiry are no part of `status`: they change by themselves and are judged when the
    recipient asks. A record that is `offered` may be outside them, or one of its mandatory activities may be; the
    page of the course shows the whole verdict.
    """

    object: Literal["delivery"] = "delivery"
    id: UUID
    recipient: str
    subject_kind: SubjectKind
    subject_id: UUID
    """Of the learning record, or of the course."""
    revision: int
    operation: Operation
    course_id: UUID
    learner_id: UUID | None
    status: DeliveryStatus
    chip: Chip
    """What people see of the status."""
    reason: str | None
    """The check that holds or excludes it."""
    attempts: int
    due_at: Instant | None
    delivered_at: Instant | None
    created_at: Instant
    changed_at: Instant


class DeliveryPath(In):
    """Which delivery."""

    delivery_id: UUID


DELIVERIES = Listing[Delivery](
    "deliveries",
    col(Delivery.id),
    default="changed_at",
    sorts={
        "created_at": Sort(col(Delivery.id), UUID),  # ids are given out in the order of time
        "changed_at": Sort(col(Delivery.changed_at), datetime),
        "delivered_at": Sort(col(Delivery.delivered_at), datetime, nullable=True),
        "due_at": Sort(col(Delivery.due_at), datetime, nullable=True),
    },
    filters=(
        one_of("id", col(Delivery.id), UUID),
        one_of("recipient", col(Delivery.recipient), str),
        one_of("status", col(Delivery.status), DeliveryStatus),
        Filter(
            "chip",
            Chip,
            lambda _act, chip: col(Delivery.status).in_([status for status, shown in CHIPS.items() if shown is chip]),
        ),
        one_of("reason", col(Delivery.reason), str, "The check that holds or excludes it."),
        one_of("subject_id", col(Delivery.subject_id), UUID),
        one_of("learner_id", col(Delivery.learner_id), UUID),
        one_of("course_id", col(Delivery.course_id), UUID),
        *within("delivered_at", col(Delivery.delivered_at)),
        *within("changed_at", col(Delivery.changed_at)),
    ),
    synced="changed_at",
)


@operation("GET", "/deliveries", permission="records:read", summary="List deliveries", tag=TAG, listing=DELIVERIES)
def list_deliveries(call: Call, query: ListQuery, session: Session) -> Page[DeliveryPublic]:
    """Those that changed longest ago first, so that whoever follows them reads on where the last page ended."""
    statement = select(Delivery).where(Delivery.site_id == call.act.site_id)
    return DELIVERIES.page(Page[DeliveryPublic], session, call.act, query, statement, each(show_delivery))


@operation(
    "GET",
    "/deliveries/{delivery_id}",
    permission="records:read",
    summary="Show a delivery",
    tag=TAG,
    errors=(UnknownDelivery,),
)
def get_delivery(call: Call, path: DeliveryPath, session: Session) -> DeliveryPublic:
    """Where it stands now."""
    row = session.exec(
        select(Delivery).where(Delivery.site_id == call.act.site_id, Delivery.id == path.delivery_id)
    ).first()
    if row is None:
        raise UnknownDelivery(text("There is no delivery {id} at this site.", id=str(path.delivery_id)))
    return show_delivery(row)


def show_delivery(delivery: Delivery) -> DeliveryPublic:
    """The delivery as callers see it."""
    fields = delivery.model_dump(include=set(DeliveryPublic.model_fields) - {"chip", "object"})
    return DeliveryPublic(**fields, chip=CHIPS[delivery.status])


OPERATIONS = (list_deliveries, get_delivery)
