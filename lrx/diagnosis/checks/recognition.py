"""Stage C: whether the recipient can recognise the person. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from lrx import near_misses
from lrx.clock import local_date
from lrx.diagnosis.facts import Change, Held, Missed, Refused, Situation
from lrx.diagnosis.finding import Finding, failed, inapplicable, passed, waits, warns
from lrx.diagnosis.judging import Case
from lrx.diagnosis.rhythm import SILENT
from lrx.diagnosis.wording import listed, time_in
from lrx.oci_id import OciId, read
from lrx.text import Text, text

__all__ = ["asked_for", "college_served", "has_oci_id", "is_unique", "well_formed"]

SHOWN = 5
"""Most numbers shown that may be the one meant."""
NEWS = timedelta(days=2)
"""How long a recipient that asks every day may take to ask for an OCI ID it has only now reason to ask for."""

_CHANGED_BY: Mapping[str, Text] = {
    "api": text("an API key"),
    "administrator": text("an administrator"),
}
"""Who changed something, by the kind of actor."""


def has_oci_id(case: Case) -> Finding:
    """C1. The profile has an OCI ID."""
    learner, held = case.learner, case.learner.held
    if held:
        return passed(text("Held: {oci_ids}.", oci_ids=listed(held)), oci_ids=[str(one) for one in held])
    near = _belonging_to_nobody(case)
    if not case.situation.has_field:
        return failed("profile_field_missing", text("The site has no OCI ID profile field."))
    if learner.refused:
        return warns("oci_refused", text("The profile has no valid OCI ID."))
    earlier = [one for one in learner.oci_ids if one.held_until is not None]
    if earlier and (until := earlier[-1].held_until) is not None:
        detail = text(
            "The OCI ID field is empty since {day}; it held {oci_id}.",
            day=local_date(until, case.situation.zone),
            oci_id=str(earlier[-1].oci_id),
        )
        return failed("oci_missing", detail, earlier=[str(one.oci_id) for one in earlier], near=near)
    return failed("oci_missing", text("The OCI ID field is empty."), near=near)


def _belonging_to_nobody(case: Case) -> list[dict[str, Any]]:
    return [_shown_missed(one) for one in case.situation.missed[:SHOWN]]


def _shown_missed(one: Missed) -> dict[str, Any]:
    return {"oci_id": str(one.oci_id), "times": one.times, "last_asked_at": one.last_asked_at.isoformat()}


def well_formed(case: Case) -> Finding:
    """C2. What was entered is an OCI ID; what is held always is, so this tells of values that were refused."""
    learner = case.learner
    newest = max(learner.refused, key=lambda one: one.refused_at, default=None)
    if not learner.held and newest is not None:
        return failed("oci_refused", _refused(newest), **_shown_refused(newest))
    notes = [note for oci_id in learner.held for note in read(str(oci_id)).warnings]
    if notes:
        return warns("oci_unusual", notes[0].sentence)
    since = max((one.held_from for one in learner.oci_ids), default=None)
    if newest is not None and (since is None or newest.refused_at > since):
        return warns("oci_refused", _refused(newest), **_shown_refused(newest))
    return passed(text("The form is right."))


def _refused(one: Refused) -> Text:
    if one.hint is None:
        return text("“{typed}” was entered, which is no OCI ID.", typed=one.typed)
    return text("“{typed}” was entered; perhaps {hint} is meant.", typed=one.typed, hint=one.hint)


def _shown_refused(one: Refused) -> dict[str, Any]:
    return {"typed": one.typed, "hint": one.hint, "origin": one.origin, "refused_at": one.refused_at.isoformat()}


def is_unique(case: Case) -> Finding:
    """C3. Nobody else holds it: of those held, one the recipient serves is enough to be found by."""
    situation, sharers = case.situation, case.learner.sharers
    if not sharers:
        return passed(text("Nobody else holds it."))
    accounts = dict.fromkeys(one for shared in sharers.values() for one in shared)
    others = [{"learner_id": str(one.id), "username": one.username} for one in accounts]
    names = "; ".join(one.full_name for one in accounts)
    puller = situation.puller
    own = [one for one in case.learner.held if one not in sharers]
    found_by = [one for one in own if puller is None or puller.serves(one, situation.settings)]
    if found_by:
        detail = text("Also held by: {names}. Nobody else holds {oci_ids}.", names=names, oci_ids=listed(found_by))
        return warns("oci_duplicate", detail, others=others)
    return failed("oci_duplicate", text("Also held by: {names}.", names=names), others=others)


def college_served(case: Case) -> Finding:
    """C4. The recipient serves the college of one of the OCI IDs."""
    situation, held = case.situation, case.learner.held
    recipient, puller = situation.recipient, situation.puller
    if puller is None:
        objections = recipient.objections(case.judged.proof, situation.settings) if case.judged else ()
        if objections:
            return failed(objections[0].code, objections[0].detail)
        return passed(text("{recipient} has no objection.", recipient=recipient.title))
    served = [oci_id for oci_id in held if puller.serves(oci_id, situation.settings)]
    if served:
        return passed(text("{recipient} serves {college}.", recipient=recipient.title, college=served[0].prefix))
    colleges = listed(dict.fromkeys(oci_id.prefix for oci_id in held))
    same = [one for oci_id in held for one in situation.missed_numbers.get(oci_id.number, ())]
    if same:
        detail = text(
            "{recipient} does not serve {colleges}, and asks for {asked}.",
            recipient=recipient.title,
            colleges=colleges,
            asked=str(same[0].oci_id),
        )
        return failed("college_mistaken", detail, near=[_shown_missed(one) for one in same[:SHOWN]])
    detail = text("{recipient} does not serve {colleges}.", recipient=recipient.title, colleges=colleges)
    return failed("college_not_served", detail, colleges=[oci_id.prefix for oci_id in held])


def _close(situation: Situation, held: Sequence[OciId]) -> list[tuple[Missed, near_misses.Kind]]:
    """What the recipient asks for in vain that is one slip away from an OCI ID held, the latest first."""
    found: dict[Missed, near_misses.Kind] = {}
    for oci_id in held:
        for number in {*near_misses.neighbours(oci_id), oci_id.number} & situation.missed_numbers.keys():
            for one in situation.missed_numbers[number]:
                how = near_misses.kind(one.oci_id, oci_id)
                if how is not None:
                    found[one] = how
    return sorted(found.items(), key=lambda pair: (pair[0].last_asked_at, str(pair[0].oci_id)), reverse=True)


def asked_for(case: Case) -> Finding:
    """C5. The recipient asks for this very OCI ID, and not for one that is nearly the same or was held before."""
    situation, learner = case.situation, case.learner
    title = situation.recipient.title
    if situation.puller is None:
        return inapplicable(text("{recipient} is told; it does not ask.", recipient=title))
    asked_at = max((learner.asked[one] for one in learner.held if one in learner.asked), default=None)
    if asked_at is not None and not situation.rhythm.is_over(SILENT, asked_at, situation.at):
        return _asks(case, asked_at)
    found = _overwritten(case) or _near(case)
    if found is None and asked_at is not None:
        found = _no_longer(case, asked_at)
    return found or _too_early(case) or _not_asked_for(case)


def _asks(case: Case, asked_at: datetime) -> Finding:
    time = time_in(asked_at, case.situation.zone)
    detail = text("{recipient} asked for it on {time}.", recipient=case.situation.recipient.title, time=time)
    return passed(detail, last_asked_at=asked_at.isoformat())


def _no_longer(case: Case, asked_at: datetime) -> Finding | None:
    """It asked before, and has stopped: None where an OCI ID was entered since and may yet be asked for. A recipient
    of which too little is known to expect it every day has not stopped."""
    situation, since = case.situation, _held_since(case)
    if asked_at < since and not _had_time(case, since):
        return None
    if situation.rhythm.usual is None:
        return _asks(case, asked_at)
    detail = text(
        "{recipient} last asked for it on {time}; since then it has asked for others only.",
        recipient=situation.recipient.title,
        time=time_in(asked_at, situation.zone),
    )
    unmatched = _belonging_to_nobody(case)
    return failed("no_longer_asked_for", detail, last_asked_at=asked_at.isoformat(), unmatched=unmatched)


def _not_asked_for(case: Case) -> Finding:
    """Not at all. While the recipient asks for numbers that nobody holds, one of them may be this person's."""
    situation, learner = case.situation, case.learner
    detail = text(
        "{recipient} asks this site, and has never asked for {oci_ids}.",
        recipient=situation.recipient.title,
        oci_ids=listed(learner.held),
    )
    return failed(
        "number_in_doubt" if situation.missed else "not_asked_for",
        detail,
        unmatched=_belonging_to_nobody(case),
    )


