from dataclasses import replace
from datetime import timedelta

import anyio
import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlmodel import Session, select

from lrx import sign_ins
from lrx.administrators import check_password
from lrx.clock import FrozenClock
from lrx.errors import Busy
from lrx.exchange import Exchange
from lrx.models import Administrator, AuditEntry, SignIn
from lrx.sign_ins import SignInLimit, SignInRefused, sign_in, sign_out
from tests.lrx.signing_in import PASSWORD, somebody, who

pytestmark = pytest.mark.anyio


async def test_the_right_password_signs_in(exchange: Exchange) -> None:
    made = await somebody(exchange, scopes=["courses:read"], language="fr")
    token = await sign_in(exchange, " PRIYA ", PASSWORD)
    person = await who(exchange, token)
    assert person is not None
    assert (person.full_name, person.site_name) == ("Priya Sharma", "Lakeside Health")
    caller = person.caller
    assert (caller.kind, caller.id, caller.site_id) == ("administrator", str(made.id), made.site_id)
    assert (caller.scopes, caller.language, str(caller.zone)) == (frozenset({"courses:read"}), "fr", "America/Toronto")
    assert len(token) == 64


async def test_neither_the_password_nor_the_token_is_kept(exchange: Exchange) -> None:
    await somebody(exchange)
    token = await sign_in(exchange, "priya", PASSWORD)

    def kept(session: Session) -> str:
        rows = [*session.exec(select(Administrator)), *session.exec(select(SignIn)), *session.exec(select(AuditEntry))]
        return repr(rows)

    everything = await exchange.database.read(kept)
    assert token not in everything
    assert PASSWORD not in everything


@pytest.mark.parametrize(
    ("username", "password"),
    [("priya", "another long password"), ("nobody", PASSWORD), ("", ""), ("priya", ""), ("pri\0ya", PASSWORD)],
)
async def test_anything_else_is_refused_in_the_same_words(exchange: Exchange, username: str, password: str) -> None:
    await somebody(exchange)
    with pytest.raises(SignInRefused, match="The user name or the password is not right"):
        await sign_in(exchange, username, password)


