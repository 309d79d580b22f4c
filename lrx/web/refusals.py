"""What is refused before it becomes a request: what came too late, is too long, cannot be read, or finds no room."""

from typing import ClassVar

from lrx.errors import Busy, Invalid, Turn
from lrx.text import text

__all__ = [
    "Crowded",
    "FramingUnclear",
    "HeadTooLarge",
    "NotOffered",
    "RequestLate",
    "TargetTooLong",
    "TooManyWaiting",
    "VersionUnknown",
]


class RequestLate(Invalid):
    """The request did not arrive whole in the time there is for it. The connection is closed."""

    code = "request_late"
    retryable: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(text("The request did not arrive in time. Send it again, or in smaller parts."))


class FramingUnclear(Invalid):
    """What came is no HTTP request, or it is not clear where it ends. The connection is closed."""

    code = "framing_unclear"

    def __init__(self) -> None:
        super().__init__(
            text("What came is not a clear HTTP request. Check the client, and what stands between it and here.")
        )


class TargetTooLong(Invalid):
    """The address of the request is longer than the operator allows. The connection is closed."""

    code = "target_too_long"

    def __init__(self, limit: int) -> None:
        super().__init__(text("The address is longer than {limit} bytes. Ask for less at once.", limit=limit))


class HeadTooLarge(Invalid):
    """The headers are more, or longer, than the operator allows. The connection is closed."""

    code = "head_too_large"

    def __init__(self, size: int, count: int) -> None:
        super().__init__(
            text(
                "The headers are more than {count}, or longer than {size} bytes. Leave out what is not needed.",
                count=count,
                size=size,
            )
        )


class NotOffered(Invalid):
    """HTTP knows it and it is not offered here: a tunnel, or a transfer coding other than chunked."""

    code = "not_offered"

    def __init__(self) -> None:
        super().__init__(text("That way to send a request is not offered here. Send it plain, or chunked."))


class VersionUnknown(Invalid):
    """The request is of another version of HTTP than 1.0 and 1.1. The connection is closed."""

    code = "version_unknown"

    def __init__(self) -> None:
        super().__init__(text("This version of HTTP is not spoken here. Use HTTP/1.1."))


class Crowded(Busy):
    """More connections, or more bytes of unfinished bodies, than the operator allows. Nothing was taken."""

    code = "crowded"
    turn: ClassVar[Turn] = "lrx"

    def __init__(self) -> None:
        super().__init__(text("There is no room for another request now. Try again shortly."), retry_after=5)


class TooManyWaiting(Busy):
    """Too many requests were sent on one connection before the first of them was answered. The connection is closed."""

    code = "too_many_waiting"

    def __init__(self) -> None:
        super().__init__(
            text("Too many requests wait on this connection. Read their answers before you send more."), retry_after=1
        )
