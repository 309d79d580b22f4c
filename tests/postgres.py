"""A real PostgreSQL server for the test session: a cluster of its own, on a port of its own, thrown away at the end."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """Start a server and give the URL of its maintenance database; stop it at the end of the block.

    Only a `durable` one waits for the disk: tests throw theirs away.
    """
    bin_folder = programs()
    folder = Path(tempfile.mkdtemp(prefix="lrx-postgres-"))
    user = _unprivileged(folder)
    password = secrets.token_hex(16)
    password_file = folder / "password"
    password_file.write_text(password)
    _give(password_file, user)
    run = {"user": user} if user else {}
    data = folder / "data"
    subprocess.run(
        [
            bin_folder / "initdb",
            "-D",
            data,
            "-U",
            "lrx",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-A",
            "scram-sha-256",
            f"--pwfile={password_file}",
            "--no-sync",
        ],
        check=True,
        capture_output=True,
        cwd=folder,
        **run,
    )
    port = _free_port()
    settings = ("listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "max_connections=300")
    settings = (*settings, f"fsync={'on' if durable else 'off'}")
    options = " ".join([f"-p {port}", *(f"-c {setting}" for setting in settings)])
    log = folder / "log"
    try:
        subprocess.run(
            [bin_folder / "pg_ctl", "-D", data, "-w", "-l", log, "-o", options, "start"],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            **run,
        )
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"PostgreSQL did not start: {log.read_text() if log.exists() else 'no log'}") from error
    try:
        yield f"postgresql://lrx:{password}@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run(
            [bin_folder / "pg_ctl", "-D", data, "-m", "immediate", "stop"],
            check=False,
            capture_output=True,
            cwd=folder,
            **run,
        )
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged(folder: Path) -> str | None:
    """The server refuses to run as root: name another user and give them the folder."""
    if os.geteuid() != 0:
        return None
    name = "postgres" if _exists("postgres") else "nobody"
    _give(folder, name)
    return name


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
