"""How an e-mail is laid out: which of its lines only say who wrote."""

import re
from functools import cache

from lrx.diagnosis.ticket.pasted import Pasted
from lrx.diagnosis.ticket.vocabulary import words
from lrx.people.names import folded

__all__ = ["aside"]

LINES_OF_A_SIGNATURE = 8
QUOTED = re.compile(r"[>|\s*]*+")


def aside(text: Pasted) -> bytearray:
    """Return a 1 for each character of what was pasted that is in the head or the signature of an e-mail."""
    marks = bytearray(len(text.typed))
    start, signed = 0, 0
    for line in text.folded.split("\n"):
        end = start + len(line)
        bare = line[QUOTED.match(line).end() :].strip()  # type: ignore[union-attr]
        is_head = _head().match(bare) is not None
        if is_head or _is_wrote(bare):
            signed = 0
        elif bare.rstrip(",.!- ") in _closings() and (bare.rstrip(",.! ") or bare):
            signed = LINES_OF_A_SIGNATURE + 1
        if (is_head or signed or _is_wrote(bare)) and line:
            first, last = text.place(start, end)
            marks[first:last] = b"\x01" * (last - first)
        signed = max(0, signed - 1)
        start = end + 1
    return marks


def _is_wrote(line: str) -> bool:
    return line.endswith(("wrote:", "a ecrit :", "a ecrit:")) or line.startswith(("-----original", "-----message d"))


@cache
def _head() -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(sorted(map(re.escape, words('heads')), key=len, reverse=True))})\*? ?:")


@cache
def _closings() -> frozenset[str]:
    return frozenset(folded(line).rstrip("- ") for line in words("closings"))
