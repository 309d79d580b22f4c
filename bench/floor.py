"""The same server over a store that does nothing: what authentication, parsing, validation and the answer cost.

`python -m bench.floor --port 8081` serves the database of the settings like `lrx serve --no-worker`; only what the
group commit would write is answered at once, with an answer of the same shape.
"""

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import uvloop

from lrx.api.completions import Recording, Replied, reply_to
from lrx.app import create_app
from lrx.database import Database
from lrx.exchange import open_exchange
from lrx.ingest import recorder as ingest
from lrx.logs import configure_logs
from lrx.oci_id import OciId
from lrx.recipient import Outcome, ProofOfCompletion, Question, Transcript
from lrx.server import Server
from lrx.settings import load_settings
from lrx.source import Source
from lrx.text import text
from lrx.together import Together
from lrx.xapi.intake import Stored
from lrx.xapi.routes import Sent

NOW = datetime(2026, 11, 21, 19, 30, tzinfo=UTC)
PROOFS = 10
"""As many as the learners have whom the other side is asked about."""
PROOF = ProofOfCompletion(
    record_id=UUID(int=7),
    object_kind="course",
    course_shortname="BENCH-1",
    course_idnumber=None,
    course_name="Bench",
    activity_id=None,
    activity_idnumber=None,
    activity_name=None,
    mandatory=False,
    source=Source.COMPLETION,
    completed_at=NOW,
    completed_on=date(2026, 11, 21),
    expires_at=None,
    grade=None,
    oci_ids=(OciId("CA", "ON", "CPSO", "10001"),),
)


class NothingKept:
    """A database that reads like the other and keeps nothing of what is written together."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    async def write_together(self, _together: Together[Any, Any], item: Any) -> Any:
        match item:
            case Sent():
                return Stored(tuple(UUID(int=one) for one in range(len(item.statements))), 0, 0), NOW
            case Recording():
                return replied(item)
            case (_, questions):
                return [_answered(question) for question in questions]


def replied(item: Recording) -> Replied:
    recorded = reply_to(item.call, [ingest.Recorded(UUID(int=7), "recorded") for _ in item.claims])
    assert isinstance(recorded, Replied)
    return recorded


def _answered(question: Question) -> Transcript:
    proofs: Sequence[ProofOfCompletion] = [PROOF] * PROOFS
    oci_id = OciId.parse(question.identifier)
    return Transcript(UUID(int=1), question, Outcome.ANSWERED, oci_id, text("Answered."), tuple(proofs))


async def serve(port: int) -> None:
    settings = load_settings()
    configure_logs(settings)
    async with open_exchange(settings) as exchange:
        floor = replace(exchange, database=NothingKept(exchange.database))  # type: ignore[arg-type]
        await Server(create_app(floor), floor, "127.0.0.1", port).run_until_signalled()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(parser.parse_args().port))
