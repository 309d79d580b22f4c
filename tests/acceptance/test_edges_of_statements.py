"""Statements of the kind nobody expects: none stops the projector, and each person is nobody else."""

import json
from typing import Any

import pytest

from lrx import credentials
from lrx.models import CredentialKind
from lrx.xapi.projector import rebuild
from tests.house import MOODLE, House, captured_requests

pytestmark = pytest.mark.anyio

COURSE_TYPE = "https://w3id.org/xapi/cmi5/activitytype/course"
INFO = "http://lrs.learninglocker.net/define/extensions/info"


@pytest.fixture(autouse=True)
def _the_next_morning(house: House) -> None:
    house.advance(hours=12)


def completed(name: str, *, home_page: str = MOODLE, iri: str = f"{MOODLE}/course/view.php?id=2") -> dict[str, Any]:
    """A course completion as Moodle sends it."""
    return {
        "actor": {"name": f"Person {name}"[:400], "account": {"homePage": home_page, "name": name}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": iri, "definition": {"type": COURSE_TYPE, "name": {"en": "WHMIS"}}},
        "context": {"extensions": {INFO: {"event_name": "\\core\\event\\course_completed"}}},
        "timestamp": "2026-11-18T09:12:00.000Z",
    }


def plain(iri: str, name: str = "7") -> dict[str, Any]:
    """A completion as any xAPI client sends it."""
    return {
        "actor": {"account": {"homePage": MOODLE, "name": name}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": iri},
        "timestamp": "2026-11-18T09:12:00.000Z",
    }


async def parked(house: House) -> dict[str, str]:
    found = (await house.site.get("/statements/parked", limit=200))["data"]
    return {one["subject"]: one["reason"] for one in found}


async def count_records(house: House) -> int:
    return len((await house.site.get("/learning-records", limit=200))["data"])


@pytest.mark.parametrize(
    "poison",
    [
        plain("http://x.example.org/" + "a" * 1500, "3"),
        plain("http://x.example.org/" + "漢" * 900, "3"),
        {**plain("http://x.example.org/"), "actor": {"mbox": "mailto:" + "𝒳" * 990 + "@example.org"}},
        completed("9" * 400),
        completed("3", home_page="http://x.example.org/" + "h" * 600),
        completed("3", iri="http://x.example.org/course/view.php?id=" + "漢" * 900),
    ],
    ids=["long object", "long unicode object", "long mbox", "long account", "long home page", "long course"],
)
async def test_no_statement_stops_the_projector(house: House, poison: dict[str, Any]) -> None:
    stored = await house.site.statements([poison, completed("4")])
    await house.project()

    assert len(stored.json()) == 2
    assert await count_records(house) == 1
    assert len(await parked(house)) == 1


async def test_long_names_are_cut_and_are_no_reason_to_lose_a_completion(house: House) -> None:
    statement = completed("4")
    statement["actor"]["name"] = "N" * 400
    statement["object"]["definition"]["name"] = {"en": "C" * 1200}
    statement["object"]["definition"]["extensions"] = {
        "https://w3id.org/learning-analytics/learning-management-system/short-id": "S" * 300,
        "https://w3id.org/learning-analytics/learning-management-system/external-id": "E" * 300,
    }
    await house.site.statements([statement])
    await house.project()

    assert await parked(house) == {}
    assert await count_records(house) == 1


@pytest.mark.parametrize(
    "broken",
    [b'{"actor": "\xff"}', b'{"actor": NaN}', b'{"actor": "\\ud800"}', b"[" * 5000 + b"]" * 5000, b'{"actor": "\x01"}'],
    ids=["not utf-8", "nan", "surrogate", "deep", "control character"],
)
async def test_a_broken_element_never_takes_its_neighbours_with_it(house: House, broken: bytes) -> None:
    good = json.dumps(completed("4")).encode()

    answer = await house.site.statements(b"[" + good + b"," + broken + b"]")

    assert (answer.status_code, len(answer.json()), answer.headers["LRX-Set-Aside"]) == (200, 1, "1")


async def test_a_batch_that_breaks_off_keeps_what_is_whole(house: House) -> None:
    good = json.dumps(completed("4")).encode()

    answer = await house.site.statements(b"[" + good + b"," + good[:50])

    assert (answer.status_code, len(answer.json()), answer.headers["LRX-Set-Aside"]) == (200, 1, "1")


async def test_what_is_set_aside_is_kept_once_with_how_often_it_came(house: House) -> None:
    await house.site.statements(["a", "b", "a"])
    house.advance(hours=1)
    await house.site.statements(["b", "c"])
    found = (await house.site.get("/statements/set-aside"))["data"]
    counts = sorted((one["times"], one["received_at"] == one["last_received_at"]) for one in found)
    assert counts == [(1, True), (2, False), (2, True)]


async def test_an_array_set_aside_within_an_array_cannot_be_replayed_as_one(house: House) -> None:
    await house.site.statements(b"[[]]")
    aside = (await house.site.get("/statements/set-aside"))["data"][0]

    await house.site.send("POST", f"/statements/set-aside/{aside['id']}/replay", {}, status=422)


async def test_seeing_statements_is_not_replaying_them(house: House) -> None:
    issued = await house.exchange.database.write(
        lambda session: credentials.issue(
            session, house.act(session), house.exchange.random, CredentialKind.API, name="r", scopes=["statements:read"]
        )
    )
    await house.site.statements([{"verb": 1}])
    aside = (await house.site.get("/statements/set-aside"))["data"][0]

    answer = await house.http.post(
        f"/api/v1/statements/set-aside/{aside['id']}/replay",
        json={"statement": completed("4")},
        headers={"Authorization": f"Bearer {issued.key}"},
    )

    assert answer.status_code == 403


async def test_the_same_user_name_at_another_home_page_is_somebody_else(house: House) -> None:
    await house.site.statements([completed("jsmith", home_page="https://lms.example.org")])
    await house.site.statements([completed("jsmith", home_page="https://elsewhere.example.org")])
    await house.site.statements([completed("adoe", home_page="http://lms.example.org/")])
    await house.project()

    assert await parked(house) == {"account:https://elsewhere.example.org|jsmith": "home_page"}
    assert await count_records(house) == 2


async def test_a_number_among_user_names_is_parked_and_not_made_a_name(house: House) -> None:
    await house.site.statements([completed("asmith"), completed("42")])
    await house.project()

    assert await parked(house) == {f"account:{MOODLE}|42": "account_name_kind"}


async def test_an_administrator_says_what_account_names_are_and_numbers_may_be_names(house: House) -> None:
    from lrx.models import AccountNames
    from lrx.xapi.projector import replay_everything_parked

    await house.site.statements([completed("asmith"), completed("42")])
    await house.project()
    await house.exchange.database.write(
        lambda session: credentials.set_account_names(
            session, house.act(session), house.site.lms[0], AccountNames.USERNAME
        )
    )
    before = (await house.site.get("/audit"))["data"]

    await replay_everything_parked(house.exchange)

    assert await parked(house) == {}
    assert {one["username"] for one in (await house.site.get("/learners"))["data"]} == {"asmith", "42"}
    await replay_everything_parked(house.exchange)
    assert len((await house.site.get("/audit"))["data"]) > len(before)


async def test_a_learner_created_under_the_name_that_was_waited_for_gets_the_record(house: House) -> None:
    await house.site.statements([completed("asmith")])
    await house.project()
    course = (await house.site.get("/courses"))["data"][0]
    await house.site.send("PATCH", f"/courses/{course['id']}", {"shortname": "W"})
    await house.site.statements([completed("jsmith")], strict=True)
    await house.project()
    assert await parked(house) == {f"account:{MOODLE}|jsmith": "unknown_learner"}

    await house.site.learner("jsmith")

    assert await parked(house) == {}
    assert await count_records(house) == 2


async def test_a_course_is_found_however_its_address_is_written(house: House) -> None:
    await house.site.learner("seven", lms={"home_page": MOODLE, "user_id": "7"})
    await house.site.statements([plain("https://LMS.Example.org/c/1/")], strict=True)
    await house.project()
    assert await parked(house) == {"https://lms.example.org/c/1": "unknown_course"}

    await house.site.course("W", iri="http://lms.example.org/c/1")

    assert await parked(house) == {}


async def test_a_mapped_name_is_found_however_it_is_written_and_can_be_unmapped(house: House) -> None:
    learner = await house.site.learner("amara")
    path = f"/learners/{learner['id']}/identities"
    await house.site.course("W", iri="https://example.org/w")
    statement = {**plain("https://example.org/w"), "actor": {"mbox": "mailto:amara@EXAMPLE.org"}}
    account = {"kind": "account", "home_page": "https://other.example.org", "value": "a-1"}

    await house.site.send("POST", path, {"kind": "mbox", "value": "mailto:amara@Example.ORG", "reason": "Her own"})
    made = await house.site.send("POST", path, account)
    await house.site.statements([statement])
    await house.project()
    assert await count_records(house) == 1

    other = await house.site.learner("bruno")
    taken = {**account, "home_page": "http://other.example.org/"}
    await house.site.send("POST", f"/learners/{other['id']}/identities", taken, status=409)
    await house.site.send("DELETE", f"{path}/{made['id']}")
    await house.site.send("POST", f"/learners/{other['id']}/identities", taken)
    history = (await house.site.get(f"/learners/{learner['id']}/history"))["data"]
    assert [one["field"] for one in history[:3]] == ["identity"] * 3
    assert history[2]["reason"] == "Her own"


async def test_a_failure_in_a_mapped_course_is_an_observation(house: House) -> None:
    await house.site.learner("seven", lms={"home_page": MOODLE, "user_id": "7"})
    await house.site.course("W", iri="https://example.org/w")
    failed = {**plain("https://example.org/w"), "verb": {"id": "http://adlnet.gov/expapi/verbs/failed"}}
    await house.site.statements([failed], strict=True)
    await house.project()

    assert await parked(house) == {}
    assert await count_records(house) == 0


async def test_a_rebuild_from_some_statement_on_reads_it_again_for_a_running_projector(house: House) -> None:
    for request in captured_requests():
        await house.site.statements(request)
    await house.project()
    before = await parked(house)

    for from_seq in (0, 1, 40, 80):
        await house.exchange.database.write(lambda session, first=from_seq: rebuild(session, first))
        assert await house.project() > 0
        assert await parked(house) == before
    assert await count_records(house) == 12
