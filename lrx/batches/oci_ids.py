"""Primary OCI IDs in bulk. What people held before they hold still, after the new one."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from lrx.delivery.outbox import lock_learners
from lrx.errors import Fault
from lrx.oci_id import InvalidOciId, OciId
from lrx.people import oci_ids
from lrx.people.learner_fields import Reason, Username
from lrx.people.learners import UnknownLearner, by_username
from lrx.people.profile_fields import require_field
from lrx.piecework import Circumstances, Kind, Outcome, Result, each
from lrx.text import text

__all__ = ["KIND", "OciIdItem"]


class OciIdItem(BaseModel):
    """The OCI ID somebody holds from now on as the primary one."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    username: Username
    oci_id: str = Field(max_length=1000)
    """In any form people type."""
    reason: Reason | None = None
    """Why; kept in the history of each change."""


def _work(session: Session, circumstances: Circumstances, items: Sequence[OciIdItem]) -> Sequence[Result]:
    # The field first and then the people in one order, as everybody does who changes OCI IDs.
    require_field(session, circumstances.act)
    people = (by_username(session, circumstances.act, item.username) for item in items)
    lock_learners(session, {learner.id for learner in people if learner is not None})
    return each(_one)(session, circumstances, items)


def _one(session: Session, circumstances: Circumstances, item: OciIdItem) -> Outcome:
    act = circumstances.act
    learner = by_username(session, act, item.username)
    if learner is None:
        detail = text("There is no such learner at this site. Create the learner first.")
        raise UnknownLearner(detail, faults=(Fault("/username", UnknownLearner.code, detail),))
    oci_id = _read(item.oci_id)
    before = oci_ids.held(session, act, learner.id)
    word = "unchanged" if before and before[0].oci_id == oci_id else "given"
    oci_ids.give(session, act, circumstances.recipients, learner.id, oci_id, reason=item.reason)
    return Outcome(word, learner.id, {"oci_id": str(oci_id)})


def _read(typed: str) -> OciId:
    try:
        return OciId.parse(typed)
    except InvalidOciId as error:
        for fault in error.faults:
            fault.pointer = "/oci_id"
        raise


KIND = Kind(
    name="oci_ids",
    permission="learners:write",
    pointer="/oci_ids",
    item=OciIdItem,
    work=_work,
    piece=25,
)
