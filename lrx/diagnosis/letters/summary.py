"""The whole diagnosis as a text for colleagues: the verdict, and every check with its state and its deciding fact.
Nobody is named but the learner. Pure."""

from lrx.diagnosis.chain import CHECKS, STAGES, Check
from lrx.diagnosis.finding import State
from lrx.diagnosis.letters.administrator import learner_lines
from lrx.diagnosis.letters.unchecked import OPEN
from lrx.diagnosis.letters.writing import Draft, Reply, paragraphs, then
from lrx.diagnosis.reasons import reason_named
from lrx.diagnosis.verdict import HEADLINES, VerdictState
from lrx.diagnosis.words import STATES, TURNS
from lrx.text import Text, text

__all__ = ["summary"]


def summary(draft: Draft) -> Reply:
    """Return the text."""
    headline = draft.say(HEADLINES[VerdictState(draft.verdict["state"])])
    subject = draft.say(text("{title}: {name}, {course}, {recipient} [{reference}]"), title=headline)
    stages = (_stage(draft, stage, title) for stage, title in STAGES.items())
    body = paragraphs(then(draft), _verdict(draft, headline), _about(draft), *stages, _unchecked(draft))
    return Reply(subject, body)


def _verdict(draft: Draft, headline: str) -> str:
    verdict = draft.verdict
    reason = reason_named(verdict["reason"]) if verdict["reason"] else None
    expected = draft.expected_at
    lines = [
        f"{headline}. {draft.detail(verdict['detail'])}",
        draft.say(text("Reason: {title} ({reason}, {check})"), title=reason.title, **_codes(draft)) if reason else None,
        draft.say(text("Turn: {turn}"), turn=TURNS[verdict["turn"]]),
        draft.say(reason.remedy) if reason else None,
        draft.say(text("Effort in minutes: {minutes}"), minutes=verdict["minutes"]) if verdict["minutes"] else None,
        draft.say(text("Expected: {moment}"), moment=draft.moment(expected)) if expected else None,
        *(
            draft.say(text("Also: {title} ({reason})"), title=reason_named(one).title, reason=one)
            for one in _also(draft)
        ),
    ]
    return "\n".join(line for line in lines if line)


def _codes(draft: Draft) -> dict[str, object]:
    return {"reason": draft.verdict["reason"], "check": draft.verdict["check"]}


def _also(draft: Draft) -> list[str]:
    return list(draft.verdict["also"])


def _about(draft: Draft) -> str:
    matter, content = draft.matter, draft.content
    record, delivered = content["record_id"], content["delivered_at"]
    ids = [
        draft.say(
            text("Diagnosis {id}, as of {moment}"), id=str(matter.diagnosis_id), moment=draft.moment(matter.as_of)
        ),
        draft.say(text("Learner {id}"), id=str(matter.learner.id)),
        draft.say(text("Course {id}"), id=str(matter.course.id)),
        draft.say(text("Record {id}"), id=record) if record else draft.say(text("No record was judged.")),
        draft.say(text("Handed over on {moment}"), moment=draft.moment_written(delivered)) if delivered else None,
    ]
    return "\n".join([*learner_lines(draft), *(line for line in ids if line)])


def _stage(draft: Draft, stage: str, title: Text) -> str:
    checks = [check for check in CHECKS if check.id[0] == stage]
    return "\n".join([f"{stage}  {draft.say(title)}", *(_line(draft, check) for check in checks)])


def _line(draft: Draft, check: Check) -> str:
    found = draft.check(check.id)
    state = draft.say(STATES[State(found["state"])])
    reason = f" ({found['reason']})" if found["reason"] else ""
    detail = f" {draft.detail(found['detail'])}" if found.get("detail") else ""
    return f"{check.id}  {draft.say(check.question)} [{state}{reason}]{detail}"


def _unchecked(draft: Draft) -> str | None:
    left = [check.id for check in CHECKS if draft.check(check.id)["state"] in OPEN]
    if not left:
        return None
    return draft.say(text("Not checked, or not to be known from here: {questions}"), questions=", ".join(left))
