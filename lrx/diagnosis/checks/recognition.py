"""Stage C: whether the recipient can recognise the person. Pure."""

from typing import Any

from lrx.clock import local_date
from lrx.diagnosis.checks.overwritten import overwritten
from lrx.diagnosis.facts import Missed, Refused
from lrx.diagnosis.finding import Finding, failed, passed, warns
from lrx.diagnosis.judging import Case
from lrx.diagnosis.wording import listed
from lrx.oci_id import read
from lrx.text import Text, text

__all__ = [
    "belonging_to_nobody",
    "college_served",
    "has_oci_id",
    "is_unique",
    "shown_missed",
    "well_formed",
]

SHOWN = 5
"""Most numbers shown that may be the one meant."""


def has_oci_id(case: Case) -> Finding:
    """C1. The profile has an OCI ID."""
    learner, held = case.learner, case.learner.held
    if held:
        return passed(text("Held: {oci_ids}.", oci_ids=listed(held)), oci_ids=[str(one) for one in held])
    near = belonging_to_nobody(case)
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


def belonging_to_nobody(case: Case) -> list[dict[str, Any]]:
    """What the recipient asks for lately and nobody holds, as evidence."""
    return [shown_missed(one) for one in case.situation.missed[:SHOWN]]


def shown_missed(one: Missed) -> dict[str, Any]:
    """The same of one OCI ID."""
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
    if (found := overwritten(case)) is not None:
        return found
    colleges = listed(dict.fromkeys(oci_id.prefix for oci_id in held))
    same = [one for oci_id in held for one in situation.missed_numbers.get(oci_id.number, ())]
    if same:
        detail = text(
            "{recipient} does not serve {colleges}, and asks for {asked}.",
            recipient=recipient.title,
            colleges=colleges,
            asked=str(same[0].oci_id),
        )
        return failed("college_mistaken", detail, near=[shown_missed(one) for one in same[:SHOWN]])
    detail = text("{recipient} does not serve {colleges}.", recipient=recipient.title, colleges=colleges)
    return failed("college_not_served", detail, colleges=[oci_id.prefix for oci_id in held])
