"""The HTTP server: uvicorn with uvloop and httptools, the worker beside it, and an end that finishes what was begun."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import uvicorn
from starlette.types import ASGIApp

from lrx import worker
from lrx.app import create_app
from lrx.exchange import open_exchange
from lrx.readiness import require_ready
from lrx.settings import Settings

__all__ = ["Server", "serve", "signalled"]


class Server(uvicorn.Server):
    """A server that stops on SIGINT and SIGTERM and returns, so that what stands around it is closed as well."""

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                loop="uvloop",
                http="httptools",
                ws="none",
                lifespan="off",
                # Requests are logged by ourselves: uvicorn's line holds the query.
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_keep_alive=20,
                timeout_graceful_shutdown=30,
            )
        )

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


async def serve(settings: Settings, *, host: str, port: int, with_worker: bool) -> None:
    """Answer requests until told to stop; then finish those begun. Raises what `require_ready` does."""
    async with open_exchange(settings) as exchange:
        await require_ready(exchange)
        async with anyio.create_task_group() as tasks:
            if with_worker:
                tasks.start_soon(worker.run, exchange)
            await Server(create_app(exchange), host, port).run_until_signalled()
            tasks.cancel_scope.cancel()
