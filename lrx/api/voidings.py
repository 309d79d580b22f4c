"""`/voidings`: which records were voided and unvoided, when, by whom and why. None is ever changed."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import Session, col, select

from lrx.api.listing import Listing, ListQuery, Sort, each, equal, one_of, within
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.values import RECORDS as TAG
from lrx.api.values import Instant, Out
from lrx.models import Voiding

__all__ = ["OPERATIONS", "VoidingPublic", "show_voiding"]


class VoidingPublic(Out):
    """A record was voided or unvoided. The latest one holds."""

    object: Literal["voiding"] = "voiding"
    seq: int
    record_id: UUID
    voided: bool
    actor: str
    reason: str
    voided_at: Instant
    reset_id: UUID | None
    """The reset of the course that it came from."""


VOIDINGS = Listing[Voiding](
    "voidings",
    col(Voiding.seq),
    key_kind=int,
    default="voided_at",
    sorts={"voided_at": Sort(col(Voiding.voided_at), datetime)},
    filters=(
        one_of("record_id", col(Voiding.record_id), UUID),
        equal("voided", col(Voiding.voided), bool),
        one_of("reset_id", col(Voiding.reset_id), UUID),
        *within("voided_at", col(Voiding.voided_at)),
    ),
    synced="voided_at",
)


@operation("GET", "/voidings", permission="records:read", summary="List voidings", tag=TAG, listing=VOIDINGS)
def list_voidings(call: Call, query: ListQuery, session: Session) -> Page[VoidingPublic]:
    """Oldest first: all that was ever voided and unvoided."""

    statement = select(Voiding).where(Voiding.site_id == call.act.site_id)
    return VOIDINGS.page(Page[VoidingPublic], session, call.act, query, statement, each(show_voiding))


def show_voiding(voiding: Voiding) -> VoidingPublic:
    """The voiding as callers see it."""
    return VoidingPublic.model_validate(voiding.model_dump(exclude={"site_id"}))


OPERATIONS = (list_voidings,)
