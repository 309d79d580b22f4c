"""The port: what a recipient is to the exchange, and all that crosses the border.

A recipient is one sub-package of `recipients/`. It reads documents and speaks HTTP; it never sees a session or a table.
Everything it may know arrives as an argument.

A recipient asks (`PullRecipient`) or is told (`PushRecipient`). None of the second kind is installed in this version,
and nothing calls one yet: `PushRecipient`, `Handover` and `Receipt` are what such a recipient will be written to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lrx.errors import LrxError
from lrx.oci_id import OciId
from lrx.source import Source
from lrx.text import Text

__all__ = [
    "Account",
    "Handover",
    "NoSettings",
    "Objection",
    "Outcome",
    "ProofOfCompletion",
    "PullRecipient",
    "PushRecipient",
    "Question",
    "Receipt",
    "Recipient",
    "Transcript",
    "Transcripts",
]


class NoSettings(BaseModel):
    """The settings of a recipient that needs none."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ProofOfCompletion(NamedTuple):
    """One learning record as a recipient may see it. Instants are in UTC; `completed_on` is the date in the site's
    time zone."""

    record_id: UUID
    object_kind: Literal["course", "activity"]
    course_shortname: str | None
    course_idnumber: str | None
    course_name: str
    activity_id: UUID | None
    activity_idnumber: str | None
    activity_name: str | None
    mandatory: bool
    source: Source
    completed_at: datetime
    completed_on: date
    expires_at: datetime | None
    grade: float | None
    oci_ids: tuple[OciId, ...]


@dataclass(frozen=True, slots=True)
class Objection:
    """A recipient's reason not to take a proof: a stable code and a sentence."""

    code: str
    detail: Text


class Outcome(StrEnum):
    """How a question of a pull recipient ended; each recipient has its own codes for these."""

    ANSWERED = "answered"
    MALFORMED_IDENTIFIER = "malformed_identifier"
    COLLEGE_NOT_SERVED = "college_not_served"
    UNKNOWN_LEARNER = "unknown_learner"
    SEVERAL_LEARNERS = "several_learners"


@dataclass(frozen=True, slots=True)
class Question:
    """What a recipient asks about one person: the identifier as they wrote it, and how they narrow the answer."""

    identifier: str
    course: str | None = None
    completed_from: date | None = None
    completed_to: date | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """The answer to one question: how it ended and, when answered, the proofs of that person, newest first."""

    inquiry_id: UUID
    question: Question
    outcome: Outcome
    oci_id: OciId | None
    detail: Text
    proofs: tuple[ProofOfCompletion, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """The service account a recipient called with. It belongs to one site, whose time zone is `zone`."""

    site_id: UUID
    zone: ZoneInfo
    credential_id: UUID
    recipient: str
    request_id: str


class Transcripts(Protocol):
    """What a pull recipient may read. Each question is kept as an Inquiry before it is answered."""

    async def ask(self, account: Account, questions: Sequence[Question]) -> Sequence[Transcript]:
        """Return one transcript for each question, in order.

        Raises `Forbidden` when the site does not use the recipient, `Busy` when the account asks faster than agreed,
        and `Invalid` for more questions than it may ever ask at a time.
        """


class Recipient(Protocol):
    """A system that receives learning records."""

    code: str
    """`cmars`: stored with each delivery, part of URLs, name of the entry point."""
    title: str
    """`CMaRS`: shown to people."""
    site_settings: type[BaseModel]
    """What it must know of a site; stored by us, checked by this model."""
    site_credentials: type[BaseModel]
    """What we need to call it; stored encrypted, checked by this model."""
    course_settings: type[BaseModel]
    """What it must know of a course."""

    def objections(self, proof: ProofOfCompletion, settings: BaseModel) -> Sequence[Objection]:
        """Reasons this recipient would not take the proof as things stand; empty when it would. Pure."""


@runtime_checkable
class PullRecipient(Recipient, Protocol):
    """A recipient that asks."""

    codes: Mapping[Outcome, str]
    """Its own code for each outcome that is not an answer."""

    def serves(self, oci_id: OciId, settings: BaseModel) -> bool:
        """Whether the recipient follows people of this college. Pure."""

    def routes(self, transcripts: Transcripts) -> Sequence[Route]:
        """The endpoints it calls, mounted under `/recipients/<code>`. `request.state.account` holds the `Account`."""

    def refuse(self, request: Request, error: LrxError) -> Response:
        """The answer, in its own format, to a call that failed before or inside its endpoints."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a recipient gave for a subject: whether it has decided, its reference, and what it wants back next time."""

    decided: bool
    reference: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Handover:
    """One subject to hand over: the operation, the proof, the course's and the site's settings, the site's credentials
    and the receipt of the earlier hand-over, if there was one."""

    delivery_id: UUID
    operation: Literal["add", "update", "delete"]
    proof: ProofOfCompletion | None
    course_settings: BaseModel
    site_settings: BaseModel
    credentials: BaseModel
    earlier: Receipt | None = None


@runtime_checkable
class PushRecipient(Recipient, Protocol):
    """A recipient that is told. None is installed in this version: what is owed to one is kept, and nothing calls it
    yet."""

    async def push(self, handover: Handover, http: httpx.AsyncClient) -> Receipt:
        """Hand over one subject and return their receipt. Raises a `DeliveryError`: its kind says whether to try
        again, to wait for a person, or to give up."""

    async def follow_up(self, handover: Handover, receipt: Receipt, http: httpx.AsyncClient) -> Receipt:
        """Ask how an undecided or unknown hand-over ended. Recipients that decide at once return the receipt as it
        is."""
