from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import anyio
import asyncpg
import httpx
import pytest
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict
from sqlalchemy.engine import make_url
from sqlmodel import Session, col, func, select

from lrx import audit
from lrx.api import idempotency
from lrx.api.idempotency import Reply, forget, once
from lrx.api.operation import Answer, Call, operation
from lrx.errors import Conflict
from lrx.models import AuditEntry, IdempotencyKey
from lrx.text import text
from tests.lrx.api.bench import NOW, Bench

pytestmark = pytest.mark.anyio


class Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")
    word: str
    fails: bool = False


class Granted(BaseModel):
    number: int


@operation("POST", "/wishes", permission="learners:write", summary="Make a wish", tag="wishes", status=201)
def make_wish(call: Call, session: Session, body: Wish) -> Answer[Granted]:
    """Keep an audit row; its number is the answer."""
    audit.keep(session, call.act, "wish", "wish", body.word)
    if body.fails:
        raise Conflict(text("It cannot be."))
    number = session.exec(select(func.max(col(AuditEntry.seq)))).one()
    return Answer(Granted(number=number), headers={"Location": f"/wishes/{number}"})


@operation("POST", "/dreams", permission="learners:write", summary="Dream", tag="wishes", status=201, idempotent=True)
async def dream(call: Call, body: Wish) -> Answer[Granted] | Reply:
    """The same, in a transaction of its own."""

    def effect(session: Session) -> Reply:
        act = call.exchange.act_in(session, call.caller, call.request_id)
        made = replace(call, act=act)
        if call.once is None:
            return call.reply(make_wish(made, session, body))
        return once(session, act, call.once, lambda session: call.reply(make_wish(made, session, body)))

    return await call.write(effect)


async def effects(bench: Bench) -> int:
    counted = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "wish")
    return await bench.exchange.database.read(lambda session: session.exec(counted).one())


async def kept_keys(bench: Bench) -> int:
    counted = select(func.count()).select_from(IdempotencyKey)
    return await bench.exchange.database.read(lambda session: session.exec(counted).one())


def wish(client: httpx.AsyncClient, key: str | None, **body: Any) -> Any:
    return client.post("/wishes", json=body, headers={} if key is None else {"Idempotency-Key": key})


async def test_the_same_request_again_gets_the_first_answer_and_has_no_second_effect(
    bench_on_each_engine: Bench,
) -> None:
    async with bench_on_each_engine.client(make_wish) as client:
        first = await wish(client, "k1", word="a")
        again = await wish(client, "k1", word="a")
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert first.headers["location"] == f"/wishes/{first.json()['number']}"
    assert "idempotency-replayed" not in first.headers
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["content-type"] == "application/json"
    assert await effects(bench_on_each_engine) == 1


async def race(bench: Bench, times: int, path: str = "/wishes") -> None:
    """So many times: eight send the same at once, one has its effect and all get its answer."""
    async with bench.client(make_wish, dream) as client:
        for number in range(times):
            answers: list[httpx.Response] = []
            keyed = {"Idempotency-Key": f"k{number}"}

            async def send(answers: list[httpx.Response] = answers, keyed: dict[str, str] = keyed) -> None:
                answers.append(await client.post(path, json={"word": "a"}, headers=keyed))

            async with anyio.create_task_group() as group:
                for _ in range(8):
                    group.start_soon(send)
            assert {answer.status_code for answer in answers} == {201}
            assert len({(answer.content, answer.headers["location"]) for answer in answers}) == 1
            assert sum("idempotency-replayed" in answer.headers for answer in answers) == 7
            assert await effects(bench) == number + 1


async def test_of_many_at_once_one_has_its_effect_and_all_get_its_answer(bench_on_each_engine: Bench) -> None:
    await race(bench_on_each_engine, 30)


@pytest.mark.slow
async def test_of_very_many_at_once_too(bench_on_each_engine: Bench) -> None:
    settings = bench_on_each_engine.exchange.settings.model_copy(update={"api_rate_limit": "1000000/minute"})
    exchange = replace(bench_on_each_engine.exchange, settings=settings)
    await race(replace(bench_on_each_engine, exchange=exchange), 1000)


