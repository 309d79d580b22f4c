"""Bulk work over the REST API: few items are answered at once, many become a job that tells of each item."""

from typing import Any

import pytest

from lrx import credentials
from lrx.batches import KINDS
from lrx.job_runner import Runner
from lrx.models import CredentialKind
from tests.house import House

pytestmark = pytest.mark.anyio

DONE_AT = "2026-11-18T09:12:00-05:00"
ASYNC = {"Prefer": "respond-async"}


def claim(username: str = "amara", shortname: str = "W", at: str = DONE_AT, **fields: Any) -> dict[str, Any]:
    return {"learner": {"username": username}, "course": {"shortname": shortname}, "completed_at": at, **fields}


async def work(house: House) -> None:
    runner = Runner(house.exchange, KINDS)
    while await runner.run_once():
        pass


async def key_with(house: House, *scopes: str) -> dict[str, str]:
    issued = await house.exchange.database.write(
        lambda session: credentials.issue(
            session, house.act(session), house.exchange.random, CredentialKind.API, name="limited", scopes=scopes
        )
    )
    return {"Authorization": f"Bearer {issued.key}"}


@pytest.fixture
async def ward(house: House) -> House:
    """A house with a course W and the learner amara."""
    await house.site.learner("amara", "CA-ON-CPSO-12345")
    await house.site.course("W")
    return house


async def test_completions_are_recorded_and_each_bad_one_says_why(ward: House) -> None:
    sent = [
        claim(external_id="one"),
        claim("nobody"),
        claim(external_id="one"),
        claim(at="2026-11-19T09:12:00-05:00"),
        {"learner": {"username": "amara"}, "course": {"shortname": "W", "iri": "https://x.test/1"}},
        claim(at="2027-01-01T00:00:00Z"),
    ]
    answer = await ward.site.send("POST", "/learning-records/batch", {"learning_records": sent}, status=200)
    assert answer["object"] == "batch"
    assert [one["outcome"] for one in answer["data"]] == ["recorded", "failed", "known", "amended", "failed", "failed"]
    assert [one["place"] for one in answer["data"]] == list(range(6))
    assert answer["counts"] == {"recorded": 1, "known": 1, "amended": 1, "failed": 3}
    recorded, unknown, known, amended, misread, future = answer["data"]
    assert recorded["id"] == known["id"] == amended["id"]
    assert amended["detail"].keys() == {"amendment_id"}
    assert [fault["pointer"] for fault in unknown["problem"]["errors"]] == ["/learning_records/1/learner"]
    assert (unknown["problem"]["code"], unknown["problem"]["turn"]) == ("learner_unknown", "caller")
    assert {fault["pointer"] for fault in misread["problem"]["errors"]} == {
        "/learning_records/4/course",
        "/learning_records/4/completed_at",
    }
    assert future["problem"]["code"] == "completed_in_future"
    kept = await ward.site.get(f"/learning-records/{recorded['id']}")
    assert kept["external_id"] == "one"
    assert [one["status"] for one in kept["deliveries"]] == ["offered"]


async def test_learners_are_created_or_changed_by_user_name(ward: House) -> None:
    sent = [
        {"username": "jroy", "given_name": "Julie", "reason": "Hired"},
        {"username": "AMARA", "family_name": "Okafor", "lms": {"home_page": "https://lms.test", "user_id": "7"}},
        {"username": "jroy", "given_name": "Julie"},
        {"username": "sam", "lms": {"home_page": "http://lms.test", "user_id": "7"}},
        {"given_name": "Nobody"},
        {"username": "kim", "email": "nowhere"},
    ]
    answer = await ward.site.send("POST", "/learners/batch", {"learners": sent}, status=200)
    outcomes = [one["outcome"] for one in answer["data"]]
    assert outcomes == ["created", "changed", "unchanged", "failed", "failed", "failed"]
    assert answer["data"][3]["problem"]["code"] == "learner_taken"
    assert answer["data"][3]["problem"]["errors"][0]["pointer"].startswith("/learners/3/")
    assert answer["data"][4]["problem"]["errors"][0]["pointer"] == "/learners/4/username"
    assert answer["data"][5]["problem"]["errors"][0]["pointer"] == "/learners/5/email"
    (amara,) = (await ward.site.get("/learners", username="amara"))["data"]
    assert (amara["given_name"], amara["family_name"], amara["lms"]["user_id"]) == ("Amara", "Okafor", "7")
    assert amara["id"] == answer["data"][1]["id"]


