"""`POST /learning-records`: completions of other learning management systems come in, one or up to a thousand."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field, GetJsonSchemaHandler, ValidationError, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, to_json
from sqlmodel import Session

from lrx.api.operation import Answer, Call, operation
from lrx.api.values import RECORDS as TAG
from lrx.api.values import In, Out
from lrx.courses.courses import UnknownActivity, UnknownCourse
from lrx.delivery.outbox import lock_learners
from lrx.errors import LrxError
from lrx.faults import InvalidContent, faults_of, summary
from lrx.ingest.claims import Claim, completion_of
from lrx.ingest.completion import Completion
from lrx.ingest.recorder import ExternalIdTaken, Recorded, record
from lrx.people.learners import UnknownLearner
from lrx.web.problems import Problem, problem_of

__all__ = ["OPERATIONS"]

MOST = 1000


class Claims(In):
    """One completion, or a list of up to 1,000."""

    claims: list[Any] = Field(min_length=1, max_length=MOST)

    @model_validator(mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> dict[str, object]:
        return {"claims": value if isinstance(value, list) else [value]}

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
    idempotent=True,
    errors=(UnknownLearner, UnknownCourse, UnknownActivity, ExternalIdTaken, InvalidContent),
    examples={
        "one": {
            "learner": {"username": "aokafor"},
            "course": {"shortname": "WHMIS-2026"},
            "completed_at": "2026-11-18T09:12:00-05:00",
            "external_id": "completion-4711",
        }
    },
)
def record_completions(call: Call, body: Claims, session: Session) -> Answer[Results]:
    """One completion is recorded or refused as a whole. Of a list the good ones are recorded, and each refused one
    comes back with its problem: a bad one never fails its neighbours. 201 when a record was made, else 200."""
    claims = [_understood(call, session, value) for value in body.claims]
    if len(claims) == 1 and isinstance(claims[0], LrxError):
        raise claims[0]
    # In one order for everybody: two lists of the same people then never wait for each other.
    lock_learners(session, {claim.learner_id for claim in claims if isinstance(claim, Completion)})
    results = [_recorded(call, session, claim, alone=len(claims) == 1) for claim in claims]
    for result in results:
        call.exchange.metrics.records.labels(result.result).inc()
    made = any(result.result == "recorded" for result in results)
    return Answer(Results(data=results), status=201 if made else 200)


def _understood(call: Call, session: Session, value: Any) -> Completion | LrxError:
    """Whom and what one claim names, or why it is refused. Only reads."""
    try:
        claim = Claim.model_validate_json(to_json(value), strict=True)
        return completion_of(session, call.act, claim)
    except ValidationError as error:
        faults = faults_of(error, value)
        return InvalidContent(summary(faults), faults=faults)
    except LrxError as error:
        return error


def _recorded(call: Call, session: Session, claim: Completion | LrxError, *, alone: bool) -> Result:
    try:
        if isinstance(claim, LrxError):
            raise claim
        with session.begin_nested():
            return _result(record(session, call.act, call.exchange.recipients, claim))
    except LrxError as error:
        if alone:
            raise
        told = problem_of(error, language=call.language, path="/api/v1/learning-records", request_id=call.request_id)
        return Result(result="refused", learning_record_id=None, amendment_id=None, problem=told)


def _result(recorded: Recorded) -> Result:
    return Result(
        result=recorded.result,
        learning_record_id=recorded.record_id,
        amendment_id=recorded.amendment_id,
        problem=None,
    )


OPERATIONS = (record_completions,)
