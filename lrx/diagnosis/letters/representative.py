"""The letter to the recipient's representative: the OCI ID, the course, what was asked and answered, and what they are
asked to do. Neither the learner's name nor any address. Pure."""

from lrx.diagnosis.letters.requests import OTHERWISE, REQUESTS
from lrx.diagnosis.letters.unchecked import unchecked
from lrx.diagnosis.letters.writing import Draft, Reply, paragraphs, then
from lrx.diagnosis.matter import Questioned
from lrx.diagnosis.rhythm import DAYS
from lrx.diagnosis.verdict import VerdictState
from lrx.recipient import Outcome
from lrx.text import text

__all__ = ["letter"]

SEEN_BY_THEM = ("C5", "E1", "E2")
"""The checks of which the representative knows more than we do."""


def letter(draft: Draft) -> Reply:
    """Return the letter."""
    held = text("OCI ID: {held}") if draft.matter.learner.oci_ids else text("OCI ID: none is held here")
    head = [draft.say(one) for one in (text("Hospital: {site}"), text("Course: {short_name}"), held)]
    body = paragraphs(
        draft.say(text("Hello,")),
        then(draft),
        "\n".join(head),
        _request(draft),
        _questions(draft),
        unchecked(draft, SEEN_BY_THEM),
        draft.say(text("Please quote {reference} when you answer.")),
        draft.say(text("— {site}")),
    )
    return Reply(draft.say(text("{site}: {short_name} at {recipient} [{reference}]")), body)


def _request(draft: Draft) -> str:
    request = REQUESTS.get(draft.verdict["reason"]) or OTHERWISE[VerdictState(draft.verdict["state"])]
    return draft.say(request)


def _questions(draft: Draft) -> str | None:
    if not draft.matter.asks or not (draft.matter.questions or draft.matter.learner.oci_ids):
        return None
    if not draft.matter.questions:
        return draft.say(text("In the last {days} days you have not asked {site} for this OCI ID."), days=DAYS)
    lines = [f"- {_question(draft, one)}" for one in draft.matter.questions]
    return "\n".join([draft.say(text("What you asked, and what was answered:")), *lines])


def _question(draft: Draft, one: Questioned) -> str:
    asked = draft.say(text("every course") if one.course is None else text("the course “{named}”"), named=one.course)
    if one.outcome is not Outcome.ANSWERED:
        answer = text("{moment}: {oci_id}, {asked}; answered {code}")
    elif draft.content["record_id"] in one.record_ids:
        answer = text("{moment}: {oci_id}, {asked}; answered with the record of {completed}")
    elif one.record_ids:
        answer = text("{moment}: {oci_id}, {asked}; answered with other records")
    else:
        answer = text("{moment}: {oci_id}, {asked}; answered with no record")
    return draft.say(
        answer,
        moment=draft.moment(one.asked_at),
        oci_id=str(one.oci_id or "–"),
        asked=asked,
        code=one.code or one.outcome.value,
    )
