import json
from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrx.xapi.shapes import JsonObject
from lrx.xapi.validation import MOST_FAULTS, faults

UUID = "6c8e2a3c-7a9d-4d6a-9f0e-0d9e1c7f4b21"
SHA1 = "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"
SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
AMIRA = {"account": {"homePage": "https://lms.example.com", "name": "3"}}
BRUNO = {"objectType": "Agent", "name": "Bruno Silva", "mbox": "mailto:bruno@example.com"}
TEAM = {"objectType": "Group", "name": "Cohort A", "member": [AMIRA, BRUNO]}
COURSE = {"id": "https://lms.example.com/course/view.php?id=2"}
REFERENCE = {"objectType": "StatementRef", "id": UUID}
ATTACHMENT = {
    "usageType": "http://example.com/certificate",
    "display": {"en": "Certificate", "fr-CA": "Attestation"},
    "description": {"en": "Of completion"},
    "contentType": "application/pdf",
    "length": 0,
    "sha2": SHA256,
    "fileUrl": "https://example.com/certificate.pdf",
}
QUESTION = {
    "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
    "interactionType": "choice",
    "correctResponsesPattern": ["a[,]b"],
    "choices": [{"id": "a", "description": {"en": "One"}}, {"id": "b"}],
}
STATEMENT: dict[str, Any] = {
    "id": UUID,
    "actor": {"objectType": "Agent", "name": "Amira Okafor", **AMIRA},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed", "display": {"en": "Completed", "fr": "Terminé"}},
    "object": {
        "objectType": "Activity",
        **COURSE,
        "definition": {
            "name": {"en": "Hypertension Update 2026"},
            "description": {"en": ""},
            "type": "https://w3id.org/xapi/cmi5/activitytype/course",
            "moreInfo": "https://lms.example.com/about",
            "extensions": {"https://example.com/x": None, "https://example.com/y": {"any": [None, {"thing": 1}]}},
        },
    },
    "result": {
        "score": {"scaled": -0.5, "raw": 40, "min": 0.5, "max": 100},
        "success": True,
        "completion": False,
        "response": "",
        "duration": "PT1H30M",
        "extensions": {},
    },
    "context": {
        "registration": UUID,
        "instructor": BRUNO,
        "team": TEAM,
        "contextActivities": {"parent": [COURSE], "grouping": COURSE, "category": [], "other": [COURSE, COURSE]},
        "revision": "2",
        "platform": "Moodle",
        "language": "fr-CA",
        "statement": REFERENCE,
        "extensions": {"https://example.com/z": ["anything"]},
    },
    "timestamp": "2026-11-21T18:16:24.000-05:00",
    "stored": "2026-11-21T23:16:40.123Z",
    "authority": {"objectType": "Agent", **AMIRA},
    "version": "1.0.3",
    "attachments": [ATTACHMENT],
}
SUB_STATEMENT = {
    "objectType": "SubStatement",
    **{name: STATEMENT[name] for name in ("actor", "verb", "object", "result", "context", "timestamp", "attachments")},
}
LEFT_OUT = object()


def changed(pointer: str, value: Any, statement: JsonObject | None = None) -> JsonObject:
    """Return a statement that is faultless but for the value at one place."""
    copy = json.loads(json.dumps(STATEMENT if statement is None else statement))
    *way, last = pointer.removeprefix("/").split("/")
    place = copy
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if value is LEFT_OUT:
        del place[last]
    else:
        place[int(last) if isinstance(place, list) else last] = value
    return cast("JsonObject", copy)


WITHOUT_PLATFORM = changed("/context/platform", LEFT_OUT, changed("/context/revision", LEFT_OUT))
VOIDING = {
    "actor": AMIRA,
    "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
    "object": REFERENCE,
}


