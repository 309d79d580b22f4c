"""`/site`: the site the caller's credential belongs to, what it tells the others, and what the credential may do."""

from typing import Literal
from uuid import UUID

from sqlmodel import Session, select

from lrx import __version__, sites
from lrx.api.operation import Call, operation
from lrx.api.values import In, Instant, Out
from lrx.models import Site

__all__ = ["OPERATIONS"]


class SitePublic(Out):
    """One learning environment, and the caller's place in it."""

    object: Literal["site"] = "site"
    id: UUID
    code: str
    name: str
    time_zone: str
    """Dates are judged in it."""
    language: str
    created_at: Instant
    tells_completions: bool
    """Whether other sites of the network may be told that this one has an eligible record for an OCI ID; nothing else
    of it is told."""
    credential_id: UUID
    """Whose key the request was sent with."""
    scopes: list[str]
    """What that key may do."""
    version: str
    """Of the product."""


class SiteUpdate(In):
    """What to change; what is left out stays."""

    tells_completions: bool | None = None


@operation(
    "GET",
    "/site",
    permission="api-key",
    summary="Show the site",
    tag="site",
    rows=lambda act, _path: select(Site.id).where(Site.id == act.site_id),
)
def get_site(call: Call, session: Session) -> SitePublic:
    """The site of the credential the request was sent with. A good first request of a new client."""
    return _shown(call, session.get_one(Site, call.act.site_id))


@operation(
    "PATCH",
    "/site",
    permission="recipients:write",
    summary="Change what the site tells other sites",
    tag="site",
    guards=get_site,
    examples={"tell": {"tells_completions": True}},
)
def change_site(call: Call, body: SiteUpdate, session: Session) -> SitePublic:
    """It is for who agreed to it with the other sites of the network; without other sites it means nothing."""
    site = session.get_one(Site, call.act.site_id)
    if body.tells_completions is not None:
        site = sites.change_site(session, call.act, tells_completions=body.tells_completions)
    return _shown(call, site)


def _shown(call: Call, site: Site) -> SitePublic:
    return SitePublic(
        **site.model_dump(),
        credential_id=UUID(call.caller.id),
        scopes=sorted(call.caller.scopes),
        version=__version__,
    )


OPERATIONS = (get_site, change_site)
