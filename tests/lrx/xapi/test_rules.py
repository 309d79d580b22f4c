from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrx.xapi import vocabulary as v
from lrx.xapi.actor import Agent
from lrx.xapi.rules import RULES, Meaning, ObjectSeen, Reading, read
from lrx.xapi.shapes import JsonObject

Kinds = Callable[[str], JsonObject]

LMS = "http://127.0.0.1:8043"
AMIRA = Agent("account", LMS, "3", "Amira Okafor")
BRUNO = Agent("account", LMS, "4", "Bruno Silva")
CHLOE = Agent("account", LMS, "5", "Chloé Durand-Lévêque")
COURSE = ObjectSeen(f"{LMS}/course/view.php?id=2", "Hypertension Update 2026", v.CMI5_COURSE)
PAGE = ObjectSeen(
    f"{LMS}/mod/page/view.php?id=1", "Read the guideline", "https://w3id.org/xapi/acrossx/activities/page"
)
SCORM = ObjectSeen(
    f"{LMS}/mod/scorm/view.php?id=3", "Case simulation (SCORM)", "http://adlnet.gov/expapi/activities/module"
)
QUIZ = ObjectSeen(f"{LMS}/mod/quiz/view.php?id=4", "Post-test", "http://adlnet.gov/expapi/activities/assessment")
LABEL = ObjectSeen(f"{LMS}/mod/label/view.php?id=5", "Disclosure", "https://w3id.org/xapi/acrossx/activities/webpage")


@pytest.mark.parametrize(
    ("kind", "rule", "meaning"),
    [
        ("core.course_completed.course.completed", "moodle.course_completed", "course_completion"),
        ("core.course_created.course.create", "moodle.course", "course_seen"),
        ("core.course_module_completion_updated.assign.completed", "moodle.activity_completed", "activity_completion"),
        ("core.course_module_completion_updated.label.completed", "moodle.activity_completed", "activity_completion"),
        ("core.course_module_completion_updated.label.uncompleted", "moodle.activity_uncompleted", "uncompleted"),
        ("core.course_module_completion_updated.page.completed", "moodle.activity_completed", "activity_completion"),
        ("core.course_module_completion_updated.page.uncompleted", "moodle.activity_uncompleted", "uncompleted"),
        ("core.course_module_completion_updated.quiz.completed-fail", "moodle.activity_failed", "failed"),
        (
            "core.course_module_completion_updated.quiz.completed-pass",
            "moodle.activity_completed",
            "activity_completion",
        ),
        ("core.course_module_completion_updated.scorm.completed", "moodle.activity_completed", "activity_completion"),
        ("core.course_module_created.assign.create", "moodle.course", "course_seen"),
        ("core.course_module_created.quiz.create", "moodle.course", "course_seen"),
        ("core.course_section_created.course.create", "moodle.other", "nothing"),
        ("core.group_created.group.create", "moodle.other", "nothing"),
        ("core.group_member_added.group.join", "moodle.other", "nothing"),
        ("core.question_created.question.create", "moodle.other", "nothing"),
        ("core.user_created.none.registered", "moodle.user", "learner_seen"),
        ("core.user_enrolment_created.course.enrolled", "moodle.enrolled", "enrolled"),
        ("core.user_loggedin.none.login", "moodle.other", "nothing"),
        ("mod_assign.assessable_submitted.assign.submit", "moodle.other", "nothing"),
        ("mod_page.course_module_viewed.page.viewed", "moodle.other", "nothing"),
        ("mod_quiz.attempt_started.quiz.start", "moodle.quiz_started", "attempt_started"),
        ("mod_quiz.attempt_submitted.question.answered-fail", "moodle.other", "nothing"),
        ("mod_quiz.attempt_submitted.question.answered-pass", "moodle.other", "nothing"),
        ("mod_quiz.attempt_submitted.quiz.completed-pass", "moodle.quiz_submitted", "attempt_submitted"),
        ("mod_quiz.course_module_viewed.quiz.viewed", "moodle.other", "nothing"),
        ("mod_scorm.course_module_viewed.scorm.viewed", "moodle.other", "nothing"),
        ("mod_scorm.sco_launched.scorm.launched", "moodle.scorm_launched", "attempt_started"),
        ("mod_scorm.scoreraw_submitted.scorm.completed", "moodle.scorm_submitted", "attempt_submitted"),
        ("mod_scorm.status_submitted.scorm.completed", "moodle.scorm_submitted", "attempt_submitted"),
    ],
)
def test_moodle_statements_are_read_by_their_event(one_of_a_kind: Kinds, kind: str, rule: str, meaning: str) -> None:
    reading = read(one_of_a_kind(kind))
    assert (reading.rule, reading.version, reading.meaning) == (rule, 1, meaning)


