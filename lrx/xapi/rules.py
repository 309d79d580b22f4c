"""What a statement means: the rules as data, tried in order, the first that fits decides.

Statements come in well formed (`lrx.xapi.validation`). What a reading leads to, and for which learner and course, is
for the caller: here nothing is looked up and nothing is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeGuard

from lrx.json_reader import JsonValue
from lrx.xapi import vocabulary as v
from lrx.xapi.actor import Agent, identify
from lrx.xapi.formats import parse_timestamp
from lrx.xapi.objects import ObjectSeen, as_object, context_activities, course_around, kind_of, module_of, seen
from lrx.xapi.shapes import JsonObject

__all__ = ["RULES", "Fact", "Meaning", "ObjectSeen", "Reading", "Rule", "read"]


class Meaning(StrEnum):
    """What a statement says about a learner or a course."""

    COURSE_COMPLETION = "course_completion"
    ACTIVITY_COMPLETION = "activity_completion"
    COMPLETION_OF_OBJECT = "completion_of_object"
    """A completion of whatever the object is mapped to: the caller looks it up among courses and activities."""
    FAILED = "failed"
    UNCOMPLETED = "uncompleted"
    ENROLLED = "enrolled"
    UNENROLLED = "unenrolled"
    ATTEMPT_STARTED = "attempt_started"
    ATTEMPT_SUBMITTED = "attempt_submitted"
    LEARNER_SEEN = "learner_seen"
    COURSE_SEEN = "course_seen"
    NOTHING = "nothing"
    """Stored, and not a credit."""


Fact = Literal["source", "event", "verb", "kind", "category", "success", "completion"]
"""What rules look at: `source` moodle, cmi5 or xapi; Moodle's `event`; the `verb`; the `kind` of the object (course,
cmi5_course, attempt, interaction, content, activity, or None where it is no activity); the `category` move_on, cmi5 or
None; `success` and `completion` of the result, None where it does not say."""

About = Literal["object", "module"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One meaning and its conditions: each fact named in `when` must be one of the values given.

    `about` says where the course or activity is: it is the object, or the module that the object is a part of; None
    where the statement is about neither. `version` goes up when the rule changes.
    """

    name: str
    meaning: Meaning
    when: Mapping[Fact, frozenset[str | bool | None]]
    about: About | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Reading:
    """What a statement means, by which rule, and of whom and what it speaks.

    `course` and `activity` are None where the statement names none; of an object that is a course, only `course` is
    set. `happened_at` is the statement's timestamp in UTC. `grade` is raw of max in percent, to be shown and never to
    decide by: scaled is not used, since Moodle's runs from -1 to 1 for SCORM, and a Moodle quiz attempt carries
    whatever the grade book held when it was sent. Completions from Moodle carry no grade. `detail` holds, where the
    statement has them: event, verb, success, duration, attempt (the IRI of the attempt or content), raw, min and max.
    """

    rule: str
    version: int
    meaning: Meaning
    agent: Agent | None
    course: ObjectSeen | None
    activity: ObjectSeen | None
    happened_at: datetime | None
    grade: float | None
    detail: dict[str, JsonValue]


def _are(*values: str | bool | None) -> frozenset[str | bool | None]:
    return frozenset(values)


_A_COURSE = _are("course", "cmi5_course")
_NOT_FALSE = _are(True, None)
_UNGRADED = frozenset({Meaning.COURSE_COMPLETION, Meaning.ACTIVITY_COMPLETION})

