import re
from pathlib import Path

import pytest
from structlog.testing import capture_logs

import admin_ui
from lrx.models import Course
from tests.admin_ui.browser import Browser, Page
from tests.lrx.reports.scene import Scene, everyone

pytestmark = pytest.mark.anyio

TEMPLATES = sorted((Path(admin_ui.__file__).parent / "templates").glob("*.html"))

HOSTILE = "<script>alert('x')</script>\"'&"


@pytest.fixture
async def report(browser: Browser) -> str:
    """The address of the report of a course where each learner is in another situation; somebody is signed in."""
    course_id = await browser.tell(everyone)
    await browser.sign_in()
    return f"/admin/courses/{course_id}/learning-records"


async def test_the_report_tells_where_each_learner_stands(browser: Browser, report: str) -> None:
    page = await browser.get(report)
    shown = {name: page.row(name)["The Register"] for name in ("Okafor", "Côté", "Tremblay", "Before", "Chen")}
    assert shown["Okafor"].startswith(
        "Delivered escalate The Register was given it first on Nov 19, 2026, 5:58 a.m., and last on Nov 19, 2026, 5:58"
    )
    assert "Delivered on Nov 19, 2026, 5:58 a.m." in shown["Okafor"]
    assert shown["Côté"].startswith("Waiting not_asked_yet Entered on Sep 1, 2026, 8:00 a.m.; The Register has not")
    assert shown["Tremblay"].startswith("Needs action oci_missing The OCI ID field is empty. Why? Tremblay, Luc Next")
    assert shown["Before"].startswith("Not sent legacy Recorded on Mar 2, 2026, before The Register was added on Sep 1")
    assert shown["Chen"].startswith("Needs action not_started Enrolled, and never started. Last seen on Sep 1, 2026.")
    whys = page.root.xpath("//a[@class='why']/@href")
    assert (await browser.get(whys[0])).all("//h2[@id='verdict']")


async def test_a_row_has_the_person_the_record_and_the_activities(browser: Browser, report: str) -> None:
    page = await browser.get(report)
    rossi = page.row("Rossi")
    assert rossi["Learner"] == "Rossi, Elena elena.rossi"
    assert rossi["OCI ID"] == "CA-ON-CPSO-70011"
    assert rossi["Course record"] == "Oct 5, 2026 Completed here"
    assert rossi["Mandatory activities"] == "0 of 1 Missing: SCORM quiz"
    assert rossi["Reporting period"] == "Current period"
    assert page.row("Lastyear")["Reporting period"] == "Earlier period"
    assert page.row("Okafor")["Mandatory activities"] == "1 of 1 Nov 18, 2026: SCORM quiz"
    assert "Voided" in page.row("Voided")["Course record"]
    assert "CSV upload" in page.row("Fraser")["Course record"]
    facts = dict(zip(page.all("//dl//dt"), page.all("//dl//dd"), strict=True))
    assert facts == {
        "Learners in the course": "10",
        "With a course record": "9",
        "Current reporting period, The Register": "Jan 1, 2026 to Dec 31, 2026",
        "As of": "Nov 21, 2026, 2:30 p.m.",
    }


async def test_the_table_can_be_read_without_seeing_it(browser: Browser, report: str) -> None:
    page = await browser.get(report)
    assert len(page.root.xpath("//table/caption")) == 1
    assert page.root.xpath("//th[not(@scope)]") == []
    [region] = page.root.xpath("//*[@role='region']")
    assert region.get("tabindex") == "0"
    assert region.get("aria-labelledby") == page.root.xpath("//caption")[0].get("id")
    assert all(chip.text_content().strip() for chip in page.root.xpath("//*[contains(@class, 'chip')]"))
    assert all(picture.get("aria-hidden") == "true" for picture in page.root.xpath("//svg"))
    assert len(page.root.xpath("//h1")) == 1


async def test_a_filter_is_an_address(browser: Browser, report: str) -> None:
    page = await browser.get(f"{report}?q=HELENE&chip=waiting")
    assert page.all("//tbody/tr/th/text()[1]") == ["Côté, Hélène"]
    assert page.all("//input[@name='q']/@value") == ["HELENE"]
    assert page.all("//option[@selected]") == ["Waiting"]
    assert page.root.xpath("//a[text()='Clear the filter']/@href") == [report]