def test_amira_is_the_only_one_who_completed_the_course(captured: list[JsonObject]) -> None:
    completions = [reading for reading in map(read, captured) if reading.meaning is Meaning.COURSE_COMPLETION]
    assert completions == [
        Reading(
            rule="moodle.course_completed",
            version=1,
            meaning=Meaning.COURSE_COMPLETION,
            agent=AMIRA,
            course=COURSE,
            activity=None,
            happened_at=datetime(2026, 11, 21, 23, 16, 24, tzinfo=UTC),
            grade=None,
            detail={"event": v.COURSE_COMPLETED, "verb": v.COMPLETED},
        )
    ]


def test_the_captured_statements_add_up(captured: list[JsonObject]) -> None:
    assert Counter(str(read(statement).meaning) for statement in captured) == {
        "course_completion": 1,
        "activity_completion": 25,
        "failed": 1,
        "uncompleted": 20,
        "attempt_started": 4,
        "attempt_submitted": 5,
        "enrolled": 5,
        "learner_seen": 6,
        "course_seen": 6,
        "nothing": 27,
    }


def story(captured: list[JsonObject], agent: Agent, activity: ObjectSeen) -> list[str]:
    readings = [reading for reading in map(read, captured) if (reading.agent, reading.activity) == (agent, activity)]
    return [reading.meaning.value for reading in readings if reading.meaning is not Meaning.NOTHING]


def test_bruno_fails_then_passes_the_quiz(captured: list[JsonObject]) -> None:
    once = ["attempt_started", "failed", "attempt_submitted"]
    again = ["attempt_started", "activity_completion", "attempt_submitted"]
    assert story(captured, BRUNO, QUIZ) == once + again


def test_a_first_view_is_uncompleted_then_completed(captured: list[JsonObject]) -> None:
    for learner in (AMIRA, BRUNO, CHLOE):
        assert story(captured, learner, PAGE) == ["uncompleted", "activity_completion"]


def test_chloe_ticks_and_unticks_the_disclosure(captured: list[JsonObject]) -> None:
    assert story(captured, CHLOE, LABEL) == ["activity_completion", "uncompleted"]


def test_what_a_teacher_overrides_is_a_completion_like_any_other(requests: dict[str, list[JsonObject]]) -> None:
    reading = read(requests["0002"][35])
    assert (reading.meaning, reading.agent) == (Meaning.ACTIVITY_COMPLETION, CHLOE)
    assert reading.activity is not None
    assert reading.activity.iri == f"{LMS}/mod/assign/view.php?id=2"


def test_scorm_content_counts_for_its_module(captured: list[JsonObject]) -> None:
    assert story(captured, AMIRA, SCORM) == [
        "attempt_started",
        "attempt_submitted",
        "activity_completion",
        "attempt_submitted",
    ]


def test_a_fail_carries_the_course_and_the_activity(one_of_a_kind: Kinds) -> None:
    reading = read(one_of_a_kind("core.course_module_completion_updated.quiz.completed-fail"))
    assert (reading.agent, reading.course, reading.activity) == (BRUNO, COURSE, QUIZ)
    assert reading.detail["success"] is False