async def test_statements_parked_for_somebody_created_in_a_batch_count(house: House) -> None:
    home_page = "https://lms.test"
    statement = {
        "actor": {"account": {"homePage": home_page, "name": "7"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {
            "id": f"{home_page}/course/view.php?id=2",
            "definition": {"type": "https://w3id.org/xapi/lms/activity-types/course"},
        },
        "timestamp": "2026-11-20T09:00:00Z",
    }
    await house.site.course("W", iri=f"{home_page}/course/view.php?id=2")
    assert (await house.site.statements([statement], strict=True)).status_code == 200
    await house.project()
    assert (await house.site.get("/learning-records"))["data"] == []
    person = {"username": "amara", "lms": {"home_page": home_page, "user_id": "7"}}
    await house.site.send("POST", "/learners/batch", {"learners": [person]}, status=200)
    assert len((await house.site.get("/learning-records"))["data"]) == 1


async def test_primary_oci_ids_are_set_and_held_deliveries_released(ward: House) -> None:
    await ward.site.learner("jroy")
    recorded = await ward.site.complete("jroy", "W", DONE_AT)
    sent = [
        {"username": "jroy", "oci_id": "cpso 777"},
        {"username": "amara", "oci_id": "CA-ON-CPSO-12345"},
        {"username": "amara", "oci_id": "CA-ON-CPSO-777"},
        {"username": "nobody", "oci_id": "CA-ON-CPSO-1"},
        {"username": "amara", "oci_id": "nonsense"},
        {"username": "amara", "oci_id": "CA-ON-CPSO-54321"},
    ]
    answer = await ward.site.send("POST", "/oci-ids/batch", {"oci_ids": sent}, status=200)
    outcomes = [one["outcome"] for one in answer["data"]]
    assert outcomes == ["given", "unchanged", "failed", "failed", "failed", "given"]
    assert answer["data"][0]["detail"] == {"oci_id": "CA-ON-CPSO-777"}
    problems = [answer["data"][place]["problem"] for place in (2, 3, 4)]
    assert [one["code"] for one in problems] == ["oci_id_taken", "learner_unknown", "oci_id_invalid"]
    pointers = [one["errors"][0]["pointer"] for one in problems]
    assert pointers == ["/oci_ids/2/oci_id", "/oci_ids/3/username", "/oci_ids/4/oci_id"]
    (amara,) = (await ward.site.get("/learners", username="amara"))["data"]
    held = [(one["oci_id"], one["is_primary"]) for one in amara["oci_ids"]]
    assert held == [("CA-ON-CPSO-54321", True), ("CA-ON-CPSO-12345", False)]
    kept = await ward.site.get(f"/learning-records/{recorded['learning_record_id']}")
    assert [one["status"] for one in kept["deliveries"]] == ["offered"]


async def test_more_than_two_hundred_become_a_job(ward: House) -> None:
    people = [{"username": f"person-{number}"} for number in range(201)]
    answer = await ward.site.api.post("/api/v1/learners/batch", json={"learners": people})
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["Location"] == job["url"] == f"/api/v1/jobs/{job['id']}"
    assert (job["object"], job["kind"], job["status"], job["total"], job["done"]) == (
        "job",
        "learners",
        "queued",
        201,
        0,
    )
    assert (await ward.site.api.get(answer.headers["Location"])).json() == job
    assert (await ward.site.send("POST", "/learners/batch", {"learners": people[:200]}))["object"] == "batch"

    await work(ward)
    done = await ward.site.get(f"/jobs/{job['id']}")
    assert (done["status"], done["percent"], done["cancel_url"]) == ("done", 100, None)
    assert done["counts"] == {"created": 1, "unchanged": 200}
    assert done["summary"] == "Done: of 201 items 0 failed."


async def test_a_caller_may_prefer_a_job_for_few_items(ward: House) -> None:
    answer = await ward.site.api.post(
        "/api/v1/learning-records/batch", json={"learning_records": [claim()]}, headers=ASYNC
    )
    assert answer.status_code == 202
    assert answer.headers["Preference-Applied"] == "respond-async"
    assert answer.json()["total"] == 1


async def test_completions_of_a_job_are_recorded_as_of_the_request(ward: House) -> None:
    asked = ward.clock.now()
    await ward.site.send("POST", "/learning-records/batch", {"learning_records": [claim()]}, status=202, **ASYNC)
    ward.advance(minutes=7)
    await work(ward)
    (record,) = (await ward.site.get("/learning-records"))["data"]
    assert record["recorded_at"] == asked.isoformat().replace("+00:00", "Z")


async def test_the_items_of_a_job_are_listed_page_by_page(ward: House) -> None:
    sent = [claim("nobody" if place % 5 == 0 else "amara", external_id=str(place)) for place in range(20)]
    job = await ward.site.send("POST", "/learning-records/batch", {"learning_records": sent}, status=202, **ASYNC)
    waiting = await ward.site.get(f"/jobs/{job['id']}/items", outcome="not_done")
    assert {one["outcome"] for one in waiting["data"]} == {"not_done"}
    await work(ward)
    first = await ward.site.get(f"/jobs/{job['id']}/items", limit=15)
    rest = await ward.site.get(f"/jobs/{job['id']}/items", limit=15, cursor=first["next_cursor"])
    assert [one["place"] for one in first["data"] + rest["data"]] == list(range(20))
    answer = await ward.site.api.get((await ward.site.get(f"/jobs/{job['id']}"))["failures_url"])
    failed = answer.json()["data"]
    assert [one["place"] for one in failed] == [0, 5, 10, 15]
    assert failed[1]["problem"]["errors"][0]["pointer"] == "/learning_records/5/learner"
    assert failed[1]["id"] is None


async def test_a_batch_and_a_job_come_to_the_same(ward: House) -> None:
    sent = [claim(external_id="a"), claim("nobody"), claim(at="2026-11-19T10:00:00Z"), {"course": 7}]
    at_once = await ward.site.send("POST", "/learning-records/batch", {"learning_records": sent}, status=200)
    other = await ward.add_site("other")
    await other.learner("amara")
    await other.course("W")
    job = await other.send("POST", "/learning-records/batch", {"learning_records": sent}, status=202, **ASYNC)
    await work(ward)
    later = await other.get(f"/jobs/{job['id']}/items")
    assert [(one["outcome"], one["problem"]) for one in later["data"]] == [
        (one["outcome"], one["problem"]) for one in at_once["data"]
    ]


async def test_a_key_sent_again_gets_the_same_answer_or_the_same_job(ward: House) -> None:
    body = {"learning_records": [claim(external_id="a")]}
    key = {"Idempotency-Key": "batch-1"}
    answers = [await ward.site.api.post("/api/v1/learning-records/batch", json=body, headers=key) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["data"][0]["outcome"] == "recorded"
    key = {"Idempotency-Key": "batch-2", **ASYNC}
    jobs = [await ward.site.api.post("/api/v1/learning-records/batch", json=body, headers=key) for _ in range(2)]
    assert jobs[0].json() == jobs[1].json()
    assert [one.status_code for one in jobs] == [202, 202]
    assert jobs[0].headers["Location"] == jobs[1].headers["Location"]
    assert len((await ward.site.get("/jobs"))["data"]) == 1


async def test_a_job_is_cancelled_and_says_what_stays_done(ward: House) -> None:
    people = [{"username": f"person-{number}"} for number in range(201)]
    job = await ward.site.send("POST", "/learners/batch", {"learners": people}, status=202)
    await Runner(ward.exchange, KINDS).run_once()
    cancelled = (await ward.site.api.post(job["cancel_url"])).json()
    assert (cancelled["status"], cancelled["done"]) == ("cancelled", 25)
    assert cancelled["summary"] == "Cancelled: 25 of 201 items were done before and stay done, the others were left."
    assert (await ward.site.api.post(job["cancel_url"])).json() == cancelled
    await work(ward)
    assert (await ward.site.get(f"/jobs/{job['id']}"))["done"] == 25

    ended = await ward.site.send("POST", "/learners/batch", {"learners": people[:1]}, status=202, **ASYNC)
    await work(ward)
    refused = await ward.site.api.post(ended["cancel_url"])
    assert (refused.status_code, refused.json()["code"]) == (409, "job_ended")


async def test_jobs_are_listed_newest_first_and_filtered(ward: House) -> None:
    person = {"learners": [{"username": "jroy"}]}
    first = await ward.site.send("POST", "/learners/batch", person, status=202, **ASYNC)
    await work(ward)
    second = await ward.site.send(
        "POST", "/oci-ids/batch", {"oci_ids": [{"username": "jroy", "oci_id": "CPSO 1"}]}, status=202, **ASYNC
    )

    async def listed(**params: str) -> list[str]:
        return [one["id"] for one in (await ward.site.get("/jobs", **params))["data"]]

    assert await listed() == [second["id"], first["id"]]
    assert await listed(status="done") == [first["id"]]
    assert await listed(kind="oci_ids") == [second["id"]]


async def test_a_site_sees_its_own_jobs_alone(ward: House) -> None:
    job = await ward.site.send("POST", "/learners/batch", {"learners": [{"username": "j"}]}, status=202, **ASYNC)
    other = await ward.add_site("other")
    assert (await other.get("/jobs"))["data"] == []
    for path in (f"/jobs/{job['id']}", f"/jobs/{job['id']}/items"):
        assert (await other.api.get(f"/api/v1{path}")).status_code == 404
    assert (await other.api.post(f"/api/v1/jobs/{job['id']}/cancel")).status_code == 404


async def test_who_may_only_look_cancels_nothing_and_who_may_not_write_asks_for_nothing(ward: House) -> None:
    body = {"learners": [{"username": "j"}]}
    job = await ward.site.send("POST", "/learners/batch", body, status=202, **ASYNC)
    looker = await key_with(ward, "jobs:read", "records:write")
    assert (await ward.http.get(job["url"], headers=looker)).status_code == 200
    refused = await ward.http.post(job["cancel_url"], headers=looker)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (await ward.http.post("/api/v1/learners/batch", json=body, headers=looker)).status_code == 403
    assert (await ward.http.get(job["url"], headers=await key_with(ward, "learners:write"))).status_code == 403


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"learners": []}, "too_short"),
        ({"learners": [{"username": "a"}] * 10_001}, "too_long"),
        ({"people": []}, "required"),
        ({"learners": {}}, "not_list"),
    ],
    ids=["none", "too many", "another name", "no list"],
)
async def test_a_batch_that_cannot_be_read_is_refused_whole(ward: House, body: Any, code: str) -> None:
    refused = await ward.site.api.post("/api/v1/learners/batch", json=body)
    assert refused.status_code == 422
    assert code in {fault["code"] for fault in refused.json()["errors"]}


