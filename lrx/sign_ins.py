"""Sign-ins: the browsers that administrators are signed in with.

Tokens in cookies are kept as SHA-256 only. A sign-in can be ended on our side at once.
"""

import hashlib
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import anyio
import anyio.to_thread
import sqlalchemy as sa
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from sqlmodel import Session, col, select

from lrx import audit
from lrx.access import Act, Caller
from lrx.administrators import check_password, hash_password, is_outdated, username_of
from lrx.errors import Busy, Unauthenticated
from lrx.exchange import Exchange
from lrx.logs import log
from lrx.models import Administrator, SignIn, Site
from lrx.text import text

__all__ = ["SignInLimit", "SignInRefused", "SignedIn", "sign_in", "sign_out", "signed_in"]

# Nobody knows a password for it. Checking one takes as long as for a person, so that time does not tell who exists.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$vit6PAjtFzJqDqfk0IwGDg$mAFlAZoqHUnp0ue7Xbh+LkQS8AUwY979kb8YoszzaBI"

HASHED_AT_ONCE = 2
"""Passwords checked at the same time: each takes 19 MiB and a processor."""

MOST_WAITING = 20
"""Sign-ins that may wait for their password to be checked; a second of work. Others are told to come again."""

NAMES_OF_AN_ADDRESS = 10
"""How many times the tries of one user name an address has for all names together: people share addresses."""


class SignInRefused(Unauthenticated):
    """The user name and the password do not belong together, or the administrator is disabled."""

    code = "sign_in_refused"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in with a browser: what the person may do, and the names the pages show."""

    caller: Caller
    full_name: str
    site_name: str


async def sign_in(exchange: Exchange, username: str, password: str, *, request_id: str = "-") -> str:
    """Return the token of a new sign-in, 256 random bits, which lasts `session_hours`.

    Raises `SignInRefused` without saying what was wrong; it takes as long for a name that nobody has. Raises `Busy`
    while too many passwords wait to be checked.
    """
    found = await exchange.database.read(lambda session: _by_username(session, username_of(username)))
    administrator, site = found or (None, None)
    password_hash = administrator.password_hash if administrator else _NOBODY
    if _hashing().statistics().tasks_waiting >= MOST_WAITING:
        raise Busy(text("Too many people sign in at this moment. Try again in a few seconds."), retry_after=2)
    matches = await anyio.to_thread.run_sync(check_password, password_hash, password, limiter=_hashing())
    if administrator is None or site is None or not matches or administrator.disabled_at is not None:
        log.info("sign-in refused", administrator=str(administrator.id) if administrator else None)
        raise SignInRefused(text("The user name or the password is not right. Check both and try again."))
    renewed = None
    if is_outdated(password_hash):
        renewed = await anyio.to_thread.run_sync(hash_password, password, limiter=_hashing())
    token = exchange.random(32).hex()
    caller = _caller(administrator, site)

    def keep(session: Session) -> None:
        act = exchange.act_in(session, caller, request_id)
        expires_at = act.at + timedelta(hours=exchange.settings.session_hours)
        _keep(session, act, administrator, token, expires_at, renewed)

    await exchange.database.write(keep)
    return token


def signed_in(session: Session, token: str, now: datetime) -> SignedIn | None:
    """Return who is signed in with the token; None for an unknown or expired one, and once the person is disabled."""
    row = session.exec(
        select(Administrator, Site)
        .join(SignIn, col(SignIn.administrator_id) == col(Administrator.id))
        .join(Site, col(Site.id) == col(Administrator.site_id))
        .where(
            SignIn.token_hash == _hash_token(token),
            SignIn.expires_at > now,
            col(Administrator.disabled_at).is_(None),
        )
    ).first()
    if row is None:
        return None
    administrator, site = row
    return SignedIn(_caller(administrator, site), administrator.full_name, site.name)


def sign_out(session: Session, act: Act, token: str) -> None:
    """End the sign-in of this token; nothing happens when it has ended already."""
    ended = session.connection().execute(sa.delete(SignIn).where(col(SignIn.token_hash) == _hash_token(token)))
    if ended.rowcount:
        audit.keep(session, act, "sign_out", "administrator", act.actor.partition(":")[2])


class SignInLimit:
    """Counts tries of one user name from one address, and of all names from one address. In this process only: it
    protects this process's processor."""

    def __init__(self, rate: str) -> None:
        self._rate = parse(rate)
        self._rate_of_address = type(self._rate)(self._rate.amount * NAMES_OF_AN_ADDRESS, self._rate.multiples)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    async def count(self, username: str, address: str) -> None:
        """Count one try. Raises `Busy` when there were too many."""
        # The address comes first: names it may no longer try take no memory.
        await self._hit(self._rate_of_address, address)
        await self._hit(self._rate, f"{address} {username_of(username)}")

    async def _hit(self, rate: RateLimitItem, tried: str) -> None:
        key = hashlib.sha256(tried.encode("utf-8", "surrogatepass")).hexdigest()
        if await self._limiter.hit(rate, key):
            return
        window = await self._limiter.get_window_stats(rate, key)
        wait = max(1, round(window.reset_time - time.time()))  # the limiter counts by the machine's clock
        raise Busy(
            text("There were too many tries to sign in. Try again in {seconds} seconds.", seconds=wait),
            retry_after=wait,
        )


@cache
def _hashing() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(HASHED_AT_ONCE)


def _keep(
    session: Session,
    act: Act,
    administrator: Administrator,
    token: str,
    expires_at: datetime,
    renewed: str | None,
) -> None:
    own = col(SignIn.administrator_id) == administrator.id
    session.connection().execute(sa.delete(SignIn).where(own, col(SignIn.expires_at) <= act.at))
    if renewed is not None:
        # Only over the hash that was checked: the password may have been changed since.
        unchanged = col(Administrator.password_hash) == administrator.password_hash
        mine = col(Administrator.id) == administrator.id
        session.connection().execute(sa.update(Administrator).where(mine, unchanged).values(password_hash=renewed))
    session.add(
        SignIn(
            token_hash=_hash_token(token),
            administrator_id=administrator.id,
            created_at=act.at,
            expires_at=expires_at,
        )
    )
    session.flush()
    audit.keep(session, act, "sign_in", "administrator", administrator.id)


def _by_username(session: Session, username: str) -> tuple[Administrator, Site] | None:
    query = select(Administrator, Site).join(Site, col(Site.id) == col(Administrator.site_id))
    return session.exec(query.where(Administrator.username == username)).first()


def _caller(administrator: Administrator, site: Site) -> Caller:
    return Caller(
        kind="administrator",
        id=str(administrator.id),
        site_id=site.id,
        zone=ZoneInfo(site.time_zone),
        scopes=frozenset(administrator.scopes),
        language=administrator.language,
    )


def _hash_token(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
