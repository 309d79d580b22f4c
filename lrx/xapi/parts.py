"""What statements are made of: the formats of their strings, actors, verbs and activities (xAPI 1.0.3, Data 2.4, 4)."""

from collections.abc import Iterator

from lrx.errors import Fault
from lrx.json_reader import JsonValue
from lrx.text import text
from lrx.xapi.formats import (
    is_duration,
    is_iri,
    is_language_tag,
    is_mbox,
    is_media_type,
    is_sha1,
    is_sha2,
    is_timestamp,
    is_uri,
    is_uuid,
    is_version,
)
from lrx.xapi.shapes import Check, Format, JsonObject, Shape, anything, array_of, below, map_of, one_of, string

__all__ = [
    "ACTIVITY",
    "ACTOR",
    "AGENT",
    "AUTHORITY",
    "DURATION",
    "EXTENSIONS",
    "GROUP",
    "IDENTIFIERS",
    "IRI",
    "LANGUAGE",
    "LANGUAGE_MAP",
    "MEDIA_TYPE",
    "SHA2",
    "STATEMENT_REF",
    "TIMESTAMP",
    "UUID",
    "VERB",
    "VERSION",
    "by_object_type",
]

# Formats of strings (Data 4)

IRI = Format(
    is_iri,
    text("This must be an IRI that starts with its scheme, such as http://example.com/activities/1."),
    "http://example.com/activities/1",
)
_OPENID = Format(
    is_uri, text("This must be the OpenID URI of a person, with its scheme."), "https://openid.example.com/1"
)
_MBOX = Format(is_mbox, text("This must be mailto: and an e-mail address."), "mailto:name@example.com")
_MBOX_SHA1SUM = Format(
    is_sha1,
    text("This must be the SHA-1 of a mailto IRI: 40 hexadecimal digits."),
    "ebd31e95054c018b10727ccffd2ef2ec3a016ee9",
)
SHA2 = Format(
    is_sha2,
    text("This must be the SHA-2 of the attachment, in hexadecimal digits (64 for SHA-256)."),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
)
UUID = Format(
    is_uuid,
    text("This must be a UUID, such as 6c8e2a3c-7a9d-4d6a-9f0e-0d9e1c7f4b21."),
    "6c8e2a3c-7a9d-4d6a-9f0e-0d9e1c7f4b21",
)
LANGUAGE = Format(is_language_tag, text("This must be a language tag, such as en, fr or fr-CA."), "fr-CA")
DURATION = Format(is_duration, text("This must be an ISO 8601 duration, such as PT1H30M."), "PT1H30M")
TIMESTAMP = Format(
    is_timestamp,
    text("This must be a date and time that exists, with its zone, such as 2026-11-21T14:30:00Z."),
    "2026-11-21T14:30:00Z",
)
VERSION = Format(is_version, text("This must be a version 1.0 of xAPI, such as 1.0.3."), "1.0.3")
MEDIA_TYPE = Format(is_media_type, text("This must be a media type, such as application/pdf."), "application/pdf")
_FILLED = Format(bool, text("This must be a string that is not empty."), "1625378")

LANGUAGE_MAP = map_of(LANGUAGE, string)
EXTENSIONS = map_of(IRI, anything)


# Actors (Data 2.4.2)

_ACCOUNT = Shape(
    {"homePage": IRI, "name": _FILLED},
    needs={
        "homePage": text("The account needs homePage: the address of the system that the account is on."),
        "name": text("The account needs name: the number or name of the account on that system."),
    },
)
IDENTIFIERS: dict[str, Check] = {
    "mbox": _MBOX,
    "mbox_sha1sum": _MBOX_SHA1SUM,
    "openid": _OPENID,
    "account": _ACCOUNT,
}


def _one_identifier(agent: JsonObject, pointer: str) -> Iterator[Fault]:
    given = _identifiers(agent)
    if not given:
        yield Fault(
            pointer,
            "unidentified",
            text("Nobody is identified. Give exactly one of mbox, mbox_sha1sum, openid and account."),
        )
    if len(given) > 1:
        yield _too_many(given, pointer)


def _identifier_or_members(group: JsonObject, pointer: str) -> Iterator[Fault]:
    given = _identifiers(group)
    if len(given) > 1:
        yield _too_many(given, pointer)
    if not given and not group.get("member"):
        yield Fault(
            below(pointer, "member"),
            "missing",
            text("A group without an identifier needs member: the list of its people."),
        )


def _two_members(group: JsonObject, pointer: str) -> Iterator[Fault]:
    members = group.get("member")
    agents = [member for member in members if isinstance(member, dict)] if isinstance(members, list) else []
    if len(agents) != 2 or _identifiers(group) or not any("account" in agent for agent in agents):
        yield Fault(
            pointer,
            "authority",
            text(
                "An authority that is a group has no identifier and two members: an application’s account and a user."
            ),
        )


