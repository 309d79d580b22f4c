"""The casebook as values: what is given in each case, when, and what the diagnosis has to answer."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

__all__ = ["ZONE", "Case", "Event", "case_of", "moment", "read_casebook"]

ZONE = ZoneInfo("America/Toronto")
CASEBOOK = Path(__file__).parent / "acceptance" / "casebook.toml"
MORNING = time(9)
_WHEN = re.compile(
    r"(?:(?P<ago>\d+) days ago|(?P<today>today)|(?P<day>\d{4}-\d{2}-\d{2}))(?: at (?P<clock>\d{2}:\d{2}))?"
)


class Event(NamedTuple):
    """Something that happened, at an instant."""

    at: datetime
    what: str


@dataclass(frozen=True)
class Case:
    """A case of the casebook; `then` and `meanwhile` (by user name) are what the diagnoses have to answer."""

    kind: str
    number: int
    symptom: str
    now: datetime
    site: str
    physician: Mapping[str, Any]
    others: Sequence[Mapping[str, Any]]
    course: Mapping[str, Any]
    cmars: Mapping[str, Any]
    given: Sequence[str]
    then: Mapping[str, Any]
    meanwhile: Mapping[str, Mapping[str, Any]]
    waits_for: str | None

    @property
    def name(self) -> str:
        """As tests and people call it: `case 21`."""
        return f"{self.kind} {self.number}"

    @property
    def events(self) -> list[Event]:
        """What is given, each with its instant, in the order written."""
        told = [line.split(": ", 1) for line in self.given]
        return [Event(moment(when, self.now), what) for when, what in told]

    @property
    def expected(self) -> Mapping[str, Mapping[str, Any]]:
        """What has to be answered about whom."""
        return {self.physician["username"]: self.then, **self.meanwhile}


def read_casebook() -> list[Case]:
    """Every case and every pair of causes, as written."""
    book = _book()
    return [_case(kind, told, book["usual"]) for kind in ("case", "pair") for told in book[kind]]


def case_of(**told: Any) -> Case:
    """A case of a test's own, told as those of the casebook are."""
    return _case("case", told, _book()["usual"])


def _book() -> dict[str, Any]:
    return tomllib.loads(CASEBOOK.read_text(encoding="utf-8"))


def _case(kind: str, told: Mapping[str, Any], usual: Mapping[str, Any]) -> Case:
    return Case(
        kind=kind,
        number=told.get("number", 0),
        symptom=told.get("symptom", ""),
        now=moment(told.get("now", usual["now"]), datetime.max.replace(tzinfo=ZONE)),
        site=told.get("site", "default"),
        physician={**usual["physician"], **told.get("physician", {})},
        others=told.get("others", ()),
        course={**usual["course"], **told.get("course", {})},
        cmars={**usual["cmars"], **told.get("cmars", {})},
        given=told["given"],
        then=told.get("then", {}),
        meanwhile=told.get("meanwhile", {}),
        waits_for=told.get("waits_for"),
    )


def moment(when: str, now: datetime) -> datetime:
    """The instant meant by `10 days ago at 23:30`, `today at 09:12` or `2026-11-21 at 14:30`; without a time of day it
    is nine in the morning."""
    meant = _WHEN.fullmatch(when)
    if meant is None:
        raise ValueError(f"{when!r} is no time of the casebook")
    ago = timedelta(days=int(meant["ago"] or 0))
    day = date.fromisoformat(meant["day"]) if meant["day"] else now.date() - ago
    clock = time.fromisoformat(meant["clock"]) if meant["clock"] else MORNING
    return datetime.combine(day, clock, ZONE)
