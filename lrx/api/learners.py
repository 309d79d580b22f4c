"""`/learners`: people and their history."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from pydantic import Field, model_validator
from sqlmodel import Session, select

from lrx.api.learner_list import LEARNERS
from lrx.api.listing import ListQuery
from lrx.api.oci_ids import OciIdPublic, show_oci_id
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.replaying import replay_awaited
from lrx.api.values import LEARNERS as TAG
from lrx.api.values import ByUsername, In, Instant, LearnerPath, Out
from lrx.delivery.holdings import held_oci_ids
from lrx.models import Learner
from lrx.oci_id import InvalidOciId, OciId
from lrx.people import learners
from lrx.people.learner_fields import LearnerFields, Lms, Reason
from lrx.text import text
from lrx.xapi.subjects import Awaited, agent_subjects

__all__ = ["OPERATIONS", "LearnerPublic", "get_learner", "show_learner"]


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


class ByOciId(In):
    """Which OCI ID, in any form people type, percent-encoded."""

    oci_id: str = Field(max_length=200)


@operation(
    "GET",
    "/learners",
    permission="learners:read",
    summary="List learners",
    tag=TAG,
    errors=(InvalidOciId,),
    listing=LEARNERS,
)
def list_learners(call: Call, query: ListQuery, session: Session) -> Page[LearnerPublic]:
    """Oldest first. `updated_at` changes with the fields of a person, not with OCI IDs and identities: those are in the
    history."""

    def shown(rows: Sequence[Learner]) -> list[LearnerPublic]:
        held = held_oci_ids(session, call.act.site_id, [row.id for row in rows])
        return [_public(call, row, held.get(row.id, ())) for row in rows]

    statement = select(Learner).where(Learner.site_id == call.act.site_id)
    return LEARNERS.page(Page[LearnerPublic], session, call.act, query, statement, shown)


@operation(
    "GET",
    "/learners/{learner_id}",
    permission="learners:read",
    summary="Show a learner",
    tag=TAG,
    errors=(learners.UnknownLearner,),
    rows=lambda act, path: select(Learner.id).where(Learner.site_id == act.site_id, Learner.id == path.learner_id),
)
def get_learner(call: Call, path: LearnerPath, session: Session) -> LearnerPublic:
    """With the OCI IDs held now."""
    return show_learner(call, session, learners.by_id(session, call.act, path.learner_id))


@operation(
    "GET",
    "/learners/by/username/{username}",
    permission="learners:read",
    summary="Show the learner with a user name",
    tag=TAG,
    errors=(learners.UnknownLearner,),
)
def get_learner_by_username(call: Call, path: ByUsername, session: Session) -> LearnerPublic:
    """Case does not count. Percent-encode the name, a slash in it too."""
    return show_learner(call, session, learners.named(session, call.act, path.username))


@operation(
    "GET",
    "/learners/by/oci-id/{oci_id}",
    permission="learners:read",
    summary="Show the learner who holds an OCI ID",
    tag=TAG,
    errors=(learners.UnknownLearner, learners.SeveralLearners, InvalidOciId),
)
def get_learner_by_oci_id(call: Call, path: ByOciId, session: Session) -> LearnerPublic:
    """Who holds it now. Where two people hold it, nobody is picked."""
    return show_learner(call, session, learners.holder_of(session, call.act, OciId.parse(path.oci_id)))


@operation(
    "POST",
    "/learners",
    permission="learners:write",
    summary="Create a learner",
    tag=TAG,
    status=201,
    creates=get_learner,
    errors=(learners.LearnerTaken,),
    examples={"a learner": {"username": "aokafor", "given_name": "Amara", "family_name": "Okafor"}},
)
def create_learner(call: Call, body: LearnerCreate, session: Session) -> LearnerPublic:
    """Statements parked because nobody knew this person are projected again."""
    learner = learners.create(session, call.act, body.columns())
    _replay(call, session, learner)
    return show_learner(call, session, learner)


@operation(
    "PATCH",
    "/learners/{learner_id}",
    permission="learners:write",
    summary="Change a learner",
    tag=TAG,
    guards=get_learner,
    errors=(learners.UnknownLearner, learners.LearnerTaken, learners.LearnerLost),
    examples={"suspended": {"suspended": True, "reason": "Left the hospital"}},
)
def change_learner(call: Call, path: LearnerPath, body: LearnerUpdate, session: Session) -> LearnerPublic:
    """Suspended learners keep their records and are still found by recipients."""
    learner = learners.by_id(session, call.act, path.learner_id)
    if learners.change(session, call.act, learner, body.columns(), reason=body.reason):
        _replay(call, session, learner)
    return show_learner(call, session, learner)


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
    subjects: frozenset[str] = frozenset()
    if learner.home_page and learner.lms_user_id:
        subjects = agent_subjects("account", learner.home_page, learner.lms_user_id)
    usernames = frozenset({learner.username}) if learner.username else frozenset()
    if subjects or usernames:
        replay_awaited(call, session, Awaited(subjects, usernames))


OPERATIONS = (
    list_learners,
    create_learner,
    get_learner,
    get_learner_by_username,
    get_learner_by_oci_id,
    change_learner,
)
