"""What every operation of the API keeps to: tags and preconditions, places of what was made, names in addresses, the
time a list is consistent through, rates, and request ids."""

import asyncio
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import anyio
import asyncpg
import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlmodel import Session, select
from starlette.datastructures import Headers

from lrx.api.endpoints import CONSISTENT_THROUGH
from lrx.api.operation import operation_of
from lrx.api.routes import OPERATIONS
from lrx.app import create_app
from lrx.models import AuditEntry, IdempotencyKey
from lrx.people import learners
from lrx.web.authentication import authenticate
from tests.house import House

pytestmark = pytest.mark.anyio

ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
DECLARED = [operation_of(function) for function in OPERATIONS]
CLAIM = {"learner": {"username": "amara"}, "course": {"shortname": "W"}, "completed_at": "2026-11-18T09:12:00-05:00"}
LATER = {**CLAIM, "completed_at": "2026-11-19T09:12:00-05:00"}
ODD_NAMES = ["a/b", "a b+c", "é.ü", "50%", "a?b#c", "...", "x/oci-id", "a//b", "%2F", "by"]


async def furnished(house: House) -> dict[str, str]:
    """One of each noun that can be changed; returns the values for paths."""
    learner = await house.site.learner("amara", "CPSO 12345")
    course = await house.site.course("W")
    activity = await house.site.send("POST", f"/courses/{course['id']}/activities", {"full_name": "One"})
    identity = {"kind": "mbox", "value": "amara@example.org"}
    mapped = await house.site.send("POST", f"/learners/{learner['id']}/identities", identity)
    recorded = await house.site.send("POST", "/learning-records", CLAIM)
    await house.site.send("POST", "/learning-records", LATER)
    record_id = recorded["data"][0]["learning_record_id"]
    record = await house.site.get(f"/learning-records/{record_id}")
    await house.site.statements([{"verb": 1}])
    aside = (await house.site.get("/statements/set-aside"))["data"][0]
    issued = {"kind": "api", "name": "Copy", "scopes": ["learners:read"]}
    credential = await house.site.send("POST", "/credentials", issued)
    return {
        "learner_id": learner["id"],
        "course_id": course["id"],
        "activity_id": activity["id"],
        "identity_id": mapped["id"],
        "recipient": "cmars",
        "record_id": record_id,
        "amendment_id": record["amendments"][0]["id"],
        "set_aside_id": aside["id"],
        "credential_id": credential["id"],
        "username": "amara",
    }


CHANGES: list[tuple[str, str, Any]] = [
    ("PATCH", "/learners/{learner_id}", {"email": "amara@example.org"}),
    ("PUT", "/learners/{learner_id}/oci-ids", {"oci_ids": ["cpso 12345", "CMO 77"]}),
    ("PUT", "/learners/by/username/{username}/oci-id", {"oci_id": "cpso 777"}),
    ("DELETE", "/learners/{learner_id}/identities/{identity_id}", None),
    ("PATCH", "/courses/{course_id}", {"expiry": {"rule": "on", "month": 12, "day": 31}}),
    ("PATCH", "/activities/{activity_id}", {"mandatory": True}),
    ("PATCH", "/recipients/{recipient}", {"enabled": False}),
    ("PATCH", "/courses/{course_id}/recipients/{recipient}", {"reporting_period": {"start_month": 4, "start_day": 1}}),
    ("DELETE", "/courses/{course_id}/recipients/{recipient}", None),
    ("PATCH", "/profile-fields/ociid", {"is_unique": False}),
    ("POST", "/learning-records/{record_id}/amendments/{amendment_id}/promote", {"reason": "A test"}),
    ("POST", "/learning-records/{record_id}/void", {"reason": "A test"}),
    ("POST", "/learning-records/{record_id}/unvoid", {"reason": "A test"}),
    ("POST", "/learning-records/{record_id}/expire", {"reason": "A test"}),
    ("POST", "/learning-records/{record_id}/unexpire", {"reason": "A test"}),
    ("PATCH", "/site", {"tells_completions": True}),
    ("POST", "/credentials/{credential_id}/revoke", None),
]


