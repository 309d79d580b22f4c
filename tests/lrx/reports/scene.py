"""A course with people in every situation, and a small recipient that asks."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lrx import credentials, learning_records, site_recipients
from lrx.access import Act
from lrx.courses import course_recipients, courses
from lrx.delivery.transcripts import answer
from lrx.errors import LrxError
from lrx.exchange import Exchange
from lrx.ingest.completion import Completion
from lrx.ingest.recorder import record
from lrx.models import (
    Activity,
    Course,
    CredentialKind,
    Learner,
    Observation,
    ObservationKind,
    Site,
    Statement,
)
from lrx.oci_id import OciId
from lrx.people import learners, oci_ids, profile_fields, rosters
from lrx.recipient import Account, NoSettings, Objection, Outcome, ProofOfCompletion, Question, Transcripts
from lrx.sites import act_for_site, create_site
from lrx.source import Source
from lrx.text import text

SEPTEMBER = datetime(2026, 9, 1, 12, tzinfo=UTC)
"""When courses of a scene join the exchange."""


class Colleges(BaseModel):
    served: tuple[str, ...] = ("CA-ON-CPSO",)


class Register:
    """A recipient that asks about the members of one college."""

    code = "register"
    title = "The Register"
    site_settings: type[BaseModel] = Colleges
    site_credentials: type[BaseModel] = NoSettings
    course_settings: type[BaseModel] = NoSettings
    codes = {outcome: outcome.value for outcome in Outcome}  # noqa: RUF012

    def objections(self, proof: ProofOfCompletion, settings: BaseModel) -> Sequence[Objection]:
        if not proof.oci_ids or any(self.serves(one, settings) for one in proof.oci_ids):
            return ()
        return (Objection("college_not_served", text("The Register does not follow this college.")),)

    def serves(self, oci_id: OciId, settings: BaseModel) -> bool:
        return isinstance(settings, Colleges) and oci_id.prefix in settings.served

    def routes(self, transcripts: Transcripts) -> Sequence[Route]:
        return []

    def refuse(self, request: Request, error: LrxError) -> Response:
        return Response(status_code=500)


def with_register(exchange: Exchange) -> Exchange:
    """The exchange with the register as its only recipient."""
    return replace(exchange, recipients={"register": Register()})


@dataclass
class Scene:
    """One site, built inside one transaction."""

    session: Session
    exchange: Exchange
    site: Site
    account: Account
    everybody: dict[str, Learner] = field(default_factory=dict)

    @classmethod
    def at(cls, session: Session, exchange: Exchange, code: str = "lakeside") -> "Scene":
        """A new site that uses the register."""
        site = create_site(session, code, "America/Toronto", SEPTEMBER, uuid4, name=f"{code.title()} Health")
        act = act_for_site(site, "system:test", SEPTEMBER, uuid4)
        issued = credentials.issue(
            session, act, exchange.random, CredentialKind.RECIPIENT, name="register", recipient="register"
        )
        account = Account(site.id, ZoneInfo(site.time_zone), issued.credential.id, "register", "-")
        profile_fields.create_field(session, act)
        scene = cls(session, exchange, site, account)
        scene.switch(on=True)
        for days in (2, 1):  # it asks this site, if not about anybody here
            scene.ask("CA-ON-CMO-1", exchange.clock.now() - timedelta(days=days))
        return scene

    def act(self, at: datetime | None = None) -> Act:
        """An act of the product itself, now or at another time."""
        moment = at or self.exchange.clock.now()
        return act_for_site(self.site, "system:test", moment, lambda: self.exchange.ids(moment), request_id="-")

    def switch(self, *, on: bool) -> None:
        """Let the site use the register, or stop it."""
        register = self.exchange.recipients["register"]
        site_recipients.change(self.session, self.act(), self.exchange.vault, register, enabled=on)

    def course(self, name: str = "WHMIS 2026", *, linked: bool = True, **fields: Any) -> Course:
        """A course; its records go to the register since September."""
        made = courses.create(self.session, self.act(SEPTEMBER), {"full_name": name, **fields})
        if linked:
            self.link(made)
        return made

    def link(self, course: Course, at: datetime = SEPTEMBER, period: dict[str, Any] | None = None) -> None:
        """Send the records of the course to the register from then on."""
        register = self.exchange.recipients["register"]
        act = self.act(at)
        course_recipients.add(
            self.session, act, self.exchange.recipients, course, register, settings={}, reporting_period=period
        )

    def activity(self, course: Course, name: str = "SCORM quiz") -> Activity:
        """A mandatory activity of the course."""
        return courses.create_activity(
            self.session, self.act(SEPTEMBER), course, {"full_name": name, "mandatory": True}
        )

    def learner(self, given: str, family: str, *identifiers: str) -> Learner:
        """A learner with these OCI IDs."""
        name = {"given_name": given, "family_name": family, "username": f"{given}.{family}"}
        made = learners.create(self.session, self.act(SEPTEMBER), name)
        parsed = [OciId.parse(identifier) for identifier in identifiers]
        oci_ids.replace(self.session, self.act(SEPTEMBER), self.exchange.recipients, made.id, parsed)
        self.everybody[family] = made
        return made

    def complete(
        self,
        learner: Learner,
        course: Course,
        day: str,
        activity: Activity | None = None,
        source: Source = Source.COMPLETION,
        recorded_at: datetime | None = None,
    ) -> UUID:
        """Record a completion at 17:00 UTC of the day, or at the instant; reported at once unless told otherwise."""
        completed_at = datetime.fromisoformat(day if "T" in day else f"{day}T17:00:00+00:00")
        completion = Completion(
            learner.id,
            course.id,
            activity.id if activity else None,
            source,
            completed_at,
            recorded_at or max(completed_at, SEPTEMBER),
        )
        kept = record(self.session, self.act(recorded_at or completed_at), self.exchange.recipients, completion)
        return kept.record_id

    def void(self, record_id: UUID) -> None:
        """Void a record."""
        kept = learning_records.record_by_id(self.session, self.act(), record_id)
        learning_records.set_voided(
            self.session, self.act(), self.exchange.recipients, kept, voided=True, reason="A mistake"
        )

    def expire(self, record_id: UUID, at: datetime | None = None) -> None:
        """Let a record expire, as an administrator does."""
        kept = learning_records.record_by_id(self.session, self.act(), record_id)
        learning_records.set_expired(
            self.session, self.act(at), self.exchange.recipients, kept, expired=True, reason="New content"
        )

    def observe(self, learner: Learner, course: Course, kind: ObservationKind, at: datetime) -> None:
        """Keep what a statement told of the learner, without putting anybody on a roster."""
        statement = Statement(
            site_id=self.site.id,
            credential_id=self.account.credential_id,
            statement_id=uuid4(),
            stored=SEPTEMBER,
            content_hash="0" * 64,
            body=b"{}",
        )
        self.session.add(statement)
        self.session.flush()
        self.session.add(
            Observation(
                statement_seq=statement.seq or 0,
                site_id=self.site.id,
                learner_id=learner.id,
                course_id=course.id,
                kind=kind,
                happened_at=at,
            )
        )
        self.session.flush()

    def enrol(self, learner: Learner, course: Course) -> None:
        """Keep that the learner was enrolled."""
        self.observe(learner, course, ObservationKind.ENROLLED, SEPTEMBER)
        rosters.see(self.session, self.site.id, learner.id, course.id)

    def ask(self, identifier: str, at: datetime) -> int:
        """Let the register ask about one person; returns how many proofs it got."""
        register = self.exchange.recipients["register"]
        [told] = answer(self.session, self.act(at), self.account, register, [Question(identifier)])  # type: ignore[arg-type]
        return len(told.proofs)


def everyone(scene: Scene) -> Course:
    """A course in which each learner is in another situation, named by family name."""
    course = scene.course(shortname="WHMIS-2026")
    quiz = scene.activity(course)

    def finish(learner: Learner, day: str = "2026-11-18", **fields: Any) -> UUID:
        scene.complete(learner, course, day, quiz, recorded_at=fields.get("recorded_at"))
        return scene.complete(learner, course, day, **fields)

    finish(scene.learner("Amara", "Okafor", "CA-ON-CPSO-88120"))
    scene.ask("CA-ON-CPSO-88120", datetime(2026, 11, 19, 10, 58, tzinfo=UTC))
    finish(scene.learner("Hélène", "Côté", "CA-ON-CPSO-70500"), "2026-11-20")
    finish(scene.learner("Luc", "Tremblay"))
    scene.complete(scene.learner("Elena", "Rossi", "CA-ON-CPSO-70011"), course, "2026-10-05")
    finish(scene.learner("Joan", "Fraser", "CA-ON-CPSO-2207"), "2026-09-30", source=Source.CSV_UPLOAD)
    finish(
        scene.learner("Martin", "Before", "CA-ON-CPSO-31000"),
        "2026-03-02",
        recorded_at=datetime(2026, 3, 2, 17, tzinfo=UTC),
    )
    scene.void(finish(scene.learner("Vera", "Voided", "CA-ON-CPSO-31001")))
    finish(
        scene.learner("Paul", "Lastyear", "CA-ON-CPSO-31002"),
        "2025-11-03",
        recorded_at=datetime(2026, 10, 1, 12, tzinfo=UTC),
    )
    finish(scene.learner("Nadia", "Nurse", "CA-ON-CNO-12345"))
    scene.enrol(scene.learner("Wei", "Chen", "CA-ON-CPSO-54321"), course)
    return course
