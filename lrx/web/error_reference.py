"""Every error under its code: what it means, who can act next, and the page that the `type` of a problem leads to."""

import inspect
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from lrx.errors import LrxError, Turn
from lrx.text import Language, Text, say, text
from lrx.web.asgi import Endpoint, language_of
from lrx.web.problems import TITLES, status_of

__all__ = ["Entry", "entries", "errors_route", "french_meanings", "known_errors"]

CODE = re.compile(r"`([^`]+)`")
AGAIN = text("Send the same request again later.")
NEXT: Mapping[Turn, Text] = {
    "caller": text("Correct the request; the list of errors in the answer says where and what would be right."),
    "learner": text("The learner must act."),
    "course_admin": text("A course administrator must act."),
    "site_admin": text("A site administrator must act."),
    "recipient": text("The recipient must act."),
    "lrx": text("Whoever runs this exchange must act. Give them the request id."),
    "nobody": text("Nobody needs to act."),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One code: what it stands for in each language, and what can be done."""

    code: str
    statuses: tuple[int, ...]
    turn: Turn
    retryable: bool
    english: str
    french: str

    def meaning(self, language: Language) -> str:
        """What the code stands for."""
        return self.french if language == "fr" else self.english

    @property
    def remedy(self) -> Text:
        """What to do next."""
        return AGAIN if self.retryable else NEXT[self.turn]


def known_errors(packages: Iterable[str] = ("lrx", "admin_ui")) -> list[type[LrxError]]:
    """Every error of the domain in the modules that are imported, by code and name."""
    wanted = frozenset(packages)
    everything: list[type[LrxError]] = [LrxError, *_below(LrxError)]
    found = {kind for kind in everything if kind.__module__.partition(".")[0] in wanted}
    return sorted(found, key=lambda kind: (kind.code, kind.__name__))


def entries(kinds: Iterable[type[LrxError]]) -> list[Entry]:
    """The errors by code."""
    by_code: dict[str, list[type[LrxError]]] = {}
    for kind in kinds:
        by_code.setdefault(kind.code, []).append(kind)
    return [_entry(code, same) for code, same in by_code.items()]


def _entry(code: str, kinds: list[type[LrxError]]) -> Entry:
    english = " ".join(dict.fromkeys(_first_paragraph(kind) for kind in kinds))
    return Entry(
        code=code,
        statuses=tuple(dict.fromkeys(int(status_of(kind)) for kind in kinds)),
        turn=kinds[0].turn,
        retryable=kinds[0].retryable,
        english=english,
        french=french_meanings().get(code, english),
    )


def errors_route() -> Route:
    """`/docs/errors`, in the reader's language, with a place for each code."""

    async def errors(request: Request) -> Response:
        language = language_of(request.scope)
        headers = {"Content-Language": language, "Vary": "Accept-Language"}
        return HTMLResponse(_page(language), headers=headers)

    methods = {"GET": errors, "HEAD": errors}
    return Route("/docs/errors", Endpoint(methods, dict.fromkeys(methods, "public")), name="errors")


@cache
def _page(language: Language) -> str:
    title = escape(say(text("Errors"), language))
    sections = "".join(_section(one, language) for one in entries(known_errors()))
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title} – LRX</title></head><body><main><h1>{title}</h1>{sections}</main></body></html>"
    )


def _section(entry: Entry, language: Language) -> str:
    statuses = " · ".join(f"HTTP {status}: {escape(say(TITLES[status], language))}" for status in entry.statuses)
    meaning = CODE.sub(r"<code>\1</code>", escape(entry.meaning(language)))
    return (
        f'<section id="{entry.code}"><h2><code>{entry.code}</code></h2><p>{statuses}</p>'
        f"<p>{meaning}</p><p>{escape(say(entry.remedy, language))}</p></section>"
    )


@cache
def french_meanings() -> Mapping[str, str]:
    """What each code stands for, in French."""
    meanings: Mapping[str, str] = tomllib.loads(files("lrx.web").joinpath("errors_fr.toml").read_text("utf-8"))
    return meanings


def _first_paragraph(kind: type[LrxError]) -> str:
    return " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split())


def _below(kind: type[LrxError]) -> Iterator[type[LrxError]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)
