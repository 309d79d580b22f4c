"""The product as its own process, for tests that stop it, kill it, or speak to it through a real socket."""

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx


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

    def lrx(self, *words: str) -> Any:
        """Run a command with `--json`; returns the document it prints."""
        ended = self.run(*words, "--json")
        assert ended.returncode == 0, ended.stderr.decode()
        return json.loads(ended.stdout)

    def run(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """Run a command."""
        command = [sys.executable, "-m", "lrx", *words]
        return subprocess.run(command, env=self.environment, capture_output=True, check=False, timeout=60)

    def start(self, *options: str) -> None:
        """Start the server and wait until it is ready."""
        command = [sys.executable, "-m", "lrx", "serve", "--port", str(self.port), *options]
        self.process = subprocess.Popen(command, env=self.environment, stderr=subprocess.DEVNULL)
        for _ in range(400):
            try:
                if httpx.get(f"{self.url}/readyz", trust_env=False).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise TimeoutError("the server did not become ready in 20 seconds")

    def kill(self) -> None:
        """End the server as a power cut would, as far as it can tell."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=10)

    def stop(self) -> int:
        """Ask the server to stop; returns its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(timeout=40)

    def end(self) -> None:
        """Kill the server if it still runs."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
