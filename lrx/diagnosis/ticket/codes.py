"""Codes of recipients and ids of credits: what CMaRS and PARS answered, as somebody copied it."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import cache

from lrx.diagnosis.ticket.pasted import Pasted
from lrx.diagnosis.ticket.values import Found
from lrx.diagnosis.ticket.vocabulary import any_of
from lrx.people.names import folded

__all__ = [
    "accme_activity_ids",
    "credit_ids",
    "diagnosis_numbers",
    "emails",
    "pars_codes",
    "recipients_named",
    "ws_codes",
]

EMAIL = re.compile(r"(?<![\w.%+'-])[a-z0-9_][a-z0-9._%+'-]{0,63}@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?![\w-])")
CREDIT = re.compile(r"(?<!\w)ccid:[^\s:<>\"]{1,150}:[^\s:<>\",;]{1,150}", re.IGNORECASE)
LONGEST_CREDIT = 300
DIAGNOSIS = re.compile(
    r"(?<![\w-])0[12][0-9a-f]{6}-[0-9a-f]{4}-(?:[0-9a-f]{4}|7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})(?![\w-])"
)
"""The number of a diagnosis, or its whole id: it begins with the time it was made, since 2004."""
WS = re.compile(r"(?<![^\W_])ws[\s_:#-]{0,3}(40[01])(?![0-9])")
ERROR_40X = re.compile(r"(?<!\w)(?:error|erreur|err)[ :#]{0,2}(?:code[ :#]{0,2})?(40[01])(?![0-9])")
THREE_DIGITS = re.compile(r"(?<![\w.,/-])[1-9][0-9]{2}(?![\w@%$/-])(?![.,:][0-9])")
ACTIVITY = re.compile(r"(?<![\w.,/-])[0-4][0-9]{8}(?![\w-])(?!\.[0-9])")

PARS_WORDS = re.compile(r"(?<![^\W_])(?:pars|accme)(?![^\W_])")
CMARS_WORDS = re.compile(r"(?<![^\W_])(?:ws|cmars)(?![^\W_])")
ACTIVITY_WORDS = re.compile(r"(?<![^\W_])(?:pars|accme|activity|activities|activite|activites)(?![^\W_])")
BEFORE_CODE = re.compile(
    r"(?<![^\W_])(?:pars|accme|codes?|erreurs?|errors?|rejet|rejets|rejete[es]?|rejected)(?![^\W_])[^\n.!?0-9]*$"
)
NOT_A_CODE = re.compile(
    r"(?<![^\W_])(?:http|https|area|zip|postal|regional|wing|room|status)[ :#]*(?:code|error|erreur)?[ :#]*$"
)
BETWEEN_CODES = re.compile(r"[ ,;/&+]{1,3}(?:and|et|or|ou)?[ ]?")
CLOSE, NEAR = 28, 120
"""Characters between a word and what it says of a number."""


def emails(text: Pasted) -> Iterator[Found]:
    """Find e-mail addresses; the normal form is in lower case."""
    for match in EMAIL.finditer(text.folded):
        yield text.found("email", *match.span(), text.text[slice(*match.span())].lower())


def credit_ids(text: Pasted) -> Iterator[Found]:
    """Find credit ids, `ccid:…:…`, as they are."""
    for match in CREDIT.finditer(text.text):
        typed = match[0].rstrip(".,;)]}'")
        if text.is_free(*match.span()) and len(typed) <= LONGEST_CREDIT and typed.rpartition(":")[2]:
            yield text.found("credit_id", match.start(), match.start() + len(typed), typed)


def diagnosis_numbers(text: Pasted) -> Iterator[Found]:
    """Find the numbers our letters give to be quoted, and ids in addresses of diagnoses."""
    for match in DIAGNOSIS.finditer(text.folded):
        if text.is_free(*match.span()):
            yield text.found("diagnosis", *match.span(), match[0])


def ws_codes(text: Pasted) -> Iterator[Found]:
    """Find WS400 and WS401, and an error 400 or 401 where CMaRS is spoken of."""
    near = _near(CMARS_WORDS, text)
    for match in WS.finditer(text.folded):
        if text.is_free(*match.span()):
            yield text.found("ws_code", *match.span(), f"WS{match[1]}")
    for match in ERROR_40X.finditer(text.folded):
        if text.is_free(*match.span(1)) and near(match.start()):
            yield text.found("ws_code", *match.span(1), f"WS{match[1]}")


def pars_codes(text: Pasted) -> Iterator[Found]:
    """Find the codes of three digits PARS answers with, one or several behind a word that says what they are."""
    near, last = _near(PARS_WORDS, text), -1
    for match in THREE_DIGITS.finditer(text.folded):
        start, end = match.span()
        if not text.is_free(start, end):
            continue
        goes_on = last >= 0 and BETWEEN_CODES.fullmatch(text.folded, last, start)
        before = text.folded[max(0, start - CLOSE) : start]
        behind = PARS_WORDS.search(text.folded, end, end + CLOSE // 2)
        is_said = (BEFORE_CODE.search(before) or behind) and not NOT_A_CODE.search(before)
        if not (goes_on or is_said) or (match[0] in ("400", "401") and not near(start)):
            continue
        last = end
        yield text.found("pars_code", start, end, match[0])


def accme_activity_ids(text: Pasted) -> Iterator[Found]:
    """Find ids of nine digits, the first two a year, where an activity, PARS or ACCME is spoken of."""
    near = _near(ACTIVITY_WORDS, text)
    for match in ACTIVITY.finditer(text.folded):
        if text.is_free(*match.span()) and near(match.start()):
            yield text.found("accme_activity_id", *match.span(), match[0])


def recipients_named(text: Pasted, titles: Mapping[str, str]) -> Iterator[Found]:
    """Find the recipients of these codes and titles."""
    if not titles:
        return
    called = {folded(name): code for code, title in titles.items() for name in (code, title)}
    for match in _any_of(tuple(sorted(called))).finditer(text.folded):
        if match[0] in called and text.is_free(*match.span()):
            yield text.found("recipient", *match.span(), called[match[0]])


@cache
def _any_of(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_])(?:{any_of(names)})(?![^\W_])")


class _near:  # noqa: N801 - reads as the question it answers
    """Whether one of the words stands near a place."""

    def __init__(self, words: "re.Pattern[str]", text: Pasted) -> None:
        self._places = [match.start() for match in words.finditer(text.folded)]

    def __call__(self, place: int) -> bool:
        index = bisect_left(self._places, place - NEAR)
        return index < len(self._places) and self._places[index] <= place + NEAR
