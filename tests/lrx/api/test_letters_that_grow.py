"""A letter that lower case makes two of: what fits before it is folded fits afterwards, on both engines."""

from typing import Any

import pytest

from tests.house import House

pytestmark = pytest.mark.anyio

DOTTED = "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/learners", {"username": DOTTED * 100}),
        ("/learners", {"username": "u", "lms": {"home_page": f"http://{DOTTED * 293}", "user_id": "u"}}),
        ("/courses", {"full_name": "x", "iri": f"http://{DOTTED * 400}"}),
        ("/learners/{}/identities", {"kind": "account", "home_page": f"http://{DOTTED * 200}", "value": "u"}),
        ("/learners/{}/identities", {"kind": "mbox", "value": f"mailto:a@{DOTTED * 190}"}),
    ],
)
async def test_it_is_kept(house: House, path: str, body: dict[str, Any]) -> None:
    learner = await house.site.learner("amara")
    answer = await house.site.api.post(f"/api/v1{path.format(learner['id'])}", json=body)
    assert answer.status_code == 201, answer.text
    if "username" in body:
        found = (await house.site.get("/learners", username=body["username"]))["data"]
        assert [one["id"] for one in found] == [answer.json()["id"]]


async def test_it_is_kept_of_many_too(house: House) -> None:
    answer = await house.site.api.post("/api/v1/learners/batch", json={"learners": [{"username": DOTTED * 60}]})
    assert [one["outcome"] for one in answer.json()["data"]] == ["created"]
