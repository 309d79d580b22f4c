"""OCI IDs in the midst of prose: a college and a number beside it, in any order people write them.

Only the place of a candidate is found here. What it means is read by `lrx.oci_id`, with all its refusals.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from lrx import oci_id
from lrx.colleges import College, find, near
from lrx.diagnosis.ticket.numbers import is_year, may_be_registered
from lrx.diagnosis.ticket.pasted import Pasted
from lrx.diagnosis.ticket.values import Found
from lrx.diagnosis.ticket.vocabulary import college_names
from lrx.oci_id import InvalidOciId

__all__ = ["oci_ids", "unknown_colleges"]

MOST_UNKNOWN = 50
"""Different words that are compared with the names of all colleges, which takes a while for each."""
LONGEST_GAP = 60
LONGEST_BEFORE = 14

MARK_WORDS = (
    r"no|nr|num|number|numero|registration|reg|inscription|d'inscription|member|membre|membership|licen[cs]e|lic"
    r"|permis|certificate|certificat|id|is|est|le|the|my|mon"
)
GAP = re.compile(rf"(?:[\s#:|()=,-]++|n[°º]\.?|(?:{MARK_WORDS})(?![^\W_])\.?)*+")
"""What may stand between a college and its number."""
SIGNS = re.compile(r"[\s#:|()-]*")
"""What `lrx.oci_id` reads over."""
NUMBER = re.compile(
    r"(?:[0-9]{1,3},[0-9]{3}(?![0-9])"
    r"|(?:[a-z]{0,3}[0-9][a-z0-9]{0,60}(?:-[0-9]{1,6}){0,4}|[a-z] [0-9]{3,4})(?![^\W_])"
    r"(?:[.,]0{1,4}(?![0-9])|[.,][0-9]{1,9}e\+[0-9]{1,3}|e\+[0-9]{1,3})?(?![.:][0-9]))"
)
GROUPED = re.compile(r"([0-9]{1,3})[ ,]([0-9]{3})(?![^\W_])(?![.,:-][0-9])(?! [0-9])")
"""A number in groups of three digits, as people write amounts and not registration numbers."""
OF_SHEET = re.compile(r"([0-9]+)\.0{1,4}")
"""A number to which a spreadsheet gave decimals; it may have taken zeros from it as well."""
LETTERED = re.compile("[a-z] [0-9]+")
BEFORE = re.compile(r"([a-z]{0,2}[0-9]{3,8}) ?[ \t(|/-] ?$")
ELSEWHERE = re.compile(r"(?<![^\W_])([a-z]{2} ?- ?[a-z]{2}) ?- ?([a-z0-9]{2,12}) ?- ?(?=[a-z]{0,3}[0-9])")
UNKNOWN = re.compile(r"(?<![^\W_])([A-Z]{3,7})[ \t]?[#:|-]{0,2}[ \t]?([0-9]{4,8})(?![^\W_])")


class Candidate(NamedTuple):
    """Where an OCI ID may stand, and the way to read it."""

    start: int
    end: int
    reads: str


def oci_ids(text: Pasted) -> Iterator[Found]:
    """Find each college of Ontario with a number beside it, and identifiers of other provinces."""
    for head in _heads().finditer(text.folded):
        if text.is_free(*head.span()) and (candidate := _behind(text, head) or _before(text, head)):
            yield _found(text, candidate)
    for head in ELSEWHERE.finditer(text.folded):
        number = NUMBER.match(text.folded, head.end())
        place = text.text[slice(*head.span(1))]
        is_place = place.isupper() or place[:2] in ("ca", "us")
        if number and is_place and text.is_free(head.start(), number.end()):
            yield _found(text, Candidate(head.start(), number.end(), _typed(text, head.start(), number.end())))


def unknown_colleges(text: Pasted) -> Iterator[Found]:
    """Find a number beside an acronym that is nearly a college's."""
    nearly: dict[str, bool] = {}
    for match in UNKNOWN.finditer(text.text):
        acronym, number = match.groups()
        if acronym not in nearly and len(nearly) < MOST_UNKNOWN:
            nearly[acronym] = bool(near(acronym)) and not find(acronym)
        if nearly.get(acronym) and text.is_free(*match.span()) and not is_year(number):
            yield _found(text, Candidate(*match.span(), f"{acronym} {number}"))


