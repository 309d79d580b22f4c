"""Records let expire by an administrator: shown to nobody, repeated at once, and given back where it was an error."""

from typing import Any

import pytest

from tests.house import House

pytestmark = pytest.mark.anyio

OCI = "CA-ON-CPSO-12345"
DONE = "2026-11-18T09:12:00-05:00"
WHY = {"reason": "New content"}


@pytest.fixture
async def ward(house: House) -> House:
    """A house with a course W and the learner amara."""
    await house.site.learner("amara", OCI)
    await house.site.course("W")
    return house


async def record_of(house: House, **claim: Any) -> str:
    made = await house.site.complete("amara", "W", DONE, **claim)
    return str(made["learning_record_id"])


async def shown(house: House) -> list[str]:
    """What CMaRS gets, by the time of completion."""
    return sorted(one["completed_at"] for one in await house.site.records_at_cmars(OCI))


async def standing(house: House, record_id: str) -> tuple[str, str | None]:
    kept = await house.site.get(f"/learning-records/{record_id}")
    (delivery,) = kept["deliveries"]
    return delivery["status"], delivery["reason"]


async def test_an_expired_record_is_shown_to_nobody_and_shown_again_when_that_is_taken_back(ward: House) -> None:
    record_id = await record_of(ward)
    before = await shown(ward)
    assert len(before) == 1
    ward.advance(hours=1)
    path = f"/learning-records/{record_id}"

    expired = await ward.site.send("POST", f"{path}/expire", WHY)

    assert (expired["expired_by_administrator"], expired["voided"], expired["expires_at"]) == (True, False, None)
    assert [(one["expired"], one["reason"], one["reset_id"]) for one in expired["expirations"]] == [
        (True, "New content", None)
    ]
    assert expired["expirations"][0]["expired_at"] == ward.clock.now().isoformat().replace("+00:00", "Z")
    assert await standing(ward, record_id) == ("withdrawn", "expired_by_administrator")
    assert await shown(ward) == []
    (listed,) = (await ward.site.get("/learning-records"))["data"]
    assert listed["expired_by_administrator"] is True

    given_back = await ward.site.send("POST", f"{path}/unexpire", {"reason": "By mistake"})

    assert given_back["expired_by_administrator"] is False
    assert [one["expired"] for one in given_back["expirations"]] == [True, False]
    assert await standing(ward, record_id) == ("offered", None)
    assert await shown(ward) == before
    acts = [(one["action"], one["subject_id"]) for one in (await ward.site.get("/audit", limit=200))["data"]]
    assert acts.count(("expire", record_id)) == acts.count(("unexpire", record_id)) == 1


async def test_what_is_so_already_is_refused_with_a_sentence(ward: House) -> None:
    path = f"/learning-records/{await record_of(ward)}"
    answer = await ward.site.send("POST", f"{path}/unexpire", WHY, status=409)
    assert (answer["code"], answer["detail"]) == ("already_so", "No administrator has let the record expire.")
    await ward.site.send("POST", f"{path}/expire", WHY)
    answer = await ward.site.send("POST", f"{path}/expire", WHY, status=409)
    assert answer["detail"] == "An administrator has already let the record expire."
    assert (await ward.site.send("POST", f"{path}/expire", {}, status=422))["errors"][0]["pointer"] == "/reason"


@pytest.mark.parametrize(
    "rule",
    [{"rule": "never"}, {"rule": "on", "month": 12, "day": 31}, {"rule": "after", "count": 1, "unit": "years"}],
    ids=lambda rule: str(rule["rule"]),
)
async def test_a_retake_on_the_same_day_is_a_new_record_and_an_old_claim_sent_again_is_none(
    ward: House, rule: dict[str, Any]
) -> None:
    course = await ward.site.get("/courses/by/shortname/W")
    await ward.site.send("PATCH", f"/courses/{course['id']}", {"expiry": rule})
    ward.advance(hours=1)
    first = (await ward.site.complete("amara", "W", ward.clock.now()))["learning_record_id"]
    ward.advance(minutes=30)
    await ward.site.send("POST", f"/learning-records/{first}/expire", WHY)
    ward.advance(minutes=30)

    recomputed = await ward.site.complete("amara", "W", "2026-11-21T14:50:00-05:00")
    assert (recomputed["result"], recomputed["learning_record_id"]) == ("amended", first)
    assert await shown(ward) == []
    again = await ward.site.complete("amara", "W", ward.clock.now())
    assert again["result"] == "recorded"
    assert again["learning_record_id"] != first
    assert len(await shown(ward)) == 1
    ward.advance(minutes=1)
    assert (await ward.site.complete("amara", "W", ward.clock.now()))["learning_record_id"] == again[
        "learning_record_id"
    ]


async def test_an_expired_activity_is_not_done(ward: House) -> None:
    course = await ward.site.get("/courses/by/shortname/W")
    quiz = await ward.site.send("POST", f"/courses/{course['id']}/activities", {"full_name": "Quiz", "mandatory": True})
    done = (await ward.site.complete("amara", "W", DONE, activity=quiz["id"]))["learning_record_id"]
    record_id = await record_of(ward)
    assert await standing(ward, record_id) == ("offered", None)

    await ward.site.send("POST", f"/learning-records/{done}/expire", WHY)
    assert await standing(ward, record_id) == ("held", "activity_record_missing")
    await ward.site.send("POST", f"/learning-records/{done}/unexpire", WHY)
    assert len(await shown(ward)) == 2
    await ward.site.send("POST", f"/learning-records/{done}/expire", WHY)
    assert await shown(ward) == [], "a course that was shown is shown only together with its activities"


async def test_an_expiration_is_no_voiding_and_both_are_listed(ward: House) -> None:
    path = f"/learning-records/{await record_of(ward)}"
    for act in ("expire", "void", "unexpire"):
        await ward.site.send("POST", f"{path}/{act}", WHY)
    assert await shown(ward) == [], "still voided"
    assert [one["expired"] for one in (await ward.site.get("/expirations"))["data"]] == [True, False]
    assert [one["voided"] for one in (await ward.site.get("/voidings"))["data"]] == [True]
    assert [one["expired"] for one in (await ward.site.get("/expirations", expired="false"))["data"]] == [False]
