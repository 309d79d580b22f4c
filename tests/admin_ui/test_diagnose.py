"""The pages of a diagnosis: asked for by name or by ticket, the verdict first, kept at an address of its own."""

import re
from datetime import datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from lrx.clock import FrozenClock
from lrx.diagnosis.sweeps import Group, Judged, keep_sweep
from lrx.models import Course, KeptDiagnosis, Learner, Site
from lrx.oci_id import OciId
from lrx.people import oci_ids
from lrx.sites import act_for_site
from tests.admin_ui.browser import SAME_ORIGIN, Browser, Page
from tests.lrx.diagnosis.situations import situations
from tests.lrx.reports.scene import Scene

pytestmark = pytest.mark.anyio

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

TICKET = "Dr Luc Tremblay says WHMIS-2026 is done, the Register is red"
ASKED = "/admin/diagnose?course=WHMIS-2026&learner="
VOID = {"input", "link", "meta", "br", "hr", "img"}


@pytest.fixture
async def course(browser: Browser, clock: FrozenClock) -> Any:
    """The id of a course in which each learner is in another situation; somebody is signed in, a moment later."""
    course_id = await browser.tell(situations)
    clock.advance(timedelta(seconds=1))
    await browser.sign_in()
    return course_id


async def send(browser: Browser, path: str, **form: str) -> Any:
    return await browser.http.post(path, data=form, headers=SAME_ORIGIN)


async def kept(browser: Browser) -> int:
    return await browser.exchange.database.read(lambda session: len(session.exec(select(KeptDiagnosis)).all()))


async def run(browser: Browser, learner: str = "luc.tremblay") -> str:
    """Ask for a diagnosis, keep it, and return its address."""
    shown = await browser.get(f"{ASKED}{learner}")
    form = {one.get("name"): one.get("value") for one in shown.root.xpath("//section//input[@type='hidden']")}
    answer = await send(browser, "/admin/diagnoses", **form)
    assert answer.status_code == 303
    return str(answer.headers["location"])


