"""Pages made of templates: sentences in the reader's language, dates and numbers as they are written there.

A page hands its template one frozen value, `page`; what surrounds every page is in `shell`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from starlette.responses import HTMLResponse, Response

from admin_ui import words
from admin_ui.language import other_language, switch_address
from admin_ui.navigation import Entry, menu_for
from admin_ui.visit import Visit
from lrx.source import SOURCE_TITLES
from lrx.text import Language, Text, say

__all__ = ["Shell", "render"]

HEADERS: Mapping[str, str] = {
    # Scripts, styles, pictures and forms of our own only.
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    # Without a referrer browsers send forms with `Origin: null`, and ours would be taken for somebody else's.
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Language, Cookie",
}

LOCALES: Mapping[Language, str] = {"en": "en_CA", "fr": "fr_CA"}

NATIVE: Mapping[Language, str] = {"en": "English", "fr": "Français"}


@dataclass(frozen=True, slots=True)
class Shell:
    """What surrounds every page. `switch_title` is the other language in its own words."""

    language: Language
    other: Language
    switch_title: str
    switch_address: str
    site_name: str | None
    full_name: str | None
    menu: tuple[Entry, ...]
    path: str


def render(
    visit: Visit, template: str, page: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the page made of `template` and its one value."""
    content = (
        _templates()
        .get_template(template)
        .render(page=page, shell=_shell(visit), language=visit.language, zone=visit.zone)
    )
    return HTMLResponse(content, status, {**HEADERS, "Content-Language": visit.language, **(headers or {})})


def _shell(visit: Visit) -> Shell:
    other = other_language(visit.language)
    person = visit.signed_in
    return Shell(
        language=visit.language,
        other=other,
        switch_title=NATIVE[other],
        switch_address=switch_address(visit.request, other),
        site_name=person.site_name if person else None,
        full_name=person.full_name if person else None,
        menu=tuple(menu_for(person.caller)) if person else (),
        path=visit.request.url.path,
    )


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    templates.globals.update(_=_say_literal, chips=words.CHIPS, sources=SOURCE_TITLES, turns=words.TURNS)
    templates.filters.update(say=_say, say_in=say, day=_day, moment=_moment, number=_number)
    return templates


@pass_context
def _say_literal(context: Context, message: str, **values: object) -> str:
    """`_("Sentence with {name}.", name=value)`: the sentence in the reader's language."""
    return say(Text(message, values), context["language"])


@pass_context
def _say(context: Context, sentence: Text) -> str:
    return say(sentence, context["language"])


@pass_context
def _day(context: Context, day: date) -> str:
    """A day: Nov 21, 2026 or 21 nov. 2026, and the first of a month as 1er in French."""
    written = format_date(day, "medium", LOCALES[context["language"]])
    return written.replace("1 ", "1er ", 1) if context["language"] == "fr" and day.day == 1 else written


@pass_context
def _moment(context: Context, instant: datetime) -> str:
    """A day and a time of day in the site's zone: Nov 21, 2026, 2:30 p.m. or 21 nov. 2026, 14 h 30."""
    local = instant.astimezone(context["zone"])
    return f"{_day(context, local.date())}, {format_time(local, 'short', locale=LOCALES[context['language']])}"


@pass_context
def _number(context: Context, number: int) -> str:
    return format_decimal(number, locale=LOCALES[context["language"]])
