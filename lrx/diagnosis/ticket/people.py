"""Names of persons as they are written, and user names."""

import re
from bisect import bisect
from collections.abc import Iterator
from functools import cache

from lrx.diagnosis.ticket.pasted import Pasted
from lrx.diagnosis.ticket.values import Found, Mark
from lrx.diagnosis.ticket.vocabulary import any_of, words
from lrx.people.names import TITLES, folded

__all__ = ["labelled_usernames", "names", "usernames"]

UPPER = "A-ZÀ-ÖØ-ÞŒ"
LETTERS = r"[^\W\d_]"
OWNER = r"'[sS](?!\w)"
PART = rf"{LETTERS}{{1,30}}(?:(?!{OWNER})['-]{LETTERS}{{1,30}}){{0,3}}"
OF_OWNER = re.compile(rf"{OWNER}|(?<=[sS])'(?= \w)")
"""Behind the name of whom something is: `Chen's WHMIS`, `Rogers' WHMIS`."""
NAME_WORD = re.compile(rf"[{UPPER}]\.(?=\s)|{PART}")
SPACE = re.compile(r"[ ]{1,2}")
ELIDED = r"(?<=\b[dlDL]')|(?<=\b[qQ]u')"
CAPITAL = re.compile(rf"(?:(?<![\w@'.-])|{ELIDED})(?=[{UPPER}]){PART}(?![\w@])(?!(?!{OWNER})['-]\w)")
FAMILY_FIRST = re.compile(r" ?, ?| ?[\t|] ?")
MOST_PARTS = 5
LOOK_BACK = 12
APART = 120
"""Characters between the two labels of one name."""

TOKEN = re.compile(r"[a-z0-9][a-z0-9._-]{1,48}[a-z0-9]", re.IGNORECASE)
ALONE = re.compile(r"(?<![\w@./\\:'’&=-])[a-z][a-z0-9]*(?:[._][a-z0-9]+)*(?![\w@/\\&=-])(?![.'’:][\w])")
DOTTED = re.compile(r"[a-z]{1,20}\.[a-z]{2,25}[0-9]{0,3}")
DIGITS = re.compile(r"[a-z]{3,20}[0-9]{1,4}")
JOINED = re.compile(r"[a-z]{1,20}_[a-z0-9_]{2,25}")
VOWELS = frozenset("aeiouy")


def labelled_usernames(text: Pasted) -> Iterator[Found]:
    """Find what is said to be a user name: `user: x`, `username x`, `nom d'utilisateur : x`."""
    for label in _labels().finditer(text.folded):
        token = TOKEN.match(text.text, label.end())
        if token is None or not text.is_free(*token.span()):
            continue
        typed = token[0].rstrip(".-_")
        start, end = token.start(), token.start() + len(typed)
        is_word = folded(typed) in words("stop") | words("not_names")
        if text.text[token.end() : token.end() + 1] not in ("@", "/") and not is_word:
            yield text.found("username", start, end, typed.lower(), mark="label")


def usernames(text: Pasted, persons: list[Found]) -> Iterator[Found]:
    """Find words that are user names by their shape, or an initial and the family name of one of the persons."""
    said = {part for one in persons for part in one.normal.split()}
    for match in ALONE.finditer(text.text):
        if text.is_free(*match.span()) and _is_username(match[0], said):
            yield text.found("username", *match.span(), match[0])


def names(text: Pasted) -> Iterator[Found]:
    """Find persons: in the fields of a form, behind a title, family name first with a comma, or two words or more with
    capitals."""
    yield from _in_fields(text)
    yield from _titled(text)
    place = 0
    while match := CAPITAL.search(text.text, place):
        place = match.end()
        if not text.is_free(*match.span()) or len(match[0]) < 2 or not _may_be_name(match[0]):
            continue
        first = _parts(text, match.start())
        place = max(place, first)
        comma = FAMILY_FIRST.match(text.text, first)
        second = comma and CAPITAL.match(text.text, comma.end())
        is_given = second and _may_be_name(second[0]) and folded(second[0]) not in words("no_persons")
        if comma and second and is_given and text.is_free(*second.span()):
            end = _parts(text, second.start(), most=2)
            place = end
            yield _name(text, match.start(), end)
        elif len(text.text[match.start() : first].split()) > 1:
            yield _name(text, match.start(), first)


def _in_fields(text: Pasted) -> Iterator[Found]:
    """Family names behind their label, each with the given name whose label is nearest to it."""
    given = [(field.start(), field.end()) for field in _fields("given_labels").finditer(text.folded)]
    for field in _fields("family_labels").finditer(text.folded):
        start, end = field.end(), _parts(text, field.end())
        if end == start or not CAPITAL.match(text.text, start) or not text.is_free(start, end):
            continue
        at = bisect(given, (field.start(), 0))
        near = [one for one in given[max(at - 1, 0) : at + 1] if abs(one[0] - field.start()) <= APART]
        of_given = min(near, key=lambda one: abs(one[0] - field.start()), default=None)
        before = _words(text, of_given[1], _parts(text, of_given[1])) if of_given else ""
        yield text.found("name", start, end, f"{before} {_words(text, start, end)}".strip(), mark="label")


