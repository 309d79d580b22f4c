"""HTTP as bytes: what a client sends that no library would send, and the answers read as they come."""

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Answer", "answers_in", "exchange_bytes"]

PATIENCE = 60.0
"""Seconds a silent server is waited for before it counts as hanging."""


@dataclass(frozen=True)
class Answer:
    """One answer. Names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def exchange_bytes(port: int, pieces: Iterator[bytes] | list[bytes]) -> bytes:
    """Send the pieces on a new connection and return everything that comes until the server closes it.

    Raises `TimeoutError` when it neither answers nor closes.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A server that has refused already may have closed.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for piece in pieces:
                sock.sendall(piece)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while data := sock.recv(65536):
                received += data
        return received


def answers_in(received: bytes) -> list[Answer]:
    """Return the answers. All have Content-Length, also those to HEAD, which have no body."""
    found = []
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        version, status, *_ = first.split(" ")
        if not version.startswith("HTTP/1."):
            raise ValueError(f"no answer begins like this: {first[:80]!r}")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        if status == "100":
            received = rest
            continue
        length = 0 if rest.startswith(b"HTTP/1.") else int(headers.get("content-length", 0))
        found.append(Answer(int(status), headers, rest[:length]))
        received = rest[length:]
    return found
