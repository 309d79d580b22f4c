"""`lrx doctor`."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from lrx.cli.telling import AsJson, language, print_document
from lrx.clock import SystemClock
from lrx.doctor import Finding, Level, examine, worst
from lrx.settings import InvalidSettings, load_settings
from lrx.text import Text, say, text

__all__ = ["doctor"]

MARKS = {Level.FINE: "✔", Level.WARNING: "!", Level.WRONG: "✖"}
CLOSING = {
    Level.FINE: text("Everything is fine."),
    Level.WARNING: text("Nothing is wrong; some things want a look."),
    Level.WRONG: text("Something is wrong."),
}


def doctor(
    deep: Annotated[bool, typer.Option("--deep", help="Read the whole database. Slow on a large one.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look at everything an operator can get wrong, and say what to do. Exit code 1 when something is wrong."""
    findings = _findings(SystemClock().now(), deep=deep)
    found = worst(findings)
    if as_json:
        print_document({"level": found.value, "findings": [_document(finding) for finding in findings]})
    else:
        _tell(findings, CLOSING[found])
    raise typer.Exit(1 if found is Level.WRONG else 0)


def _findings(now: datetime, *, deep: bool) -> Sequence[Finding]:
    try:
        settings = load_settings()
    except InvalidSettings as error:
        return [Finding("settings", Level.WRONG, error.detail, text("Correct the setting."))]
    if settings.frozen_clock is not None:
        now = datetime.fromisoformat(settings.frozen_clock)
    return asyncio.run(examine(settings, now=now, deep=deep))


def _tell(findings: Sequence[Finding], closing: Text) -> None:
    spoken = language()
    for finding in findings:
        typer.echo(f"{MARKS[finding.level]} {say(finding.detail, spoken)}", err=True)
        if finding.next_step is not None:
            typer.echo(f"  → {say(finding.next_step, spoken)}", err=True)
    typer.echo(say(closing, spoken), err=True)


def _document(finding: Finding) -> dict[str, Any]:
    spoken = language()
    return {
        "check": finding.check,
        "level": finding.level.value,
        "detail": say(finding.detail, spoken),
        "next_step": say(finding.next_step, spoken) if finding.next_step else None,
    }
