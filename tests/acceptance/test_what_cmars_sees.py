"""What CMaRS is told, and what it is not: each rule through HTTP, on both engines."""

from datetime import timedelta
from typing import Any

import pytest

from tests.house import House

pytestmark = pytest.mark.anyio

OCI = "CA-ON-CPSO-12345"
DONE = "2026-11-18T09:12:00-05:00"


async def standing(house: House, record_id: str) -> tuple[str, str | None]:
    """Where the record stands at CMaRS, and the check that put it there."""
    record = await house.site.get(f"/learning-records/{record_id}")
    (delivery,) = record["deliveries"]
    return delivery["status"], delivery["reason"]


async def objects(house: House, oci_id: str = OCI, **params: str) -> list[str]:
    return sorted(record["object"] for record in await house.site.records_at_cmars(oci_id, **params))


async def keep(house: House, source: str, username: str = "amara", shortname: str = "WHMIS") -> str:
    """Record a completion of a source that no surface of this version offers; returns the record's id."""
    from lrx.courses.courses import course_by_shortname
    from lrx.ingest.completion import Completion
    from lrx.ingest.recorder import record
    from lrx.people.learners import by_username
    from lrx.source import Source

    def work(session: Any) -> str:
        act = house.act(session)
        learner, course = by_username(session, act, username), course_by_shortname(session, act, shortname)
        assert learner is not None
        assert course is not None
        completion = Completion(learner.id, course.id, None, Source(source), act.at - timedelta(days=1), act.at)
        return str(record(session, act, house.exchange.recipients, completion).record_id)

    return await house.exchange.database.write(work)


async def test_a_completion_is_released_and_then_delivered_when_cmars_asks(house: House) -> None:
    await house.site.learner("amara", OCI)
    await house.site.course("WHMIS")
    made = await house.site.complete("amara", "WHMIS", DONE, grade=92.0)
    assert await standing(house, made["learning_record_id"]) == ("offered", None)

    (seen,) = await house.site.records_at_cmars(OCI)

    assert seen["object"] == "course"
    assert seen["source"] == "completion"
    assert seen["grade"] == 92.0
    assert await standing(house, made["learning_record_id"]) == ("delivered", None)


async def test_a_known_person_with_nothing_to_show_is_an_empty_list(house: House) -> None:
    await house.site.learner("amara", OCI)

    assert await house.site.records_at_cmars(OCI) == []


@pytest.mark.parametrize("source", ["csv_upload", "equivalency"])
async def test_a_source_that_is_not_sent_is_kept_here_only(house: House, source: str) -> None:
    await house.site.learner("amara", OCI)
    await house.site.course("WHMIS")
    record_id = await keep(house, source)

    assert await objects(house) == []
    assert await standing(house, record_id) == ("excluded", f"source_{source}")


async def test_supporting_documentation_is_sent(house: House) -> None:
    await house.site.learner("amara", OCI)
    await house.site.course("WHMIS")
    await keep(house, "supporting_documentation")

    assert await objects(house) == ["course"]


async def test_an_uploaded_record_does_not_stand_in_the_way_of_a_real_completion(house: House) -> None:
    await house.site.learner("amara", OCI)
    await house.site.course("WHMIS")
    await keep(house, "csv_upload")
    made = await house.site.complete("amara", "WHMIS", DONE)

    assert made["result"] == "recorded"
    assert await objects(house) == ["course"]


async def test_a_record_from_before_the_course_joined_is_legacy(house: House) -> None:
    await house.site.learner("amara", OCI)
    course = await house.site.course("WHMIS", to_cmars=False)
    made = await house.site.complete("amara", "WHMIS", DONE)
    house.advance(hours=1)
    preflight = await house.site.get(f"/courses/{course['id']}/recipients/cmars/preflight")
    await house.site.send("POST", f"/courses/{course['id']}/recipients", {"recipient": "cmars"})

    assert (preflight["learners"], preflight["legacy_records"], preflight["released_records"]) == (1, 1, 0)
    assert await objects(house) == []
    assert (await house.site.get(f"/learning-records/{made['learning_record_id']}"))["deliveries"] == []


