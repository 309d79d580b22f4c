"""What deliveries are decided by beside the records: OCI IDs held, recipients of courses and since when, and settings
of sites."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlmodel import Session

from lrx.database import pieces
from lrx.eligibility import Interval
from lrx.models import CourseRecipient, LearnerOciId, RecipientInterval, SiteRecipient
from lrx.oci_id import OciId
from lrx.recipient import Recipient
from lrx.tables import Rows, among, interned, same, table

__all__ = [
    "Receiving",
    "enabled_settings",
    "held_oci_ids",
    "intervals_of",
    "is_enabled",
    "settings_to_judge_by",
    "site_settings",
]


Receiving: TypeAlias = dict[str, tuple[Interval, ...]]
"""The recipients of a course, each with its effective intervals, oldest first."""


class _Held(NamedTuple):
    learner_id: UUID
    oci_id: OciId
    is_primary: bool
    held_from: datetime
    id: UUID


_HELD = Rows(_Held, LearnerOciId, lambda of: (same(of.site_id), among(of.learner_id), of.held_until.is_(None)))


def intervals_of(session: Session, site_id: UUID, course_ids: Collection[UUID]) -> dict[UUID, Receiving]:
    """Return who receives from each course, and in which effective intervals, oldest first. A course that never had a
    recipient is left out."""
    session.flush()
    found: dict[UUID, Receiving] = {}
    for some in pieces(course_ids):
        rows = session.connection().execute(_intervals(), {"site_id": site_id, "some": some})
        for course_id, recipient, added_at, removed_at in rows:
            receiving = found.setdefault(course_id, {})
            receiving[recipient] = (*receiving.get(recipient, ()), Interval(added_at, removed_at))
    return found


@cache
def _intervals() -> sa.Select[Any]:
    links, spans = table(CourseRecipient), table(RecipientInterval)
    of = sa.and_(spans.c.site_id == links.c.site_id, spans.c.course_recipient_id == links.c.id)
    wanted = (interned(links.c.course_id), links.c.recipient, spans.c.added_at, spans.c.removed_at)
    query = sa.select(*wanted).select_from(links.join(spans, of))
    return query.where(same(links.c.site_id), among(links.c.course_id)).order_by(spans.c.added_at)


def held_oci_ids(session: Session, site_id: UUID, learner_ids: Collection[UUID]) -> dict[UUID, tuple[OciId, ...]]:
    """Return the OCI IDs each learner holds now, the primary one first."""
    held = _HELD.read_pieces(session, learner_ids, site_id=site_id)
    found: dict[UUID, tuple[OciId, ...]] = {}
    for one in sorted(held, key=lambda one: (not one.is_primary, one.held_from, one.id)):
        found[one.learner_id] = (*found.get(one.learner_id, ()), one.oci_id)
    return found


class _OfSite(NamedTuple):
    enabled: bool
    settings: dict[str, Any]


_SITE_RECIPIENT = table(SiteRecipient).c
_JUDGED_BY = (
    sa.select(_SITE_RECIPIENT.settings)
    .where(same(_SITE_RECIPIENT.site_id), same(_SITE_RECIPIENT.recipient))
    .with_for_update(read=True)
)
_OF_SITE = Rows(_OfSite, SiteRecipient, lambda of: (same(of.site_id), same(of.recipient)))


def site_settings(session: Session, site_id: UUID, recipient: Recipient) -> BaseModel:
    """Return the recipient's settings at a site, its defaults where none are stored."""
    stored = _OF_SITE.read(session, site_id=site_id, recipient=recipient.code)
    return recipient.site_settings.model_validate(stored[0].settings if stored else {})


def settings_to_judge_by(session: Session, site_id: UUID, recipient: Recipient) -> BaseModel:
    """Return them to whoever keeps what they decide: who changes them waits until that is there to be judged again."""
    stored = session.connection().execute(_JUDGED_BY, {"site_id": site_id, "recipient": recipient.code}).scalar()
    return recipient.site_settings.model_validate(stored or {})


def enabled_settings(session: Session, site_id: UUID, recipient: Recipient) -> BaseModel | None:
    """Return the recipient's settings at a site that uses it; None where it is not used."""
    stored = _OF_SITE.read(session, site_id=site_id, recipient=recipient.code)
    return recipient.site_settings.model_validate(stored[0].settings) if stored and stored[0].enabled else None


def is_enabled(session: Session, site_id: UUID, recipient: str) -> bool:
    """Whether the site uses the recipient."""
    return any(one.enabled for one in _OF_SITE.read(session, site_id=site_id, recipient=recipient))
