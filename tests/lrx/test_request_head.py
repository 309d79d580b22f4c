import pytest

from lrx.request_head import Refused, note_framing, read_head, read_target
from lrx.web.problems import status_of


@pytest.mark.parametrize(
    ("target", "read"),
    [
        (b"/", (None, "/", b"/", b"")),
        (b"/a?b=c", (None, "/a", b"/a", b"b=c")),
        (b"/a?b?c", (None, "/a", b"/a", b"b?c")),
        (b"//a", (None, "//a", b"//a", b"")),
        (b"/a/../b", (None, "/a/../b", b"/a/../b", b"")),
        (b"/%C3%A9?%C3", (None, "/é", b"/%C3%A9", b"%C3")),
        (b"/a%2Fb", (None, "/a/b", b"/a%2Fb", b"")),
        (b"http://a/b?c", (b"a", "/b", b"/b", b"c")),
        (b"HTTPS://a:80", (b"a:80", "/", b"/", b"")),
        (b"http://[::1]?c", (b"[::1]", "/", b"/", b"c")),
    ],
)
def test_a_target_is_a_path_or_an_absolute_address(target: bytes, read: tuple[bytes | None, str, bytes, bytes]) -> None:
    assert read_target(target) == read


@pytest.mark.parametrize(
    "target",
    [
        *(b"", b"*", b"a:80", b"a/b", b"ftp://a/", b"http://", b"http://u@a/", b"/#a", b"/?#", b"/%", b"/%4", b"/%zz"),
        *(b"/%00", b"/%1f", b"/%7F", b"/%ff", b"/%ED%A0%80", b"/%c0%80", b"/\xe9"),
    ],
)
def test_what_is_no_target_is_refused(target: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 its sentence is for us alone
        read_target(target)


@pytest.mark.parametrize(
    ("version", "method", "framing", "status"),
    [
        ("1.1", b"GET", {}, 400),
        ("1.1", b"GET", {b"host": b"a b"}, 400),
        ("1.1", b"POST", {b"host": b"a", b"transfer-encoding": b"chunked", b"content-length": b"1"}, 400),
        ("1.0", b"POST", {b"transfer-encoding": b"chunked"}, 400),
        ("1.1", b"CONNECT", {b"host": b"a"}, 501),
        ("2.0", b"GET", {b"host": b"a"}, 505),
        ("0.9", b"GET", {}, 505),
    ],
)
def test_an_unclear_head_is_refused(version: str, method: bytes, framing: dict[bytes, bytes], status: int) -> None:
    with pytest.raises(Refused) as refused:
        read_head(version, method, b"/", framing)
    assert status_of(refused.value.error) == status


@pytest.mark.parametrize(("version", "framing"), [("1.0", {}), ("1.1", {b"host": b""}), ("1.1", {b"host": b"a:80"})])
def test_a_clear_head_is_read(version: str, framing: dict[bytes, bytes]) -> None:
    assert read_head(version, b"GET", b"/a", framing) == (None, "/a", b"/a", b"")


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [(b"host", b"b", 400), (b"content-length", b"1", 400), (b"transfer-encoding", b"gzip, chunked", 501)],
)
def test_a_header_that_frames_comes_once_and_is_known(name: bytes, value: bytes, status: int) -> None:
    framing = {b"host": b"a", b"content-length": b"1"}
    with pytest.raises(Refused) as refused:
        note_framing(framing, name, value)
    assert status_of(refused.value.error) == status
