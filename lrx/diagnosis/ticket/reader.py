"""The order in which a ticket is read: what is surest first, and nothing twice."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from lrx.diagnosis.ticket import codes, numbers
from lrx.diagnosis.ticket.days import days
from lrx.diagnosis.ticket.layout import roles, speaks_of
from lrx.diagnosis.ticket.oci_ids import oci_ids, unknown_colleges
from lrx.diagnosis.ticket.pasted import Pasted, pasted
from lrx.diagnosis.ticket.people import labelled_usernames, names, usernames
from lrx.diagnosis.ticket.values import Found, Ticket, Word
from lrx.diagnosis.ticket.vocabulary import words
from lrx.errors import Invalid
from lrx.text import text as sentence

__all__ = ["LONGEST", "TicketTooLong", "read_ticket"]

LONGEST = 100_000
"""Characters of the longest text."""
MOST_WORDS = 8
"""Words of the longest run that is shown as one."""

WORD = re.compile(r"[^\W_]+")
JOINT = re.compile(r"[ '&./_-]{1,3}|, ")
NO_TITLES: Mapping[str, str] = MappingProxyType({})


class TicketTooLong(Invalid):
    """The text is longer than 100,000 characters."""

    code = "ticket_too_long"


def read_ticket(typed: str, titles: Mapping[str, str] = NO_TITLES) -> Ticket:
    """Return everything in the text that may name a person, a course, a recipient, a code or a day.

    Nothing is looked up and nothing is guessed: the same text gives the same ticket. `titles` are the recipients to
    look for, by code. Any text can be read, in a time that grows with its length. Raises `TicketTooLong`.
    """
    if len(typed) > LONGEST:
        raise TicketTooLong(
            sentence(
                "The text has {length} characters, and {most} is the most. Paste the part about one person.",
                length=len(typed),
                most=LONGEST,
            )
        )
    text = pasted(typed)
    found = [*_certain(text)]
    left = [match.span() for match in WORD.finditer(text.folded) if text.is_free(*match.span())]
    found += _likely(text, titles)
    found += _runs(text, left)
    marks = roles(text)
    # Of whom something is, the text is about, wherever it says so.
    placed = [replace(one, role=marks[one.start]) if one.mark != "owner" else one for one in found]
    in_order = sorted(placed, key=lambda one: (one.start, one.end))
    left_over = tuple(Word(text.folded[slice(*span)], *text.place(*span)) for span in left)
    return Ticket(typed, tuple(in_order), left_over, speaks_of(text, marks))


def _certain(text: Pasted) -> Iterator[Found]:
    """What has a shape of its own, so that no course is called by it."""
    yield from codes.emails(text)
    yield from codes.credit_ids(text)
    yield from codes.diagnosis_numbers(text)
    numbers.take_addresses(text)
    yield from days(text)
    yield from codes.ws_codes(text)
    yield from oci_ids(text)
    numbers.take_other_numbers(text)
    yield from codes.accme_activity_ids(text)


def _likely(text: Pasted, titles: Mapping[str, str]) -> Iterator[Found]:
    """What may be part of the name of a course as well."""
    yield from codes.recipients_named(text, titles)
    yield from labelled_usernames(text)
    yield from codes.pars_codes(text)
    yield from unknown_colleges(text)
    yield from numbers.numbers(text)
    persons = [*names(text)]
    yield from persons
    yield from usernames(text, persons)


def _runs(text: Pasted, left: Sequence[tuple[int, int]]) -> Iterator[Found]:
    """Words that are left, run by run: stop words, and whatever was found, part them."""
    run: list[tuple[int, int]] = []
    for start, end in left:
        is_word = text.is_free(start, end) and text.folded[start:end] not in words("stop")
        goes_on = run and len(run) < MOST_WORDS and JOINT.fullmatch(text.folded, run[-1][1], start)
        if run and not (is_word and goes_on):
            yield from _run(text, run)
            run = []
        if is_word:
            run.append((start, end))
    yield from _run(text, run)


def _run(text: Pasted, run: Sequence[tuple[int, int]]) -> Iterator[Found]:
    normal = " ".join(text.folded[slice(*span)] for span in run)
    if len(normal) > 1 and not normal.replace(" ", "").isdecimal():
        yield text.found("words", run[0][0], run[-1][1], normal)
