"""Clients that write while things break, and their journal: what they were told is kept.

What got no answer, or was refused because the server was busy or broken, is sent again unchanged, as a good client
does; now and then what was acknowledged is sent again as well. None of it may be there twice.
"""

import asyncio
import json
import random
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from tests.crashes.furnishing import COURSE_IRIS, LEARNERS, LMS, SHORTNAMES, Ways

__all__ = ["COMPLETED", "Journal", "Message", "Writer", "lms_batch", "rest_claims", "rest_keyed", "strict_batch"]

COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
VIEWED = "http://id.tincanapi.com/verb/viewed"
BEGIN = datetime(2015, 1, 1, tzinfo=UTC)
PEOPLE = LEARNERS * 5 // 8
"""Of so many people a writer tells. Those of REST and those of xAPI are the same people in part."""
PAUSE = 0.05
"""Seconds before what was refused is sent again. Retry-After says more; the tests have no time for it."""
AGAIN = 0.3
"""How often what was acknowledged last is sent once more in the next life of the server."""
LATER = frozenset({429, 503, 507})


@dataclass(frozen=True)
class Message:
    """One request, and the names under which its content must be found."""

    path: str
    content: bytes
    headers: Mapping[str, str]
    key: str | None = None
    external_ids: tuple[str | None, ...] = ()
    statement_ids: tuple[str, ...] = ()


@dataclass
class Journal:
    """What clients were told."""

    records: dict[UUID, str | None] = field(default_factory=dict)
    """Acknowledged records, each with the external id it was sent under."""
    keys: dict[str, UUID] = field(default_factory=dict)
    """The record that was answered to an Idempotency-Key."""
    statements: set[UUID] = field(default_factory=set)
    acknowledged_at: list[float] = field(default_factory=list)
    """When, by the monotonic clock."""
    refusals: Counter[int] = field(default_factory=Counter)
    """Answers that are no success, by status."""
    surprises: list[str] = field(default_factory=list)
    """Answers that must not be."""

    @property
    def acknowledgements(self) -> int:
        """How many successes there were."""
        return len(self.acknowledged_at)

    def note(self, message: Message, answer: httpx.Response) -> bool:
        """Note an answer; returns whether the message is done with."""
        if answer.status_code in LATER:
            self.refusals[answer.status_code] += 1
            if "retry-after" not in answer.headers:
                self.surprises.append(f"{answer.status_code} without Retry-After: {answer.text}")
            return False
        if not answer.is_success:
            self.refusals[answer.status_code] += 1
            self.surprises.append(f"{message.path}: {answer.status_code} {answer.text}")
            return answer.status_code < 500
        self.acknowledged_at.append(time.monotonic())
        if message.statement_ids:
            self._note_statements(message, answer)
        else:
            self._note_records(message, answer)
        return True

    def _note_statements(self, message: Message, answer: httpx.Response) -> None:
        if answer.json() != list(message.statement_ids):
            self.surprises.append(f"other ids than were sent: {answer.text}")
        self.statements.update(UUID(one) for one in answer.json())

    def _note_records(self, message: Message, answer: httpx.Response) -> None:
        results = answer.json()["data"]
        for external_id, result in zip(message.external_ids, results, strict=True):
            if result["result"] not in ("recorded", "known"):
                self.surprises.append(f"{message.content!r} became {result}")
                continue
            record_id = UUID(result["learning_record_id"])
            self.records[record_id] = external_id
            if message.key is not None:
                self._note_key(message.key, record_id, answer)

    def _note_key(self, key: str, record_id: UUID, answer: httpx.Response) -> None:
        # A record without its key would be found as `known`, with 200: both or neither must have been kept.
        if answer.status_code != 201 or self.keys.setdefault(key, record_id) != record_id:
            self.surprises.append(f"the key {key} got another answer than the first: {answer.text}")


_TYPE = {"Content-Type": "application/json"}
Compose = Callable[["Ways", int, random.Random], Message]


