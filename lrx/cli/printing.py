"""Commands that only print: the description of the REST API, and a new key."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from cryptography.fernet import Fernet

from lrx.api.openapi import document
from lrx.api.routes import OPERATIONS
from lrx.cli.telling import AsJson, tell
from lrx.text import text

__all__ = ["openapi", "secret_key"]


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
    tell({"path": str(output)}, text("Written to {path}."), as_json)


def secret_key(as_json: AsJson = False) -> None:
    """Print a new key for LRX_SECRET_KEY. It is stored nowhere."""
    key = Fernet.generate_key().decode("ascii")
    sys.stdout.write(json.dumps({"secret_key": key}) + "\n" if as_json else key + "\n")
