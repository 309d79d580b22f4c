"""What a command says: one JSON document on stdout for scripts, or a sentence on stderr for people."""

import json
import sys
from typing import Annotated, Any

import typer

from lrx.errors import LrxError
from lrx.settings import load_settings
from lrx.text import Language, Text, say

__all__ = ["AsJson", "language", "print_document", "tell"]

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def tell(document: dict[str, Any], sentence: Text, as_json: bool) -> None:
    """Print the document, or say the sentence with the document's values in it."""
    if as_json:
        print_document(document)
        return
    typer.echo(say(Text(sentence.message, {**document, **sentence.values}), language()), err=True)


def print_document(document: dict[str, Any]) -> None:
    """Print one JSON document on stdout."""
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def language() -> Language:
    """The language of the settings; English when it is the settings that are wrong."""
    try:
        return load_settings().language
    except LrxError:
        return "en"
