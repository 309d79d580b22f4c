"""`lrx administrators`: people who sign in."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session

from lrx import administrators
from lrx.access import Act
from lrx.cli.installation import SiteCode, at_site
from lrx.cli.telling import AsJson, tell
from lrx.errors import Invalid
from lrx.exchange import Exchange
from lrx.sites import DEFAULT
from lrx.text import text

__all__ = ["UnreadablePassword", "group"]

group = typer.Typer(no_args_is_help=True, help="People who sign in.")

PasswordFile = Annotated[Path | None, typer.Option(help="A file that holds the password; else it is asked for.")]


class UnreadablePassword(Invalid):
    """The file that should hold a password cannot be read."""

    code = "password_unreadable"


@group.command("create")
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

    made = asyncio.run(at_site(site, work))
    tell({"id": made, "username": username}, text("{username} can sign in."), as_json)


@group.command("disable")
def disable_administrator(
    username: Annotated[str, typer.Option(help="Whose sign-ins end.")],
    site: SiteCode = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Let a person sign in no longer, and end their sign-ins now."""

    def work(session: Session, _exchange: Exchange, act: Act) -> None:
        administrators.disable(session, act, username)

    asyncio.run(at_site(site, work))
    tell({"disabled": username}, text("{disabled} can no longer sign in."), as_json)


@group.command("password")
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

    asyncio.run(at_site(site, work))
    tell({"username": username}, text("The password of {username} is changed."), as_json)


def _password(path: Path | None) -> str:
    if path is None:
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadablePassword(text("A secret file cannot be read: {reason}.", reason=str(error))) from error
