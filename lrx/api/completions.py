"""`POST /learning-records`: completions of other learning management systems come in, one or up to a thousand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Literal, Self, cast
from uuid import UUID

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from sqlmodel import Session

from lrx.access import Act
from lrx.api.idempotency import KeptReplies, Reply, kept_before
from lrx.api.operation import Answer, Call, operation
from lrx.api.values import RECORDS as TAG
from lrx.api.values import In, Out
from lrx.courses.courses import UnknownActivity, UnknownCourse
from lrx.errors import LrxError
from lrx.faults import InvalidContent
from lrx.ingest import recorder as ingest
from lrx.ingest.claims import Claim, completions_of
from lrx.ingest.completion import Completion
from lrx.ingest.recorder import ExternalIdTaken, record_all
from lrx.json_outline import begins_array, outlined_array
from lrx.json_reader import MalformedJson, split_array
from lrx.people.learners import SeveralLearners, UnknownLearner
from lrx.piecework import read_item
from lrx.together import Overloaded, Together, each_site
from lrx.web.problems import Problem, problem_of
from lrx.web.reading import Apart

__all__ = ["OPERATIONS", "RECORD", "Recording", "Replied", "reply_to"]

MOST = 1000
WEIGHT = 2_000
"""About how many bytes a completion holds."""


class Claims(In, Apart):
    """One completion, or a list of up to 1,000."""

    claims: list[Any] = Field(min_length=1, max_length=MOST)

    @model_validator(mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> dict[str, object]:
        return {"claims": value if isinstance(value, list) else [value]}

    @classmethod
    def apart(cls, body: bytes) -> Self | None:
        try:
            contents = split_array(body) if begins_array(body) else [body]
        except MalformedJson:
            contents = outlined_array(body)
            if contents is None:
                raise
        return cast(Self, cls.model_construct(claims=contents)) if contents and len(contents) <= MOST else None

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        claim = handler(Claim.__pydantic_core_schema__)
        return {"title": "Claims", "anyOf": [claim, {"type": "array", "items": claim, "minItems": 1, "maxItems": MOST}]}


class Result(Out):
    """What became of one completion."""

    result: Literal["recorded", "known", "amended", "refused"]
    """`known`: this very completion was here. `amended`: kept beside a record of the same cycle. `refused`: see
    `problem`."""
    learning_record_id: UUID | None
    amendment_id: UUID | None
    problem: Problem | None


class Results(Out):
    """What became of each completion, in the order sent."""

    object: Literal["list"] = "list"
    data: list[Result]


@operation(
    "POST",
    "/learning-records",
    permission="records:write",
    summary="Record completions",
    tag=TAG,
    status=201,
    also=(200,),
    idempotent=True,
    errors=(
        UnknownLearner,
        SeveralLearners,
        UnknownCourse,
        UnknownActivity,
        ExternalIdTaken,
        InvalidContent,
        Overloaded,
    ),
    examples={
        "one": {
            "learner": {"username": "aokafor"},
            "course": {"shortname": "WHMIS-2026"},
            "completed_at": "2026-11-18T09:12:00-05:00",
            "external_id": "completion-4711",
        }
    },
)
async def record_completions(call: Call, body: Claims) -> Answer[Results] | Reply:
    """One completion is recorded or refused as a whole. Of a list the good ones are recorded, and each refused one
    comes back with its problem: a bad one never fails its neighbours. 201 when a record was made, else 200."""
    claims = [read_item(Claim, content) for content in body.claims]
    if len(claims) == 1 and isinstance(claims[0], LrxError):
        raise claims[0]
    sent = Recording(call, claims)
    recorded = await call.exchange.database.write_together(RECORD, sent)
    for result in recorded.results:
        call.exchange.metrics.records.labels(result.result).inc()
    return recorded.reply


@dataclass(frozen=True, slots=True)
class Recording:
    """The claims of one request; those that could not be read are errors already."""

    call: Call
    claims: Sequence[Claim | LrxError]


@dataclass(frozen=True, slots=True)
class Replied:
    """What goes out, and what was done now for it: nothing, where the reply was kept under an Idempotency-Key."""

    reply: Reply
    results: Sequence[Result] = ()


def _record_together(session: Session, sent: Sequence[Recording]) -> Sequence[Replied | LrxError]:
    return each_site(sent, lambda one: one.call.caller.site_id, partial(_record_at_site, session))


def _record_at_site(session: Session, sent: Sequence[Recording]) -> Sequence[Replied | LrxError]:
    book = kept_before(session, [one.call.once for one in sent if one.call.once])
    acts = [one.call.exchange.act_in(session, one.call.caller, one.call.request_id) for one in sent]
    recorded: dict[int, Replied | LrxError] = {}
    waiting = list(range(len(sent)))
    # Of twins that meet in one transaction the first has the effect and the others its reply; where it is refused,
    # nothing is kept, and the next one is done in its place.
    while new := [place for place in waiting if book.enter(sent[place].call.once)]:
        outcomes = _outcomes(session, [(acts[place], claim) for place in new for claim in sent[place].claims], sent[0])
        for place in new:
            recorded[place] = made = reply_to(sent[place].call, list(islice(outcomes, len(sent[place].claims))))
            if isinstance(made, Replied):
                book.keep(acts[place], sent[place].call.once, made.reply)
            else:
                book.leave(sent[place].call.once)
        waiting = [place for place in waiting if place not in recorded]
    book.write(session)
    return [recorded[place] if place in recorded else _again(book, sent[place]) for place in range(len(sent))]


def _again(book: KeptReplies, sent: Recording) -> Replied | LrxError:
    """The reply that the request, or its twin, had before."""
    reply = book.replay(sent.call.once)
    return reply if isinstance(reply, LrxError) else Replied(reply)


def _outcomes(
    session: Session, claims: Sequence[tuple[Act, Claim | LrxError]], first: Recording
) -> Iterator[ingest.Recorded | LrxError]:
    """What became of each claim, in order."""
    readable = [(act, claim) for act, claim in claims if isinstance(claim, Claim)]
    found = iter(completions_of(session, readable) if readable else [])
    understood = [(act, next(found) if isinstance(claim, Claim) else claim) for act, claim in claims]
    good = [(act, one) for act, one in understood if isinstance(one, Completion)]
    recorded = iter(record_all(session, first.call.exchange.recipients, good))
    return iter([next(recorded) if isinstance(one, Completion) else one for _, one in understood])


def reply_to(call: Call, outcomes: Sequence[ingest.Recorded | LrxError]) -> Replied | LrxError:
    if len(outcomes) == 1 and isinstance(outcomes[0], LrxError):
        return outcomes[0]
    results = [_result(call, outcome) for outcome in outcomes]
    made = any(result.result == "recorded" for result in results)
    return Replied(call.reply(Answer(Results(data=results), status=201 if made else 200)), results)


def _result(call: Call, outcome: ingest.Recorded | LrxError) -> Result:
    if isinstance(outcome, LrxError):
        told = problem_of(outcome, language=call.language, path="/api/v1/learning-records", request_id=call.request_id)
        return Result(result="refused", learning_record_id=None, amendment_id=None, problem=told)
    return Result(
        result=outcome.result,
        learning_record_id=outcome.record_id,
        amendment_id=outcome.amendment_id,
        problem=None,
    )


RECORD = Together(_record_together, weigh=lambda sent: WEIGHT * len(sent.claims))
"""Completions that come at the same moment are recorded together."""

OPERATIONS = (record_completions,)
