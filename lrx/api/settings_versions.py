"""`/settings-versions`: settings of courses and recipients as they were, who changed them and when. None is ever
changed."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlmodel import Session, col, select

from lrx.api.listing import Listing, ListQuery, Sort, each, one_of, within
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.values import Instant, Out
from lrx.models import SettingsOf, SettingsVersion

__all__ = ["OPERATIONS"]


class SettingsVersionPublic(Out):
    """The whole set of values after one change; the latest one at an instant held then."""

    object: Literal["settings_version"] = "settings_version"
    seq: int
    subject_kind: SettingsOf
    subject_id: UUID
    """Of the course, of the course's recipient, or of the recipient at the site."""
    values: dict[str, Any]
    """Never credentials."""
    changed_at: Instant
    actor: str
    """`system:migration` where a version stands for what was there before versions were kept."""


VERSIONS = Listing[SettingsVersion](
    "settings-versions",
    col(SettingsVersion.seq),
    key_kind=int,
    default="changed_at",
    sorts={"changed_at": Sort(col(SettingsVersion.changed_at), datetime)},
    filters=(
        one_of("subject_kind", col(SettingsVersion.subject_kind), SettingsOf),
        one_of("subject_id", col(SettingsVersion.subject_id), UUID),
        *within("changed_at", col(SettingsVersion.changed_at)),
    ),
    synced="changed_at",
)


@operation(
    "GET",
    "/settings-versions",
    permission="audit:read",
    summary="List versions of settings",
    tag="audit",
    listing=VERSIONS,
)
def list_settings_versions(call: Call, query: ListQuery, session: Session) -> Page[SettingsVersionPublic]:
    """Oldest first. What held at a past instant: `subject_id=…&changed_at[lte]=…&sort=-changed_at&limit=1`."""
    statement = select(SettingsVersion).where(SettingsVersion.site_id == call.act.site_id)
    return VERSIONS.page(Page[SettingsVersionPublic], session, call.act, query, statement, each(_shown))


def _shown(version: SettingsVersion) -> SettingsVersionPublic:
    return SettingsVersionPublic.model_validate(version.model_dump(exclude={"site_id"}))


OPERATIONS = (list_settings_versions,)
