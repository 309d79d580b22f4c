"""What parked statements wait for: a short mark of the person or the address that nobody knows yet."""

from dataclasses import dataclass
from hashlib import sha256

from lrx.address import address_forms, normal_address

__all__ = ["Awaited", "agent_subject", "agent_subjects", "object_subject", "object_subjects"]

LONGEST = 200
"""Characters of a mark; a longer one is cut and made unique by a digest, so that an index can hold it."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """Somebody or something that is known now: statements parked under one of these marks, or for an account of one of
    these user names at whatever home page, can be projected."""

    subjects: frozenset[str] = frozenset()
    usernames: frozenset[str] = frozenset()


def agent_subject(kind: str, home_page: str | None, value: str) -> str:
    """The mark of a person: `account:https://lms.example.org|42`, `mbox:|amara@example.org`."""
    return _short(f"{kind}:{normal_address(home_page) if home_page else ''}|{value}")


def agent_subjects(kind: str, home_page: str | None, value: str) -> frozenset[str]:
    """All marks of one person: an account's home page may have come with http or https."""
    forms = address_forms(home_page) if home_page else (None,)
    return frozenset(agent_subject(kind, form, value) for form in forms)


def object_subject(iri: str) -> str:
    """The mark of a course or an activity."""
    return _short(normal_address(iri))


def object_subjects(iri: str) -> frozenset[str]:
    """All marks of one course or activity: its address may have come with http or https."""
    return frozenset(_short(form) for form in address_forms(iri))


def _short(mark: str) -> str:
    if len(mark) <= LONGEST:
        return mark
    digest = sha256(mark.encode()).hexdigest()[:16]
    return f"{mark[: LONGEST - 17]}#{digest}"
