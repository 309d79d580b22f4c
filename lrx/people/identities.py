"""Names statements know a learner by, beside the identity the LMS gave: mapped by a person."""

from uuid import UUID

from sqlmodel import Session, select

from lrx import audit
from lrx.access import Act
from lrx.address import address_forms, normal_address
from lrx.errors import Conflict, Fault, Invalid
from lrx.models import Identity
from lrx.text import text

__all__ = ["IdentityTaken", "map_identity", "subject", "subjects_of"]


class IdentityTaken(Conflict):
    """The name is mapped to somebody else."""

    code = "identity_taken"


def map_identity(
    session: Session, act: Act, learner_id: UUID, *, kind: str, home_page: str | None, value: str
) -> tuple[Identity, bool]:
    """Map the name to the learner; returns the identity and whether it is new. Raises `IdentityTaken` and `Invalid`."""
    if (kind == "account") != (home_page is not None):
        detail = text("An account has the address of its system as home_page, and nothing else has one.")
        raise Invalid(detail, faults=(Fault("/home_page", "home_page", detail),))
    address = normal_address(home_page) if home_page else ""
    found = session.exec(
        select(Identity).where(
            Identity.site_id == act.site_id,
            Identity.kind == kind,
            Identity.home_page == address,
            Identity.value == value,
        )
    ).first()
    if found is not None and found.learner_id != learner_id:
        raise IdentityTaken(
            text("This name is already mapped to the learner {id}.", id=str(found.learner_id)),
        )
    if found is not None:
        return found, False
    identity = Identity(
        id=act.new_id(),
        site_id=act.site_id,
        learner_id=learner_id,
        kind=kind,
        home_page=address,
        value=value,
        created_at=act.at,
    )
    session.add(identity)
    session.flush()
    audit.keep(session, act, "map_identity", "learner", learner_id, identity_id=str(identity.id), kind=kind)
    return identity, True


def subject(kind: str, home_page: str | None, value: str) -> str:
    """How statements parked for this name are marked."""
    return f"{kind}:{home_page or ''}|{value}"[:1000]


def subjects_of(kind: str, home_page: str | None, value: str) -> frozenset[str]:
    """All the marks of one name: an account's home page may have come with http or https."""
    forms = address_forms(home_page) if home_page else (None,)
    return frozenset(subject(kind, form, value) for form in forms)