class Nesting(HTMLParser):
    """Notes every element that is closed in the wrong place."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        """It closes itself."""

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def assert_sound(page: Page) -> None:
    """Well formed, labelled, and nothing comes from elsewhere."""
    nesting = Nesting()
    nesting.feed(page.answer.text)
    assert (nesting.wrong, nesting.open) == ([], [])
    root = page.root
    ids = root.xpath("//@id")
    assert len(ids) == len(set(ids))
    for field in root.xpath("//input[not(@type='hidden')] | //select | //textarea"):
        assert root.xpath(f"//label[@for='{field.get('id')}']"), field.get("id")
    for names in root.xpath("//@aria-labelledby | //@aria-describedby"):
        assert set(names.split()) <= set(ids), names
    assert len(root.xpath("//h1")) == len(root.xpath("//main")) == len(root.xpath("//header")) == 1
    levels = [int(one.tag[1]) for one in root.xpath("//h1 | //h2 | //h3 | //h4")]
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels
    assert all(one.get("aria-hidden") == "true" for one in root.xpath("//svg"))
    assert root.xpath("//script[not(@src)] | //style | //@style") == []
    assert all(address.startswith("/") for address in root.xpath("//@src | //link/@href | //@action"))
    assert len(page.answer.content) < 150_000


@on_sqlite
@pytest.mark.parametrize("language", ["en", "fr"])
async def test_the_verdict_comes_first_for_every_kind(browser: Browser, course: Any, language: str) -> None:
    chips = {}
    for name in ("amara.okafor", "luc.tremblay", "elena.rossi", "wei.chen", "ivan.petrov", "grace.kim", "joan.fraser"):
        page = await browser.get(f"{ASKED}{name}&lang={language}")
        assert_sound(page)
        body = page.answer.text.partition("<body>")[2].encode()[:4096].decode(errors="ignore")
        [verdict] = page.root.xpath("//section[@aria-labelledby='verdict']")
        first = [verdict.xpath(".//h2/text()")[0], verdict.xpath(".//p[@class='lead']/text()")[0]]
        facts = verdict.xpath(".//dl//dt/text() | .//dl//dd/text()")
        for words in (*first, *facts):
            assert words.strip() in re.sub(r"&#39;", "'", body), (name, words)
        chips[name] = verdict.xpath(".//*[contains(@class, 'chip ')]/@class")[0].split()[1]
    assert page.root.get("lang") == language
    assert chips == {
        "amara.okafor": "delivered",
        "luc.tremblay": "needs_action",
        "elena.rossi": "needs_action",
        "wei.chen": "needs_action",
        "ivan.petrov": "needs_action",
        "grace.kim": "waiting",
        "joan.fraser": "not_sent",
    }


@on_sqlite
async def test_only_the_stage_that_decides_is_open_and_every_check_has_its_word(browser: Browser, course: Any) -> None:
    page = await browser.get(f"{ASKED}luc.tremblay")
    assert page.all("//section[@aria-labelledby='verdict']//h2") == ["The Register · Not reaching the recipient"]
    assert page.all("//details[contains(@class, 'stage')][@open]//h3") == ["C Can the recipient recognise the person?"]
    assert page.all("//details[contains(@class, 'stage')][1]/summary")[0] == "A Right person, right wiring Passed 4"
    checks = page.root.xpath("//ol[@class='checks']/li")
    words = {one.get("id"): one.xpath(".//*[contains(@class, 'word')]/text()")[0] for one in checks}
    assert (words["A1"], words["C1"], words["C2"]) == ("Passed", "In the way", "Not checked")
    assert "Passed 11 · In the way 1 · Not known here 1" in page.words
    twice = await browser.get(f"{ASKED}ivan.petrov")
    assert [one.get("id") for one in twice.root.xpath("//li[.//details[@open]][@id]")] == ["A1"]


@on_sqlite
async def test_what_is_looked_at_is_not_kept_before_somebody_says_so(browser: Browser, course: Any) -> None:
    page = await browser.get(f"{ASKED}luc.tremblay")
    assert await kept(browser) == 0
    assert "Keep and share" in page.all("//main//button")
    address = await run(browser)
    assert await kept(browser) == 1
    shown = await browser.get(address)
    assert_sound(shown)
    assert "Made on Nov 21, 2026, 2:30 p.m. by Priya Sharma." in shown.words
    assert shown.all("//main//button") == ["Run again"]
    assert "The time before" not in shown.words


@on_sqlite
async def test_a_diagnosis_is_made_again_and_tells_what_changed(
    browser: Browser, course: Any, clock: FrozenClock
) -> None:
    address = await run(browser)

    def mend(session: Session) -> None:
        luc = session.exec(select(Learner).where(Learner.username == "luc.tremblay")).one()
        site = session.exec(select(Site).where(Site.id == luc.site_id)).one()
        act = act_for_site(site, "system:test", clock.now(), uuid4)
        oci_ids.replace(session, act, browser.exchange.recipients, luc.id, [OciId.parse("CA-ON-CPSO-12345")])

    await browser.exchange.database.write(mend)
    clock.advance(timedelta(minutes=5))
    answer = await send(browser, f"{address}/rerun")
    assert (answer.status_code, answer.headers["location"] == address) == (303, False)
    page = await browser.get(answer.headers["location"])
    assert "C1: before “In the way”, now “Passed”" in page.all("//section[@aria-labelledby='history']//li")
    assert page.all("//section[@aria-labelledby='history']//a/@href") == [address]
    assert "There is a newer diagnosis." in (await browser.get(address)).words


@on_sqlite
async def test_replies_are_there_to_copy_without_scripts(browser: Browser, course: Any) -> None:
    page = await browser.get(await run(browser))
    replies = page.root.xpath("//details[contains(@class, 'reply')]")
    assert len(replies) == 5
    reference = page.all("//p[contains(@class, 'made')]/code")[0]
    for one in replies:
        [text] = one.xpath(".//textarea[@readonly]")
        assert reference in one.xpath(".//input[@readonly]/@value")[0]
        assert text.text.strip()
        assert one.xpath(f".//label[@data-copies='{text.get('id')}']/@for") == [text.get("id")]
    assert "CA-ON" not in replies[0].text_content()
    [script] = page.root.xpath("//script/@src")
    assert (await browser.http.get(script)).status_code == 200


@on_sqlite
async def test_a_ticket_is_shown_as_understood_and_run_by_a_button(browser: Browser, course: Any) -> None:
    page = Page(await send(browser, "/admin/diagnose", ticket=TICKET))
    assert_sound(page)
    assert "What was understood" in page.all("//h2")
    assert "is called “Luc Tremblay”" in page.words
    assert page.all("//input[@id='learner']/@value") == ["luc.tremblay"]
    form = {one.get("name"): one.get("value") for one in page.root.xpath("//section//form//input")}
    assert await kept(browser) == 0
    answer = await send(browser, "/admin/diagnoses", **form)
    assert "The OCI ID field is empty." in (await browser.get(answer.headers["location"])).words


@on_sqlite
async def test_a_ticket_that_may_mean_several_lists_them_as_links(browser: Browser, course: Any) -> None:
    page = Page(await send(browser, "/admin/diagnose", ticket="Luc Tremblay or Elena Rossi, WHMIS-2026"))
    assert "Several people may be meant" in page.words
    assert "Run the diagnosis" not in page.all("//button")
    links = [one for one in page.root.xpath("//ul[@class='candidates']//a/@href") if "learner=" in one]
    assert len(links) == 2
    assert "The Register · Not reaching" in (await browser.get(links[0])).words


@on_sqlite
@pytest.mark.parametrize("ticket", ["", "   ", "x" * 100_001])
async def test_a_ticket_that_cannot_be_read_is_told_on_top(browser: Browser, course: Any, ticket: str) -> None:
    answer = await send(browser, "/admin/diagnose", ticket=ticket)
    page = Page(answer)
    assert answer.status_code == 400
    assert page.all("//title")[0].startswith("Error:")
    assert page.all("//div[@id='failure']//a/@href") == ["#ticket"]
    assert_sound(page)


@on_sqlite
@pytest.mark.parametrize(
    ("query", "fields", "said"),
    [
        ("learner=nobody&course=WHMIS-2026", ["learner"], "There is no such learner"),
        ("learner=Trambley&course=WHMIS-2026", ["learner"], "Tremblay, Luc"),
        ("learner=luc.tremblay&course=zzz", ["course"], "There is no such course"),
        ("learner=luc.tremblay", ["course"], "Say which course it is."),
        ("course=WHMIS-2026", ["learner"], "Say whose completion it is."),
        ("learner=luc.tremblay&course=WHMIS-2026&recipient=zzz", ["recipient"], "Choose the recipient"),
        ("learner=luc.tremblay&course=WHMIS-2026&as_of=soon", ["as_of"], "no date with a time"),
        ("learner=luc.tremblay&course=WHMIS-2026&as_of=2031-01-01T00:00", ["as_of"], "in the future"),
        ("learner=luc.tremblay&course=WHMIS-2026&as_of=0001-01-01T00:00", ["as_of"], "before the year 1900"),
        ("learner=%00&course=%F0%9F%98%80&as_of=%00", ["learner", "course", "as_of"], "no such learner"),
    ],
)
async def test_what_cannot_be_looked_up_is_told_on_top_and_beside(
    browser: Browser, course: Any, query: str, fields: list[str], said: str
) -> None:
    page = await browser.get(f"/admin/diagnose?{query}", status=400)
    assert page.all("//div[@id='failure']//a/@href") == [f"#{field}" for field in fields]
    assert [one.get("id") for one in page.root.xpath("//*[@aria-invalid='true']")] == fields
    assert said in page.words
    assert page.all("//title")[0].startswith("Error:")
    assert_sound(page)


@on_sqlite
async def test_words_that_mean_several_list_them_as_links(browser: Browser, course: Any) -> None:
    page = await browser.get(f"{ASKED}ivan+petrov")
    assert page.all("//ul[@class='candidates']//a") == ["Petrov, Ivan (ivan.petrov)", "Petrov, Ivan (ivan2.petrov2)"]
    chosen = await browser.get(page.root.xpath("//ul[@class='candidates']//a/@href")[0])
    assert chosen.all("//a[starts-with(text(), 'Diagnose the account')]") == ["Diagnose the account ivan2.petrov2"]


@on_sqlite
async def test_an_instant_is_the_sites_and_stays_in_the_form(browser: Browser, course: Any) -> None:
    page = await browser.get(f"{ASKED}grace.kim&as_of=2026-11-20T09:00")
    assert page.root.xpath("//p[@class='subject']//time/@datetime") == ["2026-11-20T14:00:00+00:00"]
    change = await browser.get(page.root.xpath("//p[@class='subject']//a/@href")[0])
    assert change.all("//input[@id='as_of']/@value") == ["2026-11-20T09:00"]
    assert change.root.xpath("//div[@id='failure']") == []


@on_sqlite
async def test_the_first_page_has_tickets_to_try_and_what_is_checked(browser: Browser, course: Any) -> None:
    page = await browser.get("/admin/diagnose")
    assert_sound(page)
    assert len(page.root.xpath("//ul[@class='examples']//form")) == 3
    assert "Is there an OCI ID?" in page.words
    assert page.all("//header//a[@aria-current]") == ["Diagnose"]


@on_sqlite
async def test_each_page_asks_for_its_permission(browser: Browser) -> None:
    await browser.tell(situations, scopes=["diagnoses:read"])
    await browser.tell(situations, "hilltop", username="maker", scopes=["diagnoses:make", "diagnoses:read"])
    await browser.sign_in("maker")
    page = await browser.get("/admin/diagnose")
    assert page.root.xpath("//textarea") == []
    assert (await send(browser, "/admin/diagnose", ticket=TICKET)).status_code == 403
    assert "Tremblay" not in (await browser.get(f"{ASKED}tremblay", status=400)).words
    address = await run(browser)
    assert "Others in this course" not in (await browser.get(address)).words
    await send(browser, "/admin/sign-out")
    await browser.sign_in()
    assert "diagnoses:make" in (await browser.get("/admin/diagnose", status=403)).words
    assert "Diagnose" not in (await browser.get(address, status=404)).all("//header//a")


@on_sqlite
async def test_the_others_are_those_a_sweep_of_the_present_counted(
    browser: Browser, course: Any, clock: FrozenClock
) -> None:
    async def sweep(as_of: datetime, learners: int) -> None:
        missing = Judged(Group("blocked", "needs_action", "C1", "oci_missing", "site_admin"), "C")

        def work(session: Session) -> None:
            act = act_for_site(session.exec(select(Site)).one(), "system:test", clock.now(), uuid4)
            keep_sweep(session, act, course, "register", as_of, [missing] * learners)

        await browser.exchange.database.write(work)

    address = await run(browser)
    assert "at the last sweep" not in (await browser.get(address)).words
    await sweep(clock.now() - timedelta(days=30), 17)
    assert "at the last sweep" not in (await browser.get(address)).words
    judged_at = clock.now()
    clock.advance(timedelta(minutes=10))
    await sweep(judged_at, 5)
    clock.advance(timedelta(minutes=5))
    await sweep(clock.now() - timedelta(days=30), 17)
    assert "5 at the last sweep, on Nov 21, 2026, 2:30 p.m." in (await browser.get(address)).words


@on_sqlite
async def test_another_account_is_named_to_those_who_may_see_learners(browser: Browser) -> None:
    await browser.tell(situations, scopes=["diagnoses:read", "diagnoses:make"])
    await browser.sign_in()
    for address in (f"{ASKED}ivan.petrov", await run(browser, "ivan.petrov")):
        words = (await browser.get(address)).words
        assert "Another account of" in words
        assert "ivan2.petrov2" not in words
        assert "CA-ON-CPSO-33871" not in words


@on_sqlite
async def test_two_sites_never_see_each_others_diagnoses(browser: Browser, course: Any) -> None:
    address = await run(browser)
    learner = str(course)
    await send(browser, "/admin/sign-out")
    await browser.tell(lambda scene: scene.course("Ours", shortname="WHMIS-2026"), "hilltop", username="theirs")
    await browser.sign_in("theirs")
    assert "There is no diagnosis" in (await browser.get(address, status=404)).words
    assert (await send(browser, f"{address}/rerun")).status_code == 404
    await browser.get(f"{ASKED}luc.tremblay", status=400)
    answer = await send(browser, "/admin/diagnoses", learner=learner, course=learner, recipient="register")
    assert answer.status_code == 404


@on_sqlite
@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 404),
        ({"learner": "x", "course": "x", "recipient": "register"}, 404),
        ({"learner": "00000000-0000-0000-0000-000000000000"}, 404),
    ],
)
async def test_a_form_that_names_nothing_is_answered_with_a_page(
    browser: Browser, course: Any, form: dict[str, str], status: int
) -> None:
    answer = await send(browser, "/admin/diagnoses", **form)
    assert answer.status_code == status
    assert Page(answer).all("//h1") == ["This page is not here"]
    foreign = await browser.http.post("/admin/diagnoses", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403


@on_sqlite
async def test_what_people_typed_is_shown_and_never_run(browser: Browser) -> None:
    hostile = "<script>alert('x')</script>\"'&"

    def story(scene: Scene) -> Course:
        made = scene.course(hostile, shortname="HOSTILE")
        scene.complete(scene.learner(hostile, hostile, "CA-ON-CPSO-88120"), made, "2026-10-01")
        return made

    await browser.tell(story, full_name=hostile)
    await browser.sign_in()
    page = await browser.get("/admin/diagnose?learner=CA-ON-CPSO-88120&course=HOSTILE")
    assert "<script" not in page.answer.text
    assert hostile in page.words
    typed = Page(await send(browser, "/admin/diagnose", ticket=f"{hostile} HOSTILE </textarea><b>"))
    assert "<script" not in typed.answer.text
    assert typed.root.xpath("//textarea")[0].text.strip().endswith("</textarea><b>")
