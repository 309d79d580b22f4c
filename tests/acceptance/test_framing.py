"""Requests no library would send: each is answered or refused cleanly, and never is a part of one taken for another."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.served import Served
from tests.sockets import Answer, answers_in, exchange_bytes

pytestmark = pytest.mark.slow

SENTINEL = b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Request-Id: sentinel\r\nConnection: close\r\n\r\n"
"""Sent after every case. It is answered where the connection is still good, and by nobody where that is in doubt."""

SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Request-Id: smuggled\r\n\r\n"
"""Hidden in the body of a case. Its id must show up nowhere."""

CHUNKED = b"Transfer-Encoding: chunked"
OURS = {501, 505}
"""The only 5xx that are the client's doing."""


def get(*lines: bytes, path: bytes = b"/healthz") -> bytes:
    return b"\r\n".join([b"GET %b HTTP/1.1" % path, b"Host: a", *lines, b"", b""])


def post(*lines: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join([b"POST /healthz HTTP/1.1", b"Host: a", *lines, b"", body])


def first_line(line: bytes) -> bytes:
    return line + b"\r\nHost: a\r\n\r\n"


Case = tuple[str, bytes, list[int]]

# Answered, and the connection goes on: the sentinel is answered too.
GOES_ON: list[Case] = [
    ("a plain request", get(), [200]),
    ("a header above ASCII", get(b"X-A: \xe9"), [200]),
    ("an empty header", get(b"X-A:"), [200]),
    ("spaces around a value", get(b"X-A:  \t b \t "), [200]),
    ("HEAD", first_line(b"HEAD /healthz HTTP/1.1"), [200]),
    ("TRACE", first_line(b"TRACE /healthz HTTP/1.1"), [405]),
    ("OPTIONS", first_line(b"OPTIONS /healthz HTTP/1.1"), [405]),
    ("PATCH", first_line(b"PATCH /healthz HTTP/1.1"), [405]),
    ("DELETE nowhere", first_line(b"DELETE /nowhere HTTP/1.1"), [404]),
    ("an empty Host", b"GET /healthz HTTP/1.1\r\nHost:\r\n\r\n", [200]),
    ("a Host with a port", b"GET /healthz HTTP/1.1\r\nHost: a:8080\r\n\r\n", [200]),
    ("a Host of version 6", b"GET /healthz HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", [200]),
    ("absolute form", first_line(b"GET http://b/healthz HTTP/1.1"), [200]),
    ("absolute form, upper case", first_line(b"GET HTTP://b/healthz HTTP/1.1"), [200]),
    ("absolute form without a path", first_line(b"GET http://b HTTP/1.1"), [307]),
    ("absolute form with a query alone", first_line(b"GET http://b?a=1 HTTP/1.1"), [307]),
    ("a path with two dots", get(path=b"/../../etc/passwd"), [404]),
    ("a path with escaped dots", get(path=b"/xapi/%2e%2e/healthz"), [404]),
    ("two slashes", get(path=b"//healthz"), [404]),
    ("two slashes and a name", get(path=b"//evil.example.org/admin"), [404]),
    ("a slash at the end", get(path=b"/healthz/"), [404]),
    ("an escaped letter", get(path=b"/health%7a"), [200]),
    ("an escaped slash", get(path=b"%2fhealthz".replace(b"%2f", b"/%2f")), [404]),
    ("UTF-8 in the path", get(path=b"/%C3%A9"), [404]),
    ("a broken escape in the query", get(path=b"/healthz?a=%zz"), [200]),
    ("a surrogate in the query", get(path=b"/healthz?a=%ED%A0%80"), [200]),
    ("NUL in the query", get(path=b"/healthz?a=%00"), [200]),
    ("many parameters", get(path=b"/healthz?" + b"&".join([b"a=1"] * 1500)), [200]),
    ("two thousand ranges", get(b"Range: bytes=" + b",".join([b"0-0"] * 2000)), [200]),
    ("many ranges of a file", get(b"Range: bytes=" + b",".join([b"0-"] * 2000), path=b"/admin/nowhere"), [404]),
    ("a body with GET", get(b"Content-Length: 5") + b"hello", [200]),
    ("a hidden request in a body with GET", get(b"Content-Length: %d" % len(SMUGGLED)) + SMUGGLED, [200]),
    ("a hidden request in a body", post(b"Content-Length: %d" % len(SMUGGLED), body=SMUGGLED), [405]),
    ("a hidden request in a chunk", post(CHUNKED, body=b"%x\r\n%b\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)), [405]),
    ("a body of nothing", post(b"Content-Length: 0"), [405]),
    ("a length with zeros before it", post(b"Content-Length: 0003", body=b"abc"), [405]),
    ("chunks", post(CHUNKED, body=b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), [405]),
    ("a chunk of upper case", post(b"Transfer-Encoding: CHUNKED", body=b"A\r\n0123456789\r\n0\r\n\r\n"), [405]),
    ("a chunk with an extension", post(CHUNKED, body=b'3;a=b;c="d"\r\nabc\r\n0\r\n\r\n'), [405]),
    ("a trailer", post(CHUNKED, body=b"3\r\nabc\r\n0\r\nX-A: b\r\n\r\n"), [405]),
    ("a trailer that would be a header", post(CHUNKED, body=b"0\r\nX-Request-Id: smuggled\r\n\r\n"), [405]),
    ("a header with an underline", post(b"Transfer_Encoding: chunked", b"Content-Length: 3", body=b"abc"), [405]),
    ("an expectation not known", post(b"Expect: 200-ok", b"Content-Length: 2", body=b"{}"), [405]),
    ("an empty line before it", b"\r\n" + get(), [200]),
    ("an empty line after it", get() + b"\r\n", [200]),
    ("three at once", get() + get(path=b"/nowhere") + get(), [200, 404, 200]),
    ("fifty at once", get() * 50, [200] * 50),
    ("three with bodies at once", post(b"Content-Length: 3", body=b"abc") * 3, [405] * 3),
    ("Upgrade without Connection", get(b"Upgrade: websocket"), [200]),
    ("two spaces", first_line(b"GET  /healthz  HTTP/1.1"), [200]),
    ("ninety headers", get(*(b"X-%d: a" % number for number in range(90))), [200]),
    ("a header of 8 KiB", get(b"X-A: " + b"a" * 8192), [200]),
]

# Answered as it stands, and closed: what follows is in doubt, or not wanted.
ENDS: list[Case] = [
    ("HTTP/1.0", b"GET /healthz HTTP/1.0\r\n\r\n", [200]),
    ("HTTP/1.0 kept alive", b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", [200]),
    ("closed as asked", get(b"Connection: close"), [200]),
    ("closed as asked among others", get(b"Connection: x, close"), [200]),
    ("websocket", get(b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13"), [200]),
    ("h2c", get(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk"), [200]),
    ("h2c with a body", post(b"Connection: Upgrade", b"Upgrade: h2c", b"Content-Length: 2", body=b"{}"), [405]),
    ("an expectation", post(b"Expect: 100-continue", b"Content-Length: 2", body=b"{}"), [405]),
    ("an expectation and no body", post(b"Expect: 100-continue", b"Content-Length: %d" % len(SENTINEL)), [405]),
    ("a protocol that HTTP was taken from", first_line(b"GET /healthz RTSP/1.0"), [200]),
    ("a good one before a bad one", get() + b"\0\0\r\n\r\n", [200, 400]),
    ("two good ones before a bad one", get() + get(path=b"/nowhere") + get(b"X-A: b\0c"), [200, 404, 400]),
    ("a good one before an unclear one", get() + post(b"Content-Length: 1", CHUNKED, body=b"x"), [200, 400]),
    ("a good one before a broken chunk", get() + post(CHUNKED, body=b"zz\r\n"), [200, 400]),
]

CONTROLS = [*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F]
SEPARATORS = b'"(),/;<=>?@[\\]{} '

UNCLEAR: list[Case] = [
    *[(f"control {code:#04x} in a value", get(b"X-A: b%cc" % code), [400]) for code in CONTROLS],
    *[(f"control {code:#04x} in a name", get(b"X%cA: b" % code), [400]) for code in CONTROLS],
    *[(f"control {code:#04x} in the path", get(path=b"/a%cb" % code), [400]) for code in CONTROLS],
    *[(f"{chr(code)} in a name", get(b"X%cA: b" % code), [400]) for code in SEPARATORS],
    *[
        (f"Content-Length {length!r}", post(b"Content-Length: " + length, body=SMUGGLED), [400])
        for length in (
            *(b"", b"+5", b"-5", b"5,5", b"5, 5", b"5 5", b"0x5", b"5.0", b"5e1", b"1_0", b"five", b"5;", b'"5"'),
            *(b"99999999999999999999999", b"-0", b"\xd9\xa5"),
        )
    ],
    ("two lengths", post(b"Content-Length: 5", b"Content-Length: 6", body=SMUGGLED), [400]),
    ("the same length twice", post(b"Content-Length: 5", b"Content-Length: 5", body=b"abcde"), [400]),
    ("length, then chunks", post(b"Content-Length: 6", CHUNKED, body=b"0\r\n\r\n" + SMUGGLED), [400]),
    ("chunks, then length", post(CHUNKED, b"Content-Length: 6", body=b"0\r\n\r\n" + SMUGGLED), [400]),
    ("chunked twice", post(CHUNKED, CHUNKED, body=b"0\r\n\r\n" + SMUGGLED), [400]),
    ("chunked, with control", post(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"), [400]),
    ("chunked, with a space before the colon", post(b"Transfer-Encoding : chunked", body=b"0\r\n\r\n"), [400]),
    ("chunked, folded", post(b"Transfer-Encoding:\r\n chunked", body=b"0\r\n\r\n" + SMUGGLED), [400]),
    ("chunked in 1.0", b"POST /healthz HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED, [400]),
    *[
        (f"chunk {chunk[:20]!r}", post(CHUNKED, body=chunk + SMUGGLED), [400])
        for chunk in (
            *(
                b"-1\r\n",
                b"+1\r\na\r\n",
                b"0x1\r\na\r\n",
                b" 1\r\na\r\n",
                b"1 \r\na\r\n",
                b"zz\r\n",
                b"\r\n",
                b";a\r\n",
            ),
            *(b"1\na\r\n", b"1\r\na\n", b"1\r\nab\r\n", b"2\r\na\r\n0\r\n\r\n", b"1\r\na0\r\n\r\n", b"1\ra\r\n"),
            *(b"FFFFFFFFFFFFFFFFF\r\n", b"1;\0\r\na\r\n", b'1;a="\r\n', b"1;a=b\nc\r\na\r\n", b"0\r\nX A: b\r\n\r\n"),
        )
    ],
    ("a chunk extension of 1 MB", post(CHUNKED, body=b"1;" + b"a" * 1_000_000 + b"\r\na\r\n0\r\n\r\n"), [400]),
    ("many small extensions", post(CHUNKED, body=(b"1;" + b"a" * 200 + b"\r\na\r\n") * 400), [400]),
    ("a trailer of 1 MB", post(CHUNKED, body=b"0\r\nX-A: " + b"a" * 1_000_000 + b"\r\n\r\n"), [400]),
    ("folded", get(b"X-A: b\r\n c"), [400]),
    ("folded by a tab", get(b"X-A: b\r\n\tc"), [400]),
    ("folded at once", b"GET /healthz HTTP/1.1\r\n Host: a\r\n\r\n", [400]),
    ("bare LF", b"GET /healthz HTTP/1.1\nHost: a\n\n", [400]),
    ("bare LF between headers", get(b"X-A: b\nX-B: c"), [400]),
    ("bare LF at the end", b"GET /healthz HTTP/1.1\r\nHost: a\r\n\n", [400]),
    ("bare CR in a value", get(b"X-A: b\rc"), [400]),
    ("bare CR between headers", get(b"X-A: b\rX-B: c"), [400]),
    ("no colon", get(b"abc"), [400]),
    ("no name", get(b": b"), [400]),
    ("a name above ASCII", get(b"\xe9: b"), [400]),
    ("a space before the colon", get(b"X-A : b"), [400]),
    ("no Host", b"GET /healthz HTTP/1.1\r\n\r\n", [400]),
    ("two Hosts", get(b"Host: b"), [400]),
    ("the same Host twice", get(b"Host: a"), [400]),
    *[
        (f"Host {host!r}", b"GET /healthz HTTP/1.1\r\nHost: " + host + b"\r\n\r\n", [400])
        for host in (b"a/b", b"a b", b"u@a", b"a?b", b"a#b", b"a\\b", b"<a>", b"\xe9")
    ],
    *[
        (f"target {target!r}", first_line(b"GET " + target + b" HTTP/1.1"), [400])
        for target in (
            *(b"*", b"a", b"a:80", b"healthz", b"\\healthz", b"?a", b"#a", b"http://", b"http:/healthz", b"ftp://a/"),
            *(b"http://u@a/", b"http:///healthz", b"http://a b/", b"/a b", b"/%", b"/%4", b"/%zz", b"/%u0041", b"/%00"),
            *(b"/%0a", b"/%7f", b"/%ff", b"/%c0%af", b"/%ED%A0%80", b"/%F4%90%80%80", b"/\xff", b"/\xc3\xa9"),
            *(b"/healthz#a", b"/healthz?a#b", b"/healthz?\xff", b"/healthz?\0"),
        )
    ],
    ("no target", first_line(b"GET  HTTP/1.1"), [400]),
    ("tabs", first_line(b"GET\t/healthz\tHTTP/1.1"), [400]),
    ("an invented method", first_line(b"AMIRA /healthz HTTP/1.1"), [400]),
    ("a method of lower case", first_line(b"get /healthz HTTP/1.1"), [400]),
    ("a space before the method", first_line(b" GET /healthz HTTP/1.1"), [400]),
    ("an answer", b"HTTP/1.1 200 OK\r\n\r\n", [400]),
    ("a protocol of lower case", first_line(b"GET /healthz http/1.1"), [400]),
    ("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400]),
    ("the beginning of TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", [400]),
    ("the preface of a proxy", b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n" + get(), [400]),
    ("zeros", b"\0" * 100, [400]),
]

OTHERWISE: list[Case] = [
    ("CONNECT", first_line(b"CONNECT a:80 HTTP/1.1"), [501]),
    ("CONNECT with a path", first_line(b"CONNECT /healthz HTTP/1.1"), [501]),
    *[
        (f"coding {coding!r}", post(b"Transfer-Encoding: " + coding, body=b"0\r\n\r\n" + SMUGGLED), [501])
        for coding in (b"gzip", b"identity", b"gzip, chunked", b"xchunked", b"chunked;a=b", b"deflate", b'"chunked"')
    ],
    ("HTTP/0.9", b"GET /healthz\r\n\r\n", [505]),
    *[
        (f"HTTP/{version}", first_line(f"GET /healthz HTTP/{version}".encode()), [505])
        for version in ("0.9", "1.2", "2.0", "3.0", "9.9")
    ],
    ("a target of 9 KB", get(path=b"/" + b"a" * 9000), [414]),
    ("a target of 1 MB", get(path=b"/" + b"a" * 1_000_000), [414]),
    ("ten thousand parameters", get(path=b"/healthz?" + b"&".join(b"a=%d" % n for n in range(10_000))), [414]),
    ("a header of 64 KB", get(b"X-A: " + b"a" * 65_536), [431]),
    ("a header of 1 MB without an end", b"GET /healthz HTTP/1.1\r\nX-A: " + b"a" * 1_000_000, [431]),
    ("a name of 20 KB", get(b"a" * 20_000 + b": b"), [431]),
    ("ten thousand headers", get(*(b"X-%d: a" % number for number in range(10_000))), [431]),
    ("ten thousand empty headers", get(*([b"a:"] * 10_000)), [431]),
    ("ten thousand ranges", get(b"Range: bytes=" + b",".join([b"0-0"] * 10_000)), [431]),
]

CLOSED = [*ENDS, *UNCLEAR, *OTHERWISE]


@pytest.fixture(scope="module")
def port(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("framing")
    (folder / "lrx.db").write_bytes(sqlite_template.read_bytes())
    served = Served(f"sqlite:///{folder / 'lrx.db'}", folder)
    served.start("--no-worker")
    yield served.port
    served.end()


def ask(port: int, raw: bytes, size: int) -> list[Answer]:
    sent = raw + SENTINEL
    answers = answers_in(exchange_bytes(port, [sent[start : start + size] for start in range(0, len(sent), size)]))
    assert [answer.status for answer in answers_in(exchange_bytes(port, [SENTINEL]))] == [200]
    assert all(answer.status < 500 or answer.status in OURS for answer in answers), answers
    assert "smuggled" not in {answer.headers["x-request-id"] for answer in answers}
    return answers


def sizes_of(raw: bytes) -> tuple[int, ...]:
    """Whole, and byte by byte: the answer does not depend on where the network cuts."""
    return (len(raw) + len(SENTINEL), 1) if len(raw) < 400 else (len(raw) + len(SENTINEL), 1000)


@pytest.mark.parametrize(("raw", "statuses"), [case[1:] for case in GOES_ON], ids=[case[0] for case in GOES_ON])
def test_what_is_clear_is_answered_and_what_follows_too(port: int, raw: bytes, statuses: list[int]) -> None:
    for size in sizes_of(raw):
        answers = ask(port, raw, size)
        assert [answer.status for answer in answers] == [*statuses, 200]
        assert answers[-1].headers["x-request-id"] == "sentinel"


@pytest.mark.parametrize(("raw", "statuses"), [case[1:] for case in CLOSED], ids=[case[0] for case in CLOSED])
def test_where_framing_is_in_doubt_nothing_more_is_read(port: int, raw: bytes, statuses: list[int]) -> None:
    for size in sizes_of(raw):
        answers = ask(port, raw, size)
        # What is wrong with a body may come after the answer, which did not wait for it.
        is_early = answers[-1].status == 405 and b"POST " in raw
        assert [answer.status for answer in answers] == ([*statuses[:-1], 405] if is_early else statuses)
        assert "sentinel" not in {answer.headers["x-request-id"] for answer in answers}
        assert is_early or answers[-1].headers["connection"] == "close"


@pytest.mark.parametrize("raw", [UNCLEAR[0][1], OTHERWISE[0][1], get(path=b"/" + b"a" * 9000)])
def test_a_refusal_looks_like_every_other_problem(port: int, raw: bytes) -> None:
    (answer,) = answers_in(exchange_bytes(port, [raw]))
    problem = json.loads(answer.body)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "date" in answer.headers
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
    assert (problem["status"], problem["request_id"]) == (answer.status, answer.headers["x-request-id"])


def test_a_client_that_has_sent_all_it_will_send_is_answered(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" * 2)
        client.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: client.recv(65536), b""))
    assert [one.status for one in answers_in(received)] == [200, 200]
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(65536) == b""


def test_a_refusal_is_said_in_the_readers_language(port: int) -> None:
    raw = get(b"Accept-Language: fr", b"Transfer-Encoding: gzip")
    (answer,) = answers_in(exchange_bytes(port, [raw]))
    assert answer.headers["content-language"] == "fr"


def test_of_too_many_requests_at_once_the_first_are_answered_in_order(port: int) -> None:
    raw = b"".join(get(b"X-Request-Id: %d" % number) for number in range(500))
    *served, last = ask(port, raw, len(raw))
    assert len(served) > 100
    assert [answer.headers["x-request-id"] for answer in served] == [str(number) for number in range(len(served))]
    assert (last.status, last.headers["connection"]) == (429, "close")


def test_one_hundred_and_fifty_ways_are_tried() -> None:
    assert len(GOES_ON) + len(CLOSED) >= 150
