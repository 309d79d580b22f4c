"""`/learners`: people, their OCI IDs, the names statements know them by, and their history."""

from typing import Literal
from uuid import UUID

from pydantic import Field, model_validator
from sqlmodel import Session, col, select

from lrx.api.operation import Answer, Call, operation
from lrx.api.pagination import Page, PageQuery, after, decode_cursor
from lrx.api.values import Advice, In, Instant, Line, Out, Reason
from lrx.delivery.outbox import held_oci_ids
from lrx.models import Identity, Learner, LearnerChange, LearnerOciId
from lrx.oci_id import InvalidOciId, OciId, Reading, read
from lrx.people import identities, learners, oci_ids
from lrx.people.profile_fields import ProfileFieldMissing
from lrx.text import say, text
from lrx.xapi.projector import replay_subjects

__all__ = ["OPERATIONS", "LearnerPublic", "show_learner"]

TAG = "learners"


class Lms(In):
    """The identity an LMS gave: its address and its number for the user."""

    home_page: str = Field(min_length=1, max_length=500)
    user_id: str = Field(min_length=1, max_length=100)


class OciIdPublic(Out):
    """One OCI ID of a learner."""

    oci_id: str
    display: str
    """As a profile shows it, in the reader's language."""
    is_primary: bool


class LearnerPublic(Out):
    """A person with records."""

    object: Literal["learner"] = "learner"
    id: UUID
    lms: Lms | None
    username: str | None
    idnumber: str | None
    full_name: str | None
    given_name: str | None
    family_name: str | None
    email: str | None
    language: str | None
    suspended: bool
    oci_ids: list[OciIdPublic]
    created_at: Instant
    updated_at: Instant


class LearnerFields(In):
    """What is known of a person."""

    lms: Lms | None = None
    username: Line | None = Field(default=None, max_length=100)
    idnumber: Line | None = None
    full_name: Line | None = None
    given_name: Line | None = None
    family_name: Line | None = None
    email: str | None = Field(default=None, max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")
    language: str | None = Field(default=None, max_length=20, pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]+)*$")
    suspended: bool = False

    def columns(self) -> dict[str, object]:
        """The fields given, as columns."""
        given = self.model_dump(exclude_unset=True, exclude={"lms", "reason"})
        if "lms" in self.model_fields_set:
            given |= {"home_page": self.lms.home_page if self.lms else None}
            given |= {"lms_user_id": self.lms.user_id if self.lms else None}
        return given


class LearnerCreate(LearnerFields):
    """A new person: known by a user name, by the identity an LMS gave, or both."""

    @model_validator(mode="after")
    def _is_findable(self) -> "LearnerCreate":
        if self.username is None and self.lms is None:
            raise ValueError(text("Give a username or the LMS identity; a person without either is never found again."))
        return self


class LearnerUpdate(LearnerFields):
    """What to change; what is left out stays. Each change is kept in the history with the reason."""

    reason: Reason | None = None


class LearnerPath(In):
    """Which learner."""

    learner_id: UUID


class LearnerQuery(PageQuery):
    """Filters of learners; each given one must hold."""

    username: str | None = None
    oci_id: str | None = None
    """In any form people type; held now."""
    email: str | None = None
    idnumber: str | None = None
    suspended: bool | None = None
    has_oci_id: bool | None = None


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


class IdentityCreate(In):
    """Another name statements know the learner by."""

    kind: Literal["account", "mbox", "mbox_sha1sum", "openid"]
    home_page: str | None = Field(default=None, max_length=500)
    """For an account: the address of its system."""
    value: str = Field(min_length=1, max_length=320)
    """The account's name, the e-mail address without mailto:, the digest or the OpenID."""


class IdentityPublic(Out):
    """A name statements know a learner by."""

    object: Literal["identity"] = "identity"
    id: UUID
    learner_id: UUID
    kind: str
    home_page: str | None
    value: str
    created_at: Instant


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
    """`request:…`, `statement:…` or what else brought it."""


