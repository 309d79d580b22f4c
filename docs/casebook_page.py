"""The page of the casebook: what people say, how it came about, and what the diagnosis answers."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markdown_page import page, table

from lrx.diagnosis.reasons import reason_named
from lrx.diagnosis.verdict import HEADLINES, VerdictState
from lrx.diagnosis.words import TURNS

__all__ = ["casebook_page"]

CASEBOOK = Path(__file__).resolve().parents[1] / "tests" / "acceptance" / "casebook.toml"
HEAD = ("no.", "what people say", "how it came about", "what the diagnosis answers", "whose turn", "what helps")

PHRASES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "physician": {
        "username": ("the physician’s account is {}", ""),
        "oci_id": ("the physician’s OCI ID is {}", "the physician has no OCI ID"),
    },
    "course": {
        "shortname": ("the course’s short name is {}", ""),
        "mandatory": ("mandatory are {}", "the course has no mandatory activity"),
        "optional": ("the course has, without being mandatory, {}", ""),
        "sent_since": ("the course sends to CMaRS since {}", "the course does not send to CMaRS at first"),
        "expires": ("records of the course expire {}", ""),
        "recertification": ("a repeat counts from {} before a record expires", ""),
        "reporting_period": ("completions count for {}", ""),
    },
    "cmars": {
        "about": ("CMaRS asks about {}", "CMaRS does not ask every day"),
        "course": ("CMaRS asks for the course {}", ""),
        "completed_from": ("CMaRS asks for completions from {} on", ""),
    },
}
"""What is not as usual: said of a value, and of none."""

Case = Mapping[str, Any]


def casebook_page() -> str:
    """Every case, every pair of causes, and what waits."""
    book = tomllib.loads(CASEBOOK.read_text(encoding="utf-8"))
    usual = book["usual"]
    told = [case for case in book["case"] if "waits_for" not in case]
    waiting = [case for case in book["case"] if "waits_for" in case]
    return page(
        "Casebook",
        "The physician says completed, the recipient says not: what may be behind it. Find what people say, compare how"
        " it came about, and read what the diagnosis answers, whose turn it is and what helps. The tests build every"
        " case over HTTP and ask for the diagnosis, so this page is what the product answers. The code in brackets is"
        " that of the check and of the reason; reports, exports and the API use the same.",
        "## What holds in every case",
        _usual(usual),
        "## One cause",
        table(HEAD, [_row(case) for case in told]),
        "## Two causes at once",
        "What no profile can mend leads; else what comes first in the chain does. The other is named, so that nobody"
        " mends one thing to find the next.",
        table([*HEAD, "also"], [[*_row(case), _also(case["then"])] for case in book["pair"]]),
        "## Waiting",
        "These are about something the product does not have yet. They are told here so that nobody looks for them in"
        " vain.",
        table(
            ["no.", "what people say", "how it came about", "waits for", "what helps"],
            [
                [str(case["number"]), case["symptom"], _list(case["given"]), case["waits_for"], case["then"]["fix"]]
                for case in waiting
            ],
        ),
    )


def _usual(usual: Case) -> str:
    person, course, cmars = usual["physician"], usual["course"], usual["cmars"]
    return (
        f"It is {usual['now']}. The physician, {person['name']}, has the OCI ID `{person['oci_id']}`. The course"
        f" {course['name']} has the mandatory activity {' and '.join(course['mandatory'])} and sends to CMaRS since"
        f" {course['sent_since']}. CMaRS asks every day at {cmars['asks_daily_at']}, about this OCI ID. A case says"
        " what is different."
    )


def _row(case: Case) -> list[str]:
    then = case["then"]
    check, reason = then["because"].split()
    meant = reason_named(reason)
    headline = HEADLINES[VerdictState(then["verdict"])]
    answer = f"**{headline}**: {meant.title} (`{check}` `{reason}`)"
    notes = [f"{reason_named(note.split()[1]).title} (`{note.replace(' ', '` `')}`)" for note in then.get("notes", ())]
    return [
        str(case["number"]),
        case["symptom"],
        _list([*_different(case), *case["given"]]),
        _list([answer, *notes]),
        str(TURNS[then["turn"]]),
        str(meant.remedy),
    ]


def _different(case: Case) -> list[str]:
    """What of the case is not as usual, in words."""
    told = [f"it is {case['now']}"] if "now" in case else []
    for about, phrases in PHRASES.items():
        for name, value in case.get(about, {}).items():
            given, none = phrases[name]
            told.append(given.format(_said(value)) if value and value != "never" else none)
    for other in case.get("others", ()):
        account = f"there is another account, {other['username']} ({other['name']})"
        told.append(f"{account}, with `{other['oci_id']}`" if "oci_id" in other else account)
    return [*told, "nothing is set up at the live site"] if case.get("site") == "bare" else told


def _said(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else " and ".join(value)


def _also(then: Case) -> str:
    return _list([f"{reason_named(reason).title} (`{reason}`)" for reason in then["also"]])


def _list(lines: Sequence[str]) -> str:
    return "<br>".join(lines)
