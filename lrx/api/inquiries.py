"""`/inquiries`: what recipients asked and were answered, and the questions that found nobody."""

from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from pydantic import Field
from sqlmodel import Session, col, select

from lrx.api.listing import Filter, Listing, ListQuery, Sort, each, equal, one_of, within
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page, PageQuery, decode_cursor
from lrx.api.search import oci_id_sought
from lrx.api.values import In, Instant, Moment, Out
from lrx.delivery.unmatched import NearMiss, Unmatched, near_misses, unmatched
from lrx.errors import NotFound
from lrx.models import Inquiry
from lrx.oci_id import InvalidOciId
from lrx.recipient import Outcome
from lrx.text import text

__all__ = ["OPERATIONS"]

TAG = "inquiries"
RECENT = timedelta(days=30)


class UnknownInquiry(NotFound):
    """The site has no such inquiry."""

    code = "inquiry_unknown"


class InquiryPublic(Out):
    """One question about one person, and what was answered."""

    object: Literal["inquiry"] = "inquiry"
    id: UUID
    recipient: str
    credential_id: UUID
    request_id: str
    asked_at: Instant
    asked: str
    """The identifier as the recipient wrote it."""
    oci_id: str | None
    course: str | None
    completed_from: date | None
    completed_to: date | None
    outcome: Outcome
    code: str | None
    """The recipient's own code, such as WS401."""
    learner_id: UUID | None
    record_ids: list[UUID]
    duration_us: int


class NearMissPublic(Out):
    """Somebody whose OCI ID differs a little."""

    learner_id: UUID
    oci_id: str
    kind: str
    """What must happen to what was asked to get what is held."""


class UnmatchedPublic(Out):
    """All questions for one identifier that found nobody and ended the same way."""

    object: Literal["unmatched_inquiries"] = "unmatched_inquiries"
    recipient: str
    asked: str
    outcome: Outcome
    code: str | None
    times: int
    first_asked_at: Instant
    last_asked_at: Instant
    near_misses: list[NearMissPublic]


class InquiryPath(In):
    """Which inquiry."""

    inquiry_id: UUID


class UnmatchedQuery(PageQuery):
    """Filters of unmatched inquiries."""

    recipient: str | None = None
    outcome: Outcome | None = None
    asked_since: Moment | None = Field(default=None, alias="asked_at[gte]")
    """Without it: the last 30 days."""


INQUIRIES = Listing[Inquiry](
    "inquiries",
    col(Inquiry.id),
    default="-asked_at",
    sorts={"asked_at": Sort(col(Inquiry.asked_at), datetime)},
    filters=(
        one_of("id", col(Inquiry.id), UUID),
        one_of("recipient", col(Inquiry.recipient), str),
        one_of("outcome", col(Inquiry.outcome), Outcome),
        one_of("code", col(Inquiry.code), str, "The recipient's own code, such as WS401."),
        one_of("learner_id", col(Inquiry.learner_id), UUID),
        Filter(
            "oci_id", str, lambda _act, typed: col(Inquiry.oci_id) == oci_id_sought(typed), "In any form people type."
        ),
        equal("request_id", col(Inquiry.request_id)),
        *within("asked_at", col(Inquiry.asked_at)),
    ),
    synced="asked_at",
)


@operation(
    "GET",
    "/inquiries",
    permission="inquiries:read",
    summary="List inquiries",
    tag=TAG,
    errors=(InvalidOciId,),
    listing=INQUIRIES,
)
def list_inquiries(call: Call, query: ListQuery, session: Session) -> Page[InquiryPublic]:
    """Newest first."""

    statement = select(Inquiry).where(Inquiry.site_id == call.act.site_id)
    return INQUIRIES.page(Page[InquiryPublic], session, call.act, query, statement, each(_public))


@operation(
    "GET",
    "/inquiries/unmatched",
    permission="inquiries:read",
    summary="List inquiries that found nobody",
    tag=TAG,
)
def list_unmatched(call: Call, query: UnmatchedQuery, session: Session) -> Page[UnmatchedPublic]:
    """One entry for each identifier and outcome, with the people who may be meant. Leaves the list once the identifier
    is answered."""
    place = decode_cursor("unmatched", query.cursor, (str, str, str))
    after_ = (str(place[0]), str(place[1]), str(place[2])) if place else None
    since = query.asked_since or call.act.at - RECENT
    groups = unmatched(
        session,
        call.act,
        recipient=query.recipient,
        outcome=query.outcome,
        since=since,
        after=after_,
        limit=query.limit + 1,
    )
    asked = [group.oci_id for group in groups if group.oci_id and group.outcome is Outcome.UNKNOWN_LEARNER]
    close = near_misses(session, call.act, asked)
    return Page[UnmatchedPublic].cut(
        "unmatched",
        groups,
        query.limit,
        key=lambda group: [group.recipient, group.asked, group.outcome.value],
        show=lambda group: _unmatched(group, close.get(group.oci_id, ()) if group.oci_id else ()),
    )


@operation(
    "GET",
    "/inquiries/{inquiry_id}",
    permission="inquiries:read",
    summary="Show an inquiry",
    tag=TAG,
    errors=(UnknownInquiry,),
)
def get_inquiry(call: Call, path: InquiryPath, session: Session) -> InquiryPublic:
    """Every answer carries the id of its inquiry."""
    row = session.exec(
        select(Inquiry).where(Inquiry.site_id == call.act.site_id, Inquiry.id == path.inquiry_id)
    ).first()
    if row is None:
        raise UnknownInquiry(text("There is no inquiry {id} at this site.", id=str(path.inquiry_id)))
    return _public(row)


def _public(row: Inquiry) -> InquiryPublic:
    fields = row.model_dump(exclude={"site_id", "oci_id"})
    return InquiryPublic.model_validate({**fields, "oci_id": str(row.oci_id) if row.oci_id else None})


def _unmatched(group: Unmatched, close: tuple[NearMiss, ...]) -> UnmatchedPublic:
    return UnmatchedPublic(
        recipient=group.recipient,
        asked=group.asked,
        outcome=group.outcome,
        code=group.code,
        times=group.times,
        first_asked_at=group.first_asked_at,
        last_asked_at=group.last_asked_at,
        near_misses=[NearMissPublic(learner_id=one.learner_id, oci_id=str(one.oci_id), kind=one.kind) for one in close],
    )


OPERATIONS = (list_inquiries, list_unmatched, get_inquiry)