def shown_at(method: str, path: str) -> str:
    """Where the noun that an operation changes is shown."""
    (declared,) = [one for one in DECLARED if (one.method, one.path) == (method, path)]
    assert declared.guards is not None
    return declared.guards.path


async def get(house: House, path: str, **headers: str) -> httpx.Response:
    return await house.site.api.get(f"/api/v1{path}", headers=headers)


async def send(house: House, method: str, path: str, body: Any, **headers: str) -> httpx.Response:
    return await house.site.api.request(method, f"/api/v1{path}", json=body, headers=headers)


def test_every_change_of_a_noun_can_be_guarded() -> None:
    unguarded = {
        f"{one.method} {one.path}" for one in DECLARED if one.method in ("PUT", "PATCH", "DELETE") and not one.guards
    }
    assert not unguarded
    guarded = {(one.method, one.path) for one in DECLARED if one.guards}
    assert guarded - {(method, path) for method, path, _ in CHANGES} <= {
        ("POST", "/statements/set-aside/{set_aside_id}/replay"),
        ("POST", "/jobs/{job_id}/cancel"),
    }


async def test_a_change_holds_for_what_was_seen_and_answers_with_the_tag_of_what_it_became(house: House) -> None:
    values = await furnished(house)
    for method, template, body in CHANGES:
        path, shown = template.format(**values), shown_at(method, template).format(**values)
        seen = await get(house, shown)
        assert seen.status_code == 200, f"{shown}: {seen.text}"
        tag = seen.headers["ETag"]

        outdated = await send(house, method, path, body, **{"If-Match": '"something-else"'})
        assert outdated.status_code == 412, f"{method} {path}: {outdated.text}"
        assert outdated.headers["ETag"] == tag
        assert outdated.json()["current"] == seen.json()
        assert outdated.json()["code"] == "precondition_failed"
        assert (await get(house, shown)).headers["ETag"] == tag, "nothing was done"

        malformed = await send(house, method, path, body, **{"If-Match": "something"})
        assert (malformed.status_code, malformed.json()["code"]) == (400, "entity_tag_malformed")

        changed = await send(house, method, path, body, **{"If-Match": f'"other", {tag}'})
        assert changed.is_success, f"{method} {path}: {changed.text}"
        if method != "DELETE" and "promote" not in path:
            after = await get(house, shown)
            assert changed.headers["ETag"] == after.headers["ETag"] != tag, f"{method} {path}"


async def test_a_star_is_any_tag_and_a_tag_seen_in_french_counts_in_english(house: House) -> None:
    values = await furnished(house)
    path = f"/learners/{values['learner_id']}"
    french = await get(house, path, **{"Accept-Language": "fr"})
    english = await get(house, path, **{"Accept-Language": "en"})
    assert french.headers["ETag"] != english.headers["ETag"]
    assert "Accept-Language" in english.headers["Vary"]

    for tag in ("*", french.headers["ETag"]):
        changed = await send(house, "PATCH", path, {"suspended": False}, **{"If-Match": tag, "Accept-Language": "en"})
        assert changed.status_code == 200, tag
    weak = await send(house, "PATCH", path, {"suspended": True}, **{"If-Match": f"W/{english.headers['ETag']}"})
    assert weak.status_code == 412


async def test_what_is_not_there_is_404_whatever_the_precondition(house: House) -> None:
    path = "/learners/0198c7a2-5d3e-7000-8000-000000000001"
    assert (await send(house, "PATCH", path, {"suspended": True}, **{"If-Match": "*"})).status_code == 404


