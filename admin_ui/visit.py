"""A visit: one request to a page, who makes it and in which language; and what a form must show before it is taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from starlette.requests import Request

from admin_ui.language import language_for
from lrx.access import Act, Caller
from lrx.errors import NotAllowed, Unauthenticated
from lrx.exchange import Exchange
from lrx.sign_ins import SignedIn, signed_in
from lrx.text import Language, text
from lrx.web import request_id_of
from lrx.web.problems import BadRequest

__all__ = ["TOKEN_COOKIE", "ForeignForm", "NotSignedIn", "Visit", "arrive", "form_of", "refuse_foreign_form", "unknown"]

TOKEN_COOKIE = "lrx_session"  # noqa: S105 - the name of the cookie

FIELDS = 50


class NotSignedIn(Unauthenticated):
    """The page is for people who have signed in."""

    code = "not_signed_in"


class ForeignForm(NotAllowed):
    """The form was sent by a page of somebody else."""

    code = "form_foreign"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request to a page."""

    exchange: Exchange
    request: Request
    language: Language
    signed_in: SignedIn | None

    @property
    def caller(self) -> Caller:
        """Who is signed in. Raises `NotSignedIn`."""
        if self.signed_in is None:
            raise NotSignedIn(text("Sign in to see this page."))
        return self.signed_in.caller

    @property
    def act(self) -> Act:
        """An act of the caller, now. Raises `NotSignedIn`."""
        return self.exchange.act(self.caller, self.request_id)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that times are shown in: the site's."""
        return self.signed_in.caller.zone if self.signed_in else ZoneInfo(self.exchange.settings.time_zone)

    @property
    def request_id(self) -> str:
        """What the log calls this request."""
        return request_id_of(self.request.scope)


async def arrive(exchange: Exchange, request: Request) -> Visit:
    """Return the visit of a request, with whoever its cookie stands for."""
    token, now = request.cookies.get(TOKEN_COOKIE), exchange.clock.now()
    person = await exchange.database.read(lambda session: signed_in(session, token, now)) if token else None
    return Visit(exchange, request, language_for(request, person.caller.language if person else None), person)


def unknown(exchange: Exchange, request: Request) -> Visit:
    """Return the visit of somebody who is not looked up: for pages about what went wrong before that."""
    return Visit(exchange, request, language_for(request, None), None)


def refuse_foreign_form(request: Request) -> None:
    """Raise `ForeignForm` unless the form comes from a page of ours.

    Browsers say so in Sec-Fetch-Site (W3C Fetch Metadata), or else in Origin (RFC 6454), and pages cannot forge either.
    """
    if request.headers.get("sec-fetch-site") in ("same-origin", "none"):
        return
    origin = urlsplit(request.headers.get("origin", "")).netloc
    if origin and origin == request.headers.get("host"):
        return
    raise ForeignForm(text("This form was not sent from a page of this site. Open the page here and send it again."))


async def form_of(request: Request) -> Mapping[str, str]:
    """Return the fields of a form, as browsers encode it by default. Raises `BadRequest` for anything else."""
    body = await request.body()
    try:
        fields = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=FIELDS, errors="strict")
    except ValueError as error:
        raise BadRequest(text("The form cannot be read. Open the page again and send it once more.")) from error
    return {name: values[0] for name, values in fields.items()}
