"""Wrong settings are told in a sentence that names the variable and holds no secret."""

import pytest

from lrx.settings import InvalidSettings, load_settings


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("LRX_DATABASE_URL", "nonsense", "LRX_DATABASE_URL: It is no address of a database."),
        ("LRX_DATABASE_URL", "postgresql://host:port/lrx", "LRX_DATABASE_URL: It is no address of a database."),
        ("LRX_DATABASE_URL", "mysql://lrx:s3cret@host/lrx", "LRX_DATABASE_URL: mysql is no database LRX can use."),
        ("LRX_DATABASE_URL", "sqlite+aiosqlite:///lrx.db", "sqlite+aiosqlite is no database LRX can use."),
        ("LRX_DATABASE_URL", "sqlite://", "LRX_DATABASE_URL: It names no database."),
        ("LRX_DATABASE_URL", "postgresql://lrx:s3cret@host", "LRX_DATABASE_URL: It names no database."),
        ("LRX_FROZEN_CLOCK", "tomorrow", "LRX_FROZEN_CLOCK: Give a date and a time with its zone"),
        ("LRX_FROZEN_CLOCK", "2026-04-01T14:30:00", "LRX_FROZEN_CLOCK: Give a date and a time with its zone"),
        ("LRX_TIME_ZONE", "Toronto", "LRX_TIME_ZONE: Give a time zone of the IANA list"),
        ("LRX_SIGN_IN_RATE_LIMIT", "often", "LRX_SIGN_IN_RATE_LIMIT: Give a rate such as 6000/minute."),
        ("LRX_API_RATE_LIMIT", "0/minute", "LRX_API_RATE_LIMIT: Give a rate such as 6000/minute."),
        ("LRX_LOG_LEVEL", "loud", "LRX_LOG_LEVEL: Give one of: debug, info, warning, error."),
        ("LRX_SESSION_HOURS", "0", "LRX_SESSION_HOURS: Give 1 or more."),
    ],
)
def test_a_wrong_setting_is_told_in_a_sentence(
    name: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSettings) as refusal:
        load_settings()
    assert sentence in str(refusal.value)
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    ["sqlite:///var/lrx.db", "sqlite:////srv/lrx.db", "postgresql://lrx@host/lrx", "postgresql+asyncpg://lrx@host/lrx"],
)
def test_a_database_lrx_can_use_is_taken(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRX_DATABASE_URL", url)
    assert load_settings().database_url == url


def test_an_instant_with_its_zone_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRX_FROZEN_CLOCK", "2026-04-01T14:30:00Z")
    assert load_settings().frozen_clock == "2026-04-01T14:30:00Z"
