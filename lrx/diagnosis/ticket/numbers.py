"""Numbers: those that may be a registration number, and the many that are not."""

import re
from collections.abc import Iterator
from functools import cache

from lrx.diagnosis.ticket.pasted import Pasted
from lrx.diagnosis.ticket.values import Found, Mark
from lrx.diagnosis.ticket.vocabulary import any_of, words

__all__ = ["is_year", "may_be_registered", "numbers", "take_addresses", "take_other_numbers"]

ADDRESSES = (
    r"\b(?:https?|ftp|file)://[^\s<>\"]++",
    r"\bwww\.[^\s<>\"]++",
    r"\b[a-z]:\\[^\s<>\"]++",
    r"(?<![\w-])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![\w-])",
    r"\b0x[0-9a-f]++",
    r"(?<![\w.])[0-9]{1,3}(?:\.[0-9]{1,5}){2,5}(?![\w.]?[0-9])",
    # Times
    r"(?<![\w:.])[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:[.,][0-9]{1,9})?(?:z\b| ?[ap]\.?m\b\.?)?(?![:\d])",
    r"(?<![\w:.])[0-9]{1,2} ?h ?[0-9]{2}(?!\w)|(?<![\w:.])[0-9]{1,2} ?h(?!\w)|(?<![\w:.])[0-9]{1,2} ?[ap]\.?m\b",
    r"(?<!\w)[0-9]{4}(?: ?h| hrs| hours| heures)(?!\w)",
    # Telephones
    r"(?<![\w-])(?:\+?1[ .-]?)?(?:\([0-9]{3}\) ?|[0-9]{3}[ .-])[0-9]{3}[ .-][0-9]{4}(?![\w-])",
)
"""Addresses of things, times and telephones: no number in them is a person's."""

OTHER_NUMBERS = (
    r"(?<!\w)\+?[0-9]{10,15}(?!\w)",
    r"(?<![\w-])(?:\+?1[ .-]?)?\(?[0-9]{3}\)?[ .-]{0,2}[0-9]{3}[ .-][0-9]{4}(?![\w-])",
    # Postal codes, amounts, streets
    r"(?<!\w)[a-z][0-9][a-z][ -]?[0-9][a-z][0-9](?!\w)",
    r"\$ ?[0-9][0-9.,]*+(?!\w)",
    r"(?<![\w.,])[0-9]{1,3}(?:[ ,][0-9]{3}){1,4}(?:[.,][0-9]{1,2})?(?= ?\$)",
    r"(?<![\w.,])[0-9]++(?:[.,][0-9]++)?(?= ?[$%€])",
    r"(?<![\w.,])[0-9]{1,3}(?:,[0-9]{3})+(?![\w,])|(?<![\w.,])[0-9]++[.,][0-9]++(?![\w.,])",
    r"(?<!\w)[0-9]{1,5},? (?:[\w.'-]{1,20} ){0,2}(?:street|avenue|ave|road|blvd|boulevard|drive|lane|crescent)(?!\w)",
    r"(?<!\w)[0-9]{1,5},? (?:rue|boul|boulevard|avenue|chemin|rang)(?!\w)",
    # Numbers of tickets
    r"(?<!\w)(?:inc|ritm|req|chg|task|sctask|prb|sr|tkt|cs|hd|inm|kb)[- ]?[0-9]{2,12}(?!\w)",
)

NUMBER = re.compile(r"(?<![^\s(\[{\"'<>,;:|*#=])[a-z]{0,2}[0-9]{4,8}(?![\w@\\/=-])(?![.,:][\w])")
SHORTEST, LONGEST = 4, 8
LOOK_BACK = 32
LOOK_AHEAD = 16


def is_year(number: str) -> bool:
    """Whether the number looks like a year, of which tickets are full."""
    return len(number) == len("2026") and number[:2] in ("19", "20") and number.isdecimal()


def may_be_registered(text: Pasted, start: int, end: int) -> bool:
    """Whether nothing before or behind the number says that it counts or names something else than a person."""
    if not text.is_free(start, end):
        return False
    before, is_persons = _before(text, start), _is_persons(text, start)
    if before.rstrip().endswith("#") and not is_persons:
        return False
    if _others().search(before) and not is_persons:
        return False
    return is_persons or not _units().match(text.folded[end : end + LOOK_AHEAD])


def _is_persons(text: Pasted, start: int) -> bool:
    """Whether a word before the number says that it belongs to a person."""
    return _persons().search(_before(text, start)) is not None


def _before(text: Pasted, start: int) -> str:
    return text.folded[max(0, start - LOOK_BACK) : start].rpartition("\n")[2]


def take_addresses(text: Pasted) -> None:
    """Addresses of pages, files and machines, times and telephones are understood: as nothing to look up."""
    for match in _pattern(ADDRESSES).finditer(text.folded):
        text.take(*match.span())


def take_other_numbers(text: Pasted) -> None:
    """Amounts, streets and numbers of tickets are understood: as nothing to look up."""
    for match in _pattern(OTHER_NUMBERS).finditer(text.folded):
        if text.is_free(*match.span()):
            text.take(*match.span())


def numbers(text: Pasted) -> Iterator[Found]:
    """Find numbers of four to eight characters that stand alone and may be a registration number."""
    for match in NUMBER.finditer(text.folded):
        length = match.end() - match.start()
        if SHORTEST <= length <= LONGEST and not is_year(match[0]) and may_be_registered(text, *match.span()):
            mark: Mark | None = "label" if _is_persons(text, match.start()) else None
            yield text.found("number", *match.span(), match[0].upper(), mark=mark)


@cache
def _pattern(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


@cache
def _others() -> re.Pattern[str]:
    return re.compile(
        rf"(?<!\w)(?:{any_of(words('not_before_numbers'))})(?: ?(?:no|number|numero|id|n°)\b)?[\s#:.°=(-]*$"
    )


@cache
def _persons() -> re.Pattern[str]:
    marks = r"(?:[\s#:.°=(-]|(?:no|number|numero|id|n°|is|est)(?!\w))*"
    return re.compile(rf"(?<!\w)(?:{any_of(words('before_numbers'))}){marks}$")


@cache
def _units() -> re.Pattern[str]:
    return re.compile(rf"\s?(?:{any_of(words('units'))})(?!\w)")
