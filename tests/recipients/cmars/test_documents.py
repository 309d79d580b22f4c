import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from lrx.errors import Busy
from lrx.oci_id import OciId
from lrx.recipient import Outcome, ProofOfCompletion, Question, Transcript
from lrx.source import Source
from lrx.text import Text, text
from recipients.cmars import documents
from recipients.cmars.documents import Document
from recipients.cmars.questions import SCHEMA
from recipients.xml import clean, read_xml, schema

GOLDEN = Path(__file__).parent / "golden"
PHYSICIAN = OciId("CA", "ON", "CPSO", "12345")
NAUGHTY = (
    "]]>",
    "<script>alert(1)</script>",
    "&amp; & &#0; &xxe;",
    "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
    "<![CDATA[x]]>",
    "\x00\x01\x08\x0b\x0c\x1f\x7f\x85",
    "tab\tline\nreturn\rend",
    "\ufffe\uffff",
    "\ufeffmark",
    "Hygiène des mains – «soins»",
    "医療安全 👩🏽‍⚕️",
    "\u202eright to left\u202c",
    "'; DROP TABLE learner; --",
    '"quoted" \\ {name} %s',
    " ",
    "",
)

MakeProof = Callable[..., ProofOfCompletion]


def transcript(*proofs: ProofOfCompletion, asked: str = "CA-ON-CPSO-12345", number: int = 7) -> Transcript:
    return Transcript(UUID(int=number), Question(asked), Outcome.ANSWERED, PHYSICIAN, text("Answered."), proofs)


def without_records(outcome: Outcome, asked: str, oci_id: OciId | None, detail: Text) -> Transcript:
    return Transcript(UUID(int=8), Question(asked), outcome, oci_id, detail)


def an_activity(a_proof: MakeProof, **changes: Any) -> ProofOfCompletion:
    facts: dict[str, Any] = {
        "record_id": UUID("0199a1b2-0000-7000-8000-000000000002"),
        "object_kind": "activity",
        "activity_id": UUID("0199a1b2-0000-7000-8000-00000000000a"),
        "activity_idnumber": "HS-101-Q",
        "activity_name": "Quiz & attestation",
        "mandatory": True,
        "source": Source.SUPPORTING_DOCUMENTATION,
        "completed_at": datetime(2026, 3, 1, 17, 5, 0, 250_000, tzinfo=UTC),
        "expires_at": None,
        "grade": None,
    }
    return a_proof(**{**facts, **changes})


MALFORMED = without_records(
    Outcome.MALFORMED_IDENTIFIER, "CPSO <12345>\x0b", None, text("Enter one like CA-ON-CPSO-12345.")
)
NOT_SERVED = without_records(
    Outcome.COLLEGE_NOT_SERVED, "cno 77777", OciId("CA", "ON", "CNO", "77777"), text("CMaRS does not serve it.")
)
UNKNOWN = without_records(
    Outcome.UNKNOWN_LEARNER, "CA-ON-CPSO-99", OciId("CA", "ON", "CPSO", "99"), text("Nobody here has this OCI ID.")
)
SEVERAL = without_records(Outcome.SEVERAL_LEARNERS, "CA-ON-CPSO-12345", PHYSICIAN, text("More than one person has it."))

CASES: dict[str, Callable[[MakeProof], tuple[str, Document]]] = {
    "course": lambda a_proof: ("answer", documents.answer(transcript(a_proof()), "request-1", "en")),
    "activity": lambda a_proof: (
        "answer",
        documents.answer(transcript(an_activity(a_proof), a_proof()), "request-1", "en"),
    ),
    "least": lambda a_proof: (
        "answer",
        documents.answer(
            transcript(
                a_proof(course_shortname=None, course_idnumber=None, expires_at=None, grade=None),
                an_activity(a_proof, activity_idnumber=None, activity_name=None, mandatory=False),
            ),
            "request-1",
            "en",
        ),
    ),
    "nothing_to_show": lambda _: ("answer", documents.answer(transcript(), "request-1", "en")),
    "ws400_malformed": lambda _: ("answer", documents.answer(MALFORMED, "request-1", "en")),
    "ws400_not_served": lambda _: ("answer", documents.answer(NOT_SERVED, "request-1", "en")),
    "ws401_unknown": lambda _: ("answer", documents.answer(UNKNOWN, "request-1", "en")),
    "ws401_several": lambda _: ("answer", documents.answer(SEVERAL, "request-1", "en")),
    "naughty_names": lambda a_proof: (
        "answer",
        documents.answer(
            transcript(*(a_proof(course_name=name, course_shortname=name) for name in NAUGHTY), asked=NAUGHTY[5]),
            "request-1",
            "en",
        ),
    ),
    "batch": lambda a_proof: (
        "batch",
        documents.batch([transcript(a_proof()), NOT_SERVED, UNKNOWN, transcript(number=9)], "request-1", "en"),
    ),
    "refusal": lambda _: (
        "refusal",
        documents.refusal(Busy.code, text("Too many questions. Ask again in {n} s.", n=7), "request-1", "en"),
    ),
}


