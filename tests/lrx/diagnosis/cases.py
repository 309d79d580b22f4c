"""A diagnosis for each reason: Luc Tremblay, WHMIS 2026 and CMaRS at Lakeside Health, one thing wrong at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from lrx.delivery.proofs import ActivityRow, CourseRow, KeptRow
from lrx.diagnosis.chain import diagnose
from lrx.diagnosis.facts import (
    Account,
    Amended,
    Asked,
    Held,
    Lapse,
    LearnerFacts,
    LookAlike,
    Missed,
    Owed,
    Refused,
    Release,
    Seen,
    Situation,
    Tracking,
)
from lrx.diagnosis.matter import Learning, Matter, Person, Questioned, asked_ids
from lrx.diagnosis.rhythm import Rhythm
from lrx.diagnosis.written import written
from lrx.eligibility import Interval
from lrx.models import DeliveryStatus, ObservationKind
from lrx.oci_id import OciId
from lrx.recipient import Outcome, PullRecipient, Recipient
from lrx.registry import installed_recipients
from lrx.reporting_period import Span
from lrx.source import Source
from tests.fakes import FakePush

TORONTO = ZoneInfo("America/Toronto")
NOW = datetime(2026, 11, 21, 19, 30, tzinfo=UTC)
COMPLETED = datetime(2026, 11, 18, 14, 12, tzinfo=UTC)
THIS_MORNING = datetime(2026, 11, 21, 10, 58, tzinfo=UTC)

LUC, COURSE, RECORD, MODULE = (UUID(int=0x019AB000_0000_7000_8000_000000000000 + place) for place in range(1, 5))
DIAGNOSIS = UUID("019aa7f0-3c1e-7000-8000-00000000d1a6")
HELD, NEARLY, STRANGER = (OciId.parse(f"CA-ON-CPSO-{number}") for number in ("54321", "54312", "98765"))
NURSE = OciId.parse("CA-ON-CNO-54321")

CMARS = installed_recipients()["cmars"]


@dataclass
class Pushed(FakePush):
    """A recipient that is told."""

    code: str = "board"
    title: str = "The Board"


ACCOUNT = Account(LUC, "Tremblay, Luc", "ltremblay", "luc.tremblay@lakeside.example", "E1188", "fr", suspended=False)
REPEATED = datetime(2026, 3, 1, 15, tzinfo=UTC)
TWIN = LookAlike(UUID(int=77), "Tremblay, Lucien", "lucien2", ("name",), (STRANGER,), has_record=False)
SHARER = Account(UUID(int=78), "Okafor, Adaeze", "aokafor", "ada@lakeside.example", None, None, suspended=False)

_ACTIVITY = ActivityRow(MODULE, COURSE, None, "WHMIS module", True)
QUIZ = ActivityRow(UUID(int=MODULE.int + 1), COURSE, None, "WHMIS quiz", False)

SITUATION = Situation(
    at=NOW,
    zone=TORONTO,
    course=CourseRow(COURSE, "WHMIS-2026", None, "WHMIS 2026", {"rule": "never"}, None, "cycle"),
    activities={MODULE: _ACTIVITY},
    recipient=CMARS,
    puller=CMARS if isinstance(CMARS, PullRecipient) else None,
    settings=CMARS.site_settings(),
    is_enabled=True,
    has_account=True,
    release=Release(True, (Interval(datetime(2026, 1, 4, tzinfo=UTC), None),), "administrator:1", None, Tracking()),
    period=Span(date(2026, 1, 1), date(2026, 12, 31)),
    rhythm=Rhythm(TORONTO, time(6), 28, 30, THIS_MORNING),
    has_field=True,
    namesakes=(),
    missed=(),
    missed_numbers={},
)


def _record(activity_id: UUID | None = None, **fields: Any) -> KeptRow:
    named = [{"id": str(MODULE), "full_name": "WHMIS module"}]
    made = KeptRow(
        id=RECORD if activity_id is None else UUID(int=RECORD.int + 100),
        learner_id=LUC,
        course_id=COURSE,
        activity_id=activity_id,
        source=Source.COMPLETION,
        completed_at=COMPLETED,
        recorded_at=COMPLETED,
        stored_at=fields.get("recorded_at", COMPLETED),
        expires_at=None,
        grade=92.0,
        mandatory=[] if activity_id else named,
    )
    return made._replace(**fields)


def _question(at: datetime, outcome: Outcome = Outcome.ANSWERED, **fields: Any) -> Asked:
    made = Asked(
        learner_id=LUC,
        id=UUID(int=900),
        asked_at=at,
        outcome=outcome,
        code=None,
        course=None,
        completed_from=None,
        completed_to=None,
        record_ids=(),
    )
    return made._replace(**fields)


def changed(known: LearnerFacts, **fields: Any) -> LearnerFacts:
    """The learner with other facts; what is held now follows from `oci_ids`."""
    changed = replace(known, **fields)
    return replace(changed, held=tuple(one.oci_id for one in changed.oci_ids if one.held_until is None))


LEARNER = changed(
    LearnerFacts(ACCOUNT),
    records=(_record(), _record(MODULE)),
    oci_ids=(Held(HELD, datetime(2026, 1, 5, tzinfo=UTC), None),),
    asked={HELD: THIS_MORNING},
)
GIVEN = changed(
    LEARNER,
    deliveries={RECORD: Owed(RECORD, DeliveryStatus.DELIVERED, 0, None, THIS_MORNING)},
    inquiries=(_question(THIS_MORNING, record_ids=(str(RECORD),)),),
)
UNASKED = changed(LEARNER, asked={})
NOBODY = changed(LEARNER, records=())
MODULE_ONLY = changed(LEARNER, records=(_record(MODULE),))
FRESH = changed(LEARNER, records=(_record(recorded_at=NOW - timedelta(hours=2)), _record(MODULE)))


def _seen(*kinds: ObservationKind) -> LearnerFacts:
    found = tuple(Seen(LUC, kind, None, COMPLETED + timedelta(hours=place), {}) for place, kind in enumerate(kinds))
    return changed(NOBODY, seen=found)


def _without(**fields: Any) -> Situation:
    return replace(SITUATION, **fields)


def _tracked(tracked: bool) -> Situation:
    release = SITUATION.release
    assert release is not None
    tracking = Tracking(tracked, "Pat Lee", date(2026, 2, 3), None)
    return _without(release=replace(release, tracking=tracking))


def _asking(*missed: OciId) -> Situation:
    found = tuple(Missed(one, 12, THIS_MORNING) for one in missed)
    return _without(missed=found, missed_numbers={one.oci_id.number: (one,) for one in found})


def _pushed(status: DeliveryStatus, attempts: int = 0) -> tuple[Situation, LearnerFacts]:
    owed = Owed(RECORD, status, attempts, NOW + timedelta(minutes=5), None)
    return _without(recipient=Pushed(), puller=None, settings=Pushed.site_settings()), changed(
        LEARNER, deliveries={RECORD: owed}
    )


LEGACY = Release(True, (Interval(datetime(2026, 11, 20, tzinfo=UTC), None),), "administrator:1", None, Tracking())
EARLIER = (
    Held(NURSE, datetime(2026, 11, 1, tzinfo=UTC), None),
    Held(HELD, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
)
OLD = _record(completed_at=COMPLETED.replace(year=2025), recorded_at=datetime(2026, 2, 1, tzinfo=UTC))

CASES: Mapping[str, tuple[Situation, LearnerFacts]] = {
    "two_accounts": (SITUATION, changed(LEARNER, oci_ids=(), look_alikes=(TWIN,))),
    "other_account": (
        SITUATION,
        changed(NOBODY, oci_ids=(), look_alikes=(TWIN._replace(shared=("idnumber",), has_record=True),)),
    ),
    "no_course_recipient": (_without(release=None), LEARNER),
    "legacy": (_without(release=LEGACY), LEARNER),
    "recipient_off": (_without(is_enabled=False), LEARNER),
    "credential_missing": (_without(has_account=False), LEARNER),
    "recipient_silent": (_without(rhythm=Rhythm(TORONTO, time(6), 9, 30, NOW - timedelta(days=9))), LEARNER),
    "never_asked": (_without(rhythm=Rhythm(TORONTO, None, 0, 0, None)), LEARNER),
    "no_trace": (SITUATION, NOBODY),
    "not_started": (SITUATION, _seen(ObservationKind.ENROLLED)),
    "enrolment_ended": (SITUATION, _seen(ObservationKind.ENROLLED, ObservationKind.UNENROLLED)),
    "attempt_not_completed": (SITUATION, _seen(ObservationKind.ENROLLED, ObservationKind.ATTEMPT_STARTED)),
    "attempt_failed": (SITUATION, _seen(ObservationKind.ATTEMPT_STARTED, ObservationKind.FAILED)),
    "course_record_missing": (SITUATION, MODULE_ONLY),
    "activities_open": (
        _without(activities={MODULE: _ACTIVITY._replace(mandatory=False), QUIZ.id: QUIZ}),
        changed(LEARNER, records=(_record(MODULE),)),
    ),
    "activity_record_missing": (SITUATION, changed(LEARNER, records=(_record(),))),
    "activity_record_outdated": (
        SITUATION,
        changed(LEARNER, records=(_record(), OLD._replace(activity_id=MODULE, id=MODULE))),
    ),
    "out_of_period": (SITUATION, changed(LEARNER, records=(OLD, _record(MODULE)))),
    "repeat_not_counted": (
        SITUATION,
        changed(
            LEARNER,
            records=(OLD, _record(MODULE)),
            amendments=(Amended(RECORD, UUID(int=5), REPEATED, REPEATED, None),),
        ),
    ),
    "expired": (
        SITUATION,
        changed(LEARNER, records=(_record(expires_at=datetime(2026, 11, 20, 5, tzinfo=UTC)), _record(MODULE))),
    ),
    "expired_by_administrator": (
        SITUATION,
        changed(
            LEARNER,
            expired={RECORD: Lapse(RECORD, True, datetime(2026, 11, 19, 15, tzinfo=UTC), "x", "New module: A. Roy")},
        ),
    ),
    "voided": (
        SITUATION,
        changed(
            LEARNER,
            voided={RECORD: Lapse(RECORD, True, datetime(2026, 11, 19, 15, tzinfo=UTC), "x", "Wrong person: A. Roy")},
        ),
    ),
    "source_csv_upload": (
        SITUATION,
        changed(LEARNER, records=(_record(source=Source.CSV_UPLOAD), _record(MODULE))),
    ),
    "source_equivalency": (
        SITUATION,
        changed(LEARNER, records=(_record(source=Source.EQUIVALENCY), _record(MODULE))),
    ),
    "profile_field_missing": (_without(has_field=False), changed(LEARNER, oci_ids=())),
    "oci_missing": (_asking(STRANGER), changed(LEARNER, oci_ids=(), asked={})),
    "oci_refused": (
        SITUATION,
        changed(LEARNER, oci_ids=(), refused=(Refused(LUC, "CPSO 54321", "CA-ON-CPSO-54321", "upload 7", COMPLETED),)),
    ),
    "oci_duplicate": (SITUATION, changed(LEARNER, sharers={HELD: (SHARER,)})),
    "college_not_served": (SITUATION, changed(LEARNER, oci_ids=(EARLIER[0],))),
    "college_mistaken": (_asking(HELD), changed(LEARNER, oci_ids=(EARLIER[0],))),
    "asked_for_other_id": (
        SITUATION,
        changed(
            LEARNER,
            oci_ids=(*LEARNER.oci_ids, EARLIER[0]._replace(held_until=None)),
            asked={EARLIER[0].oci_id: THIS_MORNING},
            inquiries=(),
        ),
    ),
    "asked_for_near_id": (_asking(NEARLY, STRANGER), UNASKED),
    "oci_overwritten": (
        SITUATION,
        changed(
            LEARNER,
            oci_ids=(EARLIER[0]._replace(oci_id=STRANGER), EARLIER[1]),
            asked={HELD: THIS_MORNING},
        ),
    ),
    "number_in_doubt": (_asking(STRANGER), UNASKED),
    "not_asked_for": (SITUATION, UNASKED),
    "no_longer_asked_for": (
        _asking(STRANGER),
        changed(LEARNER, asked={HELD: NOW - timedelta(days=5)}, inquiries=(_question(NOW - timedelta(days=5)),)),
    ),
    "not_asked_yet": (SITUATION, changed(UNASKED, oci_ids=(Held(HELD, NOW - timedelta(hours=3), None),))),
    "awaiting_inquiry": (SITUATION, FRESH),
    "underway": _pushed(DeliveryStatus.PENDING),
    "retrying": _pushed(DeliveryStatus.PENDING, 3),
    "undecided": _pushed(DeliveryStatus.SUBMITTED),
    "given_up": _pushed(DeliveryStatus.DEAD, 8),
    "asked_for_other_course": (SITUATION, changed(LEARNER, inquiries=(_question(THIS_MORNING, course="WHMIS"),))),
    "asked_for_other_dates": (
        SITUATION,
        changed(LEARNER, inquiries=(_question(THIS_MORNING, completed_from=date(2026, 11, 20)),)),
    ),
    "answered_without": (SITUATION, changed(LEARNER, inquiries=(_question(THIS_MORNING),))),
    "refreshing": (SITUATION, GIVEN),
    "not_tracked": (_tracked(tracked=False), GIVEN),
    "escalate": (
        _tracked(tracked=True),
        changed(
            GIVEN,
            deliveries={RECORD: Owed(RECORD, DeliveryStatus.DELIVERED, 0, None, THIS_MORNING - timedelta(days=2))},
        ),
    ),
}
"""What decides in each of these is the reason it is listed under."""

_BEFORE = Interval(datetime(2026, 1, 4, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC))
REMOVED = (_without(release=Release(False, (_BEFORE,), "administrator:1", None, Tracking())), LEARNER)
"""The recipient was removed from the course after the completion."""


def module_missing(reason: str) -> tuple[Situation, LearnerFacts]:
    """The same case, and the mandatory activity is not complete."""
    situation, learner = CASES[reason]
    return situation, changed(learner, records=tuple(one for one in learner.records if one.activity_id is None))


DONE_ELSEWHERE = (SITUATION, changed(NOBODY, elsewhere=("Riverside Hospital",)))


@dataclass(frozen=True)
class Told:
    """A diagnosis as it is kept, and what replies name beside it."""

    content: Mapping[str, Any]
    matter: Matter


def told(situation: Situation, learner: LearnerFacts) -> Told:
    """Make the diagnosis, and read the matter as the database would give it."""
    content = written(diagnose(situation, learner))
    return Told(content, _matter(situation.recipient, learner, content))


def told_by(reason: str) -> Told:
    """A diagnosis that the reason decides: a real one where it can decide, else one changed by hand."""
    if reason in CASES:
        return told(*CASES[reason])
    known = told(*CASES["escalate"])
    verdict = {**known.content["verdict"], "state": "blocked", "check": "B3", "reason": reason, "expected_at": None}
    return replace(known, content={**known.content, "verdict": verdict})


def _matter(recipient: Recipient, learner: LearnerFacts, content: Mapping[str, Any]) -> Matter:
    account = learner.account
    named = [OciId.parse(one) for one in asked_ids(content)[:1]]
    questions = [
        Questioned(UUID(int=100 - place), one.asked_at, HELD, one.course, one.outcome, one.code, tuple(one.record_ids))
        for place, one in enumerate(learner.inquiries)
    ]
    questions += [
        Questioned(
            UUID(int=9 - day), THIS_MORNING - timedelta(days=day), one, None, Outcome.UNKNOWN_LEARNER, "WS401", ()
        )
        for one in named
        for day in range(2)
    ]
    return Matter(
        diagnosis_id=DIAGNOSIS,
        as_of=NOW,
        zone=TORONTO,
        site="Lakeside Health",
        recipient=recipient.title,
        recipient_code=recipient.code,
        asks=isinstance(recipient, PullRecipient),
        learner=Person(
            LUC, "Luc Tremblay", account.username, account.email, account.idnumber, tuple(map(str, learner.held))
        ),
        course=Learning(COURSE, "WHMIS 2026", "WHMIS-2026", None),
        language="fr",
        questions=tuple(questions),
    )
