from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from lrx.courses.courses import UnknownActivity, UnknownCourse
from lrx.delivery.released import released
from lrx.exchange import Exchange
from lrx.models import Chip, Course
from lrx.reports import learning_records as report_module
from lrx.reports.filter import ActivityState, Filter
from lrx.reports.learning_records import Report, learning_records
from lrx.reports.oci_status import OciStatus
from lrx.reports.roster import Tally, tally
from lrx.reports.rows import Period, Row
from lrx.reports.standing import Standing
from lrx.source import Source
from tests.lrx.reports.scene import Scene, everyone, with_register

pytestmark = pytest.mark.anyio

Story = Callable[[Scene], Course]

D, W, N, X = Chip.DELIVERED, Chip.WAITING, Chip.NEEDS_ACTION, Chip.NOT_SENT


def report_of(scene: Scene, course: Course, wanted: Filter = Filter(), **page: object) -> Report:  # noqa: B008
    return learning_records(
        scene.session,
        scene.act(),
        scene.exchange.recipients,
        course.id,
        wanted,
        **page,  # type: ignore[arg-type]
    )


async def told(exchange: Exchange, story: Story, wanted: Filter = Filter()) -> Report:  # noqa: B008
    """Build the story in a site of its own and report on it, in one transaction."""
    known = with_register(exchange)

    def work(session: Session) -> Report:
        scene = Scene.at(session, known)
        return report_of(scene, story(scene), wanted)

    return await exchange.database.write(work)


def by_family(report: Report) -> dict[str, Row]:
    return {row.full_name.partition(",")[0]: row for row in report.rows}


def only(report: Report) -> Standing:
    [row] = report.rows
    [standing] = row.standings
    return standing


async def test_each_situation_has_its_chip_and_its_reason(exchange: Exchange) -> None:
    rows = by_family(await told(exchange, everyone))
    verdicts = {family: row.standings[0].verdict for family, row in rows.items()}
    assert {family: (one.chip, one.reason, one.turn) for family, one in verdicts.items()} == {
        "Okafor": (D, "escalate", "recipient"),
        "Côté": (W, "not_asked_yet", "recipient"),
        "Tremblay": (N, "oci_missing", "site_admin"),
        "Rossi": (N, "activity_record_missing", "learner"),
        "Fraser": (X, "source_csv_upload", "learner"),
        "Before": (X, "legacy", "course_admin"),
        "Voided": (X, "voided", "course_admin"),
        "Lastyear": (X, "out_of_period", "learner"),
        "Nurse": (X, "college_not_served", "site_admin"),
        "Chen": (N, "not_started", "learner"),
    }
    assert str(verdicts["Nurse"].detail) == "The Register does not serve CA-ON-CNO."
    assert str(verdicts["Rossi"].detail) == "No record yet for: SCORM quiz."
    assert rows["Okafor"].standings[0].delivered_at == datetime(2026, 11, 19, 10, 58, tzinfo=UTC)


async def test_whoever_is_told_to_be_delivered_or_waiting_is_exactly_whom_the_recipient_may_see(
    exchange: Exchange,
) -> None:
    known = with_register(exchange)

    def work(session: Session) -> tuple[set[UUID], set[UUID]]:
        scene = Scene.at(session, known)
        course = everyone(scene)
        ids = [one.id for one in scene.everybody.values()]
        seen = released(session, scene.site.id, scene.act().zone, "register", ids, scene.act().at)
        proofs = [(learner, one) for learner, found in seen.items() for one in found.proofs]
        shown = {learner for learner, one in proofs if one.object_kind == "course"}
        rows = report_of(scene, course).rows
        return shown, {row.learner_id for row in rows if row.standings[0].verdict.chip in (D, W)}

    shown, reported = await exchange.database.write(work)
    assert shown == reported != set()


async def test_a_row_shows_the_person_the_record_and_the_activities(exchange: Exchange) -> None:
    report = await told(exchange, everyone)
    rows = by_family(report)
    okafor, rossi, chen, voided = rows["Okafor"], rows["Rossi"], rows["Chen"], rows["Voided"]
    assert (okafor.full_name, okafor.username) == ("Okafor, Amara", "amara.okafor")
    assert [str(one) for one in okafor.oci_ids] == ["CA-ON-CPSO-88120"]
    assert okafor.record is not None
    assert (okafor.record.completed_on, okafor.record.source) == (date(2026, 11, 18), Source.COMPLETION)
    assert (okafor.activities.done, okafor.activities.mandatory) == (1, 1)
    assert (rossi.activities.done, rossi.activities.missing) == (0, ("SCORM quiz",))
    assert chen.record is None
    assert (chen.activities.done, chen.activities.mandatory) == (0, 1)
    assert voided.record is not None
    assert voided.record.is_voided
    assert (report.columns[0].title, report.columns[0].period.first) == ("The Register", date(2026, 1, 1))


