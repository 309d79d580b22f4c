"""`/learners/{learner_id}/oci-ids`, `/learners/by/username/{username}/oci-id` and `/oci-id-readings`: the OCI IDs
people hold, read as people type them."""

from typing import Literal
from uuid import UUID

from pydantic import Field
from sqlmodel import Session, select

from lrx.api.operation import Call, operation
from lrx.api.values import LEARNERS as TAG
from lrx.api.values import Advice, ByUsername, In, LearnerPath, Out, Reason
from lrx.errors import LrxError
from lrx.lower_case import lower_case
from lrx.models import Learner
from lrx.oci_id import InvalidOciId, Note, OciId, Reading, read
from lrx.people import learners, oci_ids
from lrx.people.history import origin_of
from lrx.people.learner_fields import Upload
from lrx.people.profile_fields import ProfileFieldMissing
from lrx.text import say, text

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


class HeldOciIds(Out):
    """What a learner holds now, the primary one first."""

    object: Literal["oci_ids"] = "oci_ids"
    learner_id: UUID
    oci_ids: list[OciIdPublic]


class OciIdSet(In):
    """The primary OCI ID of a learner from now on."""

    oci_id: str = Field(max_length=10_000)
    reason: Reason | None = None
    upload: Upload | None = None
    """The name of the file or of the scheduled feed that brings it; kept as the origin of the change."""


class PrimaryOciId(Out):
    """The primary OCI ID of a learner."""

    object: Literal["oci_id"] = "oci_id"
    learner_id: UUID
    oci_id: str
    display: str


class PrimaryOciIdRead(PrimaryOciId):
    """The primary OCI ID of a learner, and what was put right to read it."""

    notes: list[Advice]
    warnings: list[Advice]


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
    "GET",
    "/learners/{learner_id}/oci-ids",
    permission="learners:read",
    summary="Show the OCI IDs of a learner",
    tag=TAG,
    errors=(learners.UnknownLearner,),
    rows=lambda act, path: select(Learner.id).where(Learner.site_id == act.site_id, Learner.id == path.learner_id),
)
def get_oci_ids(call: Call, path: LearnerPath, session: Session) -> HeldOciIds:
    """Those held now, the primary one first."""
    learner = learners.by_id(session, call.act, path.learner_id)
    held = oci_ids.held(session, call.act, learner.id)
    shown = [show_oci_id(call, one.oci_id, is_primary=one.is_primary) for one in held]
    return HeldOciIds(learner_id=learner.id, oci_ids=shown)


@operation(
    "PUT",
    "/learners/{learner_id}/oci-ids",
    permission="learners:write",
    summary="Set the OCI IDs of a learner",
    tag=TAG,
    guards=get_oci_ids,
    errors=(learners.UnknownLearner, InvalidOciId, oci_ids.OciIdTaken, ProfileFieldMissing),
    examples={"one": {"oci_ids": ["CA-ON-CPSO-12345"], "reason": "Entered from the register"}},
)
def replace_oci_ids(call: Call, path: LearnerPath, body: OciIdsReplace, session: Session) -> OciIdsPublic:
    """Held deliveries are released, and records are found under the new OCI ID at the recipient's next question."""
    learner = learners.by_id(session, call.act, path.learner_id)
    readings = [_read(typed, f"/oci_ids/{place}") for place, typed in enumerate(body.oci_ids)]
    wanted = list(dict.fromkeys(reading.oci_id for reading in readings))
    try:
        held = oci_ids.replace(session, call.act, call.exchange.recipients, learner.id, wanted, reason=body.reason)
    except oci_ids.OciIdTaken as error:
        place = next(place for place, reading in enumerate(readings) if reading.oci_id == error.oci_id)
        raise _placed(error, f"/oci_ids/{place}") from None
    return OciIdsPublic(
        oci_ids=[show_oci_id(call, one.oci_id, is_primary=one.is_primary) for one in held],
        notes=[advice for reading in readings for advice in _advice(call, reading)[0]],
        warnings=[advice for reading in readings for advice in _advice(call, reading)[1]],
    )


@operation(
    "GET",
    "/learners/by/username/{username}/oci-id",
    permission="learners:read",
    summary="Show the primary OCI ID of the learner with a user name",
    tag=TAG,
    errors=(learners.UnknownLearner, oci_ids.OciIdNotHeld),
    rows=lambda act, path: select(Learner.id).where(
        Learner.site_id == act.site_id, Learner.username == lower_case(path.username.strip())
    ),
)
def get_primary_oci_id(call: Call, path: ByUsername, session: Session) -> PrimaryOciId:
    """404 for a learner who holds none."""
    learner = learners.named(session, call.act, path.username)
    held = oci_ids.held(session, call.act, learner.id)
    if not held:
        raise oci_ids.OciIdNotHeld(text("This learner holds no OCI ID."))
    primary = held[0].oci_id
    return PrimaryOciId(learner_id=learner.id, oci_id=str(primary), display=primary.display(call.language))


@operation(
    "PUT",
    "/learners/by/username/{username}/oci-id",
    permission="learners:write",
    summary="Set the primary OCI ID of the learner with a user name",
    tag=TAG,
    guards=get_primary_oci_id,
    errors=(learners.UnknownLearner, InvalidOciId, oci_ids.OciIdTaken, ProfileFieldMissing),
    examples={"one": {"oci_id": "CA-ON-CPSO-12345", "reason": "Entered from the register"}},
)
def set_primary_oci_id(call: Call, path: ByUsername, body: OciIdSet, session: Session) -> PrimaryOciIdRead:
    """In place of the primary one held so far; others are kept. The same again changes nothing. Creates no learner."""
    learner = learners.named(session, call.act, path.username)
    reading = _read(body.oci_id, "/oci_id")
    origin = origin_of(call.act, body.upload)
    oci_ids.replace_primary(
        session, call.act, call.exchange.recipients, learner.id, reading.oci_id, reason=body.reason, origin=origin
    )
    notes, warnings = _advice(call, reading)
    return PrimaryOciIdRead(
        learner_id=learner.id,
        oci_id=str(reading.oci_id),
        display=reading.oci_id.display(call.language),
        notes=notes,
        warnings=warnings,
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
        raise _placed(error, pointer) from None


def _placed(error: LrxError, pointer: str) -> LrxError:
    for fault in error.faults:
        fault.pointer = pointer
    return error


def _advice(call: Call, reading: Reading) -> tuple[list[Advice], list[Advice]]:
    def told(notes: tuple[Note, ...]) -> list[Advice]:
        return [Advice(code=note.code, detail=say(note.sentence, call.language)) for note in notes]

    return told(reading.notes), told(reading.warnings)


OPERATIONS = (get_oci_ids, replace_oci_ids, get_primary_oci_id, set_primary_oci_id, read_oci_id)
