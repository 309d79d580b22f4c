"""Diagnose: a form for whom, what and where, or a ticket as it came; then the diagnosis, kept when that is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import anyio
from sqlmodel import Session
from starlette.responses import Response

from admin_ui.navigation import DIAGNOSE
from admin_ui.pages.diagnoses import page_of
from admin_ui.pages.diagnosis_around import Link
from admin_ui.pages.diagnosis_shown import Shown, show_diagnosis
from admin_ui.pages.ticket_shown import Understood, understood
from admin_ui.rendering import render
from admin_ui.visit import Visit, form_of
from lrx.access import permit
from lrx.diagnosis.chain import CHECKS, STAGES, Check
from lrx.diagnosis.diagnoses import AsOfInFuture, AsOfTooEarly, make
from lrx.diagnosis.meant.choosing import (
    MOST,
    Meant,
    courses_called,
    courses_offered,
    courses_typed,
    instant_typed,
    learners_alike,
    learners_called,
    learners_typed,
    recipients_used,
)
from lrx.diagnosis.meant.understanding import titles, understand
from lrx.diagnosis.others import PERMISSION
from lrx.diagnosis.ticket import TicketTooLong, read_ticket
from lrx.recipient import Recipient
from lrx.text import Language, Text, text

__all__ = ["DiagnosePage", "read", "show"]

FIELDS = ("learner", "course", "recipient", "as_of")
HINTED = frozenset({"learner", "course", "as_of", "ticket"})
"""Fields with a hint beneath."""
LONGEST_WORDS = 200

EXAMPLES: Sequence[tuple[Language, str]] = (
    ("en", "Dr Tremblay CPSO 12345 says WHMIS is done, CMaRS red"),
    ("fr", "Bonjour, la Dre Okafor (CPSO 88120) a terminé WHMIS-2026 le 18 novembre et CMaRS ne l’affiche pas."),
    ("en", "Fwd: CMaRS answers WS401 for CA-ON-CPSO-54312, Wei Chen, WHMIS-2026"),
)
"""Tickets as they come, to be tried."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a field, said on top and beside it."""

    field: str
    sentence: Text


@dataclass(frozen=True, slots=True)
class Candidates:
    """Those who may be meant by what was typed into a field, each as a link that chooses."""

    title: Text
    links: Sequence[Link]
    has_more: bool


@dataclass(frozen=True, slots=True)
class DiagnosePage:
    """The form as it was filled in, what is wrong with it, and who may be meant; what a ticket was taken for."""

    values: Mapping[str, str]
    courses: Sequence[Meant]
    recipients: Sequence[Recipient]
    may_search: bool
    faults: Sequence[Fault] = ()
    candidates: Sequence[Candidates] = ()
    ticket: str = ""
    understood: Understood | None = None
    examples: Sequence[tuple[Language, str]] = EXAMPLES
    stages: Mapping[str, Text] = field(default_factory=lambda: STAGES)
    checks: Sequence[Check] = CHECKS

    @property
    def is_new(self) -> bool:
        """Whether nothing was asked yet."""
        return not self.faults and not self.candidates and self.understood is None and not self.values.get("learner")

    def fault(self, name: str) -> Text | None:
        """What is wrong with the field."""
        return next((one.sentence for one in self.faults if one.field == name), None)

    def described_by(self, name: str) -> str:
        """The ids of what is said about the field."""
        faults = [f"{name}-fault"] if self.fault(name) else []
        return " ".join([*faults, *([f"{name}-hint"] if name in HINTED else [])])


async def show(visit: Visit) -> Response:
    """The form; or the diagnosis of the learner and course it names, without keeping it."""
    query = visit.request.query_params
    values = {name: query.get(name, "").strip()[:LONGEST_WORDS] for name in FIELDS}
    asks = (values["learner"] or values["course"]) and not query.get("change")

    def work(session: Session) -> Shown | DiagnosePage:
        form = _form(session, visit, values)
        return _Asked(session, visit, form, values).answer() if asks else form

    made = await visit.exchange.database.read(work)
    if isinstance(made, Shown):
        return render(visit, "diagnosis.html", page_of(visit, made))
    return render(visit, "diagnose.html", made, status=400 if made.faults else 200)


async def read(visit: Visit) -> Response:
    """What a pasted ticket is taken for, before anything is judged. The text is neither kept nor logged."""
    permit(visit.caller, "learners:read")
    typed = (await form_of(visit.request)).get("ticket", "").strip()
    recipients = visit.exchange.recipients
    act, empty = visit.act, dict.fromkeys(FIELDS, "")
    if not typed:
        fault = Fault("ticket", text("Paste the text of a ticket, or fill in the form."))
        page = await visit.exchange.database.read(lambda session: _form(session, visit, empty, faults=[fault]))
        return render(visit, "diagnose.html", page, status=400)
    try:
        # A long text takes a while, in which others are served.
        ticket = await anyio.to_thread.run_sync(partial(read_ticket, typed, titles(recipients)))
    except TicketTooLong as error:
        fault = Fault("ticket", error.detail)
        page = await visit.exchange.database.read(lambda session: _form(session, visit, empty, faults=[fault]))
        return render(visit, "diagnose.html", page, status=400)

    def work(session: Session) -> DiagnosePage:
        meant = understood(
            session,
            act,
            understand(session, act, recipients, ticket, sees_diagnoses="diagnoses:read" in visit.caller.scopes),
        )
        return _form(session, visit, {**empty, **meant.values}, ticket=typed, understood=meant)

    return render(visit, "diagnose.html", await visit.exchange.database.read(work))


