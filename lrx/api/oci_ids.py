"""`/learners/{learner_id}/oci-ids` and `/oci-id-readings`: the OCI IDs people hold, read as people type them."""

from typing import Literal

from pydantic import Field
from sqlmodel import Session

from lrx.api.operation import Call, operation
from lrx.api.values import LEARNERS as TAG
from lrx.api.values import Advice, In, LearnerPath, Out, Reason
from lrx.oci_id import InvalidOciId, Note, OciId, Reading, read
from lrx.people import learners, oci_ids
from lrx.people.profile_fields import ProfileFieldMissing
from lrx.text import say

__all__ = ["OPERATIONS", "OciIdPublic", "show_oci_id"]


class OciIdPublic(Out):
    """One OCI ID of a learner."""

    oci_id: str
    display: str
    """As a profile shows it, in the reader's language."""
    is_primary: bool


class OciIdsReplace(In):
    """The OCI IDs a learner holds from now on; the first is the primary one."""

    oci_ids: list[str] = Field(max_length=10)
    reason: Reason | None = None


class OciIdsPublic(Out):
    """What a learner holds, and what was put right to read it."""

    object: Literal["oci_ids"] = "oci_ids"
    oci_ids: list[OciIdPublic]
    notes: list[Advice]
    warnings: list[Advice]


class OciIdText(In):
    """What somebody typed."""

    text: str = Field(max_length=10_000)


class OciIdReading(Out):
    """How a text is read as an OCI ID."""

    object: Literal["oci_id_reading"] = "oci_id_reading"
    oci_id: str
    display: str
    notes: list[Advice]
    warnings: list[Advice]


@operation(
    "PUT",
    "/learners/{learner_id}/oci-ids",
    permission="learners:write",
    summary="Set the OCI IDs of a learner",
    tag=TAG,
    errors=(learners.UnknownLearner, InvalidOciId, oci_ids.OciIdTaken, ProfileFieldMissing),
    examples={"one": {"oci_ids": ["CA-ON-CPSO-12345"], "reason": "Entered from the register"}},
)
def replace_oci_ids(call: Call, path: LearnerPath, body: OciIdsReplace, session: Session) -> OciIdsPublic:
    """Held deliveries are released, and records are found under the new OCI ID at the recipient's next question."""
    learner = learners.by_id(session, call.act, path.learner_id)
    readings = [_read(typed, f"/oci_ids/{place}") for place, typed in enumerate(body.oci_ids)]
    wanted = list(dict.fromkeys(reading.oci_id for reading in readings))
    held = oci_ids.replace(session, call.act, call.exchange.recipients, learner.id, wanted, reason=body.reason)
    return OciIdsPublic(
        oci_ids=[show_oci_id(call, one.oci_id, is_primary=one.is_primary) for one in held],
        notes=[advice for reading in readings for advice in _advice(call, reading)[0]],
        warnings=[advice for reading in readings for advice in _advice(call, reading)[1]],
    )


@operation(
    "POST",
    "/oci-id-readings",
    permission="learners:read",
    summary="Read a text as an OCI ID",
    tag=TAG,
    errors=(InvalidOciId,),
    examples={"a slip": {"text": "cpso – 12345"}},
)
def read_oci_id(call: Call, body: OciIdText, session: Session) -> OciIdReading:
    """Says what would be put right, or why the text is refused. Keeps nothing."""
    reading = _read(body.text, "/text")
    notes, warnings = _advice(call, reading)
    return OciIdReading(
        oci_id=str(reading.oci_id), display=reading.oci_id.display(call.language), notes=notes, warnings=warnings
    )


def show_oci_id(call: Call, oci_id: OciId, *, is_primary: bool) -> OciIdPublic:
    """An OCI ID as callers see it."""
    return OciIdPublic(oci_id=str(oci_id), display=oci_id.display(call.language), is_primary=is_primary)


def _read(typed: str, pointer: str) -> Reading:
    try:
        return read(typed)
    except InvalidOciId as error:
        for fault in error.faults:
            fault.pointer = pointer
        raise


def _advice(call: Call, reading: Reading) -> tuple[list[Advice], list[Advice]]:
    def told(notes: tuple[Note, ...]) -> list[Advice]:
        return [Advice(code=note.code, detail=say(note.sentence, call.language)) for note in notes]

    return told(reading.notes), told(reading.warnings)


OPERATIONS = (replace_oci_ids, read_oci_id)
