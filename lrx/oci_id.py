"""The OCI ID, one person's number at one college: `CA-ON-CPSO-12345`. Read it where it enters, then trust the value.

People type it in many ways. `read` puts right what has one meaning and says what it did; everything else is refused
with the place and the form to type. Nothing is guessed, and no zero is ever dropped.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import ClassVar, Self

from lrx.colleges import College, colleges, find, find_first, near
from lrx.errors import Fault, Invalid
from lrx.text import Language, Text, text
from lrx.typed_line import DAMAGE, SOFT_HYPHEN, TypedLine, tidied, typed_line

__all__ = ["InvalidOciId", "Note", "OciId", "Reading", "read"]

LONGEST_INPUT = 200
LONGEST_NUMBER = 40

NOTES = {
    "invisible_removed": text("Invisible characters were removed."),
    "quotes_removed": text("Quotation marks were removed."),
    "spaces": text("Extra spaces were removed."),
    "dashes": text("Dashes were replaced by hyphens."),
    "prefix_added": text("The country and the province, CA-ON, were added."),
    "college_code": text("The college was replaced by its code."),
    "college_repeated": text("The college was written more than once and is kept once."),
    "marks_removed": text("Words and signs before the number were removed."),
    "separators": text("The parts were joined by hyphens."),
    "upper_case": text("Small letters were changed to capitals."),
}
"""What `read` may have put right, in the order it is told."""

LOOKALIKES = str.maketrans("АВЕКМНОРСТУХІЅЈΑΒΕΗΙΚΜΝΟΡΤΥΧΖ", "ABEKMHOPCTYXISJABEHIKMNOPTYXZ")
"""Cyrillic and Greek capitals and the Latin ones they are mistaken for; only used to say what to type."""

PREFIX = re.compile(r"(?:(?:CA[ -]+)?ON[ -]+)?", re.IGNORECASE)
ELSEWHERE = re.compile(r"([A-Za-z]{2})-([A-Za-z]{2})-([A-Za-z]{2,12})(?=$| ?[-|:#]| ?[0-9])")
MARKS = re.compile(
    r"(?:[\s#:|.()-]|n[°º]|(?:no|number|numero|numéro|registration|inscription|member|membre)(?=[\s.:#-]))*",
    re.IGNORECASE,
)
NUMBER = re.compile(r"[A-Z0-9]+(?:[ -][A-Z0-9]+)*")
UNKNOWN = re.compile(
    r"(?P<words>(?:[A-Z]{2}-){0,2}[A-Z0-9]*[A-Z][A-Z0-9]*)-(?P<rest>.+)|(?P<name>[^0-9]+)(?P<tail>.*)",
    re.IGNORECASE | re.DOTALL,
)
SECOND = re.compile(
    r"[;/&|\n]|,(?![0-9]{3}\b)|(?<=[0-9]{5}) (?=[0-9]{5})"
    r"|\b(?:and|et|or|ou)\b|\b[A-Z]{2}-[A-Z]{2}-[A-Z]+-|(?P<word>[A-Z]+)",
    re.IGNORECASE,
)


class InvalidOciId(Invalid):
    """Not an OCI ID, or not one alone. `reason` says which way, `position` (from 0) where in what was typed, and
    `hint` the OCI ID that was probably meant, for a person to confirm.

    Reasons: empty, too_long, not_ascii, spreadsheet_damage, two_ids, college_missing, college_unknown,
    college_ambiguous, two_colleges, number_missing, shape.
    """

    code: ClassVar[str] = "oci_id_invalid"

    def __init__(self, reason: str, detail: Text, *, position: int | None = None, hint: str | None = None) -> None:
        super().__init__(detail, faults=(Fault("", self.code, detail, hint),))
        self.reason, self.position, self.hint = reason, position, hint


@dataclass(frozen=True, order=True, slots=True)
class OciId:
    """One number at one college. Equal when every part is: `00123` and `123` are two numbers. Made by `parse`."""

    country: str
    region: str
    college: str
    number: str

    @classmethod
    def parse(cls, typed: str) -> Self:
        """Return the OCI ID meant by what was typed; raise `InvalidOciId` where that is not certain."""
        found = read(typed).oci_id
        return cls(found.country, found.region, found.college, found.number)

    @property
    def prefix(self) -> str:
        """The OCI ID without its number: `CA-ON-CPSO`."""
        return f"{self.country}-{self.region}-{self.college}"

    def __str__(self) -> str:
        return f"{self.prefix}-{self.number}"

    def display(self, language: Language) -> str:
        """Return the form of a profile: `College of Physicians and Surgeons of Ontario | 12345`."""
        known = colleges().get(self.college) if (self.country, self.region) == ("CA", "ON") else None
        return f"{known.name(language) if known else self.prefix} | {self.number}"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing a person may want to know about what was read."""

    code: str
    sentence: Text


