"""The HTTP server: uvicorn with uvloop and httptools, the worker beside it, and an end that finishes what was begun."""

import asyncio
import contextlib
import errno
import gc
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, cast

import anyio
import uvicorn
from starlette.types import ASGIApp

from lrx import worker
from lrx.app import create_app
from lrx.connection import Connection
from lrx.errors import Invalid
from lrx.exchange import Exchange, open_exchange
from lrx.readiness import require_ready
from lrx.receipt import Connections, Limits, raise_open_files
from lrx.settings import Settings
from lrx.text import text

__all__ = ["PortTaken", "Server", "require_free", "serve", "signalled"]

SEND_BUFFER = 256 * 1024
"""Bytes the system holds for a client that does not read; left alone, it would hold several million for each."""

GARBAGE = 10_000
"""New objects after which garbage is looked for; a batch makes Python's own 700 many times over."""


class Server(uvicorn.Server):
    """A server that stops on SIGINT and SIGTERM and returns, so that what stands around it is closed as well."""

    def __init__(self, app: ASGIApp, exchange: Exchange, host: str, port: int) -> None:
        limits = Limits.of(exchange.settings)
        self.connections = Connections(
            replace(limits, max_connections=raise_open_files(limits.max_connections)),
            exchange.metrics,
            exchange.random,
            exchange.settings.language,
            time.monotonic,
        )
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                loop="uvloop",
                # Every limit on what arrives is there; uvicorn has none of its own.
                http=cast(Any, partial(Connection, self.connections)),
                ws="none",
                lifespan="off",
                # Requests are logged by ourselves: uvicorn's line holds the query.
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_graceful_shutdown=30,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and begin to watch over the connections."""
        # What the program is made of stays, and what a batch is made of goes by itself: looking for garbage among
        # both took a seventh of its time.
        gc.freeze()
        gc.set_threshold(GARBAGE)
        await super().startup(sockets)
        for listening in self.servers:
            for one in listening.sockets:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self.connections.open(asyncio.get_running_loop())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish the requests begun; their deadlines still count."""
        try:
            await super().shutdown(sockets)
        finally:
            self.connections.close()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: uvicorn would raise them again at its end and leave the rest unclosed."""
        yield

    async def run_until_signalled(self) -> None:
        """Serve until the process is asked to stop, then finish the requests begun."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._stop_when_signalled)
            await self.serve()
            tasks.cancel_scope.cancel()

    async def _stop_when_signalled(self) -> None:
        await signalled()
        self.should_exit = True
        await signalled()
        self.force_exit = True


async def signalled() -> None:
    """Return when the process is asked to stop."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            return


class PortTaken(Invalid):
    """Something else listens where this would."""

    code = "port_taken"


def require_free(host: str, port: int) -> None:
    """Raise `PortTaken` where something listens already, and `OSError` where nothing may or can."""
    with contextlib.closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortTaken(
                text(
                    "Nothing new can listen on {host}:{port}. Stop what does already, or choose another port.",
                    host=host,
                    port=port,
                )
            ) from error


async def serve(settings: Settings, *, host: str, port: int, with_worker: bool, when_ready: Callable[[], None]) -> None:
    """Answer requests until told to stop; then finish those begun. `when_ready` is called once nothing is in the way.
    Raises what `open_exchange` and `require_ready` do."""
    async with open_exchange(settings) as exchange:
        await require_ready(exchange)
        when_ready()
        async with anyio.create_task_group() as tasks:
            if with_worker:
                tasks.start_soon(worker.run, exchange)
            await Server(create_app(exchange), exchange, host, port).run_until_signalled()
            tasks.cancel_scope.cancel()