@pytest.mark.parametrize(
    "statement",
    [
        STATEMENT,
        {"actor": AMIRA, "verb": {"id": "http://example.com/did"}, "object": COURSE},
        VOIDING,
        changed("/actor", {"mbox_sha1sum": SHA1}),
        changed("/actor", {"openid": "https://openid.example.com/1"}),
        changed("/actor", {"mbox": "mailto:amira@example.com"}),
        changed("/actor", TEAM),
        changed("/actor", {"objectType": "Group", "mbox": "mailto:team@example.com"}),
        changed("/actor", {**TEAM, "openid": "https://openid.example.com/team"}),
        changed("/actor", {**AMIRA, "name": ""}),
        changed("/verb/display", {}),
        changed("/object/definition", {}),
        changed("/object/definition/extensions", {}),
        changed("/object/definition", QUESTION),
        changed("/object/definition", {"interactionType": "other", "correctResponsesPattern": []}),
        changed("/object/definition", {"interactionType": "likert", "scale": [{"id": "1"}]}),
        changed(
            "/object/definition", {"interactionType": "matching", "source": [{"id": "1"}], "target": [{"id": "1"}]}
        ),
        changed("/object/definition", {"interactionType": "performance", "steps": []}),
        changed("/object", {"objectType": "Agent", **AMIRA}, WITHOUT_PLATFORM),
        changed("/object", TEAM, WITHOUT_PLATFORM),
        changed("/object", REFERENCE, WITHOUT_PLATFORM),
        changed("/object", SUB_STATEMENT, WITHOUT_PLATFORM),
        changed("/object", {**VOIDING, "objectType": "SubStatement"}, WITHOUT_PLATFORM),
        changed("/result", {}),
        changed("/result/score", {"scaled": 1}),
        changed("/result/score", {"scaled": -1.0, "raw": -3}),
        changed("/result/score", {"raw": 100, "max": 100}),
        changed("/result/score", {"raw": 0, "min": 0}),
        changed("/context", {}),
        changed("/context/instructor", TEAM),
        changed("/context/contextActivities", {}),
        changed("/version", "1.0"),
        changed("/timestamp", "2031-01-01T00:00:00Z"),
        changed("/authority", {"objectType": "Group", "member": [AMIRA, BRUNO]}),
        changed("/attachments", []),
        changed("/attachments/0/length", 10**30),
    ],
)
def test_a_well_formed_statement_has_no_faults(statement: JsonObject) -> None:
    assert faults(statement) == ()


def test_every_statement_that_moodle_sent_is_faultless(captured: list[JsonObject]) -> None:
    assert len(captured) == 100
    assert [found for statement in captured if (found := faults(statement))] == []


@pytest.mark.parametrize("value", [None, True, 0, "statement", [], [STATEMENT]])
def test_what_is_no_object_is_no_statement(value: Any) -> None:
    (fault,) = faults(value)
    assert (fault.pointer, fault.code) == ("", "type")