async def test_legacy_is_judged_by_when_it_was_stored_not_by_when_it_was_completed(house: House) -> None:
    await house.site.learner("amara", OCI)
    house.advance(days=20)
    await house.site.course("WHMIS")
    await house.site.complete("amara", "WHMIS", DONE)

    assert await objects(house) == ["course"]


async def test_a_voided_record_is_never_shown_again_until_it_is_unvoided(house: House) -> None:
    await house.site.learner("amara", OCI)
    await house.site.course("WHMIS")
    made = await house.site.complete("amara", "WHMIS", DONE)
    path = f"/learning-records/{made['learning_record_id']}"
    assert await objects(house) == ["course"]

    await house.site.send("POST", f"{path}/void", {"reason": "Taken by a colleague"})
    assert await objects(house) == []
    assert await standing(house, made["learning_record_id"]) == ("withdrawn", "voided")

    await house.site.send("POST", f"{path}/unvoid", {"reason": "It was hers after all"})
    assert await objects(house) == ["course"]
    record = await house.site.get(path)
    assert [(one["voided"], one["reason"]) for one in record["voidings"]] == [
        (True, "Taken by a colleague"),
        (False, "It was hers after all"),
    ]


async def test_the_same_completion_sent_again_after_voiding_stays_voided(house: House) -> None:
    await house.site.learner("amara", OCI)
    await house.site.course("WHMIS")
    made = await house.site.complete("amara", "WHMIS", DONE)
    await house.site.send("POST", f"/learning-records/{made['learning_record_id']}/void", {"reason": "Wrong person"})

    again = await house.site.complete("amara", "WHMIS", DONE)
    recomputed = await house.site.complete("amara", "WHMIS", "2026-11-18T10:00:00-05:00")
    assert (again["result"], recomputed["result"]) == ("known", "amended")
    assert await objects(house) == []

    house.advance(days=2)
    retaken = await house.site.complete("amara", "WHMIS", "2026-11-22T09:00:00-05:00")
    assert retaken["result"] == "recorded"
    assert await objects(house) == ["course"]


async def test_last_years_record_is_out_of_the_reporting_period(house: House) -> None:
    await house.site.learner("amara", OCI)
    course = await house.site.course("WHMIS")
    made = await house.site.complete("amara", "WHMIS", "2025-11-18T09:12:00-05:00")
    assert await objects(house) == []
    assert await standing(house, made["learning_record_id"]) == ("offered", None)

    path = f"/courses/{course['id']}/recipients/cmars"
    await house.site.send("PATCH", path, {"reporting_period": {"start_month": 11, "start_day": 1, "grace_days": 30}})
    assert await objects(house) == ["course"]


async def test_the_reporting_period_is_judged_in_the_time_zone_of_the_site(house: House) -> None:
    await house.site.learner("amara", OCI)
    await house.site.course("WHMIS")
    await house.site.complete("amara", "WHMIS", "2026-01-01T04:59:59Z")
    assert await objects(house) == []

    await house.site.complete("amara", "WHMIS", "2026-01-01T05:00:00Z")
    assert await objects(house) == ["course"]


async def test_a_course_with_a_missing_mandatory_activity_is_held_until_it_is_done(house: House) -> None:
    await house.site.learner("amara", OCI)
    course = await house.site.course("WHMIS")
    activity = await house.site.send(
        "POST", f"/courses/{course['id']}/activities", {"full_name": "WHMIS module", "mandatory": True}
    )
    made = await house.site.complete("amara", "WHMIS", DONE)
    assert await objects(house) == []
    assert await standing(house, made["learning_record_id"]) == ("held", "activity_record_missing")

    await house.site.complete("amara", "WHMIS", DONE, activity=activity["id"])
    assert await objects(house) == ["activity", "course"]


async def test_an_activity_made_mandatory_later_does_not_hold_what_was_recorded_before(house: House) -> None:
    await house.site.learner("amara", OCI)
    course = await house.site.course("WHMIS")
    activity = await house.site.send("POST", f"/courses/{course['id']}/activities", {"full_name": "WHMIS module"})
    await house.site.complete("amara", "WHMIS", DONE)
    await house.site.send("PATCH", f"/activities/{activity['id']}", {"mandatory": True})

    assert await objects(house) == ["course"]