def canonical(document: bytes) -> bytes:
    """Return the document without the white space that only lays it out, in canonical form."""
    root = read_xml(document)
    for one in root.iter():
        if len(one):
            one.text = None
            for child in one:
                child.tail = None
    return etree.tostring(root, method="c14n")


def produced(case: str, a_proof: MakeProof) -> tuple[bytes, bytes]:
    name, document = CASES[case](a_proof)
    return documents.write(name, document, "xml"), documents.write(name, document, "json")


@pytest.mark.parametrize("case", CASES)
def test_a_document_is_the_golden_one(case: str, a_proof: MakeProof) -> None:
    xml, in_json = produced(case, a_proof)
    pairs = ((GOLDEN / f"{case}.xml", xml, canonical), (GOLDEN / f"{case}.json", in_json, json.loads))
    different = [
        (golden, document)
        for golden, document, compared in pairs
        if not golden.exists() or compared(golden.read_bytes()) != compared(document)
    ]
    for golden, document in different:
        golden.with_name(f"{golden.name}.produced").write_bytes(document)
    assert not different, "what was produced differs; it is beside the golden files as .produced"


def test_every_golden_file_is_compared() -> None:
    compared = {f"{case}.{ending}" for case in CASES for ending in ("xml", "json")}
    assert {path.name for path in GOLDEN.iterdir() if path.suffix != ".produced"} == compared


@pytest.mark.parametrize("case", CASES)
def test_a_document_follows_the_schema(case: str, a_proof: MakeProof) -> None:
    schema(SCHEMA).assertValid(read_xml(produced(case, a_proof)[0]))


@pytest.mark.parametrize(
    "wrong",
    [
        b'<answer xmlns="urn:lrx:cmars:v1" version="1.0" request_id="r"/>',
        b'<refusal xmlns="urn:lrx:cmars:v1" version="1.0" request_id="r"><code>WS400</code><message/></refusal>',
        b'<refusal xmlns="urn:lrx:cmars:v1" version="2.0" request_id="r"><code>busy</code><message/></refusal>',
        b'<refusal xmlns="urn:lrx:cmars:v1" version="1.0"><code>busy</code><message/></refusal>',
        b'<refusal version="1.0" request_id="r"><code>busy</code><message/></refusal>',
    ],
)
def test_the_schema_refuses_what_is_never_written(wrong: bytes) -> None:
    assert not schema(SCHEMA).validate(read_xml(wrong))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=st.text(), asked=st.text())
def test_any_name_and_identifier_come_out_as_they_were_kept(name: str, asked: str, a_proof: MakeProof) -> None:
    document = documents.answer(transcript(a_proof(course_name=name), asked=asked), "request-1", "en")

    root = read_xml(documents.write("answer", document, "xml"))
    there = {"l": "urn:lrx:cmars:v1"}
    schema(SCHEMA).assertValid(root)
    assert root.findtext("l:asked", namespaces=there) == clean(asked)
    assert root.findtext("l:records/l:record/l:course/l:name", namespaces=there) == clean(name)

    in_json = json.loads(documents.write("answer", document, "json"))
    assert (in_json["asked"], in_json["records"][0]["course"]["name"]) == (asked, name)


@pytest.mark.parametrize("grade", [0.0, 100.0, 1e-7, 66.66666666666667])
def test_a_grade_is_the_same_number_in_both(grade: float, a_proof: MakeProof) -> None:
    document = documents.answer(transcript(a_proof(grade=grade)), "request-1", "en")
    root = read_xml(documents.write("answer", document, "xml"))
    schema(SCHEMA).assertValid(root)
    assert float(root.findtext(".//{*}grade") or "") == grade
    assert json.loads(documents.write("answer", document, "json"))["records"][0]["grade"] == grade