@pytest.mark.parametrize(
    ("query", "names", "said"),
    [
        ("reason=oci_missing", ["Tremblay, Luc"], ["Reason: No OCI ID"]),
        ("record=no", ["Chen, Wei"], ["Course record: No"]),
        ("source=csv_upload", ["Fraser, Joan"], ["Source: CSV upload"]),
        ("period=past", ["Lastyear, Paul"], ["Reporting period: Earlier period"]),
        ("from=2026-11-20&to=2026-11-21", ["Côté, Hélène"], None),
        ("voided=yes", ["Voided, Vera"], ["Voided: Yes"]),
        ("record=yes&activities=missing", ["Rossi, Elena"], None),
        ("oci=missing", ["Tremblay, Luc"], ["OCI ID: Missing"]),
        (
            "recipient=register&chip=delivered",
            ["Okafor, Amara"],
            ["Recipient: The Register", "Where it stands: Delivered"],
        ),
    ],
)
async def test_each_filter_is_shown_and_can_be_dropped(
    browser: Browser, report: str, query: str, names: list[str], said: list[str] | None
) -> None:
    page = await browser.get(f"{report}?{query}")
    assert page.all("//tbody/tr/th/text()[1]") == names
    shown = [words.removesuffix(" ×") for words in page.all("//ul[@class='active']//a")]
    assert said is None or shown == said
    assert len(shown) == query.count("=")
    for address in page.root.xpath("//ul[@class='active']//a/@href"):
        assert len((await browser.get(address)).all("//ul[@class='active']//a")) == len(shown) - 1
    [csv_address, _] = page.root.xpath("//p[@class='downloads']/a/@href")
    answer = await browser.http.get(csv_address)
    assert answer.text.count("\r\n") == 1 + len(names)
    chosen = page.root.xpath("//option[@selected]/@value | //input[@value != '']/@value")
    assert len(chosen) == query.count("=")


async def test_presets_lead_to_what_people_often_need(browser: Browser, report: str) -> None:
    page = await browser.get(report)
    addresses = dict(
        zip(page.all("//nav[@class='presets']/a"), page.root.xpath("//nav[@class='presets']/a/@href"), strict=True)
    )
    assert next(iter(addresses)) == "Needs action"
    page = await browser.get(addresses["Course record but no activity record"])
    assert page.all("//tbody/tr/th/text()[1]") == ["Rossi, Elena"]
    assert page.all("//nav[@class='presets']/a[@aria-current]") == ["Course record but no activity record"]


async def test_nobody_who_needs_action_is_all_clear(browser: Browser) -> None:
    def story(scene: Scene) -> Course:
        course = scene.course()
        scene.complete(scene.learner("Amara", "Okafor", "CA-ON-CPSO-88120"), course, "2026-10-01")
        return course

    course_id = await browser.tell(story)
    await browser.sign_in()
    page = await browser.get(f"/admin/courses/{course_id}/learning-records?chip=needs_action")
    assert "All clear" in page.words
    assert "No learner matches" not in page.words


async def test_a_course_nobody_completed_says_so(browser: Browser) -> None:
    def story(scene: Scene) -> Course:
        course = scene.course()
        scene.enrol(scene.learner("Wei", "Chen"), course)
        return course

    course_id = await browser.tell(story)
    await browser.sign_in()
    page = await browser.get(f"/admin/courses/{course_id}/learning-records")
    assert "Nobody has completed this course yet. Learners in it: 1." in page.words


