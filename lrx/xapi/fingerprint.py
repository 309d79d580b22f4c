"""The same statement gets the same name twice, also from an LMS that gives its statements no id."""

import json
from hashlib import sha256
from uuid import UUID, uuid5

from lrx.json_reader import JsonValue

__all__ = ["content_hash", "statement_id"]

_NOT_CONTENT = frozenset({"id", "stored", "authority", "version"})


def content_hash(statement: dict[str, JsonValue]) -> str:
    """Return the SHA-256, in hexadecimal, of what a statement says.

    Left out are what a store adds (`id`, `stored`, `authority`, `version`) and `context.registration`: Moodle's
    logstore_xapi makes the registration from the PHP session that sends, so a resend differs in it and in nothing else.
    The order of properties makes no difference.
    """
    content = {name: value for name, value in statement.items() if name not in _NOT_CONTENT}
    context = content.get("context")
    if isinstance(context, dict):
        content["context"] = {name: value for name, value in context.items() if name != "registration"}
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(canonical.encode()).hexdigest()


def statement_id(site_id: UUID, statement: dict[str, JsonValue]) -> UUID | None:
    """Return the id of a faultless statement: its own, else one made from the site and from what it says.

    None for a statement with neither an id nor a timestamp: it cannot be told from a repeat of the same deed, so the
    caller gives it a random id.
    """
    own = statement.get("id")
    if isinstance(own, str):
        return UUID(own)
    if "timestamp" not in statement:
        return None
    return uuid5(site_id, content_hash(statement))