async def test_of_two_who_saw_the_same_one_changes_it(house: House) -> None:
    learner = await house.site.learner("amara")
    path = f"/learners/{learner['id']}"
    for number in range(10):
        tag = (await get(house, path)).headers["ETag"]
        answers = await asyncio.gather(
            *(send(house, "PATCH", path, {"full_name": f"{number}-{who}"}, **{"If-Match": tag}) for who in range(4))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
        (kept,) = [answer.json()["full_name"] for answer in answers if answer.status_code == 200]
        assert {answer.json()["current"]["full_name"] for answer in answers if answer.status_code == 412} == {kept}


async def test_what_has_not_changed_is_not_sent_again(house: House) -> None:
    values = await furnished(house)
    path = f"/courses/{values['course_id']}"
    first = await get(house, path)
    for condition in (first.headers["ETag"], f"W/{first.headers['ETag']}", "*", f'"x", {first.headers["ETag"]}'):
        again = await get(house, path, **{"If-None-Match": condition})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert "content-type" not in again.headers
    assert (await get(house, path, **{"If-None-Match": '"x"'})).status_code == 200
    assert (await get(house, path, **{"If-None-Match": "x"})).status_code == 400


async def test_what_is_made_says_where_it_is_shown(house: House) -> None:
    course = {"full_name": "W", "shortname": "W"}
    made = await send(house, "POST", "/courses", course, **{"Idempotency-Key": "k"})
    shown = await house.site.api.get(made.headers["Location"])
    assert shown.json() == made.json()
    assert shown.headers["ETag"] == made.headers["ETag"]
    again = await send(house, "POST", "/courses", course, **{"Idempotency-Key": "k"})
    assert again.headers["Idempotency-Replayed"] == "true"
    kept = ("Location", "ETag", "Content-Type")
    assert [again.headers[name] for name in kept] == [made.headers[name] for name in kept]
    assert (again.status_code, again.content) == (made.status_code, made.content)
    linked = await send(house, "POST", f"/courses/{made.json()['id']}/recipients", {"recipient": "cmars"})
    assert linked.headers["Location"] == f"/api/v1/courses/{made.json()['id']}/recipients/cmars"


async def test_of_two_keys_of_one_request_none_is_guessed(house: House) -> None:
    async def sent(*keys: str) -> httpx.Response:
        headers = [("Idempotency-Key", key) for key in keys]
        return await house.site.api.post("/api/v1/courses", json={"full_name": "W"}, headers=headers)

    assert (await sent("a", "a")).status_code == 201
    refused = await sent("a", "b")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/headers/Idempotency-Key")


@pytest.mark.parametrize(
    ("declared", "status"),
    [
        ({"Content-Type": "application/json"}, 201),
        ({"Content-Type": 'Application/JSON; a=b; Charset="UTF-8"'}, 201),
        ({"Content-Type": "application/json;charset=utf8", "Content-Encoding": "identity"}, 201),
        ({"Content-Type": "application/json; charset=iso-8859-1"}, 415),
        ({"Content-Type": "application/json; charset=utf-16"}, 415),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, 415),
        ({"Content-Type": "text/plain"}, 415),
        ({}, 415),
    ],
)
async def test_a_body_is_json_in_utf_8_as_it_is(house: House, declared: dict[str, str], status: int) -> None:
    answer = await house.site.api.post("/api/v1/courses", content=b'{"full_name": "W"}', headers=declared)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("identity", "place"),
    [
        ({"kind": "mbox_sha1sum", "value": "amara"}, "/value"),
        ({"kind": "mbox", "value": "amara"}, "/value"),
        ({"kind": "openid", "value": "amara"}, "/value"),
        ({"kind": "account", "home_page": "the LMS", "value": "1"}, "/home_page"),
        ({"kind": "account", "value": "1"}, "/home_page"),
        ({"kind": "mbox", "home_page": "http://a.example", "value": "a@example.org"}, "/home_page"),
    ],
)
async def test_an_identity_no_statement_could_hold_is_refused(
    house: House, identity: dict[str, str], place: str
) -> None:
    values = await furnished(house)
    refused = await send(house, "POST", f"/learners/{values['learner_id']}/identities", identity)
    assert (refused.status_code, [fault["pointer"] for fault in refused.json()["errors"]]) == (422, [place])


