"""Who acts, and whether they may. Every route names its permission; `permit` is the only place that decides."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from lrx.errors import Forbidden
from lrx.text import Text, text

__all__ = ["ALL_SCOPES", "PERMISSIONS", "Act", "Caller", "permit"]

PERMISSIONS: Mapping[str, Text] = {
    "public": text("Anyone, without a credential."),
    "signed-in": text("Any administrator who has signed in."),
    "api-key": text("Any API key."),
    "statements:write": text("Send statements."),
    "statements:read": text("See statements set aside and parked."),
    "statements:replay": text("Replay statements, corrected ones too: what they say counts."),
    "learners:read": text("See learners and their OCI IDs."),
    "learners:write": text("Create and change learners and their OCI IDs."),
    "courses:read": text("See courses, activities and their recipients."),
    "courses:write": text("Create and change courses and activities."),
    "course-recipients:write": text("Add recipients to courses and remove them."),
    "recipients:read": text("See the recipients of the site."),
    "recipients:write": text(
        "Switch recipients on and off, change their settings and credentials, and what other sites are told."
    ),
    "records:read": text("See learning records and deliveries."),
    "records:write": text("Send completions to be recorded."),
    "records:void": text("Void records and let them expire, take either back, reset courses, promote amendments."),
    "inquiries:read": text("See what recipients asked and were answered."),
    "diagnoses:read": text("See the diagnoses and sweeps that were made."),
    "diagnoses:make": text("Find out why a completion is missing at a recipient."),
    "jobs:read": text("See bulk work under way and what became of it."),
    "audit:read": text("See the audit log, earlier settings, and alerts."),
    "credentials:read": text("See the credentials of systems, without their secrets."),
    "credentials:write": text("Issue credentials with permissions one has oneself, and revoke any."),
    "transcripts:ask": text("Ask for learning records as a recipient."),
}

ALL_SCOPES = tuple(
    name
    for name in PERMISSIONS
    if name not in ("public", "signed-in", "api-key", "statements:write", "transcripts:ask")
)
"""What an API key or an administrator can be given."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody known: a system's credential, an administrator, or the product itself. Belongs to one site."""

    kind: str
    id: str
    site_id: UUID
    zone: ZoneInfo
    scopes: frozenset[str]
    language: str | None = None

    @property
    def actor(self) -> str:
        """How audit rows and histories name the caller: kind and id, never a person's name."""
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Act:
    """One act of one caller: who, for which site, when, in which request. Services take it instead of reading the
    world."""

    site_id: UUID
    zone: ZoneInfo
    actor: str
    request_id: str
    at: datetime
    new_id: Callable[[], UUID]


def permit(caller: Caller, permission: str) -> None:
    """Return when `caller` has `permission`, raise `Forbidden` naming it when not."""
    if permission not in PERMISSIONS:
        raise KeyError(permission)
    if (
        permission == "public"
        or permission in caller.scopes
        or (permission == "signed-in" and caller.kind == "administrator")
        or (permission == "api-key" and caller.kind == "api")
    ):
        return
    raise Forbidden(
        text("This needs the permission {permission}. Ask a site administrator for it.", permission=permission)
    )
