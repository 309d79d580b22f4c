"""A real PostgreSQL server for the test session: a cluster of its own, on a port of its own, thrown away at the end."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

VERSIONS = Path("/usr/lib/postgresql")


class NoServer(Exception):
    """The machine has no PostgreSQL server to start."""


def programs() -> Path:
    """The folder of the newest installed server's programs. Raises `NoServer`."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    installed = sorted(VERSIONS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not installed:
        raise NoServer("PostgreSQL is not installed. On Debian: apt-get install postgresql")
    return installed[-1].parent


@dataclass
class Cluster:
    """A server with a folder and a port of its own, which can be started again after it was killed."""

    folder: Path
    durable: bool = False
    """Whether it waits for the disk; tests throw theirs away."""
    password: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    port: int = 0

    def __post_init__(self) -> None:
        self.port = self.port or _free_port()

    @property
    def url(self) -> str:
        """The URL of its maintenance database."""
        return f"postgresql://lrx:{self.password}@127.0.0.1:{self.port}/postgres"

    @property
    def postmaster(self) -> int:
        """The process that stands for the server."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])

    def make(self) -> None:
        """Make its files."""
        _give(self.folder, owner())
        password_file = self.folder / "password"
        password_file.write_text(self.password)
        _give(password_file, owner())
        encoding = ("-E", "UTF8", "--locale=C.UTF-8")
        access = ("-U", "lrx", "-A", "scram-sha-256", f"--pwfile={password_file}")
        self._run("initdb", "-D", self.folder / "data", *encoding, *access, "--no-sync").check_returncode()

    def start(self, within: float = 0) -> None:
        """Start it and return when it answers. After a kill its last processes may be in the way for a while: it is
        tried again for so many seconds."""
        until = time.monotonic() + within
        log = self.folder / "log"
        while True:
            command = ("-D", self.folder / "data", "-w", "-l", log, "-o", self._options())
            if self._run("pg_ctl", *command, "start").returncode == 0:
                return
            if time.monotonic() >= until:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text() if log.exists() else 'no log'}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End it at once."""
        self._run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")

    def _options(self) -> str:
        settings = (
            "listen_addresses=127.0.0.1",
            f"unix_socket_directories={self.folder}",
            "max_connections=300",
            f"fsync={'on' if self.durable else 'off'}",
        )
        return " ".join([f"-p {self.port}", *(f"-c {setting}" for setting in settings)])

    def _run(self, program: str, *words: str | Path) -> "subprocess.CompletedProcess[bytes]":
        # No pipes: the server keeps them open, and whoever reads to the end would wait for it.
        return subprocess.run(
            [programs() / program, *words],
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            user=owner(),
        )


@contextmanager
def cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """Make a server and start it; stop it and remove its files at the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="lrx-postgres-"))
    try:
        made = Cluster(folder, durable)
        made.make()
        made.start()
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """Start a server and give the URL of its maintenance database; stop it at the end of the block."""
    with cluster(durable=durable) as started:
        yield started.url


def owner() -> str | None:
    """The user as whom the server runs: it refuses to run as root. None where it runs as ourselves."""
    if os.geteuid() != 0:
        return None
    return "postgres" if _exists("postgres") else "nobody"


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _give(path: Path, user: str | None) -> None:
    if user:
        shutil.chown(path, user)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def execute(url: str, statement: str) -> None:
    """Run one statement in a database."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