async def test_a_mandatory_activity_of_last_period_does_not_complete_this_one(house: House) -> None:
    await house.site.learner("amara", OCI)
    course = await house.site.course("WHMIS")
    activity = await house.site.send(
        "POST", f"/courses/{course['id']}/activities", {"full_name": "WHMIS module", "mandatory": True}
    )
    await house.site.complete("amara", "WHMIS", "2025-12-30T09:00:00-05:00", activity=activity["id"])
    await house.site.complete("amara", "WHMIS", DONE)

    assert await objects(house) == []


async def test_a_suspended_learner_is_still_found(house: House) -> None:
    learner = await house.site.learner("amara", OCI)
    await house.site.course("WHMIS")
    await house.site.complete("amara", "WHMIS", DONE)
    await house.site.send("PATCH", f"/learners/{learner['id']}", {"suspended": True, "reason": "On leave"})

    assert await objects(house) == ["course"]


async def test_a_record_without_an_oci_id_is_held_and_released_once_it_is_entered(house: House) -> None:
    learner = await house.site.learner("luc")
    await house.site.course("WHMIS")
    made = await house.site.complete("luc", "WHMIS", DONE)
    assert await standing(house, made["learning_record_id"]) == ("held", "oci_missing")
    answer = await house.site.ask(OCI)
    assert (answer.status_code, answer.json()["code"]) == (404, "WS401")

    await house.site.send("PUT", f"/learners/{learner['id']}/oci-ids", {"oci_ids": [OCI]})

    assert await standing(house, made["learning_record_id"]) == ("offered", None)
    assert await objects(house) == ["course"]


async def test_two_people_cannot_be_given_one_oci_id(house: House) -> None:
    await house.site.learner("amara", OCI)
    other = await house.site.learner("ivan")

    problem = await house.site.send("PUT", f"/learners/{other['id']}/oci-ids", {"oci_ids": [OCI]}, status=409)

    assert problem["code"] == "oci_id_taken"


async def test_an_oci_id_that_two_people_hold_is_answered_ws401_and_raises_one_alert(house: House) -> None:
    warned = await house.site.send("PATCH", "/profile-fields/ociid", {"is_unique": False})
    assert [one["code"] for one in warned["warnings"]] == ["not_unique"]
    await house.site.learner("amara", OCI)
    await house.site.learner("ivan", OCI)

    answers = [await house.site.ask(OCI), await house.site.ask(OCI)]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(404, "WS401")] * 2
    (alert,) = (await house.site.get("/alerts"))["data"]
    assert (alert["kind"], alert["subject"], alert["times"]) == ("oci_id_duplicate", OCI, 2)
    refused = await house.site.send("PATCH", "/profile-fields/ociid", {"is_unique": True}, status=409)
    assert refused["code"] == "conflict"


async def test_a_person_with_several_oci_ids_is_found_by_each(house: House) -> None:
    learner = await house.site.learner("noor")
    await house.site.course("WHMIS")
    both = {"oci_ids": ["CA-ON-RCDSO-4567", OCI]}
    await house.site.send("PUT", f"/learners/{learner['id']}/oci-ids", both)
    await house.site.complete("noor", "WHMIS", DONE)

    assert await objects(house, "CA-ON-RCDSO-4567") == ["course"]
    assert await objects(house, OCI) == ["course"]


async def test_a_college_cmars_does_not_serve_is_ws400_even_for_a_known_person(house: House) -> None:
    await house.site.learner("fatima", "CA-ON-CNO-1234567")
    await house.site.course("WHMIS")
    made = await house.site.complete("fatima", "WHMIS", DONE)

    answer = await house.site.ask("CA-ON-CNO-1234567")

    assert (answer.status_code, answer.json()["code"]) == (400, "WS400")
    assert await standing(house, made["learning_record_id"]) == ("held", "recipient_objects")

    served = {"settings": {"served_colleges": ["CA-ON-CPSO", "CA-ON-CNO"]}}
    await house.site.send("PATCH", "/recipients/cmars", served)
    assert await objects(house, "CA-ON-CNO-1234567") == ["course"]


