"""The days on which a site did not let a recipient ask, because it had switched the recipient off: its questions were
refused then, and nothing is kept of them."""

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session

from lrx import settings_history
from lrx.clock import local_date
from lrx.models import SettingsOf, SiteRecipient
from lrx.tables import table

__all__ = ["days_off"]

MOST_SWITCHES = 50
"""Most times that it was switched on or off which are looked at, the latest."""
_AN_INSTANT = timedelta.resolution


def days_off(
    session: Session, site_id: UUID, zone: ZoneInfo, recipient: str, since: datetime, instant: datetime
) -> frozenset[date]:
    """Return the days from `since` to `instant` on which the site had the recipient switched off, for a part of them
    at least."""
    rows = table(SiteRecipient).c
    query = sa.select(rows.id).where(rows.site_id == site_id, rows.recipient == recipient)
    row_id = session.connection().execute(query).scalar()
    if row_id is None:
        return frozenset()
    kept = (session, site_id, SettingsOf.SITE_RECIPIENT)
    found: set[date] = set()
    for _ in range(MOST_SWITCHES):
        began = settings_history.unchanged_since(*kept, row_id, "enabled", instant)
        if began is None:
            break
        if not settings_history.as_of(*kept, [row_id], instant)[row_id].get("enabled"):
            found.update(_days(max(began, since), instant, zone))
        if began <= since:
            break
        instant = began - _AN_INSTANT
    return frozenset(found)


def _days(first: datetime, last: datetime, zone: ZoneInfo) -> list[date]:
    begins, ends = local_date(first, zone), local_date(last, zone)
    return [begins + timedelta(days=n) for n in range((ends - begins).days + 1)]
