"""The XML corpus, at the reader and at the batch endpoint of CMaRS."""

import pytest
from lxml import etree

from recipients.xml import MalformedXml, read_xml
from tests.hostile.corpora import XmlDocument, xml_documents
from tests.house import House

PATH = "/recipients/cmars/v1/learning-records/batch"

FIFTH_EDITION = {
    "xmlconf/eduni/xml-1.1/016.xml": "a character in a name that the fifth edition of XML 1.0 admits",
    "xmlconf/eduni/xml-1.1/019.xml": "a character in a name that the fifth edition of XML 1.0 admits",
}
"""What is not well-formed by earlier editions of XML 1.0 only."""


def _refusal(body: bytes) -> str | None:
    try:
        read_xml(body)
    except MalformedXml as refused:
        return str(refused)
    return None


def test_every_document_is_read_or_refused_with_a_sentence() -> None:
    refusals = {document.name: _refusal(document.body) for document in xml_documents()}

    assert len(refusals) > 3_000
    assert all(sentence is None or sentence.endswith(".") for sentence in refusals.values())
    assert sum(sentence is None for sentence in refusals.values()) > 400


def test_what_is_not_well_formed_is_refused() -> None:
    read = {one.name for one in xml_documents() if one.kind == "not-wf" and _refusal(one.body) is None}

    assert read == set(FIFTH_EDITION)


def test_what_has_a_doctype_is_refused() -> None:
    read = {one.name for one in xml_documents() if _has_doctype(one) and _refusal(one.body) is None}

    assert not read
    assert sum(map(_has_doctype, xml_documents())) > 1_500


def _has_doctype(document: XmlDocument) -> bool:
    """Ask a parser with other settings than ours."""
    try:
        tree = etree.fromstring(document.body, etree.XMLParser(resolve_entities=False, no_network=True, recover=True))
    except etree.XMLSyntaxError:
        return False
    return tree is not None and bool(tree.getroottree().docinfo.doctype)


class _Nothing(etree.Resolver):
    """Notes what a parser wants to open."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def resolve(self, url: str, public_id: str, context: object) -> None:
        self.asked.append(url)


def test_nothing_outside_a_document_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing, made = _Nothing(), etree.XMLParser

    def watched(**settings: object) -> etree.XMLParser:
        assert not settings["resolve_entities"]
        assert settings["no_network"]
        parser = made(**settings)  # type: ignore[arg-type]
        parser.resolvers.add(nothing)
        return parser

    monkeypatch.setattr("recipients.xml.etree.XMLParser", watched)
    for document in xml_documents():
        _refusal(document.body)
    assert nothing.asked == []


@pytest.mark.anyio
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_cmars_is_told_that_none_of_them_is_a_batch(house: House) -> None:
    statuses = {}
    for document in xml_documents():
        answer = await house.http.post(
            PATH, content=document.body, auth=house.site.cmars, headers={"Content-Type": "application/xml"}
        )
        statuses[document.name] = answer.status_code
        assert read_xml(answer.content).tag == "{urn:lrx:cmars:v1}refusal"
    assert set(statuses.values()) == {400}
