"""The head of a request: whether it is clear where the request ends, and what it asks for. Pure; RFC 9112."""

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from lrx.errors import LrxError
from lrx.web.refusals import FramingUnclear, NotOffered, VersionUnknown

__all__ = ["HEADERS_THAT_FRAME", "Refused", "note_framing", "read_head", "read_target"]

HEADERS_THAT_FRAME = frozenset({b"host", b"expect", b"content-length", b"transfer-encoding"})
"""What decides where a request ends and for whom it is. Each comes once at most."""

HOST = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=%:\[\]-]*")
ABSOLUTE = re.compile(rb"[Hh][Tt][Tt][Pp][Ss]?://([^/?]+)(/[^?]*)?(\?.*)?", re.DOTALL)
BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
CONTROL = re.compile("[\x00-\x1f\x7f]")


class Refused(Exception):
    """Carries a refusal through the parser."""

    def __init__(self, error: LrxError) -> None:
        super().__init__()
        self.error = error


def note_framing(framing: dict[bytes, bytes], name: bytes, value: bytes) -> None:
    """Note one of the headers that frame. Raises `Refused` for one that came before and for a coding not taken."""
    if name in framing:
        raise Refused(FramingUnclear())
    if name == b"transfer-encoding" and value.strip().lower() != b"chunked":
        raise Refused(NotOffered())
    framing[name] = value


def read_head(
    version: str, method: bytes, target: bytes, framing: Mapping[bytes, bytes]
) -> tuple[bytes | None, str, bytes, bytes]:
    """Return what `read_target` does. Raises `Refused` when the head as a whole is not clear."""
    if version not in ("1.1", "1.0"):
        raise Refused(VersionUnknown())
    if method == b"CONNECT":
        raise Refused(NotOffered())
    host = framing.get(b"host")
    # 3.2: exactly one Host. 6.1: who speaks 1.0 knows no transfer coding, and two lengths are an attack.
    if (host is None and version == "1.1") or (host and not HOST.fullmatch(host)):
        raise Refused(FramingUnclear())
    if b"transfer-encoding" in framing and (version == "1.0" or b"content-length" in framing):
        raise Refused(FramingUnclear())
    try:
        return read_target(target)
    except ValueError as error:
        raise Refused(FramingUnclear()) from error


def read_target(target: bytes) -> tuple[bytes | None, str, bytes, bytes]:
    """Return authority, path, path as it came, and query of a request target (RFC 9112, 3.2.1 and 3.2.2).

    The authority is that of an absolute target, else nothing. Raises `ValueError` for what is no target, such as one
    with a fragment, a broken escape, a control character, or a path that is not UTF-8.
    """
    authority = None
    if not target.startswith(b"/"):
        if not (absolute := ABSOLUTE.fullmatch(target)) or not HOST.fullmatch(absolute[1]):
            raise ValueError("neither a path nor an absolute address")
        authority, target = absolute[1], (absolute[2] or b"/") + (absolute[3] or b"")
    raw_path, _, query = target.partition(b"?")
    if b"#" in target:
        raise ValueError("a fragment is for the client alone")
    path = raw_path.decode("ascii")
    if "%" in path:
        if BROKEN_ESCAPE.search(raw_path):
            raise ValueError("an escape is two hexadecimal digits")
        path = unquote_to_bytes(raw_path).decode("utf-8")
        if CONTROL.search(path):
            raise ValueError("no name has control characters")
    return authority, path, raw_path, query
