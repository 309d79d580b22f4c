"""What a ticket says: each thing found in it, where it stands, and the words that are left for courses."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from lrx.text import Text

__all__ = ["Found", "Kind", "Ticket", "Word"]

Kind = Literal[
    "oci_id",
    "unclear_oci_id",
    "number",
    "email",
    "username",
    "ws_code",
    "pars_code",
    "accme_activity_id",
    "credit_id",
    "diagnosis",
    "name",
    "recipient",
    "day",
    "ambiguous_day",
    "words",
]


class Word(NamedTuple):
    """One word of the text, folded: lower case, without accents."""

    folded: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Found:
    """One thing in the text, from `start` to `end`: what was typed there, and its normal form.

    The normal form is what it can be looked up by: `CA-ON-CPSO-12345`, `WS401`, `2026-11-18`, the code of a recipient.
    A day without a year is `--11-18`; an ambiguous day is every day it may be, separated by spaces; an unclear OCI ID
    is the one that may be meant, or empty, and `note` says what is wrong with it. `aside` is what stands in the head or
    the signature of an e-mail: it may only say who wrote.
    """

    kind: Kind
    start: int
    end: int
    typed: str
    normal: str
    note: Text | None = None
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Ticket:
    """A text, and what was found in it, in the order of the text. Nothing of one kind overlaps.

    `words` are all words but those of identifiers, codes, days, addresses and telephone numbers: a course may be
    called by any of them.
    """

    text: str
    found: tuple[Found, ...]
    words: tuple[Word, ...]

    def of(self, *kinds: Kind) -> tuple[Found, ...]:
        """Return what was found of these kinds, in the order of the text."""
        return tuple(one for one in self.found if one.kind in kinds)