async def test_who_copies_learners_gets_those_anew_whose_oci_ids_changed(house: House) -> None:
    await house.site.learner("luc", "CA-ON-CPSO-9")
    amara = await house.site.learner("amara")
    for number, change in enumerate(
        (
            ("PUT", f"/learners/{amara['id']}/oci-ids", {"oci_ids": ["CA-ON-CPSO-1", "CA-ON-CPSO-2"]}),
            ("PUT", "/learners/by/username/amara/oci-id", {"oci_id": "CA-ON-CPSO-3"}),
            ("POST", "/oci-ids/batch", {"oci_ids": [{"username": "amara", "oci_id": "CA-ON-CPSO-4"}]}),
            ("PUT", f"/learners/{amara['id']}/oci-ids", {"oci_ids": []}),
        )
    ):
        house.advance(minutes=1)
        since = house.clock.now().isoformat()
        await house.site.send(*change)
        copied = (await house.site.get("/learners", **{"updated_at[gte]": since}))["data"]
        assert [one["username"] for one in copied] == ["amara"], number


async def test_an_object_of_very_many_fields_is_refused_without_a_word_on_each(house: House) -> None:
    many = {str(number): 1 for number in range(300)}
    refused = await send(house, "POST", "/learners", many)
    assert (refused.status_code, [one["code"] for one in refused.json()["errors"]]) == (422, ["too_many_fields"])
    batch = {"learners": [{"username": "amara"}, many]}
    answer = await house.site.send("POST", "/learners/batch", batch, status=200)
    assert [one["outcome"] for one in answer["data"]] == ["created", "failed"]
    assert answer["data"][1]["problem"]["errors"][0]["pointer"] == "/learners/1"


async def test_what_is_wrong_is_pointed_at_where_it_was_sent(house: House) -> None:
    values = await furnished(house)
    lms = {"home_page": "https://lms.test", "user_id": "7"}
    other = await house.site.learner("luc", lms=lms)
    ids = {"oci_ids": ["CA-ON-CPSO-9", "CA-ON-CPSO-12345"]}
    for method, path, body, pointer in (
        ("PUT", f"/learners/{other['id']}/oci-ids", ids, "/oci_ids/1"),
        ("POST", "/learners", {"username": "x", "lms": lms}, "/lms/user_id"),
        ("PATCH", f"/learners/{values['learner_id']}", {"lms": lms}, "/lms/user_id"),
    ):
        refused = await send(house, method, path, body)
        assert (refused.status_code, [one["pointer"] for one in refused.json()["errors"]]) == (409, [pointer])
    nobody = await house.site.send("POST", "/learners", {"lms": {**lms, "user_id": "8"}})
    lost = await send(house, "PATCH", f"/learners/{nobody['id']}", {"lms": None})
    assert (lost.status_code, [one["pointer"] for one in lost.json()["errors"]]) == (422, ["/lms"])


async def test_a_day_out_of_reach_is_refused_as_people_write_days(house: House) -> None:
    values = await furnished(house)
    path = f"/courses/{values['course_id']}/learning-record-report?completed_on[gte]=0001-01-01"
    refused = await get(house, path)
    assert refused.status_code == 400
    assert "1900-01-01" in refused.json()["detail"]
    assert "datetime" not in refused.text


async def test_a_replay_is_answered_although_what_it_saw_has_changed_since(house: House) -> None:
    values = await furnished(house)
    path = f"/learning-records/{values['record_id']}"
    headers = {"If-Match": (await get(house, path)).headers["ETag"], "Idempotency-Key": "k"}
    first = await send(house, "POST", f"{path}/void", {"reason": "A test"}, **headers)
    again = await send(house, "POST", f"{path}/void", {"reason": "A test"}, **headers)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content


