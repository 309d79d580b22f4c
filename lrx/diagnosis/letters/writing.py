"""A letter being written: what a diagnosis tells and whom it is about, said in one language. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from babel.dates import format_date

from lrx.clock import local_date
from lrx.diagnosis.matter import Matter, asked_ids
from lrx.diagnosis.reasons import Kind, reason_named
from lrx.diagnosis.written import read_text
from lrx.text import Language, Text, say, text

__all__ = ["Draft", "Reply", "draft", "paragraphs", "then"]

Json = Mapping[str, Any]

LOCALES: Mapping[Language, str] = {"en": "en_CA", "fr": "fr_CA"}
HARD = "\u00a0"
"""A space at which no line breaks."""

FRESH = timedelta(days=1)
"""How long after the instant that was judged a letter still tells of the present."""

UNKNOWN = "–"
"""Said for what an older diagnosis did not keep."""

_WRITTEN = re.compile(r"(?<![\w-])(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d))?(?![\w-])")
_TIME = re.compile(r"\d\d:\d\d")

IMPLIED: Mapping[str | None, Sequence[str]] = {"expired_by_administrator": ("activity_record_outdated",)}
"""What holds of the course's record for such a reason mostly holds of its activities too, and is mended with it."""

_UNNAMED: Mapping[str, Text] = {
    "names": text("somebody else"),
    "accounts": text("named in the diagnosis"),
    "person": text("its representative"),
    "reason": text("the reason is kept in the diagnosis"),
}
"""What stands for what may name people other than the learner, by the name of the value."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A text to send: plain, with lines as they are to be broken."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What a letter is written from. `at` is when it is written; `values` are what its sentences speak of."""

    content: Json
    matter: Matter
    language: Language
    at: datetime
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def verdict(self) -> Json:
        """The verdict of the diagnosis."""
        verdict: Json = self.content["verdict"]
        return verdict

    @property
    def is_of_the_past(self) -> bool:
        """Whether it tells of an instant that lies clearly before the one it is written in."""
        return self.at - self.matter.as_of > FRESH

    @property
    def expected_at(self) -> datetime | None:
        """When the recipient is expected to have or show it, None where that was expected of a day that is past."""
        return None if self.is_of_the_past else _instant(self.verdict["expected_at"])

    @property
    def reasons(self) -> Sequence[str]:
        """The reason that decides and those of what else has to be mended, without what follows from the first."""
        first, also = self.verdict["reason"], self.verdict["also"]
        return [one for one in (first, *also) if one and one not in IMPLIED.get(first, ())]

    @property
    def keeping(self) -> Sequence[str]:
        """Those of them for which a record that is there stays here, whatever else is mended: the rules, and that the
        course never sent to the recipient, as only what is recorded once it does is sent."""
        never = () if self.was_sent_before else ("no_course_recipient",)
        return [one for one in self.reasons if reason_named(one).kind is Kind.RULE or one in never]

    @property
    def was_sent_before(self) -> bool:
        """Whether the course sent to the recipient until the recipient was removed."""
        return bool(self.check("A2")["facts"].get("removed_at"))

    def check(self, check_id: str) -> Json:
        """What one check found."""
        found: Json = self.content["checks"].get(check_id, {"state": "not_checked", "reason": None, "facts": {}})
        return found

    def of_reason(self, reason: str) -> Json | None:
        """The check that gave the reason."""
        return next((one for one in self.content["checks"].values() if one["reason"] == reason), None)

    def say(self, sentence: Text, **values: object) -> str:
        """The sentence, with what is known filled in."""
        return say(Text(sentence.message, {**self.values, **values}), self.language)

    def detail(self, written: Json) -> str:
        """The deciding fact of a check or the verdict, its days in words, and nobody named but the learner."""
        return say(_in_words(read_text(written), self.language), self.language)

    def day(self, day: date, *, with_year: bool = True) -> str:
        """18 November 2026, or 18 novembre 2026."""
        return _day(day, self.language, with_year=with_year)

    def clock_time(self, moment: time) -> str:
        """09:12, or 9 h 12."""
        return _clock_time(moment, self.language)

    def moment(self, instant: datetime) -> str:
        """A day and a time of day, as the site's clocks show them."""
        return _moment(instant, self.matter, self.language)

    def moment_written(self, instant: str) -> str:
        """The same for an instant as a diagnosis keeps it."""
        return self.moment(datetime.fromisoformat(instant))


def draft(content: Json, matter: Matter, language: Language, at: datetime) -> Draft:
    """Return the draft of a letter about a diagnosis, as `lrx.diagnosis.written` wrote it."""
    return Draft(content, matter, language, at, _values(content, matter, language))


def then(draft: Draft) -> str | None:
    """The sentence that leads a letter about the past, None in one about the present."""
    if not draft.is_of_the_past:
        return None
    sentence = text("This tells how things stood on {moment}; they may have changed since.")
    return draft.say(sentence, moment=draft.moment(draft.matter.as_of))


def paragraphs(*some: str | None) -> str:
    """The text with an empty line between its parts; empty ones are left out."""
    return "\n\n".join(one for one in some if one)


