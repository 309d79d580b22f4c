import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import lxml.etree
import pytest
from sqlmodel import Session, select

from lrx.access import Caller
from lrx.courses.courses import UnknownCourse
from lrx.errors import StorageFull
from lrx.exchange import Exchange
from lrx.models import AuditEntry, Course
from lrx.people import learners
from lrx.reports import downloads as module
from lrx.reports import xlsx_form
from lrx.reports.csv_form import BOM, read_csv
from lrx.reports.downloads import Form, course_download, site_download
from lrx.reports.filter import Filter
from lrx.reports.sheets import UPLOAD_COLUMNS
from lrx.reports.site_records import SiteFilter
from lrx.web.files import Download
from tests.lrx.reports.scene import Scene, everyone, with_register

pytestmark = pytest.mark.anyio

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "'=1", "''=1", 'say "no", twice', "Hélène 李", "<b>&amp;</b>", "007"]
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


class Told:
    """A scene whose downloads are asked for from outside its transaction."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = with_register(exchange)

    async def build(self, story: Any = everyone) -> None:
        def work(session: Session) -> None:
            scene = Scene.at(session, self.exchange)
            course: Course = story(scene)
            zone = scene.act().zone
            self.caller = Caller("api", "tester", scene.site.id, zone, frozenset({"records:read"}))
            self.course_id = course.id

        await self.exchange.database.write(work)

    async def course(self, form: Form, wanted: Filter = Filter(), course_id: UUID | None = None) -> Download:  # noqa: B008
        return await course_download(self.exchange, self.caller, "request-1", course_id or self.course_id, wanted, form)

    async def site(self, form: Form, wanted: SiteFilter = SiteFilter()) -> Download:  # noqa: B008
        return await site_download(self.exchange, self.caller, "request-1", wanted, form)

    async def audited(self) -> list[tuple[str, str, dict[str, Any]]]:
        query = select(AuditEntry).where(AuditEntry.action == "download")
        rows = await self.exchange.database.read(lambda session: session.exec(query).all())
        return [(row.subject_kind, row.subject_id, row.detail) for row in rows]


@pytest.fixture
async def scene(exchange: Exchange) -> Told:
    built = Told(exchange)
    await built.build()
    return built


async def content_of(download: Download) -> bytes:
    return b"".join([piece async for piece in download.content])


async def rows_of(download: Download) -> list[dict[str, str]]:
    content = await content_of(download)
    assert content.startswith(BOM.encode())
    return list(read_csv(io.StringIO(content.decode("utf-8"), newline="")))


def cells_of(content: bytes) -> list[list[list[str]]]:
    """The cells of each sheet; text as it is, numbers with a hash in front."""
    found = []
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        for name in sorted(name for name in book.namelist() if name.startswith("xl/worksheets/")):
            rows = lxml.etree.fromstring(book.read(name)).iter(f"{SHEET}row")
            found.append([[_cell(cell) for cell in row] for row in rows])
            assert b"<f>" not in book.read(name)
    return found


def _cell(cell: Any) -> str:
    words = "".join(cell.itertext())
    return words if cell.get("t") == "inlineStr" else f"#{words}"


async def test_the_report_of_a_course_has_the_columns_of_an_upload_first(scene: Told) -> None:
    made = await scene.course(Form.CSV)
    assert made.name == "WHMIS-2026-learning-records-20261121T193000Z.csv"
    rows = {row["username"]: row for row in await rows_of(made)}
    okafor, chen, voided = rows["amara.okafor"], rows["wei.chen"], rows["vera.voided"]
    assert tuple(okafor)[:7] == UPLOAD_COLUMNS
    assert [okafor[name] for name in UPLOAD_COLUMNS] == [
        *("amara.okafor", "WHMIS-2026", "2026-11-18T17:00:00Z", "", "", "0", "completed")
    ]
    assert okafor["oci_ids"] == "CA-ON-CPSO-88120"
    assert (okafor["register_status"], okafor["register_reason"]) == ("delivered", "escalate")
    assert okafor["register_delivered_at"] == "2026-11-19T10:58:00Z"
    assert okafor["activity: SCORM quiz"] == "2026-11-18"
    assert [chen[name] for name in UPLOAD_COLUMNS] == ["wei.chen", "WHMIS-2026", "", "", "", "", ""]
    assert (chen["activity: SCORM quiz"], chen["register_reason"]) == ("missing", "not_started")
    assert voided["voided"] == "1"
    assert len(rows) == 10


async def test_both_forms_say_the_same(scene: Told) -> None:
    rows = await rows_of(await scene.course(Form.CSV))
    [sheet] = cells_of(await content_of(await scene.course(Form.XLSX)))
    assert sheet[0] == list(rows[0])
    assert [[cell.removeprefix("#") for cell in row] for row in sheet[1:]] == [list(row.values()) for row in rows]


async def test_the_filters_of_the_page_hold(scene: Told) -> None:
    rows = await rows_of(await scene.course(Form.CSV, Filter(reason="oci_missing")))
    assert [row["username"] for row in rows] == ["luc.tremblay"]
    rows = await rows_of(await scene.site(Form.CSV, SiteFilter(words="okafor")))
    assert {row["learner"] for row in rows} == {"Okafor, Amara"}


@pytest.mark.parametrize("form", Form)
async def test_a_filter_nobody_matches_gives_the_header_alone(scene: Told, form: Form) -> None:
    content = await content_of(await scene.course(form, Filter("nobody")))
    if form is Form.CSV:
        assert content.count(b"\r\n") == 1
    else:
        assert [len(sheet) for sheet in cells_of(content)] == [1]


async def test_a_record_of_an_activity_cannot_be_uploaded_as_one_of_a_course(scene: Told) -> None:
    made = await scene.site(Form.CSV, SiteFilter(words="okafor"))
    assert made.name == "learning-records-20261121T193000Z.csv"
    rows = {row["activity"]: row for row in await rows_of(made)}
    assert rows[""]["course_shortname"] == "WHMIS-2026"
    assert rows["SCORM quiz"]["course_shortname"] == ""
    assert rows["SCORM quiz"]["completed_on"] == rows[""]["completed_on"] == "2026-11-18T17:00:00Z"


async def test_names_come_back_as_they_were_whoever_chose_them(exchange: Exchange) -> None:
    told = Told(exchange)

    def story(scene: Scene) -> Course:
        course = scene.course("=cmd|' /C calc'!A0", shortname="@short")
        for name in HOSTILE:
            made = learners.create(scene.session, scene.act(), {"full_name": name, "username": name})
            scene.complete(made, course, "2026-11-18T17:00:00.123456+00:00")
        return course

    await told.build(story)
    rows = await rows_of(await told.course(Form.CSV))
    assert sorted(row["learner"] for row in rows) == sorted(HOSTILE)
    assert {row["course_shortname"] for row in rows} == {"@short"}
    assert {row["completed_on"] for row in rows} == {"2026-11-18T17:00:00.123456Z"}
    [sheet] = cells_of(await content_of(await told.course(Form.XLSX)))
    assert sorted(row[sheet[0].index("learner")] for row in sheet[1:]) == sorted(HOSTILE)
    [sheet] = cells_of(await content_of(await told.site(Form.XLSX)))
    assert {row[sheet[0].index("course")] for row in sheet[1:]} == {"=cmd|' /C calc'!A0"}


@pytest.mark.parametrize("form", Form)
async def test_a_file_is_read_page_by_page(scene: Told, form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = await content_of(await scene.course(form))
    monkeypatch.setattr(module, "PAGE", 3)
    paged = await content_of(await scene.course(form))
    assert (paged == whole) if form is Form.CSV else (cells_of(paged) == cells_of(whole))


async def test_what_is_too_long_for_a_sheet_goes_on_in_the_next(scene: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_form, "MOST_ROWS", 6)
    rows = await rows_of(await scene.course(Form.CSV))
    header = list(rows[0])
    with xlsx_form.workbook(scene.exchange.settings.data_dir, header, datetime(2026, 11, 21, tzinfo=UTC)) as book:
        book.next_row = xlsx_form.MOST_ROWS
        book.add(list(row.values()) for row in rows)
        with book.finished() as file:
            sheets = cells_of(file.read())
    assert [len(sheet) for sheet in sheets] == [6, 6]
    assert sheets[0][0] == sheets[1][0] == header
    assert [row[0] for sheet in sheets for row in sheet[1:]] == [row["username"] for row in rows]


async def test_nothing_of_a_workbook_stays_on_the_disk(scene: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    def left() -> list[Path]:
        return list(scene.exchange.settings.data_dir.glob("download-*"))

    made = await scene.course(Form.XLSX)
    assert left() == []
    assert (await content_of(made)).startswith(b"PK")

    def fail(*_: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(xlsx_form.Workbook, "add", fail)
    with pytest.raises(StorageFull, match="must make room"):
        await scene.course(Form.XLSX)
    assert left() == []


async def test_every_download_is_audited_without_what_was_looked_for(scene: Told) -> None:
    await scene.course(Form.CSV, Filter("okafor", voided=False))
    await content_of(await scene.site(Form.XLSX))
    assert await scene.audited() == [
        ("course", str(scene.course_id), {"form": "csv", "filters": ["words", "voided"]}),
        ("site", str(scene.caller.site_id), {"form": "xlsx", "filters": []}),
    ]


async def test_a_course_of_another_site_is_refused_and_nothing_is_audited(scene: Told) -> None:
    theirs = Told(scene.exchange)
    theirs.exchange = scene.exchange

    def work(session: Session) -> UUID:
        return everyone(Scene.at(session, scene.exchange, "hilltop")).id

    course_id = await scene.exchange.database.write(work)
    with pytest.raises(UnknownCourse):
        await scene.course(Form.CSV, course_id=course_id)
    assert await scene.audited() == []
