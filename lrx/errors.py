"""Every error of the domain. An error has a stable code and a sentence with a next step, and no HTTP status:
each surface (REST, xAPI, a recipient's service) says what it means there.

LrxError
├── NotFound
├── Conflict
├── Invalid
├── NotAllowed      Unauthenticated, Forbidden
├── Busy            too many requests, or no room to keep one: come again later
│                   StorageFull, StorageUnavailable, OutcomeUnknown
└── DeliveryError   TemporaryFailure, ActionRequired, Rejected: the part of the port for recipients that are told, of
                    which none is installed in this version, so that nothing raises them yet
"""

from typing import ClassVar, Literal

from lrx.text import Text

__all__ = [
    "ActionRequired",
    "Busy",
    "Conflict",
    "DeliveryError",
    "Fault",
    "Forbidden",
    "Invalid",
    "LrxError",
    "NotAllowed",
    "NotFound",
    "OutcomeUnknown",
    "Rejected",
    "StorageFull",
    "StorageUnavailable",
    "TemporaryFailure",
    "Turn",
    "Unauthenticated",
]

Turn = Literal["caller", "learner", "course_admin", "site_admin", "recipient", "lrx", "nobody"]
"""Whose turn it is to act."""


class Fault:
    """One thing wrong with the input: where (JSON pointer), a code, a sentence, and what would be right."""

    __slots__ = ("code", "detail", "hint", "pointer")

    def __init__(self, pointer: str, code: str, detail: Text, hint: str | None = None) -> None:
        self.pointer, self.code, self.detail, self.hint = pointer, code, detail, hint

    def __repr__(self) -> str:
        return f"Fault({self.pointer!r}, {self.code!r}, {str(self.detail)!r})"


class LrxError(Exception):
    """The root. `code` is stable and never translated; `detail` is a sentence for people."""

    code: ClassVar[str] = "error"
    turn: ClassVar[Turn] = "caller"
    retryable: ClassVar[bool] = False

    def __init__(self, detail: Text, *, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = faults

    def __str__(self) -> str:
        return str(self.detail)


class NotFound(LrxError):
    """What was asked for is not here."""

    code = "not_found"


class Conflict(LrxError):
    """The request contradicts what is already kept."""

    code = "conflict"


class Invalid(LrxError):
    """The input cannot be taken as it is; `faults` say where and what would be right."""

    code = "invalid"


class NotAllowed(LrxError):
    """The caller may not do this."""

    code = "not_allowed"


class Unauthenticated(NotAllowed):
    """No credential was given, or none that is known."""

    code = "unauthenticated"


class Forbidden(NotAllowed):
    """The credential is known and lacks the permission."""

    code = "forbidden"
    turn = "site_admin"


class Busy(LrxError):
    """Nothing is wrong with the request; it came too soon. `retry_after` is in seconds."""

    code = "busy"
    retryable = True

    def __init__(self, detail: Text, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class StorageFull(Busy):
    """There is no room on the disk; nothing was kept. Reading goes on."""

    code = "storage_full"
    turn = "lrx"


class StorageUnavailable(Busy):
    """The storage is away, locked or broken; nothing was kept."""

    code = "storage_unavailable"
    turn = "lrx"


class OutcomeUnknown(Busy):
    """The storage failed while something was being kept: it may or may not be there. The same sent again, with the same
    ids, is kept once."""

    code = "outcome_unknown"
    turn = "lrx"


class DeliveryError(LrxError):
    """A recipient did not take a delivery; the three kinds say what happens next."""

    code = "delivery_failed"


class TemporaryFailure(DeliveryError):
    """Try again by the schedule: a time-out, an outage, a busy recipient."""

    code = "temporary_failure"
    turn = "lrx"
    retryable = True


class ActionRequired(DeliveryError):
    """Hold the delivery until a person acts."""

    code = "action_required"
    turn = "site_admin"


class Rejected(DeliveryError):
    """The recipient understood the delivery and refused it for good."""

    code = "rejected"
    turn = "site_admin"
