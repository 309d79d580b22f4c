"""Names: how a person is shown, and the folded writing that both engines sort and search by.

Folded words have neither case nor accents. They are folded here and not by the database, so that SQLite and PostgreSQL
alike find Hélène for `helene` and put her between Hector and Henri.
"""

import re
import unicodedata
from typing import Protocol
from uuid import UUID

__all__ = ["PARTICLES", "TITLES", "Named", "folded", "folded_email", "full_name", "parts_of", "sort_name"]

LONGEST_SORT_NAME = 400
LONGEST_EMAIL = 320

TITLES = frozenset(("dr", "dre", "prof", "mr", "mrs", "ms", "miss", "mme", "mlle"))
ENDINGS = frozenset(
    ("md", "m.d", "phd", "ph.d", "pharmd", "rn", "np", "frcpc", "frcsc", "ccfp", "jr", "sr", "ii", "iii")
)
PARTICLES = frozenset(
    ("al", "bin", "da", "das", "de", "del", "della", "den", "der", "di", "dos", "du", "el", "la", "las")
)
PARTICLES |= {"los", "st", "ste", "ten", "ter", "van", "von"}

_ASIDE = re.compile(r"\([^()]*\)")
_WHOLE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Kana, Han and Hangul."""


class Named(Protocol):
    """Somebody with the parts a name is made of."""

    @property
    def id(self) -> UUID: ...
    @property
    def family_name(self) -> str | None: ...
    @property
    def given_name(self) -> str | None: ...
    @property
    def full_name(self) -> str | None: ...
    @property
    def username(self) -> str | None: ...


def full_name(person: Named) -> str:
    """The name people are shown: family name first where both parts are known, else as the LMS writes it."""
    if person.family_name and person.given_name:
        return f"{person.family_name}, {person.given_name}"
    return person.full_name or person.family_name or person.given_name or person.username or str(person.id)


def sort_name(person: Named) -> str:
    """The name with the family name first, folded: what lists of people are sorted by, and what people are found by who
    are called by their family name alone. Compared by code points."""
    family, given = parts_of(person)
    return folded(f"{family}, {given}" if family and given else family or full_name(person))[:LONGEST_SORT_NAME]


def parts_of(person: Named) -> tuple[str, str]:
    """The family name and the given names, as far as they are known; either may be empty.

    Where only the whole name is known, as statements give it, the family name is what stands before a comma, else the
    last word with the particles before it. Titles, degrees and what stands in brackets are no part of a name. Names in
    scripts that put the family name first without a sign of it are left whole.
    """
    family, given = (person.family_name or "").strip(), (person.given_name or "").strip()
    whole = _without_titles(person.full_name or "")
    if family:
        return family, given or " ".join(word for word in whole if not _is_of(word, family))
    if not whole or _WHOLE.search("".join(whole)):
        return " ".join(whole), ""
    before, comma, behind = " ".join(whole).partition(",")
    if comma and behind.strip():
        return before.strip(), behind.strip()
    start = len(whole) - 1
    while start > 1 and folded(whole[start - 1]) in PARTICLES:
        start -= 1
    return " ".join(whole[start:]).rstrip(","), " ".join(whole[:start])


def _without_titles(full_name: str) -> list[str]:
    words = _ASIDE.sub(" ", full_name).split()
    while len(words) > 1 and _bare(words[0]) in TITLES:
        words = words[1:]
    while len(words) > 1 and _bare(words[-1]) in ENDINGS:
        words = words[:-1]
    return words


def _is_of(word: str, family: str) -> bool:
    return _bare(word) in [_bare(one) for one in family.split()]


def _bare(word: str) -> str:
    return folded(word).strip(".,").replace("’", "'")


def folded(words: str) -> str:
    """The words without case and accents."""
    if words.isascii():
        return words.casefold()
    # Folding the case may bring marks forth, and taking letters apart may bring capitals forth.
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", words).casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def folded_email(email: str | None) -> str | None:
    """The address without case, to find accounts that are alike; its accents count."""
    return email.strip().casefold()[:LONGEST_EMAIL] if email else None
