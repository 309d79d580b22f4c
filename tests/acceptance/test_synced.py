"""An acknowledgement means that the disk has it: no 2xx before a sync that covers it, and none when the sync fails."""

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text as sql
from sqlalchemy.engine import make_url

from lrx.database import open_database
from tests.crashes.invariants import breaches
from tests.crashes.lives import Lives, open_client
from tests.crashes.missing import missing
from tests.crashes.storage import kept_reading, refused_everywhere
from tests.crashes.tracing import Calls, NoTracing, SystemCall, require_tracing, traced
from tests.served import Served

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
TALK = frozenset({"read", "recvfrom", "recvmsg", "write", "writev", "sendto", "sendmsg"})
TRACE = f"trace=fdatasync,fsync,pwrite64,{','.join(sorted(TALK))}"


@pytest.fixture
def tracing() -> None:
    """Skipped where processes cannot be traced."""
    try:
        require_tracing()
    except NoTracing as reason:
        missing(str(reason))


@ON_SQLITE
@pytest.mark.usefixtures("tracing")
async def test_no_success_is_sent_before_a_sync_that_covers_it(served: Served, tmp_path: Path) -> None:
    lives = await Lives.begin(served, random.Random(1))
    served.start()
    assert served.process is not None
    log = tmp_path / "trace"
    with traced(served.process.pid, log, "-ttt", "-T", "-yy", "-s", "32", "-e", TRACE):
        async with open_client(served) as client:
            await lives.send_each(client, 10)
    calls = Calls(log)

    answers = [call for call in calls if call.name in TALK and '"HTTP/1.1 20' in call.given]
    assert len(answers) == lives.journal.acknowledgements == 40
    assert [answer.given for answer in answers if not _is_covered(answer, calls)] == []


def _is_covered(answer: SystemCall, calls: Sequence[SystemCall]) -> bool:
    """Whether between the request's last bytes and its answer the log was written, and then synced."""
    socket = answer.given.split(">", 1)[0]
    arrived = max(call.ended for call in calls if call.given.startswith(socket) and call.ended < answer.began)
    log = [call for call in calls if "-wal>" in call.given and arrived <= call.began and call.ended <= answer.began]
    written = [call.ended for call in log if call.name == "pwrite64" and call.result > 0]
    return any(call.result == 0 and call.began >= min(written, default=answer.began) for call in _syncs(log))


def _syncs(calls: Sequence[SystemCall]) -> list[SystemCall]:
    return [call for call in calls if call.name in ("fdatasync", "fsync")]


@ON_SQLITE
@pytest.mark.usefixtures("tracing")
async def test_while_the_disk_does_not_sync_nothing_is_acknowledged_and_reading_goes_on(
    served: Served, tmp_path: Path
) -> None:
    lives = await Lives.begin(served, random.Random(2))
    served.start()
    assert served.process is not None
    async with open_client(served) as client:
        await lives.send_each(client, 3)
        failing = "inject=fdatasync,fsync:error=EIO"
        with traced(served.process.pid, tmp_path / "trace", "-e", "trace=fdatasync,fsync", "-e", failing):
            await refused_everywhere(client, lives, {503})
            await kept_reading(client, lives)
        # The disk is well again, and so is the server: nobody has to start it.
        await lives.send_each(client, 3)
    served.kill()

    await lives.settle()

    assert served.stop() == 0
    assert await breaches(served.database_url, lives.journal) == []


@ON_SQLITE
@pytest.mark.usefixtures("tracing")
async def test_what_is_sent_again_after_a_failed_sync_is_there_once(served: Served, tmp_path: Path) -> None:
    lives = await Lives.begin(served, random.Random(3))
    served.start()
    assert served.process is not None
    failing = ("-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=3+4")
    with traced(served.process.pid, tmp_path / "trace", *failing):
        async with open_client(served) as client:
            writing = [asyncio.create_task(writer.write(client)) for writer in lives.writers]
            async with asyncio.timeout(120):
                while lives.journal.refusals[503] < 8 or lives.journal.acknowledgements < 20:
                    await asyncio.sleep(0.05)
            served.kill()
            await asyncio.gather(*writing)

    await lives.settle()

    assert served.stop() == 0
    assert await breaches(served.database_url, lives.journal) == []


@ON_POSTGRESQL
async def test_our_sessions_wait_for_the_disk_even_where_the_database_was_told_not_to(database_url: str) -> None:
    name = make_url(database_url).database
    connection = await asyncpg.connect(database_url)
    await connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    await connection.close()
    database = open_database(database_url)

    async def setting() -> str:
        return str(await database.write(lambda session: session.connection().scalar(sql("SHOW synchronous_commit"))))

    try:
        assert await asyncio.gather(*(setting() for _ in range(20))) == ["on"] * 20
    finally:
        await database.close()


@ON_POSTGRESQL
async def test_a_stricter_setting_of_the_database_is_left_alone(database_url: str) -> None:
    name = make_url(database_url).database
    connection = await asyncpg.connect(database_url)
    await connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = remote_apply")
    await connection.close()
    database = open_database(database_url)
    try:
        found = await database.write(lambda session: session.connection().scalar(sql("SHOW synchronous_commit")))
    finally:
        await database.close()

    assert found == "remote_apply"
