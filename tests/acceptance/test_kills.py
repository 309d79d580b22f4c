"""The server is killed while clients write: what was acknowledged is there, and nothing is there twice."""

import asyncio
import random
from collections import Counter
from typing import Any

import httpx
import pytest

from tests.served import Served

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

KILLS = 4
WRITERS = 4


async def test_every_acknowledged_record_survives_a_kill_once(served: Served) -> None:
    served.lrx("migrate")
    key = {"Authorization": f"Bearer {served.lrx('credentials', 'create', '--kind', 'api')['key']}"}
    chance = random.Random(7)
    acknowledged: set[str] = set()
    served.start()
    async with httpx.AsyncClient(base_url=f"{served.url}/api/v1", headers=key, trust_env=False) as client:
        for path, body in (
            ("/learners", {"username": "amara"}),
            ("/courses", {"full_name": "W", "shortname": "W", "repeats": "every_completion"}),
        ):
            (await client.post(path, json=body)).raise_for_status()
        for cycle in range(KILLS):
            writers = [asyncio.create_task(_write(client, f"{cycle}-{one}", acknowledged)) for one in range(WRITERS)]
            await asyncio.sleep(chance.uniform(0.1, 0.8))
            served.kill()
            await asyncio.gather(*writers)
            served.start()
        kept = await _external_ids(client)
    assert served.stop() == 0

    assert len(acknowledged) > KILLS
    assert acknowledged <= kept.keys()
    assert set(kept.values()) == {1}


async def _write(client: httpx.AsyncClient, name: str, acknowledged: set[str]) -> None:
    """Write until the server is gone; remember what it acknowledged."""
    for number in range(10_000):
        external_id = f"{name}-{number}"
        second = abs(hash(external_id)) % 20_000_000
        claim = {
            "learner": {"username": "amara"},
            "course": {"shortname": "W"},
            "completed_at": f"2026-{second % 9 + 1:02}-{second % 28 + 1:02}T10:00:00.{second % 1_000_000:06}Z",
            "external_id": external_id,
        }
        try:
            answer = await client.post("/learning-records", json=claim)
        except httpx.TransportError:
            return
        if answer.status_code == 201:
            acknowledged.add(external_id)


async def _external_ids(client: httpx.AsyncClient) -> Counter[str]:
    found: Counter[str] = Counter()
    params: dict[str, Any] = {"limit": 200}
    while True:
        page = (await client.get("/learning-records", params=params)).json()
        found.update(one["external_id"] for one in page["data"])
        if not page["has_more"]:
            return found
        params["cursor"] = page["next_cursor"]
