"""What goes in and out around the core: settings, secrets, starts that must be refused, identifiers."""

import logging
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest
import structlog
from cryptography.fernet import Fernet

from lrx.exchange import DatabaseMissing, open_exchange
from lrx.identifiers import IdSource
from lrx.logs import configure_logs
from lrx.models import SiteRecipient
from lrx.readiness import SchemaBehind, require_ready
from lrx.settings import InvalidSettings, load_settings
from lrx.vault import Vault, WrongKey, open_vault
from tests.fakes import FakePush
from tests.house import House


def test_a_setting_comes_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRX_TIME_ZONE", "America/Vancouver")

    assert load_settings().time_zone == "America/Vancouver"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LRX_TIME_ZONE", "Mars/Olympus"),
        ("LRX_RECIPIENT_RATE_LIMIT", "often"),
        ("LRX_LOG_LEVEL", "loud"),
        ("LRX_MAX_BODY_BYTES", "1"),
    ],
)
def test_a_wrong_setting_is_refused_by_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(InvalidSettings, match=variable):
        load_settings()


def test_a_secret_can_come_from_a_file_and_stays_out_of_sight(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key = Fernet.generate_key().decode()
    (tmp_path / "key").write_text(f"{key}\n")
    monkeypatch.setenv("LRX_SECRET_KEY_FILE", str(tmp_path / "key"))
    settings = load_settings()

    assert settings.secret_key is not None
    assert settings.secret_key.get_secret_value() == key
    assert key not in repr(settings)


def test_a_secret_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LRX_SECRET_KEY_FILE", str(tmp_path / "missing"))

    with pytest.raises(InvalidSettings, match="missing"):
        load_settings()


def test_a_key_is_made_at_first_start_for_its_owner_alone(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path)
    sealed = open_vault(settings).seal({"password": "swordfish"})

    assert b"swordfish" not in sealed
    assert open_vault(settings).unseal(sealed) == {"password": "swordfish"}
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_any_long_secret_serves_and_a_short_one_is_refused(tmp_path: Path) -> None:
    sealed = Vault(["correct horse battery staple"]).seal({"password": "swordfish"})

    assert Vault(["correct horse battery staple"]).unseal(sealed) == {"password": "swordfish"}
    with pytest.raises(WrongKey, match="too short"):
        open_vault(load_settings(data_dir=tmp_path, secret_key="short"))


def test_keys_are_rotated_by_putting_the_new_one_first() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    sealed = Vault([old]).seal({"password": "swordfish"})

    assert Vault([new, old]).unseal(sealed) == {"password": "swordfish"}
    with pytest.raises(WrongKey):
        Vault([new]).unseal(sealed)


def test_ids_of_one_process_never_come_out_of_order() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    source = IdSource(lambda count: b"\xff" * count)
    times = [now, now, now + timedelta(seconds=1), now, now - timedelta(days=1)]

    made = [source(at) for at in times]

    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {one.version for one in made} == {7}


@pytest.mark.anyio
async def test_recipients_credentials_are_encrypted_and_never_shown(house: House) -> None:
    house.exchange.recipients["fakepush"] = FakePush()  # type: ignore[index]
    secret = {"username": "provider", "password": "swordfish"}

    shown = await house.site.send("PATCH", "/recipients/fakepush", {"credentials": secret})
    refused = await house.site.send("PATCH", "/recipients/fakepush", {"credentials": {"user": "x"}}, status=422)

    assert shown["has_credentials"] is True
    assert "swordfish" not in str(shown)
    assert {one["pointer"] for one in refused["errors"]} >= {"/credentials/username", "/credentials/user"}
    sealed = await house.exchange.database.read(
        lambda session: session.get_one(SiteRecipient, _only(session, "fakepush")).credentials
    )
    assert sealed is not None
    assert b"swordfish" not in sealed
    assert house.exchange.vault.unseal(sealed) == secret

    await require_ready(house.exchange)
    with pytest.raises(WrongKey):
        await require_ready(replace(house.exchange, vault=Vault([Fernet.generate_key().decode()])))


@pytest.mark.anyio
async def test_an_empty_database_stops_the_start_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "lrx.db").touch()
    async with open_exchange(load_settings(data_dir=tmp_path)) as exchange:
        with pytest.raises(SchemaBehind, match="lrx migrate"):
            await require_ready(exchange)


def test_a_folder_without_a_database_stays_as_it_is(tmp_path: Path) -> None:
    async def opened() -> None:
        async with open_exchange(load_settings(data_dir=tmp_path / "var")):
            pass

    with pytest.raises(DatabaseMissing, match=re.escape(str(tmp_path))):
        anyio.run(opened)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.anyio
async def test_logs_hold_no_name_no_identifier_and_no_secret(
    house: House, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    configure_logs(load_settings(log_level="debug"))
    try:
        await house.site.learner("swordfish", "CA-ON-CPSO-98765", email="swordfish@example.org")
        await house.site.course("WHMIS")
        await house.site.complete("swordfish", "WHMIS", "2026-11-18T09:12:00-05:00")
        await house.site.ask("CA-ON-CPSO-98765")
        await house.site.ask("CA-ON-CPSO-11111")
        await house.http.get("/recipients/cmars/v1/learning-records", params={"oci_id": "98765"}, auth=("u", "hunter2"))
        await house.site.statements([{"actor": {"name": "swordfish"}}])
        await house.site.api.get("/api/v1/learners", params={"username": "swordfish", "nonsense": "98765"})
        await house.http.get("/nowhere/98765?password=hunter2")
    finally:
        structlog.configure(**before)
        root.handlers[:] = handlers
        root.setLevel(level)

    printed = capfd.readouterr().err

    assert printed.count('"event"') > 8, "something was logged"
    for private in ("swordfish", "98765", "11111", "hunter2", house.site.cmars[1], house.site.lms[1]):
        assert private not in printed


def _only(session: object, recipient: str) -> object:
    from sqlmodel import Session, select

    assert isinstance(session, Session)
    return session.exec(select(SiteRecipient.id).where(SiteRecipient.recipient == recipient)).one()