def _overwritten(case: Case) -> Finding | None:
    """The recipient still asks for an OCI ID that was taken from this profile."""
    situation, learner = case.situation, case.learner
    for one in sorted(learner.oci_ids, key=lambda one: one.held_from, reverse=True):
        if one.held_until is None or not _asked_since(one, learner.asked.get(one.oci_id)):
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


def _near(case: Case) -> Finding | None:
    situation, held = case.situation, case.learner.held
    close = _close(situation, held)
    if not close:
        return None
    asked = close[0][0]
    detail = text(
        "{recipient} asks for {asked} and finds nobody; this profile holds {held}.",
        recipient=situation.recipient.title,
        asked=str(asked.oci_id),
        held=listed(held),
    )
    near = [{**_shown_missed(one), "kind": how} for one, how in close[:SHOWN]]
    return failed("asked_for_near_id", detail, near=near, held=[str(oci_id) for oci_id in held])


def _too_early(case: Case) -> Finding | None:
    """Too little time has passed since the OCI ID was entered for a recipient that asks daily to have asked for it, or
    too little is known of when it asks."""
    situation = case.situation
    since = _held_since(case)
    if _had_time(case, since):
        return None
    detail = text(
        "Entered on {time}; {recipient} has not asked for it since.",
        time=time_in(since, situation.zone),
        recipient=situation.recipient.title,
    )
    return waits("not_asked_yet", detail, situation.rhythm.expected_after(situation.at), held_from=since.isoformat())


def _had_time(case: Case, since: datetime) -> bool:
    """Whether the recipient had the time to ask for what was entered then, as far as is known when it asks."""
    rhythm = case.situation.rhythm
    return rhythm.usual is not None and rhythm.is_over(NEWS, since, case.situation.at)


def _held_since(case: Case) -> datetime:
    return max((one.held_from for one in case.learner.oci_ids if one.held_until is None), default=case.situation.at)
