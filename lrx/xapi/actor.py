"""Who a statement is about, in the one form that identities are compared in."""

from dataclasses import dataclass
from typing import Literal

from lrx.address import normal_address, normal_mailbox
from lrx.json_reader import JsonValue
from lrx.lower_case import lower_case

__all__ = ["Agent", "Kind", "identify"]

Kind = Literal["account", "mbox", "mbox_sha1sum", "openid"]


@dataclass(frozen=True, slots=True)
class Agent:
    """One person or system, by one identifier.

    `home_page` is there for an account only, normalised. `value` is the account's name, the e-mail address without
    `mailto:` and with its domain in lower case, the digest in lower case, or the OpenID as given. `name` is how the
    sender calls them, None where it says nothing.
    """

    kind: Kind
    home_page: str | None
    value: str
    name: str | None


def identify(actor: dict[str, JsonValue]) -> Agent | None:
    """Return whom an actor names, or None for a group, identified or not, and for an actor without an identifier."""
    if actor.get("objectType") == "Group":
        return None
    given = actor.get("name")
    name = given.strip() or None if isinstance(given, str) else None
    match actor:
        case {"account": {"homePage": str(home_page), "name": str(value)}}:
            return Agent("account", normal_address(home_page), value, name)
        case {"mbox": str(mbox)}:
            return Agent("mbox", None, normal_mailbox(mbox), name)
        case {"mbox_sha1sum": str(digest)}:
            return Agent("mbox_sha1sum", None, lower_case(digest), name)
        case {"openid": str(openid)}:
            return Agent("openid", None, openid, name)
    return None
