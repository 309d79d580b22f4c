"""What is read for a diagnosis stays small, however much there is: and nothing is decided otherwise for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from lrx.diagnosis.diagnoses import situation_of
from lrx.diagnosis.facts import LearnerFacts, Situation
from lrx.diagnosis.meant.names import MOST_NAMES, RANGES
from lrx.diagnosis.meant.understanding import Understanding, understand
from lrx.diagnosis.reading.learners import SEEN_LATELY, read_learners
from lrx.diagnosis.reading.likeness import MOST_ALIKE, SHOWN
from lrx.diagnosis.reading.situations import MISSED, At
from lrx.diagnosis.ticket import read_ticket
from lrx.exchange import Exchange
from lrx.models import Course, Inquiry, Learner, ObservationKind, RefusedOciId
from lrx.oci_id import OciId
from lrx.people import learners
from lrx.recipient import Outcome
from lrx.tables import table
from tests.lrx.reports.scene import SEPTEMBER, Scene, with_register

pytestmark = pytest.mark.anyio

T = TypeVar("T")


async def told(exchange: Exchange, work: Callable[[Scene], T]) -> T:
    """Do the work in a site of its own."""
    known = with_register(exchange)
    return await exchange.database.write(lambda session: work(Scene.at(session, known)))


def at_of(scene: Scene) -> At:
    act = scene.act()
    return At(act.site_id, act.zone, act.at)


def situation(scene: Scene, course: Course) -> Situation:
    return situation_of(scene.session, at_of(scene), course.id, scene.exchange.recipients["register"])


def facts(scene: Scene, course: Course, *people: Learner) -> dict[UUID, LearnerFacts]:
    return read_learners(scene.session, at_of(scene), situation(scene, course), [one.id for one in people])


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    """What the session says to the database meanwhile."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    session.flush()
    connection = session.connection()
    sa.event.listen(connection, "before_cursor_execute", note)
    yield said
    sa.event.remove(connection, "before_cursor_execute", note)


def refuse(scene: Scene, learner: Learner, typed: str, days: int) -> None:
    given = {"typed": typed, "reason": "unreadable", "origin": "hr.csv", "actor": "test"}
    at = SEPTEMBER + timedelta(days=days)
    scene.session.add(RefusedOciId(id=uuid4(), site_id=scene.site.id, learner_id=learner.id, refused_at=at, **given))


async def test_of_what_was_seen_the_newest_is_read_and_the_newest_of_each_kind(exchange: Exchange) -> None:
    def work(scene: Scene) -> tuple[LearnerFacts, LearnerFacts]:
        course = scene.course()
        often, once = scene.learner("Often", "Here"), scene.learner("Once", "Here")
        scene.observe(often, course, ObservationKind.FAILED, SEPTEMBER + timedelta(days=0))
        scene.observe(often, course, ObservationKind.FAILED, SEPTEMBER + timedelta(days=1))
        for day in range(2, 40):
            scene.observe(often, course, ObservationKind.ENROLLED, SEPTEMBER + timedelta(days=day))
            refuse(scene, often, f"CPSO {day}", day)
        scene.observe(once, course, ObservationKind.ENROLLED, SEPTEMBER + timedelta(days=5))
        refuse(scene, once, "CPSO 5", 5)
        read = facts(scene, course, often, once)
        return read[often.id], read[once.id]

    often, once = await told(exchange, work)
    days = [((one.happened_at - SEPTEMBER).days, one.kind) for one in often.seen]
    newest = [(day, ObservationKind.ENROLLED) for day in range(40 - SEEN_LATELY, 40)]
    assert days == [(1, ObservationKind.FAILED), *newest]
    assert [one.typed for one in often.refused] == ["CPSO 39"]
    assert ([one.typed for one in once.refused], len(once.seen)) == (["CPSO 5"], 1)


