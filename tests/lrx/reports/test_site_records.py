from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlmodel import Session

from lrx.exchange import Exchange
from lrx.models import Course
from lrx.reports import site_records as module
from lrx.reports.site_records import SiteFilter, SiteReport, site_records
from lrx.source import Source
from tests.lrx.reports.scene import Scene, everyone, with_register

pytestmark = pytest.mark.anyio


def records_of(scene: Scene, wanted: SiteFilter = SiteFilter(), **page: Any) -> SiteReport:  # noqa: B008
    return site_records(scene.session, scene.act(), wanted, **page)


async def in_scene(exchange: Exchange, story: Callable[[Scene, Course], Any]) -> Any:
    known = with_register(exchange)

    def work(session: Session) -> Any:
        scene = Scene.at(session, known)
        return story(scene, everyone(scene))

    return await exchange.database.write(work)


def told(report: SiteReport) -> list[str]:
    return [f"{row.learner.partition(',')[0]}{'/' if row.activity else ''}" for row in report.rows]


async def test_every_record_is_there_the_newest_first(exchange: Exchange) -> None:
    report = await in_scene(exchange, lambda scene, course: records_of(scene))
    assert [row.recorded_at for row in report.rows] == sorted((row.recorded_at for row in report.rows), reverse=True)
    assert sorted(told(report)) == sorted(
        [
            f"{family}{kind}"
            for family in ("Okafor", "Côté", "Tremblay", "Fraser", "Before", "Voided", "Lastyear", "Nurse")
            for kind in ("", "/")
        ]
        + ["Rossi"]
    )
    assert (report.next_after, report.is_cut_short) == (None, False)


async def test_a_record_shows_the_person_the_course_and_the_activity(exchange: Exchange) -> None:
    report = await in_scene(exchange, lambda scene, course: records_of(scene, SiteFilter(words="cote")))
    activity, whole = sorted(report.rows, key=lambda row: row.activity or "~")
    assert (whole.learner, whole.username) == ("Côté, Hélène", "hélène.côté")
    assert (whole.course, whole.shortname, whole.activity) == ("WHMIS 2026", "WHMIS-2026", None)
    assert (whole.completed_on, whole.source, whole.is_voided) == (date(2026, 11, 20), Source.COMPLETION, False)
    assert activity.activity == "SCORM quiz"


async def test_a_record_that_an_administrator_let_expire_holds_until_the_day_before(exchange: Exchange) -> None:
    def story(scene: Scene, course: Course) -> SiteReport:
        kept = scene.complete(scene.learner("Ada", "Lapsed", "CA-ON-CPSO-60001"), course, "2026-11-02")
        scene.expire(kept, datetime(2026, 11, 10, 12, tzinfo=UTC))
        return records_of(scene, SiteFilter(words="lapsed"))

    report = await in_scene(exchange, story)
    assert [(row.expires_at, row.valid_until) for row in report.rows] == [(None, date(2026, 11, 10))]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (SiteFilter(words="88120"), "Okafor Okafor/"),
        (SiteFilter(words="okafor amara"), "Okafor Okafor/"),
        (SiteFilter(words="nobody"), ""),
        (SiteFilter(source=Source.CSV_UPLOAD), "Fraser"),
        (SiteFilter(words="fraser", is_of_activity=True), "Fraser/"),
        (SiteFilter(words="fraser", is_of_activity=False), "Fraser"),
        (SiteFilter(voided=True), "Voided"),
        (SiteFilter(voided=False, words="voided"), "Voided/"),
        (SiteFilter(completed_from=date(2026, 11, 20)), "Côté Côté/"),
        (SiteFilter(completed_to=date(2025, 11, 3)), "Lastyear Lastyear/"),
        (SiteFilter(completed_to=date(2025, 11, 2)), ""),
    ],
)
@pytest.mark.parametrize("few", [200, 0])
async def test_each_filter_keeps_what_it_means(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, few: int, wanted: SiteFilter, expected: str
) -> None:
    monkeypatch.setattr(module, "FEW_PEOPLE", few)
    report = await in_scene(exchange, lambda scene, course: records_of(scene, wanted))
    assert " ".join(sorted(told(report))) == expected


async def test_a_course_has_its_records_only(exchange: Exchange) -> None:
    def story(scene: Scene, course: Course) -> tuple[list[str], int]:
        other = scene.course("Another", shortname="OTHER")
        scene.complete(scene.everybody["Okafor"], other, "2026-11-01")
        whole = records_of(scene, SiteFilter(course_id=course.id))
        return told(records_of(scene, SiteFilter(course_id=other.id))), len(whole.rows)

    assert await in_scene(exchange, story) == (["Okafor"], 17)


@pytest.mark.parametrize(
    "wanted",
    [SiteFilter(), SiteFilter(is_of_activity=True), SiteFilter(words="a"), SiteFilter(words="e", voided=False)],
)
@pytest.mark.parametrize("few", [200, 0])
async def test_pages_follow_each_other_without_gap_or_repetition(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, few: int, wanted: SiteFilter
) -> None:
    monkeypatch.setattr(module, "FEW_PEOPLE", few)

    def story(scene: Scene, course: Course) -> tuple[list[Any], list[Any], int]:
        whole = [row.record_id for row in records_of(scene, wanted).rows]
        monkeypatch.setattr(module, "MOST_LOOKED_AT", 3)
        paged, after, cut_short = [], None, 0
        for _ in range(30):
            page = records_of(scene, wanted, after=after, size=2)
            paged += [row.record_id for row in page.rows]
            cut_short += page.is_cut_short
            after = page.next_after
            if after is None:
                break
        return whole, paged, cut_short

    whole, paged, cut_short = await in_scene(exchange, story)
    assert paged == whole != []
    is_bounded = (few == 0 and wanted.words) or wanted.is_of_activity
    assert bool(cut_short) == bool(is_bounded)


async def test_another_site_sees_nothing_of_it(exchange: Exchange) -> None:
    known = with_register(exchange)

    def work(session: Session) -> tuple[list[str], list[str], list[str]]:
        here, there = Scene.at(session, known), Scene.at(session, known, "hilltop")
        theirs = everyone(there)
        return (
            told(records_of(here)),
            told(records_of(here, SiteFilter(course_id=theirs.id))),
            told(records_of(here, SiteFilter(words="okafor"))),
        )

    assert await exchange.database.write(work) == ([], [], [])
