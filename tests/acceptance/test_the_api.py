"""The REST API as an integrator meets it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from lrx import credentials
from lrx.models import CredentialKind
from tests.house import House

pytestmark = pytest.mark.anyio

DONE = "2026-11-18T09:12:00-05:00"


async def audit(house: House) -> list[tuple[str, str]]:
    entries = (await house.site.get("/audit", limit=200))["data"]
    return [(entry["action"], entry["subject_kind"]) for entry in reversed(entries)]


async def key_with(house: House, *scopes: str) -> dict[str, str]:
    issued = await house.exchange.database.write(
        lambda session: credentials.issue(
            session, house.act(session), house.exchange.random, CredentialKind.API, name="limited", scopes=scopes
        )
    )
    return {"Authorization": f"Bearer {issued.key}"}


async def test_every_write_leaves_one_audit_row(house: House) -> None:
    written: list[tuple[str, str]] = []

    async def leaves(expected: tuple[str, str], method: str, path: str, body: Any) -> Any:
        before = len(await audit(house))
        answer = await house.site.send(method, path, body)
        written.extend(new := (await audit(house))[before:])
        assert new == [expected], f"{method} {path}"
        return answer

    learner = await leaves(("create", "learner"), "POST", "/learners", {"username": "amara"})
    course = await leaves(("create", "course"), "POST", "/courses", {"full_name": "WHMIS", "shortname": "W"})
    activities = f"/courses/{course['id']}/activities"
    activity = await leaves(("create", "activity"), "POST", activities, {"full_name": "Module"})
    links = f"/courses/{course['id']}/recipients"
    person = f"/learners/{learner['id']}"
    await leaves(("change", "learner"), "PATCH", person, {"email": "amara@example.org"})
    await leaves(("give_oci_id", "learner"), "PUT", f"{person}/oci-ids", {"oci_ids": ["CPSO 12345"]})
    identity = {"kind": "mbox", "value": "amara@example.org"}
    await leaves(("map_identity", "learner"), "POST", f"{person}/identities", identity)
    await leaves(("change", "course"), "PATCH", f"/courses/{course['id']}", {"full_name": "WHMIS 2026"})
    await leaves(("change", "activity"), "PATCH", f"/activities/{activity['id']}", {"mandatory": True})
    await leaves(("change", "profile_field"), "PATCH", "/profile-fields/ociid", {"name": "Number"})
    await leaves(("change", "recipient"), "PATCH", "/recipients/cmars", {"enabled": True})
    await leaves(("add", "course_recipient"), "POST", links, {"recipient": "cmars"})
    await leaves(("change", "course_recipient"), "PATCH", f"{links}/cmars", {"settings": {}})
    claim = {"learner": {"username": "amara"}, "course": {"shortname": "W"}, "completed_at": DONE}
    recorded = await leaves(("record", "learning_record"), "POST", "/learning-records", claim)
    record = f"/learning-records/{recorded['data'][0]['learning_record_id']}"
    later = {**claim, "completed_at": "2026-11-19T09:12:00-05:00"}
    await leaves(("amend", "learning_record"), "POST", "/learning-records", later)
    await leaves(("void", "learning_record"), "POST", f"{record}/void", {"reason": "A test"})
    await leaves(("unvoid", "learning_record"), "POST", f"{record}/unvoid", {"reason": "A test"})
    await leaves(("expire", "learning_record"), "POST", f"{record}/expire", {"reason": "A test"})
    await leaves(("unexpire", "learning_record"), "POST", f"{record}/unexpire", {"reason": "A test"})
    nothing = {"mode": "void", "reason": "A test", "completed_before": "2020-01-01T00:00:00Z"}
    await leaves(("reset", "course"), "POST", f"/courses/{course['id']}/resets", nothing)
    await leaves(("change", "site"), "PATCH", "/site", {"tells_completions": True})
    await leaves(("take_oci_id", "learner"), "PUT", f"{person}/oci-ids", {"oci_ids": []})
    await leaves(("remove", "course_recipient"), "DELETE", f"{links}/cmars", None)
    before = len(await audit(house))
    await house.site.statements([{"verb": 1}])
    assert (await audit(house))[before:] == [("store", "statements")]


async def test_what_changes_nothing_leaves_no_audit_row(house: House) -> None:
    learner = await house.site.learner("amara", "CPSO 12345")
    await house.site.course("W")
    await house.site.complete("amara", "W", DONE)
    before = await audit(house)

    await house.site.send("PUT", f"/learners/{learner['id']}/oci-ids", {"oci_ids": ["CPSO 12345"]})
    await house.site.send("PATCH", f"/learners/{learner['id']}", {"username": "amara"})
    await house.site.complete("amara", "W", DONE)

    assert await audit(house) == before


async def test_a_key_does_only_what_it_was_given(house: House) -> None:
    reader = await key_with(house, "learners:read")

    assert (await house.http.get("/api/v1/learners", headers=reader)).status_code == 200
    refused = await house.http.post("/api/v1/learners", headers=reader, json={"username": "amara"})
    assert refused.status_code == 403
    assert "learners:write" in refused.json()["detail"]
    assert (await house.http.get("/api/v1/audit", headers=reader)).status_code == 403


async def test_a_revoked_key_is_refused_at_once(house: House) -> None:
    headers = await key_with(house, "learners:read")
    username = headers["Authorization"].split("_")[1]
    await house.exchange.database.write(lambda session: credentials.revoke(session, house.act(session), username))

    assert (await house.http.get("/api/v1/learners", headers=headers)).status_code == 401


async def test_one_completion_or_a_thousand_and_a_bad_one_never_fails_its_neighbours(house: House) -> None:
    await house.site.learner("amara")
    await house.site.course("W", repeats="every_completion")
    good = {"learner": {"username": "amara"}, "course": {"shortname": "W"}, "completed_at": DONE}
    bad = [
        {**good, "learner": {"username": "nobody"}},
        {**good, "course": {"shortname": "nothing"}},
        {**good, "completed_at": "2027-01-01T00:00:00Z"},
        {**good, "completed_at": "yesterday"},
        {**good, "source": "supporting_documentation"},
        {**good, "learner": {"username": "amara", "oci_id": "CA-ON-CPSO-1"}},
        "not an object",
    ]
    many = [{**good, "completed_at": f"2026-10-{day:02}T12:00:00Z"} for day in range(1, 31)]

    answer = await house.site.send("POST", "/learning-records", [*many, *bad], status=201)

    results = [one["result"] for one in answer["data"]]
    assert results == ["recorded"] * 30 + ["refused"] * 7
    codes = [one["problem"]["code"] for one in answer["data"][30:]]
    assert codes == ["learner_unknown", "course_unknown", "completed_in_future", *["content_invalid"] * 4]
    pointers = [one["problem"]["errors"][0]["pointer"] for one in answer["data"][30:36]]
    assert pointers == ["/learner", "/course", "/completed_at", "/completed_at", "/source", "/learner"]
    await house.site.send("POST", "/learning-records", [good] * 1001, status=422)
    await house.site.send("POST", "/learning-records", [], status=422)


async def test_a_lost_answer_is_harmless(house: House) -> None:
    await house.site.learner("amara")
    await house.site.course("W", repeats="every_completion")
    claim = {
        "learner": {"username": "amara"},
        "course": {"shortname": "W"},
        "completed_at": DONE,
        "external_id": "completion-4711",
    }
    first = await house.site.send("POST", "/learning-records", claim, status=201)
    again = await house.site.send("POST", "/learning-records", claim, status=200)
    moved = {**claim, "completed_at": "2026-11-19T09:12:00-05:00"}
    refused = await house.site.send("POST", "/learning-records", moved, status=409)

    assert again["data"][0] == {**first["data"][0], "result": "known"}
    assert refused["code"] == "external_id_taken"


async def test_the_same_request_under_one_idempotency_key_has_one_effect(house: House) -> None:
    await house.site.learner("amara")
    await house.site.course("W", repeats="every_completion")
    claim = {"learner": {"username": "amara"}, "course": {"shortname": "W"}, "completed_at": DONE}
    headers = {"Idempotency-Key": "one"}

    answers = await asyncio.gather(
        *(house.site.api.post("/api/v1/learning-records", json=claim, headers=headers) for _ in range(8))
    )

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum(answer.headers.get("Idempotency-Replayed") == "true" for answer in answers) == 7
    other = {**claim, "completed_at": "2026-11-17T09:12:00-05:00"}
    reused = await house.site.api.post("/api/v1/learning-records", json=other, headers=headers)
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
    assert len((await house.site.get("/learning-records"))["data"]) == 1


async def test_an_oci_id_is_read_as_typed_and_what_was_put_right_is_said(house: House) -> None:
    learner = await house.site.learner("amara")
    path = f"/learners/{learner['id']}/oci-ids"

    answer = await house.site.send("PUT", path, {"oci_ids": ["cpso – 12345"], "reason": "From the register"})
    assert [one["oci_id"] for one in answer["oci_ids"]] == ["CA-ON-CPSO-12345"]
    assert answer["oci_ids"][0]["display"] == "College of Physicians and Surgeons of Ontario | 12345"
    assert {one["code"] for one in answer["notes"]} >= {"dashes", "upper_case", "prefix_added"}

    refused = await house.site.send("PUT", path, {"oci_ids": ["CA-ON-CPSO-1", "COO 12345"]}, status=422)
    assert refused["code"] == "oci_id_invalid"
    assert refused["errors"][0]["pointer"] == "/oci_ids/1"
    assert "COPO" in refused["detail"]
    assert "COOPT" in refused["detail"]
    assert [one["oci_id"] for one in (await house.site.get(f"/learners/{learner['id']}"))["oci_ids"]] == [
        "CA-ON-CPSO-12345"
    ]

    read = await house.site.send("POST", "/oci-id-readings", {"text": "College of Midwives of Ontario | 0042"})
    assert read["oci_id"] == "CA-ON-CMO-0042"


async def test_the_history_tells_who_changed_what_why_and_by_which_request(house: House) -> None:
    learner = await house.site.learner("amara", "CA-ON-CPSO-12345")
    path = f"/learners/{learner['id']}"
    change = {"oci_ids": ["CA-ON-CPSO-12346"], "reason": "A digit was wrong"}
    await house.site.send("PUT", f"{path}/oci-ids", change, **{"X-Request-Id": "ticket-77"})

    history = (await house.site.get(f"{path}/history"))["data"]

    newest = [(one["field"], one["old"], one["new"], one["reason"], one["origin"]) for one in history[:2]]
    assert newest == [
        ("oci_id", "CA-ON-CPSO-12345", "CA-ON-CPSO-12346", "A digit was wrong", "request:ticket-77"),
        ("oci_id", None, "CA-ON-CPSO-12345", None, history[1]["origin"]),
    ]
    assert history[0]["actor"].startswith("api:")


async def test_the_profile_field_has_the_recommended_settings(house: House) -> None:
    field = await house.site.get("/profile-fields/ociid")

    settings = {name: field[name] for name in ("shortname", "name", "required", "is_unique", "locked", "visible_to")}
    assert settings == {
        "shortname": "ociid",
        "name": "OCI ID",
        "required": False,
        "is_unique": True,
        "locked": True,
        "visible_to": "user",
    }
    assert field["warnings"] == []
    assert (await house.site.send("POST", "/profile-fields", {}, status=409))["code"] == "conflict"


async def test_a_required_oci_id_cannot_be_taken_away(house: House) -> None:
    learner = await house.site.learner("amara", "CA-ON-CPSO-12345")
    path = f"/learners/{learner['id']}/oci-ids"
    await house.site.send("PATCH", "/profile-fields/ociid", {"required": True})

    refused = await house.site.send("PUT", path, {"oci_ids": []}, status=422)

    assert refused["errors"][0]["pointer"] == "/oci_ids"
    await house.site.send("PUT", path, {"oci_ids": ["CA-ON-CPSO-54321"]})


async def test_a_learner_is_found_by_the_identity_the_lms_gave(house: House) -> None:
    await house.site.learner("amara", lms={"home_page": "https://lms.example.org", "user_id": "3"})
    await house.site.learner("bruno", lms={"home_page": "https://lms.example.org", "user_id": "4"})

    found = await house.site.get("/learners", home_page="http://lms.example.org/", lms_user_id="4")

    assert [one["username"] for one in found["data"]] == ["bruno"]


async def test_the_colleges_say_who_serves_them(house: House) -> None:
    colleges = (await house.site.get("/colleges"))["data"]

    assert len(colleges) == 26
    served = {one["prefix"] for one in colleges if one["served_by"] == ["cmars"]}
    assert served == {"CA-ON-CPSO", "CA-ON-CMO", "CA-ON-RCDSO", "CA-ON-COPO"}


async def test_preflight_counts_what_will_be_in_the_way(house: House) -> None:
    await house.site.learner("amara", "CA-ON-CPSO-12345")
    await house.site.learner("luc")
    await house.site.learner("fatima", "CA-ON-CNO-1234567")
    course = await house.site.course("W", to_cmars=False)
    for username in ("amara", "luc", "fatima"):
        await house.site.complete(username, "W", DONE)
    house.advance(minutes=1)

    found = await house.site.get(f"/courses/{course['id']}/recipients/cmars/preflight")

    numbers = {name: value for name, value in found.items() if isinstance(value, int)}
    assert numbers == {
        "learners": 3,
        "legacy_records": 3,
        "released_records": 0,
        "without_oci_id": 1,
        "college_not_served": 1,
    }


async def test_pages_follow_one_another_to_the_end(house: House) -> None:
    for number in range(7):
        await house.site.learner(f"user{number}")
    seen: list[str] = []
    path = "/api/v1/learners?limit=3"
    while path:
        answer = await house.site.api.get(path)
        seen += [one["username"] for one in answer.json()["data"]]
        path = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")

    assert seen == [f"user{number}" for number in range(7)]


async def test_an_unknown_parameter_is_never_ignored(house: House) -> None:
    answer = await house.site.api.get("/api/v1/learners", params={"user_name": "amara"})

    assert answer.status_code == 400
    assert "user_name" in answer.json()["detail"]


async def test_problems_are_said_in_the_readers_language_under_the_same_code(house: House) -> None:
    answers = [
        await house.site.api.get("/api/v1/nowhere", headers={"Accept-Language": language}) for language in ("en", "fr")
    ]

    assert {answer.json()["code"] for answer in answers} == {"path_unknown"}
    assert answers[0].json()["detail"] != answers[1].json()["detail"]


async def test_a_strict_credential_gets_the_specification(house: House) -> None:
    good = {
        "actor": {"mbox": "mailto:amara@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": "https://example.org/course"},
        "timestamp": "2026-11-18T09:12:00-05:00",
    }
    refused = await house.site.statements([good, {"actor": 1}], strict=True)
    assert refused.status_code == 400
    assert {one["pointer"] for one in refused.json()["errors"]} >= {"/1/actor", "/1/verb", "/1/object"}
    assert (await house.site.get("/statements/set-aside"))["data"] == []

    named = {**good, "id": "6c8e2a3c-7a9d-4d6a-9f0e-0d9e1c7f4b21"}
    stored = await house.site.statements([named], strict=True)
    assert (stored.status_code, stored.json()) == (200, [named["id"]])
    assert (await house.site.statements([named], strict=True)).json() == [named["id"]]
    other = {**named, "timestamp": "2026-11-19T09:12:00-05:00"}
    assert (await house.site.statements([other], strict=True)).status_code == 409

    content = {"content": b"[]", "auth": house.site.strict}
    without_version = {"Content-Type": "application/json"}
    assert (await house.http.post("/xapi/statements", headers=without_version, **content)).status_code == 400


async def test_plain_xapi_counts_on_a_mapped_course_and_waits_for_the_mapping(house: House) -> None:
    statement = {
        "actor": {"account": {"homePage": "https://lms.example.org", "name": "7"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": "https://example.org/courses/whmis"},
        "timestamp": "2026-11-18T09:12:00-05:00",
    }
    await house.site.statements([statement], strict=True)
    await house.project()
    (parked,) = (await house.site.get("/statements/parked"))["data"]
    assert parked["reason"] == "unknown_learner"

    lms = {"home_page": "http://lms.example.org/", "user_id": "7"}
    await house.site.learner("amara", lms=lms)
    (parked,) = (await house.site.get("/statements/parked"))["data"]
    assert (parked["reason"], parked["subject"]) == ("unknown_course", "https://example.org/courses/whmis")

    await house.site.course("W", iri="https://example.org/courses/whmis")
    assert (await house.site.get("/statements/parked"))["data"] == []
    (record,) = (await house.site.get("/learning-records"))["data"]
    assert record["completed_at"] == "2026-11-18T14:12:00Z"


async def test_an_lms_that_names_its_users_finds_them_by_name(house: House) -> None:
    statement = {
        "actor": {"name": "Amara Okafor", "account": {"homePage": "https://lms.example.org", "name": "aokafor"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {
            "id": "https://lms.example.org/course/view.php?id=9",
            "definition": {"type": "https://w3id.org/xapi/cmi5/activitytype/course", "name": {"en": "Fire safety"}},
        },
        "context": {
            "extensions": {
                "http://lrs.learninglocker.net/define/extensions/info": {
                    "event_name": "\\core\\event\\course_completed"
                }
            }
        },
        "timestamp": "2026-11-18T09:12:00-05:00",
    }
    known = await house.site.learner("aokafor")
    await house.site.statements([statement])
    await house.project()

    (record,) = (await house.site.get("/learning-records"))["data"]
    assert record["learner_id"] == known["id"]


async def test_the_description_of_the_api_needs_no_key(house: House) -> None:
    answer = await house.http.get("/api/v1/openapi.json")

    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.1")


async def test_health_and_metrics_need_no_key(house: House) -> None:
    await house.site.statements([{"verb": 1}])

    assert (await house.http.get("/healthz")).status_code == 200
    assert (await house.http.get("/readyz")).json()["checks"] == {"database": "ok", "schema": "ok"}
    metrics = (await house.http.get("/metrics")).text
    assert "lrx_statements_set_aside 1.0" in metrics


async def test_a_copy_misses_nothing_that_a_clock_a_little_behind_wrote(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.site.learner("amara")
    told = (await house.site.api.get("/api/v1/learners")).headers["LRX-Consistent-Through"]
    monkeypatch.setattr(house.clock, "_now", house.clock.now() - timedelta(seconds=9))
    await house.site.learner("luc")
    house.advance(minutes=1)
    found = (await house.site.get("/learners", sort="updated_at", **{"updated_at[gte]": told}))["data"]
    assert "luc" in [one["username"] for one in found]


async def test_the_address_alone_leads_to_the_pages(house: House) -> None:
    answer = await house.http.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (307, "/admin/")
