"""Names that nobody else may take until a transaction ends: on PostgreSQL, where a row that is not there yet cannot be
locked."""

import hashlib
from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session

from lrx.address import normal_address

__all__ = ["lock_account", "lock_names"]

CLASS = 7254320
"""Of the advisory locks of names; `lrx.write_time` has the number before it."""

_LOCK = sa.text("SELECT pg_advisory_xact_lock(:class, key) FROM unnest(:keys) AS key").bindparams(
    sa.bindparam("keys", type_=ARRAY(sa.Integer))
)


def lock_names(session: Session, site_id: UUID, names: Collection[str]) -> None:
    """Lock user names, in one order for all."""
    if not names or session.connection().dialect.name != "postgresql":
        return
    digests = (hashlib.sha256(f"learner {site_id} {name}".encode()).digest() for name in names)
    keys = sorted({int.from_bytes(digest[:4], signed=True) for digest in digests})
    session.connection().execute(_LOCK, {"class": CLASS, "keys": keys})


def lock_account(session: Session, site_id: UUID, home_page: str, name: str) -> None:
    """Lock an account of an LMS: with http or https it is the same, which no unique key of a table tells."""
    address = normal_address(home_page).partition("://")[2] or home_page
    lock_names(session, site_id, [f"{address}|{name}"])
