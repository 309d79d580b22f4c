"""A text as it was pasted, and the same as it can be searched, character by character.

Full-width letters, odd spaces and dashes, invisible and control characters come along with e-mails and spreadsheets;
every place in the searched text leads back to its place in what was pasted.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from lrx.diagnosis.ticket.values import Found, Kind, Mark
from lrx.people.names import folded
from lrx.text import Text

__all__ = ["Pasted", "pasted"]

INVISIBLE = frozenset(
    "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
DASHES = frozenset("‐‑‒–—―−﹘﹣⁃\N{SOFT HYPHEN}")
QUOTES = {"’": "'", "‘": "'", "ʼ": "'", "“": '"', "”": '"', "«": '"', "»": '"'}
LINE_ENDS = frozenset("\r\v\f\x85\u2028\u2029")


@dataclass(slots=True)
class Pasted:
    """What was pasted (`typed`), the same in plain characters (`text`) and folded (`folded`), both of one length, and
    what of it is already understood."""

    typed: str
    text: str
    folded: str
    places: Sequence[int]
    taken: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self.taken = bytearray(len(self.text))

    def is_free(self, start: int, end: int) -> bool:
        """Whether nothing from `start` to `end` is understood yet."""
        return self.taken.find(1, start, end) < 0

    def take(self, start: int, end: int) -> None:
        """Nothing that is found later may stand here."""
        self.taken[start:end] = b"\x01" * (end - start)

    def found(
        self, kind: Kind, start: int, end: int, normal: str, note: Text | None = None, *, mark: Mark | None = None
    ) -> Found:
        """Return something found in `text`, with its place in what was pasted. The place is taken then."""
        self.take(start, end)
        first, last = self.place(start, end)
        return Found(kind, first, last, self.typed[first:last], normal, note, mark=mark)

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return where something of `text` stands in what was pasted."""
        last = self.places[end - 1] + 1
        while last < len(self.typed) and unicodedata.combining(self.typed[last]):
            last += 1
        return self.places[start], last


def pasted(typed: str) -> Pasted:
    """Return the text ready to be searched."""
    kept: list[str] = []
    places: list[int] = []
    for place, character in enumerate(typed):
        if character == "\r" and typed.startswith("\n", place + 1):
            continue
        plain = character if character.isalnum() and character.isascii() else _plain(character)
        if plain == "" and kept and unicodedata.combining(character):
            kept[-1] = _composed(kept[-1], character)
        if plain:
            kept.append(plain)
            places.append(place)
    text = "".join(kept)
    lower = text.lower() if text.isascii() else "".join(map(_folded, text))
    return Pasted(typed, text, lower, places)


@lru_cache(4096)
def _plain(character: str) -> str:
    """One plain character, or none for what nobody sees or what belongs to the letter before."""
    if character in INVISIBLE or unicodedata.combining(character):
        return ""
    if character in DASHES:
        return "-"
    if character in LINE_ENDS:
        return "\n"
    if character in "\n\t":
        return character
    if "\uff01" <= character <= "\uff5e":
        return chr(ord(character) - 0xFEE0)
    if character.isspace() or unicodedata.category(character) == "Cc":
        return " "
    return QUOTES.get(character, character)


def _composed(letter: str, mark: str) -> str:
    together = unicodedata.normalize("NFC", letter + mark)
    return together if len(together) == 1 else letter


@lru_cache(4096)
def _folded(character: str) -> str:
    plain = folded(character)
    return plain if len(plain) == 1 else character