async def test_a_record_that_counts_stands_before_a_newer_one_that_does_not(exchange: Exchange) -> None:
    def story(scene: Scene) -> Course:
        course, learner = scene.course(), scene.learner("Amara", "Okafor", "CA-ON-CPSO-88120")
        scene.complete(learner, course, "2026-10-01")
        scene.complete(learner, course, "2026-11-01", source=Source.CSV_UPLOAD)
        return course

    report = await told(exchange, story)
    assert report.rows[0].record is not None
    assert report.rows[0].record.source is Source.CSV_UPLOAD
    assert only(report).verdict.chip is W
    assert only(report).completed_on == date(2026, 10, 1)


async def test_the_newest_record_that_is_not_voided_is_shown(exchange: Exchange) -> None:
    def story(scene: Scene) -> Course:
        course, learner = scene.course(repeats="every_completion"), scene.learner("A", "B", "CA-ON-CPSO-88120")
        scene.complete(learner, course, "2026-10-01")
        scene.void(scene.complete(learner, course, "2026-11-01"))
        return course

    [row] = (await told(exchange, story)).rows
    assert row.record is not None
    assert (row.record.completed_on, row.record.is_voided) == (date(2026, 10, 1), False)
    assert row.standings[0].verdict.chip is W


async def test_days_are_those_of_the_site(exchange: Exchange) -> None:
    def story(scene: Scene) -> Course:
        course = scene.course(expiry={"rule": "after", "count": 1, "unit": "years"})
        scene.complete(scene.learner("A", "B"), course, "2026-10-02T03:30:00+00:00")
        return course

    [row] = (await told(exchange, story)).rows
    assert row.record is not None
    assert (row.record.completed_on, row.record.valid_until) == (date(2026, 10, 1), date(2027, 10, 1))


async def test_an_activity_of_another_period_does_not_release_the_course(exchange: Exchange) -> None:
    def story(scene: Scene) -> Course:
        course = scene.course()
        quiz, learner = scene.activity(course), scene.learner("Amara", "Okafor", "CA-ON-CPSO-88120")
        scene.complete(learner, course, "2025-12-01", quiz)
        scene.complete(learner, course, "2026-10-01")
        return course

    report = await told(exchange, story)
    verdict = only(report).verdict
    assert (verdict.chip, verdict.reason) == (N, "activity_record_outdated")
    assert str(verdict.detail) == "No record that counts now for: SCORM quiz."


async def test_an_expired_record_is_not_sent(exchange: Exchange) -> None:
    def story(scene: Scene) -> Course:
        course = scene.course(expiry={"rule": "after", "count": 10, "unit": "days"})
        scene.complete(scene.learner("Amara", "Okafor", "CA-ON-CPSO-88120"), course, "2026-10-01")
        return course

    verdict = only(await told(exchange, story)).verdict
    assert (verdict.chip, verdict.reason) == (X, "expired")


async def test_what_was_delivered_last_period_is_not_sent_now_and_says_when_it_was(exchange: Exchange) -> None:
    asked_at = datetime(2026, 10, 2, tzinfo=UTC)
    known = with_register(exchange)

    def work(session: Session) -> Report:
        scene = Scene.at(session, known)
        course = scene.course(linked=False)
        scene.link(course, period={"start_month": 11, "start_day": 1})
        scene.complete(scene.learner("Amara", "Okafor", "CA-ON-CPSO-88120"), course, "2026-10-01")
        assert scene.ask("CA-ON-CPSO-88120", asked_at) == 1
        return report_of(scene, course)

    standing = only(await exchange.database.write(work))
    assert (standing.verdict.reason, standing.delivered_at) == ("out_of_period", asked_at)


