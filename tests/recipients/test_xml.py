import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from recipients.xml import DEEPEST, LARGEST, MalformedXml, child, clean, element, read_xml, schema, write_xml

BILLION_LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "lol">'
    + b"".join(b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 10))
    + b"]><a>&l9;</a>"
)

ATTACKS = {
    "an external entity": (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "DOCTYPE"),
    "a parameter entity": (b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1/x"> %x;]><a/>', "DOCTYPE"),
    "an entity in an attribute": (b'<!DOCTYPE a [<!ENTITY x "boo">]><a b="&x;"/>', "DOCTYPE"),
    "a billion laughs": (BILLION_LAUGHS, "DOCTYPE"),
    "an external DTD": (b'<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>', "DOCTYPE"),
    "a DOCTYPE after a comment": (b"<!-- a --><?b c?><!DOCTYPE a><a/>", "DOCTYPE"),
    "a DOCTYPE before something broken": (b"<!DOCTYPE a><a><b></a>", "DOCTYPE"),
    "deep nesting": (b"<a>" * (DEEPEST + 1) + b"</a>" * (DEEPEST + 1), "levels deep"),
    "very deep nesting": (b"<a>" * 100_000, "well-formed"),
    "a million neighbours": (b"<a>" + b"<b/>" * 1_000_000 + b"</a>", "too many elements"),
    "very many attributes": (b"<a" + b"".join(b' b%d=""' % n for n in range(200_001)) + b"/>", "too many elements"),
    "version 1.1": (b'<?xml version="1.1"?><a>\xc2\x84</a>', "version"),
    "white space before version 1.1": (b'<?xml \n version = "1.1"?><a/>', "version"),
    "a large document": (b"<a>" + b" " * LARGEST + b"</a>", "bytes"),
    "UTF-16": ('<?xml version="1.0" encoding="utf-16"?><a/>'.encode("utf-16"), "UTF-8"),
    "UTF-16 without a mark": ("<a/>".encode("utf-16-le"), "NUL"),
    "UTF-32": ("<a/>".encode("utf-32-be"), "NUL"),
    "UTF-7 declared": (b'<?xml version="1.0" encoding="UTF-7"?><a>+ADw-</a>', "UTF-8"),
    "EBCDIC declared": (b"<?xml version='1.0' encoding='cp037'?><a/>", "UTF-8"),
    "Latin-1": ("<?xml version='1.0'?><a>\xe9</a>".encode("latin-1"), "byte 25"),
    "NUL": (b"<a>\0</a>", "NUL"),
}

MALFORMED = {
    "nothing": b"",
    "white space": b" \n\t",
    "text": b"CA-ON-CPSO-12345",
    "no root": b"<!-- a -->",
    "two roots": b"<a/><b/>",
    "wrong nesting": b"<a><b></a></b>",
    "the end missing": b"<a>",
    "an entity nobody declared": b"<a>&x;</a>",
    "a prefix nobody declared": b"<x:a/>",
    "an attribute twice": b"<a b='1' b='2'/>",
    "a control character": b"<a>\x01</a>",
    "a reference to NUL": b"<a>&#0;</a>",
    "a reference to a surrogate": b"<a>&#xD800;</a>",
    "the end of a CDATA section": b"<a>]]></a>",
    "an unescaped ampersand": b"<a>a & b</a>",
    "a declaration that is late": b"\n<?xml version='1.0'?><a/>",
    "an unknown version": b"<?xml version='9.0'?><a/>",
    "a very long name": b"<" + b"a" * 100_000 + b"/>",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused_with_its_reason(attack: str) -> None:
    body, reason = ATTACKS[attack]
    with pytest.raises(MalformedXml, match=reason):
        read_xml(body)


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_xml_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(MalformedXml) as refused:
        read_xml(MALFORMED[name])
    assert str(refused.value).endswith(".")


def test_a_mistake_is_told_with_its_place() -> None:
    with pytest.raises(MalformedXml, match="line 3, column 5"):
        read_xml(b"<a>\n  <b>\n</a>\n")


@pytest.mark.parametrize(
    "body",
    [
        b"<a/>",
        b"\xef\xbb\xbf<a/>",
        b'<?xml version="1.0" encoding="UTF-8"?><a/>',
        b"<?xml version='1.0' encoding='us-ascii' standalone='yes'?><a/>",
        b"<a>" * DEEPEST + b"</a>" * DEEPEST,
        b"<!-- <!DOCTYPE a> --><a/>",
        b"<a>" + b"<b/>" * 100_000 + b"</a>",
        b"<a" + b"".join(b' b%d=""' % number for number in range(100_000)) + b"/>",
    ],
)
def test_ordinary_xml_is_read(body: bytes) -> None:
    assert read_xml(body).tag == "a"


def test_a_comment_does_not_cut_a_text_short() -> None:
    assert read_xml(b"<a>CA-ON-<!-- x -->CPSO-<?y z?>12345</a>").text == "CA-ON-CPSO-12345"


def test_a_reference_to_a_file_is_left_alone() -> None:
    root = read_xml(b'<a xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="/etc/passwd" parse="text"/></a>')
    assert all(not one.text for one in root.iter())


@given(body=st.binary() | st.text().map(str.encode) | st.text(alphabet="<>&;!/a[]\"'= -?").map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    refusal, root = "", None
    try:
        root = read_xml(body)
    except MalformedXml as error:
        refusal = str(error)
    assert refusal or root is not None


@given(content=st.text(), value=st.text())
def test_what_is_built_is_always_well_formed(content: str, value: str) -> None:
    built = element("{urn:x}a", content, {"b": value})
    child(built, "{urn:x}c", value, {"d": content})
    root = read_xml(write_xml(built))
    assert (root.tag, root.text or "", root.get("b")) == ("{urn:x}a", clean(content), clean(value))
    assert (root[0].tag, root[0].text or "", root[0].get("d")) == ("{urn:x}c", clean(value), clean(content))


def test_only_what_xml_cannot_hold_is_replaced() -> None:
    assert clean("a\x00b\x1fc\ud800d\ufffee\uffff") == "a�b�c�d�e�"
    assert clean("\t\n\r é\x85\u2028\ue000\ufffd👩🏽") == "\t\n\r é\x85\u2028\ue000\ufffd👩🏽"


@pytest.fixture
def visits() -> Iterator[tuple[int, list[object]]]:
    """A port of this machine, and who came to it."""
    came: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def welcome() -> None:
            try:
                while True:
                    connection, address = server.accept()
                    came.append(address)
                    connection.close()
            except OSError:
                return

        thread = threading.Thread(target=welcome, daemon=True)
        thread.start()
        yield server.getsockname()[1], came
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


XSD = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:{how} schemaLocation="{where}"/>{rest}</xs:schema>'
ELEMENT = '<xs:element name="a" type="number"/>'
TYPE = '<xs:simpleType name="number"><xs:restriction base="xs:integer"/></xs:simpleType>'


def test_a_schema_may_include_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "types.xsd").write_text(f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{TYPE}</xs:schema>')
    (tmp_path / "a.xsd").write_text(XSD.format(how="include", where="types.xsd", rest=ELEMENT))
    compiled = schema(tmp_path / "a.xsd")
    assert compiled.validate(read_xml(b"<a>7</a>"))
    assert not compiled.validate(read_xml(b"<a>seven</a>"))


def test_a_schema_never_reaches_the_network(tmp_path: Path, visits: tuple[int, list[object]]) -> None:
    port, came = visits
    for how in ("include", 'import namespace="urn:x"'):
        (tmp_path / "a.xsd").write_text(XSD.format(how=how, where=f"http://127.0.0.1:{port}/types.xsd", rest=ELEMENT))
        with pytest.raises(etree.XMLSchemaParseError):
            schema(tmp_path / "a.xsd")
    assert came == []


def test_a_document_that_names_a_schema_elsewhere_does_not_make_us_fetch_it(visits: tuple[int, list[object]]) -> None:
    port, came = visits
    body = (
        f'<a xmlns:i="http://www.w3.org/2001/XMLSchema-instance" '
        f'i:noNamespaceSchemaLocation="http://127.0.0.1:{port}/a.xsd"/>'
    ).encode()
    assert read_xml(body).tag == "a"
    with pytest.raises(MalformedXml):
        read_xml(f'<!DOCTYPE a SYSTEM "http://127.0.0.1:{port}/a.dtd"><a/>'.encode())
    assert came == []
