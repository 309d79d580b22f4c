"""Is a statement well formed? The rules of xAPI 1.0.3 (Data 2.2 to 2.4), as tables of properties.

A statement that passes is safe to store, to compare and to read; `lrx.xapi.rules` says what it means.
"""

from collections.abc import Iterator
from itertools import islice

from lrx.errors import Fault
from lrx.json_reader import JsonValue
from lrx.text import text
from lrx.xapi.parts import (
    ACTIVITY,
    ACTOR,
    AGENT,
    AUTHORITY,
    DURATION,
    EXTENSIONS,
    GROUP,
    IRI,
    LANGUAGE,
    LANGUAGE_MAP,
    MEDIA_TYPE,
    SHA2,
    STATEMENT_REF,
    TIMESTAMP,
    UUID,
    VERB,
    VERSION,
    by_object_type,
)
from lrx.xapi.shapes import (
    Agreement,
    Check,
    JsonObject,
    Shape,
    array_of,
    below,
    boolean,
    number,
    one_of,
    string,
    whole_number,
)
from lrx.xapi.vocabulary import VOIDED

__all__ = ["MOST_FAULTS", "faults"]

MOST_FAULTS = 50
"""How many faults are told of one statement."""


def faults(statement: JsonValue) -> tuple[Fault, ...]:
    """Return what keeps this from being an xAPI 1.0.3 statement, up to `MOST_FAULTS`, with JSON pointers into it.

    Any value that `read_json` returns may be given. No fault means that the statement can be stored as it is.
    """
    return tuple(islice(_STATEMENT(statement, ""), MOST_FAULTS))


# Results and context (Data 2.4.5, 2.4.6)


def _score_in_order(score: JsonObject, pointer: str) -> Iterator[Fault]:
    scaled, raw, lowest, highest = (_number(score.get(name)) for name in ("scaled", "raw", "min", "max"))
    if scaled is not None and not -1 <= scaled <= 1:
        yield Fault(below(pointer, "scaled"), "value", text("scaled must lie between -1 and 1."), "0.85")
    if lowest is not None and highest is not None and not lowest < highest:
        yield Fault(below(pointer, "max"), "value", text("max must be greater than min."))
    elif raw is not None and ((lowest is not None and raw < lowest) or (highest is not None and raw > highest)):
        yield Fault(below(pointer, "raw"), "value", text("raw must lie between min and max."))


def _number(value: JsonValue) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


_SCORE = Shape({"scaled": number, "raw": number, "min": number, "max": number}, agreements=(_score_in_order,))
_RESULT = Shape(
    {
        "score": _SCORE,
        "success": boolean,
        "completion": boolean,
        "response": string,
        "duration": DURATION,
        "extensions": EXTENSIONS,
    }
)


def _one_or_more_activities(value: JsonValue, pointer: str) -> Iterator[Fault]:
    yield from (array_of(ACTIVITY) if isinstance(value, list) else ACTIVITY)(value, pointer)


_CONTEXT = Shape(
    {
        "registration": UUID,
        "instructor": ACTOR,
        "team": GROUP,
        "contextActivities": Shape(dict.fromkeys(("parent", "grouping", "category", "other"), _one_or_more_activities)),
        "revision": string,
        "platform": string,
        "language": LANGUAGE,
        "statement": STATEMENT_REF,
        "extensions": EXTENSIONS,
    }
)


# Statements (Data 2.4)

_ATTACHMENT = Shape(
    {
        "usageType": IRI,
        "display": LANGUAGE_MAP,
        "description": LANGUAGE_MAP,
        "contentType": MEDIA_TYPE,
        "length": whole_number,
        "sha2": SHA2,
        "fileUrl": IRI,
    },
    needs={
        "usageType": text("The attachment needs usageType: an IRI that says what it is for."),
        "display": text("The attachment needs display: its title, by language."),
        "contentType": text("The attachment needs contentType, such as application/pdf."),
        "length": text("The attachment needs length: how many bytes it has."),
        "sha2": text("The attachment needs sha2: the SHA-256 of its bytes."),
    },
)


_NOT_ACTIVITIES = ("Agent", "Group", "StatementRef", "SubStatement")


def _only_about_activities(statement: JsonObject, pointer: str) -> Iterator[Fault]:
    context = statement.get("context")
    if not isinstance(context, dict) or _object_type(statement) not in _NOT_ACTIVITIES:
        return
    for name in ("revision", "platform"):
        if name in context:
            yield Fault(
                f"{pointer}/context/{name}",
                "value",
                text("{name} is only for statements about an activity. Leave it out.", name=name),
            )


def _voids_a_statement(statement: JsonObject, pointer: str) -> Iterator[Fault]:
    verb = statement.get("verb")
    if isinstance(verb, dict) and verb.get("id") == VOIDED and _object_type(statement) != "StatementRef":
        yield Fault(
            below(pointer, "object"),
            "value",
            text("To void a statement, the object must be a StatementRef with the id of that statement."),
        )


def _object_type(statement: JsonObject) -> JsonValue:
    target = statement.get("object")
    return target.get("objectType", "Activity") if isinstance(target, dict) else None


_SAID: dict[str, Check] = {
    "actor": ACTOR,
    "verb": VERB,
    "result": _RESULT,
    "context": _CONTEXT,
    "timestamp": TIMESTAMP,
    "attachments": array_of(_ATTACHMENT),
}
_NEEDED = {
    "actor": text("The statement needs an actor: who did it."),
    "verb": text("The statement needs a verb: what was done."),
    "object": text("The statement needs an object: what it was done to."),
}
_AGREEMENTS: tuple[Agreement, ...] = (_only_about_activities, _voids_a_statement)
_OBJECTS: dict[str, Check] = {
    "Activity": ACTIVITY,
    "Agent": AGENT,
    "Group": GROUP,
    "StatementRef": STATEMENT_REF,
}
_SUB_STATEMENT = Shape(
    {"objectType": one_of("SubStatement"), "object": by_object_type(_OBJECTS, otherwise="Activity"), **_SAID},
    needs=_NEEDED,
    agreements=_AGREEMENTS,
)
_STATEMENT = Shape(
    {
        "id": UUID,
        "object": by_object_type({**_OBJECTS, "SubStatement": _SUB_STATEMENT}, otherwise="Activity"),
        "stored": TIMESTAMP,
        "authority": AUTHORITY,
        "version": VERSION,
        **_SAID,
    },
    needs=_NEEDED,
    agreements=_AGREEMENTS,
)