@dataclass(frozen=True, slots=True)
class Reading:
    """An OCI ID, what was put right to read it, and what is unusual about it."""

    oci_id: OciId
    notes: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class _Head:
    """Everything up to the number: country, region and code, and where the words for the college start and end."""

    prefix: tuple[str, str, str]
    college: College | None
    start: int
    end: int


def read(typed: str) -> Reading:
    """Return the OCI ID meant by what was typed, what was put right, and warnings (a number of unusual shape).

    Raises `InvalidOciId` for anything that could mean something else, and for nothing at all.
    """
    if len(typed) > LONGEST_INPUT:
        long = text("This is {length} characters long. Enter one OCI ID, like CA-ON-CPSO-12345.", length=len(typed))
        raise InvalidOciId("too_long", long)
    line = typed_line(typed)
    if not line.text:
        raise InvalidOciId("empty", text("There is no OCI ID here. Enter one like CA-ON-CPSO-12345."))
    _refuse_damage(line)
    _refuse_lookalikes(line)
    head = _elsewhere(line) or _in_ontario(line)
    start, repeated = _number_start(line, head)
    oci_id = OciId(*head.prefix, _number(line, head, start))
    told = tidied(line) | _rewritten(line, head, start, repeated=repeated)
    return Reading(oci_id, tuple(Note(code, NOTES[code]) for code in NOTES if code in told), _warnings(oci_id, head))


def _refusal(line: TypedLine, reason: str, index: int, detail: Text, hint: str | None = None) -> InvalidOciId:
    return InvalidOciId(reason, detail, position=line.place(index), hint=hint)


def _refuse_damage(line: TypedLine) -> None:
    if damage := DAMAGE.search(line.text):
        detail = text(
            "“{shown}” was written by a spreadsheet, not by a college. "
            "Format the column as text and enter the number again.",
            shown=damage.group(),
        )
        raise _refusal(line, "spreadsheet_damage", damage.start(), detail)


def _refuse_lookalikes(line: TypedLine) -> None:
    for index, character in enumerate(line.text):
        plain = character.isascii() and (character.isprintable() or character == "\n")
        if not (plain or character in "°º" or _is_accented(character)):
            raise _refused_character(line, index, unicodedata.normalize("NFKC", line.text).translate(LOOKALIKES))


def _is_accented(character: str) -> bool:
    parts = unicodedata.normalize("NFD", character)
    return "\u0300" <= character <= "\u036f" or (len(parts) > 1 and parts[0].isascii() and parts[0].isalpha())


def _refused_character(line: TypedLine, index: int, candidate: str | None = None) -> InvalidOciId:
    character = line.text[index]
    name = f"U+{ord(character):04X}"
    if character.isprintable():
        name = f"“{character}” ({unicodedata.name(character, name)}, {name})"
    detail = text(
        "Character {place} is {character}. "
        "Only the letters A to Z, the digits 0 to 9, hyphens and spaces can be used: type it again.",
        place=line.place(index) + 1,
        character=name,
    )
    return _refusal(line, "shape" if character.isascii() else "not_ascii", index, detail, _hint(candidate))


