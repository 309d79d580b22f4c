"""The corpora as values. Tests that need one that was not fetched are skipped loudly, or fail where it is required."""

import json
import os
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
MANIFEST = tomllib.loads((ROOT / "tests" / "corpora.toml").read_text("utf-8"))
REQUIRED = os.environ.get("LRX_TEST_REQUIRE", "")

_TEST = re.compile(r"<TEST\b[^>]*>", re.DOTALL)
_ATTRIBUTE = re.compile(r"""([A-Z]+)\s*=\s*["']([^"']*)["']""")


class XmlDocument(NamedTuple):
    """One document of the XML corpus: its name in it, its bytes, and how its catalogue judges it, "" if it does not."""

    name: str
    body: bytes
    kind: str


def folder(corpus: str) -> Path:
    """Where a corpus of the manifest is; skips or fails the test that asks for one that was not fetched."""
    wanted = MANIFEST[corpus]
    found = ROOT / "var" / "corpora" / f"{wanted['name']}-{wanted['version']}"
    if not found.is_dir():
        missing = f"The corpus {wanted['name']} is not here. Fetch it: make corpora"
        if REQUIRED == "all":
            pytest.fail(missing)
        pytest.skip(missing)
    return found


@cache
def json_texts() -> dict[str, bytes]:
    """The texts of the JSON corpus by name: y_ must be read, n_ must be refused, i_ is left to the reader."""
    script = (folder("json") / "data" / "parsing.js").read_text("utf-8")
    texts: list[dict[str, Any]] = json.loads(script[script.index("[") :].rstrip().rstrip(";"))
    # The package stands in for bytes that are not UTF-8 with U+FFFD, which would be an ordinary character.
    stand_in = "\N{REPLACEMENT CHARACTER}".encode()
    return {text["name"]: text["input"].encode().replace(stand_in, b"\xff") for text in texts}


@cache
def xml_documents() -> tuple[XmlDocument, ...]:
    """Every document of the XML corpus, catalogues included."""
    root = folder("xml")
    bodies = {path: path.read_bytes() for path in sorted(root.rglob("*.xml"))}
    kinds = {
        (path.parent / found["URI"]).resolve(): found["TYPE"]
        for path, body in bodies.items()
        for tag in _TEST.findall(body.decode("utf-8", "replace"))
        if (found := dict(_ATTRIBUTE.findall(tag))).keys() >= {"URI", "TYPE"}
    }
    return tuple(
        XmlDocument(str(path.relative_to(root)), body, kinds.get(path.resolve(), "")) for path, body in bodies.items()
    )


@cache
def naughty_strings() -> tuple[str, ...]:
    """The big list of naughty strings, each once, and what it lacks: what breaks XML, databases and screens."""
    listed: list[str] = json.loads((folder("naughty") / "resources" / "blns.json").read_text("utf-8"))
    return tuple(dict.fromkeys([*listed, *OWN_STRINGS]))


OWN_STRINGS = (
    *(f"A{chr(code)}Z" for code in (*range(0x20), 0x7F, 0x85, 0xA0, 0xAD, 0x2028, 0x2029, 0x200B, 0xFEFF)),
    *(f"A{chr(code)}Z" for code in (0xFDD0, 0xFFFD, 0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF, 0xE000)),
    "\ud800",
    "A\udfffZ",
    "\ud83d",
    "]]>",
    "<![CDATA[",
    "&#0;",
    "&#xFFFE;",
    "%00",
    "%c0%ae%c0%ae/",
    "%",
    "..",
    ".",
    "//lrx.test/",
    "/../../etc/passwd",
    "\r\nSet-Cookie: a=b",
    "I\u0307",
    "e\u0301",
    "ﬁ",
    "\u202eABC",
    "👩🏽‍⚕️",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
    "z" + "\u0301" * 300,
    "9" * 5_000,
    "a" * 100_000,
    "é" * 100_000,
    " ",
    "\u3000",
    "-0",
    "1e999",
    "infinity",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59",
    "00000000-0000-0000-0000-000000000000",
)
