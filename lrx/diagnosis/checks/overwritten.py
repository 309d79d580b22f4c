"""An OCI ID that was taken from a profile while the recipient goes on asking for it. Pure."""

from collections.abc import Mapping
from datetime import datetime

from lrx.diagnosis.facts import Change, Held
from lrx.diagnosis.finding import Finding, failed
from lrx.diagnosis.judging import Case
from lrx.diagnosis.wording import time_in
from lrx.text import Text, text

__all__ = ["overwritten"]

_CHANGED_BY: Mapping[str, Text] = {
    "api": text("an API key"),
    "administrator": text("an administrator"),
}
"""Who changed something, by the kind of actor."""


def overwritten(case: Case) -> Finding | None:
    """The recipient still asks for an OCI ID that was taken from this profile."""
    situation, learner = case.situation, case.learner
    for one in sorted(learner.oci_ids, key=lambda one: one.held_from, reverse=True):
        if one.held_until is None or not _asked_since(one, learner.asked.get(one.oci_id)):
            continue
        if one.oci_id in learner.successors or any(held == one.oci_id for held in learner.held):
            continue
        change = _taken(case, one)
        who = _changed_by(change) if change else None
        by = {"origin": change.origin, "by": change.actor} if change else {}
        words = {
            "recipient": situation.recipient.title,
            "asked": str(one.oci_id),
            "time": time_in(one.held_until, situation.zone),
        }
        detail = text("{recipient} asks for {asked}, which this profile held until {time}.", **words)
        if who is not None:
            detail = text(
                "{recipient} asks for {asked}, which this profile held until {time}. It was changed by {who}.",
                **words,
                who=who,
            )
        facts = {"asked": str(one.oci_id), "held_until": one.held_until.isoformat(), **by}
        return failed("oci_overwritten", detail, **facts)
    return None


def _asked_since(one: Held, asked_at: datetime | None) -> bool:
    return asked_at is not None and one.held_until is not None and asked_at >= one.held_until


def _taken(case: Case, one: Held) -> Change | None:
    return next((change for change in reversed(case.learner.changes) if change.old == str(one.oci_id)), None)


def _changed_by(change: Change) -> Text | None:
    """The upload by its name; else who did it, by kind. None for what is nobody's doing."""
    kind, _, name = change.origin.partition(":")
    if kind == "upload":
        return text("the upload {upload}", upload=name)
    return _CHANGED_BY.get(change.actor.partition(":")[0])
