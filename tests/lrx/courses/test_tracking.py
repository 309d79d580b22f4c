"""Whether a recipient follows a course, as somebody there confirmed."""

from typing import Any

import pytest

from tests.house import House

pytestmark = pytest.mark.anyio

CONFIRMED = {
    "tracked": True,
    "tracked_confirmed_by": "J. Roy, CMaRS",
    "tracked_confirmed_on": "2026-11-20",
    "tracked_note": "By e-mail",
}
NOBODY_ASKED = dict.fromkeys(CONFIRMED)


def noted(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: shown[name] for name in CONFIRMED}


@pytest.fixture
async def link(house: House) -> str:
    """The path of a course's recipient."""
    course = await house.site.course("W")
    return f"/courses/{course['id']}/recipients/cmars"


async def test_a_confirmation_is_noted_shown_and_kept_in_the_history(house: House, link: str) -> None:
    assert noted(await house.site.get(link)) == NOBODY_ASKED
    assert noted(await house.site.send("PATCH", link, CONFIRMED)) == CONFIRMED
    assert noted(await house.site.send("PATCH", link, {"tracked": False})) == {**CONFIRMED, "tracked": False}
    assert noted(await house.site.send("PATCH", link, {"tracked": None})) == {
        **NOBODY_ASKED,
        "tracked_note": "By e-mail",
    }
    versions = (await house.site.get("/settings-versions", subject_kind="course_recipient"))["data"]
    assert [noted(one["values"])["tracked"] for one in versions] == [None, True, False, None]
    assert noted(versions[1]["values"]) == CONFIRMED


async def test_it_is_given_when_the_recipient_is_added_and_stays_when_it_is_added_again(house: House) -> None:
    course = await house.site.course("W", to_cmars=False)
    path = f"/courses/{course['id']}/recipients"
    assert noted(await house.site.send("POST", path, {"recipient": "cmars", **CONFIRMED})) == CONFIRMED
    await house.site.send("DELETE", f"{path}/cmars")
    assert noted(await house.site.send("POST", path, {"recipient": "cmars"})) == CONFIRMED


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"tracked": True}, ["/tracked_confirmed_by", "/tracked_confirmed_on"]),
        ({"tracked": False, "tracked_confirmed_by": "J. Roy"}, ["/tracked_confirmed_on"]),
        ({"tracked": True, "tracked_confirmed_on": "2026-11-20"}, ["/tracked_confirmed_by"]),
        ({"tracked_confirmed_by": "J. Roy"}, ["/tracked"]),
        ({"tracked_confirmed_on": "2026-11-20"}, ["/tracked"]),
        ({**CONFIRMED, "tracked_confirmed_on": "2026-11-22"}, ["/tracked_confirmed_on"]),
        ({**CONFIRMED, "tracked_confirmed_on": "yesterday"}, ["/tracked_confirmed_on"]),
        ({**CONFIRMED, "tracked_confirmed_by": ""}, ["/tracked_confirmed_by"]),
        ({**CONFIRMED, "tracked_note": "x" * 1001}, ["/tracked_note"]),
    ],
)
async def test_a_word_without_who_gave_it_and_when_names_what_is_missing(
    house: House, link: str, change: dict[str, Any], pointers: list[str]
) -> None:
    answer = await house.site.send("PATCH", link, change, status=422)
    assert [fault["pointer"] for fault in answer["errors"]] == pointers
    assert noted(await house.site.get(link)) == NOBODY_ASKED
    assert len((await house.site.get("/settings-versions", subject_kind="course_recipient"))["data"]) == 1
