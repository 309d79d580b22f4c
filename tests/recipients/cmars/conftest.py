"""CMaRS without an exchange: transcripts out of a dictionary, behind the door the core would keep."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from lrx.errors import LrxError
from lrx.oci_id import InvalidOciId, OciId
from lrx.recipient import Account, Outcome, ProofOfCompletion, Question, Transcript
from lrx.source import Source
from lrx.text import text
from recipients.cmars import Cmars, create_recipient

ACCOUNT = Account(UUID(int=1), ZoneInfo("America/Toronto"), UUID(int=2), "cmars", "request-1")
PHYSICIAN = OciId("CA", "ON", "CPSO", "12345")


@dataclass
class FakeTranscripts:
    """Answers out of `known`; who is not in it is unknown. Keeps what was asked."""

    known: Mapping[str, Sequence[ProofOfCompletion] | Outcome]
    failure: LrxError | None = None
    asked: list[Question] = field(default_factory=list)

    async def ask(self, account: Account, questions: Sequence[Question]) -> Sequence[Transcript]:
        self.asked.extend(questions)
        if self.failure:
            raise self.failure
        return [self._answer(number, question) for number, question in enumerate(questions, 1)]

    def _answer(self, number: int, question: Question) -> Transcript:
        inquiry = UUID(int=number)
        try:
            oci_id = OciId.parse(question.identifier)
        except InvalidOciId as error:
            return Transcript(inquiry, question, Outcome.MALFORMED_IDENTIFIER, None, error.detail)
        found = self.known.get(str(oci_id), Outcome.UNKNOWN_LEARNER)
        if isinstance(found, Outcome):
            return Transcript(inquiry, question, found, oci_id, text("Nobody here has this OCI ID."))
        return Transcript(inquiry, question, Outcome.ANSWERED, oci_id, text("Answered."), tuple(found))


def proof(**changes: Any) -> ProofOfCompletion:
    """Return the proof of a course, changed where a test cares."""
    facts: dict[str, Any] = {
        "record_id": UUID("0199a1b2-0000-7000-8000-000000000001"),
        "object_kind": "course",
        "course_shortname": "WHMIS",
        "course_idnumber": "HS-101",
        "course_name": "Workplace Hazardous Materials",
        "activity_id": None,
        "activity_idnumber": None,
        "activity_name": None,
        "mandatory": False,
        "source": Source.COMPLETION,
        "completed_at": datetime(2026, 3, 2, 3, 30, tzinfo=UTC),
        "completed_on": date(2026, 3, 1),
        "expires_at": datetime(2027, 3, 2, 5, 0, tzinfo=UTC),
        "grade": 92.5,
        "oci_ids": (PHYSICIAN,),
    }
    return ProofOfCompletion(**{**facts, **changes})


def behind_the_door(cmars: Cmars, transcripts: FakeTranscripts) -> ASGIApp:
    """Return the service as the core mounts it: the caller is recognised, and what is raised is refused."""

    async def refuse(request: Request, error: Exception) -> Response:
        assert isinstance(error, LrxError)
        return cmars.refuse(request, error)

    app = Starlette(routes=list(cmars.routes(transcripts)), exception_handlers={LrxError: refuse})

    async def door(scope: Any, receive: Any, send: Any) -> None:
        language = "fr" if (b"accept-language", b"fr") in scope["headers"] else "en"
        state = {"account": ACCOUNT, "request_id": ACCOUNT.request_id, "language": language}
        await app({**scope, "state": state}, receive, send)

    return door


@pytest.fixture
def a_proof() -> Callable[..., ProofOfCompletion]:
    return proof


@pytest.fixture
def transcripts() -> FakeTranscripts:
    """One physician with a record, one with none, one member of a college that is not served, and one twice."""
    return FakeTranscripts(
        {
            "CA-ON-CPSO-12345": [proof()],
            "CA-ON-CPSO-20000": [],
            "CA-ON-CNO-77777": Outcome.COLLEGE_NOT_SERVED,
            "CA-ON-CPSO-33333": Outcome.SEVERAL_LEARNERS,
        }
    )


@pytest.fixture
def service(transcripts: FakeTranscripts) -> ASGIApp:
    return behind_the_door(create_recipient(), transcripts)


@pytest.fixture
async def client(service: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=service), base_url="http://lrx.test") as client:
        yield client
