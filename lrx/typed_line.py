"""A line as somebody typed or pasted it: dashes from Word, odd spaces, invisible characters, spreadsheet damage."""

import re
from dataclasses import dataclass

__all__ = ["DAMAGE", "SOFT_HYPHEN", "TypedLine", "tidied", "typed_line"]

# Characters with one meaning, whatever program they come from.
SOFT_HYPHEN = "\N{SOFT HYPHEN}"
PLAIN = (
    dict.fromkeys("\ufeff\u200b\u200c\u200d\u200e\u2060\u202a\u202c\u2066\u2069", "")
    | dict.fromkeys(SOFT_HYPHEN + "‐‑‒–—―−﹘﹣－⁃", "-")
    | dict.fromkeys("\t\n\v\f\r\x85\u2028\u2029", "\n")
    | dict.fromkeys("‘’ʼ", "'")
)

WRAPPED = re.compile(r"(?:=?\"|')[ \n]*(?P<inner>.*?)[ \n]*\"?", re.DOTALL)
MONTH = r"(?:jan|f[eé][bv]|mar|a[pv]r|ma[iy]|ju[inl]|aug|ao[uû]|sep|oct|nov|d[eé]c)[^\W\d]*\.?"
DAMAGE = re.compile(
    r"#(?:N/[AD]|[A-Z/0]+[!?])$|#{3,}$|^#+$"  # an error, or a column too narrow
    r"|[0-9]+(?:[.,][0-9]+)?E\+[0-9]+$|[0-9][.,][0-9]+E-?[0-9]+$|[0-9]+[.,]0+$"  # a number made a quantity
    r"|^(?:19|20)[0-9]{2}[-/.][0-9]{1,2}[-/.][0-9]{1,2}(?:[ T][0-9:.]+)?$"
    r"|^[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}(?: [0-9:]+)?$"
    rf"|^(?:[0-9]{{1,2}}[- ])?{MONTH}[- ][0-9]{{2,4}}$|^[0-9]{{1,2}}[- ]{MONTH}$",  # a number made a date
    re.IGNORECASE,
)
"""What a spreadsheet makes of a number: an error, a quantity, a date."""


@dataclass(frozen=True, slots=True)
class TypedLine:
    """What was typed, and the same with plain dashes and spaces; `places` leads back from it to what was typed."""

    typed: str
    text: str
    places: tuple[int, ...]

    def place(self, index: int) -> int:
        """Where the character at `index` of `text` stood in what was typed."""
        return self.places[index] if index < len(self.places) else len(self.typed)


def typed_line(typed: str) -> TypedLine:
    """Return what was typed with plain dashes and single spaces, without what nobody sees and quotes around it."""
    kept: list[tuple[str, int]] = []
    for place, character in enumerate(typed):
        plain = PLAIN.get(character, " " if character.isspace() else character)
        if not plain or (not kept and (plain in " \n" or character == SOFT_HYPHEN)):
            continue
        if plain in " \n" and kept[-1][0] in "\n-":
            continue
        while kept and ((plain in " \n-" and kept[-1][0] == " ") or (plain == "-" and kept[-1][0] == "\n")):
            kept.pop()
        kept.append((plain, place))
    while kept and (kept[-1][0] in " \n" or typed[kept[-1][1]] == SOFT_HYPHEN):
        kept.pop()
    line = "".join(character for character, _ in kept)
    wrapped = WRAPPED.fullmatch(line)
    start, end = wrapped.span("inner") if wrapped else (0, len(line))
    return TypedLine(typed, line[start:end], tuple(place for _, place in kept[start:end]))


def tidied(line: TypedLine) -> set[str]:
    """Return the codes of what was put right: invisible_removed, quotes_removed, spaces, dashes."""
    places = set(line.places)
    dropped = [character for place, character in enumerate(line.typed) if place not in places]
    kept = [line.typed[place] for place in line.places]
    happened = {
        "invisible_removed": any(PLAIN.get(character) == "" or character == SOFT_HYPHEN for character in dropped),
        "quotes_removed": any(PLAIN.get(character, character) in ('"', "'") for character in dropped),
        "spaces": any(character.isspace() for character in dropped) or any(c.isspace() and c != " " for c in kept),
        "dashes": any(PLAIN.get(character) == "-" for character in kept),
    }
    return {code for code, did in happened.items() if did}
