"""OCI IDs that uploads bring: the history names the upload, and what was refused is kept with the learner."""

from typing import Any

import pytest

from lrx.batches import KINDS
from lrx.job_runner import Runner
from tests.house import House

pytestmark = pytest.mark.anyio

NIGHTLY = "hr-nightly.csv"


@pytest.fixture
async def amara(house: House) -> dict[str, Any]:
    """A learner with an OCI ID."""
    return await house.site.learner("amara", "CA-ON-CPSO-12345")


async def upload(house: House, *items: dict[str, Any], **headers: str) -> Any:
    return await house.site.send("POST", "/oci-ids/batch", {"oci_ids": list(items)}, **headers)


async def held(house: House, learner: dict[str, Any]) -> list[str]:
    return [one["oci_id"] for one in (await house.site.get(f"/learners/{learner['id']}/oci-ids"))["oci_ids"]]


async def newest_change(house: House, learner: dict[str, Any]) -> tuple[str | None, str | None, str]:
    change = (await house.site.get(f"/learners/{learner['id']}/history", field="oci_id"))["data"][0]
    return change["old"], change["new"], change["origin"]


async def refused(house: House, learner: dict[str, Any], **filters: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await house.site.get(f"/learners/{learner['id']}/refused-oci-ids", **filters))[
        "data"
    ]
    return found


async def test_a_feed_that_overwrites_ends_what_was_held_and_is_named_in_the_history(
    house: House, amara: dict[str, Any]
) -> None:
    item = {"username": "amara", "oci_id": "CA-ON-CPSO-12354", "upload": NIGHTLY, "others": "end"}
    assert (await upload(house, item))["counts"] == {"given": 1}
    assert await held(house, amara) == ["CA-ON-CPSO-12354"]
    change = ("CA-ON-CPSO-12345", "CA-ON-CPSO-12354", "upload:hr-nightly.csv")
    assert await newest_change(house, amara) == change
    assert (await upload(house, item))["counts"] == {"unchanged": 1}
    assert await newest_change(house, amara) == change


async def test_what_was_held_stays_unless_it_is_said_to_end(house: House, amara: dict[str, Any]) -> None:
    await upload(house, {"username": "amara", "oci_id": "CPSO 12354", "upload": NIGHTLY})
    assert await held(house, amara) == ["CA-ON-CPSO-12354", "CA-ON-CPSO-12345"]
    assert await newest_change(house, amara) == (None, "CA-ON-CPSO-12354", "upload:hr-nightly.csv")
    ended = await upload(house, {"username": "amara", "oci_id": "CPSO 12354", "upload": NIGHTLY, "others": "end"})
    assert ended["counts"] == {"given": 1}
    assert await held(house, amara) == ["CA-ON-CPSO-12354"]
    assert await newest_change(house, amara) == ("CA-ON-CPSO-12345", None, "upload:hr-nightly.csv")


async def test_a_single_value_names_its_upload_too(house: House, amara: dict[str, Any]) -> None:
    path = "/learners/by/username/amara/oci-id"
    await house.site.send("PUT", path, {"oci_id": "CA-ON-CPSO-12354", "upload": NIGHTLY})
    assert await newest_change(house, amara) == ("CA-ON-CPSO-12345", "CA-ON-CPSO-12354", "upload:hr-nightly.csv")
    await house.site.send("PUT", path, {"oci_id": "CA-ON-CPSO-1"}, **{"X-Request-Id": "ticket-77"})
    assert await newest_change(house, amara) == ("CA-ON-CPSO-12354", "CA-ON-CPSO-1", "request:ticket-77")


@pytest.mark.parametrize("as_job", [False, True])
async def test_what_is_refused_for_somebody_known_is_kept(house: House, amara: dict[str, Any], as_job: bool) -> None:
    joan = await house.site.learner("jroy")
    items = (
        {"username": "AMARA", "oci_id": "12345 6789", "upload": NIGHTLY},
        {"username": "jroy", "oci_id": "CPSO 12345", "upload": NIGHTLY},
        {"username": "nobody", "oci_id": "CPSO 1", "upload": NIGHTLY},
        {"username": "jroy", "oci_id": "CPSO 777", "upload": NIGHTLY},
    )
    if as_job:
        await upload(house, *items, Prefer="respond-async")
        while await Runner(house.exchange, KINDS).run_once():
            pass
    else:
        assert (await upload(house, *items))["counts"] == {"failed": 3, "given": 1}

    (of_amara,) = await refused(house, amara)
    assert (of_amara["typed"], of_amara["reason"]) == ("12345 6789", "college_missing")
    assert of_amara["origin"] == "upload:hr-nightly.csv"
    assert of_amara["actor"].startswith("api:")
    assert of_amara["refused_at"] == house.clock.now().isoformat().replace("+00:00", "Z")
    assert await held(house, amara) == ["CA-ON-CPSO-12345"]
    (of_joan,) = await refused(house, joan)
    assert (of_joan["typed"], of_joan["reason"], of_joan["hint"]) == ("CPSO 12345", "oci_id_taken", None)
    assert await held(house, joan) == ["CA-ON-CPSO-777"]
    assert await refused(house, joan, reason="college_missing") == []
    entries = (await house.site.get("/audit", limit=200))["data"]
    kept = {(one["subject_id"], one["detail"]["reason"]) for one in entries if one["action"] == "refuse_oci_id"}
    assert kept == {(amara["id"], "college_missing"), (joan["id"], "oci_id_taken")}


async def test_a_refusal_keeps_what_was_probably_meant_and_not_more_than_can_be_one(
    house: House, amara: dict[str, Any]
) -> None:
    await upload(house, {"username": "amara", "oci_id": "x" * 900})
    house.advance(minutes=1)
    await upload(house, {"username": "amara", "oci_id": "CA-ON-CPSP-12345"})
    newest, oldest = await refused(house, amara)
    assert len(oldest["typed"]) == 200
    assert oldest["origin"].startswith("request:")
    assert (newest["reason"], newest["hint"]) == ("college_unknown", "CA-ON-CPSO-12345")


@pytest.mark.parametrize("name", ["", "x" * 101, "a\tb"])
async def test_an_upload_has_a_printable_name(house: House, amara: dict[str, Any], name: str) -> None:
    answer = await upload(house, {"username": "amara", "oci_id": "CPSO 1", "upload": name})
    (failed,) = answer["data"]
    assert [fault["pointer"] for fault in failed["problem"]["errors"]] == ["/oci_ids/0/upload"]
    assert await held(house, amara) == ["CA-ON-CPSO-12345"]
