"""Logs: one line an event, structured, with ids and never with names, identifiers or secrets."""

import logging
import sys
import traceback
from collections.abc import Mapping
from typing import Any

import structlog

from lrx.settings import Settings

__all__ = ["configure_logs", "log", "trace_of"]

log: structlog.stdlib.BoundLogger = structlog.get_logger("lrx")

# What a person could be found by. A careless call that passes one of them prints a mark instead.
PRIVATE = frozenset(
    {
        "name",
        "full_name",
        "given_name",
        "family_name",
        "email",
        "username",
        "oci_id",
        "number",
        "password",
        "secret",
        "key",
        "body",
        "query",
    }
)


def configure_logs(settings: Settings) -> None:
    """Send every log line of the process, libraries included, to stderr in one format."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _mask_private,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    # httpx prints whole URLs at INFO, queries included; alembic speaks at every look at the schema.
    for chatty in ("httpx", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def trace_of(error: BaseException) -> str:
    """Where it went wrong, from the first cause on. Messages stay out: databases quote the values they refuse."""
    steps: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        kind = type(cause)
        steps.append(f"{''.join(traceback.format_tb(cause.__traceback__))}{kind.__module__}.{kind.__qualname__}")
        cause = cause.__cause__ or cause.__context__
    return "\n".join(reversed(steps))


def _mask_private(_logger: Any, _method: str, event: Any) -> Mapping[str, Any]:
    return {name: "masked" if name in PRIVATE else value for name, value in event.items()}