def test_an_enrolment_is_the_learners_and_not_the_administrators(one_of_a_kind: Kinds) -> None:
    statement = one_of_a_kind("core.user_enrolment_created.course.enrolled")
    assert (read(statement).agent, read(statement).course) == (AMIRA, COURSE)
    info = cast("dict[str, Any]", statement)["context"]["extensions"][v.LOG_INFO]
    info["event_name"] = v.ENROLMENT_DELETED
    statement["verb"] = {"id": "http://activitystrea.ms/leave"}
    assert read(statement).meaning is Meaning.UNENROLLED


def test_a_module_is_seen_in_its_course(one_of_a_kind: Kinds) -> None:
    reading = read(one_of_a_kind("core.course_module_created.quiz.create"))
    assert (reading.course, reading.activity) == (COURSE, QUIZ)
    reading = read(one_of_a_kind("core.course_created.course.create"))
    assert (reading.course, reading.activity) == (COURSE, None)


def test_a_learner_seen_is_in_no_course(one_of_a_kind: Kinds) -> None:
    reading = read(one_of_a_kind("core.user_created.none.registered"))
    assert (reading.agent, reading.course, reading.activity) == (AMIRA, None, None)


def test_short_names_and_id_numbers_travel_where_the_plugin_sends_them(requests: dict[str, list[JsonObject]]) -> None:
    reading = read(requests["0006"][2])
    assert reading.course is not None
    assert reading.activity is not None
    assert (reading.course.short_id, reading.course.external_id) == ("CME101", "ACT-2026-0001")
    assert (reading.activity.short_id, reading.activity.external_id) == (None, "CME101-PAGE")


@pytest.mark.parametrize(
    ("request_number", "agent"),
    [
        ("0003", Agent("mbox", None, "dmitri.novak@example.invalid", "Dmitri Novák")),
        ("0004", Agent("account", "https://lms.academy.example", "dmitri.novak", "Dmitri Novák")),
        ("0005", Agent("account", LMS, "6", "Dmitri Novák")),
        ("0007", Agent("account", LMS, "6", None)),
    ],
)
def test_the_agent_is_as_the_plugin_names_them(
    requests: dict[str, list[JsonObject]], request_number: str, agent: Agent
) -> None:
    assert read(requests[request_number][0]).agent == agent


def test_a_quiz_attempt_is_told_with_its_score_and_never_the_scaled_one(one_of_a_kind: Kinds) -> None:
    reading = read(one_of_a_kind("mod_quiz.attempt_submitted.quiz.completed-pass"))
    assert (reading.course, reading.activity, reading.grade) == (COURSE, QUIZ, 100)
    assert reading.detail == {
        "event": v.QUIZ_ATTEMPT_SUBMITTED,
        "verb": v.COMPLETED,
        "success": True,
        "duration": "PT2S",
        "attempt": f"{LMS}/mod/quiz/attempt.php?attempt=1&cmid=4",
        "raw": 100,
        "min": 0,
        "max": 100,
    }
    assert read(one_of_a_kind("mod_scorm.scoreraw_submitted.scorm.completed")).grade == 92


