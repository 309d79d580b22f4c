"""Prints `docs/reference/` from the code: a page for each thing an operator or an integrator looks up.

python docs/print_reference.py            write the pages
python docs/print_reference.py --check    change nothing; name the pages that are not as the code has it, and fail
"""

import importlib
import json
import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import typer
from casebook_page import casebook_page
from checks_page import checks_page
from markdown_page import line, page, table
from pydantic import SecretStr
from pydantic_core import PydanticUndefined
from tables_page import tables_page

from lrx.access import ALL_SCOPES, PERMISSIONS
from lrx.api.openapi import document
from lrx.api.operation import operation_of
from lrx.api.routes import OPERATIONS
from lrx.cli import app
from lrx.colleges import colleges
from lrx.errors import LrxError
from lrx.oci_id import OciId
from lrx.recipient import PullRecipient
from lrx.registry import installed_recipients
from lrx.settings import PREFIX, Settings
from lrx.text import say
from lrx.web.error_reference import Entry, entries, known_errors

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"


def settings_page() -> str:
    """Every variable, its default and its meaning."""
    rows = []
    for name, field in Settings.model_fields.items():
        extra = field.json_schema_extra
        secret = isinstance(extra, dict) and bool(extra.get("secret"))
        variable = f"{PREFIX}{name.upper()}"
        rows.append(
            [
                f"`{variable}`" + (f" or `{variable}_FILE`" if secret else ""),
                _default(field.default),
                field.description or "",
            ]
        )
    return page(
        "Settings",
        "Environment variables, read at start. A variable with `_FILE` names a file that holds the value, as container"
        " platforms mount secrets. A value that cannot be taken stops the start with a sentence naming the variable.",
        table(["variable", "default", "meaning"], rows),
    )


def errors_page() -> str:
    """Every error of the domain under its code; the `type` of a problem points here."""
    sections = [_error(entry) for entry in entries(_errors())]
    return page(
        "Errors",
        "A refusal of the REST API is `application/problem+json` (RFC 9457). Its `code` is stable and never translated,"
        " `detail` is a sentence in the reader's language, `errors` says what is wrong where, `turn` says who can act"
        " next, and `retryable` whether the same request can succeed later. The HTTP status is that of the REST API; a"
        " recipient's own service has its own codes, on the recipient's page. Some errors are met only at start, on the"
        " command line or in the worker.",
        *sections,
    )


def permissions_page() -> str:
    """Every permission, who can be given it, and which operations need it."""
    needed: dict[str, list[str]] = {}
    for declared in map(operation_of, OPERATIONS):
        needed.setdefault(declared.permission, []).append(f"`{declared.method} {declared.path}`")
    rows = [
        [
            f"`{name}`",
            str(meaning),
            say(meaning, "fr"),
            "yes" if name in ALL_SCOPES else "no",
            "<br>".join(needed.get(name, [])),
        ]
        for name, meaning in PERMISSIONS.items()
    ]
    return page(
        "Permissions",
        "Every route names one permission for each method. API keys and administrators are given those marked as"
        " scopes; an LMS's credential has `statements:write`, a recipient's service account `transcripts:ask`, and"
        " neither has any other.",
        table(["permission", "meaning", "en français", "scope", "operations of the REST API"], rows),
    )


def cli_page() -> str:
    """Every command with its options."""
    brought = typer.Typer()
    for point in sorted(entry_points(group="lrx.commands"), key=lambda point: point.name):
        brought.command(point.name)(point.load())
    # A lone command would otherwise stand for the whole program.
    brought.callback()(lambda: None)
    sections = [*_commands(typer.main.get_command(app), "lrx"), *_commands(typer.main.get_command(brought), "lrx")]
    return page(
        "Commands",
        "`lrx --help` shows the same. With `--json` a command prints one JSON document on stdout; what is for people"
        " goes to stderr. Exit codes: 0 done, 1 a mistake of ours (of `lrx doctor`: something is wrong), 2 wrong usage,"
        " 5 refused with a sentence, 130 interrupted. `lrx diagnose` and `lrx sweep` also end with 3 where what was"
        " named is not there, and with 2 where it may mean several; the verdict of `lrx diagnose` is 0 delivered, 20"
        " blocked, 21 waiting, 22 unknown, 23 not sent by rule or not applicable.",
        *sections,
    )


