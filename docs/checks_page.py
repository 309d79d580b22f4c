"""Prints the page about the checks: the chain of a diagnosis, every reason it can give, and the checks that decide a
delivery, which stand behind it."""

from collections.abc import Mapping, Sequence

from markdown_page import page, table

from lrx import eligibility
from lrx.diagnosis.chain import CHECKS, STAGES
from lrx.diagnosis.reasons import REASONS, Kind
from lrx.text import Text, say

__all__ = ["BEHIND", "checks_page"]

BEHIND: Mapping[str, Sequence[str]] = {
    "A3": ("legacy",),
    "B2": ("activity_record_missing",),
    "B3": ("out_of_period", "expired", "expired_by_administrator"),
    "B4": ("voided",),
    "B5": ("source_csv_upload", "source_equivalency"),
    "C1": ("oci_missing",),
    "C4": ("recipient_objects",),
}
"""The checks of a delivery that stand behind a check of the chain."""

KINDS: Mapping[Kind, str] = {
    Kind.RULE: "Never sent as it is, whatever else is mended. The verdict is `not_sent_by_rule`.",
    Kind.FIXABLE: "Somebody can mend it. The verdict is `blocked`.",
    Kind.WAITS: "Nothing is wrong; time has to pass. The verdict is `waiting`.",
    Kind.TOLD: "Worth knowing; it decides nothing.",
}

EFFECTS: Mapping[eligibility.Effect, str] = {
    eligibility.Effect.EXCLUDES: "The delivery is excluded for good; the check is kept with it.",
    eligibility.Effect.WITHDRAWS: (
        "The delivery is withdrawn for as long as the record is voided or expired by an administrator."
    ),
    eligibility.Effect.HOLDS: "The delivery is held until a fact changes, and is then released by itself.",
    eligibility.Effect.EXPLAINS: (
        "Nothing is stored: it is judged at the moment of asking, because time alone changes it."
    ),
}


def checks_page() -> str:
    """The chain of a diagnosis, its reasons, and the checks of a delivery."""
    return page(
        "Checks",
        "What stands between a learning record and a recipient, in the order support staff look. A diagnosis makes"
        " every check that can be made; one that needs others to pass first is `not_checked` while they do not. The"
        " checks that decide a delivery stand behind those of a diagnosis, so both tell the same.",
        "## The chain",
        *(_stage(stage, title) for stage, title in STAGES.items()),
        "## Reasons",
        "A check that does not simply pass gives a reason. Reports, exports, the API and the pages use the same words.",
        table(["kind", "what it means"], [[kind.value, KINDS[kind]] for kind in Kind]),
        table(
            ["reason", "title", "kind", "whose turn", "remedy", "given by"],
            [
                [
                    f"`{code}`",
                    str(reason.title),
                    reason.kind.value,
                    reason.turn,
                    str(reason.remedy),
                    ", ".join(check.id for check in CHECKS if code in check.reasons) or "any",
                ]
                for code, reason in REASONS.items()
            ],
        ),
        "An objection of a recipient that is not in this list is told as `recipient_objects`, with the recipient's own"
        " sentence.",
        "## Checks of a delivery",
        "They decide where a delivery stands. Where several fail, what withdraws comes before what excludes, and that"
        " before what holds.",
        table(["code", "passes when", "effect", "whose turn", "remedy", "behind"], _of_deliveries()),
        table(["effect", "what a failure means"], [[effect.value, EFFECTS[effect]] for effect in eligibility.Effect]),
        "## En français",
        table(["motif", "titre", "remède"], [_french(code, one.title, one.remedy) for code, one in REASONS.items()]),
        table(
            ["code", "condition", "remède"],
            [_french(one.code, one.title, REASONS[one.code].remedy) for one in eligibility.CHECKS],
        ),
    )


def _stage(stage: str, title: Text) -> str:
    rows = [
        [
            check.id,
            str(check.question),
            ", ".join(check.needs),
            ", ".join(f"`{reason}`" for reason in check.reasons),
            ", ".join(f"`{code}`" for code in BEHIND.get(check.id, ())),
        ]
        for check in CHECKS
        if check.id[0] == stage
    ]
    return f"### {stage}  {title}\n\n" + table(["check", "question", "needs", "reasons", "check of a delivery"], rows)


def _of_deliveries() -> list[list[str]]:
    return [
        [
            f"`{one.code}`",
            str(one.title),
            one.effect.value,
            REASONS[one.code].turn,
            str(REASONS[one.code].remedy),
            ", ".join(check for check, codes in BEHIND.items() if one.code in codes),
        ]
        for one in eligibility.CHECKS
    ]


def _french(code: str, title: Text, remedy: Text) -> list[str]:
    return [f"`{code}`", say(title, "fr"), say(remedy, "fr")]
