"""Sentences for people, kept translatable until the moment somebody reads them.

Code and errors hold a `Text`: the English sentence and what it speaks of. A surface (REST, a recipient's service, a
page, the command line) says it in the reader's language with `say`. Catalogues: `lrx/locale/<language>/lrx.po`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from babel.messages.pofile import read_po

__all__ = ["LANGUAGES", "Language", "Text", "say", "text"]

Language = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True, slots=True)
class Text:
    """An English sentence with `{names}` and the values that go there."""

    message: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return say(self, "en")


def text(message: str, /, **values: object) -> Text:
    """Return a sentence to be said later. The literal given here is what the catalogues translate."""
    return Text(message, values)


def say(sentence: Text, language: Language) -> str:
    """Return the sentence in `language`; values that are themselves `Text` are said in it too."""
    template = _catalogue(language).get(sentence.message, sentence.message)
    values = {
        name: say(value, language) if isinstance(value, Text) else value for name, value in sentence.values.items()
    }
    return template.format_map(values) if values else template


@cache
def _catalogue(language: Language) -> Mapping[str, str]:
    if language == "en":
        return {}
    with files("lrx").joinpath("locale", language, "lrx.po").open("rb") as source:
        catalogue = read_po(source, locale=language, charset="utf-8")
    return {str(message.id): str(message.string) for message in catalogue if message.id and message.string}
