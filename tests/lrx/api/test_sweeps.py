"""`/sweeps`: what is counted, and how far people come."""

import pytest

from tests.conftest import NOW
from tests.house import House

pytestmark = pytest.mark.anyio

ASKED = {"course": {"shortname": "WHMIS"}, "recipient": "cmars"}


@pytest.fixture
async def course_id(house: House) -> str:
    """A course in which one completion has arrived, one has not for want of an OCI ID, and a third person has begun
    nothing and is of a college CMaRS does not serve."""
    site = house.site
    course = await site.course("WHMIS")
    house.advance(hours=1)
    for username, oci_id in (("amara", "CA-ON-CPSO-1"), ("luc", None)):
        await site.learner(username, oci_id)
        await site.complete(username, "WHMIS", NOW)
    activity = await site.send("POST", f"/courses/{course['id']}/activities", {"full_name": "Module"})
    await site.learner("nadia", "CA-ON-CNO-7")
    await site.complete("nadia", "WHMIS", NOW, activity=activity["id"])
    house.advance(hours=1)
    await site.ask("CA-ON-CPSO-1")
    return str(course["id"])


async def test_the_funnel_counts_the_first_check_that_stands_in_the_way_and_not_the_one_that_decides(
    house: House, course_id: str
) -> None:
    swept = await house.site.send("POST", "/sweeps", ASKED)
    decides = {group["check"]: (group["reason"], group["learners"]) for group in swept["groups"]}
    assert decides["C4"] == ("college_not_served", 1)
    assert decides["C1"] == ("oci_missing", 1)
    assert {one["stage"]: one["learners"] for one in swept["funnel"]} == {
        "A": 3,
        "B": 2,
        "C": 1,
        "D": 1,
        "E": 1,
        "F": 1,
    }
    assert swept["delivered"] == 1
    assert await house.site.get(f"/sweeps/{swept['id']}") == swept
