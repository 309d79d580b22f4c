"""Learners: found, created, changed. None is ever deleted; those who leave are suspended."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from lrx import audit
from lrx.access import Act
from lrx.address import address_forms, normal_address
from lrx.errors import Conflict, Fault, Invalid, NotFound
from lrx.lower_case import lower_case
from lrx.models import Learner, LearnerOciId
from lrx.oci_id import OciId
from lrx.people import rosters
from lrx.people.history import keep_change
from lrx.people.name_locks import lock_account
from lrx.people.names import folded_email, sort_name
from lrx.tables import lock_row
from lrx.text import text

__all__ = [
    "LearnerLost",
    "LearnerTaken",
    "SeveralLearners",
    "UnknownLearner",
    "by_id",
    "by_lms_user",
    "by_username",
    "change",
    "create",
    "holder_of",
    "named",
]

IDENTITY = {"username": "/username", "home_page": "/lms", "lms_user_id": "/lms"}
"""What a learner is found by, and where it lies in what is sent."""


class UnknownLearner(NotFound):
    """The site has no such learner."""

    code = "learner_unknown"


class SeveralLearners(Conflict):
    """Two learners of the site hold this OCI ID, and nobody is picked."""

    code = "several_learners"
    turn = "site_admin"


class LearnerTaken(Conflict):
    """Another learner of the site already has this user name or LMS identity."""

    code = "learner_taken"


class LearnerLost(Invalid):
    """The change would leave the learner with nothing to be found by."""

    code = "learner_lost"


def by_id(session: Session, act: Act, learner_id: UUID) -> Learner:
    """Return the learner. Raises `UnknownLearner`, for one of another site too."""
    learner = session.exec(select(Learner).where(Learner.site_id == act.site_id, Learner.id == learner_id)).first()
    if learner is None:
        raise UnknownLearner(
            text("There is no learner {id} at this site. Check the id; it may be of another site.", id=str(learner_id))
        )
    return learner


def by_username(session: Session, act: Act, username: str) -> Learner | None:
    """Return the learner with this user name; case does not count."""
    return session.exec(
        select(Learner).where(Learner.site_id == act.site_id, Learner.username == lower_case(username.strip()))
    ).first()


def named(session: Session, act: Act, username: str) -> Learner:
    """Return the learner with this user name; case does not count. Raises `UnknownLearner`."""
    learner = by_username(session, act, username)
    if learner is None:
        raise UnknownLearner(
            text("There is no learner with the user name {username} at this site. Check it.", username=username)
        )
    return learner


def holder_of(session: Session, act: Act, oci_id: OciId) -> Learner:
    """Return the learner who holds this OCI ID now. Raises `UnknownLearner`, and `SeveralLearners` for two of them."""
    held = select(col(LearnerOciId.learner_id)).where(
        LearnerOciId.site_id == act.site_id,
        LearnerOciId.oci_id == oci_id,
        col(LearnerOciId.held_until).is_(None),
    )
    found = session.exec(select(Learner).where(col(Learner.id).in_(held)).order_by(col(Learner.id)).limit(2)).all()
    if not found:
        raise UnknownLearner(text("Nobody at this site holds {oci_id}. Check it.", oci_id=str(oci_id)))
    if len(found) > 1:
        raise SeveralLearners(
            text(
                "Two learners hold {oci_id}: {first} and {second}. Correct one of them.",
                oci_id=str(oci_id),
                first=str(found[0].id),
                second=str(found[1].id),
            )
        )
    return found[0]


def by_lms_user(session: Session, act: Act, home_page: str, lms_user_id: str) -> Learner | None:
    """Return the learner the LMS at `home_page` knows by this user id; http and https are the same LMS."""
    return session.exec(
        select(Learner).where(
            Learner.site_id == act.site_id,
            col(Learner.home_page).in_(address_forms(home_page)),
            Learner.lms_user_id == lms_user_id,
        )
    ).first()


def create(session: Session, act: Act, fields: Mapping[str, Any], *, origin: str | None = None) -> Learner:
    """Create a learner of these fields (columns of `Learner`). Raises `LearnerTaken`."""
    values = _normal(fields)
    _refuse_taken(session, act, values, None)
    learner = Learner(
        id=act.new_id(), site_id=act.site_id, created_at=act.at, updated_at=act.at, sort_name="", **values
    )
    _fold(learner)
    session.add(learner)
    session.flush()
    for name, value in values.items():
        if value not in (None, False):
            keep_change(session, act, learner.id, name, None, value, origin=origin)
    audit.keep(session, act, "create", "learner", learner.id)
    return learner


def change(
    session: Session,
    act: Act,
    learner: Learner,
    fields: Mapping[str, Any],
    *,
    reason: str | None = None,
    origin: str | None = None,
) -> bool:
    """Change the learner to these fields and keep what each was. Returns whether anything changed. Raises
    `LearnerTaken`, and `LearnerLost` when neither a user name nor an LMS identity would be left."""
    if not _different(learner, fields):
        return False
    lock_row(session, learner)
    values = _different(learner, fields)
    if not values:
        return False
    after = {**learner.model_dump(), **values}
    _refuse_lost(values, after)
    _refuse_taken(session, act, after, learner.id)
    for name, value in values.items():
        keep_change(session, act, learner.id, name, getattr(learner, name), value, reason=reason, origin=origin)
        setattr(learner, name, value)
    learner.updated_at = act.at
    session.add(learner)
    if _fold(learner):
        rosters.rename(session, learner)
    session.flush()
    audit.keep(session, act, "change", "learner", learner.id, fields=sorted(values))
    return True


def _different(learner: Learner, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in _normal(fields).items() if getattr(learner, name) != value}


def _fold(learner: Learner) -> bool:
    """Let what is sorted and searched by follow the names; returns whether the learner is sorted elsewhere now."""
    before = learner.sort_name
    learner.sort_name, learner.email_folded = sort_name(learner), folded_email(learner.email)
    return learner.sort_name != before


def _normal(fields: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(fields)
    if values.get("username"):
        values["username"] = lower_case(values["username"].strip())
    if values.get("home_page"):
        values["home_page"] = normal_address(values["home_page"])
    return values


def _refuse_lost(values: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    if after["username"] or (after["home_page"] and after["lms_user_id"]):
        return
    places = {IDENTITY[name] for name in IDENTITY.keys() & values.keys()}
    if places:
        detail = text("Give a username or the LMS identity; a person without either is never found again.")
        raise LearnerLost(detail, faults=tuple(Fault(one, "identity_missing", detail) for one in sorted(places)))


def _refuse_taken(session: Session, act: Act, values: Mapping[str, Any], learner_id: UUID | None) -> None:
    username, home_page, lms_user_id = values.get("username"), values.get("home_page"), values.get("lms_user_id")
    holder = by_username(session, act, username) if username else None
    if holder is not None and holder.id != learner_id:
        detail = text("The learner {id} already has the user name {username}.", id=str(holder.id), username=username)
        raise LearnerTaken(detail, faults=(Fault("/username", "username_taken", detail),))
    if not (home_page and lms_user_id):
        return
    lock_account(session, act.site_id, home_page, lms_user_id)
    holder = by_lms_user(session, act, home_page, lms_user_id)
    if holder is not None and holder.id != learner_id:
        detail = text(
            "The learner {id} is already user {user} of {home_page}. Change that learner instead.",
            id=str(holder.id),
            user=lms_user_id,
            home_page=home_page,
        )
        raise LearnerTaken(detail, faults=(Fault("/lms/user_id", "lms_user_taken", detail),))