@operation("GET", "/learners", permission="learners:read", summary="List learners", tag=TAG, errors=(InvalidOciId,))
def list_learners(call: Call, query: LearnerQuery, session: Session) -> Page[LearnerPublic]:
    """Oldest first."""
    statement = select(Learner).where(Learner.site_id == call.act.site_id)
    if query.username is not None:
        statement = statement.where(Learner.username == query.username.strip().lower())
    if query.email is not None:
        statement = statement.where(Learner.email == query.email)
    if query.idnumber is not None:
        statement = statement.where(Learner.idnumber == query.idnumber)
    if query.suspended is not None:
        statement = statement.where(Learner.suspended == query.suspended)
    held = select(col(LearnerOciId.learner_id)).where(
        LearnerOciId.site_id == call.act.site_id, col(LearnerOciId.held_until).is_(None)
    )
    if query.oci_id is not None:
        holders = held.where(LearnerOciId.oci_id == OciId.parse(query.oci_id))
        statement = statement.where(col(Learner.id).in_(holders))
    if query.has_oci_id is not None:
        has = col(Learner.id).in_(held)
        statement = statement.where(has if query.has_oci_id else ~has)
    place = decode_cursor("learners", query.cursor, (UUID,))
    rows = session.exec(after(statement, [col(Learner.id)], place, descending=False).limit(query.limit + 1)).all()
    shown = held_oci_ids(session, call.act.site_id, [row.id for row in rows])
    return Page[LearnerPublic].cut(
        "learners",
        rows,
        query.limit,
        key=lambda row: [row.id],
        show=lambda row: _public(call, row, shown.get(row.id, ())),
    )


@operation(
    "POST",
    "/learners",
    permission="learners:write",
    summary="Create a learner",
    tag=TAG,
    status=201,
    idempotent=True,
    errors=(learners.LearnerTaken,),
    examples={"a learner": {"username": "aokafor", "given_name": "Amara", "family_name": "Okafor"}},
)
def create_learner(call: Call, body: LearnerCreate, session: Session) -> LearnerPublic:
    """Statements parked because nobody knew this person are projected again."""
    learner = learners.create(session, call.act, body.columns())
    _replay(call, session, learner)
    return show_learner(call, session, learner)


@operation(
    "GET",
    "/learners/{learner_id}",
    permission="learners:read",
    summary="Show a learner",
    tag=TAG,
    errors=(learners.UnknownLearner,),
)
def get_learner(call: Call, path: LearnerPath, session: Session) -> LearnerPublic:
    """With the OCI IDs held now."""
    return show_learner(call, session, learners.by_id(session, call.act, path.learner_id))


@operation(
    "PATCH",
    "/learners/{learner_id}",
    permission="learners:write",
    summary="Change a learner",
    tag=TAG,
    errors=(learners.UnknownLearner, learners.LearnerTaken),
)
def change_learner(call: Call, path: LearnerPath, body: LearnerUpdate, session: Session) -> LearnerPublic:
    """Suspended learners keep their records and are still found by recipients."""
    learner = learners.by_id(session, call.act, path.learner_id)
    if learners.change(session, call.act, learner, body.columns(), reason=body.reason):
        _replay(call, session, learner)
    return show_learner(call, session, learner)


@operation(
    "GET",
    "/learners/{learner_id}/history",
    permission="learners:read",
    summary="List a learner's changes",
    tag=TAG,
    errors=(learners.UnknownLearner,),
)
def list_changes(call: Call, path: LearnerPath, query: PageQuery, session: Session) -> Page[ChangePublic]:
    """Newest first."""
    learners.by_id(session, call.act, path.learner_id)
    statement = select(LearnerChange).where(
        LearnerChange.site_id == call.act.site_id, LearnerChange.learner_id == path.learner_id
    )
    place = decode_cursor("history", query.cursor, (int,))
    rows = session.exec(after(statement, [col(LearnerChange.seq)], place, descending=True).limit(query.limit + 1)).all()
    return Page[ChangePublic].cut(
        "history",
        rows,
        query.limit,
        key=lambda row: [row.seq or 0],
        show=lambda row: ChangePublic.model_validate(row, from_attributes=True),
    )


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
        oci_ids=[_public_oci_id(call, one.oci_id, is_primary=one.is_primary) for one in held],
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


