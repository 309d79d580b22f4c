"""Administrators: the people who may sign in to the administration pages, and their passwords, kept as argon2id.

They sign in by `lrx/sign_ins.py`.
"""

import unicodedata
from collections.abc import Sequence

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlmodel import Session, col, select

from lrx import audit
from lrx.access import ALL_SCOPES, Act
from lrx.errors import Conflict, Fault, Invalid, NotFound
from lrx.lower_case import lower_case
from lrx.models import Administrator, SignIn
from lrx.text import Language, text

__all__ = [
    "SHORTEST_PASSWORD",
    "AdministratorTaken",
    "UnknownAdministrator",
    "change_password",
    "check_password",
    "create",
    "disable",
    "hash_password",
    "is_outdated",
    "username_of",
]

SHORTEST_PASSWORD = 12

# 19 MiB, two passes, one lane: the least that OWASP's password storage cheat sheet recommends for argon2id.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


class AdministratorTaken(Conflict):
    """Another administrator of the network already has this user name."""

    code = "administrator_taken"


class UnknownAdministrator(NotFound):
    """The site has no administrator of this user name."""

    code = "administrator_unknown"


def create(
    session: Session,
    act: Act,
    *,
    username: str,
    full_name: str,
    password: str,
    scopes: Sequence[str] = ALL_SCOPES,
    language: Language | None = None,
) -> Administrator:
    """Let a person sign in at the site of `act`. The hash takes some 20 ms of a processor.

    Raises `Invalid` for a missing name, a short password or an unknown scope, and `AdministratorTaken`: the user name
    selects the site, so it is unique across the network. Case does not count in it.
    """
    name = username_of(username)
    _check(name, full_name.strip(), password, scopes)
    if session.exec(select(Administrator.id).where(Administrator.username == name)).first():
        detail = text("There is already an administrator {username}. Choose another user name.", username=name)
        raise AdministratorTaken(detail, faults=(Fault("/username", "username_taken", detail),))
    administrator = Administrator(
        id=act.new_id(),
        site_id=act.site_id,
        username=name,
        full_name=full_name.strip(),
        password_hash=hash_password(password),
        language=language,
        scopes=sorted(set(scopes)),
        created_at=act.at,
    )
    session.add(administrator)
    session.flush()
    audit.keep(session, act, "create", "administrator", administrator.id)
    return administrator


def disable(session: Session, act: Act, username: str) -> None:
    """Let the person sign in no longer, and end every sign-in they have. Raises `UnknownAdministrator`."""
    administrator = _of_site(session, act, username)
    administrator.disabled_at = administrator.disabled_at or act.at
    session.add(administrator)
    _end_sign_ins(session, administrator)
    audit.keep(session, act, "disable", "administrator", administrator.id)


def change_password(session: Session, act: Act, username: str, password: str) -> None:
    """Give the person another password and end every sign-in made with the old one. The hash takes some 20 ms.

    Raises `UnknownAdministrator`, and `Invalid` for a short password.
    """
    administrator = _of_site(session, act, username)
    _refuse(_password_faults(password))
    administrator.password_hash = hash_password(password)
    session.add(administrator)
    _end_sign_ins(session, administrator)
    audit.keep(session, act, "change_password", "administrator", administrator.id)


def username_of(typed: str) -> str:
    """Return the user name as it is kept, however it was typed."""
    # No column takes a NUL; a name with one is nobody's.
    return lower_case(typed.strip()).replace("\0", "\N{REPLACEMENT CHARACTER}")


def hash_password(password: str) -> str:
    """Return what is kept of a password. Takes some 20 ms of a processor."""
    return _HASHER.hash(_bytes(password))


def check_password(password_hash: str, password: str) -> bool:
    """Whether the hash was made of this password. Takes some 20 ms of a processor, whatever the answer."""
    try:
        return _HASHER.verify(password_hash, _bytes(password))
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made in another way than passwords are hashed now."""
    return _HASHER.check_needs_rehash(password_hash)


def _of_site(session: Session, act: Act, username: str) -> Administrator:
    name = username_of(username)
    mine = Administrator.site_id == act.site_id
    found = session.exec(select(Administrator).where(mine, Administrator.username == name)).first()
    if found is None:
        raise UnknownAdministrator(
            text("There is no administrator {username} at this site. Check the name and the site.", username=name)
        )
    return found


def _end_sign_ins(session: Session, administrator: Administrator) -> None:
    session.connection().execute(sa.delete(SignIn).where(col(SignIn.administrator_id) == administrator.id))


def _check(username: str, full_name: str, password: str, scopes: Sequence[str]) -> None:
    faults = []
    for pointer, value, most in (("/username", username, 100), ("/full_name", full_name, 200)):
        if not 0 < len(value) <= most:
            detail = text("A name is missing or too long. Enter one of up to {most} characters.", most=most)
            faults.append(Fault(pointer, "name_length", detail))
    faults += _password_faults(password)
    unknown = sorted(set(scopes) - set(ALL_SCOPES))
    if unknown:
        detail = text("There is no scope {scope}. Scopes: {scopes}.", scope=unknown[0], scopes=", ".join(ALL_SCOPES))
        faults.append(Fault("/scopes", "scope_unknown", detail))
    _refuse(faults)


def _password_faults(password: str) -> list[Fault]:
    if len(password) >= SHORTEST_PASSWORD:
        return []
    detail = text("The password is too short. Choose {least} characters or more.", least=SHORTEST_PASSWORD)
    return [Fault("/password", "password_short", detail)]


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))


def _bytes(password: str) -> bytes:
    # The same accented letter arrives composed from one keyboard and decomposed from another.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