RULES: tuple[Rule, ...] = (
    # Moodle (logstore_xapi): by event, since five different events share the verb "completed".
    Rule(
        "moodle.course_completed",
        Meaning.COURSE_COMPLETION,
        {"event": _are(v.COURSE_COMPLETED), "verb": _are(v.COMPLETED), "kind": _A_COURSE, "success": _NOT_FALSE},
        about="object",
    ),
    Rule(
        "moodle.activity_uncompleted",
        Meaning.UNCOMPLETED,
        {"event": _are(v.MODULE_COMPLETION_UPDATED), "verb": _are(v.UNCOMPLETED)},
        about="object",
    ),
    Rule(
        "moodle.activity_failed",
        Meaning.FAILED,
        {"event": _are(v.MODULE_COMPLETION_UPDATED), "success": _are(False)},
        about="object",
    ),
    # Plugins before 4.9 send "completed" for every change, a withdrawal or a fail included, and no result: no credit.
    Rule(
        "moodle.activity_completed",
        Meaning.ACTIVITY_COMPLETION,
        {"event": _are(v.MODULE_COMPLETION_UPDATED), "verb": _are(v.COMPLETED), "completion": _are(True)},
        about="object",
    ),
    Rule(
        "moodle.enrolled",
        Meaning.ENROLLED,
        {"event": _are(v.ENROLMENT_CREATED), "kind": _A_COURSE},
        about="object",
    ),
    Rule(
        "moodle.unenrolled",
        Meaning.UNENROLLED,
        {"event": _are(v.ENROLMENT_DELETED), "kind": _A_COURSE},
        about="object",
    ),
    Rule(
        "moodle.quiz_started",
        Meaning.ATTEMPT_STARTED,
        {"event": _are(v.QUIZ_ATTEMPT_STARTED), "kind": _are("attempt")},
        about="module",
    ),
    Rule(
        "moodle.quiz_submitted",
        Meaning.ATTEMPT_SUBMITTED,
        {"event": _are(v.QUIZ_ATTEMPT_SUBMITTED), "kind": _are("attempt")},
        about="module",
    ),
    Rule(
        "moodle.scorm_launched",
        Meaning.ATTEMPT_STARTED,
        {"event": _are(v.SCORM_LAUNCHED), "kind": _are("content")},
        about="module",
    ),
    Rule(
        "moodle.scorm_submitted",
        Meaning.ATTEMPT_SUBMITTED,
        {"event": _are(v.SCORM_SCORE_SUBMITTED, v.SCORM_STATUS_SUBMITTED), "kind": _are("content")},
        about="module",
    ),
    Rule("moodle.user", Meaning.LEARNER_SEEN, {"event": _are(v.USER_CREATED, v.USER_UPDATED)}),
    Rule(
        "moodle.course",
        Meaning.COURSE_SEEN,
        {"event": _are(v.COURSE_CREATED, v.COURSE_UPDATED, v.MODULE_CREATED, v.MODULE_UPDATED)},
        about="object",
    ),
    Rule("moodle.other", Meaning.NOTHING, {"source": _are("moodle")}),
    # What is never completed as a course or an activity, whatever its verb.
    Rule("xapi.part", Meaning.NOTHING, {"kind": _are("attempt", "interaction", "content", None)}),
    # cmi5: a result counts only in the category "moveon" (cmi5 9.6.2.2); the LMS says "satisfied" of a whole course.
    Rule("cmi5.failed", Meaning.FAILED, {"source": _are("cmi5"), "verb": _are(v.FAILED)}, about="object"),
    Rule(
        "cmi5.satisfied",
        Meaning.COMPLETION_OF_OBJECT,
        {"verb": _are(v.SATISFIED), "kind": _are("cmi5_course"), "success": _NOT_FALSE, "completion": _NOT_FALSE},
        about="object",
    ),
    Rule(
        "cmi5.completed",
        Meaning.COMPLETION_OF_OBJECT,
        {
            "category": _are("move_on"),
            "verb": _are(v.COMPLETED, v.PASSED),
            "success": _NOT_FALSE,
            "completion": _NOT_FALSE,
        },
        about="object",
    ),
    Rule("cmi5.not_successful", Meaning.FAILED, {"source": _are("cmi5"), "success": _are(False)}, about="object"),
    Rule("cmi5.other", Meaning.NOTHING, {"source": _are("cmi5")}),
    # Any other xAPI client.
    Rule("xapi.failed", Meaning.FAILED, {"verb": _are(v.FAILED)}, about="object"),
    Rule("xapi.not_successful", Meaning.FAILED, {"success": _are(False)}, about="object"),
    Rule(
        "xapi.completed",
        Meaning.COMPLETION_OF_OBJECT,
        {"verb": _are(v.COMPLETED, v.PASSED), "completion": _NOT_FALSE},
        about="object",
    ),
    Rule("xapi.other", Meaning.NOTHING, {}),
)


def read(statement: JsonObject) -> Reading:
    """Return what a statement means. Never raises: what cannot be made out means nothing."""
    facts = _facts(statement)
    rule = next(rule for rule in RULES if all(facts[fact] in accepted for fact, accepted in rule.when.items()))
    course, activity = _course_and_activity(statement, rule.about)
    actor, happened_at = statement.get("actor"), statement.get("timestamp")
    score = as_object(as_object(statement.get("result")).get("score"))
    return Reading(
        rule=rule.name,
        version=rule.version,
        meaning=rule.meaning,
        agent=identify(actor) if isinstance(actor, dict) else None,
        course=course,
        activity=activity,
        happened_at=parse_timestamp(happened_at) if isinstance(happened_at, str) else None,
        grade=None if rule.meaning in _UNGRADED else _grade(score.get("raw"), score.get("max")),
        detail=_detail(statement, facts, score),
    )


def _facts(statement: JsonObject) -> dict[Fact, str | bool | None]:
    info = as_object(as_object(as_object(statement.get("context")).get("extensions")).get(v.LOG_INFO))
    event = _string(info.get("event_name"))
    categories = [activity.get("id") for activity in context_activities(statement, "category")]
    category = "move_on" if v.MOVE_ON in categories else "cmi5" if v.CMI5 in categories else None
    result = as_object(statement.get("result"))
    return {
        "source": "moodle" if event else "cmi5" if category else "xapi",
        "event": event,
        "verb": _string(as_object(statement.get("verb")).get("id")),
        "kind": kind_of(as_object(statement.get("object"))),
        "category": category,
        "success": _boolean(result.get("success")),
        "completion": _boolean(result.get("completion")),
    }


def _course_and_activity(statement: JsonObject, about: About | None) -> tuple[ObjectSeen | None, ObjectSeen | None]:
    if about is None:
        return None, None
    if about == "module":
        return course_around(statement), module_of(statement)
    target = as_object(statement.get("object"))
    if kind_of(target) in _A_COURSE:
        return seen(target), None
    return course_around(statement), seen(target)


def _detail(statement: JsonObject, facts: Mapping[Fact, str | bool | None], score: JsonObject) -> dict[str, JsonValue]:
    result = as_object(statement.get("result"))
    part = as_object(statement.get("object")).get("id") if facts["kind"] in ("attempt", "content") else None
    detail: dict[str, JsonValue] = {
        "event": facts["event"],
        "verb": facts["verb"],
        "success": facts["success"],
        "duration": _string(result.get("duration")),
        "attempt": _string(part),
        "raw": score.get("raw"),
        "min": score.get("min"),
        "max": score.get("max"),
    }
    return {name: value for name, value in detail.items() if value is not None}


def _grade(raw: JsonValue, highest: JsonValue) -> float | None:
    if not _is_number(raw) or not _is_number(highest) or not 0 <= raw <= highest or not highest:
        return None
    return raw / highest * 100


def _is_number(value: JsonValue) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _string(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None


def _boolean(value: JsonValue) -> bool | None:
    return value if isinstance(value, bool) else None