def openapi_json() -> str:
    """The OpenAPI document, as `lrx openapi` prints it."""
    return json.dumps(document(OPERATIONS), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def colleges_page() -> str:
    """Every college, and who follows its members."""
    pulls = [one for one in installed_recipients().values() if isinstance(one, PullRecipient)]
    rows = [
        [
            f"`{one.prefix}`",
            one.acronym,
            one.name_en,
            one.name_fr,
            f"`{one.number_shape}`" if one.number_shape else "",
            ", ".join(p.title for p in pulls if p.serves(OciId("CA", "ON", one.code, "0"), p.site_settings())),
        ]
        for one in colleges().values()
    ]
    return page(
        "Colleges",
        f"The {len(rows)} colleges whose numbers make an OCI ID. A number of another shape earns a warning and is never"
        " refused. Which colleges a recipient follows is a setting of the recipient at each site; the last column shows"
        " the default.",
        table(["prefix", "acronym", "name", "nom", "usual number", "served by default"], rows),
    )


PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "errors.md": errors_page,
    "checks.md": checks_page,
    "permissions.md": permissions_page,
    "cli.md": cli_page,
    "tables.md": tables_page,
    "openapi.json": openapi_json,
    "colleges.md": colleges_page,
    "casebook.md": casebook_page,
}


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with `--check` compare them. Returns the exit code."""
    if list(arguments) not in ([], ["--check"]):
        sys.stderr.write(__doc__ or "")
        return 2
    printed = {REFERENCE / name: print_page() for name, print_page in PAGES.items()}
    stale = [path for path, words in printed.items() if not path.exists() or path.read_text("utf-8") != words]
    foreign = [path for path in sorted(REFERENCE.glob("*")) if path not in printed]
    if arguments:
        for path in [*stale, *foreign]:
            sys.stderr.write(f"{path.relative_to(ROOT)} is not as the code has it. Run `make docs`.\n")
        return 1 if stale or foreign else 0
    REFERENCE.mkdir(exist_ok=True)
    for path in stale:
        path.write_text(printed[path], encoding="utf-8")
    for path in foreign:
        path.unlink()
    return 0


def _error(entry: Entry) -> str:
    statuses = ", ".join(f"HTTP {status}" for status in entry.statuses)
    standing = f"{statuses} · turn: {entry.turn}" + (" · can be tried again" if entry.retryable else "")
    parts = (f"## {entry.code}", standing, entry.english, str(entry.remedy), f"*En français*: {entry.french}")
    return "\n\n".join(parts)


def _errors() -> list[type[LrxError]]:
    for package in ("lrx", "admin_ui"):
        root = importlib.import_module(package)
        for found in pkgutil.walk_packages(root.__path__, f"{package}."):
            importlib.import_module(found.name)
    return known_errors()


def _commands(command: Any, name: str) -> Iterator[str]:
    for part in command.commands.values():
        full = f"{name} {part.name}"
        if hasattr(part, "commands"):
            yield f"## {full}"
            yield line(part.help or "")
            yield from _commands(part, full)
            continue
        context = typer.Context(part)
        records = [found for one in part.params if (found := one.get_help_record(context)) is not None]
        yield f"## {full}"
        yield line(part.help or "")
        yield table(["option", "meaning"], [[f"`{option}`", meaning] for option, meaning in records])


def _default(value: object) -> str:
    if value is None or value is PydanticUndefined or isinstance(value, SecretStr):
        return ""
    return f"`{json.dumps(value) if isinstance(value, bool | int) else value}`"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
