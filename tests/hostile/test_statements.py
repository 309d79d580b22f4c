"""Naughty strings in statements: kept byte for byte, or set aside, and never in the way of a good one."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from lrx.models import Statement
from tests.hostile.corpora import naughty_strings
from tests.hostile.scene import LMS, furnish_scene, statement
from tests.house import House

pytestmark = pytest.mark.anyio

COURSE = f"{LMS}/course/view.php?id=2"

PLACES: dict[str, Callable[[str], dict[str, Any]]] = {
    "id": lambda words: {"id": words},
    "name": lambda words: {"actor": {"name": words, "account": {"homePage": LMS, "name": "7"}}},
    "account name": lambda words: {"actor": {"account": {"homePage": LMS, "name": words}}},
    "home page": lambda words: {"actor": {"account": {"homePage": words, "name": "7"}}},
    "mailbox": lambda words: {"actor": {"mbox": f"mailto:{words}@example.org"}},
    "OpenID": lambda words: {"actor": {"openid": f"https://id.example.org/{words}"}},
    "verb": lambda words: {"verb": {"id": words}},
    "verb in words": lambda words: {"verb": {"id": f"{LMS}/did", "display": {"en": words}}},
    "language": lambda words: {"verb": {"id": f"{LMS}/did", "display": {words: "did"}}},
    "object": lambda words: {"object": {"id": words}},
    "address of a course": lambda words: {"object": {"id": f"{COURSE}&x={words}"}},
    "name of a course": lambda words: {"object": {"id": COURSE, "definition": {"name": {"en": words}}}},
    "type": lambda words: {"object": {"id": COURSE, "definition": {"type": words}}},
    "key of an extension": lambda words: {"context": {"extensions": {f"{LMS}/{words}": 1}}},
    "extension": lambda words: {"context": {"extensions": {f"{LMS}/e": {"a": [words], "b": words}}}},
    "platform": lambda words: {"context": {"platform": words, "revision": words}},
    "registration": lambda words: {"context": {"registration": words}},
    "response": lambda words: {"result": {"response": words}},
    "duration": lambda words: {"result": {"duration": words}},
    "timestamp": lambda words: {"timestamp": words},
    "version": lambda words: {"version": words},
    "an unknown key": lambda words: {words: words},
}

AT_ONCE = 100


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("place", PLACES)
async def test_each_text_is_kept_as_it_came_or_set_aside(house: House, place: str) -> None:
    await _send_all(house, place, naughty_strings()[list(PLACES).index(place) % 2 :: 2])


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("place", PLACES)
async def test_postgresql_keeps_the_same(house: House, place: str) -> None:
    await _send_all(house, place, naughty_strings()[list(PLACES).index(place) % 8 :: 8])


async def _send_all(house: House, place: str, strings: tuple[str, ...]) -> None:
    await furnish_scene(house)
    for start in range(0, len(strings), AT_ONCE):
        sent = [statement(**PLACES[place](words)) for words in strings[start : start + AT_ONCE]]
        good = [statement(), statement()]
        bodies = [json.dumps(one).encode() for one in (good[0], *sent, good[1])]
        answer = await house.site.statements(b"[" + b",".join(bodies) + b"]")

        assert answer.status_code == 200
        kept = answer.json()
        assert (kept[0], kept[-1]) == (good[0]["id"], good[1]["id"])
        assert len(kept) + int(answer.headers.get("LRX-Set-Aside", 0)) == len(bodies)
        stored = await house.exchange.database.read(lambda session, kept=kept: _bodies(session, kept))
        assert set(stored.values()) <= set(bodies)
        assert set(stored) == set(kept)
    await house.project()
    for path in ("/statements/set-aside", "/statements/parked", "/learners", "/courses", "/alerts"):
        await house.site.get(path)


def _bodies(session: Session, ids: list[str]) -> dict[str, bytes]:
    wanted = select(Statement).where(col(Statement.statement_id).in_([UUID(one) for one in ids]))
    return {str(found.statement_id): found.body for found in session.exec(wanted)}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("place", PLACES)
async def test_a_strict_client_gets_one_answer_or_the_other(house: House, place: str) -> None:
    for words in naughty_strings()[list(PLACES).index(place) % 10 :: 10]:
        sent = statement(**PLACES[place](words))
        answer = await house.site.statements([sent], strict=True)
        assert answer.status_code in (200, 400)
        assert answer.status_code == 400 or len(answer.json()) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("header", ["Authorization", "Content-Type", "X-Experience-API-Version", "X-Request-Id"])
async def test_each_header_is_understood_or_refused(house: House, header: str) -> None:
    usual = {"Content-Type": "application/json", "X-Experience-API-Version": "1.0.3"}
    for words in naughty_strings():
        headers = {name.encode(): value.encode() for name, value in usual.items()}
        headers[header.encode()] = words.encode("utf-8", "surrogatepass")
        auth = None if header == "Authorization" else house.site.lms
        answer = await house.http.post("/xapi/statements", content=b"[]", headers=headers, auth=auth)
        assert answer.status_code < 500
