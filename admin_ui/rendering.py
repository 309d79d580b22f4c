"""Pages made of templates: sentences in the reader's language, dates and numbers as they are written there.

A page hands its template one frozen value, `page`; what surrounds every page is in `shell`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from starlette.responses import HTMLResponse, Response

from admin_ui import words
from admin_ui.dates import LOCALES, day_in_words, moment_in_words, respelt, values_respelt
from admin_ui.language import other_language, switch_address
from admin_ui.navigation import Entry, menu_for
from admin_ui.visit import Visit
from lrx.reports.roster import MOST_COUNTED
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
    templates.globals.update(
        _=_say_literal,
        chips=words.CHIPS,
        natives=NATIVE,
        oci_statuses=words.OCI_STATUSES,
        periods=words.PERIODS,
        sources=SOURCE_TITLES,
        turns=words.TURNS,
    )
    templates.filters.update(
        say=_say,
        say_in=say,
        spelt=_spelt,
        day=_day,
        moment=_moment,
        number=_number,
        counted=_counted,
        shown=_shown,
        respelt=_respelt,
    )
    return templates


@pass_context
def _say_literal(context: Context, message: str, **values: object) -> str:
    """`_("Sentence with {name}.", name=value)`: the sentence in the reader's language."""
    return say(Text(message, values), context["language"])


@pass_context
def _say(context: Context, sentence: Text) -> str:
    return say(sentence, context["language"])


@pass_context
def _spelt(context: Context, sentence: Text) -> str:
    """The sentence with the days and times it speaks of as people write them."""
    language = context["language"]
    values = values_respelt(sentence.values, sentence.message, language, context["zone"])
    return say(Text(sentence.message, values), language)


@pass_context
def _day(context: Context, day: date) -> str:
    return day_in_words(day, context["language"])


@pass_context
def _moment(context: Context, instant: datetime) -> str:
    return moment_in_words(instant, context["language"], context["zone"])


@pass_context
def _number(context: Context, number: int) -> str:
    return format_decimal(number, locale=LOCALES[context["language"]])


@pass_context
def _respelt(context: Context, written: str) -> str:
    return respelt(written, context["language"], context["zone"])


@pass_context
def _counted(context: Context, number: int) -> str:
    """A number of rows: exact as far as they are counted, and `10,000+` above."""
    return _number(context, number) if number <= MOST_COUNTED else f"{_number(context, MOST_COUNTED)}+"


@pass_context
def _shown(context: Context, value: Text | date | str) -> str:
    """A value of any kind, as people read it."""
    if isinstance(value, Text):
        return say(value, context["language"])
    return _day(context, value) if isinstance(value, date) else value
