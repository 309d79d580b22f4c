"""An item that cannot be read takes no other with it: each is read on its own."""

import pytest

from lrx.json_elements import split_member
from tests.house import House

pytestmark = pytest.mark.anyio

GOOD = '{"learner": {"username": "amara"}, "course": {"shortname": "W"}, "completed_at": "2026-11-01T10:00:00Z"}'
UNREADABLE = {
    "NUL": '{"learner": {"username": "a\\u0000b"}}',
    "half of a pair": '{"learner": {"username": "\\ud800"}}',
    "a key twice": '{"learner": {}, "learner": {}}',
    "a number of 5,000 digits": '{"grade": ' + "9" * 5000 + "}",
    "nested deeply": '{"learner": ' + "[" * 200 + "]" * 200 + "}",
}


@pytest.mark.parametrize("bad", UNREADABLE.values(), ids=UNREADABLE.keys())
@pytest.mark.parametrize("path", ["/learning-records", "/learning-records/batch"])
async def test_an_unreadable_item_leaves_its_neighbours_alone(house: House, path: str, bad: str) -> None:
    await house.site.learner("amara", "CA-ON-CPSO-12345")
    await house.site.course("W")
    items = f"[{GOOD}, {bad}]"
    body = items if path == "/learning-records" else f'{{"learning_records": {items}}}'
    headers = {"Content-Type": "application/json"}
    answer = await house.site.api.post(f"/api/v1{path}", content=body.encode(), headers=headers)
    good, refused = answer.json()["data"]
    assert not good["problem"]
    assert refused["problem"]["code"] in ("json_malformed", "content_invalid")
    assert len((await house.site.get("/learning-records"))["data"]) == 1


@pytest.mark.parametrize(
    ("body", "elements"),
    [
        (b'{"items": [1, {"a": 2}]}', [b"1", b'{"a": 2}']),
        (b' { "items" :[ ] } ', []),
        (b'{"items": [1], "items": [2]}', None),
        (b'{"items": [1], "more": 2}', None),
        (b'{"items": 1}', None),
        (b'{"items": [1]', None),
        (b"[1]", None),
        (b"\xff", None),
    ],
)
def test_the_elements_of_an_only_member_are_found_or_nothing_is_guessed(
    body: bytes, elements: list[bytes] | None
) -> None:
    assert split_member(body, "items") == elements
