"""`lrx credentials`: ways in for systems."""

import asyncio
from typing import Annotated

import typer
from sqlmodel import Session

from lrx import credentials
from lrx.access import ALL_SCOPES, Act
from lrx.cli.installation import SiteCode, at_site
from lrx.cli.telling import AsJson, tell
from lrx.exchange import Exchange
from lrx.models import AccountNames, CredentialKind, CredentialMode
from lrx.registry import recipient_named
from lrx.sites import DEFAULT
from lrx.text import text

__all__ = ["group"]

group = typer.Typer(no_args_is_help=True, help="Ways in for systems.")


@group.command("create")
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

    issued = asyncio.run(at_site(site, work))
    if kind is CredentialKind.API:
        tell({"key": issued.key}, text("Keep this key, it is not shown again: {key}"), as_json)
        return
    shown = {"username": issued.credential.username, "password": issued.secret}
    tell(shown, text("Keep these, they are not shown again: user name {username}, password {password}"), as_json)


@group.command("account-names")
def set_account_names(
    username: Annotated[str, typer.Argument(help="User name of the credential.")],
    account_names: Annotated[AccountNames, typer.Argument(help="What they are.")],
    site: SiteCode = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Say what the account names in an LMS's statements are; what was parked for it is tried again within the hour."""

    def work(session: Session, _exchange: Exchange, act: Act) -> None:
        credentials.set_account_names(session, act, username, account_names)

    asyncio.run(at_site(site, work))
    shown = {"username": username, "account_names": account_names.value}
    tell(shown, text("The account names of {username} are {account_names}."), as_json)


@group.command("revoke")
def revoke_credential(username: str, site: SiteCode = DEFAULT, as_json: AsJson = False) -> None:
    """End a credential now."""

    def work(session: Session, _exchange: Exchange, act: Act) -> None:
        credentials.revoke(session, act, username)

    asyncio.run(at_site(site, work))
    tell({"revoked": username}, text("{revoked} is revoked."), as_json)
