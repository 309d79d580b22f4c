import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrx.errors import Invalid
from lrx.recipient import Question
from recipients.cmars.codes import BadRequest, TooManyQuestions
from recipients.cmars.questions import MOST_QUESTIONS, question_in_query, questions_in_body

ID = "CA-ON-CPSO-12345"
FULL = Question(ID, "WHMIS", date(2026, 1, 1), date(2026, 12, 31))


def xml(inner: str, root: str = 'questions xmlns="urn:lrx:cmars:v1"') -> bytes:
    return f"<{root}>{inner}</{root.split()[0]}>".encode()


def test_a_query_string_asks_one_question() -> None:
    assert question_in_query([("oci_id", ID)]) == Question(ID)
    narrowed = [("completed_to", "2026-12-31"), ("oci_id", ID), ("course", "WHMIS"), ("completed_from", "2026-01-01")]
    assert question_in_query(narrowed) == FULL


def test_an_identifier_is_passed_on_as_it_was_written() -> None:
    assert question_in_query([("oci_id", " cpso #12345\x01")]).identifier == " cpso #12345\x01"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ([], "oci_id is missing"),
        ([("course", "WHMIS")], "oci_id is missing"),
        ([("oci_id", ID), ("since", "2026-01-01")], "since is not known here. Use oci_id, course,"),
        ([("oci_ids", ID)], "oci_ids is not known here"),
        ([("oci_id", ID), ("oci_id", ID)], "oci_id is given more than once"),
        ([("oci_id", ID), ("course", "")], "course is empty"),
        ([("oci_id", ID), ("course", "x" * 1001)], "course is longer than 1000 characters"),
        ([("oci_id", ID), ("course", "WH\0MIS")], "course holds the character NUL"),
        ([("oci_id", ID), ("completed_from", "")], "completed_from is not a date"),
        ([("oci_id", ID), ("completed_from", "2026-02-30")], "completed_from is not a date"),
        ([("oci_id", ID), ("completed_from", "20260130")], "completed_from is not a date"),
        ([("oci_id", ID), ("completed_to", "2026-W01-1")], "completed_to is not a date"),
        ([("oci_id", ID), ("completed_to", "1767225600")], "completed_to is not a date"),
        ([("oci_id", ID), ("completed_to", "2026-01-30T00:00:00")], "completed_to is not a date"),
        ([("oci_id", ID), ("completed_to", "٢٠٢٦-٠١-٣٠")], "completed_to is not a date"),
        (
            [("oci_id", ID), ("completed_from", "2026-02-01"), ("completed_to", "2026-01-31")],
            "completed_from is after completed_to",
        ),
    ],
)
def test_a_query_that_is_wrong_is_told_what_to_change(query: list[tuple[str, str]], told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        question_in_query(query)


def test_one_day_is_a_range() -> None:
    asked = question_in_query([("oci_id", ID), ("completed_from", "2026-01-31"), ("completed_to", "2026-01-31")])
    assert asked.completed_from == asked.completed_to == date(2026, 1, 31)


def test_a_batch_asks_the_same_in_json_and_in_xml() -> None:
    narrowing = {"course": "WHMIS", "completed_from": "2026-01-01", "completed_to": "2026-12-31"}
    in_json = json.dumps({"oci_ids": [ID, "", ID], **narrowing}).encode()
    in_xml = xml(
        f"<!-- three --><oci_ids><oci_id>{ID}</oci_id><oci_id/><oci_id><![CDATA[{ID}]]></oci_id></oci_ids>"
        + "".join(f"<{name}>{value}</{name}>" for name, value in narrowing.items())
    )
    expected = [Question(identifier, *("WHMIS", date(2026, 1, 1), date(2026, 12, 31))) for identifier in (ID, "", ID)]
    assert questions_in_body(in_json, "json") == expected
    assert questions_in_body(in_xml, "xml") == expected


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ([], "must be a JSON object"),
        ("x", "must be a JSON object"),
        (None, "must be a JSON object"),
        ({}, "oci_ids is missing"),
        ({"oci_ids": []}, "no OCI ID in the batch"),
        ({"oci_ids": ID}, "oci_ids must be a list"),
        ({"oci_ids": None}, "oci_ids must be a list"),
        ({"oci_ids": [ID, 12345]}, "oci_ids/1 must be a string"),
        ({"oci_ids": [ID], "since": 1}, "since is not known here. Use oci_ids, course,"),
        ({"oci_ids": [ID], "course": 7}, "course must be a string"),
        ({"oci_ids": [ID], "completed_from": 0}, "completed_from is not a date"),
        ({"oci_ids": [ID], "completed_to": ["2026-01-01"]}, "completed_to is not a date"),
        (
            {"oci_ids": [ID], "completed_from": "2026-02-01", "completed_to": "2026-01-31"},
            "completed_from is after completed_to",
        ),
    ],
)
def test_a_json_batch_that_is_wrong_is_told_what_to_change(body: Any, told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        questions_in_body(json.dumps(body).encode(), "json")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (xml("", 'answer xmlns="urn:lrx:cmars:v1"'), "root of the XML must be questions"),
        (xml(f"<oci_ids><oci_id>{ID}</oci_id></oci_ids>", "questions"), "in the namespace urn:lrx:cmars:v1"),
        (xml(""), "does not follow the schema"),
        (xml("<oci_ids/>"), "does not follow the schema"),
        (xml("<oci_ids>CA-ON-CPSO-1</oci_ids>"), "does not follow the schema"),
        (xml("<oci_ids><oci_id><b/></oci_id></oci_ids>"), "does not follow the schema"),
        (xml("<oci_ids><oci_id/></oci_ids><since/>"), "since"),
        (xml("<oci_ids><oci_id/></oci_ids><course>A</course><course>B</course>"), "does not follow the schema"),
        (xml("<oci_ids><oci_id/></oci_ids><completed_from>31/01/2026</completed_from>"), "line 1"),
        (
            xml("<oci_ids><oci_id/></oci_ids><completed_from>2026-01-31Z</completed_from>"),
            "completed_from is not a date",
        ),
        (xml("<oci_ids><oci_id/></oci_ids><course/>"), "course is empty"),
    ],
)
def test_an_xml_batch_that_is_wrong_is_told_what_to_change(body: bytes, told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        questions_in_body(body, "xml")


def test_a_thousand_people_are_a_batch_and_one_more_is_too_many() -> None:
    def in_json(count: int) -> bytes:
        return json.dumps({"oci_ids": [ID] * count}).encode()

    def in_xml(count: int) -> bytes:
        return xml(f"<oci_ids>{f'<oci_id>{ID}</oci_id>' * count}</oci_ids>")

    assert len(questions_in_body(in_json(MOST_QUESTIONS), "json")) == 1000
    assert len(questions_in_body(in_xml(MOST_QUESTIONS), "xml")) == 1000
    for body, body_format in ((in_json(1001), "json"), (in_xml(1001), "xml")):
        with pytest.raises(TooManyQuestions, match="at most 1000 OCI IDs"):
            questions_in_body(body, body_format)  # type: ignore[arg-type]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
nearly_right = st.fixed_dictionaries(
    {"oci_ids": json_values | st.lists(st.text(), max_size=3)},
    optional={
        "course": json_values,
        "completed_from": json_values | st.dates().map(str),
        "completed_to": json_values | st.dates().map(str),
        "\x00": json_values,
    },
)


@given(value=json_values | nearly_right)
def test_any_json_is_understood_or_refused_with_a_sentence(value: Any) -> None:
    refusal = ""
    questions: list[Question] = []
    try:
        questions = questions_in_body(json.dumps(value).encode(), "json")
    except Invalid as error:
        refusal = str(error)
    assert refusal or [question.identifier for question in questions] == value["oci_ids"]
