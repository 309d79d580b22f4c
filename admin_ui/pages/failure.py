"""The page about what went wrong: what it is, what to do next, and the id to quote when asking for help."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from admin_ui.rendering import render
from admin_ui.visit import Visit
from lrx.errors import LrxError
from lrx.text import Text, text
from lrx.web.problems import MethodNotAllowed, status_of

__all__ = ["FailurePage", "show"]

TITLES: Mapping[int, Text] = {
    403: text("You may not do this"),
    404: text("This page is not here"),
    500: text("Something went wrong here"),
}

OTHER = text("This cannot be done as it was asked")


@dataclass(frozen=True, slots=True)
class FailurePage:
    """What happened, in one line and in a sentence with a next step."""

    title: Text
    detail: Text
    request_id: str


def show(visit: Visit, error: LrxError) -> Response:
    """Return the page about `error`."""
    status = status_of(error)
    headers = {"Allow": error.allow} if isinstance(error, MethodNotAllowed) else {}
    page = FailurePage(TITLES.get(status, OTHER), error.detail, visit.request_id)
    return render(visit, "failure.html", page, status=status, headers=headers)
