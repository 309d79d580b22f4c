"""Names statements know a learner by, beside the identity the LMS gave: mapped by a person."""

from uuid import UUID

from sqlmodel import Session, col, select

from lrx import audit
from lrx.access import Act
from lrx.address import address_forms, normal_address, normal_mailbox
from lrx.errors import Conflict, Fault, Invalid, NotFound
from lrx.lower_case import lower_case
from lrx.models import Identity, Learner
from lrx.people.history import keep_change
from lrx.people.name_locks import lock_account
from lrx.text import text

__all__ = ["IdentityTaken", "UnknownIdentity", "identity_by_id", "learner_known_as", "map_identity", "unmap_identity"]


class IdentityTaken(Conflict):
    """The name is mapped to somebody else."""

    code = "identity_taken"


class UnknownIdentity(NotFound):
    """The learner is not known by this name."""

    code = "identity_unknown"


def identity_by_id(session: Session, act: Act, learner_id: UUID, identity_id: UUID) -> Identity:
    """Return this name of the learner. Raises `UnknownIdentity`."""
    identity = session.exec(
        select(Identity).where(
            Identity.site_id == act.site_id, Identity.learner_id == learner_id, Identity.id == identity_id
        )
    ).first()
    if identity is None:
        raise UnknownIdentity(text("The learner is not known by such a name. List the learner’s identities first."))
    return identity


def learner_known_as(session: Session, act: Act, kind: str, home_page: str | None, value: str) -> Learner | None:
    """Return the learner to whom a person has mapped this name; http and https are the same home page."""
    identity = _find(session, act, kind, home_page, value)
    return session.get_one(Learner, identity.learner_id) if identity else None


def map_identity(
    session: Session,
    act: Act,
    learner_id: UUID,
    *,
    kind: str,
    home_page: str | None,
    value: str,
    reason: str | None = None,
) -> tuple[Identity, bool]:
    """Map the name to the learner; returns the identity and whether it is new. Raises `IdentityTaken` and `Invalid`."""
    if (kind == "account") != (home_page is not None):
        detail = text("An account has the address of its system as home_page, and nothing else has one.")
        raise Invalid(detail, faults=(Fault("/home_page", "home_page", detail),))
    if home_page:
        lock_account(session, act.site_id, home_page, value)
    found = _find(session, act, kind, home_page, value)
    if found is not None and found.learner_id != learner_id:
        raise IdentityTaken(
            text("This name is already mapped to the learner {id}. Unmap it there first.", id=str(found.learner_id))
        )
    if found is not None:
        return found, False
    identity = Identity(
        id=act.new_id(),
        site_id=act.site_id,
        learner_id=learner_id,
        kind=kind,
        home_page=normal_address(home_page) if home_page else "",
        value=_normal(kind, value),
        created_at=act.at,
    )
    session.add(identity)
    session.flush()
    keep_change(session, act, learner_id, "identity", None, _shown(identity), reason=reason)
    audit.keep(session, act, "map_identity", "learner", learner_id, identity_id=str(identity.id), kind=kind)
    return identity, True


def unmap_identity(session: Session, act: Act, learner_id: UUID, identity_id: UUID) -> None:
    """End the mapping for statements to come; records made through it stay. Raises `UnknownIdentity`."""
    identity = identity_by_id(session, act, learner_id, identity_id)
    keep_change(session, act, learner_id, "identity", _shown(identity), None)
    session.delete(identity)
    audit.keep(session, act, "unmap_identity", "learner", learner_id, identity_id=str(identity_id))


def _find(session: Session, act: Act, kind: str, home_page: str | None, value: str) -> Identity | None:
    forms = address_forms(home_page) if home_page else ("",)
    return session.exec(
        select(Identity).where(
            Identity.site_id == act.site_id,
            Identity.kind == kind,
            col(Identity.home_page).in_(forms),
            Identity.value == _normal(kind, value),
        )
    ).first()


def _normal(kind: str, value: str) -> str:
    """The value as agents of statements are compared."""
    match kind:
        case "mbox":
            return normal_mailbox(value)
        case "mbox_sha1sum":
            return lower_case(value)
        case _:
            return value


def _shown(identity: Identity) -> str:
    return f"{identity.kind}:{identity.home_page}|{identity.value}"
