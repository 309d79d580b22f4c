"""`/site`: the site the caller's credential belongs to, and what the credential may do."""

from typing import Literal
from uuid import UUID

from sqlmodel import Session

from lrx import __version__
from lrx.api.operation import Call, operation
from lrx.api.values import Instant, Out
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
    credential_id: UUID
    """Whose key the request was sent with."""
    scopes: list[str]
    """What that key may do."""
    version: str
    """Of the product."""


@operation("GET", "/site", permission="api-key", summary="Show the site", tag="site")
def get_site(call: Call, session: Session) -> SitePublic:
    """The site of the credential the request was sent with. A good first request of a new client."""
    site = session.get_one(Site, call.act.site_id)
    return SitePublic(
        **site.model_dump(),
        credential_id=UUID(call.caller.id),
        scopes=sorted(call.caller.scopes),
        version=__version__,
    )


OPERATIONS = (get_site,)