async def test_of_an_address_many_share_the_newest_accounts_are_read_and_no_others(exchange: Exchange) -> None:
    def work(scene: Scene) -> tuple[list[Learner], dict[UUID, LearnerFacts]]:
        course, act = scene.course(), scene.act(SEPTEMBER)
        people = [
            learners.create(scene.session, act, {"username": f"user{number}", "email": "nobody@lakeside.example"})
            for number in range(MOST_ALIKE + 10)
        ]
        return people, facts(scene, course, *people)

    people, read = await told(exchange, work)
    ids = sorted((one.id for one in people), key=str)[-MOST_ALIKE:]
    for one in people:
        expected = [other for other in ids if other != one.id][:SHOWN]
        assert [alike.id for alike in read[one.id].look_alikes] == expected


async def test_what_another_recipient_asks_for_leaves_room_for_what_this_one_does(exchange: Exchange) -> None:
    def work(scene: Scene) -> Situation:
        course, now = scene.course(), scene.act().at
        asked = {"site_id": scene.site.id, "credential_id": scene.account.credential_id, "request_id": "-"}
        asked |= {"outcome": Outcome.UNKNOWN_LEARNER, "record_ids": [], "duration_us": 0}

        def question(recipient: str, number: int, hours: int) -> dict[str, Any]:
            oci_id = OciId("CA", "ON", "CPSO", str(number))
            when = {"asked_at": now - timedelta(hours=hours), "asked": str(oci_id), "oci_id": oci_id}
            return {**asked, **when, "id": uuid4(), "recipient": recipient}

        theirs = [question("other", 20_000 + number, 1) for number in range(MISSED + 1)]
        ours = [question("register", 54_312, hours) for hours in (5, 3)]
        scene.session.connection().execute(sa.insert(table(Inquiry)), [*theirs, *ours])
        return situation(scene, course)

    missed = (await told(exchange, work)).missed_numbers
    assert [(one.times, str(one.oci_id)) for one in missed["54312"]] == [(2, "CA-ON-CPSO-54312")]
    assert "20001" not in missed


async def test_the_network_is_asked_once_however_many_sites_tell(exchange: Exchange) -> None:
    known = with_register(exchange)

    def scene_at(session: Session, code: str) -> tuple[Scene, Course]:
        scene = Scene.at(session, known, code)
        course = scene.course(shortname="WHMIS-2026")
        scene.site.tells_completions = True
        session.add(scene.site)
        return scene, course

    def work(session: Session) -> tuple[tuple[str, ...], tuple[str, ...], list[int]]:
        here, course = scene_at(session, "here")
        luc = here.learner("Luc", "Tremblay", "CA-ON-CPSO-12345")
        asked = []
        for code in ("north", "south", "east", "west"):
            scene, theirs = scene_at(session, code)
            same = scene.learner("Luc", "Tremblay", "CA-ON-CPSO-12345")
            record_id = scene.complete(same, theirs, "2026-11-02")
            if code == "east":
                scene.void(record_id)
            with statements(session) as said:
                read = facts(here, course, luc)
            asked.append(len(said))
        told_of = read[luc.id].elsewhere
        here.site.tells_completions = False
        session.add(here.site)
        return told_of, facts(here, course, luc)[luc.id].elsewhere, asked

    told_of, silent, asked = await exchange.database.write(work)
    assert (told_of, silent) == (("North Health", "South Health", "West Health"), ())
    assert len(set(asked)) == 1


async def test_a_ticket_full_of_names_is_read_with_a_few_queries(exchange: Exchange) -> None:
    families = [
        f"{one}{other}" for one in ("Ar", "Be", "Cor", "Dan", "El") for other in ("ton", "ley", "man", "vick", "by")
    ]
    ticket = read_ticket("\n".join(f"Dr Maria {one} has completed WHMIS." for one in families), {})

    def work(scene: Scene) -> tuple[Understanding, list[str]]:
        for one in families:
            scene.learner("Maria", one)
        with statements(scene.session) as said:
            return understand(scene.session, scene.act(), scene.exchange.recipients, ticket), said

    meant, said = await told(exchange, work)
    assert len(families) > MOST_NAMES
    assert 0 < sum("UNION ALL" in one for one in said) <= MOST_NAMES * 36 // RANGES
    assert [str(note) for note in meant.notes] == [
        f"Of the names in the text only {MOST_NAMES} were looked for. Paste the part about one person."
    ]
    found = {one.full_name.partition(",")[0] for one in meant.people}
    assert found
    assert found <= set(families[:MOST_NAMES])
