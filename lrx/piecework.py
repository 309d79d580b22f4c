"""Piecework: bulk work done item by item, so that a bad item never takes a good one with it.

A `Kind` says what is done with an item. A small batch is done at once in its request's transaction, a big one becomes a
job (`lrx.jobs`) that the job runner does piece by piece.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlmodel import Session

from lrx.access import Act
from lrx.errors import Fault, LrxError
from lrx.faults import InvalidContent, faults_of, require_few_fields, summary
from lrx.json_reader import MalformedJson, read_json
from lrx.logs import log, trace_of
from lrx.metrics import Metrics
from lrx.recipient import Recipient
from lrx.text import Language, say, text

__all__ = [
    "AT_ONCE",
    "FAILED",
    "Circumstances",
    "ItemUnexpected",
    "Kind",
    "Outcome",
    "Result",
    "Told",
    "attempt",
    "counted",
    "do",
    "each",
    "read_item",
    "told",
    "word_of",
]

T = TypeVar("T")
Item = TypeVar("Item", bound=BaseModel)

FAILED = "failed"
"""The outcome of an item that was refused."""

AT_ONCE = 200
"""Up to so many items are done in the request itself; more become a job."""

ABOUT_THE_ROW = ("22", "23")
"""Classes of PostgreSQL's codes for data it cannot keep and for broken constraints. All others speak of the
transaction."""


class ItemUnexpected(LrxError):
    """A mistake of ours with one item. Its neighbours are not touched by it."""

    code = "item_unexpected"
    turn = "lrx"

    def __init__(self) -> None:
        super().__init__(
            text(
                "Something went wrong here, and not because of this item. Send it again; if it fails again, report it."
            )
        )


@dataclass(frozen=True, slots=True)
class Circumstances:
    """In what items are done: the act, at the time of the transaction that writes; when the request reached us."""

    act: Act
    asked_at: datetime
    recipients: Mapping[str, Recipient]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an item: a word of its kind, what was made or known, and what else there is to tell."""

    word: str
    subject_id: UUID
    detail: Mapping[str, str] = field(default_factory=dict)


class Told(NamedTuple):
    """What became of an item, as plain values; of a failed one `detail` is the problem."""

    outcome: str
    subject_id: UUID | None
    detail: dict[str, Any]


Result: TypeAlias = Outcome | LrxError
Work: TypeAlias = Callable[[Session, Circumstances, Sequence[Item]], Sequence[Result]]


def _no_tally(_metrics: Metrics, _word: str) -> None:
    """Most kinds have no counter of their own."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[Item]):
    """A kind of bulk work.

    `work` does some items in one transaction and returns a result for each, in order; an item that is refused leaves
    nothing behind. `pointer` is where the items lie in what was sent; empty for items that nobody sent. `piece` is how
    many of them a job does in one transaction at most. `tally` counts the outcome of one committed item.
    """

    name: str
    permission: str
    pointer: str
    item: type[Item]
    work: Work[Item]
    piece: int
    tally: Callable[[Metrics, str], None] = _no_tally

    def place(self, number: int) -> str:
        """The JSON pointer of an item in what was sent; that of the whole where nobody sent it."""
        return f"{self.pointer}/{number}" if self.pointer else ""


def read_item(model: type[Item], content: bytes) -> Item | InvalidContent | MalformedJson:
    """Return the item that a JSON document holds, or why it cannot be taken: returned, so that no other is lost."""
    try:
        value = read_json(content)
        require_few_fields(value)
        return model.model_validate_json(to_json(value), strict=True)
    except (MalformedJson, InvalidContent) as error:
        return error
    except ValidationError as error:
        faults = faults_of(error, value)
        return InvalidContent(summary(faults), faults=faults)


def do(session: Session, kind: Kind[Any], circumstances: Circumstances, contents: Sequence[bytes]) -> list[Result]:
    """Read items, each a JSON document, do them, and return the result of each, in order.

    When they cannot be done together they are done again one by one. Raises only what breaks the transaction.
    """
    read = [read_item(kind.item, content) for content in contents]
    items = [item for item in read if not isinstance(item, LrxError)]
    try:
        done = _in_savepoint(session, partial(kind.work, session, circumstances, items))
    except Exception as error:
        _raise_if_broken(error)
        done = [attempt(session, partial(_alone, session, kind, circumstances, item)) for item in items]
    results = iter(done)
    return [item if isinstance(item, LrxError) else next(results) for item in read]


def each(one: Callable[[Session, Circumstances, Item], Outcome]) -> Work[Item]:
    """Return work that does `one` item after the other, each as `attempt` does."""

    def work(session: Session, circumstances: Circumstances, items: Sequence[Item]) -> Sequence[Result]:
        return [attempt(session, partial(one, session, circumstances, item)) for item in items]

    return work


def attempt(session: Session, one: Callable[[], Result]) -> Result:
    """Do one item in a savepoint: what refuses it refuses it alone, our own mistakes too.

    A row that was refused may have been written by somebody else a moment ago; done once more, the item sees it. Raises
    only what breaks the transaction.
    """
    try:
        return _in_savepoint(session, one)
    except LrxError as error:
        return error
    except IntegrityError:
        pass
    except Exception as error:
        return _unexpected(error)
    try:
        return _in_savepoint(session, one)
    except LrxError as error:
        return error
    except Exception as error:
        return _unexpected(error)


def word_of(result: Result) -> str:
    """The outcome in one word."""
    return result.word if isinstance(result, Outcome) else FAILED


def counted(results: Sequence[Result]) -> Counter[str]:
    """How many of the results there are of each outcome."""
    return Counter(map(word_of, results))


def told(result: Result, language: Language, pointer: str) -> Told:
    """Return what became of an item as it is kept and shown; why it failed is said in `language`. `pointer` is the
    item's place in what was sent."""
    if isinstance(result, Outcome):
        return Told(result.word, result.subject_id, dict(result.detail))
    faults = tuple(Fault(pointer + fault.pointer, fault.code, fault.detail, fault.hint) for fault in result.faults)
    detail = summary(faults) if isinstance(result, InvalidContent) else result.detail
    problem = {
        "code": result.code,
        "detail": say(detail, language),
        "retryable": result.retryable,
        "turn": result.turn,
        "errors": [
            {"pointer": fault.pointer, "code": fault.code, "detail": say(fault.detail, language), "hint": fault.hint}
            for fault in faults
        ],
    }
    return Told(FAILED, None, problem)


def _alone(session: Session, kind: Kind[Any], circumstances: Circumstances, item: BaseModel) -> Result:
    (result,) = kind.work(session, circumstances, [item])
    return result


def _in_savepoint(session: Session, work: Callable[[], T]) -> T:
    with session.begin_nested():
        result = work()
        session.flush()
    return result


def _unexpected(error: Exception) -> ItemUnexpected:
    _raise_if_broken(error)
    log.error("an item failed", error=type(error).__qualname__, trace=trace_of(error))
    return ItemUnexpected()


def _raise_if_broken(error: Exception) -> None:
    """Raise an error that speaks of the transaction, or of the whole database, and not of a row."""
    if isinstance(error, DBAPIError) and not _is_about_the_row(error):
        raise error


def _is_about_the_row(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlstate", None)
    if code is None:
        return isinstance(error, IntegrityError | DataError)
    return str(code).startswith(ABOUT_THE_ROW)