def _values(content: Json, matter: Matter, language: Language) -> dict[str, object]:
    facts = {check: one["facts"] for check, one in content["checks"].items()}
    of = partial(_fact, facts)
    say_moment, say_day = partial(_moment, matter=matter, language=language), partial(_day, language=language)
    completed, voided, expires = _instant(of("B1", "completed_at")), _instant(of("B4", "at")), of("B3", "expires_at")
    given = _instant(content["delivered_at"])
    last_given = _instant(of("E1", "last_given_at")) or given
    last_asked, last_asked_for = _instant(of("A4", "last_asked_at")), _instant(of("C5", "last_asked_at"))
    learner, course = matter.learner, matter.course
    repeats = [one for check in ("A3", "B2", "B3") for one in of(check, "repeats") or ()]

    def on(instant: datetime | None) -> str:
        return say_day(local_date(instant, matter.zone)) if instant else UNKNOWN

    def day_of(check: str, name: str) -> str:
        written = of(check, name)
        return say_day(date.fromisoformat(written)) if written else UNKNOWN

    return {
        "recipient": matter.recipient,
        "recipient_code": matter.recipient_code,
        "diagnosis_id": str(matter.diagnosis_id),
        "learner_id": str(learner.id),
        "course_id": str(course.id),
        "record_id": content["record_id"] or UNKNOWN,
        "promotions": "; ".join(map(_promotion, repeats)) or UNKNOWN,
        "site": matter.site,
        "reference": matter.reference,
        "course": course.full_name,
        "short_name": course.shortname or course.idnumber or course.full_name,
        "name": learner.name or learner.username or str(learner.id),
        "held": ", ".join(learner.oci_ids) or UNKNOWN,
        "asked": next(iter(asked_ids(content)), UNKNOWN),
        "asked_course": of("D3", "asked_course") or UNKNOWN,
        "activities": ", ".join(_unfinished(of("B2", "activities") or of("B1", "activities") or ())) or UNKNOWN,
        "completed": on(completed),
        "completed_time": _clock_time(completed.astimezone(matter.zone).time(), language) if completed else UNKNOWN,
        "first": day_of("B3", "first"),
        "last": day_of("B3", "last"),
        "repeated": ", ".join(dict.fromkeys(say_day(date.fromisoformat(one["repeated_on"])) for one in repeats))
        or UNKNOWN,
        "found_by": ", ".join(of("C5", "held") or ()) or UNKNOWN,
        "valid_until": on(datetime.fromisoformat(expires) - timedelta(microseconds=1)) if expires else UNKNOWN,
        "voided": on(voided),
        "sites": ", ".join(of("F2", "sites") or ()) or UNKNOWN,
        "first_given": say_moment(given) if given else UNKNOWN,
        "last_given": say_moment(last_given) if last_given else UNKNOWN,
        "last_asked": say_moment(last_asked) if last_asked else UNKNOWN,
        "last_asked_for": say_moment(last_asked_for) if last_asked_for else UNKNOWN,
    }


def _promotion(repeat: Json) -> str:
    return f"POST /api/v1/learning-records/{repeat['record_id']}/amendments/{repeat['amendment_id']}/promote"


def _fact(facts: Mapping[str, Json], check: str, name: str) -> Any:
    return facts.get(check, {}).get(name)


def _instant(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def _unfinished(activities: Sequence[Json]) -> Sequence[str]:
    """Those without a record, or where all have one, those whose record does not count."""
    missing = [one["full_name"] for one in activities if one.get("record_id") is None]
    return missing or [one["full_name"] for one in activities if not one["counts"]]


def _in_words(sentence: Text, language: Language) -> Text:
    return Text(sentence.message, {name: _worded(name, one, language) for name, one in sentence.values.items()})


def _worded(name: str, value: object, language: Language) -> object:
    if name in _UNNAMED:
        return _UNNAMED[name]
    if isinstance(value, Text):
        return _in_words(value, language)
    if not isinstance(value, str):
        return value
    if _TIME.fullmatch(value):
        return _clock_time(time.fromisoformat(value), language)
    return _WRITTEN.sub(lambda found: _found(found, language), value)


def _found(found: re.Match[str], language: Language) -> str:
    try:
        day = _day(date.fromisoformat(found[1]), language)
        return _at(day, _clock_time(time.fromisoformat(found[2]), language), language) if found[2] else day
    except ValueError:
        return found[0]


def _at(day: str, clock_time: str, language: Language) -> str:
    return say(text("{day} at {time}", day=day, time=clock_time), language)


def _moment(instant: datetime, matter: Matter, language: Language) -> str:
    local = instant.astimezone(matter.zone)
    return _at(_day(local.date(), language), _clock_time(local.time(), language), language)


def _day(day: date, language: Language, *, with_year: bool = True) -> str:
    written = format_date(day, "d MMMM y" if with_year else "d MMMM", LOCALES[language])
    return written.replace("1 ", "1er ", 1) if language == "fr" and day.day == 1 else written


def _clock_time(moment: time, language: Language) -> str:
    if language == "en":
        return f"{moment:%H:%M}"
    return f"{moment.hour}{HARD}h{HARD}{moment:%M}" if moment.minute else f"{moment.hour}{HARD}h"
