"""Naughty strings in every text, parameter and header of the REST API."""

import json
from collections.abc import Iterator, Sequence
from urllib.parse import quote

import pytest

from tests.hostile.corpora import naughty_strings
from tests.hostile.scene import DESCRIBED, WITH_BODY, Described, Place, Scene, furnish_scene
from tests.house import House

pytestmark = pytest.mark.anyio

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
named = {"argnames": "described", "ids": lambda described: described.name}

SHARE = 15
"""Lists take much the same parameters: each string goes to one in so many, and to others at the next list."""

BATCHES = [one for one in WITH_BODY if one.path.endswith("/batch")]
ALONE = [one for one in WITH_BODY if one not in BATCHES]
AT_ONCE = 150
LONGEST_ADDRESS = 6_000
"""Characters of a request line that servers take."""

REWRITTEN = {
    "username": "compared in lower case, and kept so",
    "home_page": "addresses are kept in one writing",
    "iri": "addresses are kept in one writing",
    "value": "mailboxes are kept in one writing",
}
"""Texts that come back in another writing, and why."""


def _given_back(answer: object, name: str) -> Iterator[object]:
    """Every value under a name in an answer."""
    if isinstance(answer, dict):
        yield from (value for key, value in answer.items() if key == name)
        for value in answer.values():
            yield from _given_back(value, name)
    elif isinstance(answer, list):
        for value in answer:
            yield from _given_back(value, name)


@on_sqlite
@pytest.mark.parametrize(**named, argvalues=ALONE)
async def test_each_text_of_a_body_is_given_back_as_it_came_or_refused(house: House, described: Described) -> None:
    scene = await furnish_scene(house)
    for place in described.places:
        in_list = place.pointer.startswith("/0/")
        await _try_all(scene, described, place, naughty_strings()[:: 1 if place.is_free and not in_list else 20])


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(**named, argvalues=ALONE)
async def test_postgresql_takes_and_gives_back_the_same(house: House, described: Described) -> None:
    scene = await furnish_scene(house)
    for number, place in enumerate(described.places):
        await _try_all(scene, described, place, naughty_strings()[number % 60 :: 60])


@on_sqlite
@pytest.mark.parametrize(**named, argvalues=BATCHES)
async def test_a_bad_item_of_a_batch_leaves_its_neighbours_alone(house: House, described: Described) -> None:
    scene = await furnish_scene(house)
    (name, (good,)) = next((name, items[:1]) for name, items in described.example.items())
    strings_of_all = naughty_strings()
    for place in described.places:
        for start in range(0, len(strings_of_all), AT_ONCE):
            strings = strings_of_all[start : start + AT_ONCE]
            items = [good, *(place.put(words)[name][0] for words in strings), good]
            body = json.dumps({name: items})
            answer = await scene.send(described, content=body, headers={"Content-Type": "application/json"})
            outcomes = answer.json()["data"]
            assert len(outcomes) == len(items)
            assert not outcomes[0]["problem"], place
            assert not outcomes[-1]["problem"], place


async def _try_all(scene: Scene, described: Described, place: Place, strings: Sequence[str]) -> None:
    for words in strings:
        body = json.dumps(place.put(words))
        answer = await scene.send(described, content=body, headers={"Content-Type": "application/json"})
        if answer.is_success and answer.content:
            _require_given_back(answer.json(), place.pointer.rpartition("/")[2], words)
        elif answer.is_client_error:
            assert answer.headers["content-type"] == "application/problem+json"


def _require_given_back(answer: object, name: str, words: str) -> None:
    found = [value for value in _given_back(answer, name) if isinstance(value, str)]
    if name in REWRITTEN:
        found, words = [_plainly(value) for value in found], _plainly(words)
    assert not found or words in found or words.strip() in found, (name, words, found)


def _plainly(words: str) -> str:
    return "".join(sign for sign in words.casefold() if sign.isprintable() and sign not in " /")


@on_sqlite
@pytest.mark.parametrize("quarter", range(4))
async def test_each_parameter_of_a_query_is_understood_or_refused(house: House, quarter: int) -> None:
    scene = await furnish_scene(house)
    for first, described in list(enumerate(DESCRIBED))[quarter::4]:
        for number, name in enumerate(described.parameters("query"), start=first):
            for words in naughty_strings()[number % SHARE :: SHARE]:
                await scene.send(described, f"{scene.address(described)}?{name}={_quoted(words)}")


@on_sqlite
@pytest.mark.parametrize("quarter", range(4))
async def test_each_parameter_of_a_path_names_something_or_nothing(house: House, quarter: int) -> None:
    scene = await furnish_scene(house)
    for number, described in list(enumerate(DESCRIBED))[quarter::4]:
        example = {"json": described.example} if described in WITH_BODY else {}
        for name in described.parameters("path"):
            for words in naughty_strings()[number % 8 :: 8]:
                answer = await scene.send(described, scene.address(described, **{name: _quoted(words)}), **example)
                assert answer.is_client_error, (described.name, name, words)


def _quoted(words: str) -> str:
    quoted = quote(words.encode("utf-8", "surrogatepass"), safe="")
    if not quoted.strip("."):  # a client takes dots alone for a step in the path
        return "x"
    if len(quoted) <= LONGEST_ADDRESS:
        return quoted
    return quoted[:LONGEST_ADDRESS].rpartition("%")[0] or "x"  # no escape is cut in two


HEADERS = (
    "Accept",
    "Accept-Language",
    "Authorization",
    "Content-Length",
    "Content-Type",
    "Cookie",
    "Host",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Prefer",
    "X-Request-Id",
)


@on_sqlite
@pytest.mark.parametrize("header", HEADERS)
async def test_each_header_is_understood_or_refused(house: House, header: str) -> None:
    scene = await furnish_scene(house)
    create = next(one for one in DESCRIBED if one.name == "create_learner")
    read = next(one for one in DESCRIBED if one.name == "get_learner")
    for number, words in enumerate(naughty_strings()):
        value = words.encode("utf-8", "surrogatepass")
        headers = {b"Content-Type": b"application/json", header.encode(): value}
        answers = [await scene.send(read, headers=headers)]
        if number % 4 == 0:
            body = json.dumps({"username": f"u{number}"})
            answers.append(await scene.send(create, content=body, headers=headers))
        for answer in answers:
            assert all("!" <= sign <= "~" for sign in answer.headers["X-Request-Id"])