@dataclass
class Writer:
    """One client. It remembers over the lives of the server what it was not answered."""

    compose: Compose
    ways: Ways
    journal: Journal
    chance: random.Random
    place: int
    numbers: int = 0
    unanswered: Message | None = None
    last: Message | None = None

    async def write(self, client: httpx.AsyncClient) -> None:
        """Write until the server is gone."""
        if self.unanswered is None and self.last is not None and self.chance.random() < AGAIN:
            self.unanswered = self.last
        while True:
            try:
                await self.send(client, self.unanswered or self.next())
            except httpx.TransportError:
                return

    async def settle(self, client: httpx.AsyncClient) -> None:
        """Send again what was not answered, until it is."""
        while self.unanswered is not None:
            await self.send(client, self.unanswered)

    async def send(self, client: httpx.AsyncClient, message: Message) -> None:
        """Send one message; it stays unanswered until the answer settles it."""
        self.unanswered = message
        answer = await client.post(message.path, content=message.content, headers=message.headers)
        if self.journal.note(message, answer):
            self.unanswered, self.last = None, message
        else:
            await asyncio.sleep(PAUSE)

    def next(self) -> Message:
        """Compose a message that was never sent."""
        # Writers share no number, so no two completions are at the same time.
        self.numbers += 1
        return self.compose(self.ways, self.numbers * 100 + self.place * 20, self.chance)


def rest_claims(ways: Ways, number: int, chance: random.Random) -> Message:
    """One completion by REST, or a few, each under an external id."""
    names = [f"claim-{number + one}" for one in range(chance.choice((1, 1, 1, 5)))]
    claims = [{**_claim(number + one), "external_id": name} for one, name in enumerate(names)]
    body = claims[0] if len(claims) == 1 else claims
    return Message("/api/v1/learning-records", _json(body), _api(ways), external_ids=tuple(names))


def rest_keyed(ways: Ways, number: int, _chance: random.Random) -> Message:
    """One completion by REST under an Idempotency-Key."""
    key = f"key-{number}"
    headers = {**_api(ways), "Idempotency-Key": key}
    return Message("/api/v1/learning-records", _json(_claim(number)), headers, key=key, external_ids=(None,))


def lms_batch(ways: Ways, number: int, chance: random.Random) -> Message:
    """One to ten statements as Moodle's plug-in sends them, some of which mean nothing."""
    statements = [_moodle_statement(number + one, chance) for one in range(chance.randint(1, 10))]
    return _batch(ways.lms, statements)


def strict_batch(ways: Ways, number: int, chance: random.Random) -> Message:
    """One to ten statements of a plain xAPI client, about people and courses that are known."""
    statements = [_statement(number + one, chance, COMPLETED) for one in range(chance.randint(1, 10))]
    return _batch(ways.strict, statements)


def _batch(auth: tuple[str, str], statements: Sequence[Mapping[str, Any]]) -> Message:
    authorization = f"Basic {b64encode(':'.join(auth).encode()).decode()}"
    headers = {**_TYPE, "Authorization": authorization, "X-Experience-API-Version": "1.0.3"}
    ids = tuple(str(statement["id"]) for statement in statements)
    return Message("/xapi/statements", _json(statements), headers, statement_ids=ids)


def _api(ways: Ways) -> dict[str, str]:
    return {**ways.api, **_TYPE}


def _claim(number: int) -> dict[str, Any]:
    return {
        "learner": {"username": f"user{_person(number, 0)}"},
        "course": {"shortname": SHORTNAMES[number % len(SHORTNAMES)]},
        "completed_at": _moment(number),
    }


def _moodle_statement(number: int, chance: random.Random) -> dict[str, Any]:
    verb, event = chance.choice(((COMPLETED, "course_completed"), (COMPLETED, "course_completed"), (VIEWED, "viewed")))
    statement = _statement(number, chance, verb)
    info = "http://lrs.learninglocker.net/define/extensions/info"
    statement["context"] = {"extensions": {info: {"event_name": f"\\core\\event\\{event}"}}}
    return statement


def _statement(number: int, chance: random.Random, verb: str) -> dict[str, Any]:
    return {
        "id": str(UUID(int=chance.getrandbits(128), version=4)),
        "actor": {"account": {"homePage": LMS, "name": str(_person(number, LEARNERS - PEOPLE) + 1)}},
        "verb": {"id": verb},
        "object": {
            "id": COURSE_IRIS[number % len(COURSE_IRIS)],
            "definition": {"type": "https://w3id.org/xapi/cmi5/activitytype/course"},
        },
        "timestamp": _moment(number),
    }


def _person(number: int, first: int) -> int:
    return first + number // 7 % PEOPLE


def _moment(number: int) -> str:
    return (BEGIN + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _json(body: Any) -> bytes:
    return json.dumps(body).encode()
