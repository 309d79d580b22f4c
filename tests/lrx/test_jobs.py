"""Jobs are done piece by piece, in turns, each item once, and a bad item never takes a good one with it."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from itertools import repeat
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import anyio
import pytest
import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session, select

from lrx import audit, jobs
from lrx.access import Act, Caller
from lrx.clock import FrozenClock
from lrx.errors import Conflict
from lrx.exchange import Exchange
from lrx.job_runner import Runner
from lrx.models import AuditEntry, Job, JobItem, JobStatus, Site
from lrx.piecework import Circumstances, Kind, Outcome, Result, do, each
from lrx.sites import create_site, ensure_default_site
from lrx.text import text

pytestmark = pytest.mark.anyio

PIECE = 10


class Note(BaseModel):
    """Something to write down, and what goes wrong with it."""

    number: int
    goes: Literal["well", "refused", "wrong", "taken once", "broken"] = "well"


class Notebook:
    """Writes notes into the audit log, which shows each effect there was."""

    def __init__(self) -> None:
        self.tried: Counter[int] = Counter()

    def write(self, session: Session, circumstances: Circumstances, note: Note) -> Outcome:
        self.tried[note.number] += 1
        audit.keep(session, circumstances.act, "note", "note", note.number)
        match note.goes:
            case "refused":
                raise Conflict(text("Not this one."))
            case "wrong":
                raise ZeroDivisionError
            case "taken once" if self.tried[note.number] == 1:
                raise IntegrityError("INSERT", {}, Exception("somebody was first"))
            case "broken":
                raise OperationalError("INSERT", {}, Exception("the transaction is lost"))
        return Outcome("noted", UUID(int=note.number), {"number": str(note.number)})

    def write_all(self, session: Session, circumstances: Circumstances, notes: Sequence[Note]) -> Sequence[Result]:
        return [self.write(session, circumstances, note) for note in notes]


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


def kind_of(work: Any, name: str = "notes") -> Kind[Note]:
    return Kind(name=name, permission="records:write", pointer="/notes", item=Note, work=work, piece=PIECE)


class Desk:
    """One site, somebody who asks, and a runner."""

    def __init__(self, exchange: Exchange, kind: Kind[Note], site: Site) -> None:
        self.exchange, self.kind, self.site = exchange, kind, site
        self.caller = Caller("api", "1", site.id, ZoneInfo(site.time_zone), frozenset({"records:write"}))
        self.ticks: Iterator[float] = repeat(0.0)
        self.runner = Runner(exchange, {kind.name: kind}, lambda: next(self.ticks))

    def act(self, request_id: str = "the-request") -> Act:
        return self.exchange.act(self.caller, request_id)

    async def ask(self, *notes: dict[str, Any], language: Any = "en", request_id: str = "the-request") -> UUID:
        contents = [json.dumps(note).encode() for note in notes]
        act = self.act(request_id)
        job = await self.exchange.database.write(
            lambda session: jobs.ask(session, act, self.kind, contents, language=language)
        )
        return job.id

    async def job(self, job_id: UUID) -> Job:
        return await self.exchange.database.read(lambda session: session.get_one(Job, job_id))

    async def items(self, job_id: UUID) -> Sequence[JobItem]:
        query = select(JobItem).where(JobItem.job_id == job_id).order_by(sa.text("place"))
        return await self.exchange.database.read(lambda session: session.exec(query).all())

    async def outcomes(self, job_id: UUID) -> list[str | None]:
        return [item.outcome for item in await self.items(job_id)]

    async def noted(self) -> list[int]:
        query = select(AuditEntry).where(AuditEntry.action == "note").order_by(sa.text("seq"))
        entries = await self.exchange.database.read(lambda session: session.exec(query).all())
        return [int(entry.subject_id) for entry in entries]

    async def work(self) -> int:
        """Do everything there is; returns in how many pieces."""
        pieces = 0
        while await self.runner.run_once():
            pieces += 1
        return pieces


async def make_desk(exchange: Exchange, kind: Kind[Note]) -> Desk:
    now = exchange.clock.now()
    site = await exchange.database.write(
        lambda session: ensure_default_site(session, exchange.settings, now, lambda: exchange.ids(now))
    )
    return Desk(exchange, kind, site)


@pytest.fixture
async def desk(exchange: Exchange, notebook: Notebook) -> Desk:
    return await make_desk(exchange, kind_of(each(notebook.write)))


def notes(count: int, **going: str) -> list[dict[str, Any]]:
    """So many notes; `n3="refused"` says how the one of number 3 goes."""
    return [{"number": number, "goes": going.get(f"n{number}", "well")} for number in range(count)]


async def test_a_job_is_done_in_pieces_and_tells_of_each_item(desk: Desk) -> None:
    job_id = await desk.ask(*notes(25))
    queued = await desk.job(job_id)
    assert (queued.status, queued.total, queued.done, queued.started_at) == (JobStatus.QUEUED, 25, 0, None)

    assert await desk.runner.run_once()
    under_way = await desk.job(job_id)
    assert (under_way.status, under_way.done, under_way.counts) == (JobStatus.RUNNING, PIECE, {"noted": PIECE})
    assert under_way.started_at is not None
    assert under_way.finished_at is None

    assert await desk.work() == 2
    done = await desk.job(job_id)
    assert (done.status, done.done, done.counts) == (JobStatus.DONE, 25, {"noted": 25})
    assert done.finished_at is not None
    items = await desk.items(job_id)
    assert [item.subject_id for item in items] == [UUID(int=number) for number in range(25)]
    assert items[7].detail == {"number": "7"}
    assert await desk.noted() == list(range(25))


async def test_nothing_is_left_to_do_when_all_is_done(desk: Desk) -> None:
    assert await desk.work() == 0
    await desk.ask(*notes(3))
    assert await desk.work() == 1
    assert await desk.work() == 0


@pytest.mark.parametrize("way", ["one by one", "all at once"])
async def test_a_bad_item_takes_no_good_one_with_it(exchange: Exchange, notebook: Notebook, way: str) -> None:
    work = each(notebook.write) if way == "one by one" else notebook.write_all
    desk = await make_desk(exchange, kind_of(work))
    job_id = await desk.ask(*notes(4, n1="refused", n3="wrong"), {"number": "five"}, {"number": 5}, "six")  # type: ignore[arg-type]
    await desk.work()

    assert await desk.outcomes(job_id) == ["noted", "failed", "noted", "failed", "failed", "noted", "failed"]
    assert (await desk.job(job_id)).counts == {"noted": 3, "failed": 4}
    assert await desk.noted() == [0, 2, 5]
    refused, wrong, misread = [(await desk.items(job_id))[place].detail for place in (1, 3, 4)]
    assert (refused["code"], refused["detail"], refused["turn"]) == ("conflict", "Not this one.", "caller")
    assert (wrong["code"], wrong["turn"]) == ("item_unexpected", "lrx")
    assert misread["code"] == "content_invalid"
    assert [fault["pointer"] for fault in misread["errors"]] == ["/notes/4/number"]
    assert "/notes/4/number" in misread["detail"]


async def test_a_row_that_somebody_else_wrote_first_is_seen_the_second_time(desk: Desk, notebook: Notebook) -> None:
    job_id = await desk.ask(*notes(3, n1="taken once"))
    await desk.work()
    assert await desk.outcomes(job_id) == ["noted"] * 3
    assert await desk.noted() == [0, 1, 2]
    assert notebook.tried[1] == 2


async def test_an_item_that_breaks_every_transaction_is_found_and_left(
    desk: Desk, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lrx.job_runner.PAUSE", 0)
    job_id = await desk.ask(*notes(25, n14="broken"))
    await desk.work()
    assert (await desk.job(job_id)).status is JobStatus.DONE
    assert (await desk.job(job_id)).counts == {"noted": 24, "failed": 1}
    assert (await desk.items(job_id))[14].detail["code"] == "item_unexpected"
    assert await desk.noted() == [number for number in range(25) if number != 14]


async def test_why_an_item_failed_is_said_in_the_language_of_who_asked(desk: Desk) -> None:
    job_id = await desk.ask({"number": 1.5}, language="fr")
    await desk.work()
    (item,) = await desk.items(job_id)
    assert item.detail["errors"][0]["detail"] == "Donnez un nombre entier."


async def test_jobs_take_turns_and_a_new_one_does_not_wait_for_the_big_ones(desk: Desk) -> None:
    big = await desk.ask(*notes(50))
    for _ in range(3):
        await desk.runner.run_once()
    small, other = await desk.ask(*notes(15)), await desk.ask(*notes(15))
    order = []
    while await desk.runner.run_once():
        order.append([(await desk.job(one)).done for one in (big, small, other)])
    assert order[:5] == [[40, 0, 0], [40, 10, 0], [40, 10, 10], [50, 10, 10], [50, 15, 10]]
    assert order[-1] == [50, 15, 15]


async def test_pieces_are_cut_so_that_each_is_short(desk: Desk) -> None:
    job_id = await desk.ask(*notes(60))
    sizes, done = [], 0
    for seconds in (0.061, 0.31, 0.03, 0.006, 0, 0):
        desk.ticks = iter((0.0, seconds))
        await desk.runner.run_once()
        sizes.append((await desk.job(job_id)).done - done)
        done += sizes[-1]
    assert sizes == [10, 4, 1, 1, 2, 4]


async def test_runners_side_by_side_do_each_item_once(desk: Desk) -> None:
    asked = [await desk.ask(*notes(60)) for _ in range(3)]
    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(desk.work)
    await desk.work()  # a runner stops when others have all the jobs
    assert [(await desk.job(one)).status for one in asked] == [JobStatus.DONE] * 3
    assert Counter(await desk.noted()) == Counter(dict.fromkeys(range(60), 3))


async def test_a_piece_that_is_not_committed_has_not_happened(desk: Desk) -> None:
    job_id = await desk.ask(*notes(25))
    await desk.runner.run_once()

    def piece_then_end(session: Session) -> None:
        desk.runner._piece(session, job_id)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await desk.exchange.database.write(piece_then_end)
    assert (await desk.job(job_id)).done == PIECE
    await desk.work()
    assert await desk.noted() == list(range(25))


async def test_what_is_done_stays_done_when_a_job_is_cancelled(desk: Desk) -> None:
    job_id = await desk.ask(*notes(25))
    await desk.runner.run_once()
    cancelled = await desk.exchange.database.write(partial(jobs.cancel, act=desk.act(), job_id=job_id))
    assert (cancelled.status, cancelled.done) == (JobStatus.CANCELLED, PIECE)
    assert await desk.work() == 0
    assert await desk.outcomes(job_id) == ["noted"] * PIECE + [None] * 15
    assert await desk.noted() == list(range(PIECE))


async def test_a_job_is_cancelled_once_and_not_after_its_end(desk: Desk) -> None:
    first, second = await desk.ask(*notes(1)), await desk.ask(*notes(1))
    cancel = partial(jobs.cancel, act=desk.act())
    once = await desk.exchange.database.write(partial(cancel, job_id=first))
    again = await desk.exchange.database.write(partial(cancel, job_id=first))
    assert once.finished_at == again.finished_at
    await desk.work()
    with pytest.raises(jobs.JobEnded):
        await desk.exchange.database.write(partial(cancel, job_id=second))


async def test_cancelling_waits_for_the_piece_under_way(desk: Desk) -> None:
    job_id = await desk.ask(*notes(50))
    cancel = partial(jobs.cancel, act=desk.act(), job_id=job_id)

    async def cancel_soon() -> None:
        await desk.exchange.database.write(cancel)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(desk.work)
        tasks.start_soon(cancel_soon)
    job = await desk.job(job_id)
    assert len(await desk.noted()) == job.done
    assert [one is not None for one in await desk.outcomes(job_id)] == [place < job.done for place in range(50)]


async def test_a_job_nobody_here_can_do_is_given_up_and_the_others_go_on(desk: Desk, notebook: Notebook) -> None:
    stranger = Desk(desk.exchange, kind_of(each(notebook.write), "of another version"), desk.site)
    unknown, known = await stranger.ask(*notes(3)), await desk.ask(*notes(3))
    await desk.work()
    await desk.work()
    assert (await desk.job(unknown)).status is JobStatus.FAILED
    assert (await desk.job(known)).status is JobStatus.DONE
    kept = await desk.exchange.database.read(
        lambda session: session.exec(select(AuditEntry).where(AuditEntry.action == "give_up")).all()
    )
    assert [one.subject_id for one in kept] == [str(unknown)]


async def test_items_are_forgotten_a_month_after_the_end_and_the_job_stays(desk: Desk, clock: FrozenClock) -> None:
    ended = await desk.ask(*notes(3))
    await desk.work()
    clock.advance(timedelta(days=20))
    later, waiting = await desk.ask(*notes(3)), await desk.ask(*notes(3))
    await desk.runner.run_once()

    async def forgotten() -> int:
        forget = partial(jobs.forget_items, before=clock.now() - jobs.ITEMS_KEPT)
        times = 0
        while await desk.exchange.database.write(forget):
            times += 1
        return times

    assert await forgotten() == 0
    clock.advance(timedelta(days=10, seconds=1))
    assert await forgotten() == 1
    assert [len(await desk.items(one)) for one in (ended, later, waiting)] == [0, 3, 3]
    assert (await desk.job(ended)).counts == {"noted": 3}


async def test_effects_bear_the_request_and_the_caller_of_the_job(desk: Desk) -> None:
    await desk.ask(*notes(2), request_id="from-outside")
    await desk.work()
    entries = await desk.exchange.database.read(
        lambda session: session.exec(select(AuditEntry).where(AuditEntry.request_id == "from-outside")).all()
    )
    assert [(entry.action, entry.subject_kind) for entry in entries] == [
        ("ask", "job"),
        ("note", "note"),
        ("note", "note"),
    ]
    assert {entry.actor for entry in entries} == {"api:1"}


async def test_a_job_of_another_site_is_not_known(desk: Desk) -> None:
    job_id = await desk.ask(*notes(1))
    now = desk.exchange.clock.now()
    other = await desk.exchange.database.write(
        lambda session: create_site(session, "other", "America/Toronto", now, lambda: desk.exchange.ids(now), name="O")
    )
    neighbour = Desk(desk.exchange, desk.kind, other)
    with pytest.raises(jobs.UnknownJob):
        await desk.exchange.database.read(partial(jobs.by_id, act=neighbour.act(), job_id=job_id))


async def test_a_kind_that_breaks_the_transaction_is_not_taken_for_a_bad_item(desk: Desk) -> None:
    circumstances = Circumstances(desk.act(), desk.act().at, {})
    content = json.dumps({"number": 1, "goes": "broken"}).encode()
    with pytest.raises(OperationalError):
        await desk.exchange.database.write(lambda session: do(session, desk.kind, circumstances, [content]))
