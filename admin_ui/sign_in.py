"""Signing in and out. The page is in both languages side by side: nobody knows yet which one the reader speaks."""

import re
from dataclasses import dataclass

from starlette.responses import RedirectResponse, Response

from admin_ui.navigation import HOME
from admin_ui.rendering import render
from admin_ui.visit import TOKEN_COOKIE, Visit, form_of
from lrx import sign_ins
from lrx.errors import Busy
from lrx.exchange import Exchange
from lrx.sign_ins import SignInLimit, SignInRefused
from lrx.text import Text, text

__all__ = ["Reception", "SignInPage", "sign_out"]

SIGN_IN = "/admin/sign-in"

TITLE, USERNAME, PASSWORD = text("Sign in"), text("User name"), text("Password")

# A path of these pages and nothing that a browser could take for the address of another site.
OWN_ADDRESS = re.compile(r"/admin/[A-Za-z0-9/_-]*(?:\?[!-\[\]-~]*)?")


@dataclass(frozen=True, slots=True)
class SignInPage:
    """The form, what was typed, and why it was not taken. The words are shown in both languages."""

    username: str = ""
    next_address: str = HOME
    failure: Text | None = None
    title: Text = TITLE
    username_label: Text = USERNAME
    password_label: Text = PASSWORD


class Reception:
    """The sign-in page, and the count of tries behind it."""

    def __init__(self, exchange: Exchange) -> None:
        self._limit = SignInLimit(exchange.settings.sign_in_rate_limit)

    async def show(self, visit: Visit) -> Response:
        """The form; whoever is signed in already goes on."""
        next_address = _own(visit.request.query_params.get("next", ""))
        if visit.signed_in is not None:
            return RedirectResponse(next_address, 303)
        return render(visit, "sign_in.html", SignInPage(next_address=next_address))

    async def take(self, visit: Visit) -> Response:
        """Sign the person in, or show the form again with the reason."""
        form = await form_of(visit.request)
        username, password = form.get("username", ""), form.get("password", "")
        page = SignInPage(username, _own(form.get("next", "")))
        client = visit.request.client
        try:
            await self._limit.count(username, client.host if client else "")
            token = await sign_ins.sign_in(visit.exchange, username, password, request_id=visit.request_id)
        except SignInRefused as error:
            return _again(visit, page, error.detail, 401, {"WWW-Authenticate": 'Cookie realm="LRX"'})
        except Busy as error:
            return _again(visit, page, error.detail, 429, {"Retry-After": str(error.retry_after)})
        response = RedirectResponse(page.next_address, 303)
        settings = visit.exchange.settings
        response.set_cookie(
            TOKEN_COOKIE,
            token,
            settings.session_hours * 3600,
            path="/admin",
            secure=settings.secure_cookies,
            httponly=True,
            samesite="lax",
        )
        return response


async def sign_out(visit: Visit) -> Response:
    """End the sign-in here and in the browser."""
    act, token = visit.act, visit.request.cookies[TOKEN_COOKIE]
    await visit.exchange.database.write(lambda session: sign_ins.sign_out(session, act, token))
    response = RedirectResponse(SIGN_IN, 303)
    response.delete_cookie(
        TOKEN_COOKIE, path="/admin", secure=visit.exchange.settings.secure_cookies, httponly=True, samesite="lax"
    )
    return response


def _again(visit: Visit, page: SignInPage, failure: Text, status: int, headers: dict[str, str]) -> Response:
    shown = SignInPage(page.username, page.next_address, failure)
    return render(visit, "sign_in.html", shown, status=status, headers=headers)


def _own(address: str) -> str:
    return address if OWN_ADDRESS.fullmatch(address) else HOME
