"""Credentials of systems: made once, shown once, kept as a hash, recognised at the door."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, select

from lrx import audit
from lrx.access import ALL_SCOPES, Act, Caller
from lrx.database import Database
from lrx.errors import Fault, Invalid, NotFound, Unauthenticated
from lrx.identifiers import RandomBytes
from lrx.models import AccountNames, Credential, CredentialKind, CredentialMode, Site
from lrx.tables import table
from lrx.text import text
from lrx.together import Together

__all__ = [
    "Issued",
    "Recognised",
    "UnknownCredential",
    "issue",
    "recognise",
    "recognise_key",
    "revoke",
    "set_account_names",
]

KEY_PREFIX = "lrx"


class UnknownCredential(NotFound):
    """There is no such credential at this site."""

    code = "credential_unknown"


@dataclass(frozen=True, slots=True)
class Issued:
    """A new credential with its secret, which nobody can read again. `key` is what an API caller sends."""

    credential: Credential
    secret: str

    @property
    def key(self) -> str:
        """The API key: prefix, user name and secret in one word."""
        return f"{KEY_PREFIX}_{self.credential.username}_{self.secret}"

    @property
    def pair(self) -> tuple[str, str]:
        """User name and password, as an LMS or a recipient sends them."""
        return self.credential.username, self.secret


def issue(
    session: Session,
    act: Act,
    random: RandomBytes,
    kind: CredentialKind,
    *,
    name: str,
    mode: CredentialMode = CredentialMode.LMS,
    recipient: str | None = None,
    scopes: Sequence[str] = (),
    account_names: AccountNames | None = None,
) -> Issued:
    """Make a credential with a random user name and a random secret of 256 bits. Raises `Invalid` naming a wrong
    option."""
    _check(kind, recipient, scopes)
    secret = random(32).hex()
    credential = Credential(
        id=act.new_id(),
        site_id=act.site_id,
        kind=kind,
        name=name,
        username=random(8).hex(),
        secret_hash=_hash(secret),
        mode=mode,
        account_names=account_names,
        account_names_given=account_names is not None,
        recipient=recipient,
        scopes=sorted(set(scopes)),
        created_at=act.at,
    )
    session.add(credential)
    session.flush()
    audit.keep(session, act, "issue", "credential", credential.id, kind=kind.value)
    return Issued(credential, secret)


def _check(kind: CredentialKind, recipient: str | None, scopes: Sequence[str]) -> None:
    if (kind is CredentialKind.RECIPIENT) != (recipient is not None):
        raise Invalid(
            text(
                "A recipient’s credential names its recipient, and no other does. Use --kind recipient "
                "--recipient cmars."
            )
        )
    unknown = sorted(set(scopes) - set(ALL_SCOPES))
    if unknown:
        detail = text("There is no scope {scope}. Scopes: {scopes}.", scope=unknown[0], scopes=", ".join(ALL_SCOPES))
        raise Invalid(detail, faults=(Fault("/scopes", "scope_unknown", detail),))


def set_account_names(session: Session, act: Act, username: str, account_names: AccountNames) -> None:
    """Say what account names in an LMS's statements are, whatever was recognised. Raises `UnknownCredential`."""
    credential = _named(session, act, username)
    credential.account_names, credential.account_names_given = account_names, True
    session.add(credential)
    audit.keep(session, act, "set_account_names", "credential", credential.id, account_names=account_names.value)


def revoke(session: Session, act: Act, username: str) -> None:
    """End a credential now. Raises `UnknownCredential`."""
    credential = _named(session, act, username)
    credential.revoked_at = credential.revoked_at or act.at
    session.add(credential)
    audit.keep(session, act, "revoke", "credential", credential.id)


def _named(session: Session, act: Act, username: str) -> Credential:
    credential = session.exec(
        select(Credential).where(Credential.site_id == act.site_id, Credential.username == username)
    ).first()
    if credential is None:
        raise UnknownCredential(
            text("There is no credential {username} at this site. Check the name and the site.", username=username)
        )
    return credential


@dataclass(frozen=True, slots=True)
class Recognised:
    """A credential at the door: what it is for, and the caller it stands for."""

    id: UUID
    kind: CredentialKind
    mode: CredentialMode
    recipient: str | None
    caller: Caller


class _Row(NamedTuple):
    id: UUID
    site_id: UUID
    kind: CredentialKind
    mode: CredentialMode
    recipient: str | None
    scopes: list[str]
    username: str
    secret_hash: str
    time_zone: str


_CREDENTIALS, _SITES = table(Credential).c, table(Site).c
_ROWS = (
    sa.select(
        *(_CREDENTIALS[name] if name != "time_zone" else _SITES.time_zone for name in _Row._fields),
    )
    .join_from(table(Credential), table(Site), _SITES.id == _CREDENTIALS.site_id)
    .where(_CREDENTIALS.revoked_at.is_(None))
)


def recognise_all(session: Session, pairs: Sequence[tuple[str, str]]) -> list[Recognised | Unauthenticated]:
    """Return for each user name and secret the credential, or the refusal, which does not say which part was wrong."""
    usernames = {username for username, _ in pairs}
    rows = session.connection().execute(_ROWS.where(_CREDENTIALS.username.in_(usernames)))
    known = {row.username: _Row(*row) for row in rows}
    return [_recognised(known.get(username), secret) for username, secret in pairs]


def _recognised(row: _Row | None, secret: str) -> Recognised | Unauthenticated:
    # The comparison runs for an unknown name too, so that time does not tell which names exist.
    expected = row.secret_hash if row else "0" * 64
    if not hmac.compare_digest(expected, _hash(secret)) or row is None:
        return Unauthenticated(text("The user name or the secret is not right, or the credential was revoked."))
    scopes = _scopes(row.kind, row.scopes)
    caller = Caller(row.kind.value, str(row.id), row.site_id, ZoneInfo(row.time_zone), scopes)
    return Recognised(row.id, row.kind, row.mode, row.recipient, caller)


RECOGNISE = Together(recognise_all)
"""Who calls at the same moment is looked up together."""


async def recognise(database: Database, username: str, secret: str) -> Recognised:
    """Return the credential. It is looked up at every request, so that a revoked one is refused at once. Raises
    `Unauthenticated`."""
    return await database.read_together(RECOGNISE, (username, secret))


async def recognise_key(database: Database, key: str) -> Recognised:
    """Return the credential of an API key. Raises `Unauthenticated`."""
    prefix, _, rest = key.partition("_")
    username, _, secret = rest.partition("_")
    if prefix != KEY_PREFIX:
        raise Unauthenticated(text("This is not an API key of LRX. A key begins with lrx_."))
    return await recognise(database, username, secret)


def _scopes(kind: CredentialKind, given: Sequence[str]) -> frozenset[str]:
    """What a credential may do: an LMS sends statements, a recipient asks, an API key has the scopes it was given."""
    match kind:
        case CredentialKind.LMS:
            return frozenset({"statements:write"})
        case CredentialKind.RECIPIENT:
            return frozenset({"transcripts:ask"})
        case _:
            return frozenset(given)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
