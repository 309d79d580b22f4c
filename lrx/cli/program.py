"""The program `lrx`: every command on one screen, in the order people meet them, and what is said when one fails."""

import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import entry_points

import typer

from lrx.cli import (
    administrators,
    backups,
    credentials,
    database,
    diagnosing,
    examination,
    printing,
    serving,
    sites,
)
from lrx.cli.telling import language
from lrx.errors import LrxError
from lrx.failures import sentence_of
from lrx.logs import configure_logs
from lrx.settings import load_settings
from lrx.text import Text, say

__all__ = ["app", "main"]

COMMANDS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("migrate", database.migrate),
    ("serve", serving.serve),
    ("worker", serving.run_worker),
    ("doctor", examination.doctor),
    ("diagnose", diagnosing.diagnose),
    ("sweep", diagnosing.sweep),
    ("backup", backups.backup),
    ("restore", backups.restore),
    ("rebuild", database.rebuild_projection),
    ("demo", serving.demo),
    ("openapi", printing.openapi),
    ("secret-key", printing.secret_key),
)
GROUPS = (("credentials", credentials.group), ("administrators", administrators.group), ("sites", sites.group))

REFUSED = 5
"""The exit code of what was refused with a sentence."""


def _program() -> typer.Typer:
    program = typer.Typer(
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        help="The Learning Record Exchange. With `--json` there is one document on stdout; what is for people goes to "
        "stderr.",
    )
    for name, command in COMMANDS:
        program.command(name)(command)
    for name, group in GROUPS:
        program.add_typer(group, name=name)
    return program


app = _program()


def main() -> None:
    """Run the command line. What is refused, and what the machine or the database makes impossible, is said in a
    sentence, with exit code 5; wrong usage gives 2."""
    for command in entry_points(group="lrx.commands"):
        app.command(command.name)(command.load())
    # A command that needs the settings says itself what is wrong with them.
    with suppress(LrxError):
        configure_logs(load_settings())
    try:
        app()
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        typer.echo(say(sentence, language()), err=True)
        sys.exit(REFUSED)


def _sentence(error: Exception) -> Text | None:
    """What to say; None when there is something to trace. What runs side by side fails side by side: the first
    sentence is the one to act on."""
    if isinstance(error, ExceptionGroup):
        told = [_sentence(one) for one in error.exceptions]
        return None if None in told else told[0]
    return sentence_of(error, _database_url())


def _database_url() -> str:
    try:
        return load_settings().effective_database_url
    except LrxError:
        return "sqlite:///"
