"""Recipients of a few lines, for tests of the core that are about no real one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import httpx
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from lrx.errors import LrxError
from lrx.oci_id import OciId
from lrx.recipient import (
    Handover,
    NoSettings,
    Objection,
    Outcome,
    ProofOfCompletion,
    Receipt,
    Transcripts,
)
from lrx.text import text


class FakeCredentials(BaseModel):
    """What a push recipient of tests is called with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    username: str
    password: str


@dataclass
class FakePull:
    """A recipient that asks and takes everything, from everybody whose number is not 666."""

    code: str = "fakepull"
    title: str = "Fake pull"
    site_settings: type[BaseModel] = NoSettings
    site_credentials: type[BaseModel] = NoSettings
    course_settings: type[BaseModel] = NoSettings
    codes: Mapping[Outcome, str] = field(default_factory=dict)

    def objections(self, proof: ProofOfCompletion, settings: BaseModel) -> Sequence[Objection]:
        return [Objection("number", text("Not this number."))] if "666" in {one.number for one in proof.oci_ids} else []

    def serves(self, oci_id: OciId, settings: BaseModel) -> bool:
        return oci_id.number != "666"

    def routes(self, transcripts: Transcripts) -> Sequence[Route]:
        return []

    def refuse(self, request: Request, error: LrxError) -> Response:
        return PlainTextResponse(error.code, 400)


@dataclass
class FakePush:
    """A recipient that is told, and keeps what it was told."""

    code: str = "fakepush"
    title: str = "Fake push"
    site_settings: type[BaseModel] = NoSettings
    site_credentials: type[BaseModel] = FakeCredentials
    course_settings: type[BaseModel] = NoSettings
    told: list[Handover] = field(default_factory=list)

    def objections(self, proof: ProofOfCompletion, settings: BaseModel) -> Sequence[Objection]:
        return []

    async def push(self, handover: Handover, http: httpx.AsyncClient) -> Receipt:
        self.told.append(handover)
        return Receipt(decided=True, reference=str(handover.delivery_id))

    async def follow_up(self, handover: Handover, receipt: Receipt, http: httpx.AsyncClient) -> Receipt:
        return receipt