def moodle(event: str, verb: str = v.COMPLETED, **parts: Any) -> JsonObject:
    return {
        "actor": {"account": {"homePage": LMS, "name": "3"}},
        "verb": {"id": verb},
        "object": {"id": f"{LMS}/mod/quiz/view.php?id=4"},
        "context": {"extensions": {v.LOG_INFO: {"event_name": event}}},
        **parts,
    }


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        # Before 4.9 the plugin says "completed" of every change and sends no result.
        (moodle(v.MODULE_COMPLETION_UPDATED), "moodle.other"),
        (moodle(v.MODULE_COMPLETION_UPDATED, "http://id.tincanapi.com/verb/completed"), "moodle.other"),
        (moodle(v.MODULE_COMPLETION_UPDATED, result={"completion": False}), "moodle.other"),
        (moodle(v.MODULE_COMPLETION_UPDATED, result={"completion": True}), "moodle.activity_completed"),
        (moodle(v.MODULE_COMPLETION_UPDATED, result={"completion": True, "success": False}), "moodle.activity_failed"),
        # The "choice" module describes itself as a question.
        (
            moodle(
                v.MODULE_COMPLETION_UPDATED,
                object={"id": f"{LMS}/mod/choice/view.php?id=9", "definition": {"type": v.INTERACTION}},
                result={"completion": True},
            ),
            "moodle.activity_completed",
        ),
        (moodle(v.COURSE_COMPLETED), "moodle.other"),
        (
            moodle(v.COURSE_COMPLETED, object={"id": f"{LMS}/a", "definition": {"type": v.TINCAN_COURSE}}),
            "moodle.course_completed",
        ),
        (
            moodle(v.COURSE_COMPLETED, object={"id": f"{LMS}/a", "definition": {"type": v.ADL_COURSE}}),
            "moodle.course_completed",
        ),
        (
            moodle(v.COURSE_COMPLETED, v.FAILED, object={"id": f"{LMS}/a", "definition": {"type": v.ADL_COURSE}}),
            "moodle.other",
        ),
        (moodle(r"\core\event\course_completion_updated"), "moodle.other"),
        (moodle(r"\mod_lesson\event\lesson_ended"), "moodle.other"),
        (moodle(r"\mod_quiz\event\attempt_abandoned"), "moodle.other"),
        (moodle(v.SCORM_STATUS_SUBMITTED, v.FAILED, object={"id": f"{LMS}/m?id=3#sco"}), "moodle.scorm_submitted"),
        (moodle(v.USER_UPDATED), "moodle.user"),
        (moodle(v.COURSE_UPDATED), "moodle.course"),
        (moodle(v.MODULE_UPDATED), "moodle.course"),
    ],
)
def test_a_completed_from_moodle_is_no_credit_by_its_verb(statement: JsonObject, rule: str) -> None:
    assert read(statement).rule == rule


def test_content_without_parents_is_known_by_the_address_of_its_module() -> None:
    reading = read(moodle(v.SCORM_LAUNCHED, object={"id": f"{LMS}/mod/scorm/view.php?id=3#sco"}))
    assert (reading.course, reading.activity) == (None, ObjectSeen(f"{LMS}/mod/scorm/view.php?id=3"))


def xapi(
    verb: str,
    type_: str | None = None,
    *,
    result: JsonObject | None = None,
    categories: tuple[str, ...] = (),
    **parts: Any,
) -> JsonObject:
    definition: JsonObject = {"type": type_} if type_ else {}
    return {
        "actor": {"account": {"homePage": "https://authoring.example.com", "name": "amira"}},
        "verb": {"id": verb},
        "object": {"id": "https://authoring.example.com/unit/1", "definition": definition},
        "context": {"contextActivities": {"category": [{"id": category} for category in categories]}},
        **({} if result is None else {"result": result}),
        **parts,
    }


UNIT = "https://authoring.example.com/types/unit"
BLOCK = "https://w3id.org/xapi/cmi5/activitytype/block"
GROUP: JsonObject = {"objectType": "Group", "mbox": "mailto:team@example.com"}


