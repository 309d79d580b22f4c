"""`/profile-fields/ociid` and `/colleges`: the field OCI IDs stand in, and the colleges whose numbers make one."""

from typing import Literal
from uuid import UUID

from pydantic import Field
from sqlmodel import Session, select

from lrx import colleges
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.values import Advice, In, Instant, Line, Out
from lrx.delivery.holdings import site_settings
from lrx.errors import Conflict
from lrx.models import ProfileField, VisibleTo
from lrx.oci_id import OciId
from lrx.people import profile_fields
from lrx.recipient import PullRecipient
from lrx.text import say

__all__ = ["OPERATIONS"]


class ProfileFieldCreate(In):
    """The settings of the field, with the recommended defaults."""

    shortname: str = Field(default=profile_fields.SHORTNAME, max_length=100)
    name: Line = "OCI ID"
    required: bool = False
    is_unique: bool = True
    """Should the data be unique? Recommended: otherwise two people can hold one OCI ID."""
    locked: bool = True
    """Only administrators change it."""
    visible_to: VisibleTo = Field(default=VisibleTo.USER, strict=False)


class ProfileFieldUpdate(In):
    """What to change; what is left out stays."""

    name: Line | None = None
    required: bool | None = None
    is_unique: bool | None = None
    locked: bool | None = None
    visible_to: VisibleTo | None = Field(default=None, strict=False)


class ProfileFieldPublic(Out):
    """The OCI ID profile field of the site."""

    object: Literal["profile_field"] = "profile_field"
    id: UUID
    shortname: str
    name: str
    required: bool
    is_unique: bool
    locked: bool
    visible_to: VisibleTo
    created_at: Instant
    warnings: list[Advice]


class CollegePublic(Out):
    """A college whose numbers make an OCI ID."""

    object: Literal["college"] = "college"
    code: str
    prefix: str
    acronym: str
    name_en: str
    name_fr: str
    number_shape: str | None
    """What its numbers usually look like; another shape is a warning, never a refusal."""
    naming_system: str | None
    served_by: list[str]
    """Recipients that follow people of this college at this site."""


@operation(
    "GET",
    "/profile-fields/ociid",
    permission="learners:read",
    summary="Show the OCI ID profile field",
    tag="profile field",
    errors=(profile_fields.ProfileFieldMissing,),
    rows=lambda act, _path: select(ProfileField.id).where(ProfileField.site_id == act.site_id),
)
def get_profile_field(call: Call, session: Session) -> ProfileFieldPublic:
    """With warnings about how it is set."""
    field = profile_fields.field_of(session, call.act)
    if field is None:
        raise profile_fields.missing()
    return _public(call, field)


@operation(
    "POST",
    "/profile-fields",
    permission="learners:write",
    summary="Create the OCI ID profile field",
    tag="profile field",
    status=201,
    creates=get_profile_field,
    errors=(Conflict,),
    examples={"recommended": {}},
)
def create_profile_field(call: Call, body: ProfileFieldCreate, session: Session) -> ProfileFieldPublic:
    """As Site administration > Users > Accounts > User profile fields > Create a new profile field does."""
    return _public(call, profile_fields.create_field(session, call.act, **body.model_dump()))


@operation(
    "PATCH",
    "/profile-fields/ociid",
    permission="learners:write",
    summary="Change the OCI ID profile field",
    tag="profile field",
    guards=get_profile_field,
    errors=(profile_fields.ProfileFieldMissing, Conflict),
    examples={"not unique": {"is_unique": False}},
)
def change_profile_field(call: Call, body: ProfileFieldUpdate, session: Session) -> ProfileFieldPublic:
    """Turning unique off is possible and answered with a warning."""
    changes = {name: value for name, value in body.model_dump(exclude_unset=True).items() if value is not None}
    return _public(call, profile_fields.change_field(session, call.act, changes))


@operation("GET", "/colleges", permission="learners:read", summary="List colleges", tag="colleges")
def list_colleges(call: Call, session: Session) -> Page[CollegePublic]:
    """All of them, in one page."""
    pulls = [one for one in call.exchange.recipients.values() if isinstance(one, PullRecipient)]
    settings = {one.code: site_settings(session, call.act.site_id, one) for one in pulls}
    shown = [
        CollegePublic(
            code=college.code,
            prefix=college.prefix,
            acronym=college.acronym,
            name_en=college.name("en"),
            name_fr=college.name("fr"),
            number_shape=college.number_shape,
            naming_system=college.naming_system,
            served_by=[
                one.code for one in pulls if one.serves(OciId("CA", "ON", college.code, "0"), settings[one.code])
            ],
        )
        for college in colleges.colleges().values()
    ]
    return Page[CollegePublic](data=shown, has_more=False, next_cursor=None)


def _public(call: Call, field: ProfileField) -> ProfileFieldPublic:
    warnings = [Advice(code="not_unique", detail=say(one, call.language)) for one in profile_fields.warnings_for(field)]
    return ProfileFieldPublic(**field.model_dump(exclude={"site_id"}), warnings=warnings)


OPERATIONS = (get_profile_field, create_profile_field, change_profile_field, list_colleges)
