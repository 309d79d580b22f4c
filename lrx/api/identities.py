"""`/learners/{learner_id}/identities`: other names statements know a learner by."""

from collections.abc import Iterator
from typing import Literal
from uuid import UUID

from pydantic import Field
from sqlmodel import Session, col, select

from lrx.api.listing import Listing, ListQuery, Sort, each, equal, one_of
from lrx.api.operation import Answer, Call, operation
from lrx.api.pagination import Page
from lrx.api.replaying import replay_awaited
from lrx.api.values import LEARNERS as TAG
from lrx.api.values import In, Instant, LearnerPath, Out, Reason
from lrx.errors import Fault
from lrx.faults import InvalidContent, summary
from lrx.models import Identity
from lrx.people import identities, learners
from lrx.xapi.parts import IDENTIFIERS, IRI
from lrx.xapi.subjects import Awaited, agent_subjects

__all__ = ["OPERATIONS"]


IdentityKind = Literal["account", "mbox", "mbox_sha1sum", "openid"]


class IdentityCreate(In):
    """Another name statements know the learner by."""

    kind: IdentityKind
    home_page: str | None = Field(default=None, max_length=300)
    """For an account: the address of its system."""
    value: str = Field(min_length=1, max_length=320)
    """The account's name, the e-mail address, the digest or the OpenID."""
    reason: Reason | None = None


class IdentityPath(In):
    """Which identity of which learner."""

    learner_id: UUID
    identity_id: UUID


class IdentityPublic(Out):
    """A name statements know a learner by."""

    object: Literal["identity"] = "identity"
    id: UUID
    learner_id: UUID
    kind: str
    home_page: str | None
    value: str
    created_at: Instant


IDENTITIES = Listing[Identity](
    "identities",
    col(Identity.id),
    default="created_at",
    sorts={"created_at": Sort(col(Identity.id), UUID)},
    filters=(one_of("kind", col(Identity.kind), IdentityKind), equal("value", col(Identity.value))),
)


@operation(
    "GET",
    "/learners/{learner_id}/identities",
    permission="learners:read",
    summary="List the names statements know a learner by",
    tag=TAG,
    errors=(learners.UnknownLearner,),
    listing=IDENTITIES,
)
def list_identities(call: Call, path: LearnerPath, query: ListQuery, session: Session) -> Page[IdentityPublic]:
    """Those given by a person; the identity of the LMS is in the learner itself."""
    learners.by_id(session, call.act, path.learner_id)
    statement = select(Identity).where(Identity.site_id == call.act.site_id, Identity.learner_id == path.learner_id)

    return IDENTITIES.page(Page[IdentityPublic], session, call.act, query, statement, each(_public_identity))


@operation(
    "GET",
    "/learners/{learner_id}/identities/{identity_id}",
    permission="learners:read",
    summary="Show a name statements know a learner by",
    tag=TAG,
    errors=(learners.UnknownLearner, identities.UnknownIdentity),
    rows=lambda act, path: select(Identity.id).where(
        Identity.site_id == act.site_id, Identity.learner_id == path.learner_id, Identity.id == path.identity_id
    ),
)
def get_identity(call: Call, path: IdentityPath, session: Session) -> IdentityPublic:
    """One of those given by a person."""
    learner = learners.by_id(session, call.act, path.learner_id)
    return _public_identity(identities.identity_by_id(session, call.act, learner.id, path.identity_id))


@operation(
    "POST",
    "/learners/{learner_id}/identities",
    permission="learners:write",
    summary="Map a name statements use to a learner",
    tag=TAG,
    status=201,
    also=(200,),
    creates=get_identity,
    errors=(learners.UnknownLearner, identities.IdentityTaken),
    examples={"an e-mail": {"kind": "mbox", "value": "amara.okafor@example.org"}},
)
def map_identity(call: Call, path: LearnerPath, body: IdentityCreate, session: Session) -> Answer[IdentityPublic]:
    """Statements parked under this name are projected again. It is written as agents of statements are: what no
    statement could hold would never match one."""
    if faults := tuple(_faults(body)):
        raise InvalidContent(summary(faults), faults=faults)
    learner = learners.by_id(session, call.act, path.learner_id)
    identity, is_new = identities.map_identity(
        session, call.act, learner.id, kind=body.kind, home_page=body.home_page, value=body.value, reason=body.reason
    )
    subjects = agent_subjects(identity.kind, identity.home_page or None, identity.value)
    replay_awaited(call, session, Awaited(subjects=subjects))
    return Answer(_public_identity(identity), status=201 if is_new else 200)


@operation(
    "DELETE",
    "/learners/{learner_id}/identities/{identity_id}",
    permission="learners:write",
    summary="Unmap a name from a learner",
    tag=TAG,
    guards=get_identity,
    errors=(learners.UnknownLearner, identities.UnknownIdentity),
)
def unmap_identity(call: Call, path: IdentityPath, session: Session) -> None:
    """For statements to come. Records made through it stay; void them where they are somebody else's."""
    learner = learners.by_id(session, call.act, path.learner_id)
    identities.unmap_identity(session, call.act, learner.id, path.identity_id)


def _faults(body: IdentityCreate) -> Iterator[Fault]:
    match body.kind:
        case "account":
            yield from IRI(body.home_page, "/home_page") if body.home_page is not None else ()
        case "mbox":
            yield from IDENTIFIERS["mbox"](f"mailto:{body.value.removeprefix('mailto:')}", "/value")
        case kind:
            yield from IDENTIFIERS[kind](body.value, "/value")


def _public_identity(identity: Identity) -> IdentityPublic:
    return IdentityPublic(**identity.model_dump(exclude={"site_id", "home_page"}), home_page=identity.home_page or None)


OPERATIONS = (list_identities, get_identity, map_identity, unmap_identity)
