"""Who is at the door: the Authorization header, read at every request, so that a revoked key is refused at once."""

import base64
import binascii
import re

from starlette.datastructures import Headers

from lrx import credentials
from lrx.access import Caller
from lrx.database import Database
from lrx.errors import Unauthenticated
from lrx.models import CredentialKind
from lrx.text import text

__all__ = ["authenticate", "basic", "bearer"]

TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""What a bearer token is made of (RFC 6750, 2.1)."""


async def authenticate(database: Database, headers: Headers) -> Caller:
    """Return the caller whose API key the request carries. Raises `Unauthenticated` for no key, an unknown one, or a
    credential that is not for the API."""
    key = bearer(headers)
    credential = await credentials.recognise_key(database, key)
    if credential.kind is not CredentialKind.API:
        raise Unauthenticated(text("This credential is not for the API. Use an API key."))
    return credential.caller


def bearer(headers: Headers) -> str:
    """Return the token of `Authorization: Bearer …`. Raises `Unauthenticated`."""
    token = _parameter(headers, "bearer")
    if token is None or not TOKEN.fullmatch(token):
        raise Unauthenticated(text("Send an API key, in the header Authorization: Bearer lrx_…"))
    return token


def basic(headers: Headers) -> tuple[str, str]:
    """Return the user name and password of `Authorization: Basic …` (RFC 7617, UTF-8). Raises `Unauthenticated`."""
    try:
        pair = base64.b64decode(_parameter(headers, "basic") or "", validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise Unauthenticated(text("The header Authorization: Basic cannot be read. Send it again.")) from error
    username, colon, password = pair.partition(":")
    if not colon or "\0" in pair:
        raise Unauthenticated(text("Send a user name and a password, in the header Authorization: Basic."))
    return username, password


def _parameter(headers: Headers, scheme: str) -> str | None:
    """What follows the scheme, when the header is there and names it."""
    given, _, parameter = headers.get("authorization", "").partition(" ")
    return parameter.strip() if given.lower() == scheme else None
