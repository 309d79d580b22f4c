"""`/learners`: people and their history."""

from typing import Literal
from uuid import UUID

from pydantic import Field, model_validator
from sqlmodel import Session, col, select

from lrx.address import address_forms
from lrx.api.oci_ids import OciIdPublic, show_oci_id
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page, PageQuery, after, decode_cursor
from lrx.api.values import LEARNERS as TAG
from lrx.api.values import In, Instant, LearnerPath, Line, Out, Reason
from lrx.delivery.outbox import held_oci_ids
from lrx.models import Learner, LearnerChange, LearnerOciId
from lrx.oci_id import InvalidOciId, OciId
from lrx.people import learners
from lrx.text import text
from lrx.xapi.projector import replay_subjects, subjects_named
from lrx.xapi.subjects import agent_subjects

__all__ = ["OPERATIONS", "LearnerPublic", "show_learner"]


class Lms(In):
    """The identity an LMS gave: its address and its number for the user."""

    home_page: str = Field(min_length=1, max_length=300)
    user_id: str = Field(min_length=1, max_length=100)


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


class LearnerQuery(PageQuery):
    """Filters of learners; each given one must hold."""

    username: str | None = None
    home_page: str | None = None
    """The address of the LMS; http and https are the same."""
    lms_user_id: str | None = None
    oci_id: str | None = None
    """In any form people type; held now."""
    email: str | None = None
    idnumber: str | None = None
    suspended: bool | None = None
    has_oci_id: bool | None = None


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
    if query.home_page is not None:
        statement = statement.where(col(Learner.home_page).in_(address_forms(query.home_page)))
    if query.lms_user_id is not None:
        statement = statement.where(Learner.lms_user_id == query.lms_user_id)
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
    errors=(learners.UnknownLearner, learners.LearnerTaken, learners.LearnerLost),
    examples={"suspended": {"suspended": True, "reason": "Left the hospital"}},
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
        oci_ids=[show_oci_id(call, oci_id, is_primary=place == 0) for place, oci_id in enumerate(held)],
    )


def _replay(call: Call, session: Session, learner: Learner) -> None:
    subjects: set[str] = set()
    if learner.home_page and learner.lms_user_id:
        subjects |= agent_subjects("account", learner.home_page, learner.lms_user_id)
    if learner.username:
        subjects |= subjects_named(session, call.act, learner.username)
    if subjects:
        replay_subjects(session, call.act, call.exchange.recipients, frozenset(subjects))


OPERATIONS = (
    list_learners,
    create_learner,
    get_learner,
    change_learner,
    list_changes,
)