BAD: list[tuple[str, Any, str]] = [
    # Statement: what is missing, unknown, null or of another type.
    ("/actor", LEFT_OUT, "missing"),
    ("/verb", LEFT_OUT, "missing"),
    ("/object", LEFT_OUT, "missing"),
    ("/actor", None, "null"),
    ("/verb", None, "null"),
    ("/object", None, "null"),
    ("/result", None, "null"),
    ("/context", None, "null"),
    ("/timestamp", None, "null"),
    ("/attachments", None, "null"),
    ("/actor", "Amira", "type"),
    ("/verb", "completed", "type"),
    ("/object", [], "type"),
    ("/result", [], "type"),
    ("/context", [], "type"),
    ("/attachments", {}, "type"),
    ("/extensions", {}, "unknown_property"),
    ("/Actor", AMIRA, "unknown_property"),
    ("/id", "1", "format"),
    ("/id", 1, "format"),
    ("/id", "", "format"),
    ("/timestamp", "yesterday", "format"),
    ("/timestamp", 1795303049, "format"),
    ("/timestamp", "2026-02-30T00:00:00Z", "format"),
    ("/timestamp", "2026-11-21T23:16:24-00:00", "format"),
    ("/stored", "2026-11-21", "format"),
    ("/version", "2.0.0", "format"),
    ("/version", "0.95", "format"),
    ("/version", 1.0, "format"),
    # Actor
    ("/actor/account", LEFT_OUT, "unidentified"),
    ("/actor/mbox", "mailto:amira@example.com", "identified_twice"),
    ("/actor/objectType", "agent", "value"),
    ("/actor/objectType", "Activity", "value"),
    ("/actor/objectType", None, "value"),
    ("/actor/objectType", ["Agent"], "value"),
    ("/actor/name", 3, "type"),
    ("/actor/name", None, "null"),
    ("/actor/member", [], "unknown_property"),
    ("/actor/email", "amira@example.com", "unknown_property"),
    ("/actor/account", "3", "type"),
    ("/actor/account/homePage", LEFT_OUT, "missing"),
    ("/actor/account/name", LEFT_OUT, "missing"),
    ("/actor/account/homePage", "lms.example.com", "format"),
    ("/actor/account/name", "", "format"),
    ("/actor/account/name", 3, "format"),
    ("/actor/account/homepage", "https://lms.example.com", "unknown_property"),
    ("/actor", {"mbox": "amira@example.com"}, "format"),
    ("/actor", {"mbox": "mailto:amira"}, "format"),
    ("/actor", {"mbox": ["mailto:amira@example.com"]}, "format"),
    ("/actor", {"mbox_sha1sum": SHA256}, "format"),
    ("/actor", {"mbox_sha1sum": "mailto:amira@example.com"}, "format"),
    ("/actor", {"openid": "amira"}, "format"),
    ("/actor", {}, "unidentified"),
    ("/actor", {"objectType": "Group"}, "missing"),
    ("/actor", {"objectType": "Group", "member": []}, "missing"),
    ("/actor", {"objectType": "Group", "member": AMIRA}, "type"),
    ("/actor", {"objectType": "Group", "member": [TEAM]}, "value"),
    ("/actor", {"objectType": "Group", "member": [None]}, "type"),
    ("/actor", {"objectType": "Group", "member": [{"name": "Amira"}]}, "unidentified"),
    ("/actor", {**BRUNO, **AMIRA, "objectType": "Group"}, "identified_twice"),
    # Verb
    ("/verb/id", LEFT_OUT, "missing"),
    ("/verb/id", "completed", "format"),
    ("/verb/id", "", "format"),
    ("/verb/id", None, "null"),
    ("/verb/display", "Completed", "type"),
    ("/verb/display", {"en_CA": "Completed"}, "format"),
    ("/verb/display", {"english language": "Completed"}, "format"),
    ("/verb/display", {"en": None}, "type"),
    ("/verb/display", {"en": {"text": "Completed"}}, "type"),
    ("/verb/name", "Completed", "unknown_property"),
    # Object: activities
    ("/object/id", LEFT_OUT, "missing"),
    ("/object/id", "course 2", "format"),
    ("/object/id", "/course/view.php?id=2", "format"),
    ("/object/objectType", "activity", "value"),
    ("/object/objectType", "Course", "value"),
    ("/object/objectType", 1, "value"),
    ("/object/name", "Hypertension", "unknown_property"),
    ("/object/definition", "course", "type"),
    ("/object/definition", None, "null"),
    ("/object/definition/name", "Hypertension", "type"),
    ("/object/definition/name", {"a12345678": "Hypertension"}, "format"),
    ("/object/definition/description", ["Hypertension"], "type"),
    ("/object/definition/type", "course", "format"),
    ("/object/definition/moreInfo", "lms.example.com", "format"),
    ("/object/definition/extensions", [], "type"),
    ("/object/definition/extensions", {"credits": 3}, "format"),
    ("/object/definition/url", "https://example.com", "unknown_property"),
    ("/object/definition/choices", [{"id": "a"}], "missing"),
    ("/object/definition/correctResponsesPattern", ["a"], "missing"),
    ("/object/definition/interactionType", "multiple-choice", "value"),
    ("/object/definition/interactionType", "Choice", "value"),
    ("/object/definition", {**QUESTION, "correctResponsesPattern": "a"}, "type"),
    ("/object/definition", {**QUESTION, "correctResponsesPattern": [1]}, "type"),
    ("/object/definition", {**QUESTION, "choices": {"a": "One"}}, "type"),
    ("/object/definition", {**QUESTION, "choices": ["a"]}, "type"),
    ("/object/definition", {**QUESTION, "choices": [{"description": {"en": "One"}}]}, "missing"),
    ("/object/definition", {**QUESTION, "choices": [{"id": 1}]}, "format"),
    ("/object/definition", {**QUESTION, "choices": [{"id": ""}]}, "format"),
    ("/object/definition", {**QUESTION, "choices": [{"id": "a"}, {"id": "a"}]}, "value"),
    ("/object/definition", {**QUESTION, "choices": [{"id": "a", "text": "One"}]}, "unknown_property"),
    ("/object/definition", {**QUESTION, "scale": [{"id": "a"}]}, "value"),
    ("/object/definition", {"interactionType": "true-false", "choices": [{"id": "a"}]}, "value"),
    # Object: agents, groups, statements
    ("/object", AMIRA, "missing"),
    ("/object", {"objectType": "Agent", "name": "Amira"}, "unidentified"),
    ("/object", {"objectType": "Group", "name": "Cohort A"}, "missing"),
    ("/object", {"objectType": "StatementRef"}, "missing"),
    ("/object", {"objectType": "StatementRef", "id": "1"}, "format"),
    ("/object", {**REFERENCE, "definition": {}}, "unknown_property"),
    ("/object", {**SUB_STATEMENT, "id": UUID}, "unknown_property"),
    ("/object", {**SUB_STATEMENT, "stored": STATEMENT["stored"]}, "unknown_property"),
    ("/object", {**SUB_STATEMENT, "version": "1.0.3"}, "unknown_property"),
    ("/object", {**SUB_STATEMENT, "authority": AMIRA}, "unknown_property"),
    ("/object", {**SUB_STATEMENT, "object": SUB_STATEMENT}, "value"),
    ("/object", {**SUB_STATEMENT, "object": REFERENCE}, "value"),
    ("/object", {"objectType": "SubStatement", "actor": AMIRA, "object": COURSE}, "missing"),
    ("/object", {**SUB_STATEMENT, "actor": {}}, "unidentified"),
    ("/object", {**SUB_STATEMENT, "timestamp": "tomorrow"}, "format"),
    # Result
    ("/result/passed", True, "unknown_property"),
    ("/result/success", "true", "type"),
    ("/result/success", 1, "type"),
    ("/result/success", None, "null"),
    ("/result/completion", "yes", "type"),
    ("/result/completion", 0, "type"),
    ("/result/response", 4, "type"),
    ("/result/duration", "90 minutes", "format"),
    ("/result/duration", "P4W1D", "format"),
    ("/result/duration", 5400, "format"),
    ("/result/extensions", {"": 1}, "format"),
    ("/result/extensions", "none", "type"),
    ("/result/score", 85, "type"),
    ("/result/score", {"grade": 85}, "unknown_property"),
    ("/result/score/scaled", 1.01, "value"),
    ("/result/score/scaled", -1.00001, "value"),
    ("/result/score/scaled", "0.85", "type"),
    ("/result/score/scaled", True, "type"),
    ("/result/score/raw", 100.1, "value"),
    ("/result/score/raw", 0, "value"),
    ("/result/score/raw", "40", "type"),
    ("/result/score/max", 0.5, "value"),
    ("/result/score/min", 200, "value"),
    ("/result/score/min", None, "null"),
    # Context
    ("/context/session", "1", "unknown_property"),
    ("/context/registration", "773756f5", "format"),
    ("/context/registration", 1, "format"),
    ("/context/instructor", {"name": "Eve"}, "unidentified"),
    ("/context/instructor", "Eve", "type"),
    ("/context/team", AMIRA, "missing"),
    ("/context/team", {"objectType": "Agent", **AMIRA}, "value"),
    ("/context/contextActivities", [], "type"),
    ("/context/contextActivities/parents", [COURSE], "unknown_property"),
    ("/context/contextActivities/parent", "course", "type"),
    ("/context/contextActivities/parent", [{"definition": {}}], "missing"),
    ("/context/contextActivities/parent", [{"objectType": "Agent", **COURSE}], "value"),
    ("/context/contextActivities/grouping", {"id": "course"}, "format"),
    ("/context/contextActivities/category", None, "null"),
    ("/context/contextActivities/other", [COURSE, None], "type"),
    ("/context/revision", 2, "type"),
    ("/context/platform", {}, "type"),
    ("/context/language", "en_CA", "format"),
    ("/context/language", "", "format"),
    ("/context/statement", UUID, "type"),
    ("/context/statement", {"id": UUID}, "missing"),
    ("/context/statement", SUB_STATEMENT, "value"),
    ("/context/extensions", {"registration": 1}, "format"),
    # Authority
    ("/authority", {}, "unidentified"),
    ("/authority", "admin", "type"),
    ("/authority", {"objectType": "Group", "member": [AMIRA]}, "authority"),
    ("/authority", {"objectType": "Group", "member": [AMIRA, BRUNO, BRUNO]}, "authority"),
    ("/authority", {"objectType": "Group", "member": [BRUNO, BRUNO]}, "authority"),
    ("/authority", {**TEAM, "mbox": "mailto:team@example.com"}, "authority"),
    # Attachments
    ("/attachments/0", "certificate.pdf", "type"),
    ("/attachments/0/usageType", LEFT_OUT, "missing"),
    ("/attachments/0/usageType", "certificate", "format"),
    ("/attachments/0/display", LEFT_OUT, "missing"),
    ("/attachments/0/display", "Certificate", "type"),
    ("/attachments/0/description", {"": "Of completion"}, "format"),
    ("/attachments/0/contentType", LEFT_OUT, "missing"),
    ("/attachments/0/contentType", "pdf", "format"),
    ("/attachments/0/length", LEFT_OUT, "missing"),
    ("/attachments/0/length", "27", "type"),
    ("/attachments/0/length", -1, "type"),
    ("/attachments/0/length", 2.5, "type"),
    ("/attachments/0/length", True, "type"),
    ("/attachments/0/sha2", LEFT_OUT, "missing"),
    ("/attachments/0/sha2", SHA1, "format"),
    ("/attachments/0/fileUrl", "example.com/certificate.pdf", "format"),
    ("/attachments/0/name", "certificate.pdf", "unknown_property"),
]


