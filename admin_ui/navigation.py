"""The menu: what there is, in the order people meet it, for those who may see it."""

from collections.abc import Sequence
from dataclasses import dataclass

from lrx.access import Caller
from lrx.text import Text, text

__all__ = ["DIAGNOSE", "DIAGNOSES", "HOME", "Entry", "menu_for"]

HOME = "/admin/courses"
"""Where a person arrives after signing in."""
DIAGNOSE, DIAGNOSES = "/admin/diagnose", "/admin/diagnoses"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its words, where it leads, the permission of the page there, and where else its pages are."""

    title: Text
    address: str
    permission: str
    also: tuple[str, ...] = ()

    def leads_to(self, path: str) -> bool:
        """Whether the page at `path` belongs to this entry."""
        return any(path == one or path.startswith(f"{one}/") for one in (self.address, *self.also))


MENU = (
    Entry(text("Courses"), HOME, "courses:read"),
    Entry(text("Learning records"), "/admin/learning-records", "records:read"),
    Entry(text("Diagnose"), DIAGNOSE, "diagnoses:make", also=(DIAGNOSES,)),
)


def menu_for(caller: Caller) -> Sequence[Entry]:
    """Return the entries whose pages the caller may see."""
    return [entry for entry in MENU if entry.permission in caller.scopes]
