"""XML as a hostile format: read what is safe to read, build what cannot be ill-formed, compile vendored schemas."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn, TypeAlias, cast

from lxml import etree

from lrx.errors import Invalid
from lrx.text import Text, text

__all__ = [
    "DEEPEST",
    "LARGEST",
    "MOST_MARKS",
    "Element",
    "MalformedXml",
    "child",
    "clean",
    "element",
    "read_xml",
    "schema",
    "write_xml",
]

Element: TypeAlias = etree._Element

LARGEST = 8 * 1024 * 1024
"""How many bytes a document may have."""

DEEPEST = 100
"""How many elements may lie inside one another."""

MOST_MARKS = 200_000
"""How many `<` and `=` a document may hold: elements and attributes begin with them, and read, one takes a hundred
times the bytes it can be written in."""

_ENCODINGS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DECLARED = re.compile(rb"""\s*<\?xml\s[^>]*?encoding\s*=\s*["']([^"'>]*)["']""")
_VERSION = re.compile(rb"""\s*<\?xml\s+version\s*=\s*["']([^"'>]*)["']""")
_TOO_DEEP = etree.XPath(f"boolean({'/*' * (DEEPEST + 1)})")
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class MalformedXml(Invalid):
    """The bytes are not XML that is safe to read in exactly one way."""

    code = "xml_malformed"


def read_xml(body: bytes) -> Element:
    """Return the root element of the document in `body`, without comments and processing instructions.

    Raises `MalformedXml`, and nothing else, for: no content, more than `LARGEST` bytes or `MOST_MARKS`, a version other
    than 1.0, an encoding other than UTF-8 (or its part ASCII), a DOCTYPE (refused before what follows it is read), XML
    that is not well-formed, an undeclared prefix or entity, and nesting deeper than `DEEPEST`. Nothing outside the
    document is ever read.
    """
    _refuse_size(body)
    _refuse_encoding(body)
    try:
        etree.fromstring(body, _parser(cast("etree.ParserTarget", _Prolog())))
    except _RootReached:
        pass
    except (etree.LxmlError, ValueError) as error:
        _refuse(_place(error), error)
    try:
        root = etree.fromstring(body, _parser())
    except (etree.LxmlError, ValueError) as error:
        _refuse(_place(error), error)
    if _TOO_DEEP(root):
        _refuse(text("The XML is nested more than {limit} levels deep. Flatten it.", limit=DEEPEST))
    return root


def clean(string: str) -> str:
    """Return `string` with each character that XML 1.0 cannot hold (section 2.2) replaced by U+FFFD."""
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", string)


def element(name: str, content: str | None = None, attributes: Mapping[str, str] | None = None) -> Element:
    """Return a root element called `name`, `{namespace}local` for one in a namespace, which becomes the default one.

    Content and values of attributes may be any string: they are escaped, and what XML cannot hold becomes U+FFFD.
    """
    namespace = etree.QName(name).namespace
    made = etree.Element(name, nsmap=cast("dict[str, str]", {None: namespace}) if namespace else None)
    return _fill(made, content, attributes)


def child(
    parent: Element, name: str, content: str | None = None, attributes: Mapping[str, str] | None = None
) -> Element:
    """Add an element at the end of `parent` and return it; names, content and attributes are as in `element`."""
    return _fill(etree.SubElement(parent, name), content, attributes)


def write_xml(root: Element) -> bytes:
    """Return the document as bytes in UTF-8, with an XML declaration."""
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def schema(path: Path) -> etree.XMLSchema:
    """Return the vendored XSD at `path`, compiled. It may include files beside it; nothing is read over the network.

    Raises `lxml.etree.XMLSchemaParseError` for a schema that is wrong or incomplete: a defect of the product.
    """
    return etree.XMLSchema(etree.fromstring(path.read_bytes(), _parser(), base_url=str(path.resolve())))


def _fill(made: Element, content: str | None, attributes: Mapping[str, str] | None) -> Element:
    if content is not None:
        made.text = clean(content)
    for name, value in (attributes or {}).items():
        made.set(name, clean(value))
    return made


class _RootReached(Exception):
    """The prolog was read and holds no DOCTYPE."""


class _Prolog:
    """Reads up to the root element. The parser alone would take a DOCTYPE and expand its entities in attributes."""

    def doctype(self, name: str, public_id: str | None, system_id: str | None) -> NoReturn:
        _refuse(text("The XML has a DOCTYPE, which is not read here. Remove it."))

    def start(self, tag: str, attributes: Mapping[str, str]) -> NoReturn:
        raise _RootReached

    def close(self) -> None:
        """End of a document without a root; the parser says what is wrong with it."""


def _parser(target: "etree.ParserTarget | None" = None) -> etree.XMLParser:
    # The encoding is given, so that no declaration can choose another after the bytes were looked at.
    return etree.XMLParser(
        encoding="utf-8",
        target=target,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )


def _refuse_size(body: bytes) -> None:
    if not body.strip():
        _refuse(text("There is no content. Send XML."))
    if len(body) > LARGEST:
        _refuse(text("The XML has more than {limit} bytes. Send it in parts.", limit=LARGEST))
    if body.count(b"<") + body.count(b"=") > MOST_MARKS:
        _refuse(text("The XML has too many elements and attributes. Send it in parts."))


def _refuse_encoding(body: bytes) -> None:
    # The parser reads version 1.1 by the rules of 1.0, which admit characters that 1.1 forbids.
    version = _VERSION.match(body.removeprefix(_BYTE_ORDER_MARK))
    if version and version[1] != b"1.0":
        _refuse(text("The XML declares a version other than 1.0. Save it as XML 1.0."))
    declared = _DECLARED.match(body.removeprefix(_BYTE_ORDER_MARK))
    if declared and declared[1].decode("ascii", "replace").lower() not in _ENCODINGS:
        _refuse(text("The XML declares an encoding other than UTF-8. Save it as UTF-8."))
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse(text("The XML is not UTF-8: byte {position} is wrong.", position=error.start + 1), error)
    if b"\0" in body:
        _refuse(text("The XML holds the character NUL. Save it as UTF-8."))


def _place(error: Exception) -> Text:
    if not isinstance(error, etree.XMLSyntaxError):
        return text("This is not well-formed XML. Check it with an XML editor.")
    line, column = error.position
    return text(
        "This is not well-formed XML: it cannot be read beyond line {line}, column {column}. Correct it there.",
        line=line,
        column=column,
    )


def _refuse(sentence: Text, cause: Exception | None = None) -> NoReturn:
    raise MalformedXml(sentence) from cause