async def test_two_hundred_and_one_completions_leave_one_audit_row_each_and_one_for_the_job(ward: House) -> None:
    await ward.site.course("E", repeats="every_completion")
    sent = [claim(shortname="E", at=f"2026-11-18T09:{n // 60:02}:{n % 60:02}Z") for n in range(201)]
    answer = await ward.site.api.post(
        "/api/v1/learning-records/batch", json={"learning_records": sent}, headers={"X-Request-Id": "the-batch"}
    )
    assert answer.json()["request_id"] == "the-batch"
    await work(ward)
    entries = []
    params: dict[str, Any] = {"limit": 200}
    while True:
        page = await ward.site.get("/audit", **params)
        entries += [(one["action"], one["subject_kind"]) for one in page["data"] if one["request_id"] == "the-batch"]
        if not page["has_more"]:
            break
        params["cursor"] = page["next_cursor"]
    assert entries.count(("record", "learning_record")) == 201
    assert entries.count(("ask", "job")) == 1
    assert len(entries) == 202


@pytest.mark.parametrize(
    "bad",
    [b"[" * 100_000 + b"]" * 100_000, b'"\xe9t\xe9"', b'"a\x01b"', b"NaN", b"tru"],
    ids=["deep", "latin-1", "control", "nan", "no word"],
)
async def test_an_item_that_cannot_be_read_takes_no_other_with_it(house: House, bad: bytes) -> None:
    body = b'{"learners": [{"username": ' + bad + b'}, {"username": "good"}]}'
    headers = {"Content-Type": "application/json"}
    answer = await house.site.api.post("/api/v1/learners/batch", content=body, headers=headers)
    assert [one["outcome"] for one in answer.json()["data"]] == ["failed", "created"]
    body = b'[{"learner": {"username": ' + bad + b'}}, {"learner": {"username": "good"}, "course": {"shortname": "W"}, '
    body += b'"completed_at": "2026-10-01T10:00:00Z"}]'
    await house.site.course("W")
    answer = await house.site.api.post("/api/v1/learning-records", content=body, headers=headers)
    assert [one["result"] for one in answer.json()["data"]] == ["refused", "recorded"]


async def test_a_list_that_breaks_off_is_refused_as_a_whole(house: House) -> None:
    headers = {"Content-Type": "application/json"}
    for body in (b'{"learners": [{"username": "good"}, {"username": "b', b'{"learners": [{"username": "good"}'):
        answer = await house.site.api.post("/api/v1/learners/batch", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "json_malformed")
    assert (await house.site.get("/learners"))["data"] == []