@pytest.mark.parametrize(("pointer", "value", "code"), BAD)
def test_a_bad_value_is_found_where_it_is(pointer: str, value: Any, code: str) -> None:
    found = faults(changed(pointer, value))
    assert code in {fault.code for fault in found}
    assert all(fault.pointer.startswith(pointer.rpartition("/")[0]) for fault in found)


def test_there_are_plenty_of_bad_examples() -> None:
    assert len(BAD) >= 120


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            changed("/verb/id", LEFT_OUT),
            {"/verb/id": "The verb needs an id that is an IRI, such as http://adlnet.gov/expapi/verbs/completed."},
        ),
        (
            changed("/Actor", AMIRA, changed("/actor", LEFT_OUT)),
            {
                "/actor": "The statement needs an actor: who did it.",
                "/Actor": "“Actor” is spelled actor, capitals included.",
            },
        ),
        (
            {**STATEMENT, "a/b~c": 1},
            {"/a~1b~0c": "There is no property “a/b~c” here. Leave it out, or move it into the extensions."},
        ),
        (
            changed("/context/contextActivities/other", [COURSE, {"id": "x"}]),
            {
                "/context/contextActivities/other/1/id": (
                    "This must be an IRI that starts with its scheme, such as http://example.com/activities/1."
                )
            },
        ),
        (
            changed("/object", {"objectType": "Agent", **AMIRA}),
            {
                "/context/revision": "revision is only for statements about an activity. Leave it out.",
                "/context/platform": "platform is only for statements about an activity. Leave it out.",
            },
        ),
        (
            changed("/object", {**SUB_STATEMENT, "object": REFERENCE}, WITHOUT_PLATFORM),
            {
                "/object/context/revision": "revision is only for statements about an activity. Leave it out.",
                "/object/context/platform": "platform is only for statements about an activity. Leave it out.",
            },
        ),
        (
            {**VOIDING, "object": COURSE},
            {"/object": "To void a statement, the object must be a StatementRef with the id of that statement."},
        ),
        (
            changed("/object", {**SUB_STATEMENT, "object": SUB_STATEMENT}, WITHOUT_PLATFORM),
            {
                "/object/object/objectType": "This must be one of: Activity, Agent, Group, StatementRef.",
                "/object/context/revision": "revision is only for statements about an activity. Leave it out.",
                "/object/context/platform": "platform is only for statements about an activity. Leave it out.",
            },
        ),
        (
            changed("/actor", {**AMIRA, **BRUNO}),
            {"/actor": "There are several identifiers: mbox, account. Keep exactly one of them."},
        ),
    ],
)
def test_a_fault_says_where_it_is_and_what_to_do(statement: JsonObject, expected: dict[str, str]) -> None:
    assert {fault.pointer: str(fault.detail) for fault in faults(statement)} == expected