async def test_a_secret_is_shown_once_and_lies_nowhere_in_the_clear(house: House) -> None:
    wanted = {"kind": "api", "name": "Copy", "scopes": ["learners:read"]}
    issued = await send(house, "POST", "/credentials", wanted, **{"Idempotency-Key": "k"})
    again = await send(house, "POST", "/credentials", wanted, **{"Idempotency-Key": "k"})
    key = issued.json()["api_key"]
    assert again.content == issued.content
    headers = {"Authorization": f"Bearer {key}"}
    assert (await house.http.get("/api/v1/learners", headers=headers)).status_code == 200
    assert (await house.http.get("/api/v1/site", headers=headers)).json()["scopes"] == ["learners:read"]
    assert (await house.http.get("/api/v1/courses", headers=headers)).status_code == 403

    kept = await house.exchange.database.read(lambda session: session.exec(select(IdempotencyKey.body)).all())
    assert kept
    assert not any(key.encode() in body or b"api_key" in body for body in kept)
    shown = await house.site.api.get(issued.headers["Location"])
    assert key not in shown.text
    assert key.split("_")[2] not in (await get(house, "/credentials?limit=200")).text

    revoked = await send(house, "POST", f"/credentials/{issued.json()['id']}/revoke", None)
    assert revoked.json()["revoked_at"] is not None
    assert (await house.http.get("/api/v1/learners", headers=headers)).status_code == 401


async def test_nobody_gives_what_they_do_not_have(house: House) -> None:
    scopes = ["credentials:write", "learners:read"]
    mine = await send(house, "POST", "/credentials", {"kind": "api", "name": "Issuer", "scopes": scopes})
    headers = {"Authorization": f"Bearer {mine.json()['api_key']}"}
    for wanted, status in (
        ({"kind": "api", "name": "x", "scopes": ["learners:read"]}, 201),
        ({"kind": "api", "name": "x", "scopes": ["learners:read", "records:void"]}, 403),
        ({"kind": "lms", "name": "x"}, 403),
        ({"kind": "recipient", "name": "x", "recipient": "cmars"}, 403),
        ({"kind": "api", "name": "x", "scopes": ["learners:dance"]}, 422),
        ({"kind": "api", "name": "x", "scopes": ["public"]}, 422),
        ({"kind": "api", "name": "x"}, 422),
        ({"kind": "recipient", "name": "x"}, 422),
    ):
        answer = await house.http.post("/api/v1/credentials", json=wanted, headers=headers)
        assert answer.status_code == status, f"{wanted}: {answer.text}"


async def test_an_lms_and_a_recipient_are_let_in_with_what_was_issued(house: House) -> None:
    lms = await house.site.send("POST", "/credentials", {"kind": "lms", "name": "Moodle", "mode": "strict"})
    version = {"X-Experience-API-Version": "1.0.3"}
    pair = (lms["username"], lms["password"])
    answer = await house.http.post("/xapi/statements", json=[], auth=pair, headers=version)
    assert answer.status_code not in (401, 403)
    wanted = {"kind": "recipient", "name": "CMaRS", "recipient": "cmars"}
    cmars = await house.site.send("POST", "/credentials", wanted)
    asked = "/recipients/cmars/v1/learning-records?oci_id=CPSO%201"
    answer = await house.http.get(asked, auth=(cmars["username"], cmars["password"]))
    assert answer.status_code == 404
    unknown = {**wanted, "recipient": "nobody"}
    await house.site.send("POST", "/credentials", unknown, status=404)


@pytest.mark.parametrize("name", ODD_NAMES)
async def test_a_learner_is_found_by_any_user_name(house: House, name: str) -> None:
    made = await house.site.learner(name)
    path = f"/learners/by/username/{quote(name, safe='')}"
    assert (await get(house, path)).json()["id"] == made["id"]
    given = await send(house, "PUT", f"{path}/oci-id", {"oci_id": "cpso 12345"})
    assert given.status_code == 200, given.text
    assert given.json()["oci_id"] == "CA-ON-CPSO-12345"
    assert (await get(house, f"{path}/oci-id")).json()["learner_id"] == made["id"]
    assert (await get(house, "/learners/by/oci-id/cpso%2012345")).json()["id"] == made["id"]


