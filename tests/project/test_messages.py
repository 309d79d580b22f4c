"""Every sentence for people is there in French, with the same values in it, and none is left over."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

ROOT = Path(__file__).parents[2]
PACKAGES = ("lrx", "recipients", "admin_ui")
LANGUAGES = ("fr",)

RENAMED = {"{name_en}": "{name_fr}"}
"""A college has a name in each language: the catalogue chooses."""

FROM_TEXT = re.compile(r"^from lrx\.text import [^\n]*\btext\b", re.MULTILINE)


def files(pattern: str) -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob(pattern))


def modules_that_speak() -> list[Path]:
    """The modules in which `text` makes sentences for people; elsewhere the name means SQL."""
    return [path for path in files("*.py") if FROM_TEXT.search(path.read_text("utf-8"))]


def extracted() -> dict[str, str]:
    """Every sentence of code and templates, with a place where it stands."""
    found: dict[str, str] = {}
    for path in modules_that_speak():
        with path.open("rb") as source:
            for line, message, _, _ in extract("python", source, keywords={"text": None}):
                found.setdefault(str(message), f"{path.relative_to(ROOT)}:{line}")
    for path in files("*.html"):
        with path.open("rb") as source:
            for line, message, _, _ in extract(
                babel_extract, source, keywords={"_": None}, options={"encoding": "utf-8"}
            ):
                found.setdefault(str(message), f"{path.relative_to(ROOT)}:{line}")
    return found


def catalogue(language: str) -> Catalog:
    with (ROOT / "lrx" / "locale" / language / "lrx.po").open("rb") as source:
        return read_po(source, locale=language, charset="utf-8")


def messages(language: str) -> dict[str, Message]:
    return {str(message.id): message for message in catalogue(language) if message.id}


def values_in(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


SENTENCES = extracted()


def test_sentences_are_found_in_every_package_that_has_some() -> None:
    assert {place.split("/")[0] for place in SENTENCES.values()} >= {"lrx", "recipients"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated(language: str) -> None:
    translated = {name for name, message in messages(language).items() if str(message.string).strip()}
    assert not {f"{place}: {sentence}" for sentence, place in SENTENCES.items() if sentence not in translated}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_left_over(language: str) -> None:
    assert not set(messages(language)) - set(SENTENCES)
    assert not catalogue(language).obsolete


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_a_guess(language: str) -> None:
    assert not [name for name, message in messages(language).items() if message.fuzzy]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_speaks_of_the_same_values(language: str) -> None:
    different = {
        name: str(message.string)
        for name, message in messages(language).items()
        if RENAMED.get(name) != message.string and values_in(name) != values_in(str(message.string))
    }
    assert not different


def test_french_is_spaced_as_in_canada() -> None:
    headers = re.compile(r"(Authorization|Content-Type): ")
    misspaced = re.compile(r"[ \u00a0\u202f][;!?]|[^\u00a0\d/]:(?!\w|/)|«(?!\u00a0)|(?<!\u00a0)»")
    translated = {name: headers.sub("", str(message.string)) for name, message in messages("fr").items()}
    assert not {name: words for name, words in translated.items() if misspaced.search(words)}


@pytest.mark.parametrize("path", modules_that_speak(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_sentence_in_code_is_a_literal(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "text":
            sentence = node.args[0]
            assert isinstance(sentence, ast.Constant), f"line {node.lineno} is not translated"
            assert isinstance(sentence.value, str)
