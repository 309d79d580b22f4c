"""Completions in bulk. What one request brought reached us at one instant, however late its turn comes."""

from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import Session

from lrx.errors import LrxError
from lrx.ingest.claims import Claim, completions_of
from lrx.ingest.completion import Completion
from lrx.ingest.recorder import Recorded, record_all
from lrx.metrics import Metrics
from lrx.piecework import FAILED, Circumstances, Kind, Outcome, Result

__all__ = ["KIND"]


def _work(session: Session, circumstances: Circumstances, claims: Sequence[Claim]) -> Sequence[Result]:
    reached_us = replace(circumstances.act, at=circumstances.asked_at)
    understood = completions_of(session, [(reached_us, claim) for claim in claims]) if claims else []
    good = [(circumstances.act, one) for one in understood if isinstance(one, Completion)]
    recorded = iter(record_all(session, circumstances.recipients, good))
    return [one if isinstance(one, LrxError) else _result(next(recorded)) for one in understood]


def _result(recorded: Recorded | LrxError) -> Result:
    if isinstance(recorded, LrxError):
        return recorded
    detail = {} if recorded.amendment_id is None else {"amendment_id": str(recorded.amendment_id)}
    return Outcome(recorded.result, recorded.record_id, detail)


def _tally(metrics: Metrics, word: str) -> None:
    metrics.records.labels("refused" if word == FAILED else word).inc()


KIND = Kind(
    name="learning_records",
    permission="records:write",
    pointer="/learning_records",
    item=Claim,
    work=_work,
    piece=100,
    tally=_tally,
)
