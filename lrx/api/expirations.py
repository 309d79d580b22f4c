"""`/expirations`: which records administrators let expire, and took back; when, by whom and why. None is ever
changed."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import Session, col, select

from lrx.api.listing import Listing, ListQuery, Sort, each, equal, one_of, within
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.values import RECORDS as TAG
from lrx.api.values import Instant, Out
from lrx.models import Expiration

__all__ = ["OPERATIONS", "ExpirationPublic", "show_expiration"]


class ExpirationPublic(Out):
    """An administrator let a record expire, or took that back. The latest one holds."""

    object: Literal["expiration"] = "expiration"
    seq: int
    record_id: UUID
    expired: bool
    actor: str
    reason: str
    expired_at: Instant
    reset_id: UUID | None
    """The reset of the course that it came from."""


EXPIRATIONS = Listing[Expiration](
    "expirations",
    col(Expiration.seq),
    key_kind=int,
    default="expired_at",
    sorts={"expired_at": Sort(col(Expiration.expired_at), datetime)},
    filters=(
        one_of("record_id", col(Expiration.record_id), UUID),
        equal("expired", col(Expiration.expired), bool),
        one_of("reset_id", col(Expiration.reset_id), UUID),
        *within("expired_at", col(Expiration.expired_at)),
    ),
    synced="expired_at",
)


@operation("GET", "/expirations", permission="records:read", summary="List expirations", tag=TAG, listing=EXPIRATIONS)
def list_expirations(call: Call, query: ListQuery, session: Session) -> Page[ExpirationPublic]:
    """Oldest first: all that administrators ever let expire and took back. What expires by its course's rule is not
    among them."""
    statement = select(Expiration).where(Expiration.site_id == call.act.site_id)
    return EXPIRATIONS.page(Page[ExpirationPublic], session, call.act, query, statement, each(show_expiration))


def show_expiration(expiration: Expiration) -> ExpirationPublic:
    """The expiration as callers see it."""
    return ExpirationPublic.model_validate(expiration.model_dump(exclude={"site_id"}))


OPERATIONS = (list_expirations,)
