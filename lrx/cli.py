"""The command `lrx`. With `--json` there is one document on stdout; what is for people goes to stderr."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID

import anyio
import typer
import uvloop
from cryptography.fernet import Fernet
from sqlmodel import Session

from lrx import administrators, audit, credentials, schema, worker
from lrx.access import ALL_SCOPES, Act
from lrx.api.openapi import document
from lrx.api.routes import OPERATIONS
from lrx.demo.run import run_demo
from lrx.errors import Invalid, LrxError
from lrx.exchange import Exchange, open_exchange
from lrx.logs import configure_logs
from lrx.models import AccountNames, CredentialKind, CredentialMode
from lrx.readiness import require_ready
from lrx.registry import recipient_named
from lrx.server import serve as run_server
from lrx.server import signalled
from lrx.settings import Settings, load_settings
from lrx.sites import DEFAULT, act_for_site, create_site, ensure_default_site, site_named
from lrx.text import Language, Text, say, text
from lrx.xapi.projector import rebuild

__all__ = ["app", "main"]

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False, help=__doc__)
credentials_app = typer.Typer(no_args_is_help=True, help="Ways in for systems.")
administrators_app = typer.Typer(no_args_is_help=True, help="People who sign in.")
sites_app = typer.Typer(no_args_is_help=True, help="Learning environments; a single one needs none of this.")
app.add_typer(credentials_app, name="credentials")
app.add_typer(administrators_app, name="administrators")
app.add_typer(sites_app, name="sites")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)]
SiteCode = Annotated[str, typer.Option(help="Code of the site.")]
PasswordFile = Annotated[Path | None, typer.Option(help="A file that holds the password; else it is asked for.")]
CLI_ACTOR = "system:cli"


class UnreadablePassword(Invalid):
    """The file that should hold a password cannot be read."""

    code = "password_unreadable"


@app.command()
def migrate(as_json: AsJson = False) -> None:
    """Bring the database to the newest schema. Safe to run again."""
    settings = load_settings()
    revision = schema.migrate(settings.effective_database_url)
    asyncio.run(_with_exchange(settings, _make_default_site))
    _tell({"revision": revision}, text("The database is at revision {revision}."), as_json)


@app.command()
def serve(
    host: Host = "127.0.0.1",
    port: Port = 8080,
    with_worker: Annotated[bool, typer.Option("--worker/--no-worker", help="Run the worker inside.")] = True,
    as_json: AsJson = False,
) -> None:
    """Answer requests."""
    settings = load_settings()
    _tell({"url": f"http://{host}:{port}"}, text("LRX answers at {url}."), as_json)
    uvloop.run(run_server(settings, host=host, port=port, with_worker=with_worker))


@app.command("worker")
def run_worker(as_json: AsJson = False) -> None:
    """Derive completions from statements and do the chores. Any number may run against one PostgreSQL."""

    async def work(exchange: Exchange) -> None:
        await require_ready(exchange)
        _tell({"worker": "running"}, text("The worker runs."), as_json)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(worker.run, exchange)
            await signalled()
            tasks.cancel_scope.cancel()

    uvloop.run(_with_exchange(load_settings(), work))


@app.command()
def demo(host: Host = "127.0.0.1", port: Port = 8080, as_json: AsJson = False) -> None:
    """Start a demonstration site from nothing: captured statements, demo people, a recipient that asks."""
    run_demo(host, port, as_json=as_json)


@app.command()
def openapi(
    output: Annotated[Path | None, typer.Option(help="Write to this file instead of stdout.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print the OpenAPI document of the REST API."""
    described = json.dumps(document(OPERATIONS), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    if output is None:
        sys.stdout.write(described)
        return
    output.write_text(described, encoding="utf-8")
    _tell({"path": str(output)}, text("Written to {path}."), as_json)


@app.command("secret-key")
def secret_key(as_json: AsJson = False) -> None:
    """Print a new key for LRX_SECRET_KEY. It is stored nowhere."""
    key = Fernet.generate_key().decode("ascii")
    sys.stdout.write(json.dumps({"secret_key": key}) + "\n" if as_json else key + "\n")


@app.command("rebuild")
def rebuild_projection(
    from_seq: Annotated[int, typer.Option(help="Number of the first statement to read again.", min=0)] = 0,
    as_json: AsJson = False,
) -> None:
    """Let the worker read all statements again. Records, voidings and deliveries stay; what is missing is added."""

    async def work(exchange: Exchange) -> None:
        await require_ready(exchange)
        await exchange.database.write(lambda session: rebuild(session, from_seq))

    asyncio.run(_with_exchange(load_settings(), work))
    _tell({"from_seq": from_seq}, text("The worker reads statements again from number {from_seq} on."), as_json)


@credentials_app.command("create")
def create_credential(
    kind: Annotated[CredentialKind, typer.Option(help="What it is for.")],
    site: SiteCode = DEFAULT,
    name: Annotated[str, typer.Option(help="A name to know it by.")] = "",
    mode: Annotated[
        CredentialMode, typer.Option(help="For statements: the specification, or what an LMS can live with.")
    ] = (CredentialMode.LMS),
    recipient: Annotated[str | None, typer.Option(help="Whose service account, for --kind recipient.")] = None,
    scope: Annotated[
        list[str] | None, typer.Option(help="What an API key may do; may be repeated. Default: everything.")
    ] = None,
    account_names: Annotated[
        AccountNames | None,
        typer.Option(help="What account names in its statements are. Default: as the first one is."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a credential and print it: it is shown once and never again."""
    scopes = (scope or list(ALL_SCOPES)) if kind is CredentialKind.API else (scope or [])

    def work(session: Session, exchange: Exchange, act: Act) -> credentials.Issued:
        if recipient is not None:
            recipient_named(exchange.recipients, recipient)
        return credentials.issue(
            session,
            act,
            exchange.random,
            kind,
            name=name or kind.value,
            mode=mode,
            recipient=recipient,
            scopes=scopes,
            account_names=account_names,
        )

    issued = asyncio.run(_at_site(site, work))
    if kind is CredentialKind.API:
        _tell({"key": issued.key}, text("Keep this key, it is not shown again: {key}"), as_json)
        return
    shown = {"username": issued.credential.username, "password": issued.secret}
    _tell(shown, text("Keep these, they are not shown again: user name {username}, password {password}"), as_json)


@credentials_app.command("account-names")
def set_account_names(
    username: Annotated[str, typer.Argument(help="User name of the credential.")],
    account_names: Annotated[AccountNames, typer.Argument(help="What they are.")],
    site: SiteCode = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Say what the account names in an LMS's statements are; what was parked for it is tried again within the hour."""

    def work(session: Session, _exchange: Exchange, act: Act) -> None:
        credentials.set_account_names(session, act, username, account_names)

    asyncio.run(_at_site(site, work))
    shown = {"username": username, "account_names": account_names.value}
    _tell(shown, text("The account names of {username} are {account_names}."), as_json)


@credentials_app.command("revoke")
def revoke_credential(username: str, site: SiteCode = DEFAULT, as_json: AsJson = False) -> None:
    """End a credential now."""

    def work(session: Session, _exchange: Exchange, act: Act) -> None:
        credentials.revoke(session, act, username)

    asyncio.run(_at_site(site, work))
    _tell({"revoked": username}, text("{revoked} is revoked."), as_json)


@administrators_app.command("create")
def create_administrator(
    username: Annotated[str, typer.Option(help="The name to sign in with.")],
    full_name: Annotated[str, typer.Option(help="The person's name.")],
    site: SiteCode = DEFAULT,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Let a person sign in. The password comes from a prompt or a file, never from the command line."""
    password = _password(password_file)

    def work(session: Session, _exchange: Exchange, act: Act) -> str:
        made = administrators.create(session, act, username=username, full_name=full_name, password=password)
        return str(made.id)

    made = asyncio.run(_at_site(site, work))
    _tell({"id": made, "username": username}, text("{username} can sign in."), as_json)


@administrators_app.command("disable")
def disable_administrator(
    username: Annotated[str, typer.Option(help="Whose sign-ins end.")],
    site: SiteCode = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Let a person sign in no longer, and end their sign-ins now."""

    def work(session: Session, _exchange: Exchange, act: Act) -> None:
        administrators.disable(session, act, username)

    asyncio.run(_at_site(site, work))
    _tell({"disabled": username}, text("{disabled} can no longer sign in."), as_json)


@administrators_app.command("password")
def change_password(
    username: Annotated[str, typer.Option(help="Whose password it is.")],
    site: SiteCode = DEFAULT,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Give a person another password, and end the sign-ins made with the old one."""
    password = _password(password_file)

    def work(session: Session, _exchange: Exchange, act: Act) -> None:
        administrators.change_password(session, act, username, password)

    asyncio.run(_at_site(site, work))
    _tell({"username": username}, text("The password of {username} is changed."), as_json)


@sites_app.command("create")
def create_site_command(
    code: Annotated[str, typer.Option(help="A short code, used by commands.")],
    name: Annotated[str, typer.Option(help="The name people see.")],
    time_zone: Annotated[str | None, typer.Option(help="Such as America/Toronto.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add a learning environment to the network."""
    settings = load_settings(**({"time_zone": time_zone} if time_zone else {}))

    async def work(exchange: Exchange) -> None:
        await require_ready(exchange)
        now = exchange.clock.now()

        def new_id() -> UUID:
            return exchange.ids(now)

        def in_session(session: Session) -> None:
            made = create_site(session, code, settings.time_zone, now, new_id, name=name, language=settings.language)
            audit.keep(session, act_for_site(made, CLI_ACTOR, now, new_id), "create", "site", made.id)

        await exchange.database.write(in_session)

    asyncio.run(_with_exchange(settings, work))
    _tell({"code": code}, text("The site {code} is made."), as_json)


async def _with_exchange(settings: Settings, work: Callable[[Exchange], Awaitable[T]]) -> T:
    async with open_exchange(settings) as exchange:
        return await work(exchange)


async def _make_default_site(exchange: Exchange) -> None:
    now = exchange.clock.now()
    await exchange.database.write(
        lambda session: ensure_default_site(session, exchange.settings, now, lambda: exchange.ids(now))
    )


async def _at_site(code: str, work: Callable[[Session, Exchange, Act], T]) -> T:
    async def with_exchange(exchange: Exchange) -> T:
        await require_ready(exchange)
        now = exchange.clock.now()

        def in_session(session: Session) -> T:
            act = act_for_site(site_named(session, code), CLI_ACTOR, now, lambda: exchange.ids(now))
            return work(session, exchange, act)

        return await exchange.database.write(in_session)

    return await _with_exchange(load_settings(), with_exchange)


def _password(path: Path | None) -> str:
    if path is None:
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadablePassword(text("A secret file cannot be read: {reason}.", reason=str(error))) from error


def _tell(document_: dict[str, Any], sentence: Text, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(document_) + "\n")
        sys.stdout.flush()
        return
    typer.echo(say(Text(sentence.message, document_), _language()), err=True)


def main() -> None:
    """Run the command line. Errors of the domain are said in a sentence, with exit code 5; wrong usage gives 2."""
    for command in entry_points(group="lrx.commands"):
        app.command(command.name)(command.load())
    try:
        configure_logs(load_settings())
        app()
    except LrxError as error:
        _refuse(error)
    except BaseExceptionGroup as group:
        # What runs side by side fails side by side: the first sentence is the one to act on.
        refused, others = group.split(LrxError)
        if refused is None or others is not None:
            raise
        _refuse(refused)


def _refuse(error: BaseException) -> None:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    sentence = say(error.detail, _language()) if isinstance(error, LrxError) else str(error)
    typer.echo(sentence, err=True)
    sys.exit(5)


def _language() -> Language:
    """The language of the settings; English when it is the settings that are wrong."""
    try:
        return load_settings().language
    except LrxError:
        return "en"