@cache
def _heads() -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_])(?:ca[ -]{{1,3}}on[ -]{{1,3}}|on-{{1,3}})?({college_names()})(?![^\W\d_])")


@cache
def _names() -> re.Pattern[str]:
    return re.compile(rf"(?:{college_names()})(?![^\W\d_])")


def _behind(text: Pasted, head: "re.Match[str]") -> Candidate | None:
    """The college with the number behind it; the college may be written twice."""
    end = head.end()
    for _ in range(3):
        gap = GAP.match(text.folded, end)
        start = gap.end() if gap else end
        if start - end > LONGEST_GAP or text.folded.count("\n", end, start) > 1:
            return None
        if (grouped := GROUPED.match(text.folded, start)) and may_be_registered(text, *grouped.span()):
            digits = grouped[1] + grouped[2]
            return Candidate(head.start(), grouped.end(), f"{_typed(text, head.start(), end)} {digits}")
        number = NUMBER.match(text.folded, start)
        if number is not None:
            between = text.text[end:start] if SIGNS.fullmatch(text.text, end, start) else " "
            reads = f"{_typed(text, head.start(), end)}{between}{_typed(text, start, number.end())}"
            return Candidate(head.start(), number.end(), reads) if _is_number(text, head, number) else None
        again = _names().match(text.folded, start)
        if again is None:
            return None
        end = again.end()
    return None


def _is_number(text: Pasted, head: "re.Match[str]", number: "re.Match[str]") -> bool:
    if not text.is_free(*number.span()):
        return False
    if head.start() < head.start(1):  # CA-ON is there
        return True
    typed = text.text[slice(*number.span())].upper()
    if LETTERED.fullmatch(number[0]) or is_year(typed):
        # A word and a number, or a year, unless the numbers of this college look so.
        return any(one.number_shape is not None and one.usual(typed) for one in _colleges(head))
    return sum(map(str.isdecimal, typed)) > 2


def _colleges(head: "re.Match[str]") -> tuple[College, ...]:
    return find(head[1])


def _before(text: Pasted, head: "re.Match[str]") -> Candidate | None:
    """The college with the number in front of it: `12345 (CPSO)`."""
    first = max(0, head.start() - LONGEST_BEFORE)
    number = BEFORE.search(text.folded[first : head.start()])
    if number is None or is_year(number[1]):
        return None
    start, end = first + number.start(1), first + number.end(1)
    if not may_be_registered(text, start, end):
        return None
    closed = text.text.startswith(")", head.end()) and "(" in number[0]
    return Candidate(start, head.end() + closed, f"{_typed(text, *head.span())} {_typed(text, start, end)}")


def _typed(text: Pasted, start: int, end: int) -> str:
    """What was typed there, full-width letters in the usual width."""
    typed = text.typed[slice(*text.place(start, end))]
    return "".join(chr(ord(one) - 0xFEE0) if "\uff01" <= one <= "\uff5e" else one for one in typed)


def _found(text: Pasted, candidate: Candidate) -> Found:
    start, end, reads = candidate
    try:
        read = oci_id.read(reads)
    except InvalidOciId as refusal:
        meant = refusal.hint or _of_sheet(reads)
        return text.found("unclear_oci_id", start, end, meant, refusal.detail)
    told = (*read.warnings, *read.notes)
    return text.found("oci_id", start, end, str(read.oci_id), told[0].sentence if told else None)


def _of_sheet(reads: str) -> str:
    """The OCI ID that may be meant by a number with decimals, or nothing."""
    plain = OF_SHEET.sub(r"\1", reads)
    try:
        return str(oci_id.read(plain).oci_id) if plain != reads else ""
    except InvalidOciId:
        return ""
