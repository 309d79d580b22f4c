"""The words tickets are read by: `words.toml`, and the names of the colleges."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from lrx.colleges import colleges
from lrx.people.names import PARTICLES, TITLES, folded

__all__ = ["any_of", "college_names", "months", "words"]

OF_NAMES: Mapping[str, frozenset[str]] = {"titles": TITLES, "particles": PARTICLES}
"""What names are made of everywhere; `words.toml` has what is met in tickets beside it."""


@cache
def words(name: str) -> frozenset[str]:
    """Return one list of `words.toml`."""
    return OF_NAMES.get(name, frozenset()).union(_lists()[name])


def months() -> Mapping[str, int]:
    """Return the numbers of the months by their names, English and French, short and long."""
    found: Mapping[str, int] = _lists()["months"]
    return found


def any_of(phrases: Iterable[str]) -> str:
    """Return a pattern for any of the phrases in folded text, the longest first, whatever stands between words."""
    longest_first = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    return "|".join(_spelled(phrase) for phrase in longest_first)


@cache
def college_names() -> str:
    """Return a pattern for whatever a college of Ontario is called by in folded text."""
    called = {
        folded(name).replace("’", "'")
        for one in colleges().values()
        for name in (one.code, one.acronym, one.name_en, one.name_fr, *one.aliases)
    }
    dotted = {r"\.".join(name) + r"\.?" for name in called if name.isalpha() and len(name) <= 6}
    return f"{any_of(called)}|{'|'.join(sorted(dotted, key=len, reverse=True))}"


def _spelled(phrase: str) -> str:
    return r"[\s'-]{1,3}".join(re.escape(part) for part in re.split(r"[\s'-]+", phrase))


@cache
def _lists() -> Mapping[str, Any]:
    return tomllib.loads(files("lrx").joinpath("diagnosis", "ticket", "words.toml").read_text("utf-8"))