async def test_an_unknown_name_costs_a_hash_too(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []

    def check(password_hash: str, password: str) -> bool:
        checked.append(password_hash)
        return check_password(password_hash, password)

    monkeypatch.setattr(sign_ins, "check_password", check)
    with pytest.raises(SignInRefused):
        await sign_in(exchange, "nobody", PASSWORD)
    [password_hash] = checked
    assert extract_parameters(password_hash).memory_cost == 19456


async def test_a_disabled_administrator_is_signed_out_and_refused(exchange: Exchange) -> None:
    made = await somebody(exchange)
    token = await sign_in(exchange, "priya", PASSWORD)
    assert await who(exchange, token) is not None

    def disable(session: Session) -> None:
        session.get_one(Administrator, made.id).disabled_at = exchange.clock.now()

    await exchange.database.write(disable)
    assert await who(exchange, token) is None
    with pytest.raises(SignInRefused):
        await sign_in(exchange, "priya", PASSWORD)


async def test_a_sign_in_ends_by_itself(exchange: Exchange, clock: FrozenClock) -> None:
    await somebody(exchange)
    token = await sign_in(exchange, "priya", PASSWORD)
    clock.advance(timedelta(hours=exchange.settings.session_hours) - timedelta(seconds=1))
    assert await who(exchange, token) is not None
    clock.advance(timedelta(seconds=1))
    assert await who(exchange, token) is None


async def test_the_next_sign_in_clears_those_that_ended(exchange: Exchange, clock: FrozenClock) -> None:
    await somebody(exchange)
    await sign_in(exchange, "priya", PASSWORD)
    clock.advance(timedelta(hours=exchange.settings.session_hours))
    await sign_in(exchange, "priya", PASSWORD)
    assert len(await exchange.database.read(lambda session: session.exec(select(SignIn)).all())) == 1


async def test_signing_out_ends_one_sign_in_and_not_the_others(exchange: Exchange) -> None:
    await somebody(exchange)
    here, there = [await sign_in(exchange, "priya", PASSWORD) for _ in range(2)]
    person = await who(exchange, here)
    assert person is not None
    act = exchange.act(person.caller, "-")
    await exchange.database.write(lambda session: sign_out(session, act, here))
    await exchange.database.write(lambda session: sign_out(session, act, here))
    assert await who(exchange, here) is None
    assert await who(exchange, there) is not None


async def test_every_write_leaves_one_audit_row(exchange: Exchange) -> None:
    made = await somebody(exchange)
    token = await sign_in(exchange, "priya", PASSWORD, request_id="req-1")
    person = await who(exchange, token)
    assert person is not None
    act = exchange.act(person.caller, "req-2")
    await exchange.database.write(lambda session: sign_out(session, act, token))
    rows = await exchange.database.read(lambda session: session.exec(select(AuditEntry)).all())
    own = f"administrator:{made.id}"
    assert [(row.actor, row.action, row.subject_id, row.request_id) for row in rows] == [
        ("system:test", "create", str(made.id), "-"),
        (own, "sign_in", str(made.id), "req-1"),
        (own, "sign_out", str(made.id), "req-2"),
    ]


async def test_an_older_hash_is_renewed_at_the_next_sign_in(exchange: Exchange) -> None:
    made = await somebody(exchange)
    older = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)

    def weaken(session: Session) -> None:
        session.get_one(Administrator, made.id).password_hash = older

    await exchange.database.write(weaken)
    await sign_in(exchange, "priya", PASSWORD)
    renewed = await exchange.database.read(lambda session: session.get_one(Administrator, made.id).password_hash)
    assert extract_parameters(renewed).memory_cost == 19456
    assert check_password(renewed, PASSWORD)


async def test_tries_are_counted_by_name_and_address() -> None:
    limit = SignInLimit("2/minute")
    for _ in range(2):
        await limit.count("priya", "192.0.2.1")
    with pytest.raises(Busy) as refusal:
        await limit.count(" Priya", "192.0.2.1")
    assert 1 <= refusal.value.retry_after <= 60
    await limit.count("priya", "192.0.2.2")
    await limit.count("marc", "192.0.2.1")


async def test_one_address_cannot_spray_any_number_of_names() -> None:
    limit = SignInLimit("2/minute")
    for number in range(20):
        await limit.count(f"somebody{number}", "192.0.2.1")
    with pytest.raises(Busy):
        await limit.count("priya", "192.0.2.1")
    await limit.count("priya", "192.0.2.2")


async def test_who_comes_while_many_wait_for_their_password_is_told_to_come_again(exchange: Exchange) -> None:
    await somebody(exchange)
    tokens: list[str] = []

    async def come() -> None:
        tokens.append(await sign_in(exchange, "priya", PASSWORD))

    hashing = sign_ins._hashing()
    await hashing.acquire_on_behalf_of("one")
    await hashing.acquire_on_behalf_of("two")
    async with anyio.create_task_group() as tasks:
        for _ in range(sign_ins.MOST_WAITING):
            tasks.start_soon(come)
        while hashing.statistics().tasks_waiting < sign_ins.MOST_WAITING:
            await anyio.sleep(0.01)
        with pytest.raises(Busy) as refusal:
            await come()
        assert refusal.value.retry_after > 0
        hashing.release_on_behalf_of("one")
        hashing.release_on_behalf_of("two")
    assert len(tokens) == sign_ins.MOST_WAITING


async def test_tokens_come_from_the_exchanges_own_randomness(exchange: Exchange) -> None:
    await somebody(exchange)
    fixed = replace(exchange, random=lambda size: b"\x07" * size)
    assert await sign_in(fixed, "priya", PASSWORD) == "07" * 32
