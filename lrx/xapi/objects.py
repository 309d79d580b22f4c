"""The courses and activities that a statement names: its object, and what that lies in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lrx.json_reader import JsonValue
from lrx.xapi import vocabulary as v
from lrx.xapi.shapes import JsonObject

__all__ = ["Kind", "ObjectSeen", "as_object", "context_activities", "course_around", "kind_of", "module_of", "seen"]

Kind = Literal["course", "cmi5_course", "attempt", "interaction", "content", "activity"]

_KINDS: dict[str, Kind] = {
    v.CMI5_COURSE: "cmi5_course",
    v.TINCAN_COURSE: "course",
    v.ADL_COURSE: "course",
    v.ATTEMPT: "attempt",
    v.INTERACTION: "interaction",
    v.SCORM_CONTENT: "content",
}
_CONTENT_MARK = "#sco"


@dataclass(frozen=True, slots=True)
class ObjectSeen:
    """A course or an activity as a statement describes it; `iri` as sent, the rest None where it says nothing.

    `name` is the English one, or else any. `short_id` and `external_id` are Moodle's short name and ID number, sent
    only where the plugin is set to.
    """

    iri: str
    name: str | None = None
    type: str | None = None
    short_id: str | None = None
    external_id: str | None = None


def kind_of(target: JsonObject) -> Kind | None:
    """Return what kind of activity this is, or None for an agent, a group or a statement."""
    iri = target.get("id")
    if target.get("objectType", "Activity") != "Activity" or not isinstance(iri, str):
        return None
    type_ = as_object(target.get("definition")).get("type")
    if iri.endswith(_CONTENT_MARK):
        return "content"
    return _KINDS.get(type_, "activity") if isinstance(type_, str) else "activity"


def seen(target: JsonObject) -> ObjectSeen | None:
    """Return the course or activity as it is described, or None for what is no activity."""
    iri = target.get("id")
    if kind_of(target) is None or not isinstance(iri, str):
        return None
    definition = as_object(target.get("definition"))
    extensions = as_object(definition.get("extensions"))
    return ObjectSeen(
        iri=iri,
        name=_name(as_object(definition.get("name"))),
        type=_filled(definition.get("type")),
        short_id=_filled(extensions.get(v.SHORT_ID)),
        external_id=_filled(extensions.get(v.EXTERNAL_ID)),
    )


def context_activities(
    statement: JsonObject, relation: Literal["parent", "grouping", "category"]
) -> Iterator[JsonObject]:
    """Yield the activities of one relation, given singly or in an array (xAPI 1.0.3, Data 2.4.6.2)."""
    related = as_object(as_object(statement.get("context")).get("contextActivities")).get(relation)
    for activity in related if isinstance(related, list) else [related]:
        if isinstance(activity, dict):
            yield activity


def course_around(statement: JsonObject) -> ObjectSeen | None:
    """Return the first course among the parents, or else in the grouping, of a statement's object."""
    for relation in ("parent", "grouping"):
        for activity in context_activities(statement, relation):
            if kind_of(activity) in ("course", "cmi5_course"):
                return seen(activity)
    return None


def module_of(statement: JsonObject) -> ObjectSeen | None:
    """Return the module that an attempt or SCORM content is a part of: its first parent, unless that is a course.

    Content that comes without parents is known by the module's address, which its own starts with.
    """
    first = next(context_activities(statement, "parent"), None)
    if first is not None and kind_of(first) not in ("course", "cmi5_course"):
        return seen(first)
    iri = as_object(statement.get("object")).get("id")
    if isinstance(iri, str) and iri.endswith(_CONTENT_MARK):
        return ObjectSeen(iri.removesuffix(_CONTENT_MARK))
    return None


def as_object(value: JsonValue) -> JsonObject:
    """Return the object that this is, or an empty one."""
    return value if isinstance(value, dict) else {}


def _name(names: JsonObject) -> str | None:
    return _filled(names.get("en")) or next(filter(None, map(_filled, names.values())), None)


def _filled(value: JsonValue) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
