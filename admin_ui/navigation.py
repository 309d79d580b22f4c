"""The menu: what there is, in the order people meet it, for those who may see it."""

from collections.abc import Sequence
from dataclasses import dataclass

from lrx.access import Caller
from lrx.text import Text, text

__all__ = ["HOME", "Entry", "menu_for"]

HOME = "/admin/courses"
"""Where a person arrives after signing in."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its words, where it leads, and the permission of the page there."""

    title: Text
    address: str
    permission: str

    def leads_to(self, path: str) -> bool:
        """Whether the page at `path` belongs to this entry."""
        return path == self.address or path.startswith(f"{self.address}/")


MENU = (Entry(text("Courses"), HOME, "courses:read"),)


def menu_for(caller: Caller) -> Sequence[Entry]:
    """Return the entries whose pages the caller may see."""
    return [entry for entry in MENU if entry.permission in caller.scopes]
