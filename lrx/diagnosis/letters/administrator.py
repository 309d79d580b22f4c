"""The letter to a course administrator or a site administrator: whom it is about, what stands in the way, whose turn
it is, and what to do. It names nobody but the learner. Pure."""

from collections.abc import Mapping

from lrx.diagnosis.chain import CHECKS
from lrx.diagnosis.letters.circumstances import SPECIAL_DIRECTIONS, SPECIAL_REMEDIES, fitting
from lrx.diagnosis.letters.directions import DIRECTIONS
from lrx.diagnosis.letters.unchecked import is_open
from lrx.diagnosis.letters.writing import Draft, Reply, paragraphs, then
from lrx.diagnosis.reasons import reason_named
from lrx.diagnosis.verdict import HEADLINES, VerdictState
from lrx.errors import Turn
from lrx.text import Text, text

__all__ = ["learner_lines", "letter"]

API = "/api/v1/"
_BY_API = text("What has an address that begins with /api/v1 is done with the REST API, by whoever has a key for it.")

WHOSE: Mapping[Turn, Text] = {
    "caller": text("It is the turn of whoever sent it, not yours."),
    "learner": text("It is the learner’s turn, not yours."),
    "course_admin": text("It is the course administrator’s turn, not yours."),
    "site_admin": text("It is the site administrator’s turn, not yours."),
    "recipient": text("It is the turn of {recipient} and its representative, not yours."),
    "lrx": text("It is nobody’s turn; this exchange goes on by itself."),
    "nobody": text("It is nobody’s turn."),
}


def letter(draft: Draft, turn: Turn) -> Reply:
    """Return the letter to the administrator whose turn it is when the turn is `turn`."""
    verdict = draft.verdict
    reason = reason_named(verdict["reason"]) if verdict["reason"] else None
    headline = HEADLINES[VerdictState(verdict["state"])]
    subject = draft.say(text("{title}: {name}, {course} [{reference}]"), title=reason.title if reason else headline)
    to_do = [_to_do(draft, one, turn, is_first=one == verdict["reason"]) for one in draft.reasons]
    body = paragraphs(
        draft.say(text("Hello,")),
        then(draft),
        "\n".join(learner_lines(draft)),
        f"{draft.say(headline)}. {draft.detail(verdict['detail'])}",
        *to_do,
        _worth_knowing(draft),
        _expected(draft),
        draft.say(_BY_API) if any(API in one for one in to_do) else None,
        _unchecked(draft),
        draft.say(text("If something is unclear, reply to this message and quote {reference}.")),
        draft.say(text("— {site}")),
    )
    return Reply(subject, body)


def learner_lines(draft: Draft) -> list[str]:
    """Whom and what it is about, a line each; what is not known is left out."""
    learner = draft.matter.learner
    lines = [
        draft.say(text("Learner: {name}")),
        draft.say(text("User name: {username}"), username=learner.username) if learner.username else None,
        draft.say(text("E-mail: {email}"), email=learner.email) if learner.email else None,
        draft.say(text("ID number: {idnumber}"), idnumber=learner.idnumber) if learner.idnumber else None,
        draft.say(text("OCI ID held: {held}") if learner.oci_ids else text("OCI ID held: none")),
        draft.say(text("OCI ID asked for: {asked}")) if draft.values["asked"] != "–" else None,
        draft.say(text("Course: {course} ({short_name})")),
        draft.say(text("Recipient: {recipient}")),
    ]
    return [line for line in lines if line]


def _to_do(draft: Draft, code: str, turn: Turn, *, is_first: bool) -> str:
    """One reason: for whoever can mend it the steps, for others whose turn it is and what they are asked."""
    reason = reason_named(code)
    found = draft.of_reason(code)
    heading = [] if is_first or found is None else [f"{draft.say(reason.title)}. {draft.detail(found['detail'])}"]
    # The verdict may say nobody, for a day, of what is its reason's owner's turn after it.
    whose: Turn = draft.verdict["turn"] if is_first else reason.turn
    if whose != turn:
        remedy = draft.say(fitting(draft, code, reason.remedy, SPECIAL_REMEDIES), reasons=_keeping(draft))
        return "\n".join([*heading, f"{draft.say(WHOSE[whose])} {remedy}"])
    usual = DIRECTIONS.get(code, (reason.remedy,))
    steps = [draft.say(step) for step in fitting(draft, code, usual, SPECIAL_DIRECTIONS)]
    effort = draft.say(_effort(reason.minutes), minutes=reason.minutes)
    return "\n".join([*heading, effort, *(f"{place}. {step}" for place, step in enumerate(steps, 1))])


def _keeping(draft: Draft) -> str:
    return "; ".join(draft.say(reason_named(one).title) for one in draft.keeping)


def _effort(minutes: int | None) -> Text:
    if minutes is None:
        return text("This is yours to do:")
    return text("This is yours to do, in about a minute:") if minutes == 1 else _MINUTES


_MINUTES = text("This is yours to do, in about {minutes} minutes:")


def _worth_knowing(draft: Draft) -> str | None:
    warned = [one for check in CHECKS if (one := draft.check(check.id))["state"] == "warn"]
    lines = [f"- {draft.detail(one['detail'])}" for one in warned if one["reason"] != draft.verdict["reason"]]
    return "\n".join([draft.say(text("Worth knowing:")), *lines]) if lines else None


def _expected(draft: Draft) -> str | None:
    expected, state = draft.expected_at, draft.verdict["state"]
    if expected is None or state not in _EXPECTED:
        return None
    return draft.say(_EXPECTED[state], moment=draft.moment(expected))


_EXPECTED: Mapping[str, Text] = {
    VerdictState.BLOCKED: text("If that is done today, {recipient} is expected to have it on {moment}."),
    VerdictState.WAITING: text("{recipient} is expected to have it on {moment}."),
    VerdictState.DELIVERED: text("It is expected to be shown from {moment} on."),
}


def _unchecked(draft: Draft) -> str | None:
    open_ones = [check for check in CHECKS if is_open(draft, check.id)]
    if not open_ones:
        return None
    questions = " ".join(draft.say(check.question) for check in open_ones)
    return draft.say(text("Not checked, or not to be known from here: {questions}"), questions=questions)
