"""`…/batch`: up to 10,000 learners, OCI IDs or completions in one request; few are answered at once, many become a
job."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal, Self, cast

from pydantic import Field, GetJsonSchemaHandler, RootModel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, to_json
from sqlmodel import Session
from starlette.datastructures import Headers

from lrx import jobs
from lrx.api.jobs import ItemOutcome, JobPublic, job_address, show_job, show_outcome
from lrx.api.operation import Answer, Call, operation
from lrx.api.values import LEARNERS, RECORDS, In, Out
from lrx.batches.learners import KIND as LEARNER
from lrx.batches.learning_records import KIND as LEARNING_RECORD
from lrx.batches.oci_ids import KIND as OCI_ID
from lrx.json_elements import split_member
from lrx.json_outline import outlined_member
from lrx.piecework import AT_ONCE, Circumstances, Kind, counted, do, told, word_of
from lrx.web.reading import Apart

__all__ = ["OPERATIONS"]

MOST = 10_000


@dataclass(frozen=True, slots=True)
class Shown:
    """Documents an item as its kind's model, although each is read on its own: a bad one fails alone."""

    kind: Kind[Any]

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(self.kind.item.__pydantic_core_schema__)


class Batch(In, Apart):
    """A list of items under one name, read one by one."""

    @classmethod
    def apart(cls, body: bytes) -> Self | None:
        (name,) = cls.model_fields
        contents = split_member(body, name) or outlined_member(body, name)
        fields: dict[str, Any] = {name: contents}
        return cast(Self, cls.model_construct(None, **fields)) if contents and len(contents) <= MOST else None


class LearnerBatch(Batch):
    """People to create, or to change where the user name is known."""

    learners: list[Annotated[Any, Shown(LEARNER)]] = Field(min_length=1, max_length=MOST)


class OciIdBatch(Batch):
    """Primary OCI IDs of people known by user name."""

    oci_ids: list[Annotated[Any, Shown(OCI_ID)]] = Field(min_length=1, max_length=MOST)


class LearningRecordBatch(Batch):
    """Completions to record."""

    learning_records: list[Annotated[Any, Shown(LEARNING_RECORD)]] = Field(min_length=1, max_length=MOST)


class BatchPublic(Out):
    """What became of each item, in the order sent. `counts` tells how many there are of each outcome."""

    object: Literal["batch"] = "batch"
    total: int
    counts: dict[str, int]
    data: list[ItemOutcome]


class BatchAnswer(RootModel[Annotated[BatchPublic | JobPublic, Field(discriminator="object")]]):
    """The outcomes (200), or the job that goes on with the items (202)."""


@operation(
    "POST",
    "/learners/batch",
    permission="learners:write",
    summary="Create or change many learners",
    tag=LEARNERS,
    also=(202,),
    examples={"two": {"learners": [{"username": "aokafor", "given_name": "Amara"}, {"username": "jroy"}]}},
)
def batch_learners(call: Call, body: LearnerBatch, session: Session) -> Answer[BatchAnswer]:
    """A person is found by user name: a known one is changed, and what is left out stays.

    Up to 200 items are answered at once, more become a job; with `Prefer: respond-async` all do. An item that fails
    never takes another one with it."""
    return _answer(call, session, LEARNER, body.learners)


@operation(
    "POST",
    "/oci-ids/batch",
    permission="learners:write",
    summary="Set the primary OCI IDs of many learners",
    tag=LEARNERS,
    also=(202,),
    examples={
        "one": {"oci_ids": [{"username": "aokafor", "oci_id": "CA-ON-CPSO-12345"}]},
        "a feed that overwrites": {
            "oci_ids": [
                {"username": "aokafor", "oci_id": "CA-ON-CPSO-12345", "upload": "hr-nightly.csv", "others": "end"}
            ]
        },
    },
)
def batch_oci_ids(call: Call, body: OciIdBatch, session: Session) -> Answer[BatchAnswer]:
    """What a learner held before stays held, after the new one, or ends where the item says so. Held deliveries are
    released. What is refused for somebody known is listed at `/learners/{learner_id}/refused-oci-ids`.

    Up to 200 items are answered at once, more become a job; with `Prefer: respond-async` all do. An item that fails
    never takes another one with it."""
    return _answer(call, session, OCI_ID, body.oci_ids)


@operation(
    "POST",
    "/learning-records/batch",
    permission="records:write",
    summary="Record many completions",
    tag=RECORDS,
    also=(202,),
    examples={
        "one": {
            "learning_records": [
                {
                    "learner": {"username": "aokafor"},
                    "course": {"shortname": "WHMIS-2026"},
                    "completed_at": "2026-11-18T09:12:00-05:00",
                    "external_id": "completion-4711",
                }
            ]
        }
    },
)
def batch_learning_records(call: Call, body: LearningRecordBatch, session: Session) -> Answer[BatchAnswer]:
    """Each is recorded as one sent alone would be, at the time of this request.

    Up to 200 items are answered at once, more become a job; with `Prefer: respond-async` all do. An item that fails
    never takes another one with it."""
    return _answer(call, session, LEARNING_RECORD, body.learning_records)


def _answer(call: Call, session: Session, kind: Kind[Any], items: Sequence[Any]) -> Answer[BatchAnswer]:
    contents = [item if isinstance(item, bytes) else to_json(item) for item in items]
    preferred = _prefers_a_job(call.headers)
    if len(items) <= AT_ONCE and not preferred:
        return Answer(BatchAnswer(_at_once(call, session, kind, contents)))
    job = jobs.ask(session, call.act, kind, contents, language=call.language)
    call.afterwards.append(call.exchange.wake_job_runner)
    headers = {"Location": job_address(job)} | ({"Preference-Applied": "respond-async"} if preferred else {})
    return Answer(BatchAnswer(show_job(call, job)), status=202, headers=headers)


def _at_once(call: Call, session: Session, kind: Kind[Any], contents: Sequence[bytes]) -> BatchPublic:
    circumstances = Circumstances(call.act, call.act.at, call.exchange.recipients)
    results = do(session, kind, circumstances, contents)
    call.afterwards.extend(partial(kind.tally, call.exchange.metrics, word_of(result)) for result in results)
    shown = [
        show_outcome(place, *told(result, call.language, kind.place(place))) for place, result in enumerate(results)
    ]
    return BatchPublic(total=len(results), counts=counted(results), data=shown)


def _prefers_a_job(headers: Headers) -> bool:
    """Whether `Prefer: respond-async` was sent (RFC 7240, 4.1)."""
    given = ",".join(headers.getlist("prefer")).split(",")
    return any(preference.partition(";")[0].strip().lower() == "respond-async" for preference in given)


OPERATIONS = (batch_learners, batch_oci_ids, batch_learning_records)
