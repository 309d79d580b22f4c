from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlmodel import Session, select

from lrx.clock import FrozenClock
from lrx.models import Administrator, SignIn
from tests.admin_ui.browser import SAME_ORIGIN, Browser, Page, pages_of

pytestmark = pytest.mark.anyio


async def test_whoever_is_not_signed_in_is_led_to_the_sign_in_and_back(browser: Browser) -> None:
    await browser.build()
    answer = await browser.http.get("/admin/courses?after=x&lang=en")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/admin/sign-in?next=%2Fadmin%2Fcourses%3Fafter%3Dx%26lang%3Den",
    )
    form = await browser.get(answer.headers["location"])
    [wanted] = form.all("//input[@name='next']/@value")
    answer = await browser.sign_in(next_address=wanted)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/courses?after=x&lang=en")
    await browser.get("/admin/courses")


async def test_the_cookie_is_opaque_and_kept_from_scripts_and_other_sites(browser: Browser) -> None:
    await browser.build()
    cookie = (await browser.sign_in()).headers["set-cookie"]
    name_and_token, *attributes = cookie.split("; ")
    name, token = name_and_token.split("=")
    assert name == "lrx_session"
    assert len(bytes.fromhex(token)) == 32
    assert {"HttpOnly", "Max-Age=43200", "Path=/admin", "SameSite=lax"} == set(attributes)


async def test_the_cookie_is_for_https_only_unless_it_is_a_try_on_loopback(browser: Browser) -> None:
    await browser.build()
    settings = browser.exchange.settings.model_copy(update={"secure_cookies": True})
    pages = pages_of(replace(browser.exchange, settings=settings))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(pages), base_url="https://lrx.test") as http:
        answer = await Browser(browser.exchange, http).sign_in()
        assert "Secure" in answer.headers["set-cookie"].split("; ")
        switched = await http.get("/admin/sign-in?lang=fr")
        assert all("Secure" in cookie for cookie in switched.headers.get_list("set-cookie"))


async def test_a_refused_sign_in_says_so_and_keeps_the_name_only(browser: Browser) -> None:
    await browser.build()
    answer = await browser.sign_in("priya", "not the password at all")
    page = Page(answer)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert "The user name or the password is not right." in page.words
    assert page.all("//input[@name='username']/@value") == ["priya"]
    assert page.all("//input[@name='username']/@aria-describedby") == page.all("//*[@class='failure']/@id")
    assert page.root.findtext(".//title").startswith("Error:")
    assert "not the password at all" not in answer.text


async def test_a_disabled_administrator_cannot_go_on(browser: Browser) -> None:
    await browser.build()
    await browser.sign_in()

    def disable(session: Session) -> None:
        session.exec(select(Administrator)).one().disabled_at = browser.exchange.clock.now()

    await browser.exchange.database.write(disable)
    assert (await browser.http.get("/admin/courses")).status_code == 303
    assert (await browser.sign_in()).status_code == 401


async def test_too_many_tries_are_told_when_to_come_back(browser: Browser) -> None:
    await browser.build()
    answers = [await browser.sign_in(password="wrong wrong wrong") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert "There were too many tries to sign in." in Page(answers[-1]).words
    assert (await browser.sign_in()).status_code == 429
    assert (await browser.sign_in("somebody.else")).status_code == 401


async def test_a_sign_in_expires(browser: Browser, clock: FrozenClock) -> None:
    await browser.build()
    await browser.sign_in()
    await browser.get("/admin/courses")
    clock.advance(timedelta(hours=12))
    assert (await browser.http.get("/admin/courses")).status_code == 303


async def test_signing_out_ends_it_on_both_sides(browser: Browser) -> None:
    await browser.build()
    await browser.sign_in()
    token = browser.http.cookies["lrx_session"]
    answer = await browser.http.post("/admin/sign-out", headers=SAME_ORIGIN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/sign-in")
    assert "lrx_session" not in browser.http.cookies
    browser.http.cookies.set("lrx_session", token, path="/admin")
    assert (await browser.http.get("/admin/courses")).status_code == 303


async def test_whoever_is_signed_in_does_not_see_the_form(browser: Browser) -> None:
    await browser.build()
    await browser.sign_in()
    answer = await browser.http.get("/admin/sign-in?next=/admin/courses?after=x")
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/courses?after=x")


@pytest.mark.parametrize(
    ("headers", "is_taken"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Origin": "https://lrx.test"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"}, False),
        ({"Sec-Fetch-Site": "same-site", "Origin": "https://other.lrx.test"}, False),
        ({"Origin": "https://evil.test"}, False),
        ({"Origin": "https://lrx.test.evil.test"}, False),
        ({"Origin": "null"}, False),
        ({"Referer": "https://lrx.test/admin/sign-in"}, False),
    ],
)
async def test_a_form_of_another_site_is_refused(browser: Browser, headers: dict[str, str], is_taken: bool) -> None:
    await browser.build()
    answer = await browser.sign_in(**headers)
    assert answer.status_code == (303 if is_taken else 403)
    signed_in = await browser.exchange.database.read(lambda session: session.exec(select(SignIn)).all())
    assert len(signed_in) == int(is_taken)


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/admin/courses?q=a%20b&chip=waiting", "/admin/courses?q=a%20b&chip=waiting"),
        ("https://evil.test/", "/admin/courses"),
        ("//evil.test/admin/", "/admin/courses"),
        ("/\\evil.test/", "/admin/courses"),
        ("/admin/\\evil.test", "/admin/courses"),
        ("/admin/../../evil", "/admin/courses"),
        ("/admin/courses\r\nSet-Cookie: a=b", "/admin/courses"),
        ("javascript:alert(1)", "/admin/courses"),
        ("/adminevil", "/admin/courses"),
        ("", "/admin/courses"),
    ],
)
async def test_nobody_is_led_to_another_site(browser: Browser, wanted: str, leads_to: str) -> None:
    await browser.build()
    answer = await browser.sign_in(next_address=wanted)
    assert answer.headers["location"] == leads_to
    assert answer.headers.get_list("set-cookie") == [answer.headers["set-cookie"]]


async def test_the_page_is_in_both_languages(browser: Browser) -> None:
    page = await browser.get("/admin/sign-in", accept_language="en")
    assert page.root.get("lang") == "en"
    assert len(page.all("//label/span[@lang='fr']")) == 2
    assert page.all("//h1/span") == ["Sign in", "Se connecter"]
    assert page.all("//label/@for") == page.all("//input[@type!='hidden' or not(@type)]/@id")


@pytest.mark.parametrize("body", [b"\xff\xfe=1", b"&".join(b"a=1" for _ in range(60))])
async def test_a_form_that_cannot_be_read_is_answered_with_a_page(browser: Browser, body: bytes) -> None:
    answer = await browser.http.post("/admin/sign-in", content=body, headers=SAME_ORIGIN)
    assert answer.status_code == 400
    assert "The form cannot be read." in Page(answer).words


async def test_a_form_without_fields_is_a_refused_sign_in(browser: Browser) -> None:
    assert (await browser.http.post("/admin/sign-in", headers=SAME_ORIGIN)).status_code == 401
