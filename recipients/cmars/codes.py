"""WS400 and WS401: what they mean to CMaRS, which outcomes they stand for, and the HTTP status of every refusal."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lrx.errors import Busy, Forbidden, Invalid, LrxError, Unauthenticated
from lrx.recipient import Outcome
from lrx.text import Text, text
from lrx.web.problems import BodyTooLarge, MethodNotAllowed, UnknownPath

__all__ = [
    "CODES",
    "OUTCOME_CODES",
    "BadRequest",
    "Code",
    "ContentNotReadable",
    "NotAcceptable",
    "TooManyQuestions",
    "http_status",
]


@dataclass(frozen=True, slots=True)
class Code:
    """What CMaRS gets instead of records, the HTTP status when one person was asked for, and what it means."""

    code: str
    status: int
    meaning: Text
    remedy: Text


CODES: Mapping[str, Code] = MappingProxyType(
    {
        "WS400": Code(
            "WS400",
            400,
            text("The identifier is not an OCI ID of a college that CMaRS serves."),
            text("Correct the OCI ID at CMaRS, or add the college to those CMaRS serves."),
        ),
        "WS401": Code(
            "WS401",
            404,
            text("Nobody here has this OCI ID, or more than one person has."),
            text("Enter the OCI ID in the profile of the one person it belongs to."),
        ),
    }
)
"""The codes of CMaRS. They speak of the person asked for, never of the request or of permission."""

OUTCOME_CODES: Mapping[Outcome, str] = MappingProxyType(
    {
        Outcome.MALFORMED_IDENTIFIER: "WS400",
        Outcome.COLLEGE_NOT_SERVED: "WS400",
        Outcome.UNKNOWN_LEARNER: "WS401",
        Outcome.SEVERAL_LEARNERS: "WS401",
    }
)
"""The code of each outcome that is not an answer."""


class BadRequest(Invalid):
    """The request is not one this service describes."""

    code = "bad_request"


class TooManyQuestions(Invalid):
    """The batch asks for more people than one batch may."""

    code = "too_many_questions"


class ContentNotReadable(Invalid):
    """The body is of a type that is not read here."""

    code = "content_not_readable"


class NotAcceptable(Invalid):
    """None of the formats the caller accepts is written here."""

    code = "not_acceptable"


_STATUSES: tuple[tuple[type[LrxError], int], ...] = (
    (Unauthenticated, 401),
    (Forbidden, 403),
    (UnknownPath, 404),
    (MethodNotAllowed, 405),
    (NotAcceptable, 406),
    (TooManyQuestions, 413),
    (BodyTooLarge, 413),
    (ContentNotReadable, 415),
    (Busy, 429),
)


def http_status(error: LrxError) -> int:
    """Return the HTTP status that answers a call which failed with `error`. What lacks room on our side is 503, and who
    asks too often gets 429."""
    if isinstance(error, Busy) and error.turn == "lrx":
        return 503
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 400)
