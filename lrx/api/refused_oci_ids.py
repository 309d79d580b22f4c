"""`/learners/{learner_id}/refused-oci-ids`: what uploads gave as a person's OCI ID and was refused."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import Session, col, select

from lrx.api.listing import Listing, ListQuery, Sort, each, one_of, within
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.values import LEARNERS as TAG
from lrx.api.values import Instant, LearnerPath, Out
from lrx.models import RefusedOciId
from lrx.people import learners

__all__ = ["OPERATIONS"]


class RefusedOciIdPublic(Out):
    """An OCI ID that an upload gave for a known learner and that was refused."""

    object: Literal["refused_oci_id"] = "refused_oci_id"
    id: UUID
    learner_id: UUID
    typed: str
    """As the upload gave it; the first 200 characters."""
    reason: str
    """A code: what is wrong with it (`college_missing`, `number_missing` and so on), or `oci_id_taken`."""
    hint: str | None
    """The OCI ID that was probably meant, for a person to confirm."""
    origin: str
    """`upload:…` where the upload was named, else `request:…`."""
    actor: str
    refused_at: Instant


REFUSED = Listing[RefusedOciId](
    "refused-oci-ids",
    col(RefusedOciId.id),
    default="-refused_at",
    sorts={"refused_at": Sort(col(RefusedOciId.refused_at), datetime)},
    filters=(one_of("reason", col(RefusedOciId.reason), str), *within("refused_at", col(RefusedOciId.refused_at))),
)


@operation(
    "GET",
    "/learners/{learner_id}/refused-oci-ids",
    permission="learners:read",
    summary="List the OCI IDs refused for a learner",
    tag=TAG,
    errors=(learners.UnknownLearner,),
    listing=REFUSED,
)
def list_refused_oci_ids(call: Call, path: LearnerPath, query: ListQuery, session: Session) -> Page[RefusedOciIdPublic]:
    """Newest first: what `POST /oci-ids/batch` refused. What was accepted is in the learner's history."""
    learner = learners.by_id(session, call.act, path.learner_id)
    statement = select(RefusedOciId).where(
        RefusedOciId.site_id == call.act.site_id, RefusedOciId.learner_id == learner.id
    )
    return REFUSED.page(Page[RefusedOciIdPublic], session, call.act, query, statement, each(_shown))


def _shown(refused: RefusedOciId) -> RefusedOciIdPublic:
    return RefusedOciIdPublic.model_validate(refused.model_dump(exclude={"site_id"}))


OPERATIONS = (list_refused_oci_ids,)
