"""What a ticket says: each thing found in it, where it stands, and the words that are left for courses."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from lrx.text import Text

__all__ = ["Found", "Kind", "Mark", "Role", "Ticket", "Word"]

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

Role = Literal["writes", "reads", "signs"]
"""What somebody does with the text who stands beside what it is about: a requester or sender, an addressee, a
signatory."""
Mark = Literal["title", "owner", "label"]
"""What says of a name or a number that it is a person's: a title, a possessive, a word such as `registration`."""


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
    is the one that may be meant, or empty, and `note` says what is wrong with it. What has a `role` is `aside`: it
    stands in the head or the signature of an e-mail, behind a greeting or in the line of a requester, and may only say
    who writes or is written to.
    """

    kind: Kind
    start: int
    end: int
    typed: str
    normal: str
    note: Text | None = None
    role: Role | None = None
    mark: Mark | None = None

    @property
    def aside(self) -> bool:
        """Whether it may only say who writes or is written to."""
        return self.role is not None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A text, and what was found in it, in the order of the text. Nothing of one kind overlaps.

    `words` are all words but those of identifiers, codes, days, addresses and telephone numbers: a course may be
    called by any of them. `speaks_of` are the roles the text itself speaks of, as with `my` and `your`: who has one of
    them may be meant although somebody else is named.
    """

    text: str
    found: tuple[Found, ...]
    words: tuple[Word, ...]
    speaks_of: frozenset[Role] = frozenset()

    def of(self, *kinds: Kind) -> tuple[Found, ...]:
        """Return what was found of these kinds, in the order of the text."""
        return tuple(one for one in self.found if one.kind in kinds)
