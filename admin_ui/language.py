"""The language of a page: the address, else the cookie of an earlier choice, else the administrator's own, else the
browser's. The switch leads to the same page in the other language."""

from datetime import timedelta
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from lrx.text import LANGUAGES, Language
from lrx.web import language_of

__all__ = ["keep_choice", "language_for", "other_language", "switch_address"]

PARAMETER = "lang"
COOKIE = "lrx_language"
KEPT = timedelta(days=365)


def language_for(request: Request, preferred: str | None) -> Language:
    """Return the language to answer in; `preferred` is the administrator's own."""
    named = (request.query_params.get(PARAMETER), request.cookies.get(COOKIE), preferred)
    return next((language for name in named for language in LANGUAGES if language == name), language_of(request.scope))


def keep_choice(request: Request, response: Response, *, secure: bool) -> None:
    """Let the browser keep the language that the address chose."""
    chosen = request.query_params.get(PARAMETER)
    if chosen in LANGUAGES:
        seconds = int(KEPT.total_seconds())
        response.set_cookie(COOKIE, chosen, seconds, path="/admin", secure=secure, httponly=True, samesite="lax")


def other_language(language: Language) -> Language:
    """The language to switch to."""
    return "fr" if language == "en" else "en"


def switch_address(request: Request, to: Language) -> str:
    """Return the address of the same page, filters included, in the other language."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != PARAMETER]
    return f"?{urlencode([*kept, (PARAMETER, to)])}"
