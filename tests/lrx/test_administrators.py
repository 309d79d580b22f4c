from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from argon2 import extract_parameters
from sqlmodel import Session, select

from lrx.access import ALL_SCOPES, Act
from lrx.administrators import (
    AdministratorTaken,
    UnknownAdministrator,
    change_password,
    check_password,
    disable,
    hash_password,
)
from lrx.errors import Invalid
from lrx.exchange import Exchange
from lrx.models import SignIn
from lrx.sign_ins import SignInRefused, sign_in
from lrx.sites import act_for_site, site_named
from tests.lrx.signing_in import PASSWORD, kept, somebody, who

pytestmark = pytest.mark.anyio


async def test_passwords_are_hashed_as_agreed(exchange: Exchange) -> None:
    used = extract_parameters((await somebody(exchange)).password_hash)
    assert (used.type.name, used.memory_cost, used.time_cost, used.parallelism) == ("ID", 19456, 2, 1)


def act_of(session: Session, exchange: Exchange, site: str = "lakeside") -> Act:
    return act_for_site(site_named(session, site), "system:test", exchange.clock.now(), uuid4)


async def test_a_disabled_administrator_is_signed_out_and_signs_in_no_more(exchange: Exchange) -> None:
    made = await somebody(exchange)
    token = await sign_in(exchange, "priya", PASSWORD)

    await exchange.database.write(lambda session: disable(session, act_of(session, exchange), " Priya"))

    assert await who(exchange, token) is None
    assert await exchange.database.read(lambda session: session.exec(select(SignIn)).all()) == []
    with pytest.raises(SignInRefused):
        await sign_in(exchange, "priya", PASSWORD)
    assert ("disable", str(made.id)) in await kept(exchange)


async def test_another_password_ends_the_sign_ins_made_with_the_old_one(exchange: Exchange) -> None:
    made = await somebody(exchange)
    token = await sign_in(exchange, "priya", PASSWORD)

    def change(session: Session) -> None:
        change_password(session, act_of(session, exchange), "priya", "another long password")

    await exchange.database.write(change)

    assert await who(exchange, token) is None
    with pytest.raises(SignInRefused):
        await sign_in(exchange, "priya", PASSWORD)
    assert await sign_in(exchange, "priya", "another long password")
    assert ("change_password", str(made.id)) in await kept(exchange)


async def test_a_short_password_and_an_administrator_of_another_site_are_refused(exchange: Exchange) -> None:
    await somebody(exchange)
    await somebody(exchange, site="hilltop", username="marc")

    def work(username: str, password: str) -> Callable[[Session], None]:
        return lambda session: change_password(session, act_of(session, exchange), username, password)

    with pytest.raises(Invalid):
        await exchange.database.write(work("priya", "elevenchars"))
    with pytest.raises(UnknownAdministrator):
        await exchange.database.write(work("marc", PASSWORD))
    with pytest.raises(UnknownAdministrator):
        await exchange.database.write(lambda session: disable(session, act_of(session, exchange), "marc"))
    assert await sign_in(exchange, "marc", PASSWORD)


async def test_a_user_name_is_taken_across_the_network(exchange: Exchange) -> None:
    await somebody(exchange)
    with pytest.raises(AdministratorTaken):
        await somebody(exchange, site="hilltop", username="Priya")


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"password": "elevenchars"}, "/password"),
        ({"username": "  "}, "/username"),
        ({"username": "x" * 101}, "/username"),
        ({"full_name": ""}, "/full_name"),
        ({"scopes": ["courses:read", "everything"]}, "/scopes"),
    ],
)
async def test_what_cannot_be_taken_is_said(exchange: Exchange, fields: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await somebody(exchange, **fields)
    assert [fault.pointer for fault in refusal.value.faults] == [pointer]


async def test_an_administrator_gets_every_scope_unless_told_otherwise(exchange: Exchange) -> None:
    assert (await somebody(exchange)).scopes == sorted(ALL_SCOPES)


def test_a_password_is_the_same_however_its_accents_were_typed() -> None:
    composed, decomposed = "mot de passe secr\u00e8t", "mot de passe secre\u0300t"
    password_hash = hash_password(composed)
    assert check_password(password_hash, decomposed)
    assert not check_password("not a hash", composed)
