"""CMaRS behind the port: which colleges it serves, and where it asks."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Annotated, cast

from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lrx.colleges import colleges
from lrx.errors import LrxError
from lrx.oci_id import OciId
from lrx.recipient import NoSettings, Objection, Outcome, ProofOfCompletion, Transcripts
from lrx.text import Text, text
from recipients.cmars import service
from recipients.cmars.codes import OUTCOME_CODES

__all__ = ["Cmars", "CmarsSettings"]


class CmarsSettings(BaseModel):
    """What CMaRS must know of a site."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    served_colleges: Annotated[
        tuple[str, ...],
        Field(
            min_length=1,
            description="Colleges whose members CMaRS follows, as their OCI IDs start. Others are answered WS400.",
        ),
    ] = ("CA-ON-CPSO", "CA-ON-CMO", "CA-ON-RCDSO", "CA-ON-COPO")

    @field_validator("served_colleges")
    @classmethod
    def _are_colleges(cls, prefixes: tuple[str, ...]) -> tuple[str, ...]:
        known = {college.prefix for college in colleges().values()}
        unknown = ", ".join(prefix for prefix in prefixes if prefix not in known)
        if unknown:
            raise ValueError(
                text("{unknown} is no college of Ontario. Write colleges like CA-ON-CPSO.", unknown=unknown)
            )
        return prefixes


class Cmars:
    """The recipient CMaRS. It asks; nothing is ever sent to it unasked."""

    code = "cmars"
    title = "CMaRS"
    site_settings: type[BaseModel] = CmarsSettings
    site_credentials: type[BaseModel] = NoSettings
    course_settings: type[BaseModel] = NoSettings
    codes: Mapping[Outcome, str] = OUTCOME_CODES

    def objections(self, proof: ProofOfCompletion, settings: BaseModel) -> Sequence[Objection]:
        """Object when the learner has OCI IDs and none of them is of a college CMaRS serves."""
        if not proof.oci_ids or any(self.serves(oci_id, settings) for oci_id in proof.oci_ids):
            return ()
        detail = text(
            "CMaRS does not serve {colleges}. Correct the learner’s OCI ID, or ask for the college to be served.",
            colleges=_titles(proof.oci_ids),
        )
        return (Objection("college_not_served", detail),)

    def serves(self, oci_id: OciId, settings: BaseModel) -> bool:
        """Whether the OCI ID is of a college in `served_colleges`."""
        return oci_id.prefix in cast("CmarsSettings", settings).served_colleges

    def routes(self, transcripts: Transcripts) -> Sequence[Route]:
        """The two endpoints: one person, and a batch."""
        return service.routes(transcripts)

    def refuse(self, request: Request, error: LrxError) -> Response:
        """The answer to a call that failed, with a code of ours: WS codes speak of the person asked for."""
        return service.refuse(request, error)


def _titles(oci_ids: Sequence[OciId]) -> Text:
    titles = [_title(prefix) for prefix in dict.fromkeys(oci_id.prefix for oci_id in oci_ids)]
    return reduce(lambda before, title: text("{before} or {title}", before=before, title=title), titles)


def _title(prefix: str) -> Text:
    named = {college.prefix: college.title for college in colleges().values()}
    return named.get(prefix) or text("the college {prefix}", prefix=prefix)
