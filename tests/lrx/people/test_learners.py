"""A learner can always be found again."""

from typing import Any

import pytest

from tests.house import House

pytestmark = pytest.mark.anyio

LMS = {"home_page": "https://lms.example.org", "user_id": "5"}


@pytest.mark.parametrize(
    ("change", "pointers"),
    [({"username": None}, ["/username"])],
)
async def test_the_only_thing_a_learner_is_found_by_stays(
    house: House, change: dict[str, Any], pointers: list[str]
) -> None:
    made = await house.site.learner("amara")
    refusal = await house.site.send("PATCH", f"/learners/{made['id']}", change, status=422)
    assert refusal["code"] == "learner_lost"
    assert [fault["pointer"] for fault in refusal["errors"]] == pointers
    assert (await house.site.get(f"/learners/{made['id']}"))["username"] == "amara"


async def test_a_user_name_may_go_while_the_lms_identity_stays(house: House) -> None:
    made = await house.site.send("POST", "/learners", {"username": "amara", "lms": LMS})
    changed = await house.site.send("PATCH", f"/learners/{made['id']}", {"username": None})
    assert changed["username"] is None
    refusal = await house.site.send("PATCH", f"/learners/{made['id']}", {"lms": None}, status=422)
    assert refusal["code"] == "learner_lost"


async def test_a_learner_of_another_site_is_unknown_and_the_sentence_says_what_to_check(house: House) -> None:
    made = await house.site.learner("amara")
    other = await house.add_site("hilltop")
    refusal = await other.send("GET", f"/learners/{made['id']}", status=404)
    assert "Check the id" in refusal["detail"]