async def test_a_recipient_switched_off_is_not_promised(exchange: Exchange) -> None:
    def story(scene: Scene) -> Course:
        course = scene.course()
        scene.complete(scene.learner("Amara", "Okafor", "CA-ON-CPSO-88120"), course, "2026-10-01")
        scene.switch(on=False)
        return course

    verdict = only(await told(exchange, story)).verdict
    assert (verdict.chip, verdict.reason) == (N, "recipient_off")


async def test_a_course_without_recipients_has_rows_and_no_columns(exchange: Exchange) -> None:
    def story(scene: Scene) -> Course:
        course = scene.course(linked=False)
        scene.complete(scene.learner("Amara", "Okafor"), course, "2026-10-01")
        return course

    report = await told(exchange, story)
    assert report.columns == ()
    assert report.rows[0].standings == ()


async def test_a_recipient_asked_for_has_a_column_although_the_course_does_not_send_to_it(exchange: Exchange) -> None:
    known = with_register(exchange)

    def work(session: Session) -> list[Report]:
        scene = Scene.at(session, known)
        course = scene.course(linked=False)
        scene.complete(scene.learner("Amara", "Okafor", "CA-ON-CPSO-88120"), course, "2026-10-01")
        stopped = Filter(recipient="register", reason="no_course_recipient")
        return [report_of(scene, course, one) for one in (stopped, Filter(recipient="nobody"), Filter(chip=N))]

    asked, unknown, any_of_them = await exchange.database.write(work)
    assert [(column.recipient, column.is_active) for column in asked.columns] == [("register", False)]
    assert only(asked).verdict.chip is N
    assert (unknown.columns, unknown.rows, any_of_them.columns, any_of_them.rows) == ((), (), (), ())


@pytest.mark.parametrize(
    ("words", "families"),
    [
        ("helene", ["Côté"]),
        ("COTE hel", ["Côté"]),
        ("amara.okafor", ["Okafor"]),
        ("cpso-7", ["Côté", "Rossi"]),
        ("   ", ["Before", "Chen", "Côté", "Fraser", "Lastyear", "Nurse", "Okafor", "Rossi", "Tremblay", "Voided"]),
        ("%", []),
        ("nobody", []),
    ],
)
async def test_words_find_names_user_names_and_oci_ids(exchange: Exchange, words: str, families: list[str]) -> None:
    assert list(by_family(await told(exchange, everyone, Filter(words)))) == families


async def test_a_chip_keeps_who_stands_so(exchange: Exchange) -> None:
    report = await told(exchange, everyone, Filter(chip=Chip.NEEDS_ACTION))
    assert list(by_family(report)) == ["Chen", "Rossi", "Tremblay"]
    assert (report.looked_at, report.is_cut_short, report.next_after) == (10, False, None)


@pytest.mark.parametrize("wanted", [Filter(), Filter("a"), Filter(chip=Chip.NOT_SENT)])
async def test_pages_follow_each_other_without_gap_or_repetition(
    exchange: Exchange, wanted: Filter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_module, "PIECE", 3)
    known = with_register(exchange)

    def work(session: Session) -> tuple[list[str], list[str]]:
        scene = Scene.at(session, known)
        course = everyone(scene)
        whole = report_of(scene, course, wanted)
        paged, after = [], None
        for _ in range(20):
            page = report_of(scene, course, wanted, after=after, size=2)
            assert 1 <= len(page.rows) <= 2
            paged += [row.full_name for row in page.rows]
            after = page.next_after
            if after is None:
                break
        return [row.full_name for row in whole.rows], paged

    whole, paged = await exchange.database.write(work)
    assert paged == whole
    assert len(whole) > 2


async def test_another_site_has_no_such_course_and_its_people_are_not_shown(exchange: Exchange) -> None:
    known = with_register(exchange)

    def work(session: Session) -> None:
        here, there = Scene.at(session, known), Scene.at(session, known, "hilltop")
        course, theirs = everyone(here), everyone(there)
        mine = {row.learner_id for row in report_of(here, course).rows}
        assert mine == {one.id for one in here.everybody.values()}
        with pytest.raises(UnknownCourse):
            report_of(here, theirs)

    await exchange.database.write(work)


async def test_a_course_nobody_knows_is_refused(exchange: Exchange) -> None:
    known = with_register(exchange)

    def work(session: Session) -> None:
        scene = Scene.at(session, known)
        learning_records(session, scene.act(), known.recipients, uuid4(), Filter())

    with pytest.raises(UnknownCourse):
        await exchange.database.write(work)


