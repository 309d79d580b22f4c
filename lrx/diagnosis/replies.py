"""Texts to send about a diagnosis, each with what its reader may see and no more. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from lrx.diagnosis.letters import administrator, physician, representative
from lrx.diagnosis.letters.summary import summary
from lrx.diagnosis.letters.writing import Draft, Reply, draft
from lrx.diagnosis.matter import Matter
from lrx.text import Language

__all__ = ["Audience", "Reply", "reply"]


class Audience(StrEnum):
    """Who reads a reply."""

    PHYSICIAN = "physician"
    COURSE_ADMIN = "course_admin"
    SITE_ADMIN = "site_admin"
    RECIPIENT_CONTACT = "recipient_contact"
    INTERNAL = "internal"


_LETTERS: Mapping[Audience, Callable[[Draft], Reply]] = {
    Audience.PHYSICIAN: physician.letter,
    Audience.COURSE_ADMIN: partial(administrator.letter, turn="course_admin"),
    Audience.SITE_ADMIN: partial(administrator.letter, turn="site_admin"),
    Audience.RECIPIENT_CONTACT: representative.letter,
    Audience.INTERNAL: summary,
}


def reply(content: Mapping[str, Any], matter: Matter, audience: Audience, language: Language, at: datetime) -> Reply:
    """Return the text for one reader.

    `content` is the diagnosis as `lrx.diagnosis.written` wrote it. `at` is when the text is written: it says "tomorrow"
    from then, in the site's time zone.
    """
    return _LETTERS[audience](draft(content, matter, language, at))
