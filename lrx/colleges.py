"""The colleges whose numbers make an OCI ID: names, codes, and the words people use for them.

The registry is `colleges.toml`. Which colleges a recipient serves is another question, answered by the recipient.
"""

import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from lrx.text import Language, Text, text

__all__ = ["College", "colleges", "find", "find_first", "near"]


@dataclass(frozen=True, slots=True)
class College:
    """A body that registers professionals in Ontario and gives each a number."""

    code: str
    """What follows `CA-ON-` in an OCI ID; belongs to this college alone."""
    acronym: str
    """What the college calls itself; two colleges may share it."""
    name_en: str
    name_fr: str
    aliases: tuple[str, ...] = ()
    """Other acronyms and names in use, former ones included; colleges may share them."""
    number_shape: str | None = None
    """A regular expression the numbers usually match, or `None` where no number was seen."""
    naming_system: str | None = None
    """The FHIR naming system of the numbers, where one is published."""

    @property
    def prefix(self) -> str:
        """What stands before the number in an OCI ID, without the last hyphen: `CA-ON-CPSO`."""
        return f"CA-ON-{self.code}"

    @property
    def title(self) -> Text:
        """The name as part of a sentence, said in the reader's language."""
        return text("{name_en}", name_en=self.name_en, name_fr=self.name_fr)

    def name(self, language: Language) -> str:
        """Return the official name in English or French."""
        return self.name_fr if language == "fr" else self.name_en

    def usual(self, number: str) -> bool:
        """Say whether the number looks like this college's; a `False` is worth a warning, never a refusal."""
        return self.number_shape is None or re.fullmatch(self.number_shape, number) is not None


@cache
def colleges() -> Mapping[str, College]:
    """Return every college by its code, in the order lists show them."""
    source = tomllib.loads(files("lrx").joinpath("colleges.toml").read_text("utf-8"))
    listed = (College(**{**college, "aliases": tuple(college["aliases"])}) for college in source["college"])
    return MappingProxyType({college.code: college for college in listed})


def find(words: str) -> tuple[College, ...]:
    """Return the colleges these words may mean: a code or prefix means one, an acronym, alias or name may mean several.

    Case, accents, punctuation and runs of spaces do not count. Nothing found is an empty tuple.
    """
    return _by_words().get(_plain(words), ())


def find_first(words: str) -> tuple[tuple[College, ...], int]:
    """Return the colleges that the longest run of letters at the start may mean, and the length of the run.

    A run ends where a word ends, before the first digit; nothing found is an empty tuple and 0.
    """
    letters = re.match(r"[^\W\d_]\D*", words)
    ends = (end.start() for end in re.finditer(r"(?<=[^\W\d_])(?![^\W\d_])", words[: letters.end() if letters else 0]))
    return next(((found, end) for end in reversed([*ends]) if (found := find(words[:end]))), ((), 0))


def near(words: str) -> tuple[College, ...]:
    """Return up to three colleges whose code, acronym or name is nearly these words, the nearest first."""
    plain = _plain(words)
    # Names differ from each other in one word of six, so a name must be nearer than an acronym to mean anything.
    cutoff = 0.85 if " " in plain else 0.75
    matches = get_close_matches(plain, _by_words(), n=3, cutoff=cutoff)
    return tuple(dict.fromkeys(college for match in matches for college in _by_words()[match]))[:3]


@cache
def _by_words() -> Mapping[str, tuple[College, ...]]:
    meanings: defaultdict[str, list[College]] = defaultdict(list)
    for college in colleges().values():
        for words in {college.acronym, college.name_en, college.name_fr, *college.aliases}:
            meanings[_plain(words)].append(college)
    for college in colleges().values():  # last, so that a code beats another college's acronym or alias
        meanings[_plain(college.code)] = meanings[_plain(college.prefix)] = [college]
    return {words: tuple(found) for words, found in meanings.items()}


def _plain(words: str) -> str:
    """Return the words in lower case without accents, C.P.S.O. as cpso, anything between words as one space."""
    letters = "".join(letter for letter in unicodedata.normalize("NFD", words) if not unicodedata.combining(letter))
    return " ".join(re.findall(r"\w+", letters.casefold().replace(".", "").replace("&", " and ")))
