"""`/credentials`: the ways in of systems. A secret is shown once, when its credential is issued."""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from pydantic import Field, model_validator
from sqlmodel import Session, col, select

from lrx import credentials
from lrx.access import PERMISSIONS, permit
from lrx.api.listing import Listing, ListQuery, Sort, each, one_of, present, within
from lrx.api.operation import Call, operation
from lrx.api.pagination import Page
from lrx.api.values import In, Instant, Line, Out
from lrx.errors import Invalid
from lrx.models import AccountNames, Credential, CredentialKind, CredentialMode
from lrx.registry import UnknownRecipient, recipient_named
from lrx.text import text

__all__ = ["OPERATIONS"]

TAG = "credentials"

NEEDED: Mapping[CredentialKind, str] = {
    CredentialKind.LMS: "records:write",  # statements become records
    CredentialKind.RECIPIENT: "recipients:write",
}
"""What its issuer must be permitted beside issuing: nobody gives what they do not have."""


class CredentialPublic(Out):
    """A system's way in, without its secret."""

    object: Literal["credential"] = "credential"
    id: UUID
    kind: CredentialKind
    name: str
    username: str
    """The user name of an LMS or a recipient; the middle part of an API key."""
    mode: CredentialMode
    """How statements sent with an LMS's credential are judged."""
    account_names: AccountNames | None
    home_page: str | None
    recipient: str | None
    scopes: list[str]
    created_at: Instant
    revoked_at: Instant | None


class CredentialIssued(CredentialPublic):
    """A new credential with what its system sends. Nobody can read that again."""

    api_key: str | None
    """For an API credential: send it as `Authorization: Bearer …`."""
    password: str | None
    """For an LMS or a recipient: send it with the user name, as `Authorization: Basic …`."""


class CredentialIssue(In):
    """A new credential. An API key has scopes, a recipient's names the recipient."""

    kind: CredentialKind = Field(strict=False)
    name: Line
    """Of the system, for people."""
    scopes: list[str] = Field(default_factory=list, max_length=100)
    """For an API key; you can give what you have yourself."""
    recipient: str | None = Field(default=None, max_length=40)
    mode: CredentialMode = Field(default=CredentialMode.LMS, strict=False)
    account_names: AccountNames | None = Field(default=None, strict=False)
    """What account names in statements are; without it the first one seen tells."""

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> "CredentialIssue":
        if (self.kind is CredentialKind.RECIPIENT) != (self.recipient is not None):
            raise ValueError(text("A recipient’s credential names its recipient, and no other does."))
        if (self.kind is CredentialKind.API) != bool(self.scopes):
            raise ValueError(text("An API key has one scope or more, and no other credential has any."))
        return self


class CredentialPath(In):
    """Which credential."""

    credential_id: UUID


CREDENTIALS = Listing[Credential](
    "credentials",
    col(Credential.id),
    default="created_at",
    sorts={"created_at": Sort(col(Credential.id), UUID), "name": Sort(col(Credential.name), str)},
    filters=(
        one_of("kind", col(Credential.kind), CredentialKind),
        one_of("recipient", col(Credential.recipient), str),
        present("revoked", col(Credential.revoked_at)),
        *within("created_at", col(Credential.created_at)),
    ),
)


@operation(
    "GET",
    "/credentials",
    permission="credentials:read",
    summary="List credentials",
    tag=TAG,
    listing=CREDENTIALS,
)
def list_credentials(call: Call, query: ListQuery, session: Session) -> Page[CredentialPublic]:
    """Oldest first, the revoked ones too."""

    statement = select(Credential).where(Credential.site_id == call.act.site_id)
    return CREDENTIALS.page(Page[CredentialPublic], session, call.act, query, statement, each(_public))


@operation(
    "GET",
    "/credentials/{credential_id}",
    permission="credentials:read",
    summary="Show a credential",
    tag=TAG,
    errors=(credentials.UnknownCredential,),
    rows=lambda act, path: select(Credential.id).where(
        Credential.site_id == act.site_id, Credential.id == path.credential_id
    ),
)
def get_credential(call: Call, path: CredentialPath, session: Session) -> CredentialPublic:
    """Without its secret, which is kept as a hash only."""
    return _public(_by_id(call, session, path.credential_id))


@operation(
    "POST",
    "/credentials",
    permission="credentials:write",
    summary="Issue a credential",
    tag=TAG,
    status=201,
    creates=get_credential,
    confidential=True,
    errors=(UnknownRecipient, Invalid),
    examples={"an API key": {"kind": "api", "name": "Nightly copy", "scopes": ["learners:read", "records:read"]}},
)
def issue_credential(call: Call, body: CredentialIssue, session: Session) -> CredentialIssued:
    """Keep the key or the password: it is shown now and never again. The same request under its Idempotency-Key is
    answered with it for as long as the key is kept."""
    given = [scope for scope in body.scopes if scope in PERMISSIONS]  # one that is not there is told of by `issue`
    for needed in (*given, *([NEEDED[body.kind]] if body.kind in NEEDED else [])):
        permit(call.caller, needed)
    if body.recipient is not None:
        recipient_named(call.exchange.recipients, body.recipient)
    issued = credentials.issue(
        session,
        call.act,
        call.exchange.random,
        body.kind,
        name=body.name,
        mode=body.mode,
        recipient=body.recipient,
        scopes=body.scopes,
        account_names=body.account_names,
    )
    is_api = body.kind is CredentialKind.API
    return CredentialIssued(
        **_fields(issued.credential),
        api_key=issued.key if is_api else None,
        password=None if is_api else issued.pair[1],
    )


@operation(
    "POST",
    "/credentials/{credential_id}/revoke",
    permission="credentials:write",
    summary="Revoke a credential",
    tag=TAG,
    guards=get_credential,
    errors=(credentials.UnknownCredential,),
)
def revoke_credential(call: Call, path: CredentialPath, session: Session) -> CredentialPublic:
    """It is refused from the next request on. Revoking it again changes nothing."""
    credential = _by_id(call, session, path.credential_id)
    if credential.revoked_at is None:
        credentials.revoke(session, call.act, credential.username)
    return _public(credential)


def _by_id(call: Call, session: Session, credential_id: UUID) -> Credential:
    credential = session.exec(
        select(Credential).where(Credential.site_id == call.act.site_id, Credential.id == credential_id)
    ).first()
    if credential is None:
        raise credentials.UnknownCredential(
            text("There is no credential {id} at this site. Check the id.", id=str(credential_id))
        )
    return credential


def _public(credential: Credential) -> CredentialPublic:
    return CredentialPublic(**_fields(credential))


def _fields(credential: Credential) -> dict[str, Any]:
    return credential.model_dump(include=set(CredentialPublic.model_fields))


OPERATIONS = (list_credentials, get_credential, issue_credential, revoke_credential)