@pytest.mark.parametrize("wanted", [Filter(), Filter("o"), Filter(chip=Chip.NEEDS_ACTION)])
async def test_more_rows_cost_no_more_queries(exchange: Exchange, wanted: Filter) -> None:
    known = with_register(exchange)

    def work(session: Session) -> tuple[int, int]:
        scene = Scene.at(session, known)
        small = scene.course("Small", shortname="small")
        scene.complete(scene.learner("Otto", "Only", "CA-ON-CPSO-9"), small, "2026-10-01")
        large = everyone(scene)
        session.flush()
        return queries(scene, small, wanted), queries(scene, large, wanted)

    few, many = await exchange.database.write(work)
    # What nobody has is not looked for further: a few queries less.
    assert few <= many <= 37


def queries(scene: Scene, course: Course, wanted: Filter) -> int:
    statements = 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1

    engine = scene.session.connection().engine
    course_id = course.id
    scene.session.expunge_all()
    sa.event.listen(engine, "before_cursor_execute", count)
    try:
        learning_records(scene.session, scene.act(), scene.exchange.recipients, course_id, wanted)
    finally:
        sa.event.remove(engine, "before_cursor_execute", count)
    return statements


async def test_a_record_that_an_administrator_let_expire_is_told_and_a_retake_stands_for_it(exchange: Exchange) -> None:
    def expired(scene: Scene) -> Course:
        course = scene.course()
        scene.expire(scene.complete(scene.learner("Amara", "Okafor", "CA-ON-CPSO-88120"), course, "2026-11-02"))
        again = scene.learner("Luc", "Tremblay", "CA-ON-CPSO-31000")
        scene.expire(scene.complete(again, course, "2026-11-02"), datetime(2026, 11, 10, 12, tzinfo=UTC))
        scene.complete(again, course, "2026-11-10")
        return course

    rows = by_family(await told(exchange, expired))

    verdict = rows["Okafor"].standings[0].verdict
    assert (verdict.chip, verdict.reason, verdict.turn) == (X, "expired_by_administrator", "learner")
    shown = rows["Okafor"].record
    assert shown is not None
    assert shown.valid_until == date(2026, 11, 21)
    retake = rows["Tremblay"]
    assert retake.record is not None
    assert (retake.record.completed_on, retake.record.valid_until) == (date(2026, 11, 10), None)
    assert retake.standings[0].verdict.chip is W


def families(report: Report) -> str:
    return " ".join(by_family(report))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(recipient="register", chip=Chip.DELIVERED), "Okafor"),
        (Filter(recipient="elsewhere", chip=Chip.DELIVERED), ""),
        (Filter(reason="oci_missing"), "Tremblay"),
        (Filter(reason="oci_missing", chip=Chip.NOT_SENT), ""),
        (Filter(has_record=False), "Chen"),
        (Filter(has_record=False, voided=False), ""),
        (Filter(source=Source.CSV_UPLOAD), "Fraser"),
        (Filter(period=Period.PAST), "Lastyear"),
        (Filter(period=Period.CURRENT, words="o"), "Before Côté Fraser Okafor Rossi Voided"),
        (Filter(completed_from=date(2026, 11, 20)), "Côté"),
        (Filter(completed_from=date(2025, 11, 3), completed_to=date(2026, 3, 2)), "Before Lastyear"),
        (Filter(completed_to=date(2025, 11, 2)), ""),
        (Filter(voided=True), "Voided"),
        (Filter(voided=False, words="voided"), ""),
        (Filter(activities=ActivityState.MISSING), "Chen Rossi"),
        (Filter(activities=ActivityState.MISSING, has_record=True), "Rossi"),
        (Filter(activities=ActivityState.DONE, chip=Chip.DELIVERED), "Okafor"),
        (Filter(oci_status=OciStatus.MISSING), "Tremblay"),
        (Filter(oci_status=OciStatus.DUPLICATE), ""),
        (Filter(oci_status=OciStatus.HELD, chip=Chip.NEEDS_ACTION), "Chen Rossi"),
    ],
)
async def test_each_filter_keeps_whom_it_means(exchange: Exchange, wanted: Filter, expected: str) -> None:
    assert families(await told(exchange, everyone, wanted)) == expected


