"""`/learners/{learner_id}/history`: every change of every field of a person."""

from collections.abc import Sequence
from typing import Literal

from sqlmodel import Session, col, select

from lrx.api.listing import Listing, ListQuery, Sort, one_of, within
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.values import LEARNERS as TAG
from lrx.api.values import Instant, LearnerPath, Out
from lrx.models import LearnerChange
from lrx.people import learners

__all__ = ["OPERATIONS"]


class ChangePublic(Out):
    """One change of one field of a learner."""

    object: Literal["learner_change"] = "learner_change"
    seq: int
    field: str
    old: str | None
    new: str | None
    changed_at: Instant
    actor: str
    reason: str | None
    origin: str
    """`request:…`, `statement:…` or `upload:…`."""


CHANGES = Listing[LearnerChange](
    "history",
    col(LearnerChange.seq),
    key_kind=int,
    default="-changed_at",
    sorts={"changed_at": Sort(col(LearnerChange.seq), int)},
    filters=(one_of("field", col(LearnerChange.field), str), *within("changed_at", col(LearnerChange.changed_at))),
)


@operation(
    "GET",
    "/learners/{learner_id}/history",
    permission="learners:read",
    summary="List a learner's changes",
    tag=TAG,
    errors=(learners.UnknownLearner,),
    listing=CHANGES,
)
def list_changes(call: Call, path: LearnerPath, query: ListQuery, session: Session) -> Page[ChangePublic]:
    """Newest first."""
    learners.by_id(session, call.act, path.learner_id)
    statement = select(LearnerChange).where(
        LearnerChange.site_id == call.act.site_id, LearnerChange.learner_id == path.learner_id
    )

    def shown(rows: Sequence[LearnerChange]) -> list[ChangePublic]:
        return [ChangePublic.model_validate(row, from_attributes=True) for row in rows]

    return CHANGES.page(Page[ChangePublic], session, call.act, query, statement, shown)


OPERATIONS = (list_changes,)