@operation(
    "GET",
    "/learners/{learner_id}/identities",
    permission="learners:read",
    summary="List the names statements know a learner by",
    tag=TAG,
    errors=(learners.UnknownLearner,),
)
def list_identities(call: Call, path: LearnerPath, query: PageQuery, session: Session) -> Page[IdentityPublic]:
    """Those given by a person; the identity of the LMS is in the learner itself."""
    learners.by_id(session, call.act, path.learner_id)
    statement = select(Identity).where(Identity.site_id == call.act.site_id, Identity.learner_id == path.learner_id)
    place = decode_cursor("identities", query.cursor, (UUID,))
    rows = session.exec(after(statement, [col(Identity.id)], place, descending=False).limit(query.limit + 1)).all()
    return Page[IdentityPublic].cut("identities", rows, query.limit, key=lambda row: [row.id], show=_public_identity)


@operation(
    "POST",
    "/learners/{learner_id}/identities",
    permission="learners:write",
    summary="Map a name statements use to a learner",
    tag=TAG,
    status=201,
    errors=(learners.UnknownLearner, identities.IdentityTaken),
    examples={"an e-mail": {"kind": "mbox", "value": "amara.okafor@example.org"}},
)
def map_identity(call: Call, path: LearnerPath, body: IdentityCreate, session: Session) -> Answer[IdentityPublic]:
    """Statements parked under this name are projected again."""
    learner = learners.by_id(session, call.act, path.learner_id)
    identity, is_new = identities.map_identity(
        session, call.act, learner.id, kind=body.kind, home_page=body.home_page, value=body.value
    )
    subjects = identities.subjects_of(identity.kind, identity.home_page, identity.value)
    replay_subjects(session, call.act, call.exchange.recipients, subjects)
    return Answer(_public_identity(identity), status=201 if is_new else 200)


def show_learner(call: Call, session: Session, learner: Learner) -> LearnerPublic:
    """The learner as callers see them."""
    return _public(call, learner, held_oci_ids(session, call.act.site_id, [learner.id]).get(learner.id, ()))


def _public(call: Call, learner: Learner, held: tuple[OciId, ...]) -> LearnerPublic:
    lms = (
        Lms(home_page=learner.home_page, user_id=learner.lms_user_id)
        if learner.home_page and learner.lms_user_id
        else None
    )
    return LearnerPublic(
        **learner.model_dump(include=set(LearnerPublic.model_fields) - {"lms", "oci_ids", "object"}),
        lms=lms,
        oci_ids=[_public_oci_id(call, oci_id, is_primary=place == 0) for place, oci_id in enumerate(held)],
    )


def _public_oci_id(call: Call, oci_id: OciId, *, is_primary: bool) -> OciIdPublic:
    return OciIdPublic(oci_id=str(oci_id), display=oci_id.display(call.language), is_primary=is_primary)


def _public_identity(identity: Identity) -> IdentityPublic:
    return IdentityPublic(**identity.model_dump(exclude={"site_id", "home_page"}), home_page=identity.home_page or None)


def _read(typed: str, pointer: str) -> Reading:
    try:
        return read(typed)
    except InvalidOciId as error:
        for fault in error.faults:
            fault.pointer = pointer
        raise


def _advice(call: Call, reading: Reading) -> tuple[list[Advice], list[Advice]]:
    def told(notes: tuple[object, ...]) -> list[Advice]:
        return [Advice(code=note.code, detail=say(note.sentence, call.language)) for note in notes]  # type: ignore[attr-defined]

    return told(reading.notes), told(reading.warnings)


def _replay(call: Call, session: Session, learner: Learner) -> None:
    subjects: set[str] = set()
    if learner.home_page and learner.lms_user_id:
        subjects |= identities.subjects_of("account", learner.home_page, learner.lms_user_id)
    if subjects:
        replay_subjects(session, call.act, call.exchange.recipients, frozenset(subjects))


OPERATIONS = (
    list_learners,
    create_learner,
    get_learner,
    change_learner,
    list_changes,
    replace_oci_ids,
    read_oci_id,
    list_identities,
    map_identity,
)
