"""Commands that run until they are stopped: the server, the worker, the demonstration."""

from typing import Annotated

import anyio
import typer
import uvloop

from lrx import worker
from lrx.cli.installation import with_exchange
from lrx.cli.telling import AsJson, tell
from lrx.demo.run import run_demo
from lrx.exchange import Exchange
from lrx.readiness import require_ready
from lrx.server import require_free, signalled
from lrx.server import serve as run_server
from lrx.settings import load_settings
from lrx.text import text

__all__ = ["demo", "run_worker", "serve"]

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)]


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8080,
    with_worker: Annotated[bool, typer.Option("--worker/--no-worker", help="Run the worker inside.")] = True,
    as_json: AsJson = False,
) -> None:
    """Answer requests."""
    settings = load_settings()
    require_free(host, port)

    def say_where() -> None:
        tell({"url": f"http://{host}:{port}"}, text("LRX answers at {url}."), as_json)

    uvloop.run(run_server(settings, host=host, port=port, with_worker=with_worker, when_ready=say_where))


def run_worker(as_json: AsJson = False) -> None:
    """Derive completions from statements and do the chores. Any number may run against one PostgreSQL."""

    async def work(exchange: Exchange) -> None:
        await require_ready(exchange)
        tell({"worker": "running"}, text("The worker runs."), as_json)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(worker.run, exchange)
            await signalled()
            tasks.cancel_scope.cancel()

    uvloop.run(with_exchange(load_settings(), work))


def demo(host: Host = "127.0.0.1", port: Port = 8080, as_json: AsJson = False) -> None:
    """Start a demonstration site from nothing: captured statements, demo people, a recipient that asks."""
    run_demo(host, port, as_json=as_json)
