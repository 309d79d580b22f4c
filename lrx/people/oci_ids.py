"""OCI IDs given to learners and taken away. Who holds one may be found by it, so each change runs the checks again."""

from collections.abc import Mapping
from itertools import zip_longest
from uuid import UUID

from sqlmodel import Session, col, select

from lrx import audit
from lrx.access import Act
from lrx.delivery.outbox import lock_learner, reconsider_learner
from lrx.errors import Conflict, Fault, Invalid, NotFound
from lrx.models import Learner, LearnerOciId, ProfileField
from lrx.oci_id import OciId
from lrx.people.history import keep_change
from lrx.people.profile_fields import require_field
from lrx.recipient import Recipient
from lrx.text import text

__all__ = ["OciIdNotHeld", "OciIdTaken", "give", "held", "replace", "replace_primary"]


class OciIdTaken(Conflict):
    """Somebody else of the site holds this OCI ID."""

    code = "oci_id_taken"
    turn = "site_admin"

    def __init__(self, oci_id: OciId, holder: UUID) -> None:
        self.oci_id = oci_id
        detail = text(
            "The learner {holder} already holds {oci_id}. Correct whichever of the two is wrong; suspended people "
            "count too.",
            holder=str(holder),
            oci_id=str(oci_id),
        )
        super().__init__(detail, faults=(Fault("/oci_id", self.code, detail),))


class OciIdNotHeld(NotFound):
    """The learner does not hold this OCI ID."""

    code = "oci_id_not_held"


def held(session: Session, act: Act, learner_id: UUID) -> list[LearnerOciId]:
    """Return what the learner holds now, the primary one first."""
    query = select(LearnerOciId).where(
        LearnerOciId.site_id == act.site_id,
        LearnerOciId.learner_id == learner_id,
        col(LearnerOciId.held_until).is_(None),
    )
    return list(
        session.exec(
            query.order_by(col(LearnerOciId.is_primary).desc(), col(LearnerOciId.held_from), col(LearnerOciId.id))
        )
    )


def give(
    session: Session,
    act: Act,
    recipients: Mapping[str, Recipient],
    learner_id: UUID,
    oci_id: OciId,
    *,
    primary: bool = True,
    reason: str | None = None,
    origin: str | None = None,
) -> LearnerOciId:
    """Let the learner hold `oci_id` from now on, beside what they hold already. Giving it again changes nothing but
    `primary`.

    Raises `ProfileFieldMissing`, and `OciIdTaken` when somebody else holds it and the field is unique.
    """
    field = require_field(session, act)
    lock_learner(session, learner_id)
    is_new = all(one.oci_id != oci_id for one in held(session, act, learner_id))
    given, is_changed = _hold(session, act, field, learner_id, oci_id, primary=primary)
    if is_new:
        keep_change(session, act, learner_id, "oci_id", None, oci_id, reason=reason, origin=origin)
    if is_changed:
        reconsider_learner(session, act, recipients, learner_id)
    return given


def replace_primary(
    session: Session,
    act: Act,
    recipients: Mapping[str, Recipient],
    learner_id: UUID,
    oci_id: OciId,
    *,
    reason: str | None = None,
    origin: str | None = None,
) -> list[LearnerOciId]:
    """Let the learner hold `oci_id` in place of the primary one held so far, and the others still. Raises
    `OciIdTaken`."""
    require_field(session, act)
    lock_learner(session, learner_id)  # before the others are read: somebody may be giving one at this moment
    others = [one.oci_id for one in held(session, act, learner_id) if not one.is_primary]
    wanted = list(dict.fromkeys((oci_id, *others)))
    return replace(session, act, recipients, learner_id, wanted, reason=reason, origin=origin)


def replace(
    session: Session,
    act: Act,
    recipients: Mapping[str, Recipient],
    learner_id: UUID,
    oci_ids: list[OciId],
    *,
    reason: str | None = None,
    origin: str | None = None,
) -> list[LearnerOciId]:
    """Let the learner hold exactly these, the first one primary. The history tells what took the place of what.

    Raises `OciIdTaken`, and `Invalid` for none at all where the profile field is required.
    """
    field = require_field(
        session, act
    )  # before the learner, as `give` does: two people's changes never wait for each other
    if not oci_ids and field.required:
        detail = text("The OCI ID is required at this site. Enter at least one.")
        raise Invalid(detail, faults=(Fault("/oci_ids", "oci_id_required", detail),))
    lock_learner(session, learner_id)
    before = [one.oci_id for one in held(session, act, learner_id)]
    ended = [one for one in before if one not in oci_ids]
    new = [one for one in dict.fromkeys(oci_ids) if one not in before]
    for one in ended:
        _end(session, act, learner_id, one)
    for place, oci_id in enumerate(oci_ids):
        _hold(session, act, field, learner_id, oci_id, primary=place == 0)
    for was, became in zip_longest(ended, new):
        keep_change(session, act, learner_id, "oci_id", was, became, reason=reason, origin=origin)
    reconsider_learner(session, act, recipients, learner_id)
    return held(session, act, learner_id)


def _hold(
    session: Session, act: Act, field: ProfileField, learner_id: UUID, oci_id: OciId, *, primary: bool
) -> tuple[LearnerOciId, bool]:
    """Let the learner hold it beside the others; returns it, and whether anything changed."""
    if field.is_unique:
        _refuse_taken(session, act, learner_id, oci_id)
    mine = held(session, act, learner_id)
    given = next((one for one in mine if one.oci_id == oci_id), None)
    if given is not None and (given.is_primary or not primary):
        return given, False
    if primary:
        for other in mine:
            other.is_primary = False
            session.add(other)
    if given is None:
        given = LearnerOciId(
            id=act.new_id(),
            site_id=act.site_id,
            learner_id=learner_id,
            oci_id=oci_id,
            number=oci_id.number,
            is_primary=primary or not mine,
            held_from=act.at,
        )
    given.is_primary = primary or given.is_primary
    session.add(given)
    session.flush()
    _keep_changed(session, act, "give_oci_id", learner_id)
    return given, True


def _end(session: Session, act: Act, learner_id: UUID, oci_id: OciId) -> None:
    mine = held(session, act, learner_id)
    ended = next(one for one in mine if one.oci_id == oci_id)
    ended.held_until = act.at
    session.add(ended)
    remaining = [one for one in mine if one is not ended]
    if ended.is_primary and remaining:
        remaining[0].is_primary = True
        session.add(remaining[0])
    session.flush()
    _keep_changed(session, act, "take_oci_id", learner_id)


def _keep_changed(session: Session, act: Act, action: str, learner_id: UUID) -> None:
    """The learner is shown with the OCI IDs, so who copies learners gets them anew."""
    session.get_one(Learner, learner_id).updated_at = act.at
    session.flush()
    audit.keep(session, act, action, "learner", learner_id)


def _refuse_taken(session: Session, act: Act, learner_id: UUID, oci_id: OciId) -> None:
    holder = session.exec(
        select(LearnerOciId.learner_id).where(
            LearnerOciId.site_id == act.site_id,
            LearnerOciId.oci_id == oci_id,
            LearnerOciId.learner_id != learner_id,
            col(LearnerOciId.held_until).is_(None),
        )
    ).first()
    if holder is not None:
        raise OciIdTaken(oci_id, holder)
