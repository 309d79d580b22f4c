"""Sites: made at first start, found by code. A single-site user never meets the word."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from lrx import audit
from lrx.access import Act
from lrx.errors import Conflict, NotFound
from lrx.models import Site
from lrx.settings import Settings
from lrx.text import text

__all__ = ["DEFAULT", "UnknownSite", "act_for_site", "change_site", "create_site", "ensure_default_site", "site_named"]

DEFAULT = "default"
SETUP_ACTOR = "system:setup"


class UnknownSite(NotFound):
    """There is no site of this code."""

    code = "site_unknown"


def ensure_default_site(session: Session, settings: Settings, now: datetime, new_id: Callable[[], UUID]) -> Site:
    """Return the default site, making it on a new installation."""
    found = session.exec(select(Site).where(Site.code == DEFAULT)).first()
    if found is not None:
        return found
    made = create_site(session, DEFAULT, settings.time_zone, now, new_id, name="LRX", language=settings.language)
    audit.keep(session, act_for_site(made, SETUP_ACTOR, now, new_id), "create", "site", made.id)
    return made


def create_site(
    session: Session,
    code: str,
    time_zone: str,
    now: datetime,
    new_id: Callable[[], UUID],
    *,
    name: str,
    language: str = "en",
) -> Site:
    """Make a site; the caller, who knows the actor, keeps the audit entry. Raises `Conflict` when the code is taken."""
    if session.exec(select(Site).where(Site.code == code)).first():
        raise Conflict(text("There is already a site {code}. Choose another code.", code=code))
    site = Site(id=new_id(), code=code, name=name, time_zone=time_zone, language=language, created_at=now)
    session.add(site)
    session.flush()
    return site


def change_site(session: Session, act: Act, *, tells_completions: bool) -> Site:
    """Change whether other sites may be told that this one has an eligible record for an OCI ID."""
    site = session.get_one(Site, act.site_id, with_for_update=True)
    if site.tells_completions != tells_completions:
        site.tells_completions = tells_completions
        session.add(site)
        session.flush()
        audit.keep(session, act, "change", "site", site.id, tells_completions=tells_completions)
    return site


def site_named(session: Session, code: str) -> Site:
    """Return the site of this code. Raises `UnknownSite` naming those there are."""
    site = session.exec(select(Site).where(Site.code == code)).first()
    if site is None:
        codes = ", ".join(session.exec(select(Site.code).order_by(col(Site.code))).all()) or "none"
        raise UnknownSite(text("There is no site {code}. Known sites: {codes}.", code=code, codes=codes))
    return site


def act_for_site(site: Site, actor: str, now: datetime, new_id: Callable[[], UUID], request_id: str = "-") -> Act:
    """Return an act of the product itself, or of whoever runs its commands, for a site."""
    return Act(site.id, ZoneInfo(site.time_zone), actor, request_id, now, new_id)