@pytest.mark.parametrize("name", ODD_NAMES)
async def test_a_course_is_found_by_any_short_name_and_address(house: House, name: str) -> None:
    iri = f"https://lms.example.org/{quote(name)}?id=1&x=%20#top"
    made = await house.site.course(name, to_cmars=False, iri=iri)
    activity = await house.site.send(
        "POST", f"/courses/{made['id']}/activities", {"full_name": "One", "iri": f"{iri}1"}
    )
    assert (await get(house, f"/courses/by/shortname/{quote(name, safe='')}")).json()["id"] == made["id"]
    http = quote(iri.replace("https:", "http:"), safe="")
    assert (await get(house, f"/courses/by/iri/{http}")).json()["id"] == made["id"]
    assert (await get(house, f"/activities/by/iri/{http}1")).json()["id"] == activity["id"]


async def test_by_a_name_nobody_is_made_and_errors_are_those_of_the_id(house: House) -> None:
    for path, code in (
        ("/learners/by/username/nobody", "learner_unknown"),
        ("/learners/by/username/nobody/oci-id", "learner_unknown"),
        ("/learners/by/oci-id/CPSO%201", "learner_unknown"),
        ("/learners/by/oci-id/12", "oci_id_invalid"),
        ("/courses/by/shortname/none", "course_unknown"),
        ("/courses/by/iri/none", "course_unknown"),
        ("/activities/by/iri/none", "activity_unknown"),
        ("/learners/by/username/%FF", "learner_unknown"),
        ("/learners/by/username/%00", "path_unknown"),
        ("/learners/by/username/", "path_unknown"),
    ):
        assert (await get(house, path)).json()["code"] == code, path
    put = await send(house, "PUT", "/learners/by/username/nobody/oci-id", {"oci_id": "CPSO 1"})
    assert (put.status_code, put.json()["code"]) == (404, "learner_unknown")
    assert (await house.site.get("/learners"))["data"] == []


async def test_the_primary_oci_id_is_put_in_place_of_the_one_before_and_others_stay(house: House) -> None:
    made = await house.site.learner("amara")
    await house.site.send("PUT", f"/learners/{made['id']}/oci-ids", {"oci_ids": ["CPSO 1", "CMO 2"]})
    path = "/learners/by/username/AMARA/oci-id"
    for _ in range(2):
        await house.site.send("PUT", path, {"oci_id": "CPSO 11"})
        held = await house.site.get(f"/learners/{made['id']}/oci-ids")
        assert [one["oci_id"] for one in held["oci_ids"]] == ["CA-ON-CPSO-11", "CA-ON-CMO-2"]
    changes = (await house.site.get(f"/learners/{made['id']}/history", field="oci_id"))["data"]
    assert [(one["old"], one["new"]) for one in changes] == [
        ("CA-ON-CPSO-1", "CA-ON-CPSO-11"),
        (None, "CA-ON-CMO-2"),
        (None, "CA-ON-CPSO-1"),
    ]


async def test_two_who_hold_one_oci_id_are_told_and_nobody_is_picked(house: House) -> None:
    await house.site.send("PATCH", "/profile-fields/ociid", {"is_unique": False})
    await house.site.learner("amara", "CPSO 1")
    await house.site.learner("jo", "CPSO 1")
    answer = await get(house, "/learners/by/oci-id/CPSO%201")
    assert (answer.status_code, answer.json()["code"]) == (409, "several_learners")


