"""`lrx diagnose` and `lrx sweep`: why completions are missing at a recipient, of one person or of a whole course."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, NoReturn, TypeVar

import typer
from sqlmodel import Session

from lrx.access import Act
from lrx.api.diagnoses import DiagnosisPublic, diagnosis_public
from lrx.api.sweeps import SweepPublic, sweep_public
from lrx.cli.diagnosis_told import lines_of, style, sweep_lines
from lrx.cli.ending import BY_VERDICT, NOT_FOUND, Ended
from lrx.cli.installation import SiteCode, at_site, with_exchange
from lrx.cli.subjects import Subject, as_of_meant, course_meant, recipient_meant, subject_named, subject_said
from lrx.cli.telling import AsJson, language, print_document
from lrx.diagnosis.diagnoses import keep, make, moment
from lrx.diagnosis.meant.choosing import Meant
from lrx.diagnosis.meant.understanding import titles
from lrx.diagnosis.reading.situations import At
from lrx.diagnosis.sweeps import Judged, keep_sweep, swept
from lrx.diagnosis.ticket import read_ticket
from lrx.diagnosis.verdict import VerdictState
from lrx.errors import NotFound
from lrx.exchange import Exchange
from lrx.recipient import Recipient
from lrx.settings import load_settings
from lrx.sites import DEFAULT
from lrx.text import Language, Text, say

__all__ = ["diagnose", "sweep"]

T = TypeVar("T")

RecipientOption = Annotated[
    str | None, typer.Option(help="Code of the recipient. Default: the only one the site uses.")
]
AsOf = Annotated[
    str | None,
    typer.Option(help="An instant in the past, like 2026-03-31T23:59; without a zone, in the site's. Default: now."),
]
Spoken = Annotated[Language | None, typer.Option("--lang", help="Language of what is said. Default: LRX_LANGUAGE.")]


def diagnose(
    ticket: Annotated[
        str | None, typer.Argument(help="The text of a ticket, in place of --learner and --course.")
    ] = None,
    learner: Annotated[str | None, typer.Option(help="User name, id or OCI ID of the learner.")] = None,
    course: Annotated[str | None, typer.Option(help="Short name, id number or id of the course.")] = None,
    recipient: RecipientOption = None,
    as_of: AsOf = None,
    keeps: Annotated[bool, typer.Option("--keep/--no-keep", help="Keep it, so that there is an id to quote.")] = True,
    lang: Spoken = None,
    site: SiteCode = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Say why a completion is missing at a recipient, and whose turn it is. Exit code 0: the recipient has it, 20: it
    is blocked, 21: it waits, 22: nothing is in the way here, 23: not sent by rule, or not applicable; 3: there is no
    such learner, course or recipient; 2: what was given may mean several."""
    spoken = lang or language()

    def choose(session: Session, exchange: Exchange, act: Act) -> tuple[Subject, Sequence[Text]]:
        recipients = exchange.recipients
        if ticket is not None and learner is None and course is None:
            said = read_ticket(ticket, titles(recipients))
            return subject_said(session, act, recipients, said, recipient=recipient, as_of=as_of)
        if ticket is not None or learner is None or course is None:
            raise typer.BadParameter("give both of these, or a ticket alone", param_hint="--learner, --course")
        named = subject_named(
            session, act, recipients, learner=learner, course=course, recipient=recipient, as_of=as_of
        )
        return named, ()

    subject, understood = _ended(spoken, lambda: asyncio.run(at_site(site, choose, reads=True)))
    for line in understood:
        typer.echo(say(line, spoken), err=True)
    _diagnose(subject, site, spoken, keeps=keeps, as_json=as_json)


def _diagnose(subject: Subject, site: str, spoken: Language, *, keeps: bool, as_json: bool) -> NoReturn:
    def work(session: Session, _exchange: Exchange, act: Act) -> tuple[DiagnosisPublic, list[str]]:
        made = (keep if keeps else make)(
            session, act, subject.recipient, subject.learner.id, subject.course.id, subject.as_of
        )
        lines = lines_of(made, subject, style(spoken, act.zone), is_kept=keeps)
        return diagnosis_public(session, act, spoken, made, names_others=True), list(lines)

    public, lines = _ended(spoken, lambda: asyncio.run(at_site(site, work, reads=not keeps)))
    if as_json:
        print_document({**public.model_dump(mode="json"), **({} if keeps else {"id": None})})
    else:
        typer.echo("\n".join(lines), err=True)
    raise typer.Exit(BY_VERDICT[VerdictState(public.verdict.state)])


def sweep(
    course: Annotated[str, typer.Option(help="Short name, id number or id of the course.")],
    recipient: RecipientOption = None,
    as_of: AsOf = None,
    lang: Spoken = None,
    site: SiteCode = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Diagnose everybody in a course, and count by what decides. The counts are kept."""
    spoken = lang or language()

    def find(session: Session, exchange: Exchange, act: Act) -> tuple[Meant, Recipient, At]:
        meant = course_meant(session, act, course)
        return (
            meant,
            recipient_meant(session, act, exchange.recipients, recipient),
            moment(act, as_of_meant(act, as_of)),
        )

    meant, asked, at = _ended(spoken, lambda: asyncio.run(at_site(site, find, reads=True)))

    async def judge(exchange: Exchange) -> Sequence[Judged]:
        return [*(await swept(exchange.database, at, asked, meant.id)).values()]

    found = asyncio.run(with_exchange(load_settings(), judge))

    def work(session: Session, _exchange: Exchange, act: Act) -> SweepPublic:
        return sweep_public(keep_sweep(session, act, meant.id, asked.code, at.instant, found), spoken)

    public = asyncio.run(at_site(site, work))
    if as_json:
        print_document(public.model_dump(mode="json"))
    else:
        typer.echo("\n".join(sweep_lines(public, meant, asked, style(spoken, at.zone))), err=True)


def _ended(spoken: Language, work: Callable[[], T]) -> T:
    """What the work returns; where there is nobody and nothing to work on, the command ends with its code."""
    try:
        return work()
    except Ended as ended:
        lines, code = [line if isinstance(line, str) else say(line, spoken) for line in ended.lines], ended.code
    except NotFound as error:
        lines, code = [say(error.detail, spoken)], NOT_FOUND
    typer.echo("\n".join(lines), err=True)
    raise typer.Exit(code)