def _hint(candidate: str | None) -> str | None:
    """Return the candidate as an OCI ID, or `None` where it is none either."""
    plain = "".join(str(unicodedata.decimal(character, character)) for character in candidate or "")
    if not (plain.isascii() and NUMBER.fullmatch(plain.upper())):
        return None
    try:
        return str(read(plain).oci_id)
    except InvalidOciId:
        return None


def _elsewhere(line: TypedLine) -> _Head | None:
    """Return the head of an identifier of another province or country, which only has to be well formed."""
    match = ELSEWHERE.match(line.text)
    country, region, code = (part.upper() for part in match.groups()) if match else ("CA", "ON", "")
    if not match or (country, region) == ("CA", "ON"):
        return None
    if "ON" in (country, region):
        detail = text("{typed} is no country and province. Ontario is CA-ON.", typed=f"{country}-{region}")
        raise _refusal(line, "shape", 0, detail, _hint(f"CA-ON-{line.text[match.start(3) :]}"))
    return _Head((country, region, code), None, match.start(3), match.end())


def _in_ontario(line: TypedLine) -> _Head:
    found, start, end = _college(line, 0)
    words = line.text[start:end]
    if not found:
        raise _no_college(line, start)
    if " " not in words and not words.isascii():  # accents belong to names, not to codes
        raise _refused_character(line, start + next(at for at, letter in enumerate(words) if not letter.isascii()))
    if len(found) > 1:
        choices = _choices(found, line.text[end:].strip(" -#:|"))
        detail = text("“{words}” may mean {choices}. Type the one you mean.", words=words, choices=choices)
        raise _refusal(line, "college_ambiguous", start, detail)
    return _Head(("CA", "ON", found[0].code), found[0], start, end)


def _college(line: TypedLine, index: int) -> tuple[tuple[College, ...], int, int]:
    """Return the colleges named at `index`, and where their words start, after CA-ON, and end."""
    prefix = PREFIX.match(line.text, index)
    start = prefix.end() if prefix else index
    found, length = find_first(line.text[start:])
    return found, start, start + length


def _choices(listed: Iterable[College], typed: str) -> Text:
    number = typed.upper() if NUMBER.fullmatch(typed.upper()) else "12345"
    forms = [text("{oci_id} ({college})", oci_id=f"{one.prefix}-{number}", college=one.title) for one in listed]
    return reduce(lambda before, form: text("{before} or {form}", before=before, form=form), forms)


def _no_college(line: TypedLine, start: int) -> InvalidOciId:
    rest = line.text[start:].lstrip("#:|-. ")
    if rest[:1].isdecimal():
        detail = text("“{shown}” has no college before it. Write the whole OCI ID, like CA-ON-CPSO-12345.", shown=rest)
        return _refusal(line, "college_missing", start, detail)
    unknown = UNKNOWN.fullmatch(rest)
    if not unknown or not (start or re.search("[0-9]", rest)):
        detail = text("“{shown}” is not an OCI ID. Enter one like CA-ON-CPSO-12345.", shown=line.text)
        return _refusal(line, "shape", start, detail)
    words = (unknown["words"] or unknown["name"]).strip(" -#:|.")
    number = unknown["rest"] or unknown["tail"] or ""
    last = re.split("[ -]", words)[-1]
    nearest = find(last) or near(words) or near(last)
    if not nearest:
        detail = text("“{words}” is no college of Ontario. Use a college’s code, as in CA-ON-CPSO-12345.", words=words)
        return _refusal(line, "college_unknown", start, detail)
    choices = _choices(nearest, number)
    detail = text("“{words}” is no college of Ontario. Did you mean {choices}?", words=words, choices=choices)
    hint = _hint(f"{nearest[0].prefix}-{number}") if len(nearest) == 1 else None
    return _refusal(line, "college_unknown", start, detail, hint)