@ON_POSTGRESQL
async def test_whoever_asks_from_the_time_a_list_is_consistent_through_misses_nothing(house: House) -> None:
    held = asyncio.Event()
    made: dict[str, Any] = {}
    met: set[str] = set()
    since = "2026-11-01T00:00:00Z"

    def slow(session: Session) -> None:
        caller = made["caller"]
        act = house.exchange.act_in(session, caller, "slow")
        learners.create(session, act, {"username": "slow"})
        session.flush()
        held.set()
        session.connection().execute(sa.text("SELECT pg_advisory_xact_lock(4711)"))  # until the gate opens

    async def poll() -> None:
        nonlocal since
        answer = await house.site.api.get("/api/v1/learners", params={"updated_at[gte]": since, "sort": "updated_at"})
        assert answer.status_code == 200, answer.text
        met.update(row["username"] for row in answer.json()["data"])
        since = answer.headers[CONSISTENT_THROUGH]

    made["caller"] = await authenticate(house.exchange.database, Headers(dict(house.site.api.headers)))
    await house.site.learner("first")
    url = make_url(house.exchange.settings.effective_database_url).set(drivername="postgresql")
    gate = await asyncpg.connect(url.render_as_string(hide_password=False))
    await gate.execute("SELECT pg_advisory_lock(4711)")
    async with anyio.create_task_group() as group:
        group.start_soon(house.exchange.database.write, slow)
        await held.wait()
        house.advance(minutes=5)
        await house.site.learner("second")
        house.advance(minutes=5)
        await poll()
        assert met == {"first", "second"}
        await poll()
        await gate.close()
    house.advance(minutes=5)
    await poll()
    assert met == {"first", "second", "slow"}
    await poll()
    before = len(met)
    await house.site.learner("third")
    await poll()
    assert len(met) == before + 1


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/learners", "updated_at"),
        ("/courses", "updated_at"),
        ("/learning-records", "stored_at"),
        ("/voidings", "voided_at"),
        ("/deliveries", "changed_at"),
        ("/inquiries", "asked_at"),
        ("/audit", "written_at"),
    ],
)
async def test_a_list_that_others_copy_says_how_far_it_may_be_trusted(house: House, path: str, field: str) -> None:
    await furnished(house)
    await house.site.ask("CPSO 12345")
    answer = await get(house, f"{path}?sort={field}&limit=200")
    through = answer.headers[CONSISTENT_THROUGH]
    assert through.endswith("Z")
    house.advance(hours=1)
    values = await house.site.get(path, **{"sort": field, f"{field}[gte]": through})
    assert {row["id" if "id" in row else "seq"] for row in values["data"]} <= {
        row["id" if "id" in row else "seq"] for row in answer.json()["data"]
    }
    later = (await get(house, path)).headers[CONSISTENT_THROUGH]
    assert later > through


async def test_a_credential_over_its_rate_is_told_when_to_come_again(house: House) -> None:
    slow = replace(house.exchange, settings=house.exchange.settings.model_copy(update={"api_rate_limit": "3/day"}))
    transport = httpx.ASGITransport(app=create_app(slow))
    headers = {"Authorization": house.site.api.headers["Authorization"]}
    async with httpx.AsyncClient(transport=transport, base_url="http://lrx.test", headers=headers) as api:
        answers = [await api.get("/api/v1/learners?limit=1"), await api.get("/api/v1/learners?wrong=1")]
        answers += [await api.post("/api/v1/learners", json={"username": "amara"}), await api.get("/api/v1/learners")]
    assert [answer.status_code for answer in answers] == [200, 400, 201, 429]
    assert [answer.headers["RateLimit"].split(";")[1] for answer in answers] == ["r=2", "r=1", "r=0", "r=0"]
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"credential";q=3;w=86400'}
    assert answers[-1].json()["code"] == "rate_exceeded"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 86400


async def test_a_request_id_is_in_the_answer_the_problem_the_log_and_the_audit_log(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    made = await send(house, "POST", "/learners", {"username": "amara"}, **{"X-Request-Id": "mine-1"})
    assert made.headers["X-Request-Id"] == "mine-1"
    refused = await send(house, "POST", "/learners", {"username": "amara"}, **{"X-Request-Id": "mine-2"})
    assert refused.json()["request_id"] == refused.headers["X-Request-Id"] == "mine-2"
    logged = capsys.readouterr().out.splitlines()
    for request_id, status in (("mine-1", 201), ("mine-2", 409)):
        (line,) = [line for line in logged if request_id in line]
        assert str(status) in line
    entries = (await house.site.get("/audit", request_id="mine-1"))["data"]
    assert [(one["action"], one["subject_id"]) for one in entries] == [("create", made.json()["id"])]
    assert (await house.site.get(f"/audit/{entries[0]['seq']}")) == entries[0]
    stored = await house.exchange.database.read(
        lambda session: session.exec(select(AuditEntry).where(AuditEntry.request_id == "mine-2")).all()
    )
    assert stored == []