def _titled(text: Pasted) -> Iterator[Found]:
    for title in _titles().finditer(text.folded):
        start = title.end()
        if not text.is_free(title.start(), start):
            continue
        first = NAME_WORD.match(text.text, start)
        if first is None or not text.is_free(*first.span()):
            continue
        last = _behind_particles(text, first)
        begins_name = last and last.start() > start and _may_be_name(last[0])  # de, la and le do, and other text too
        if folded(first[0]) in words("stop") and not begins_name:
            continue
        if not first[0][0].isupper() and not (last and last[0][0].isupper()):
            if last and len(title[0].strip(". ")) > 1 and len(last[0]) > 2:
                yield _name(text, start, last.end(), mark="title" if _is_title_of_small(text, title) else None)
            continue
        end = _parts(text, start)
        comma = FAMILY_FIRST.match(text.text, end)
        second = comma and "," in comma[0] and CAPITAL.match(text.text, comma.end())
        if (
            second
            and len(text.text[start:end].split()) == 1
            and _may_be_name(second[0])
            and text.is_free(*second.span())
        ):
            end = _parts(text, second.start(), most=2)
        yield _name(text, start, end, mark="title" if _is_surely_of_person(title[0], last) else None)


def _is_surely_of_person(title: str, name: re.Match[str] | None) -> bool:
    """Whether a word behind the title is a name: `Nurse Manager` is none."""
    if title.strip(". ") in TITLES:
        return True
    return name is not None and _may_be_name(name[0]) and folded(name[0]) not in words("no_persons")


def _is_title_of_small(text: Pasted, title: re.Match[str]) -> bool:
    """Whether the title says that a word in small letters is a name: `dr patel`, and not `the dr said`."""
    before = text.folded[max(0, title.start() - LOOK_BACK) : title.start()].split()
    return title[0].strip(". ") in words("titles_of_small") and not (before and before[-1] in words("determiners"))


def _behind_particles(text: Pasted, first: re.Match[str]) -> re.Match[str] | None:
    """The word behind the particles that a name begins with; of one in small letters nothing is said about the next."""
    word: re.Match[str] | None = first
    for _ in range(MOST_PARTS):
        if word is None or folded(word[0]) not in words("particles"):
            return word if word and text.is_free(*word.span()) else None
        gap = SPACE.match(text.text, word.end())
        word = gap and NAME_WORD.match(text.text, gap.end())
    return None


def _parts(text: Pasted, start: int, most: int = MOST_PARTS) -> int:
    """Where the name that starts here ends: words with capitals, particles and initials."""
    end, place = start, start
    for _ in range(most):
        word = NAME_WORD.match(text.text, place)
        if word is None or not text.is_free(*word.span()) or text.text[word.end() : word.end() + 1] in ("@", "_"):
            break
        is_particle = folded(word[0]) in words("particles")
        if place > start and not is_particle and not _may_be_name(word[0]):
            break
        if not is_particle:
            end = word.end()
        gap = SPACE.match(text.text, word.end())
        if gap is None:
            break
        place = gap.end()
    return end


def _may_be_name(word: str) -> bool:
    plain = folded(word)
    is_other = plain in words("not_names") or plain in TITLES or (word.isupper() and plain in words("acronyms"))
    return word[0].isupper() and not is_other


def _name(text: Pasted, start: int, end: int, *, mark: Mark | None = None) -> Found:
    is_owner = OF_OWNER.match(text.text, end) is not None
    return text.found("name", start, end, _words(text, start, end), mark="owner" if is_owner else mark)


def _words(text: Pasted, start: int, end: int) -> str:
    return " ".join(re.findall(r"\w+", text.folded[start:end].replace("'", "")))


def _is_username(word: str, said: set[str]) -> bool:
    first, _, last = word.rpartition(".")
    if first:
        return DOTTED.fullmatch(word) is not None and last not in words("endings")
    if JOINED.fullmatch(word):
        return True
    letters = word.rstrip("0123456789")
    if DIGITS.fullmatch(word) and len(word) > 4:
        return letters[1:] in said or _begins_strangely(letters)
    return len(word) > 4 and (letters[1:] in said or letters[2:] in said or _begins_strangely(word))


def _begins_strangely(word: str) -> bool:
    if len(word) < 5 or word[0] in VOWELS or word[1] in VOWELS or word in words("acronyms"):
        return False
    return word[:2] not in words("onsets") and not VOWELS.isdisjoint(word)


@cache
def _titles() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w'.-])(?:{any_of(words('titles'))})(?:\. ?| )(?=[^\W\d_])")


@cache
def _fields(labels: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{any_of(words(labels))})[ ]?[:=\t][ ]?(?=[^\W\d_])")


@cache
def _labels() -> re.Pattern[str]:
    sure, loose = any_of(words("user_labels")), any_of(words("loose_user_labels"))
    return re.compile(rf"(?<!\w)(?:(?:{sure})(?: ?[:=] ?| (?:is |est )?|\t)|(?:{loose}) ?[:=] ?)[\"']?(?=[a-z0-9])")
