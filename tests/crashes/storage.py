"""What every client must see while the storage takes nothing: a refusal with a next step, and answers to readers."""

from collections.abc import Awaitable, Callable, Collection
from itertools import count

import httpx

from tests.crashes.lives import Lives
from tests.crashes.writers import Writer

__all__ = ["kept_reading", "refused_everywhere"]

RECORDS = "/api/v1/learning-records"
QUESTION = "/recipients/cmars/v1/learning-records?oci_id=CA-ON-CPSO-10000"
CODES = {"storage_full": 507, "storage_unavailable": 503, "outcome_unknown": 503}


async def refused_everywhere(
    client: httpx.AsyncClient, lives: Lives, statuses: Collection[int], *, tries: int = 1
) -> None:
    """Write by every way in: each is refused as the storage's fault, and nothing is disclosed that is not logged.

    Where the storage may have some room left in its files, each way is tried more often than once.
    """
    for writer in lives.writers:

        async def write(writer: Writer = writer) -> httpx.Response:
            writer.unanswered = message = writer.next()
            answer = await client.post(message.path, content=message.content, headers=message.headers)
            if answer.is_success:
                lives.journal.note(message, answer)
            return answer

        _require_refusal(await _last(write, tries), statuses)

    names = count()

    async def create() -> httpx.Response:
        course = {"full_name": "No room", "shortname": f"NO-ROOM-{next(names)}"}
        return await client.post("/api/v1/courses", json=course, headers=lives.ways.api)

    _require_refusal(await _last(create, tries), statuses)

    async def ask() -> httpx.Response:
        return await client.get(QUESTION, auth=lives.ways.cmars, headers={"Accept": "application/json"})

    question = await _last(ask, tries)
    assert question.status_code in {*statuses, 503}, question.text
    assert int(question.headers["retry-after"]) > 0
    assert "records" not in question.json(), "an inquiry that was not kept disclosed something"


async def _last(request: Callable[[], Awaitable[httpx.Response]], tries: int) -> httpx.Response:
    """Return the first answer that is no success, or the last one."""
    for _ in range(tries):
        answer = await request()
        if not answer.is_success:
            break
    return answer


def _require_refusal(answer: httpx.Response, statuses: Collection[int]) -> None:
    assert answer.status_code in statuses, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    problem = answer.json()
    assert CODES[problem["code"]] == answer.status_code
    assert problem["turn"] == "lrx"
    assert problem["retryable"]
    assert "again" in problem["detail"]


async def kept_reading(client: httpx.AsyncClient, lives: Lives) -> None:
    """Read what was kept before: everything acknowledged is shown, and the server calls itself alive."""
    kept: set[str] = set()
    params: dict[str, str] = {"limit": "200"}
    while True:
        answer = await client.get(RECORDS, params=params, headers=lives.ways.api)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        kept |= {one["id"] for one in page["data"]}
        if not page["has_more"]:
            break
        params["cursor"] = page["next_cursor"]
    assert {str(one) for one in lives.journal.records} <= kept
    assert (await client.get("/healthz")).status_code == 200