def _local(typed: str, zone: ZoneInfo) -> str:
    """An instant as its field holds it, which knows no zones; anything else as it was typed."""
    instant = instant_typed(typed, zone) if typed else None
    return f"{instant.astimezone(zone):%Y-%m-%dT%H:%M}" if instant else typed


def _form(
    session: Session,
    visit: Visit,
    values: Mapping[str, str],
    *,
    faults: Sequence[Fault] = (),
    ticket: str = "",
    understood: Understood | None = None,
) -> DiagnosePage:
    act = visit.act
    return DiagnosePage(
        values={**values, "as_of": _local(values["as_of"], act.zone)},
        courses=courses_offered(session, act),
        recipients=recipients_used(session, act, visit.exchange.recipients),
        may_search="learners:read" in visit.caller.scopes,
        faults=faults,
        ticket=ticket,
        understood=understood,
    )


class _Asked:
    """One form that was sent: its fields looked up, with what is wrong and who may be meant."""

    def __init__(self, session: Session, visit: Visit, form: DiagnosePage, values: Mapping[str, str]) -> None:
        self._session, self._visit, self._form, self._values = session, visit, form, values
        self._act = visit.act
        self._faults: list[Fault] = []
        self._candidates: list[Candidates] = []

    def answer(self) -> Shown | DiagnosePage:
        """The diagnosis where each field names one thing, else the form again."""
        values = self._values
        learner, course = self._learner(values["learner"]), self._course(values["course"])
        recipient, as_of = self._recipient(values["recipient"]), values["as_of"]
        instant = instant_typed(as_of, self._act.zone) if as_of else None
        if as_of and instant is None:
            self._wrong("as_of", text("This is no date with a time. Write it like 2026-03-31T23:59."))
        if learner is None or course is None or recipient is None or self._faults:
            return self._again()
        try:
            made = make(self._session, self._act, recipient, learner.id, course.id, instant)
        except (AsOfInFuture, AsOfTooEarly) as error:
            self._wrong("as_of", error.detail)
            return self._again()
        return show_diagnosis(
            self._session,
            self._act,
            self._visit.exchange.recipients,
            made,
            self._visit.language,
            is_kept=False,
            names_others=PERMISSION in self._visit.caller.scopes,
        )

    def _again(self) -> DiagnosePage:
        return replace(self._form, faults=self._faults, candidates=self._candidates)

    def _wrong(self, name: str, sentence: Text) -> None:
        self._faults.append(Fault(name, sentence))

    def _learner(self, typed: str) -> Meant | None:
        if not typed:
            self._wrong("learner", text("Say whose completion it is."))
            return None
        found = learners_typed(self._session, self._act, typed)
        if not found and self._form.may_search:
            found = learners_called(self._session, self._act, typed)
        if len(found) == 1:
            return found[0]
        if found:
            self._choose("learner", text("Several learners are meant. Choose one:"), found)
            return None
        self._wrong(
            "learner", text("There is no such learner at this site. Check the user name, the OCI ID or the name.")
        )
        alike = learners_alike(self._session, self._act, typed) if self._form.may_search else ()
        if alike:
            self._choose("learner", text("Learners of similar names:"), alike)
        return None

    def _course(self, typed: str) -> Meant | None:
        if not typed:
            self._wrong("course", text("Say which course it is."))
            return None
        found = courses_typed(self._session, self._act, typed) or courses_called(self._session, self._act, typed)
        if len(found) == 1:
            return found[0]
        if found:
            self._choose("course", text("Several courses are meant. Choose one:"), found)
        else:
            self._wrong("course", text("There is no such course at this site. Check the short name or the name."))
        return None

    def _recipient(self, code: str) -> Recipient | None:
        used = recipients_used(self._session, self._act, self._visit.exchange.recipients)
        if code in self._visit.exchange.recipients:
            return self._visit.exchange.recipients[code]
        if not code and len(used) == 1:
            return used[0]
        self._wrong("recipient", text("Choose the recipient that does not show the completion."))
        return None

    def _choose(self, name: str, title: Text, found: Sequence[Meant]) -> None:
        kept = {field: value for field, value in self._values.items() if value}
        links = [Link(str(one), f"{DIAGNOSE}?{urlencode({**kept, name: str(one.id)})}") for one in found[:MOST]]
        self._candidates.append(Candidates(title, links, has_more=len(found) > MOST))
