from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from lrx.doctor.invariants import INVARIANTS
from lrx.exchange import Exchange
from lrx.ingest.completion import Completion
from lrx.ingest.recorder import record_all
from lrx.models import Course, CourseLearner, Learner, Observation
from lrx.people import learners, rosters
from lrx.source import Source
from lrx.tables import table
from lrx.xapi.projector import rebuild
from tests.house import House, captured_requests
from tests.lrx.reports.scene import Scene, everyone, with_register

pytestmark = pytest.mark.anyio

T = TypeVar("T")


async def in_scene(exchange: Exchange, story: Callable[[Scene], T]) -> T:
    known = with_register(exchange)
    return await exchange.database.write(lambda session: story(Scene.at(session, known)))


def on_roster(session: Session, course: Course) -> list[tuple[str, bool]]:
    session.expire_all()
    rows = session.exec(
        select(CourseLearner)
        .where(CourseLearner.site_id == course.site_id, CourseLearner.course_id == course.id)
        .order_by(col(CourseLearner.sort_name), col(CourseLearner.learner_id))
    )
    return [(row.sort_name, row.has_course_record) for row in rows]


async def test_the_roster_has_whoever_has_a_record_or_was_seen_in_the_course(exchange: Exchange) -> None:
    def story(scene: Scene) -> list[tuple[str, bool]]:
        course, other = scene.course(), scene.course("Another", shortname="A")
        quiz = scene.activity(course)
        scene.complete(scene.learner("Amara", "Okafor"), course, "2026-10-01")
        scene.complete(scene.learner("Hélène", "Côté"), course, "2026-10-01", quiz)
        scene.enrol(scene.learner("Wei", "Chen"), course)
        scene.complete(scene.learner("Luc", "Elsewhere"), other, "2026-10-01")
        return on_roster(scene.session, course)

    assert await in_scene(exchange, story) == [("chen, wei", False), ("cote, helene", False), ("okafor, amara", True)]


async def test_somebody_seen_before_gets_a_course_record_and_keeps_it(exchange: Exchange) -> None:
    def story(scene: Scene) -> list[list[tuple[str, bool]]]:
        course, learner = scene.course(), scene.learner("Wei", "Chen")
        quiz = scene.activity(course)
        steps: list[Callable[[], object]] = [
            lambda: scene.enrol(learner, course),
            lambda: scene.complete(learner, course, "2026-10-01", quiz),
            lambda: scene.complete(learner, course, "2026-10-02"),
            lambda: scene.complete(learner, course, "2026-10-03", scene.activity(course, "Another")),
            lambda: scene.enrol(learner, course),
        ]
        found = []
        for step in steps:
            step()
            found.append(on_roster(scene.session, course))
        return found

    told = await in_scene(exchange, story)
    assert told == [[("chen, wei", has)] for has in (False, False, True, True, True)]


async def test_many_claims_are_entered_with_as_many_statements_as_one(exchange: Exchange) -> None:
    def story(scene: Scene) -> tuple[int, int, int]:
        course = scene.course()
        quiz = scene.activity(course)
        people = [scene.learner("Noor", f"Person{number:02}") for number in range(12)]

        def claims(some: list[Learner]) -> list[Any]:
            when = datetime(2026, 10, 1, 12, tzinfo=UTC)
            return [
                (
                    scene.act(),
                    Completion(one.id, course.id, activity_id, Source.COMPLETION, when, when),
                )
                for one in some
                for activity_id in (quiz.id, None)
            ]

        return (
            touching_the_roster(scene, claims(people[:1])),
            touching_the_roster(scene, claims(people[1:])),
            touching_the_roster(scene, claims(people)),
        )

    assert await in_scene(exchange, story) == (1, 1, 0)


def touching_the_roster(scene: Scene, claims: list[Any]) -> int:
    statements = []
    engine = scene.session.connection().engine

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        record_all(scene.session, scene.exchange.recipients, claims)
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    return sum("course_learner" in statement for statement in statements)