@pytest.mark.parametrize(
    ("statement", "rule", "meaning"),
    [
        # cmi5
        (xapi(v.SATISFIED, v.CMI5_COURSE, categories=(v.CMI5,)), "cmi5.satisfied", "completion_of_object"),
        (xapi(v.SATISFIED, v.CMI5_COURSE), "cmi5.satisfied", "completion_of_object"),
        (xapi(v.SATISFIED, BLOCK, categories=(v.CMI5,)), "cmi5.other", "nothing"),
        (xapi(v.COMPLETED, categories=(v.CMI5, v.MOVE_ON)), "cmi5.completed", "completion_of_object"),
        (xapi(v.PASSED, categories=(v.MOVE_ON, v.CMI5)), "cmi5.completed", "completion_of_object"),
        (xapi(v.COMPLETED, categories=(v.CMI5,)), "cmi5.other", "nothing"),
        (
            xapi(v.PASSED, categories=(v.CMI5, v.MOVE_ON), result={"success": False}),
            "cmi5.not_successful",
            "failed",
        ),
        (xapi(v.COMPLETED, categories=(v.CMI5, v.MOVE_ON), result={"completion": False}), "cmi5.other", "nothing"),
        (xapi(v.FAILED, categories=(v.CMI5, v.MOVE_ON), result={"success": False}), "cmi5.failed", "failed"),
        (
            xapi("http://adlnet.gov/expapi/verbs/launched", categories=(v.CMI5,)),
            "cmi5.other",
            "nothing",
        ),
        (
            xapi(v.PASSED, context={"contextActivities": {"category": {"id": v.MOVE_ON}}}),
            "cmi5.completed",
            "completion_of_object",
        ),
        # Any other client
        (xapi(v.COMPLETED), "xapi.completed", "completion_of_object"),
        (xapi(v.COMPLETED, UNIT), "xapi.completed", "completion_of_object"),
        (xapi(v.COMPLETED, v.ADL_COURSE), "xapi.completed", "completion_of_object"),
        (xapi(v.PASSED, result={"success": True, "completion": True}), "xapi.completed", "completion_of_object"),
        (xapi(v.COMPLETED, result={"completion": False}), "xapi.other", "nothing"),
        (xapi(v.COMPLETED, result={"success": False}), "xapi.not_successful", "failed"),
        (xapi(v.PASSED, result={"success": False}), "xapi.not_successful", "failed"),
        (xapi("http://adlnet.gov/expapi/verbs/attempted", result={"success": False}), "xapi.not_successful", "failed"),
        (xapi(v.FAILED), "xapi.failed", "failed"),
        (xapi(v.FAILED, result={"success": True}), "xapi.failed", "failed"),
        (xapi(v.SATISFIED, UNIT), "xapi.other", "nothing"),
        (xapi("http://adlnet.gov/expapi/verbs/experienced"), "xapi.other", "nothing"),
        (xapi("http://adlnet.gov/expapi/verbs/attempted", result={"completion": True}), "xapi.other", "nothing"),
        (xapi("http://example.com/verbs/completed"), "xapi.other", "nothing"),
        # Never a course or an activity
        (xapi(v.COMPLETED, v.ATTEMPT), "xapi.part", "nothing"),
        (xapi(v.PASSED, v.INTERACTION), "xapi.part", "nothing"),
        (
            xapi("http://adlnet.gov/expapi/verbs/answered", v.INTERACTION, result={"success": False}),
            "xapi.part",
            "nothing",
        ),
        (xapi(v.COMPLETED, v.SCORM_CONTENT), "xapi.part", "nothing"),
        (
            xapi(v.COMPLETED, object={"id": "https://lms.example.com/mod/scorm/view.php?id=3#sco"}),
            "xapi.part",
            "nothing",
        ),
        (xapi(v.COMPLETED, object={"objectType": "Agent", "mbox": "mailto:a@example.com"}), "xapi.part", "nothing"),
        (xapi(v.COMPLETED, object={"objectType": "SubStatement"}), "xapi.part", "nothing"),
        (xapi(v.VOIDED, object={"objectType": "StatementRef", "id": "…"}), "xapi.part", "nothing"),
        (xapi(v.COMPLETED, v.ATTEMPT, categories=(v.CMI5, v.MOVE_ON)), "xapi.part", "nothing"),
    ],
)
def test_other_clients_complete_what_they_say_is_complete(statement: JsonObject, rule: str, meaning: str) -> None:
    reading = read(statement)
    assert (reading.rule, reading.meaning) == (rule, meaning)


