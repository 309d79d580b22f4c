"""Primary OCI IDs in bulk. What people held before they hold still, after the new one, or it ends: a feed that
overwrites says so. What is refused for somebody known is kept, so that it is known what the upload gave."""

from collections.abc import Sequence
from typing import Literal, TypedDict

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from lrx.delivery.outbox import lock_learners
from lrx.errors import Fault
from lrx.oci_id import InvalidOciId, OciId
from lrx.people import oci_ids
from lrx.people.history import origin_of
from lrx.people.learner_fields import Reason, Upload, Username
from lrx.people.learners import UnknownLearner, by_username
from lrx.people.profile_fields import require_field
from lrx.people.refused_oci_ids import Refused, keep_refused
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
    upload: Upload | None = None
    """The name of the file or of the scheduled feed that brings it, such as `hr-nightly.csv`; kept as the origin of the
    change."""
    others: Literal["keep", "end"] = "keep"
    """What becomes of what the learner held before: `keep` it after the new one, or `end` it."""


class _Told(TypedDict):
    reason: str | None
    origin: str


def _work(session: Session, circumstances: Circumstances, items: Sequence[OciIdItem]) -> Sequence[Result]:
    # The field first and then the people in one order, as everybody does who changes OCI IDs.
    require_field(session, circumstances.act)
    people = [by_username(session, circumstances.act, item.username) for item in items]
    lock_learners(session, {learner.id for learner in people if learner is not None})
    results = each(_one)(session, circumstances, items)
    # Here, for whatever an item wrote itself was taken back with it.
    refused = [
        Refused(learner.id, item.oci_id, result, origin_of(circumstances.act, item.upload))
        for item, learner, result in zip(items, people, results, strict=True)
        if learner is not None and isinstance(result, InvalidOciId | oci_ids.OciIdTaken)
    ]
    keep_refused(session, circumstances.act, refused)
    return results


def _one(session: Session, circumstances: Circumstances, item: OciIdItem) -> Outcome:
    act = circumstances.act
    learner = by_username(session, act, item.username)
    if learner is None:
        detail = text("There is no such learner at this site. Check the name given, or create the learner first.")
        raise UnknownLearner(detail, faults=(Fault("/username", UnknownLearner.code, detail),))
    oci_id = _read(item.oci_id)
    before = [one.oci_id for one in oci_ids.held(session, act, learner.id)]
    told: _Told = {"reason": item.reason, "origin": origin_of(act, item.upload)}
    if item.others == "end":
        word = "unchanged" if before == [oci_id] else "given"
        oci_ids.replace(session, act, circumstances.recipients, learner.id, [oci_id], **told)
    else:
        word = "unchanged" if before[:1] == [oci_id] else "given"
        oci_ids.give(session, act, circumstances.recipients, learner.id, oci_id, **told)
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