def _identifiers(actor: JsonObject) -> list[str]:
    return [name for name in IDENTIFIERS if name in actor]


def _too_many(given: list[str], pointer: str) -> Fault:
    return Fault(
        pointer,
        "identified_twice",
        text("There are several identifiers: {given}. Keep exactly one of them.", given=", ".join(given)),
    )


AGENT = Shape(
    {"objectType": one_of("Agent"), "name": string, **IDENTIFIERS},
    agreements=(_one_identifier,),
)
GROUP = Shape(
    {"objectType": one_of("Group"), "name": string, "member": array_of(AGENT), **IDENTIFIERS},
    needs={"objectType": text("A group needs objectType: Group.")},
    agreements=(_identifier_or_members,),
)
_AUTHORITY_GROUP = Shape(GROUP.properties, agreements=(_two_members,))


def by_object_type(shapes: dict[str, Check], otherwise: str) -> Check:
    """Return the check that a value is what its objectType says, or `otherwise` where it says nothing."""
    known = one_of(*shapes)

    def check(value: JsonValue, pointer: str) -> Iterator[Fault]:
        kind = value.get("objectType", otherwise) if isinstance(value, dict) else otherwise
        shape = shapes.get(kind) if isinstance(kind, str) else None
        yield from known(kind, below(pointer, "objectType")) if shape is None else shape(value, pointer)

    return check


ACTOR = by_object_type({"Agent": AGENT, "Group": GROUP}, otherwise="Agent")
AUTHORITY = by_object_type({"Agent": AGENT, "Group": _AUTHORITY_GROUP}, otherwise="Agent")


# Verbs and activities (Data 2.4.3, 2.4.4.1)

VERB = Shape(
    {"id": IRI, "display": LANGUAGE_MAP},
    needs={"id": text("The verb needs an id that is an IRI, such as http://adlnet.gov/expapi/verbs/completed.")},
)

_COMPONENT_LISTS = {
    "true-false": (),
    "choice": ("choices",),
    "fill-in": (),
    "long-fill-in": (),
    "matching": ("source", "target"),
    "performance": ("steps",),
    "sequencing": ("choices",),
    "likert": ("scale",),
    "numeric": (),
    "other": (),
}
_LISTS = ("choices", "scale", "source", "target", "steps")


def _interaction(definition: JsonObject, pointer: str) -> Iterator[Fault]:
    lists = [name for name in _LISTS if name in definition]
    kind = definition.get("interactionType")
    if kind is None and (lists or "correctResponsesPattern" in definition):
        yield Fault(
            below(pointer, "interactionType"),
            "missing",
            text("A question needs interactionType, such as choice or true-false."),
        )
    allowed = _COMPONENT_LISTS.get(kind, _LISTS) if isinstance(kind, str) else _LISTS
    for name in lists:
        if name not in allowed:
            yield Fault(
                below(pointer, name),
                "value",
                text("A question of the kind {kind} has no {name}. Leave it out.", kind=kind, name=name),
            )
        yield from _distinct_ids(definition[name], below(pointer, name))


def _distinct_ids(components: JsonValue, pointer: str) -> Iterator[Fault]:
    if not isinstance(components, list):
        return
    seen: set[str] = set()
    for index, component in enumerate(components):
        name = component.get("id") if isinstance(component, dict) else None
        if not isinstance(name, str):
            continue
        if name in seen:
            yield Fault(
                f"{pointer}/{index}/id",
                "value",
                text("The id “{name}” is used twice in this list. Give each its own.", name=name[:60]),
            )
        seen.add(name)


_COMPONENT = Shape(
    {"id": _FILLED, "description": LANGUAGE_MAP},
    needs={"id": text("Each of these needs an id, its own in the list.")},
)
_DEFINITION = Shape(
    {
        "name": LANGUAGE_MAP,
        "description": LANGUAGE_MAP,
        "type": IRI,
        "moreInfo": IRI,
        "interactionType": one_of(*_COMPONENT_LISTS),
        "correctResponsesPattern": array_of(string),
        **{name: array_of(_COMPONENT) for name in _LISTS},
        "extensions": EXTENSIONS,
    },
    agreements=(_interaction,),
)
ACTIVITY = Shape(
    {"objectType": one_of("Activity"), "id": IRI, "definition": _DEFINITION},
    needs={"id": text("The activity needs an id that is an IRI: the same address every time.")},
)
STATEMENT_REF = Shape(
    {"objectType": one_of("StatementRef"), "id": UUID},
    needs={
        "objectType": text("A reference to a statement needs objectType: StatementRef."),
        "id": text("A reference to a statement needs an id: the UUID of that statement."),
    },
)
