"""Names: how a person is shown, and the folded writing that both engines sort and search by.

Folded words have neither case nor accents. They are folded here and not by the database, so that SQLite and PostgreSQL
alike find Hélène for `helene` and put her between Hector and Henri.
"""

import unicodedata
from typing import Protocol
from uuid import UUID

__all__ = ["Named", "folded", "folded_email", "full_name", "sort_name"]

LONGEST_SORT_NAME = 400
LONGEST_EMAIL = 320


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
    are called by their family name alone. Where only the whole name is known, as statements give it, its last word
    counts as the family name. Compared by code points."""
    family, given = person.family_name, person.given_name
    whole = person.full_name.split() if person.full_name else []
    if family and not given:
        given = " ".join(word for word in whole if folded(word) not in folded(family).split())
    elif not family and whole and "," not in "".join(whole):
        family, given = whole[-1], " ".join(whole[:-1])
    return folded(f"{family}, {given}" if family and given else full_name(person))[:LONGEST_SORT_NAME]


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
