"""The product as its own process, for tests that stop it, kill it, or speak to it through a real socket."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

READY_WITHIN = 60
"""Seconds; a machine may have much else to do."""
POLLED_EVERY = 0.02


@dataclass
class Served:
    """One installation: its environment, the commands of its operator, and its server process."""

    database_url: str
    folder: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        settings = {"LRX_DATABASE_URL": self.database_url, "LRX_DATA_DIR": str(self.folder), "LRX_LOG_LEVEL": "warning"}
        self.environment = {**os.environ, **settings}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What the server has said so far."""
        path = self.folder / "server.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def lrx(self, *words: str) -> Any:
        """Run a command with `--json`; returns the document it prints."""
        ended = self.run(*words, "--json")
        assert ended.returncode == 0, ended.stderr.decode()
        return json.loads(ended.stdout)

    def run(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """Run a command."""
        command = [sys.executable, "-m", "lrx", *words]
        return subprocess.run(command, env=self.environment, capture_output=True, check=False, timeout=60)

    def start(self, *options: str) -> float:
        """Start the server and wait until it is ready; returns the seconds it took."""
        began = time.monotonic()
        self.launch(*options)
        self.wait_until_ready()
        return time.monotonic() - began

    def launch(self, *options: str, under: tuple[str, ...] = ()) -> None:
        """Start the server process, under a program such as strace, and do not wait for it."""
        command = [*under, sys.executable, "-m", "lrx", "serve", "--port", str(self.port), *options]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environment, stderr=log)

    def wait_until_ready(self) -> None:
        """Return when the server says that it is ready."""
        assert self.process is not None
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until:
            if self._is_ready():
                return
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}: {self.log}")
            time.sleep(POLLED_EVERY)
        raise TimeoutError(f"the server did not become ready in {READY_WITHIN} seconds: {self.log}")

    def kill(self) -> None:
        """End the server as a power cut would, as far as it can tell."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=10)

    def stop(self) -> int:
        """Ask the server to stop; returns its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def end(self) -> None:
        """Kill the server if it still runs."""
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def _is_ready(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()