async def test_the_roster_follows_a_new_name(exchange: Exchange) -> None:
    def story(scene: Scene) -> tuple[Any, str, str | None]:
        course, learner = scene.course(), scene.learner("Amara", "Okafor")
        scene.complete(learner, course, "2026-10-01")
        scene.complete(scene.learner("Luc", "Tremblay"), course, "2026-10-01")
        changed = {"family_name": "Zoé", "email": "Amara@Example.org"}
        learners.change(scene.session, scene.act(), learner, changed)
        return on_roster(scene.session, course), learner.sort_name, learner.email_folded

    roster, sort_name, email = await in_scene(exchange, story)
    assert roster == [("tremblay, luc", True), ("zoe, amara", True)]
    assert (sort_name, email) == ("zoe, amara", "amara@example.org")


async def test_names_are_ordered_by_code_points_on_both_engines(exchange: Exchange) -> None:
    names = ["a-b", "a b", "ab", "a_b", "a, b", "a'b", "李", "œuvre", "z", "a1", "a10", "a2"]

    def story(scene: Scene) -> list[str]:
        course = scene.course()
        for name in names:
            learner = learners.create(scene.session, scene.act(), {"family_name": name, "username": f"u{name}"})
            rosters.see(scene.session, scene.site.id, learner.id, course.id)
        return [name for name, _ in on_roster(scene.session, course)]

    assert await in_scene(exchange, story) == sorted(names)


async def test_what_statements_tell_brings_people_to_rosters(house: House) -> None:
    for request in captured_requests():
        await house.site.statements(request)
    await house.project()
    pairs, broken = await house.exchange.database.read(seen_and_listed)
    assert pairs[0] == pairs[1] != set()
    assert broken == 0


async def test_whoever_is_not_derived_again_leaves_the_roster(house: House) -> None:
    for request in captured_requests():
        await house.site.statements(request)
    await house.project()

    def forget(session: Session) -> tuple[int, int]:
        before = session.exec(select(sa.func.count()).select_from(CourseLearner)).one()
        rebuild(session)
        return before, session.exec(select(sa.func.count()).select_from(CourseLearner)).one()

    before, between = await house.exchange.database.write(forget)
    assert between < before
    await house.project()
    pairs, broken = await house.exchange.database.read(seen_and_listed)
    assert pairs[0] == pairs[1]
    assert len(pairs[1]) == before
    assert broken == 0


def seen_and_listed(session: Session) -> tuple[tuple[set[Any], set[Any]], int]:
    """Every pair of a learner and a course that something is known of, the pairs on rosters, and what the doctor
    counts."""
    roster, seen = table(CourseLearner).c, table(Observation).c
    connection = session.connection()
    listed = {tuple(row) for row in connection.execute(sa.select(roster.learner_id, roster.course_id))}
    records = connection.execute(sa.text("SELECT DISTINCT learner_id, course_id FROM learning_record")).all()
    observed = {tuple(row) for row in connection.execute(sa.select(seen.learner_id, seen.course_id))}
    from_records = {tuple(str(value).replace("-", "") for value in row) for row in records}
    known = {tuple(value.hex for value in row) for row in observed} | from_records
    [check] = [query for sentence, query in INVARIANTS if "roster" in str(sentence)]
    broken = connection.execute(check(session, None)).scalar_one()  # type: ignore[arg-type]
    return (known, {tuple(value.hex for value in row) for row in listed}), broken


@pytest.mark.parametrize(
    "damage",
    ["DELETE FROM course_learner", "UPDATE course_learner SET has_course_record = false WHERE has_course_record"],
)
async def test_the_doctor_finds_records_off_the_roster(exchange: Exchange, damage: str) -> None:
    def story(scene: Scene) -> tuple[int, int]:
        everyone(scene)
        [check] = [query for sentence, query in INVARIANTS if "roster" in str(sentence)]
        count = check(scene.session, None)  # type: ignore[arg-type]
        before = scene.session.connection().execute(count).scalar_one()
        scene.session.connection().execute(sa.text(damage))
        return before, scene.session.connection().execute(count).scalar_one()

    before, after = await in_scene(exchange, story)
    assert before == 0 < after
