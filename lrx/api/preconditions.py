"""Preconditions (RFC 9110, 13): an answer carries the tag of what it shows, and a change can be made to hold only for
what the caller has seen."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel
from starlette.datastructures import Headers

from lrx.errors import Fault
from lrx.text import text
from lrx.web.problems import BadRequest, PreconditionFailed

__all__ = ["IF_MATCH", "IF_NONE_MATCH", "MalformedTag", "Tags", "entity_tag", "require_same", "tags_of"]

IF_MATCH = "If-Match"
IF_NONE_MATCH = "If-None-Match"
TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
TAGS = re.compile(rf"\s*{TAG}(?:\s*,\s*{TAG})*\s*")
EACH = re.compile(TAG)


class MalformedTag(BadRequest):
    """If-Match or If-None-Match holds no list of entity tags, and is not `*` either."""

    code = "entity_tag_malformed"


@dataclass(frozen=True, slots=True)
class Tags:
    """The entity tags a caller gave in one header; `*` is any."""

    tags: frozenset[str]
    is_any: bool = False

    def is_same_as(self, tag: str) -> bool:
        """Strong comparison, for If-Match: a weak tag is never the same."""
        return self.is_any or tag in self.tags

    def is_like(self, tag: str) -> bool:
        """Weak comparison, for If-None-Match."""
        return self.is_any or tag in self.tags or f"W/{tag}" in self.tags


def entity_tag(representation: bytes) -> str:
    """Return the strong tag of what is sent."""
    return f'"{hashlib.sha256(representation).hexdigest()[:32]}"'


def tags_of(headers: Headers, name: str) -> Tags | None:
    """Return the tags of the header `name`, if it is there. Raises `MalformedTag`, also when it is there and empty: a
    caller who asked for a condition is not served without one."""
    lines = headers.getlist(name)
    if not lines:
        return None
    given = ", ".join(lines)
    if given.strip() == "*":
        return Tags(frozenset(), is_any=True)
    if not TAGS.fullmatch(given):
        detail = text("{header} takes entity tags as an ETag gave them, in quotation marks, or *.", header=name)
        raise MalformedTag(detail, faults=(Fault(f"/headers/{name}", MalformedTag.code, detail),))
    return Tags(frozenset(EACH.findall(given)))


def require_same(given: Tags, representations: Sequence[BaseModel]) -> None:
    """Return when the caller has seen one of these, which show the same thing in each language. Raises
    `PreconditionFailed` with the first of them."""
    bodies = [one.model_dump_json().encode() for one in representations]
    if not any(given.is_same_as(entity_tag(body)) for body in bodies):
        raise PreconditionFailed(representations[0], entity_tag(bodies[0]))
