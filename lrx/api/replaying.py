"""Parked statements projected again because somebody or something is known now, as a request does it."""

from sqlmodel import Session

from lrx.api.operation import Call
from lrx.batches.parked_statements import replay_parked
from lrx.models import Job
from lrx.piecework import Circumstances
from lrx.xapi.subjects import Awaited

__all__ = ["replay_awaited"]


def replay_awaited(call: Call, session: Session, awaited: Awaited | None) -> Job | None:
    """Project what waits for one of these, or everything parked; returns the job that goes on with it, where there is
    much. It is woken once the request is committed."""
    circumstances = Circumstances(call.act, call.act.at, call.exchange.recipients)
    job = replay_parked(session, circumstances, awaited, language=call.language)
    if job is not None:
        call.afterwards.append(call.exchange.wake_job_runner)
    return job