def test_all_faults_of_a_statement_are_told_at_once_up_to_a_limit() -> None:
    assert len(faults({})) == 3
    assert len(faults({str(number): None for number in range(1000)})) == MOST_FAULTS


def test_a_long_name_is_cut_short_in_the_sentence() -> None:
    (fault,) = faults({**STATEMENT, "x" * 10_000: 1})
    assert len(str(fault.detail)) < 200


NAMES = st.sampled_from(sorted({*STATEMENT, *QUESTION, *ATTACHMENT, *BRUNO, *TEAM, "score", "raw", "min", "account"}))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([UUID, "Agent", "Group", "Activity", "SubStatement", "StatementRef", "choice", VOIDING["verb"]]),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(NAMES | st.text(), children, max_size=6),
    max_leaves=30,
)


@given(VALUES)
def test_no_value_upsets_the_validation(value: Any) -> None:
    for fault in faults(value):
        assert str(fault.detail)


@given(st.data())
def test_no_value_in_any_place_upsets_the_validation(data: st.DataObject) -> None:
    pointer = data.draw(st.sampled_from(sorted({pointer for pointer, _, _ in BAD})))
    faults(changed(pointer, data.draw(VALUES)))


def test_a_copy_of_a_captured_statement_with_a_stray_property_is_refused(
    one_of_a_kind: Callable[[str], JsonObject],
) -> None:
    statement = {**one_of_a_kind("core.course_completed.course.completed"), "grade": 85}
    assert [fault.pointer for fault in faults(statement)] == ["/grade"]
