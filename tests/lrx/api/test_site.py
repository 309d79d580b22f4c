"""What a site lets other sites of the network be told."""

import pytest

from tests.house import House

pytestmark = pytest.mark.anyio


async def test_a_site_tells_nothing_until_somebody_says_so(house: House) -> None:
    harbour = await house.add_site("harbour")
    before = await house.site.get("/site")
    assert before["tells_completions"] is False

    changed = await house.site.send("PATCH", "/site", {"tells_completions": True})

    assert changed == {**before, "tells_completions": True} == await house.site.get("/site")
    assert (await harbour.get("/site"))["tells_completions"] is False
    assert await house.site.send("PATCH", "/site", {}) == changed
    assert await house.site.send("PATCH", "/site", {"tells_completions": True}) == changed
    entries = (await house.site.get("/audit", limit=200))["data"]
    changes = [one["detail"] for one in entries if (one["action"], one["subject_kind"]) == ("change", "site")]
    assert changes == [{"tells_completions": True}]


async def test_it_is_changed_only_by_who_saw_it_as_it_is(house: House) -> None:
    tag = (await house.site.api.get("/api/v1/site")).headers["ETag"]
    changed = await house.site.api.patch("/api/v1/site", json={"tells_completions": True}, headers={"If-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag
    again = await house.site.api.patch("/api/v1/site", json={"tells_completions": False}, headers={"If-Match": tag})
    assert again.status_code == 412
    assert (await house.site.get("/site"))["tells_completions"] is True
