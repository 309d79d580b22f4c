"""What a diagnosis tells of other people: who looks alike, and who holds the same OCI ID. It is left out for those who
may not see learners, and where a sentence stands beside one learner's name. Pure."""

from collections.abc import Mapping
from typing import Any

from lrx.diagnosis.written import read_text, written_text
from lrx.text import Text, text

__all__ = ["PERMISSION", "unnamed", "without_others"]

Json = Mapping[str, Any]

PERMISSION = "learners:read"
"""Who has it reads of other people too."""

_UNNAMED: Mapping[str, Text] = {"names": text("somebody else"), "accounts": text("their names are not shown here")}
"""What stands for other people in a sentence, by the name of the value."""

_LISTS = ("look_alikes", "others")
"""The facts that list other people."""
_TOLD = ("shared", "has_record")
"""What of them does not tell who they are."""


def unnamed(sentence: Text) -> Text:
    """Return the sentence with nobody else named."""
    return Text(sentence.message, {name: _UNNAMED.get(name, value) for name, value in sentence.values.items()})


def without_others(content: Json) -> Json:
    """Return a written diagnosis without names, user names, ids and OCI IDs of other people."""
    verdict = content["verdict"]
    return {
        **content,
        "verdict": {**verdict, "detail": _sentence(verdict["detail"])},
        "checks": {
            check: {**found, "detail": _sentence(found["detail"]), "facts": _facts(found["facts"])}
            for check, found in content["checks"].items()
        },
    }


def _sentence(written: Json) -> Json:
    return written_text(unnamed(read_text(written)))


def _facts(facts: Json) -> Json:
    shown = {name: [_shown(one) for one in value] if name in _LISTS else value for name, value in facts.items()}
    return {name: value for name, value in shown.items() if name not in _LISTS or any(value)}


def _shown(other: Json) -> Json:
    return {name: other[name] for name in _TOLD if name in other}
