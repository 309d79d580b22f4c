"""Problems: what every error means in HTTP, said as `application/problem+json` (RFC 9457) in the reader's language."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from lrx.errors import (
    Busy,
    Conflict,
    DeliveryError,
    Invalid,
    LrxError,
    NotAllowed,
    NotFound,
    StorageFull,
    Turn,
    Unauthenticated,
)
from lrx.json_reader import MalformedJson
from lrx.text import Language, Text, say, text
from lrx.web.refusals import FramingUnclear, HeadTooLarge, NotOffered, RequestLate, TargetTooLong, VersionUnknown

__all__ = [
    "MEDIA_TYPE",
    "BadRequest",
    "BodyTooLarge",
    "InFlight",
    "MethodNotAllowed",
    "Outdated",
    "PreconditionFailed",
    "Problem",
    "ProblemFault",
    "Unexpected",
    "UnknownPath",
    "UnsupportedMediaType",
    "problem",
    "problem_of",
    "status_of",
]

MEDIA_TYPE = "application/problem+json"


class BadRequest(Invalid):
    """The request cannot be read: a header or the query is wrong."""

    code = "request_malformed"


class UnknownPath(NotFound):
    """Nothing answers at this path."""

    code = "path_unknown"


class MethodNotAllowed(LrxError):
    """The path is there and does not take this method. `allow` holds those it takes."""

    code = "method_not_allowed"

    def __init__(self, allow: tuple[str, ...]) -> None:
        self.allow = ", ".join(allow)
        super().__init__(text("This path does not take that method. It takes {methods}.", methods=self.allow))


class InFlight(Conflict):
    """The first request with this Idempotency-Key has not ended yet, and it is not known how it will end."""

    code = "idempotency_in_flight"
    turn: ClassVar[Turn] = "lrx"
    retryable = True

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(
            text("Another request with this Idempotency-Key has not ended yet. Send yours again in a few seconds.")
        )


class PreconditionFailed(LrxError):
    """It is no longer what the caller saw: somebody changed it since. `current` is what it is now, `etag` its tag."""

    code = "precondition_failed"

    def __init__(self, current: BaseModel, etag: str) -> None:
        self.current, self.etag = current, etag
        super().__init__(
            text("It was changed since you looked. Look at what it is now, and decide again whether to change it.")
        )


class UnsupportedMediaType(Invalid):
    """The body is declared as something that is not read here."""

    code = "media_type_unsupported"


class BodyTooLarge(Invalid):
    """The body is larger than the operator allows. Raised before or while it is read."""

    code = "body_too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(
            text("The body is larger than {limit} bytes. Send less, in several requests if need be.", limit=limit)
        )


class Unexpected(LrxError):
    """A mistake of ours. What went wrong is in the log, under the request id."""

    code = "unexpected"
    turn: ClassVar[Turn] = "lrx"

    def __init__(self, request_id: str) -> None:
        super().__init__(
            text(
                "Something went wrong here, and not because of your request. "
                "If it happens again, report the request id {request_id}.",
                request_id=request_id,
            )
        )


# The nearest class counts, so a new error of the domain needs no line here.
STATUS: Mapping[type[LrxError], int] = {
    BadRequest: 400,
    MalformedJson: 400,
    FramingUnclear: 400,
    Unauthenticated: 401,
    NotAllowed: 403,
    NotFound: 404,
    MethodNotAllowed: 405,
    RequestLate: 408,
    Conflict: 409,
    PreconditionFailed: 412,
    BodyTooLarge: 413,
    TargetTooLong: 414,
    UnsupportedMediaType: 415,
    Invalid: 422,
    Busy: 429,
    HeadTooLarge: 431,
    NotOffered: 501,
    VersionUnknown: 505,
    StorageFull: 507,
    DeliveryError: 502,
    LrxError: 500,
}

TITLES: Mapping[int, Text] = {
    400: text("The request cannot be read."),
    401: text("The caller is not known."),
    403: text("The caller may not do this."),
    404: text("It is not here."),
    405: text("The path does not take this method."),
    408: text("The request came too late."),
    409: text("It contradicts what is kept."),
    412: text("It has changed in the meantime."),
    413: text("The request is too large."),
    414: text("The address is too long."),
    415: text("The media type is not read here."),
    422: text("The content cannot be taken as it is."),
    429: text("Too many requests."),
    431: text("The headers are too large."),
    500: text("Something went wrong here."),
    501: text("It is not offered here."),
    502: text("The recipient did not take it."),
    503: text("There is no room now."),
    505: text("This version of HTTP is not spoken here."),
    507: text("The disk is full."),
}


class ProblemFault(BaseModel):
    """One thing wrong with the input. `pointer` is a JSON pointer into the body, or `/query/<name>`."""

    pointer: str
    code: str
    detail: str
    hint: str | None


class Problem(BaseModel):
    """What went wrong. `code` is stable and never translated; `turn` says who can act next."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str
    title: str
    status: int
    detail: str
    """A sentence for people, in the language asked for with Accept-Language."""
    instance: str
    code: str
    request_id: str
    """Quote it when you ask for help."""
    errors: list[ProblemFault]
    retryable: bool
    """Whether the same request can succeed later."""
    turn: Turn


class Outdated(Problem):
    """A precondition failed."""

    current: dict[str, Any]
    """What it is now; its tag is in the header ETag."""


def status_of(error: LrxError | type[LrxError]) -> int:
    """The HTTP status of an error. Somebody who came too soon gets 429; when the room is lacking on our side, 503."""
    kind = error if isinstance(error, type) else type(error)
    status = next(STATUS[base] for base in kind.__mro__ if base in STATUS)
    if status == HTTPStatus.TOO_MANY_REQUESTS and kind.turn == "lrx":
        return HTTPStatus.SERVICE_UNAVAILABLE
    return status


def problem_of(error: LrxError, *, language: Language, path: str, request_id: str) -> Problem:
    """Return `error` said in `language`. `path` comes without its query."""
    status = status_of(error)
    return Problem(
        type=f"/docs/errors#{error.code}",
        title=say(TITLES[status], language),
        status=status,
        detail=say(error.detail, language),
        instance=quote(path),
        code=error.code,
        request_id=request_id,
        errors=[
            ProblemFault(pointer=fault.pointer, code=fault.code, detail=say(fault.detail, language), hint=fault.hint)
            for fault in error.faults
        ],
        retryable=error.retryable,
        turn=error.turn,
    )


def problem(error: LrxError, *, language: Language, path: str, request_id: str, scheme: str) -> Response:
    """Return the answer for `error`, with the headers of its kind. `scheme` is how a caller authenticates there."""
    content = problem_of(error, language=language, path=path, request_id=request_id)
    if isinstance(error, PreconditionFailed):
        content = Outdated(**content.model_dump(), current=error.current.model_dump(mode="json"))
    headers = {"Content-Language": language, "Vary": "Accept-Language", **_headers(error, scheme)}
    return Response(content.model_dump_json(), content.status, headers, MEDIA_TYPE)


def _headers(error: LrxError, scheme: str) -> Mapping[str, str]:
    match error:
        case Unauthenticated():
            return {"WWW-Authenticate": f'{scheme} realm="LRX"'}
        case Busy() | InFlight():
            return {"Retry-After": str(error.retry_after)}
        case PreconditionFailed():
            return {"ETag": error.etag}
        case MethodNotAllowed():
            return {"Allow": error.allow}
        case _:
            return {}