@pytest.mark.parametrize("asked", ["CA-ON-CPSO-012345", "CA-ON-CPSO-0012345", "CA-ON-CPSO-123450"])
async def test_zeros_count(house: House, asked: str) -> None:
    await house.site.learner("amara", OCI)

    answer = await house.site.ask(asked)

    assert (answer.status_code, answer.json()["code"]) == (404, "WS401")
    (group,) = (await house.site.get("/inquiries/unmatched"))["data"]
    assert [one["oci_id"] for one in group["near_misses"]] == [OCI]


@pytest.mark.parametrize(
    "asked", ["CA-ON-CPSO-١٢٣٤٥", "CA-ON-CPSO-１２３４５", "СА-ON-CPSO-12345", "12345", "CA-ON-COO-12345", ""]
)
async def test_what_is_not_plainly_an_oci_id_is_ws400(house: House, asked: str) -> None:
    await house.site.learner("amara", OCI)

    answer = await house.site.ask(asked)

    assert (answer.status_code, answer.json()["code"]) == (400, "WS400")


async def test_a_removed_recipient_is_told_nothing_and_a_re_added_one_gets_its_own_spans_back(house: House) -> None:
    await house.site.learner("amara", OCI)
    await house.site.learner("wei", "CA-ON-CPSO-54321")
    await house.site.learner("grace", "CA-ON-CPSO-70011")
    course = await house.site.course("WHMIS")
    path = f"/courses/{course['id']}/recipients"
    await house.site.complete("amara", "WHMIS", DONE)
    assert await objects(house) == ["course"]

    house.advance(hours=1)
    await house.site.send("DELETE", f"{path}/cmars")
    assert await objects(house) == []
    house.advance(hours=1)
    in_the_gap = await house.site.complete("wei", "WHMIS", DONE)
    house.advance(hours=1)
    await house.site.send("POST", path, {"recipient": "cmars"})
    house.advance(hours=1)
    await house.site.complete("grace", "WHMIS", DONE)

    assert await objects(house) == ["course"]
    assert await objects(house, "CA-ON-CPSO-54321") == []
    assert await standing(house, in_the_gap["learning_record_id"]) == ("excluded", "legacy")
    assert await objects(house, "CA-ON-CPSO-70011") == ["course"]
    (link,) = (await house.site.get(path))["data"]
    assert [one["removed_at"] is None for one in link["intervals"]] == [False, True]


async def test_a_retake_in_the_next_cycle_is_a_new_record(house: House) -> None:
    await house.site.learner("amara", OCI)
    await house.site.course("WHMIS", expiry={"rule": "on", "month": 12, "day": 31})
    first = await house.site.complete("amara", "WHMIS", "2025-12-30T12:00:00-05:00")
    second = await house.site.complete("amara", "WHMIS", DONE)

    assert (first["result"], second["result"]) == ("recorded", "recorded")
    assert first["learning_record_id"] != second["learning_record_id"]
    (seen,) = await house.site.records_at_cmars(OCI)
    assert seen["id"] == second["learning_record_id"]


async def test_a_recomputation_in_the_same_cycle_is_an_amendment_and_moves_nothing(house: House) -> None:
    await house.site.learner("amara", OCI)
    await house.site.course("WHMIS")
    first = await house.site.complete("amara", "WHMIS", DONE)
    again = await house.site.complete("amara", "WHMIS", "2026-11-20T03:00:00-05:00")

    assert (again["result"], again["learning_record_id"]) == ("amended", first["learning_record_id"])
    record = await house.site.get(f"/learning-records/{first['learning_record_id']}")
    assert record["completed_at"] == "2026-11-18T14:12:00Z"
    assert [one["completed_at"] for one in record["amendments"]] == ["2026-11-20T08:00:00Z"]

    amendment = record["amendments"][0]["id"]
    path = f"/learning-records/{first['learning_record_id']}/amendments/{amendment}/promote"
    promoted = await house.site.send("POST", path, {"reason": "She did repeat it"})
    assert promoted["completed_at"] == "2026-11-20T08:00:00Z"
    assert len(await house.site.records_at_cmars(OCI)) == 2


async def test_an_expired_record_is_not_shown(house: House) -> None:
    await house.site.learner("amara", OCI)
    await house.site.course("CPR", expiry={"rule": "after", "count": 30, "unit": "days"})
    await house.site.complete("amara", "CPR", DONE)
    assert await objects(house) == ["course"]

    house.advance(days=29)
    assert await objects(house) == []


