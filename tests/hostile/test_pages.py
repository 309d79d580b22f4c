"""Naughty strings in the administration pages: in addresses, forms, headers and cookies, and as the names shown."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import httpx
import lxml.html
import pytest
import sqlalchemy as sa
from sqlmodel import Session
from starlette.routing import Route

from admin_ui.app import routes
from lrx import administrators
from lrx.models import Course, Learner
from lrx.tables import table
from tests.admin_ui.browser import PASSWORD, SAME_ORIGIN, Browser, pages_of
from tests.hostile.corpora import naughty_strings
from tests.hostile.scene import Scene, furnish_scene
from tests.house import House

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

PARAMETERS = ("after", "chip", "lang", "next", "q")
FIELDS = ("username", "password", "next")
HEADERS = ("Accept-Language", "Cookie", "Host", "Origin", "Sec-Fetch-Site", "X-Request-Id")
LONGEST = 6_000
OUR_SCRIPT = {"src": "/admin/static/copy.js", "defer": "defer"}
LIVE = re.compile(r"(script|style|math|img|video|audio|iframe|frame|object|embed|base|marquee) |\w+ on")


@dataclass(frozen=True)
class Screen:
    """Somebody who has signed in, and what there is to see."""

    browser: Browser
    scene: Scene

    @property
    def addresses(self) -> list[str]:
        """Every page."""
        found = [route for route in routes(self.browser.exchange) if isinstance(route, Route)]
        there = {**self.scene.ids, "form": "csv"}
        return [f"/admin{route.path_format.format(**there)}" for route in found]

    async def get(self, address: str, headers: dict[bytes, bytes] | None = None) -> httpx.Response:
        """Open a page; whatever was asked, it is no failure of ours."""
        answer = await self.browser.http.get(address, headers=headers)
        assert answer.status_code < 500, (address, headers)
        return answer


@pytest.fixture
async def screen(house: House) -> AsyncIterator[Screen]:
    def hire(session: Session) -> None:
        administrators.create(
            session, house.act(session), username="priya", full_name="Priya Sharma", password=PASSWORD
        )

    await house.exchange.database.write(hire)
    transport = httpx.ASGITransport(pages_of(house.exchange))
    async with httpx.AsyncClient(transport=transport, base_url="http://lrx.test") as http:
        browser = Browser(house.exchange, http)
        assert (await browser.sign_in()).status_code == 303
        yield Screen(browser, await furnish_scene(house))


@pytest.mark.parametrize("parameter", PARAMETERS)
async def test_each_parameter_of_an_address_is_understood_or_passed_over(screen: Screen, parameter: str) -> None:
    for number, words in enumerate(naughty_strings()):
        for address in screen.addresses[number % 2 :: 2]:
            answer = await screen.get(f"{address}?{parameter}={_quoted(words)}")
            assert not _live(answer), (address, words)


@pytest.mark.parametrize("field", FIELDS)
async def test_each_field_of_a_form_is_taken_or_refused_with_the_page(screen: Screen, field: str) -> None:
    """A try takes some 20 ms of a processor, hence not all of them."""
    for words in naughty_strings()[FIELDS.index(field) :: 9]:
        form = {"username": "nobody", "password": "wrong", field: words}
        body = urlencode(form, errors="surrogatepass")
        headers = {**SAME_ORIGIN, "Content-Type": "application/x-www-form-urlencoded"}
        answer = await screen.browser.http.post("/admin/sign-in", content=body, headers=headers)
        assert answer.status_code in (400, 401), words
        assert not _live(answer)
        shown = lxml.html.document_fromstring(answer.text).xpath("//input[@name='username']/@value")
        if field == "username" and answer.status_code == 401 and not _is_control(words):
            assert [value.replace("\r\n", "\n") for value in shown] == [words.replace("\r\n", "\n")]


@pytest.mark.parametrize("header", HEADERS)
async def test_each_header_is_understood_or_passed_over(screen: Screen, header: str) -> None:
    for number, words in enumerate(naughty_strings()):
        value = words.encode("utf-8", "surrogatepass")
        if header == "Cookie":
            value = [b"lrx_session=", b"lrx_language=", b""][number % 3] + value
        for address in screen.addresses[number % 3 :: 3]:
            await screen.get(address, {header.encode(): value})


async def test_names_are_shown_as_they_are_and_never_as_markup(screen: Screen) -> None:
    report = f"/admin/courses/{screen.scene.ids['course_id']}/learning-records"
    ids = screen.scene.ids
    others = (
        "/admin/learning-records",
        f"/admin/diagnose?learner={ids['learner_id']}&course={ids['course_id']}&recipient=cmars",
    )
    plain = [_outline(await screen.get(address)) for address in ("/admin/courses", report)]
    for words in naughty_strings():
        if any("\ud800" <= sign <= "\udfff" for sign in words):
            continue
        await screen.browser.exchange.database.write(lambda session, words=words: _rename(session, words))
        answers = [await screen.get(address) for address in ("/admin/courses", report)]
        assert [_outline(answer) for answer in answers] == plain, words
        for address in others:
            assert not _live(await screen.get(address)), (address, words)
        if not _is_control(words):
            names = lxml.html.document_fromstring(answers[0].text).xpath("//tbody//th//a")
            assert names[0].text_content() == words


def _rename(session: Session, words: str) -> None:
    """Past every check: as rows of another version, or of an import, could be."""
    session.execute(sa.update(table(Course)).values(full_name=words))
    session.execute(sa.update(table(Learner)).values(given_name=words, family_name=words))


def _outline(answer: httpx.Response) -> frozenset[str]:
    """The elements and attributes of a page but for our own script, none where there is no page."""
    if not answer.headers.get("content-type", "").startswith("text/html"):
        return frozenset()
    root = lxml.html.document_fromstring(answer.text)
    elements = [element for element in root.iter() if isinstance(element.tag, str) and not _is_ours(element)]
    return frozenset(f"{element.tag} {name}" for element in elements for name in ("", *element.attrib))


def _is_ours(element: lxml.html.HtmlElement) -> bool:
    """Whether it is the one script that a page loads, from this very host and with nothing in it."""
    return element.tag == "script" and dict(element.attrib) == OUR_SCRIPT and not element.text


def _live(answer: httpx.Response) -> set[str]:
    """What of a page would run or load something that nobody of ours wrote."""
    return {found for found in _outline(answer) if LIVE.match(found)}


def _is_control(words: str) -> bool:
    """Whether a parser of HTML changes what it reads here."""
    return any(sign < " " or "\x7f" <= sign <= "\x9f" or "\ud800" <= sign <= "\udfff" for sign in words)


def _quoted(words: str) -> str:
    return quote(words.encode("utf-8", "surrogatepass")[: LONGEST // 3], safe="")
