"""C5: whether the recipient asks for this person, by an OCI ID by which it finds them. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from lrx import near_misses
from lrx.clock import local_date
from lrx.diagnosis.checks.overwritten import overwritten
from lrx.diagnosis.checks.recognition import SHOWN, belonging_to_nobody, shown_missed
from lrx.diagnosis.facts import Held, Missed, Situation
from lrx.diagnosis.finding import Finding, failed, inapplicable, passed, waits, warns
from lrx.diagnosis.judging import Case
from lrx.diagnosis.rhythm import SILENT
from lrx.diagnosis.wording import listed, time_in
from lrx.oci_id import OciId
from lrx.text import text

__all__ = ["asked_for"]

KNOWN_ROUNDS = 3
"""Days on which it asked about a person from which on it is known how often it does."""
NEWS = timedelta(days=2)
"""How long a recipient that asks every day may take to ask for an OCI ID it has only now reason to ask for."""


def asked_for(case: Case) -> Finding:
    """C5. The recipient asks for this very OCI ID, and not for one that is nearly the same or was held before."""
    situation, learner = case.situation, case.learner
    title = situation.recipient.title
    if situation.puller is None:
        return inapplicable(text("{recipient} is told; it does not ask.", recipient=title))
    finds = [one for one in learner.held if _finds(case, one)]
    asked_at = max((learner.asked[one] for one in finds if one in learner.asked), default=None)
    if asked_at is not None and not _has_stopped(case, asked_at):
        return _asks(case, asked_at)
    found = overwritten(case) or _by_another(case, finds) or _near(case)
    if found is None and asked_at is not None:
        found = _no_longer(case, asked_at)
    return found or _too_early(case) or _not_asked_for(case)


def _finds(case: Case, oci_id: OciId) -> bool:
    """Whether the recipient finds the person by this OCI ID: it serves the college, and nobody else holds it."""
    situation = case.situation
    is_served = situation.puller is None or situation.puller.serves(oci_id, situation.settings)
    return is_served and oci_id not in case.learner.sharers


def _has_stopped(case: Case, asked_at: datetime) -> bool:
    """Whether it is longer ago than this recipient leaves between questions, and than it left between those about this
    person."""
    situation = case.situation
    if not situation.rhythm.is_over(SILENT, asked_at, situation.at):
        return False
    days = sorted({local_date(one.asked_at, situation.zone) for one in case.learner.inquiries})
    if len(days) < KNOWN_ROUNDS:
        return True
    longest = max(later - earlier for earlier, later in pairwise(days))
    return local_date(situation.at, situation.zone) - days[-1] > longest + timedelta(days=1)


def _asks(case: Case, asked_at: datetime) -> Finding:
    """It asks. By an OCI ID that somebody else holds now, it may have credited this person’s completions to them."""
    title, zone = case.situation.recipient.title, case.situation.zone
    facts = {"last_asked_at": asked_at.isoformat()}
    moved = [one for one in case.learner.oci_ids if one.held_until is not None and _is_others_and_asked(case, one)]
    if moved and (until := moved[0].held_until) is not None:
        detail = text(
            "{recipient} asked for it on {time}. It also asks for {earlier}, held here until {until} and by somebody "
            "else now.",
            recipient=title,
            time=time_in(asked_at, zone),
            earlier=str(moved[0].oci_id),
            until=time_in(until, zone),
        )
        return warns("oci_moved", detail, **facts, earlier=[str(one.oci_id) for one in moved])
    detail = text("{recipient} asked for it on {time}.", recipient=title, time=time_in(asked_at, zone))
    return passed(detail, **facts)


def _is_others_and_asked(case: Case, one: Held) -> bool:
    return one.oci_id in case.learner.successors and one.oci_id in case.learner.asked


def _by_another(case: Case, finds: Sequence[OciId]) -> Finding | None:
    """It asks by an OCI ID of the person by which nobody is found."""
    situation, learner = case.situation, case.learner
    asked = [one for one in learner.held if one not in finds and one in learner.asked]
    asked = [one for one in asked if not situation.rhythm.is_over(SILENT, learner.asked[one], situation.at)]
    if not asked:
        return None
    latest = max(asked, key=lambda one: learner.asked[one])
    words = {"recipient": situation.recipient.title, "asked": str(latest), "finds": listed(finds)}
    facts = {"asked": str(latest), "held": [str(one) for one in finds]}
    if latest in learner.sharers:
        detail = text("{recipient} asks for {asked}, which somebody else holds too, and not for {finds}.", **words)
        others = [{"learner_id": str(one.id), "username": one.username} for one in learner.sharers[latest]]
        return failed("oci_duplicate", detail, **facts, others=others)
    detail = text("{recipient} asks for {asked}, of a college it does not serve here, and not for {finds}.", **words)
    return failed("asked_for_other_id", detail, **facts)


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
    unmatched = belonging_to_nobody(case)
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
        unmatched=belonging_to_nobody(case),
    )


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
    near = [{**shown_missed(one), "kind": how} for one, how in close[:SHOWN]]
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
