"""The administration pages, on one screen. Every page names its permission; what goes wrong is a readable page too."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from http import HTTPMethod
from pathlib import Path
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from admin_ui.language import keep_choice
from admin_ui.navigation import HOME
from admin_ui.pages import courses, diagnose, diagnoses, failure, learning_records, site_records
from admin_ui.sign_in import SIGN_IN, Reception, sign_out
from admin_ui.visit import NotSignedIn, Visit, arrive, refuse_foreign_form, unknown
from lrx.access import permit
from lrx.errors import LrxError
from lrx.exchange import Exchange
from lrx.logs import log, trace_of
from lrx.web import Endpoint, no_such_path, request_id_of
from lrx.web.problems import Unexpected

__all__ = ["create_admin", "routes"]

Page = Callable[[Visit], Awaitable[Response]]

STATIC = Path(__file__).parent / "static"


def routes(exchange: Exchange) -> Sequence[BaseRoute]:
    """Every page, with the permission of each of its methods."""
    at, reception = partial(_at, exchange), Reception(exchange)
    return [
        at("/", GET=(home, "signed-in")),
        at("/sign-in", GET=(reception.show, "public"), POST=(reception.take, "public")),
        at("/sign-out", POST=(sign_out, "signed-in")),
        at("/courses", GET=(courses.show, "courses:read")),
        at("/courses/{course_id:uuid}/learning-records", GET=(learning_records.show, "records:read")),
        at("/courses/{course_id:uuid}/learning-records.{form}", GET=(learning_records.download, "records:read")),
        at("/learning-records", GET=(site_records.show, "records:read")),
        at("/learning-records.{form}", GET=(site_records.download, "records:read")),
        at("/diagnose", GET=(diagnose.show, "diagnoses:make"), POST=(diagnose.read, "diagnoses:make")),
        at("/diagnoses", POST=(diagnoses.make, "diagnoses:make")),
        at("/diagnoses/{diagnosis_id:uuid}", GET=(diagnoses.show, "diagnoses:read")),
        at("/diagnoses/{diagnosis_id:uuid}/rerun", POST=(diagnoses.make_again, "diagnoses:make")),
        Mount("/static", app=_Assets(directory=STATIC), name="static"),
    ]


def create_admin(exchange: Exchange) -> ASGIApp:
    """Return the pages as an ASGI application, to be mounted at /admin inside `lrx.web.wrap`."""
    return _answer_with_pages(Router(list(routes(exchange)), redirect_slashes=False, default=no_such_path), exchange)


async def home(_visit: Visit) -> Response:
    """The first page after signing in."""
    return RedirectResponse(HOME, 303)


def _at(exchange: Exchange, path: str, **methods: tuple[Page, str]) -> Route:
    permissions = {method: permission for method, (_, permission) in methods.items()}
    handlers = {method: _handler(exchange, page, permissions[method]) for method, (page, _) in methods.items()}
    return Route(path, Endpoint(handlers, permissions))


def _handler(exchange: Exchange, page: Page, permission: str) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        if request.method != HTTPMethod.GET:
            refuse_foreign_form(request)
        visit = await arrive(exchange, request)
        request.state.visit = visit
        if permission != "public":
            permit(visit.caller, permission)
        response = await page(visit)
        keep_choice(request, response, secure=exchange.settings.secure_cookies)
        return response

    return handle


class _Assets(StaticFiles):
    """Style sheets and pictures: kept by browsers, and asked for again whether they changed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except HTTPException:
            await no_such_path(scope, receive, send)

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "no-cache"
        return response


def _answer_with_pages(app: ASGIApp, exchange: Exchange) -> ASGIApp:
    """Answer whatever was not caught with a page; whoever is not signed in is led to the sign-in and back."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        has_started = False

        async def send_and_note(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        refusal: LrxError
        try:
            await app(scope, receive, send_and_note)
            return
        except ClientDisconnect:
            raise
        except LrxError as error:
            refusal = error
        except Exception as error:
            log.error("unexpected error", error=type(error).__qualname__, trace=trace_of(error))
            refusal = Unexpected(request_id_of(scope))
        if has_started:
            raise refusal
        await _refused(exchange, Request(scope), refusal)(scope, receive, send)

    return answering


def _refused(exchange: Exchange, request: Request, error: LrxError) -> Response:
    if isinstance(error, NotSignedIn):
        query = f"?{request.url.query}" if request.url.query else ""
        wanted = {"next": f"{request.url.path}{query}"} if request.method == HTTPMethod.GET else {}
        return RedirectResponse(f"{SIGN_IN}?{urlencode(wanted)}" if wanted else SIGN_IN, 303)
    visit = getattr(request.state, "visit", None) or unknown(exchange, request)
    return failure.show(visit, error)