async def test_a_coroutine_keeps_its_answer_in_its_own_transaction(bench_on_each_engine: Bench) -> None:
    await race(bench_on_each_engine, 5, "/dreams")
    async with bench_on_each_engine.client(dream) as client:
        assert (await client.post("/dreams", json={"word": "a"})).status_code == 201
        reused = await client.post("/dreams", json={"word": "b"}, headers={"Idempotency-Key": "k0"})
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_twin_waits_for_the_first_some_seconds_and_is_then_told_to_come_again(
    bench_on_each_engine: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "PATIENCE", 1)
    bench = bench_on_each_engine
    async with bench.client(make_wish) as client:
        await wish(client, "other", word="a")
        url = make_url(bench.exchange.settings.effective_database_url).set(drivername="postgresql")
        first = await asyncpg.connect(url.render_as_string(hide_password=False))
        try:
            await first.execute("BEGIN")
            await first.execute(
                "INSERT INTO idempotency_key (id, site_id, credential_id, key, request_hash, status, body, created_at) "
                "SELECT gen_random_uuid(), site_id, credential_id, 'k1', 'another', 0, '', created_at "
                "FROM idempotency_key"
            )
            twin = await wish(client, "k1", word="a")
            assert (twin.status_code, twin.json()["code"]) == (409, "idempotency_in_flight")
            assert twin.json()["retryable"]
            assert int(twin.headers["Retry-After"]) >= 1
            await first.execute("ROLLBACK")
        finally:
            await first.close()
        assert (await wish(client, "k1", word="a")).status_code == 201
    assert await effects(bench) == 2


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_only_the_wait_for_the_key_is_bounded(bench_on_each_engine: Bench) -> None:
    timeouts: list[str] = []

    @operation("POST", "/looks", permission="learners:write", summary="Look", tag="wishes")
    def look(call: Call, session: Session, body: Wish) -> Granted:
        """How long it would wait for anything else."""
        timeouts.append(session.connection().execute(sa.text("SHOW lock_timeout")).scalar_one())
        return Granted(number=1)

    async with bench_on_each_engine.client(look) as client:
        for headers in ({}, {"Idempotency-Key": "k1"}):
            assert (await client.post("/looks", json={"word": "a"}, headers=headers)).status_code == 200
    assert timeouts[0] == timeouts[1]


async def test_a_key_sent_with_another_request_is_refused(bench: Bench) -> None:
    async with bench.client(make_wish) as client:
        await wish(client, "k1", word="a")
        refused = await wish(client, "k1", word="b")
    assert refused.status_code == 422
    assert refused.json()["code"] == "idempotency_key_reused"
    assert await effects(bench) == 1


async def test_without_a_key_each_request_has_its_effect(bench: Bench) -> None:
    async with bench.client(make_wish) as client:
        first, second = await wish(client, None, word="a"), await wish(client, None, word="a")
    assert first.json() != second.json()
    assert await effects(bench) == 2
    assert await kept_keys(bench) == 0


async def test_keys_of_two_credentials_have_nothing_to_do_with_each_other(bench: Bench) -> None:
    async with bench.client(make_wish) as client, bench.client(make_wish, key="other") as other:
        await wish(client, "k1", word="a")
        theirs = await wish(other, "k1", word="b")
    assert theirs.status_code == 201
    assert await effects(bench) == 2


async def test_a_refusal_is_not_kept_so_the_corrected_request_may_use_the_key(bench_on_each_engine: Bench) -> None:
    async with bench_on_each_engine.client(make_wish) as client:
        refused = await wish(client, "k1", word="a", fails=True)
        assert refused.status_code == 409
        assert await kept_keys(bench_on_each_engine) == await effects(bench_on_each_engine) == 0
        corrected = await wish(client, "k1", word="a")
    assert corrected.status_code == 201
    assert await effects(bench_on_each_engine) == 1


@pytest.mark.parametrize(
    ("key", "status"), [("x" * 255, 201), ("x" * 256, 400), ("", 400), ("tab\tinside", 400), ("é", 400)]
)
async def test_a_key_is_1_to_255_printable_characters(bench: Bench, key: str, status: int) -> None:
    async with bench.client(make_wish) as client:
        answer = await client.post("/wishes", json={"word": "a"}, headers={b"Idempotency-Key": key.encode()})
    assert answer.status_code == status
    if status == 400:
        assert answer.json()["code"] == "idempotency_key_invalid"
        assert await effects(bench) == 0


async def test_a_forgotten_key_can_be_used_anew(bench: Bench) -> None:
    async with bench.client(make_wish) as client:
        await wish(client, "k1", word="a")
        assert await bench.exchange.database.write(lambda session: forget(session, NOW)) == 0
        assert await bench.exchange.database.write(lambda session: forget(session, NOW + timedelta(seconds=1))) == 1
        again = await wish(client, "k1", word="b")
    assert again.status_code == 201
    assert await effects(bench) == 2


@pytest.mark.parametrize("status", [199, 302, 404, 500])
def test_an_answer_is_a_success_so_only_successes_are_kept(status: int) -> None:
    make: Callable[..., Any] = Answer
    with pytest.raises(ValueError, match="raise an error"):
        make(Granted(number=1), status=status)