async def test_the_question_only_narrows_the_answer(house: House) -> None:
    await house.site.learner("amara", OCI)
    await house.site.course("WHMIS")
    await house.site.course("FIRE")
    await house.site.complete("amara", "WHMIS", DONE)
    await house.site.complete("amara", "FIRE", "2026-03-01T09:00:00-05:00")
    await house.site.complete("amara", "FIRE", "2025-03-01T09:00:00-05:00")

    assert await objects(house) == ["course", "course"]
    assert await objects(house, course="FIRE") == ["course"]
    assert await objects(house, completed_from="2026-11-01") == ["course"]
    assert await objects(house, completed_from="2025-01-01", completed_to="2025-12-31") == []


async def test_every_question_is_kept_also_when_nobody_was_found(house: House) -> None:
    await house.site.learner("amara", OCI)
    for asked in (OCI, "CA-ON-CPSO-99999", "CA-ON-CNO-1234567", "nonsense"):
        await house.site.ask(asked)

    kept = (await house.site.get("/inquiries"))["data"]

    assert [(one["asked"], one["outcome"], one["code"]) for one in reversed(kept)] == [
        (OCI, "answered", None),
        ("CA-ON-CPSO-99999", "unknown_learner", "WS401"),
        ("CA-ON-CNO-1234567", "college_not_served", "WS400"),
        ("nonsense", "malformed_identifier", "WS400"),
    ]


async def test_unmatched_questions_are_grouped_with_the_people_who_may_be_meant(house: House) -> None:
    await house.site.learner("wei", "CA-ON-CPSO-54321")
    await house.site.learner("other", "CA-ON-CMO-54312")
    for _ in range(3):
        await house.site.ask("CA-ON-CPSO-54312")
        house.advance(days=1)

    (group,) = (await house.site.get("/inquiries/unmatched"))["data"]

    assert (group["asked"], group["code"], group["times"]) == ("CA-ON-CPSO-54312", "WS401", 3)
    assert {(one["oci_id"], one["kind"]) for one in group["near_misses"]} == {
        ("CA-ON-CPSO-54321", "digits_swapped"),
        ("CA-ON-CMO-54312", "same_number_other_college"),
    }

    await house.site.learner("found", "CA-ON-CPSO-54312")
    house.advance(minutes=1)
    await house.site.ask("CA-ON-CPSO-54312")
    assert (await house.site.get("/inquiries/unmatched"))["data"] == []


async def test_a_batch_answers_each_person_with_records_or_a_code(house: House) -> None:
    await house.site.learner("amara", OCI)
    await house.site.course("WHMIS")
    await house.site.complete("amara", "WHMIS", DONE)

    answer = await house.http.post(
        "/recipients/cmars/v1/learning-records/batch",
        json={"oci_ids": [OCI, "CA-ON-CPSO-99999", "CA-ON-CNO-1234567"]},
        headers={"Accept": "application/json"},
        auth=house.site.cmars,
    )

    assert answer.status_code == 200
    assert [(one.get("code"), len(one.get("records", []))) for one in answer.json()["answers"]] == [
        (None, 1),
        ("WS401", 0),
        ("WS400", 0),
    ]


@pytest.mark.parametrize("who", ["api", "lms", "nobody", "wrong"])
async def test_only_the_service_account_of_cmars_is_let_in(house: House, who: str) -> None:
    auth = {"lms": house.site.lms, "wrong": (house.site.cmars[0], "guess"), "nobody": None, "api": ("a", "b")}[who]

    answer = await house.http.get("/recipients/cmars/v1/learning-records", params={"oci_id": OCI}, auth=auth)

    assert answer.status_code == (403 if who == "lms" else 401)
    assert (await house.site.get("/inquiries"))["data"] == []


async def test_a_site_that_does_not_use_cmars_tells_it_nothing(house: House) -> None:
    await house.site.send("PATCH", "/recipients/cmars", {"enabled": False})
    course = await house.site.course("WHMIS", to_cmars=False)

    assert (await house.site.ask(OCI)).status_code == 403
    problem = await house.site.send("POST", f"/courses/{course['id']}/recipients", {"recipient": "cmars"}, status=409)
    assert problem["code"] == "recipient_off"
