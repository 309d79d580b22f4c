"""The OCI ID profile field, as a site administrator creates it under User profile fields."""

from sqlmodel import Session, col, func, select

from lrx import audit
from lrx.access import Act
from lrx.errors import Conflict, Fault, Invalid
from lrx.models import LearnerOciId, ProfileField, VisibleTo
from lrx.text import Text, text

__all__ = [
    "ProfileFieldMissing",
    "change_field",
    "create_field",
    "field_of",
    "missing",
    "require_field",
    "warnings_for",
]

SHORTNAME = "ociid"
"""The short name the uploads and the LMS know the field by."""


class ProfileFieldMissing(Conflict):
    """The site has no OCI ID profile field yet."""

    code = "profile_field_missing"
    turn = "site_admin"


def field_of(session: Session, act: Act) -> ProfileField | None:
    """Return the OCI ID profile field of the site."""
    return session.exec(
        select(ProfileField).where(ProfileField.site_id == act.site_id, ProfileField.shortname == SHORTNAME)
    ).first()


def require_field(session: Session, act: Act) -> ProfileField:
    """Return the field, locked until the end of the transaction, so that two people cannot be given one OCI ID at once.

    Raises `ProfileFieldMissing`.
    """
    field = session.exec(
        select(ProfileField)
        .where(ProfileField.site_id == act.site_id, ProfileField.shortname == SHORTNAME)
        .with_for_update()
    ).first()
    if field is None:
        raise missing()
    return field


def missing() -> ProfileFieldMissing:
    """The error that says that the site has no field yet, and who creates it."""
    return ProfileFieldMissing(
        text(
            "The site has no OCI ID profile field. A site administrator creates it first: POST /api/v1/profile-fields."
        )
    )


def create_field(
    session: Session,
    act: Act,
    *,
    shortname: str = SHORTNAME,
    name: str = "OCI ID",
    required: bool = False,
    is_unique: bool = True,
    locked: bool = True,
    visible_to: VisibleTo = VisibleTo.USER,
) -> ProfileField:
    """Create the field; the defaults are the recommended ones. Raises `Conflict` when there is one already."""
    if shortname != SHORTNAME:
        detail = text("The short name is ociid; uploads and the LMS know the field by it.")
        raise Invalid(detail, faults=(Fault("/shortname", "shortname_fixed", detail, SHORTNAME),))
    if field_of(session, act) is not None:
        raise Conflict(text("The site already has the OCI ID profile field. Change it instead."))
    field = ProfileField(
        id=act.new_id(),
        site_id=act.site_id,
        shortname=shortname,
        name=name,
        required=required,
        is_unique=is_unique,
        locked=locked,
        visible_to=visible_to,
        created_at=act.at,
    )
    session.add(field)
    session.flush()
    audit.keep(session, act, "create", "profile_field", field.id, is_unique=is_unique)
    return field


def change_field(session: Session, act: Act, changes: dict[str, object]) -> ProfileField:
    """Change the field. Raises `ProfileFieldMissing`, and `Conflict` when it would become unique while values are
    not."""
    field = require_field(session, act)
    if changes.get("is_unique") and not field.is_unique and _has_duplicates(session, act):
        raise Conflict(text("Some OCI IDs are held by more than one person. Correct these first, then turn unique on."))
    for name, value in changes.items():
        setattr(field, name, value)
    session.add(field)
    audit.keep(session, act, "change", "profile_field", field.id, fields=sorted(changes))
    return field


def warnings_for(field: ProfileField) -> tuple[Text, ...]:
    """What an administrator should know about the field as it is set."""
    if field.is_unique:
        return ()
    return (
        text(
            "The OCI ID is not unique: two people can hold the same one, and then recipients are told about "
            "neither. Turn unique on."
        ),
    )


def _has_duplicates(session: Session, act: Act) -> bool:
    query = (
        select(col(LearnerOciId.oci_id))
        .where(LearnerOciId.site_id == act.site_id, col(LearnerOciId.held_until).is_(None))
        .group_by(col(LearnerOciId.oci_id))
        .having(func.count(func.distinct(col(LearnerOciId.learner_id))) > 1)
    )
    return session.exec(query.limit(1)).first() is not None