def _number_start(line: TypedLine, head: _Head) -> tuple[int, bool]:
    """Return where the number starts, after its marks and the college named again, and whether it was."""
    start, repeated = _after_marks(line, head.end), False
    while head.college:
        again, _, end = _college(line, start)
        if not again:
            break
        if head.college not in again:
            one, other = head.college.title, again[0].title
            detail = text("Two colleges are named, {one} and {other}. Keep the right one.", one=one, other=other)
            raise _refusal(line, "two_colleges", start, detail)
        start, repeated = _after_marks(line, end), True
    return start, repeated


def _after_marks(line: TypedLine, start: int) -> int:
    marks = MARKS.match(line.text, start)
    return marks.end() if marks else start


def _number(line: TypedLine, head: _Head, start: int) -> str:
    number, prefix = line.text[start:], "-".join(head.prefix)
    if not re.search("[0-9]", number):
        detail = text("The number after {prefix} is missing. Write it like {prefix}-12345.", prefix=prefix)
        raise _refusal(line, "number_missing", start, detail)
    _refuse_second(line, start)
    trimmed = f"{prefix}-{number.rstrip(' -.,;:)')}"
    if wrong := re.search("[^A-Za-z0-9 -]", number):
        raise _refused_character(line, start + wrong.start(), trimmed)
    whole = NUMBER.match(number.upper())
    if not whole or whole.end() < len(number):
        stray = start + (whole.end() if whole else 0)
        detail = text("The hyphen at character {place} joins nothing. Delete it.", place=line.place(stray) + 1)
        raise _refusal(line, "shape", stray, detail, _hint(trimmed))
    optional = line.typed.find(SOFT_HYPHEN, line.place(start), line.places[-1])
    if optional >= 0:
        detail = text(
            "At character {place} is a hyphen that not every program shows. Type a hyphen there, or none.",
            place=optional + 1,
        )
        raise InvalidOciId("shape", detail, position=optional)
    if len(number) > LONGEST_NUMBER:
        detail = text(
            "The number has {length} characters, and {most} is the most.", length=len(number), most=LONGEST_NUMBER
        )
        raise _refusal(line, "shape", start, detail)
    return number.upper()


def _refuse_second(line: TypedLine, start: int) -> None:
    """Refuse a line that goes on to a second number: after a separator, or after another college."""
    digits = [index for index in range(start, len(line.text)) if line.text[index] in "0123456789"]
    for mark in SECOND.finditer(line.text, digits[0]):
        if mark.end() <= digits[-1] and (mark["word"] is None or find(mark["word"])):
            place = line.place(mark.start()) + 1
            detail = text(
                "There is a second number here, from character {place} on. Enter one OCI ID alone.", place=place
            )
            raise _refusal(line, "two_ids", mark.start(), detail)


def _rewritten(line: TypedLine, head: _Head, start: int, *, repeated: bool) -> set[str]:
    words, before, marks = line.text[head.start : head.end], line.text[: head.start], line.text[head.end : start]
    named = " " in words
    added = not named and len(re.findall("[A-Za-z]+", before)) < 2
    marked = not repeated and re.search(r"[^\s|-]", marks) is not None
    joined = re.sub("[A-Za-z]", "", before) + marks
    happened = {
        "prefix_added": added,
        "college_code": words.upper() != head.prefix[-1],
        "college_repeated": repeated,
        "marks_removed": marked,
        "separators": joined != "---" and not (named or added or repeated or marked),
        "upper_case": any(c.islower() for c in before + ("" if named else words) + line.text[start:]),
    }
    return {code for code, did in happened.items() if did}


def _warnings(oci_id: OciId, head: _Head) -> tuple[Note, ...]:
    if head.college and not head.college.usual(oci_id.number):
        unusual = text(
            "{number} is an unusual number for {college}. Compare it with the college’s public register.",
            number=oci_id.number,
            college=head.college.title,
        )
        return (Note("number_unusual", unusual),)
    if not head.college and oci_id.college in colleges():
        elsewhere = text(
            "{college} is in Ontario, and this OCI ID says {prefix}. Compare it with the college’s public register.",
            college=colleges()[oci_id.college].title,
            prefix=oci_id.prefix,
        )
        return (Note("college_elsewhere", elsewhere),)
    return ()
