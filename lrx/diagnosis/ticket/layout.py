"""How a ticket is laid out: which parts of it only say who writes, who is written to and who signs."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from lrx.diagnosis.ticket.pasted import Pasted
from lrx.diagnosis.ticket.values import Role
from lrx.diagnosis.ticket.vocabulary import any_of, words
from lrx.people.names import folded

__all__ = ["roles", "speaks_of"]

Part = tuple[int, int, Role]

LINES_OF_A_SIGNATURE = 8
QUOTED = re.compile(r"[>|\s*]*+")
END_OF_FIELD = re.compile(r"[|;\t\n]|(?<=\s)[a-z]{2,20} ?:")
LONGEST_FIELD = 200

CAPITAL = r"[A-ZÀ-ÖØ-ÞŒ][\w'-]{0,30}\.?"
NAME = rf"{CAPITAL}(?: (?:[a-z]{{2,3}} ){{0,2}}{CAPITAL}){{0,4}}"
SMALL_NAME = r"[^\W\d_]{2,30} [^\W\d_]{2,30}"
WHOM = re.compile(rf"(?:{NAME}|{SMALL_NAME})(?= ?(?:[,.!:;\n-]|\Z))")
"""A name that is set apart from what is told behind it."""


def roles(text: Pasted) -> list[Role | None]:
    """Return for each character of what was pasted the role of who is named there, if it is only that."""
    marks: list[Role | None] = [None] * len(text.typed)
    for start, end, role in (*_lines(text), *_fields(text), *_addressed(text), *_introduced(text)):
        first, last = text.place(start, end)
        marks[first:last] = [role] * (last - first)
    return marks


def speaks_of(text: Pasted, marks: list[Role | None]) -> frozenset[Role]:
    """Return the roles that the text itself speaks of: its writer with `my`, its reader with `your`."""
    said: Mapping[Role, re.Pattern[str]] = {"writes": _phrases("of_writer"), "reads": _phrases("of_reader")}
    return frozenset(
        role
        for role, phrases in said.items()
        if any(marks[text.places[match.start()]] is None for match in phrases.finditer(text.folded))
    )


def _lines(text: Pasted) -> Iterator[Part]:
    """The lines of the heads and the signatures of e-mails."""
    start, signed = 0, 0
    for line in text.folded.split("\n"):
        end = start + len(line)
        bare = line[QUOTED.match(line).end() :].strip()  # type: ignore[union-attr]
        head = _head().match(bare)
        if head or _is_wrote(bare):
            signed = 0
        elif bare.rstrip(",.!- ") in _closings() and (bare.rstrip(",.! ") or bare):
            signed = LINES_OF_A_SIGNATURE + 1
        if line and (head or _is_wrote(bare)):
            yield start, end, "reads" if head and head[1] in words("heads_of_readers") else "writes"
        elif line and signed:
            yield start, end, "signs"
        signed = max(0, signed - 1)
        start = end + 1


def _fields(text: Pasted) -> Iterator[Part]:
    """What stands behind the label of a requester, as far as the next label."""
    for label in _phrases("requesters", r" ?[:=\t|]").finditer(text.folded):
        most = min(label.end() + LONGEST_FIELD, len(text.folded))
        end = END_OF_FIELD.search(text.folded, label.end() + 1, most)
        yield label.start(), end.start() if end else most, "writes"


def _addressed(text: Pasted) -> Iterator[Part]:
    """Whom a greeting addresses."""
    for greeting in _phrases("greetings", " ").finditer(text.folded):
        start = _behind_title(text, greeting.end())
        if whom := WHOM.match(text.text, start):
            yield *whom.span(), "reads"


def _introduced(text: Pasted) -> Iterator[Part]:
    """Who says his or her name, and by whom something is said to come."""
    for phrase in _phrases("introductions", " ").finditer(text.folded):
        if whom := WHOM.match(text.text, _behind_title(text, phrase.end())):
            yield *whom.span(), "writes"
    for here in _here().finditer(text.text):
        yield *here.span(1), "writes"


def _behind_title(text: Pasted, start: int) -> int:
    title = _title().match(text.folded, start)
    return title.end() if title else start


def _is_wrote(line: str) -> bool:
    return line.endswith(("wrote:", "a ecrit :", "a ecrit:")) or line.startswith(("-----original", "-----message d"))


@cache
def _head() -> re.Pattern[str]:
    return re.compile(rf"({'|'.join(sorted(map(re.escape, words('heads')), key=len, reverse=True))})\*? ?:")


@cache
def _closings() -> frozenset[str]:
    return frozenset(folded(line).rstrip("- ") for line in words("closings"))


@cache
def _phrases(name: str, behind: str = "") -> re.Pattern[str]:
    return re.compile(rf"(?<![\w'-])(?:{any_of(words(name))})(?![\w-]){behind}")


@cache
def _title() -> re.Pattern[str]:
    return re.compile(rf"(?:{any_of(words('titles'))})(?:\. ?| )")


@cache
def _here() -> re.Pattern[str]:
    """A name at the beginning of a sentence, and that its bearer is here."""
    title = rf"(?i:(?:{any_of(words('titles'))})(?:\. ?| ))?"
    return re.compile(
        rf"(?:(?:\A|[\n.,!?:>*]) ?|- ){title}({NAME}|{SMALL_NAME}),? (?:here|ici)"
        r"(?= ?(?:[.,;:!?\n-]|\Z)| (?:from|with|de|du) )"
    )
