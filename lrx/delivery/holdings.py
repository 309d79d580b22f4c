"""What deliveries are decided by beside the records: OCI IDs held, recipients of courses and since when, and settings
of sites."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import Session

from lrx.eligibility import Interval
from lrx.models import CourseRecipient, LearnerOciId, RecipientInterval, SiteRecipient
from lrx.oci_id import OciId
from lrx.recipient import Recipient
from lrx.tables import Rows, among, same

__all__ = ["Link", "enabled_settings", "held_oci_ids", "intervals_of", "is_enabled", "links_of", "site_settings"]


class Link(NamedTuple):
    """One recipient of a course."""

    id: UUID
    course_id: UUID
    recipient: str


class _Span(NamedTuple):
    course_recipient_id: UUID
    added_at: datetime
    removed_at: datetime | None


class _Held(NamedTuple):
    learner_id: UUID
    oci_id: OciId
    is_primary: bool
    held_from: datetime
    id: UUID


_LINKS = Rows(Link, CourseRecipient, lambda of: (same(of.site_id), among(of.course_id)))
_HELD = Rows(_Held, LearnerOciId, lambda of: (same(of.site_id), among(of.learner_id), of.held_until.is_(None)))
_SPANS = Rows(_Span, RecipientInterval, lambda of: (same(of.site_id), among(of.course_recipient_id)), "added_at")


def links_of(
    session: Session, site_id: UUID, course_ids: Collection[UUID], recipients: Collection[str]
) -> dict[UUID, list[Link]]:
    """Return the recipients of each course that are among `recipients`; a course without one is left out."""
    found: dict[UUID, list[Link]] = {}
    for link in _LINKS.read_pieces(session, course_ids, site_id=site_id):
        if link.recipient in recipients:
            found.setdefault(link.course_id, []).append(link)
    return found


def held_oci_ids(session: Session, site_id: UUID, learner_ids: Collection[UUID]) -> dict[UUID, tuple[OciId, ...]]:
    """Return the OCI IDs each learner holds now, the primary one first."""
    held = _HELD.read_pieces(session, learner_ids, site_id=site_id)
    found: dict[UUID, tuple[OciId, ...]] = {}
    for one in sorted(held, key=lambda one: (not one.is_primary, one.held_from, one.id)):
        found[one.learner_id] = (*found.get(one.learner_id, ()), one.oci_id)
    return found


def intervals_of(session: Session, site_id: UUID, link_ids: Collection[UUID]) -> dict[UUID, tuple[Interval, ...]]:
    """Return the effective intervals of each course recipient, oldest first."""
    found: dict[UUID, tuple[Interval, ...]] = {}
    for span in _SPANS.read_pieces(session, set(link_ids), site_id=site_id):
        earlier = found.get(span.course_recipient_id, ())
        found[span.course_recipient_id] = (*earlier, Interval(span.added_at, span.removed_at))
    return found


class _OfSite(NamedTuple):
    enabled: bool
    settings: dict[str, Any]


_OF_SITE = Rows(_OfSite, SiteRecipient, lambda of: (same(of.site_id), same(of.recipient)))


def site_settings(session: Session, site_id: UUID, recipient: Recipient) -> BaseModel:
    """Return the recipient's settings at a site, its defaults where none are stored."""
    stored = _OF_SITE.read(session, site_id=site_id, recipient=recipient.code)
    return recipient.site_settings.model_validate(stored[0].settings if stored else {})


def enabled_settings(session: Session, site_id: UUID, recipient: Recipient) -> BaseModel | None:
    """Return the recipient's settings at a site that uses it; None where it is not used."""
    stored = _OF_SITE.read(session, site_id=site_id, recipient=recipient.code)
    return recipient.site_settings.model_validate(stored[0].settings) if stored and stored[0].enabled else None


def is_enabled(session: Session, site_id: UUID, recipient: str) -> bool:
    """Whether the site uses the recipient."""
    return any(one.enabled for one in _OF_SITE.read(session, site_id=site_id, recipient=recipient))