async def test_an_activity_of_another_course_is_refused(exchange: Exchange) -> None:
    with pytest.raises(UnknownActivity):
        await told(exchange, everyone, Filter(activity_id=UUID(int=7), activities=ActivityState.MISSING))


async def test_the_activity_asked_for_decides_and_not_all_of_them(exchange: Exchange) -> None:
    known = with_register(exchange)

    def work(session: Session) -> list[str]:
        scene = Scene.at(session, known)
        course = scene.course()
        quiz, video = scene.activity(course, "Quiz"), scene.activity(course, "Video")
        for name, done in (("Both", [quiz, video]), ("Quizzed", [quiz]), ("Neither", [])):
            learner = scene.learner("Noor", name)
            for activity in done:
                scene.complete(learner, course, "2026-10-01", activity)
            scene.complete(learner, course, "2026-10-02")
        return [
            families(report_of(scene, course, Filter(activities=state, activity_id=activity)))
            for state in ActivityState
            for activity in (None, quiz.id, video.id)
        ]

    done, quizzed, seen, missing, no_quiz, no_video = await exchange.database.write(work)
    assert (done, quizzed, seen) == ("Both", "Both Quizzed", "Both")
    assert (missing, no_quiz, no_video) == ("Neither Quizzed", "Neither", "Neither Quizzed")


async def test_without_mandatory_activities_missing_is_whoever_has_no_activity_record(exchange: Exchange) -> None:
    def story(scene: Scene) -> Course:
        course = scene.course()
        activity = scene.activity(course)
        activity.mandatory = False
        learner = scene.learner("Noor", "Both")
        scene.complete(learner, course, "2026-10-01", activity)
        scene.complete(learner, course, "2026-10-01")
        scene.complete(scene.learner("Noor", "Uploaded"), course, "2026-10-01", source=Source.CSV_UPLOAD)
        return course

    wanted = Filter(has_record=True, activities=ActivityState.MISSING)
    assert families(await told(exchange, story, wanted)) == "Uploaded"


async def test_an_oci_id_held_by_two_is_found(exchange: Exchange) -> None:
    def story(scene: Scene) -> Course:
        course = scene.course()
        for name in ("First", "Second"):
            scene.enrol(scene.learner("Noor", name, "CA-ON-CPSO-1" if name == "First" else "CA-ON-CPSO-2"), course)
        scene.enrol(scene.learner("Noor", "Third", "CA-ON-CPSO-3"), course)
        scene.session.connection().execute(
            sa.text("UPDATE learner_oci_id SET oci_id = 'CA-ON-CPSO-1' WHERE oci_id = 'CA-ON-CPSO-2'")
        )
        return course

    assert families(await told(exchange, story, Filter(oci_status=OciStatus.DUPLICATE))) == "First Second"


async def test_a_filter_stops_after_so_many_learners_and_goes_on_from_there(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_module, "PIECE", 2)
    monkeypatch.setattr(report_module, "MOST_LOOKED_AT", 4)
    known = with_register(exchange)

    def work(session: Session) -> list[tuple[str, int, bool]]:
        scene = Scene.at(session, known)
        course = everyone(scene)
        found, after, steps = [], None, 0
        while steps < 10:
            page = report_of(scene, course, Filter(reason="oci_missing"), after=after, size=1)
            found.append((families(page), page.looked_at, page.is_cut_short))
            after, steps = page.next_after, steps + 1
            if after is None:
                break
        return found

    assert await exchange.database.write(work) == [("", 4, True), ("", 4, True), ("Tremblay", 2, False)]


async def test_learners_are_counted_along_the_index_and_only_so_far(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = with_register(exchange)

    def work(session: Session) -> tuple[Tally, Tally]:
        scene = Scene.at(session, known)
        course = everyone(scene)
        whole = tally(session, scene.act(), course.id)
        monkeypatch.setattr("lrx.reports.roster.MOST_COUNTED", 3)
        return whole, tally(session, scene.act(), course.id)

    assert await exchange.database.write(work) == (Tally(10, 9), Tally(4, 4))


@pytest.mark.parametrize("named", [1_000, 2])
async def test_few_people_and_very_many_are_found_alike(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, named: int
) -> None:
    monkeypatch.setattr("lrx.people.search.MOST_NAMED", named)
    report = await told(exchange, everyone, Filter("A"))
    assert families(report) == "Before Fraser Lastyear Nurse Okafor Rossi Tremblay Voided"