async def test_a_search_that_was_cut_short_says_how_far_it_came(
    browser: Browser, report: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lrx.reports.learning_records.MOST_LOOKED_AT", 4)
    monkeypatch.setattr("lrx.reports.learning_records.PIECE", 4)
    monkeypatch.setattr("admin_ui.pages.learning_records.learning_records.__kwdefaults__", {"after": None, "size": 2})
    page = await browser.get(f"{report}?reason=oci_missing")
    assert "None found so far Learners looked at: 4." in page.words
    [following] = page.root.xpath("//a[@rel='next']")
    assert following.text == "Go on"
    page = await browser.get(f"{report}{following.get('href')}")
    page = await browser.get(f"{report}{page.root.xpath('//a[@rel=$next]/@href', next='next')[0]}")
    assert page.all("//tbody/tr/th/text()[1]") == ["Tremblay, Luc"]


async def test_more_than_ten_thousand_are_not_counted(
    browser: Browser, report: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lrx.reports.roster.MOST_COUNTED", 3)
    monkeypatch.setattr("admin_ui.rendering.MOST_COUNTED", 3)
    assert (await browser.get(report)).all("//dl//dd")[:2] == ["3+", "3+"]


@pytest.mark.parametrize(("form", "begins"), [("csv", b"\xef\xbb\xbfusername,"), ("xlsx", b"PK")])
async def test_a_report_is_downloaded_under_a_name(browser: Browser, report: str, form: str, begins: bytes) -> None:
    for address, name in ((report, "WHMIS-2026-learning-records"), ("/admin/learning-records", "learning-records")):
        answer = await browser.http.get(f"{address}.{form}")
        assert answer.status_code == 200
        assert answer.content.startswith(begins)
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}-20261121T193000Z.{form}"'
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("form", ["pdf", "CSV", "csv.exe"])
async def test_another_kind_of_file_is_not_there(browser: Browser, report: str, form: str) -> None:
    await browser.get(f"{report}.{form}", status=404)
    await browser.get(f"/admin/learning-records.{form}", status=404)


async def test_the_records_of_the_site_are_shown_the_newest_first(browser: Browser, report: str) -> None:
    page = await browser.get("/admin/learning-records")
    assert page.all("//header//nav//a") == ["Courses", "Learning records", "Diagnose"]
    assert page.row("Fraser")["Source"] in ("CSV upload", "Completed here")
    assert len(page.all("//tbody/tr")) == 17
    page = await browser.get("/admin/learning-records?q=fraser&of_activity=no")
    row = page.row("Fraser")
    assert (row["Completed"], row["Source"]) == ("Sep 30, 2026", "CSV upload")
    assert row["Course"].startswith("WHMIS 2026")
    assert row["Where it stands"].startswith("The Register: Not sent source_csv_upload")
    [why] = page.root.xpath("//tbody//a[@class='why']/@href")
    assert (await browser.get(why)).all("//h2[@id='verdict']")
    assert [words.removesuffix(" ×") for words in page.all("//ul[@class='active']//a")] == [
        "Learner: fraser",
        "Record of an activity: No",
    ]
    [of_course] = page.root.xpath("//a[text()='Records of this course only']/@href")
    page = await browser.get(f"/admin/learning-records{of_course}")
    assert "Course: WHMIS 2026 ×" in page.all("//ul[@class='active']//a")
    page = await browser.get("/admin/learning-records?voided=yes")
    assert page.row("Voided")["Where it stands"] == "Not sent: voided"
    assert "No record matches the filter" in (await browser.get("/admin/learning-records?q=zzz")).words


async def test_the_records_of_the_site_follow_page_by_page(browser: Browser) -> None:
    def story(scene: Scene) -> None:
        course = scene.course(linked=False)
        for number in range(51):
            learner = scene.learner("Noor", f"Person{number:02}")
            scene.complete(learner, course, f"2026-10-01T10:{number:02}:00+00:00")

    await browser.tell(story)
    await browser.sign_in()
    first = await browser.get("/admin/learning-records?source=completion")
    assert set(first.all("//td[@class='standing']")) == {"The course has no recipient"}
    assert first.all("//tbody/tr/th/text()[1]")[0] == "Person50, Noor"
    [following] = first.root.xpath("//a[@rel='next']/@href")
    second = await browser.get(f"/admin/learning-records{following}")
    assert second.all("//tbody/tr/th/text()[1]") == ["Person00, Noor"]
    assert second.root.xpath("//a[text()='First page']/@href") == ["/admin/learning-records?source=completion"]


async def test_a_site_without_records_says_where_they_come_from(browser: Browser) -> None:
    await browser.build()
    await browser.sign_in()
    assert "There is no learning record yet" in (await browser.get("/admin/learning-records")).words


async def test_no_match_is_said_with_a_way_out(browser: Browser, report: str) -> None:
    page = await browser.get(f"{report}?q=zzz")
    assert "No learner matches the filter" in page.words
    assert page.root.xpath("//a[text()='Clear the filter']/@href") == [report]


async def test_an_empty_course_says_who_will_appear(browser: Browser) -> None:
    course_id = await browser.tell(lambda scene: scene.course())
    await browser.sign_in()
    page = await browser.get(f"/admin/courses/{course_id}/learning-records")
    assert "Nobody is in this course yet" in page.words
    assert page.root.xpath("//table") == []


async def test_a_course_without_recipients_says_so(browser: Browser) -> None:
    course_id = await browser.tell(lambda scene: scene.course(linked=False))
    await browser.sign_in()
    page = await browser.get(f"/admin/courses/{course_id}/learning-records")
    assert "go to no recipient now" in page.words


@pytest.mark.parametrize(
    "query",
    [
        *("chip=nothing", "after=nobody", "chip=", "q=%00", f"q={'x' * 5000}", "lang=de", "from=0001-01-01"),
        *("to=9999-12-31", "from=yesterday", "activity=7", "record=perhaps", "reason=%00", "q=%ff", "after=WyJhIl0"),
    ],
)
async def test_an_address_that_was_played_with_is_a_page_all_the_same(
    browser: Browser, report: str, query: str
) -> None:
    await browser.get(f"{report}?{query}")
    await browser.get(f"/admin/learning-records?{query}")


@pytest.mark.parametrize("query", ["reason=oci_misssing", "recipient=cmar"])
async def test_a_code_of_nothing_narrows_nothing_and_is_not_said_to(browser: Browser, report: str, query: str) -> None:
    plain, page = await browser.get(report), await browser.get(f"{report}?{query}")
    assert page.all("//tbody//th") == plain.all("//tbody//th") != []
    assert query.partition("=")[2] not in page.words
    left_out = "A filter in this address was not understood, and is left out."
    assert left_out in page.words
    assert left_out not in plain.words
    assert left_out not in (await browser.get(f"{report}?reason=oci_missing&q=luc")).words
    # A file would say nothing of it.
    assert "cannot be read" in (await browser.get(f"{report}.csv?{query}", status=400)).words


async def test_pages_follow_each_other_and_keep_the_filter(browser: Browser) -> None:
    def story(scene: Scene) -> Course:
        course = scene.course()
        for number in range(52):
            scene.enrol(scene.learner("Noor", f"Person{number:02}"), course)
        return course

    course_id = await browser.tell(story)
    await browser.sign_in()
    path = f"/admin/courses/{course_id}/learning-records"
    first = await browser.get(f"{path}?q=noor&chip=needs_action")
    [following] = first.root.xpath("//a[@rel='next']/@href")
    assert "q=noor" in following
    second = await browser.get(f"{path}{following}")
    assert second.all("//tbody/tr/th/text()[1]") == ["Person50, Noor", "Person51, Noor"]
    assert second.root.xpath("//a[@rel='next']") == []
    assert second.root.xpath("//a[text()='First page']/@href") == [f"{path}?q=noor&chip=needs_action"]


async def test_the_courses_are_listed_page_by_page(browser: Browser) -> None:
    def story(scene: Scene) -> None:
        for number in range(51):
            scene.course(f"Course {number:02}", linked=number == 0, shortname=f"C{number}")

    await browser.tell(story)
    await browser.sign_in()
    first = await browser.get("/admin/courses")
    assert first.row("Course 00") == {"Course": "Course 00", "Short name": "C0", "Recipients": "The Register"}
    assert first.row("Course 01")["Recipients"] == "None"
    [following] = first.root.xpath("//a[@rel='next']/@href")
    second = await browser.get(f"/admin/courses{following}")
    assert second.all("//tbody/tr/th") == ["Course 50"]


async def test_a_site_without_courses_says_where_they_come_from(browser: Browser) -> None:
    await browser.build()
    await browser.sign_in()
    answer = await browser.http.get("/admin/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/courses")
    assert "There is no course yet" in (await browser.get("/admin/courses")).words


async def test_what_people_typed_is_shown_and_never_run(browser: Browser) -> None:
    def story(scene: Scene) -> Course:
        course = scene.course(HOSTILE, shortname=HOSTILE)
        scene.activity(course, HOSTILE)
        scene.complete(scene.learner(HOSTILE, HOSTILE, "CA-ON-CPSO-88120"), course, "2026-10-01")
        return course

    course_id = await browser.tell(story, full_name=HOSTILE)
    await browser.sign_in()
    of_course = f"/admin/courses/{course_id}/learning-records?q={HOSTILE}&lang={HOSTILE}&reason={HOSTILE}"
    of_site = f"/admin/learning-records?q={HOSTILE}"
    for path in ("/admin/courses", of_course, f"/admin/courses/{course_id}/learning-records", of_site):
        page = await browser.get(path)
        assert "<script" not in page.answer.text
        assert page.root.xpath("//script") == []
        assert HOSTILE in page.words
    failed = Page(await browser.sign_in(HOSTILE, next_address=f'/admin/"><script>{HOSTILE}'))
    assert failed.all("//input[@name='username']/@value") == [HOSTILE]
    assert "<script" not in failed.answer.text


async def test_the_pages_run_nothing_and_load_nothing_from_elsewhere(browser: Browser, report: str) -> None:
    for path in (report, "/admin/courses", "/admin/learning-records", "/admin/nowhere"):
        answer = await browser.http.get(path)
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        root = Page(answer).root
        assert root.xpath("//script | //style | //@style") == []
        assert not [name for element in root.iter() for name in element.attrib if name.startswith("on")]
        for address in root.xpath("//@src | //link/@href"):
            assert (await browser.http.get(address)).status_code == 200


async def test_the_page_is_french_for_who_asks_for_it(browser: Browser, report: str) -> None:
    page = await browser.get(f"{report}?q=okafor&lang=fr")
    assert page.root.get("lang") == "fr"
    assert page.answer.headers["content-language"] == "fr"
    assert page.all("//h1") == ["Dossiers d’apprentissage (par cours)"]
    assert "18 nov. 2026" in page.words
    assert "19 nov. 2026, 5 h 58" in page.words
    assert "1er janv. 2026" in page.words
    [switch] = page.root.xpath("//a[@class='switch']")
    assert (switch.text, switch.get("lang"), switch.get("href")) == ("English", "en", "?q=okafor&lang=en")
    assert (await browser.get(report)).root.get("lang") == "fr"


@pytest.mark.parametrize(
    ("query", "cookie", "own", "accepted", "language"),
    [
        ("?lang=fr", "en", "en", "en", "fr"),
        ("", "fr", "en", "en", "fr"),
        ("", None, "fr", "en", "fr"),
        ("", None, None, "fr-CA,en;q=0.5", "fr"),
        ("", None, None, "en", "en"),
        ("?lang=de", "xx", "fr", "en", "fr"),
    ],
)
async def test_the_nearest_choice_of_language_holds(
    browser: Browser, query: str, cookie: str | None, own: str | None, accepted: str, language: str
) -> None:
    await browser.build(language=own)
    await browser.sign_in()
    if cookie is not None:
        browser.http.cookies.set("lrx_language", cookie, path="/admin")
    page = await browser.get(f"/admin/courses{query}", accept_language=accepted)
    assert page.root.get("lang") == language


async def test_a_page_without_permission_names_what_is_missing(browser: Browser) -> None:
    course_id = await browser.tell(lambda scene: scene.course(), scopes=["records:read"])
    await browser.sign_in()
    await browser.get(f"/admin/courses/{course_id}/learning-records")
    page = await browser.get("/admin/courses", status=403)
    assert "courses:read" in page.words
    assert "Courses" not in page.all("//header//a")


async def test_two_sites_never_see_each_other(browser: Browser) -> None:
    theirs = await browser.tell(everyone, "hilltop", username="theirs")
    await browser.tell(lambda scene: scene.course("Ours"))
    await browser.sign_in()
    assert (await browser.get("/admin/courses")).all("//tbody//a") == ["Ours"]
    page = await browser.get(f"/admin/courses/{theirs}/learning-records", status=404)
    assert "Okafor" not in page.words
    assert "WHMIS" not in page.words


@pytest.mark.parametrize("path", ["nowhere", "courses/7/learning-records", "static/nothing.css", "static/../app.py"])
async def test_what_is_not_there_is_a_page_with_an_id_to_quote(browser: Browser, path: str) -> None:
    await browser.build()
    await browser.sign_in()
    page = await browser.get(f"/admin/{path}", status=404, x_request_id="quote-me")
    assert "This page is not here" in page.words
    assert "quote-me" in page.words


async def test_a_method_a_page_does_not_take_is_told_the_others(browser: Browser) -> None:
    answer = await browser.http.post("/admin/courses")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert answer.headers["content-type"].startswith("text/html")


async def test_a_mistake_of_ours_is_a_page_without_its_details(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.build()
    await browser.sign_in()

    secret = "-".join(["CA", "ON", "CPSO", "12345"])

    async def fail(*_: object) -> None:
        raise RuntimeError(secret)

    monkeypatch.setattr(type(browser.exchange.database), "read", fail)
    with capture_logs() as lines:
        page = await browser.get("/admin/courses", status=500, x_request_id="quote-me")
    assert "Something went wrong here" in page.words
    assert "quote-me" in page.words
    told = [line for line in lines if line["event"] == "unexpected error"]
    assert [line["error"] for line in told] == ["RuntimeError"]
    assert secret not in page.answer.text + str(lines)


async def test_style_sheets_are_asked_for_again_only_when_changed(browser: Browser) -> None:
    answer = await browser.http.get("/admin/static/admin.css")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    again = await browser.http.get("/admin/static/admin.css", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_word_of_a_template_can_be_translated(template: Path) -> None:
    shown = template.read_text("utf-8")
    for pattern in (r"\{#.*?#\}", r"\{%.*?%\}", r"\{\{.*?\}\}", r"<[^>]*>"):
        shown = re.sub(pattern, " ", shown, flags=re.DOTALL)
    assert set(re.findall(r"[A-Za-z]{2,}", shown)) <= {"LRX"}
