"""Answers and refusals as XML and JSON. Both are written from the same values, so that they always say the same."""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from lrx.clock import written_in_utc
from lrx.recipient import Outcome, ProofOfCompletion, Transcript
from lrx.text import Language, Text, say
from recipients.cmars.codes import OUTCOME_CODES
from recipients.cmars.negotiation import Format
from recipients.cmars.questions import NAMESPACE
from recipients.xml import Element, child, element, write_xml

__all__ = ["VERSION", "Document", "Value", "answer", "batch", "refusal", "write"]

VERSION = "1.0"
"""The version of the contract, in every document."""

Value: TypeAlias = "str | float | bool | Mapping[str, Value] | Sequence[Value] | None"
Document: TypeAlias = Mapping[str, Value]

_ATTRIBUTES = frozenset({"version", "request_id", "inquiry_id", "id", "mandatory"})
_ITEMS: Mapping[str, str] = MappingProxyType({"records": "record", "answers": "answer"})


def answer(transcript: Transcript, request_id: str, language: Language) -> Document:
    """Return the answer to one question: the records, or a code and a message in `language`."""
    return {"version": VERSION, "request_id": request_id, **_about(transcript, language)}


def batch(transcripts: Sequence[Transcript], request_id: str, language: Language) -> Document:
    """Return the answers to a batch, in the order asked."""
    each = [_about(transcript, language) for transcript in transcripts]
    return {"version": VERSION, "request_id": request_id, "answers": each}


def refusal(code: str, detail: Text, request_id: str, language: Language) -> Document:
    """Return the document for a call that was not answered; `code` is the error's and never one of CMaRS's."""
    return {"version": VERSION, "request_id": request_id, "code": code, "message": say(detail, language)}


def write(name: str, document: Document, document_format: Format) -> bytes:
    """Return the document as bytes in UTF-8; `name` is the XML's root, one of `answer`, `batch` and `refusal`.

    In XML, values that are None are left out and characters it cannot hold are replaced by U+FFFD.
    """
    if document_format == "xml":
        root = element(f"{{{NAMESPACE}}}{name}", attributes=_attributes(document))
        _add(root, document)
        return write_xml(root)
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _about(transcript: Transcript, language: Language) -> Document:
    asked = {
        "inquiry_id": str(transcript.inquiry_id),
        "asked": transcript.question.identifier,
        "oci_id": str(transcript.oci_id) if transcript.oci_id else None,
    }
    if transcript.outcome is Outcome.ANSWERED:
        return {**asked, "records": [_record(proof) for proof in transcript.proofs]}
    return {**asked, "code": OUTCOME_CODES[transcript.outcome], "message": say(transcript.detail, language)}


def _record(proof: ProofOfCompletion) -> Document:
    return {
        "id": str(proof.record_id),
        "object": proof.object_kind,
        "course": {
            "shortname": proof.course_shortname,
            "idnumber": proof.course_idnumber,
            "name": proof.course_name,
        },
        "activity": _activity(proof),
        "source": proof.source.value,
        "completed_at": written_in_utc(proof.completed_at),
        "completed_on": proof.completed_on.isoformat(),
        "expires_at": written_in_utc(proof.expires_at) if proof.expires_at else None,
        "grade": proof.grade,
    }


def _activity(proof: ProofOfCompletion) -> Document | None:
    if proof.object_kind == "course":
        return None
    return {
        "id": str(proof.activity_id),
        "mandatory": proof.mandatory,
        "idnumber": proof.activity_idnumber,
        "name": proof.activity_name,
    }


def _add(parent: Element, values: Document) -> None:
    """Add the values below `parent`: an element for each name, and one for each item of a list."""
    for name, value in values.items():
        if value is None or name in _ATTRIBUTES:
            continue
        if isinstance(value, list):
            added = child(parent, f"{{{NAMESPACE}}}{name}")
            for item in value:
                _add(child(added, f"{{{NAMESPACE}}}{_ITEMS[name]}", attributes=_attributes(item)), item)
        elif isinstance(value, Mapping):
            _add(child(parent, f"{{{NAMESPACE}}}{name}", attributes=_attributes(value)), value)
        else:
            child(parent, f"{{{NAMESPACE}}}{name}", _written(value))


def _attributes(values: Document) -> dict[str, str]:
    return {name: _written(value) for name, value in values.items() if name in _ATTRIBUTES}


def _written(value: Value) -> str:
    return json.dumps(value) if isinstance(value, bool | float | int) else str(value)
