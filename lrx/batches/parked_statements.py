"""Parked statements projected again: few at once, many as a job of their numbers."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict
from sqlmodel import Session

from lrx import jobs
from lrx.errors import NotFound
from lrx.models import Job
from lrx.piecework import AT_ONCE, Circumstances, Kind, Outcome, Result
from lrx.text import Language, text
from lrx.xapi.projector import parked, replay
from lrx.xapi.subjects import Awaited

__all__ = ["KIND", "UnknownParked", "replay_parked"]


class UnknownParked(NotFound):
    """The site has no such statement parked, or no longer."""

    code = "parked_unknown"

    def __init__(self, number: int) -> None:
        super().__init__(text("No statement {seq} is parked at this site. It may have been projected.", seq=number))


class ParkedItem(BaseModel):
    """A parked statement."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    statement_seq: int


def replay_parked(
    session: Session, circumstances: Circumstances, awaited: Awaited | None, *, language: Language = "en"
) -> Job | None:
    """Project what is parked for somebody or something that is known now, or everything that is parked at the site.

    Up to 200 statements are projected in this transaction. More become the job that is returned, so that nobody who
    writes waits for all of them; the caller may wake the job runner.
    """
    numbers = parked(session, circumstances.act, awaited)
    if len(numbers) > AT_ONCE:
        items = [ParkedItem(statement_seq=number).model_dump_json().encode() for number in numbers]
        return jobs.ask(session, circumstances.act, KIND, items, language=language)
    replay(session, circumstances.act, circumstances.recipients, numbers)
    return None


def _work(session: Session, circumstances: Circumstances, items: Sequence[ParkedItem]) -> Sequence[Result]:
    numbers = [item.statement_seq for item in items]
    done = replay(session, circumstances.act, circumstances.recipients, numbers)

    def result(number: int) -> Result:
        if number not in done:
            return UnknownParked(number)
        return Outcome("projected" if done[number].is_projected else "parked", done[number].statement_id)

    return [result(number) for number in numbers]


KIND = Kind(
    name="parked_statements",
    permission="statements:replay",
    pointer="",
    item=ParkedItem,
    work=_work,
    piece=20,
)