def test_the_object_of_another_client_is_a_course_by_its_type_only() -> None:
    iri = "https://authoring.example.com/unit/1"
    assert read(xapi(v.COMPLETED, v.ADL_COURSE)).course == ObjectSeen(iri, type=v.ADL_COURSE)
    assert read(xapi(v.COMPLETED, v.ADL_COURSE)).activity is None
    assert read(xapi(v.COMPLETED)).course is None
    assert read(xapi(v.COMPLETED)).activity == ObjectSeen(iri)


def test_a_course_in_the_grouping_is_found_and_a_parent_is_nearer() -> None:
    far = {"id": "https://example.com/far", "definition": {"type": v.CMI5_COURSE}}
    near = {"id": "https://example.com/near", "definition": {"type": v.TINCAN_COURSE}}
    grouped = read(xapi(v.COMPLETED, context={"contextActivities": {"grouping": far}}))
    assert grouped.course == ObjectSeen("https://example.com/far", type=v.CMI5_COURSE)
    both = read(xapi(v.COMPLETED, context={"contextActivities": {"grouping": [far], "parent": [near]}}))
    assert both.course == ObjectSeen("https://example.com/near", type=v.TINCAN_COURSE)


@pytest.mark.parametrize(
    ("names", "name"),
    [
        ({"fr": "Hypertension", "en": "High blood pressure"}, "High blood pressure"),
        ({"fr-CA": "Hypertension", "de": "Bluthochdruck"}, "Hypertension"),
        ({"en": " ", "fr": "Hypertension"}, "Hypertension"),
        ({}, None),
    ],
)
def test_an_object_goes_by_its_english_name_or_else_any(names: JsonObject, name: str | None) -> None:
    activity = read(xapi(v.COMPLETED, object={"id": "https://example.com/1", "definition": {"name": names}})).activity
    assert activity is not None
    assert activity.name == name


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        ({"raw": 17, "min": 0, "max": 20}, 85),
        ({"raw": 0, "max": 20}, 0),
        ({"raw": 92, "min": 0, "max": 100, "scaled": 0.84}, 92),
        ({"scaled": 0.84}, None),
        ({"raw": 17}, None),
        ({"raw": -1, "max": 20}, None),
        ({"raw": 0, "max": 0}, None),
        ({"raw": 21, "max": 20}, None),
        ({"raw": "17", "max": 20}, None),
        ({"raw": True, "max": True}, None),
    ],
)
def test_a_grade_is_raw_of_max_in_percent(score: JsonObject, grade: float | None) -> None:
    assert read(xapi(v.COMPLETED, result={"score": score})).grade == grade


def test_a_completion_from_moodle_carries_no_grade() -> None:
    result = {"completion": True, "success": True, "score": {"raw": 90, "max": 100}}
    assert read(moodle(v.MODULE_COMPLETION_UPDATED, result=result)).grade is None


@pytest.mark.parametrize("timestamp", [None, "soon", 1795303049])
def test_a_statement_without_a_time_has_none(timestamp: Any) -> None:
    assert read(xapi(v.COMPLETED, timestamp=timestamp)).happened_at is None


def test_a_group_completes_for_nobody() -> None:
    assert read(xapi(v.COMPLETED, actor=GROUP)).agent is None


def test_every_rule_has_its_own_name_and_the_last_fits_everything() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert RULES[-1].when == {}
    assert RULES[-1].meaning is Meaning.NOTHING


KEYS = st.sampled_from(
    [
        *(
            "actor",
            "verb",
            "object",
            "context",
            "result",
            "id",
            "objectType",
            "definition",
            "type",
            "extensions",
            "score",
        ),
        *("raw", "max", "contextActivities", "parent", "category", v.LOG_INFO, "event_name", "account", "timestamp"),
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.text()
    | st.sampled_from([v.COMPLETED, v.CMI5_COURSE, v.COURSE_COMPLETED]),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(KEYS | st.text(), children, max_size=5),
    max_leaves=25,
)


@given(st.dictionaries(KEYS, VALUES))
def test_no_statement_upsets_the_reading(statement: JsonObject) -> None:
    assert read(statement).rule
