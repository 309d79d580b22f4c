"""Settings as data: every `LRX_*` variable with its default and its meaning. `docs/reference/settings.md` is printed
from here."""

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from limits import parse
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from lrx.errors import Fault, Invalid
from lrx.faults import faults_of
from lrx.text import Language, text

__all__ = ["InvalidSettings", "Settings", "load_settings"]

PREFIX = "LRX_"

DATABASE_SCHEMES = ("sqlite", "postgresql", "postgresql+asyncpg")


class InvalidSettings(Invalid):
    """A setting cannot be taken as it is; the start is refused with a sentence naming the variable."""

    code = "settings_invalid"


class Settings(BaseSettings):
    """What an operator can set. Secrets can also be given as `<NAME>_FILE`, the path of a file that holds them."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    data_dir: Annotated[Path, Field(description="Folder for everything LRX keeps on disk.")] = Path("var")
    database_url: Annotated[
        str | None,
        Field(
            description="`sqlite:///path` or `postgresql://user:password@host/name`. Default: `lrx.db` in the "
            "data folder.",
            json_schema_extra={"secret": True},
        ),
    ] = None
    secret_key: Annotated[
        SecretStr | None,
        Field(
            description="Key that encrypts recipients' credentials at rest. Several, separated by commas: the "
            "first encrypts,"
            " all decrypt. Default: made at first start and kept in `secret_key` in the data folder.",
            json_schema_extra={"secret": True},
        ),
    ] = None
    time_zone: Annotated[
        str, Field(description="Time zone of a new site; dates are judged in the site's own zone.")
    ] = "America/Toronto"
    language: Annotated[Language, Field(description="Language when a reader states none.")] = "en"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Field(description="`debug`, `info`, `warning` or `error`.")
    ] = "info"
    log_format: Annotated[Literal["json", "console"], Field(description="`json` or `console`.")] = "json"
    max_body_bytes: Annotated[int, Field(description="Largest request body taken, in bytes.", ge=1024)] = (
        8 * 1024 * 1024
    )
    head_seconds: Annotated[
        int, Field(description="Seconds for the head of a request, from its first byte on.", ge=1, le=3600)
    ] = 10
    body_seconds: Annotated[
        int, Field(description="Seconds for the body of a request, however large it is.", ge=1, le=86400)
    ] = 900
    body_bytes_per_second: Annotated[
        int,
        Field(
            description="Slowest a body may come, in bytes a second over any 15 seconds; 0: as slowly as it likes.",
            ge=0,
        ),
    ] = 500
    idle_seconds: Annotated[
        int,
        Field(
            description="Seconds an idle connection is kept open. A proxy in front must give up its own earlier.",
            ge=1,
            le=3600,
        ),
    ] = 15
    unread_seconds: Annotated[
        int,
        Field(description="Seconds a client may leave its answer unread before it is cut off.", ge=1, le=3600),
    ] = 15
    max_connections: Annotated[
        int,
        Field(
            description="Connections open at once. One more closes those idle or late longest; if none is, it is "
            "answered 503.",
            ge=1,
        ),
    ] = 4000
    max_connections_per_address: Annotated[
        int,
        Field(
            description="Connections open at once from one address; 0: no limit. Behind a proxy all come from the "
            "proxy's address: leave it 0 there.",
            ge=0,
        ),
    ] = 0
    max_target_bytes: Annotated[
        int, Field(description="Longest address of a request, path and query, in bytes.", ge=256, le=65536)
    ] = 8192
    max_head_bytes: Annotated[
        int, Field(description="Largest header block of a request, in bytes.", ge=1024, le=1048576)
    ] = 16384
    max_headers: Annotated[int, Field(description="Most headers of a request.", ge=10, le=10000)] = 100
    max_bodies_bytes: Annotated[
        int,
        Field(
            description="Memory for bodies being received, all together, in bytes. The body that goes over it is "
            "answered 503; one of up to 64 KiB is always taken.",
            ge=1048576,
        ),
    ] = 256 * 1024 * 1024
    recipient_rate_limit: Annotated[
        str,
        Field(description="Questions a recipient's service account may ask; an identifier of a batch counts as one."),
    ] = "6000/minute"
    api_rate_limit: Annotated[
        str,
        Field(description="Requests one credential may send to `/api/v1` or `/xapi`, counted in each process."),
    ] = "6000/minute"
    sign_in_rate_limit: Annotated[
        str,
        Field(description="Sign-in tries for one user name from one address; ten times as many for all its names."),
    ] = "10/minute"
    session_hours: Annotated[int, Field(description="Hours a sign-in lasts.", ge=1, le=168)] = 12
    secure_cookies: Annotated[
        bool, Field(description="Send the session cookie over HTTPS only. Off for a try on loopback.")
    ] = True
    frozen_clock: Annotated[
        str | None,
        Field(description="For demonstrations: the ISO 8601 instant at which the clock stands still."),
    ] = None

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(text("Give a time zone of the IANA list, such as America/Toronto.")) from error
        return value

    @field_validator("recipient_rate_limit", "api_rate_limit", "sign_in_rate_limit")
    @classmethod
    def _known_rate(cls, value: str) -> str:
        try:
            rate = parse(value)
        except ValueError as error:
            raise ValueError(text("Give a rate such as 6000/minute.")) from error
        if rate.amount < 1:  # nobody could call at all
            raise ValueError(text("Give a rate such as 6000/minute."))
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str | None) -> str | None:
        if value is None:
            return None
        # The sentences leave the address out: it may hold a password.
        example = text("Write it like sqlite:///var/lrx.db or postgresql://user:password@host/name.")
        try:
            url = make_url(value)
        except (ArgumentError, ValueError):
            raise ValueError(text("It is no address of a database. {example}", example=example)) from None
        if url.drivername not in DATABASE_SCHEMES:
            raise ValueError(
                text("{scheme} is no database LRX can use. {example}", scheme=url.drivername, example=example)
            )
        if not url.database:
            raise ValueError(text("It names no database. {example}", example=example))
        return value

    @field_validator("frozen_clock")
    @classmethod
    def _known_instant(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            has_zone = datetime.fromisoformat(value).tzinfo is not None
        except ValueError:
            has_zone = False
        if not has_zone:
            raise ValueError(text("Give a date and a time with its zone, like 2026-04-01T14:30:00Z."))
        return value

    @property
    def effective_database_url(self) -> str:
        """The database URL, or the embedded database in the data folder when none is set."""
        return self.database_url or f"sqlite:///{self.data_dir / 'lrx.db'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings, env_settings, _SecretFiles(settings_cls))


class _SecretFiles(PydanticBaseSettingsSource):
    """Secrets from `<NAME>_FILE`, as container platforms mount them."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{PREFIX}{field_name.upper()}_FILE")
        extra = field.json_schema_extra
        if not path or not isinstance(extra, dict) or not extra.get("secret"):
            return None, field_name, False
        return Path(path).read_text(encoding="utf-8").strip(), field_name, False

    def __call__(self) -> dict[str, Any]:
        values = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in values.items() if value is not None}


def load_settings(**values: Any) -> Settings:
    """Read the settings from the environment; `values` win. Raises `InvalidSettings` naming the variable."""
    try:
        return Settings(**values)
    except ValidationError as error:
        found = zip(error.errors(include_url=False, include_input=False), faults_of(error, {}), strict=True)
        faults = tuple(
            Fault(
                f"/{where['loc'][0]}",
                "setting_invalid",
                text("{variable}: {sentence}", variable=_variable(where["loc"]), sentence=fault.detail),
                fault.hint,
            )
            for where, fault in found
        )
        raise InvalidSettings(faults[0].detail, faults=faults) from None
    except OSError as error:
        raise InvalidSettings(text("A secret file cannot be read: {reason}.", reason=str(error))) from error


def _variable(location: tuple[int | str, ...]) -> str:
    return f"{PREFIX}{str(location[0]).upper()}"
